//! The tasks: how a question is drawn and what its truth is.
//!
//! A task here is data, parameters drawn, ready to be carried in a recipe. One file per task draws it and
//! states its truth; realizing it on frames is [`crate::item`]'s work.

pub mod counting;
pub mod event;
pub mod grounding;
pub mod jigsaw;
pub mod masked;
pub mod segments;

use serde::{Deserialize, Serialize};

use crate::named::named;
use crate::source::{Source, Timeline};

named! {
    /// The names of the tasks.
    pub enum TaskName, "task",
    /// An unknown task name.
    UnknownTask {
        /// When was a segment of the video tampered with? (VideoSSR §3.1.1)
        Grounding = "grounding",
        /// How many circles, squares and triangles were drawn on the frames? (VideoSSR §3.1.2)
        Counting = "counting",
        /// In which order do the shuffled clips belong? (VideoSSR §3.1.3)
        Jigsaw = "jigsaw",
        /// Which frames are missing, in order? (MVP)
        Masked = "masked",
        /// Every segment that answers a query. (MUSEG)
        Segments = "segments",
        /// The part of the video in which something happens. (VideoReasoner)
        Event = "event",
        /// The things that a question is about. (VideoReasoner)
        Elements = "elements",
        /// A multiple-choice question. (VideoReasoner)
        Qa = "qa",
    }
}

/// A task with all its parameters drawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Task {
    /// One segment is perturbed.
    Grounding(grounding::Segment),
    /// Shapes are drawn on some frames.
    Counting {
        /// How many shapes there may be.
        level: counting::Level,
        /// What is drawn where.
        groups: Vec<counting::Group>,
    },
    /// The frames are cut into `order.len()` equal clips; place `p` shows original clip `order[p]`.
    Jigsaw {
        /// Original clip shown at each place, both from 0.
        order: Vec<u8>,
    },
    /// A run of key frames is missing.
    Masked(masked::Masked),
    /// Every segment that answers a query.
    Segments(segments::Sought),
    /// The part of the video in which something happens.
    Event {
        /// What happens, as a clause.
        query: String,
        /// From when to when, in milliseconds of the source's own time.
        span: [u32; 2],
    },
    /// The things that a question is about.
    Elements {
        /// The question.
        question: String,
        /// The things, the most important first.
        elements: Vec<String>,
    },
    /// A multiple-choice question.
    Qa {
        /// The question.
        question: String,
        /// The options, in the order of their letters.
        options: Vec<String>,
        /// The right one, from 0.
        answer: u8,
    },
}

/// A task's parameters contradict each other or the item, or cannot be drawn: one sentence naming the value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TaskError(pub String);

impl From<crate::perturb::DrawError> for TaskError {
    fn from(e: crate::perturb::DrawError) -> Self {
        Self(e.to_string())
    }
}

impl Task {
    /// The task's name.
    #[must_use]
    pub fn name(&self) -> TaskName {
        match self {
            Self::Grounding(_) => TaskName::Grounding,
            Self::Counting { .. } => TaskName::Counting,
            Self::Jigsaw { .. } => TaskName::Jigsaw,
            Self::Masked(_) => TaskName::Masked,
            Self::Segments(_) => TaskName::Segments,
            Self::Event { .. } => TaskName::Event,
            Self::Elements { .. } => TaskName::Elements,
            Self::Qa { .. } => TaskName::Qa,
        }
    }

    /// The perturbed segments, if the task has any.
    #[must_use]
    pub fn perturbed(&self) -> Vec<&grounding::Segment> {
        match self {
            Self::Grounding(segment) => vec![segment],
            Self::Segments(segments::Sought::Tampered(segments)) => segments.iter().collect(),
            _ => Vec::new(),
        }
    }

    /// Checks the parameters against an item of `frames` sampled frames.
    ///
    /// # Errors
    /// [`TaskError`] naming the value at fault.
    pub fn check(&self, frames: u32) -> Result<(), TaskError> {
        match self {
            Self::Grounding(segment) => segment.check(frames),
            Self::Counting { groups, .. } => counting::check(groups, frames),
            Self::Jigsaw { order } => jigsaw::check(order, frames),
            Self::Masked(masked) => {
                masked.check()?;
                match masked.places().into_iter().find(|p| *p >= frames) {
                    Some(p) => Err(TaskError(format!("frame {p} is shown and the sample has {frames}"))),
                    None => Ok(()),
                }
            }
            Self::Segments(sought) => segments::check(sought, frames),
            Self::Event { query, span: [start, end] } => {
                check_text("query", query)?;
                if start < end {
                    Ok(())
                } else {
                    Err(TaskError(format!("the span {start}-{end} ms does not last")))
                }
            }
            Self::Elements { question, elements } => {
                check_text("question", question)?;
                if elements.is_empty() || elements.len() > *event::ELEMENTS.end() {
                    return Err(TaskError(format!("{} key elements, not 1 to 10", elements.len())));
                }
                elements.iter().try_for_each(|e| check_text("element", e))
            }
            Self::Qa { question, options, answer } => {
                check_text("question", question)?;
                options.iter().try_for_each(|o| check_text("option", o))?;
                if !event::OPTIONS.contains(&options.len()) || usize::from(*answer) >= options.len() {
                    return Err(TaskError(format!(
                        "answer {answer} of {} options; 2 to 5 are taken",
                        options.len()
                    )));
                }
                Ok(())
            }
        }
    }
}

/// Longest text of a query, question, option or element in bytes.
const TEXT: usize = 4096;

fn check_text(what: &str, text: &str) -> Result<(), TaskError> {
    if text.trim().is_empty() || text.len() > TEXT {
        return Err(TaskError(format!("a {what} of {} bytes is empty or too long", text.len())));
    }
    Ok(())
}

/// The time at which a frame of the source begins, in milliseconds of the source's own time, to the nearest.
fn milliseconds(frame: u32, source: &Source) -> u32 {
    let rate = source.rate();
    let (num, den) = (u64::from(rate.num.max(1)), u64::from(rate.den));
    u32::try_from((u64::from(frame) * den * 2000 + num) / (2 * num)).unwrap_or(u32::MAX)
}

/// The shown time of an instant of the source.
pub(crate) fn shown(ms: u32, source: &Source, timeline: &Timeline) -> f64 {
    timeline.shown_at(f64::from(ms) / 1000.0, source.rate().fps())
}

/// Start and end of a span of the source as parts of the whole, from 0 to 1 (VideoReasoner §4.3: of the duration).
#[must_use]
pub fn ratio(span: [u32; 2], source: &Source, timeline: &Timeline) -> [f64; 2] {
    let whole = timeline.duration();
    span.map(|ms| if whole > 0.0 { (shown(ms, source, timeline) / whole).clamp(0.0, 1.0) } else { 0.0 })
}
