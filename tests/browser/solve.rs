//! Solving a puzzle by one way of input and nothing else, as somebody does who knows what is right.

use scrubjay_core::item::Truth;
use scrubjay_core::recipe::Recipe;
use scrubjay_core::task::TaskName;

use crate::support::{ARROW_LEFT, ARROW_RIGHT, END, HOME, Pointer, Session};
use crate::truth::{recipe, truth};

/// One link of each puzzle; of segments one that was tampered with, whose ends lie between frames.
pub(crate) const PLAYED: [(TaskName, u64); 5] = [
    (TaskName::Jigsaw, 5),
    (TaskName::Grounding, 3),
    (TaskName::Counting, 3),
    (TaskName::Masked, 2),
    (TaskName::Segments, 2),
];

/// A way of input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    Keyboard,
    Mouse,
    Finger,
}

impl By {
    fn pointer(self) -> Option<Pointer> {
        match self {
            Self::Keyboard => None,
            Self::Mouse => Some(Pointer::Mouse),
            Self::Finger => Some(Pointer::Finger),
        }
    }

    /// Presses a button.
    pub(crate) async fn press(self, session: &Session, selector: &str) {
        match self.pointer() {
            None => session.enter(selector).await,
            Some(with) => session.touch(with, selector).await,
        }
    }
}

/// Solves the puzzle of a link that lies open, and has it checked.
pub(crate) async fn solve(session: &Session, by: By, task: TaskName, seed: u64) {
    answer(session, by, &truth(task, seed), &edges(&recipe(task, seed))).await;
}

/// The shown times at which an item's frames begin, and the end of the last.
pub(crate) fn edges(recipe: &Recipe) -> Vec<f64> {
    let timeline = recipe.timeline().expect("a timeline");
    (0..=timeline.indices.len()).map(|i| timeline.edge(i as u32)).collect()
}

/// Gives an answer to the puzzle that lies open, and has it checked.
pub(crate) async fn answer(session: &Session, by: By, truth: &Truth, edges: &[f64]) {
    session.wait_for("[data-stimulus]").await;
    match truth {
        Truth::Order(order) => jigsaw(session, by, order).await,
        Truth::Interval(span) => mark(session, by, &[[span.start, span.end]], edges, false).await,
        Truth::Segments(spans) => mark(session, by, spans, edges, true).await,
        Truth::Counts(counts) => count(session, by, *counts).await,
        Truth::Candidates { labels, .. } => fill(session, by, labels).await,
        other => panic!("nobody plays {other:?} here"),
    }
    by.press(session, "#check").await;
}

/// The clip that lies at each place.
pub(crate) async fn clips(session: &Session) -> Vec<String> {
    session.attributes(".jigsaw [data-clip]", "data-clip").await
}

/// A place of the jigsaw, from 0.
pub(crate) fn place(at: usize) -> String {
    format!(".jigsaw li:nth-child({}) [data-clip]", at + 1)
}

/// Brings the clip that belongs at each place there: step by step with arrow keys, by dragging with a mouse, by
/// taps and by dragging with a finger.
async fn jigsaw(session: &Session, by: By, order: &str) {
    let wanted: Vec<String> = order.chars().map(|c| c.to_string()).collect();
    for (to, clip) in wanted.iter().enumerate() {
        let from = clips(session).await.iter().position(|c| c == clip).expect("each clip is somewhere");
        if from == to {
            continue;
        }
        match by {
            By::Keyboard => {
                session.tab_to(&place(from)).await;
                session.keys(&vec![ARROW_LEFT; from - to]).await;
            }
            By::Mouse => {
                let ends = session.middles(&[&place(from), &place(to)]).await;
                session.drag(Pointer::Mouse, ends[0], ends[1]).await;
            }
            // Clips are swapped by two taps, or dragged by their grips.
            By::Finger if to % 2 == 0 => {
                session.touch(Pointer::Finger, &place(from)).await;
                session.touch(Pointer::Finger, &place(to)).await;
            }
            By::Finger => {
                let grip = format!(".jigsaw li:nth-child({}) .grip", from + 1);
                let ends = session.middles(&[&grip, &place(to)]).await;
                session.drag(Pointer::Finger, ends[0], ends[1]).await;
            }
        }
        let there = format!("document.querySelector('{}').dataset.clip == '{}'", place(to), wanted[to]);
        session.wait_until(&there).await;
    }
    assert_eq!(clips(session).await, wanted);
}

/// Adds one by one what stands at no other place: with the steppers by pointer, in the fields by keyboard.
async fn count(session: &Session, by: By, counts: [u32; 3]) {
    for (shape, count) in ["circles", "squares", "triangles"].into_iter().zip(counts) {
        let field = format!("#{shape}");
        if by == By::Keyboard {
            session.tab_to(&field).await;
            session.write(&count.to_string()).await;
        } else {
            // One too many, and back.
            for _ in 0..=count {
                by.press(session, &format!("#{shape}-more")).await;
            }
            by.press(session, &format!("#{shape}-less")).await;
        }
        let there = format!("document.querySelector('{field}').value == '{count}'");
        session.wait_until(&there).await;
    }
}

/// Chooses candidates in order.
async fn fill(session: &Session, by: By, labels: &[u32]) {
    for (chosen, label) in labels.iter().enumerate() {
        by.press(session, &format!("[data-candidate=\"{label}\"]")).await;
        let there = format!("document.querySelectorAll('.chosen [data-chosen]').length == {}", chosen + 1);
        session.wait_until(&there).await;
    }
    let wanted: Vec<String> = labels.iter().map(ToString::to_string).collect();
    assert_eq!(session.attributes(".chosen [data-chosen]", "data-chosen").await, wanted);
}

/// The edge nearest to a time.
pub(crate) fn edge(edges: &[f64], at: f64) -> usize {
    let far = |i: &usize| (edges[*i] - at).abs();
    (0..edges.len()).min_by(|a, b| far(a).total_cmp(&far(b))).expect("an edge")
}

/// Marks spans of time on the timeline: with the handles' keys, or by drawing on the strip and, where that was not exact,
/// with the buttons of one frame.
async fn mark(session: &Session, by: By, spans: &[[f64; 2]], edges: &[f64], several: bool) {
    let frames = edges.len() - 1;
    for (k, span) in spans.iter().enumerate() {
        let ends = span.map(|at| edge(edges, at));
        let name = |end: &str| if several { format!("#{end}-{k}") } else { format!("#{end}") };
        match by.pointer() {
            None => {
                session.enter("#add").await;
                session.tab_to(&name("start")).await;
                session.press(HOME).await;
                session.tab_to(&name("end")).await;
                session.press(END).await;
                session.keys(&vec![ARROW_LEFT; frames - ends[1]]).await;
                session.tab_to(&name("start")).await;
                session.keys(&vec![ARROW_RIGHT; ends[0]]).await;
            }
            Some(with) => {
                draw(session, with, ends.map(|e| (edges[e] - edges[0]) / (edges[frames] - edges[0]))).await;
                session.wait_for(&name("end")).await;
                for (end, wanted) in ["start", "end"].into_iter().zip(ends) {
                    let at = lies(session, &name(end), edges).await;
                    assert!(at.abs_diff(wanted) <= 4, "{end} of {k} was drawn at {at} in place of {wanted}");
                    let side = if at < wanted { "more" } else { "less" };
                    for _ in 0..at.abs_diff(wanted) {
                        let button =
                            if several { format!("#{end}-{side}-{k}") } else { format!("#{end}-{side}") };
                        session.touch(with, &button).await;
                    }
                }
            }
        }
        for (end, wanted) in ["start", "end"].into_iter().zip(ends) {
            assert_eq!(lies(session, &name(end), edges).await, wanted, "{end} of {k}");
        }
    }
}

/// The edge at which a handle lies.
async fn lies(session: &Session, handle: &str, edges: &[f64]) -> usize {
    let seconds = session.attribute(handle, "aria-valuenow").await;
    edge(edges, seconds.parse().unwrap_or_else(|e| panic!("{handle} lies at {seconds:?}: {e}")))
}

/// Draws a span on the strip, given as parts of its width: from its start, or from its end where something lies over that.
async fn draw(session: &Session, with: Pointer, parts: [f64; 2]) {
    session.middles(&[".strip"]).await;
    // A picture of the strip lies where its time is.
    let even = "(([a, b]) => Math.abs(a.left - b.left) < 3 && Math.abs(a.right - b.right) < 3)(\
        ['.strip', '.strip canvas'].map(s => document.querySelector(s).getBoundingClientRect()))";
    session.wait_until(even).await;
    let script = "const strip = document.querySelector('.strip'), r = strip.getBoundingClientRect(); \
        const y = r.y + r.height / 2; \
        return arguments[0].map(p => { const x = Math.min(Math.max(r.x + p * r.width, r.x + 1), r.right - 1); \
          const over = document.elementFromPoint(x, y)?.closest('.handle, .span'); return [x, y, over ? 1 : 0]; })";
    let found = session.run(script, vec![serde_json::json!(parts)]).await;
    let ends: Vec<[f64; 3]> = serde_json::from_value(found).expect("three numbers for each");
    let [start, end] = [0, 1].map(|i: usize| (ends[i][0], ends[i][1]));
    match ends[0][2] {
        0.0 => session.drag(with, start, end).await,
        _ => session.drag(with, end, start).await,
    }
}
