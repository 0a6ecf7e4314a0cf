//! The part of an item's section that plays: its films, the controls, and the time line of what is true and said.

use std::fmt::Write as _;

use scrubjay_core::task::Task;

use super::html::Text;
use super::item::Seen;
use super::marks::{Track, end};
use super::sheet::Sheet;

/// What stands under a clip, with where it truly belongs.
pub(super) fn caption(task: &Task, clip: usize) -> String {
    match task {
        Task::Jigsaw { order } => {
            let truly = order.get(clip).map_or(0, |c| c + 1);
            format!("Place {}: truly {truly} of {}", clip + 1, order.len())
        }
        Task::Masked(m) => match clip {
            0 => "Before the gap".to_owned(),
            1 => "After the gap".to_owned(),
            _ => {
                let label = clip - 1;
                match m.targets.iter().position(|t| usize::from(*t) + 1 == label) {
                    Some(place) => format!("Candidate {label}: missing frame {}", place + 1),
                    None => format!("Candidate {label}: does not belong"),
                }
            }
        },
        _ => "The video".to_owned(),
    }
}

/// Where a clip belongs, for putting clips into true order.
fn rank(task: &Task, clip: usize) -> usize {
    match task {
        Task::Jigsaw { order } => order.get(clip).map_or(clip, |c| usize::from(*c)),
        _ => clip,
    }
}

/// Films, controls and time line of an item, as HTML; the frames themselves are on the sheets.
pub(super) fn player(seen: &Seen<'_>, number: usize, sheets: &[Option<Sheet>], tracks: &[Track]) -> String {
    let (task, item, timeline) = (&seen.task, &seen.item, &seen.timeline);
    let axis = end(timeline);
    let mut out = format!("<div class=\"player\" data-end=\"{axis}\">\n<ul class=\"films\">\n");
    let wide = if item.clips.len() == 1 { " class=\"wide\"" } else { "" };
    let most = item.clips.iter().map(|c| c.frames.len()).max().unwrap_or(0);
    for (c, (clip, sheet)) in item.clips.iter().zip(sheets).enumerate() {
        let Some(sheet) = sheet else { continue };
        let times: Vec<String> = clip.shown.iter().map(|t| format!("{t:.4}")).collect();
        // A clip of a clock of its own ends a frame after its last; the item's own where its time line does.
        let end = if item.clips.len() == 1 {
            timeline.edge(clip.frames.len() as u32)
        } else {
            clip.shown.last().copied().unwrap_or(0.0) + step(&clip.shown)
        };
        let caption = caption(task, c);
        let label = if item.clips.len() == 1 {
            String::new()
        } else {
            format!("<span class=\"label\">{}</span>", Text(&caption))
        };
        let _ = writeln!(
            out,
            "<li{wide} data-place=\"{c}\" data-rank=\"{}\"><canvas width=\"{}\" height=\"{}\" role=\"img\" \
             aria-label=\"{}, {} frames\" data-sheet=\"sheet{number}-{c}\" data-columns=\"{}\" data-end=\"{end:.4}\" \
             data-times=\"{}\"></canvas>{label}</li>",
            rank(task, c),
            sheet.frame.width,
            sheet.frame.height,
            Text(&caption),
            clip.frames.len(),
            sheet.columns,
            times.join(","),
        );
    }
    let order = if matches!(task, Task::Jigsaw { .. }) {
        "<button type=\"button\" class=\"button order\" aria-pressed=\"false\">True order</button>"
    } else {
        ""
    };
    let _ = writeln!(
        out,
        "</ul>\n<div class=\"controls\" hidden><button type=\"button\" class=\"button main play\">Play</button>\
         <button type=\"button\" class=\"button back\">Frame back</button>\
         <button type=\"button\" class=\"button on\">Frame on</button>{order}<label>Speed <select>\
         <option value=\"1\">1 × the item's clock</option><option value=\"2\">2 ×</option><option value=\"4\">4 ×</option>\
         <option value=\"8\">8 ×</option></select></label></div>\n\
         <label class=\"scrub\" hidden>Frame<input type=\"range\" min=\"0\" max=\"{}\" step=\"1\" value=\"0\"></label>\n\
         <p class=\"now\"></p><p class=\"hidden status\" role=\"status\"></p>",
        most.saturating_sub(1)
    );
    if !tracks.is_empty() {
        let _ = writeln!(
            out,
            "<p class=\"axis\">Time line: 0 s at the left, {axis:.2} s at the right</p>\n<ul class=\"tracks\">"
        );
        tracks.iter().for_each(|t| out.push_str(&track(t, axis)));
        out.push_str("</ul>\n");
    }
    out.push_str("</div>\n");
    out
}

/// Seconds from a clip's frame to the next; one where it has only one.
fn step(shown: &[f64]) -> f64 {
    match shown {
        [.., a, b] if b > a => b - a,
        _ => 1.0,
    }
}

/// A row of the time line. Places are parts of the width in per cent, so that patterns keep their shape.
fn track(track: &Track, axis: f64) -> String {
    let (class, fill) = if track.truth { ("true", "truth") } else { ("predicted", "said") };
    let place = |t: f64| if axis > 0.0 { (t / axis).clamp(0.0, 1.0) * 100.0 } else { 0.0 };
    let mut marks = String::new();
    for [start, end] in track.spans.iter().filter(|s| s.iter().all(|t| t.is_finite())) {
        let (from, to) = (place(start.min(*end)), place(start.max(*end)));
        // A moment, and what lies beyond the end, is seen as a thin mark.
        let _ = write!(
            marks,
            "<rect x=\"{:.3}%\" y=\"2\" width=\"{:.3}%\" height=\"85%\" fill=\"url(#{fill})\"/>",
            from.min(99.4),
            (to - from).max(0.6),
        );
    }
    let beyond = track.spans.iter().flatten().any(|t| *t > axis * (1.0 + 1e-9) || *t < 0.0);
    let mut data = String::new();
    if let Some(from) = &track.from {
        let spans: Vec<String> = track.spans.iter().map(|[s, e]| format!("{s},{e}")).collect();
        data = format!(" data-from=\"{}\" data-spans=\"{}\"", Text(from), spans.join(";"));
    }
    let note = if beyond { format!(" (beyond the {axis:.2} s shown)") } else { String::new() };
    format!(
        "<li class=\"{class}\"{data}><strong>{}</strong> {}{note}<svg aria-hidden=\"true\" focusable=\"false\">{marks}\
         <line class=\"cursor\" x1=\"0\" x2=\"0\" y1=\"0\" y2=\"100%\"/></svg></li>\n",
        Text(&track.name),
        Text(&track.words),
    )
}
