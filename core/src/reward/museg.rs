//! MUSEG's rewards (public `src/train.py`): format and cited time stamps, global and local matching of segments.
//!
//! `published` is the code, faults included; `guarded` mends them (numbers must be finite, true segments are
//! merged before they are measured, an unmatched segment earns exactly 0, no answer is no answer); `paper` is
//! the formulas as reviewed: IoU of unions, mean of both matchings, citing all or nothing.

use super::{Score, Variant};
use crate::answer::ParseFailure;
use crate::answer::python::float_repr;
use crate::answer::tags::{only, segments, think_answer};

/// A segment in seconds.
pub type Segment = [f64; 2];

/// Range of the sum of both matchings in `published` and `guarded`.
pub const MATCH_MAX: f64 = 2.0;

/// The format reward, in `[0, 1]`: 0 for wrong tags, 0.2 for tags with an unreadable answer, 1 for a readable one;
/// in the first phase (`cite`) 0.6 unless every time stamp is cited in the reasoning.
#[must_use]
pub fn format(completion: &str, truth: &[Segment], cite: bool, variant: Variant) -> Score {
    let value = think_answer(completion).map(|(think, answer)| {
        let read = segments(answer);
        let think: Vec<char> = think.chars().collect();
        let all_cited = |s: &[Segment]| {
            // Each number is looked for once, however often it is said.
            let mut times: Vec<f64> = s.iter().flatten().copied().collect();
            times.sort_by(f64::total_cmp);
            times.dedup_by_key(|t| t.to_bits());
            times.into_iter().all(|t| cited(t, &think))
        };
        let value = match (&read, variant) {
            (Ok(s), Variant::Guarded) if s.is_empty() && !truth.is_empty() => 0.2,
            (Ok(s), Variant::Guarded) if s.iter().flatten().any(|t| !t.is_finite()) => 0.2,
            (Ok(s), Variant::Paper) => f64::from(u8::from(!cite || all_cited(s))),
            (Ok(s), _) if cite && !all_cited(s) => 0.6,
            (Ok(_), _) => 1.0,
            (Err(_), Variant::Paper) => 0.0,
            (Err(_), _) => 0.2,
        };
        (value, read.ok())
    });
    Score::single("format", value)
}

/// Whether a time stamp is cited: its Python text, read as a regular expression (so that a point stands for any
/// character), is found 1 to 10 times.
fn cited(time: f64, think: &[char]) -> bool {
    (1..=10).contains(&find_all(&float_repr(time), think))
}

/// `len(re.findall(pattern, text, re.DOTALL))` for the patterns a float's text can make: `.` is any character,
/// `+` repeats what stands before it, all else is itself.
fn find_all(pattern: &str, text: &[char]) -> usize {
    let mut parts: Vec<(char, bool)> = Vec::new();
    for c in pattern.chars() {
        match (c, parts.last_mut()) {
            ('+', Some(last)) => last.1 = true,
            _ => parts.push((c, false)),
        }
    }
    let fits = |want: char, have: char| want == '.' || want == have;
    let end_of_match = |start: usize| -> Option<usize> {
        let mut at = start;
        for &(want, repeats) in &parts {
            text.get(at).filter(|&&c| fits(want, c))?;
            at += 1;
            // Only `e` repeats, and a digit follows it: taking all of them never has to be taken back.
            while repeats && text.get(at).is_some_and(|&c| fits(want, c)) {
                at += 1;
            }
        }
        Some(at)
    };
    let (mut at, mut found) = (0, 0);
    while at < text.len() {
        match end_of_match(at) {
            Some(end) => {
                found += 1;
                at = end;
            }
            None => at += 1,
        }
    }
    found
}

/// The predicted segments for matching: every start and end at least 0 and every start before its end.
fn predicted(completion: &str, variant: Variant) -> Result<Vec<Segment>, ParseFailure> {
    let read = segments(only(completion, "<answer>", "</answer>")?)?;
    if variant != Variant::Published && read.iter().flatten().any(|t| !t.is_finite()) {
        return Err(ParseFailure::Number);
    }
    // Written so that a NaN fails it, as in the public code.
    if read.iter().all(|[s, e]| *s >= 0.0 && *e >= 0.0 && s < e) {
        Ok(read)
    } else {
        Err(ParseFailure::Reversed)
    }
}

/// Global matching: how much time truth and prediction share (F1 of durations; in `paper`, IoU of the unions).
#[must_use]
pub fn global(completion: &str, truth: &[Segment], variant: Variant) -> Score {
    let read = predicted(completion, variant);
    Score::single("global", read.and_then(|said| Ok((global_value(&said, truth, variant)?, said))))
}

fn global_value(said: &[Segment], truth: &[Segment], variant: Variant) -> Result<f64, ParseFailure> {
    let prediction = union(said);
    let truth = match variant {
        Variant::Published => truth.to_vec(),
        _ => union(&positive(truth)),
    };
    if variant != Variant::Published && prediction.is_empty() && !truth.is_empty() {
        return Err(ParseFailure::NoSegment);
    }
    let shared: f64 = truth
        .iter()
        .flat_map(|t| prediction.iter().map(move |p| (t[1].min(p[1]) - t[0].max(p[0])).max(0.0)))
        .sum();
    let length = |s: &[Segment]| s.iter().map(|[a, b]| b - a).sum::<f64>();
    let value = if variant == Variant::Paper {
        let whole = length(&truth) + length(&prediction) - shared;
        if whole > 0.0 { shared / whole } else { 0.0 }
    } else {
        let precision = shared / (length(&prediction) + 1e-6);
        let recall = shared / (length(&truth) + 1e-6);
        2.0 * precision * recall / (precision + recall + 1e-6)
    };
    match variant {
        Variant::Published => finite(value),
        _ => Ok(value.clamp(0.0, 1.0)),
    }
}

/// Local matching: mean normalised generalised IoU of truth and prediction paired in order of emission.
#[must_use]
pub fn local(completion: &str, truth: &[Segment], variant: Variant) -> Score {
    let read = predicted(completion, variant);
    Score::single("local", read.and_then(|said| Ok((local_value(&said, truth, variant)?, said))))
}

fn local_value(prediction: &[Segment], truth: &[Segment], variant: Variant) -> Result<f64, ParseFailure> {
    let truth = if variant == Variant::Published { truth.to_vec() } else { positive(truth) };
    let n = truth.len().max(prediction.len());
    if n == 0 {
        return Err(ParseFailure::NoSegment);
    }
    // The public code pads the shorter list with this segment far away, which then earns nearly nothing.
    let far = [1e9, 1e9 + 1.0];
    let sum: Option<f64> = (0..n)
        .map(|i| match (truth.get(i), prediction.get(i)) {
            (Some(t), Some(p)) => generalised_iou(*t, *p),
            (t, p) if variant == Variant::Published => {
                generalised_iou(*t.unwrap_or(&far), *p.unwrap_or(&far))
            }
            _ => Some(0.0),
        })
        .sum();
    let value = sum.ok_or(ParseFailure::Raised)? / n as f64;
    match variant {
        Variant::Published => finite(value),
        _ => Ok(value.clamp(0.0, 1.0)),
    }
}

/// The sum of both guarded matchings of segments that are already read, in `[0, 2]`; every segment must last.
#[must_use]
pub fn match_segments(said: &[Segment], truth: &[Segment]) -> f64 {
    let guarded = Variant::Guarded;
    global_value(said, truth, guarded).unwrap_or(0.0) + local_value(said, truth, guarded).unwrap_or(0.0)
}

/// Normalised generalised IoU in `(0, 1]` for segments of positive length; nothing where the public code divides by 0.
fn generalised_iou(a: Segment, b: Segment) -> Option<f64> {
    let inter = (a[1].min(b[1]) - a[0].max(b[0])).max(0.0);
    let union = (a[1] - a[0]) + (b[1] - b[0]) - inter;
    let hull = a[1].max(b[1]) - a[0].min(b[0]);
    (union != 0.0 && hull != 0.0).then(|| (1.0 + inter / union - (hull - union) / hull) / 2.0)
}

/// The sum of both matchings in `[0, 2]`; in `paper`, their mean in `[0, 1]`.
#[must_use]
pub fn matching(completion: &str, truth: &[Segment], variant: Variant) -> Score {
    sum(global(completion, truth, variant), local(completion, truth, variant), variant)
}

/// Both matchings added up; in `paper`, their mean.
pub(super) fn sum(g: Score, l: Score, variant: Variant) -> Score {
    let sum = g.total + l.total;
    // The public functions catch their own exceptions, but one result that is no number spoils the sum.
    let spoilt =
        variant == Variant::Published && [&g, &l].iter().any(|s| s.failure == Some(ParseFailure::NotFinite));
    let total = match variant {
        _ if spoilt => 0.0,
        Variant::Paper => sum / 2.0,
        _ => sum,
    };
    let mut parts = g.parts;
    parts.extend(l.parts);
    let failure = if spoilt { Some(ParseFailure::NotFinite) } else { g.failure.or(l.failure) };
    let parsed = if g.parsed.is_null() { l.parsed } else { g.parsed };
    Score { total, parts, parsed, failure }
}

/// Touching and overlapping segments become one.
fn union(segments: &[Segment]) -> Vec<Segment> {
    let mut sorted = segments.to_vec();
    sorted.sort_by(|a, b| a[0].total_cmp(&b[0]));
    let mut merged: Vec<Segment> = Vec::new();
    for s in sorted {
        match merged.last_mut() {
            Some(last) if last[1] >= s[0] => last[1] = last[1].max(s[1]),
            _ => merged.push(s),
        }
    }
    merged
}

/// The segments of a truth that last.
fn positive(segments: &[Segment]) -> Vec<Segment> {
    segments.iter().copied().filter(|[s, e]| s.is_finite() && e.is_finite() && s < e).collect()
}

fn finite(value: f64) -> Result<f64, ParseFailure> {
    if value.is_finite() { Ok(value) } else { Err(ParseFailure::NotFinite) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn said(answer: &str) -> String {
        format!("<think>t</think><answer>{answer}</answer>")
    }

    #[test]
    fn the_guarded_rewards_mend_the_faults() {
        let truth = [[85.51, 96.32], [96.09, 105.76]];
        let whole = said("85.51-105.76");
        assert!(global(&whole, &truth, Variant::Published).total > 1.0, "overlap is counted twice");
        assert!(global(&whole, &truth, Variant::Guarded).total <= 1.0);
        assert_eq!(
            local(&said("0-inf"), &[[0.0, 5.0]], Variant::Guarded).failure,
            Some(ParseFailure::Number)
        );
        assert_eq!(format(&said(""), &truth, false, Variant::Published).total, 1.0);
        assert_eq!(format(&said(""), &truth, false, Variant::Guarded).total, 0.2);
    }

    #[test]
    fn the_paper_takes_the_mean_and_the_iou_of_unions() {
        let truth = [[2.0, 8.0]];
        assert_eq!(matching(&said("2-8"), &truth, Variant::Paper).total, 1.0);
        assert!((global(&said("4-10"), &truth, Variant::Paper).total - 0.5).abs() < 1e-12);
        assert_eq!(format(&said("2-8"), &truth, true, Variant::Paper).total, 0.0, "nothing is cited");
    }

    #[test]
    fn only_what_is_no_number_spoils_the_sum() {
        let reversed = matching(&said("2-8"), &[[8.0, 2.0], [2.0, 8.0]], Variant::Published);
        assert!(reversed.total > 1.9, "{reversed:?}");
        assert_eq!(matching(&said("0-inf"), &[[0.0, 5.0]], Variant::Published).total, 0.0);
    }

    /// A megabyte of the same time stamps, and one of ever new ones: both end soon because each number is looked for
    /// once and the first that is missing ends the search.
    #[test]
    fn long_answers_are_read() {
        let same = format!("<think>1.0 2.0</think><answer>{}</answer>", "1-2 ".repeat(1 << 18));
        assert_eq!(format(&same, &[[1.0, 2.0]], true, Variant::Guarded).total, 1.0);
        let new: String = (0..100_000).map(|i| format!("{i}-{} ", i + 1)).collect();
        let new = format!("<think>{}</think><answer>{new}</answer>", "0.0 ".repeat(9));
        assert_eq!(format(&new, &[[1.0, 2.0]], true, Variant::Guarded).total, 0.6);
    }

    #[test]
    fn a_point_in_a_time_stamp_stands_for_any_character() {
        let chars = |text: &str| text.chars().collect::<Vec<char>>();
        assert_eq!(find_all("5.0", &chars("5x0 5.0 5\n0")), 3);
        assert_eq!(find_all("1e+16", &chars("1e16 1ee16 1e+16")), 2);
    }

    proptest! {
        #[test]
        fn rewards_stay_in_range(text in any::<String>(), a in any::<f64>(), b in any::<f64>(), c in 0.0..100.0, d in 0.01..50.0) {
            let odd = said(&format!("{a}-{b} {c}-{}", c + d));
            for completion in [text, odd] {
                for variant in Variant::ALL {
                    let truth = [[c, c + d]];
                    let sum = matching(&completion, &truth, variant).total;
                    prop_assert!((0.0..=MATCH_MAX).contains(&sum), "{sum}");
                    for cite in [true, false] {
                        prop_assert!((0.0..=1.0).contains(&format(&completion, &truth, cite, variant).total));
                    }
                }
            }
        }

        #[test]
        fn the_truth_earns_the_most(c in 0.0..100.0, d in 0.1..50.0) {
            let truth = [[c, c + d]];
            let best = matching(&said(&format!("{c}-{}", c + d)), &truth, Variant::Guarded).total;
            prop_assert!(best > 1.999, "{best}");
        }
    }
}
