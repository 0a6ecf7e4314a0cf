//! Multi-segment grounding (MUSEG §3.1): one or several segments answer one query.
//!
//! The segments are annotated, or come from a scene's event log, or are made here: one perturbation in several
//! places of a video that nobody annotated.

use serde::{Deserialize, Serialize};

use super::grounding::Segment;
use super::{TaskError, milliseconds};
use crate::perturb::{Kind, Perturbation};
use crate::rng::Stream;
use crate::scene::Event;
use crate::source::{Source, Timeline};

/// What is to be found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Sought {
    /// Every segment in which the frames were perturbed, all in the same way.
    Tampered(Vec<Segment>),
    /// Every time that something happens.
    Event {
        /// What happens, as a clause: "a red train crosses the field".
        query: String,
        /// From when to when, in milliseconds of the source's own time.
        spans: Vec<[u32; 2]>,
    },
}

/// Fewest and most self-made segments.
pub const COUNT: std::ops::RangeInclusive<u32> = 2..=4;

/// Draws two to four segments of a twelfth to a sixth of the frames each, at least two frames apart.
///
/// # Errors
/// [`TaskError`] when the frames are too few, or a perturbation needs something that is not given.
pub fn draw_tampered(
    kind: Kind,
    frames: u32,
    other: Option<&Source>,
    stream: &mut Stream,
) -> Result<Sought, TaskError> {
    let count = stream.range(*COUNT.start() as i32, *COUNT.end() as i32) as u32;
    let (short, long) = ((frames / 12).max(2), (frames / 6).max(2));
    let lengths: Vec<u32> = (0..count).map(|_| stream.range(short as i32, long as i32) as u32).collect();
    let used = lengths.iter().sum::<u32>() + GAP * (count - 1);
    let Some(slack) = frames.checked_sub(used) else {
        return Err(TaskError(format!("{frames} frames are too few for {count} segments")));
    };
    // The slack is cut at drawn places, in order.
    let mut cuts: Vec<u32> = (0..count).map(|_| stream.below(slack + 1)).collect();
    cuts.sort_unstable();
    let mut at = 0;
    let mut segments = Vec::new();
    for (i, (&length, cut)) in lengths.iter().zip(&cuts).enumerate() {
        let start = cut + at + GAP * i as u32;
        at += length;
        let perturbation = Perturbation::draw(kind, length, other, false, stream)?;
        segments.push(Segment { start, length, perturbation });
    }
    Ok(Sought::Tampered(segments))
}

/// Frames between two self-made segments, at least.
const GAP: u32 = 2;

/// Draws one kind of event of a log and all its occurrences; kinds that occur more than once come up twice as often.
///
/// # Errors
/// [`TaskError`] when the log holds no event that the shown frames cover.
pub fn draw_event(
    events: &[Event],
    source: &Source,
    timeline: &Timeline,
    stream: &mut Stream,
) -> Result<Sought, TaskError> {
    let mut kinds: Vec<&Event> = Vec::new();
    for event in events {
        let times = events.iter().filter(|e| e.kind == event.kind).count();
        if !kinds.iter().any(|k| k.kind == event.kind) {
            kinds.extend(std::iter::repeat_n(event, times.min(2)));
        }
    }
    stream.shuffle(&mut kinds);
    for event in kinds {
        let spans: Vec<[u32; 2]> = events
            .iter()
            .filter(|e| e.kind == event.kind)
            .map(|e| [milliseconds(e.from, source), milliseconds(e.to, source)])
            .collect();
        if truth(&Sought::Event { query: String::new(), spans: spans.clone() }, source, timeline)
            .iter()
            .all(|[s, e]| s < e)
        {
            return Ok(Sought::Event { query: event.what.clone(), spans });
        }
    }
    Err(TaskError("no event of this scene lies within the shown frames".to_owned()))
}

/// The true segments in shown seconds, two decimals each, as MUSEG writes them.
#[must_use]
pub fn truth(sought: &Sought, source: &Source, timeline: &Timeline) -> Vec<[f64; 2]> {
    let round = |t: f64| format!("{t:.2}").parse().unwrap_or(t);
    match sought {
        Sought::Tampered(segments) => {
            segments.iter().map(|s| [s.start, s.end()].map(|f| round(timeline.edge(f)))).collect()
        }
        Sought::Event { spans, .. } => {
            spans.iter().map(|s| s.map(|ms| round(super::shown(ms, source, timeline)))).collect()
        }
    }
}

pub(super) fn check(sought: &Sought, frames: u32) -> Result<(), TaskError> {
    match sought {
        Sought::Tampered(segments) => {
            if segments.is_empty() || segments.len() > 32 {
                return Err(TaskError(format!("{} segments, not 1 to 32", segments.len())));
            }
            segments.iter().try_for_each(|s| s.check(frames))?;
            match segments.windows(2).find(|w| w[0].end() > w[1].start) {
                Some(w) => Err(TaskError(format!(
                    "the segment at {} begins before the one before it ends",
                    w[1].start
                ))),
                None => Ok(()),
            }
        }
        Sought::Event { query, spans } => {
            super::check_text("query", query)?;
            if spans.is_empty() || spans.len() > 1024 {
                return Err(TaskError(format!("{} spans, not 1 to 1024", spans.len())));
            }
            match spans.iter().find(|[s, e]| s >= e) {
                Some([s, e]) => Err(TaskError(format!("the span {s}-{e} ms does not last"))),
                None => Ok(()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn self_made_segments_stay_apart(seed: u64, frames in 32_u32..128) {
            let mut stream = Stream::keyed(seed, "segments", "", 0);
            let sought = draw_tampered(Kind::Mirror, frames, None, &mut stream).expect("enough frames");
            prop_assert_eq!(check(&sought, frames), Ok(()));
            let Sought::Tampered(segments) = sought else { unreachable!("drawn so") };
            prop_assert!(segments.windows(2).all(|w| w[1].start >= w[0].end() + 2));
            prop_assert!(COUNT.contains(&(segments.len() as u32)));
        }
    }

    #[test]
    fn too_few_frames_are_refused() {
        assert!(draw_tampered(Kind::Mirror, 4, None, &mut Stream::keyed(0, "", "", 0)).is_err());
    }
}
