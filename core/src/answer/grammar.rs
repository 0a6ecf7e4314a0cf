//! What an answer may look like, asked of a text that is still being written.
//!
//! A policy that has never been shown an answer earns nothing until it happens to write one that can be read.
//! Where its sampling is held to this grammar it can write nothing else, so that rewards tell answers apart from
//! the first step on. A grammar knows the question, never the truth: every answer that the question admits is in
//! it, the true one among them, and every text that it calls complete is read by the reward of the task.

use super::prefix::{Fit, Pair, letter, line, list, order, pairs, things};
use crate::item::Truth;
use crate::prompt::Wording;
use crate::recipe::{Recipe, RecipeError};
use crate::source::Timeline;
use crate::task::{Task, counting};

/// What stands between the tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Body {
    /// An interval in seconds, or in parts of the whole.
    Pair(Pair),
    /// Intervals with blanks between them.
    Pairs(Pair),
    /// So many whole numbers from 1 to the second; all different or not.
    List(usize, u64, bool),
    /// Digits, each once.
    Order(usize),
    /// One of so many letters.
    Letter(usize),
    /// A line of things.
    Things,
}

/// What follows the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum After {
    /// The same text always. It begins with a character that no body has, or there is none.
    Text(&'static str),
    /// The body was reasoning that cites the answer; now the same as the answer.
    Again,
}

/// The answers that a question admits, in the smallest form that its wording asks for: reasoning that a wording
/// wants in tags is left empty, or cites the answer where it must be cited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grammar {
    before: &'static str,
    body: Body,
    after: After,
}

const THINK: &str = "<think></think><answer>";
const ANSWER: &str = "<answer>";
const CLOSE: &str = "</answer>";
/// [`crate::reward::videoreasoner::START`] and an opening bracket.
const EVENT: &str = "<|event_start|>[";
/// A closing bracket and [`crate::reward::videoreasoner::END`].
const EVENT_END: &str = "]<|event_end|>";

/// A time in units of its last decimal, rounded as truths are. Bounds beyond 10^15 s are cut there.
fn units(seconds: f64, decimals: usize) -> u64 {
    let text = format!("{:.decimals$}", seconds.clamp(0.0, 1e15));
    text.bytes().filter(u8::is_ascii_digit).fold(0, |v, b| v * 10 + u64::from(b - b'0'))
}

/// Most shapes of one kind: as the level draws them. A recipe that was written by hand and breaks its level's rule
/// admits up to 9,999.
fn most_shapes(level: counting::Level, groups: &[counting::Group]) -> u64 {
    let most = u64::from(level.most()).pow(2);
    if counting::truth(groups).iter().all(|n| u64::from(*n) <= most) { most } else { 9999 }
}

impl Grammar {
    /// The grammar of a recipe's question in the recipe's own wording.
    ///
    /// # Errors
    /// [`RecipeError`] when the recipe contradicts itself.
    pub fn of(recipe: &Recipe) -> Result<Self, RecipeError> {
        Ok(Self::new(&recipe.task, &recipe.timeline()?, recipe.wording))
    }

    /// The grammar of a task on a timeline, asked in a wording.
    #[must_use]
    pub fn new(task: &Task, timeline: &Timeline, wording: Wording) -> Self {
        let end = timeline.edge(timeline.indices.len() as u32);
        let seconds = |decimals: u32, apart: u64| {
            let most = units(end, decimals as usize);
            Pair { decimals, most, mark: '-', apart }
        };
        let form = |before, body, after| Self { before, body, after: After::Text(after) };
        match task {
            Task::Grounding(_) => form("", Body::Pair(seconds(1, 0)), ""),
            Task::Counting { level, groups } => {
                form("", Body::List(3, most_shapes(*level, groups), false), "")
            }
            Task::Jigsaw { order } => match wording {
                Wording::VisualJigsaw => {
                    form(THINK, Body::List(order.len(), order.len() as u64, true), CLOSE)
                }
                _ => form("", Body::Order(order.len()), ""),
            },
            Task::Masked(masked) => {
                let before = if wording == Wording::Mvp { THINK } else { ANSWER };
                let shown = masked.candidates.len() as u64;
                form(before, Body::List(masked.targets.len(), shown, true), CLOSE)
            }
            Task::Segments(_) => {
                // A segment that does not last is none.
                let body = Body::Pairs(seconds(2, 1));
                match wording {
                    Wording::MusegCite => Self { before: "<think>", body, after: After::Again },
                    Wording::Museg => form(THINK, body, CLOSE),
                    _ => form(ANSWER, body, CLOSE),
                }
            }
            Task::Event { .. } => match wording {
                Wording::Videossr | Wording::People => form("", Body::Pair(seconds(2, 0)), ""),
                _ => {
                    let ratio = Pair { decimals: 2, most: 100, mark: ',', apart: 0 };
                    form(EVENT, Body::Pair(ratio), EVENT_END)
                }
            },
            Task::Elements { .. } => form("", Body::Things, ""),
            Task::Qa { options, .. } => match wording {
                Wording::VideoR1 => form(THINK, Body::Letter(options.len()), CLOSE),
                _ => form("", Body::Letter(options.len()), ""),
            },
        }
    }

    fn fit(&self, text: &str) -> Fit {
        let Some(rest) = text.strip_prefix(self.before) else {
            return Fit { viable: self.before.starts_with(text), complete: false };
        };
        let first = match self.after {
            After::Text(after) => after.chars().next(),
            After::Again => Some('<'),
        };
        let Some(at) = first.and_then(|c| rest.find(c)) else {
            let fit = self.body(rest);
            return Fit { complete: fit.complete && first.is_none(), ..fit };
        };
        let (body, after) = rest.split_at(at);
        if !self.body(body).complete {
            return Fit::NONE;
        }
        let wanted = self.closing(body);
        Fit { viable: wanted.starts_with(after), complete: wanted == after }
    }

    fn body(&self, text: &str) -> Fit {
        match self.body {
            Body::Pair(pair) => pair.fit(text),
            Body::Pairs(pair) => pairs(text, pair),
            Body::List(count, most, distinct) => list(text, count, most, distinct),
            Body::Order(count) => order(text, count),
            Body::Letter(count) => letter(text, count),
            Body::Things => things(text),
        }
    }

    fn closing(&self, body: &str) -> String {
        match self.after {
            After::Text(after) => after.to_owned(),
            After::Again => format!("</think>{ANSWER}{body}{CLOSE}"),
        }
    }

    /// Whether an answer begins with this text, itself included.
    #[must_use]
    pub fn viable(&self, text: &str) -> bool {
        match self.body {
            // Asked of every token of a vocabulary: without reading the things.
            Body::Things => line(text),
            _ => self.fit(text).viable,
        }
    }

    /// Whether this text is an answer.
    #[must_use]
    pub fn complete(&self, text: &str) -> bool {
        self.fit(text).complete
    }

    /// The characters that answers are made of, in order, each once; none where any but control characters may occur.
    #[must_use]
    pub fn alphabet(&self) -> Option<String> {
        let body = match self.body {
            Body::Pair(pair) => format!("0123456789.{}", pair.mark),
            Body::Pairs(pair) => format!("0123456789. {}", pair.mark),
            Body::List(..) => "0123456789,".to_owned(),
            Body::Order(count) => ('1'..='9').take(count).collect(),
            Body::Letter(count) => ('A'..='Z').take(count).collect(),
            Body::Things => return None,
        };
        let mut all: Vec<char> = [self.before, &body, &self.closing("")].concat().chars().collect();
        all.sort_unstable();
        all.dedup();
        Some(all.into_iter().collect())
    }

    /// A text that goes on in the same ways, by one further piece, as this one: what is worked out for the one holds for
    /// the other. Only for free lines of things is it another text, and a short one.
    #[must_use]
    pub fn key(&self, text: &str) -> String {
        match self.body {
            Body::Things => {
                let said = if self.complete(text) { "x" } else { "" };
                ",".repeat(text.matches(',').count()) + said
            }
            _ => text.to_owned(),
        }
    }

    /// The answer that says the truth, as this grammar writes it. Only a truth of another task, a thing with a control
    /// character in it, or a segment shorter than a hundredth of a second leaves the grammar.
    #[must_use]
    pub fn answer(&self, truth: &Truth) -> String {
        let body = match (truth, self.body) {
            (Truth::Event { ratio: [s, e], .. }, Body::Pair(pair)) if pair.mark == ',' => {
                format!("{s:.2},{e:.2}")
            }
            (Truth::Order(order), Body::List(..)) => {
                order.chars().map(String::from).collect::<Vec<_>>().join(",")
            }
            _ => truth.plain(),
        };
        format!("{}{body}{}", self.before, self.closing(&body))
    }
}
