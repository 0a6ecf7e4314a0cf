//! Curves over the steps of a run, as drawings in the page. Lines differ by dashes as well as by colour.

use std::fmt::Write as _;

use super::html::Text;

/// A named curve: line of the metrics, from 0, and value.
pub(super) struct Curve {
    pub(super) name: String,
    pub(super) points: Vec<(usize, f64)>,
}

/// A curve as it is drawn: its name, its points, and how many steps each point stands for at most.
type Drawn<'a> = (&'a str, Vec<(f64, f64)>, usize);

/// Points drawn of a curve; more are averaged.
const POINTS: usize = 200;

/// A chart of curves over the lines of a file, with its legend; empty without any point.
pub(super) fn chart(title: &str, file: &str, curves: &[Curve]) -> String {
    let lines = || curves.iter().flat_map(|c| c.points.iter().map(|p| p.0));
    let (Some(from), Some(to)) = (lines().min(), lines().max()) else { return String::new() };
    let curves: Vec<Drawn<'_>> = curves
        .iter()
        .filter(|c| !c.points.is_empty())
        .map(|c| {
            let (points, each) = averaged(&c.points);
            (c.name.as_str(), points, each)
        })
        .collect();
    let all = || curves.iter().flat_map(|c| c.1.iter());
    let bound = |f: fn(f64, f64) -> f64, start: f64, of: fn(&(f64, f64)) -> f64| all().map(of).fold(start, f);
    let (first, last) =
        (bound(f64::min, f64::INFINITY, |p| p.0), bound(f64::max, f64::NEG_INFINITY, |p| p.0));
    // Nought is always in sight, so that a small change looks small.
    let (low, high) = (bound(f64::min, 0.0, |p| p.1), bound(f64::max, 0.0, |p| p.1));
    let part =
        |x: f64, from: f64, to: f64| if to > from { ((x - from) / (to - from)).clamp(0.0, 1.0) } else { 0.5 };
    let style = |i: usize| format!("c{} d{}", i % 3, i % 4);
    let mut out = format!(
        "<figure class=\"chart\"><h3>{}</h3>\n<svg class=\"curves\" viewBox=\"0 0 1000 100\" preserveAspectRatio=\"none\" \
         aria-hidden=\"true\" focusable=\"false\">",
        Text(title)
    );
    for quarter in 1..4 {
        // Writing to a String cannot fail.
        let _ =
            write!(out, "<line class=\"grid\" x1=\"0\" x2=\"1000\" y1=\"{0}\" y2=\"{0}\"/>", quarter * 25);
    }
    for (i, (_, points, _)) in curves.iter().enumerate() {
        let place = |(x, y): &(f64, f64)| {
            format!("{:.1},{:.2}", part(*x, first, last) * 1000.0, 98.0 - part(*y, low, high) * 96.0)
        };
        let places: Vec<String> = points.iter().map(place).collect();
        let _ = write!(out, "<polyline class=\"{}\" points=\"{}\"/>", style(i), places.join(" "));
    }
    let each = curves.iter().map(|c| c.2).max().unwrap_or(1);
    let mean =
        if each > 1 { format!(" Each point is the mean of up to {each} lines.") } else { String::new() };
    let _ = write!(
        out,
        "</svg>\n<figcaption>Lines {} to {} of {file} from left to right; {} at the bottom, {} at the top.{mean}\
         </figcaption>\n<ul>",
        from + 1,
        to + 1,
        number(low),
        number(high),
    );
    for (i, (name, points, _)) in curves.iter().enumerate() {
        let (Some(a), Some(b)) = (points.first(), points.last()) else { continue };
        let _ = write!(
            out,
            "<li><svg viewBox=\"0 0 48 12\" aria-hidden=\"true\"><polyline class=\"{}\" points=\"0,6 48,6\"/></svg> \
             {}: {} at first, {} at last</li>",
            style(i),
            Text(name),
            number(a.1),
            number(b.1)
        );
    }
    out.push_str("</ul></figure>\n");
    out
}

/// Three decimals, or three digits of what would vanish in them.
fn number(value: f64) -> String {
    if value != 0.0 && (value.abs() < 0.01 || value.abs() >= 1e6) {
        format!("{value:.2e}")
    } else {
        format!("{value:.3}")
    }
}

/// Means of so many neighbouring points that few are left, and how many that is.
fn averaged(points: &[(usize, f64)]) -> (Vec<(f64, f64)>, usize) {
    let each = points.len().div_ceil(POINTS).max(1);
    let mean = |p: &[(usize, f64)]| {
        let n = p.len() as f64;
        (p.iter().map(|p| p.0 as f64).sum::<f64>() / n, p.iter().map(|p| p.1).sum::<f64>() / n)
    };
    (points.chunks(each).map(mean).collect(), each)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_and_long_runs_are_drawn() {
        let one = chart("Loss", "metrics.jsonl", &[Curve { name: "<b>".to_owned(), points: vec![(3, 0.5)] }]);
        assert!(one.contains("&lt;b&gt;: 0.500 at first, 0.500 at last") && !one.contains("NaN"));
        assert!(one.contains("Lines 4 to 4 of metrics.jsonl"), "{one}");
        let small =
            chart("Rate", "metrics.jsonl", &[Curve { name: String::new(), points: vec![(0, 0.00015)] }]);
        assert!(small.contains("1.50e-4 at last"), "{small}");
        let points: Vec<(usize, f64)> = (0..1000).map(|i| (i, 1.0)).collect();
        let (few, each) = averaged(&points);
        assert_eq!((few.len(), each, few[0]), (200, 5, (2.0, 1.0)));
        assert_eq!(chart("Empty", "metrics.jsonl", &[]), "");
    }
}
