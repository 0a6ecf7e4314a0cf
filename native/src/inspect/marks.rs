//! What happens when in an item: the true and the said segments on one axis of shown time.

use scrubjay_core::item::{Item, Truth};
use scrubjay_core::perturb::shape::Shape;
use scrubjay_core::reward::videoreasoner::START;
use scrubjay_core::source::Timeline;
use scrubjay_core::task::Task;
use serde_json::Value;

use super::item::Said;

/// Spans of one kind.
pub(super) struct Track {
    /// What the row is called.
    pub(super) name: String,
    /// The spans in words.
    pub(super) words: String,
    /// Start and end in seconds of shown time.
    pub(super) spans: Vec<[f64; 2]>,
    /// Whether these are true, or only said.
    pub(super) truth: bool,
    /// Where they come from, for being counted while the film plays: nothing in the name for the truth, and nothing at all
    /// for rows that are no spans to be found.
    pub(super) from: Option<String>,
}

/// Where the shown time ends, in seconds: at the end of the last frame, or of the source if that is later.
pub(super) fn end(timeline: &Timeline) -> f64 {
    timeline.edge(timeline.indices.len() as u32).max(timeline.duration())
}

/// The rows of an item's time line; none for tasks whose answer is no time.
pub(super) fn tracks(task: &Task, item: &Item, timeline: &Timeline, said: &[Said]) -> Vec<Track> {
    let truth = |spans: Vec<[f64; 2]>| {
        let from = Some(String::new());
        Track { name: "Truth".to_owned(), words: words(&spans), spans, truth: true, from }
    };
    let mut tracks = match (&item.truth, task) {
        (Truth::Interval(i), _) => vec![truth(vec![[i.start, i.end]])],
        (Truth::Segments(list), _) => vec![truth(list.clone())],
        (Truth::Event { seconds, .. }, _) => vec![truth(vec![[seconds.start, seconds.end]])],
        // A row does not tell on which frames they are.
        (Truth::Counts(_), Task::Counting { groups, .. }) if !groups.is_empty() => {
            let row = |shape: Shape| {
                let own: Vec<_> = groups.iter().filter(|g| g.shape == shape).collect();
                let mut frames: Vec<(u32, usize)> = own.iter().map(|g| (g.frame, g.sprites.len())).collect();
                frames.sort_unstable();
                let each: Vec<String> =
                    frames.iter().map(|(f, n)| format!("{n} on frame {}", f + 1)).collect();
                let sum: usize = frames.iter().map(|f| f.1).sum();
                Track {
                    name: format!("{shape}s: {sum}"),
                    words: each.join(", "),
                    spans: frames.iter().map(|(f, _)| [timeline.edge(*f), timeline.edge(f + 1)]).collect(),
                    truth: true,
                    from: None,
                }
            };
            return Shape::ALL.map(row).into();
        }
        _ => return Vec::new(),
    };
    let several = said.iter().any(|s| said.first().is_some_and(|first| first.origin != s.origin));
    for (i, said) in said.iter().enumerate() {
        let from = if several { format!(", {}", said.origin) } else { String::new() };
        let name = format!("Prediction {}{from}", i + 1);
        let mut spans = spans(&said.score.parsed);
        if matches!(item.truth, Truth::Event { .. }) && said.text.contains(START) {
            // Said as parts of the whole.
            let whole = timeline.duration();
            spans.iter_mut().flatten().for_each(|t| *t *= whole);
        }
        let words = match said.score.failure {
            Some(failure) => failure.to_string(),
            None => words(&spans),
        };
        tracks.push(Track { name, words, spans, truth: false, from: Some(said.origin.clone()) });
    }
    tracks
}

/// `[s, e]` or a list of such.
fn spans(parsed: &Value) -> Vec<[f64; 2]> {
    let one = |v: &Value| {
        let list = v.as_array().filter(|l| l.len() == 2)?;
        Some([list[0].as_f64()?, list[1].as_f64()?])
    };
    match one(parsed) {
        Some(span) => vec![span],
        None => parsed.as_array().into_iter().flatten().filter_map(one).collect(),
    }
}

fn words(spans: &[[f64; 2]]) -> String {
    if spans.is_empty() {
        return "no segment".to_owned();
    }
    spans.iter().map(|[s, e]| format!("{s:.2} to {e:.2} s")).collect::<Vec<_>>().join(", ")
}
