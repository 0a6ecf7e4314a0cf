//! What the visitor answered so far, kept in this browser alone.

use scrubjay_core::task::TaskName;
use serde::{Deserialize, Serialize};

use super::puzzle::Puzzle;
use super::round::Outcome;
use super::{keep, tour};
use crate::wire::From;

/// An answer, with all that a study of answers needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Answered {
    /// The task.
    pub(crate) task: TaskName,
    /// The link's seed; 0 of a puzzle without a link.
    pub(crate) seed: u64,
    /// Whose frames.
    pub(crate) from: From,
    /// The item's id.
    pub(crate) id: String,
    /// Hash of the pixels that were shown.
    pub(crate) stimulus: String,
    /// The raw answer.
    pub(crate) answer: String,
    /// Score in [0, 1].
    pub(crate) score: f64,
    /// What a random valid answer earns.
    pub(crate) chance: f64,
    /// Whether it was for practice.
    pub(crate) practice: bool,
    /// Whether its answer had been shown in this browser before.
    pub(crate) again: bool,
    /// Time from the first picture to the answer, in seconds: while the page was seen, and with what passed before a reload.
    pub(crate) seconds: f64,
    /// When, milliseconds since 1970.
    pub(crate) at: f64,
}

/// Where they are kept.
const NAME: &str = "results";
/// Most answers that are kept; then the oldest go.
const MOST: usize = 2000;

/// All answers, the oldest first.
pub(crate) fn all() -> Vec<Answered> {
    // One by one: a single entry that cannot be read must not cost the others.
    let all: Vec<serde_json::Value> = keep::get(NAME).unwrap_or_default();
    all.into_iter().filter_map(|a| serde_json::from_value(a).ok()).collect()
}

/// Those that count: not for practice, not after the answer was shown, and not on films of the visitor's own.
pub(crate) fn counting() -> Vec<Answered> {
    let mut all = all();
    all.retain(|a| !a.practice && !a.again && !matches!(a.from, From::Own(_)));
    all
}

/// Adds an answer and returns it as it is kept.
pub(crate) fn add(puzzle: &Puzzle, outcome: &Outcome, practice: bool, seconds: f64) -> Answered {
    let mut all = all();
    let id = puzzle.recipe.id();
    let answered = Answered {
        task: puzzle.task(),
        seed: puzzle.address.as_ref().map_or(0, |a| a.seed),
        from: puzzle.address.as_ref().map(|a| a.from.clone()).unwrap_or_default(),
        stimulus: puzzle.stimulus.clone(),
        answer: outcome.answer.clone(),
        score: outcome.score,
        chance: puzzle.chance.random,
        practice,
        again: all.iter().any(|a| a.id == id) || puzzle.address.as_ref().is_some_and(tour::was_example),
        seconds,
        at: js_sys::Date::now(),
        id,
    };
    all.push(answered.clone());
    let extra = all.len().saturating_sub(MOST);
    all.drain(..extra);
    keep::put(NAME, &all);
    answered
}

/// Forgets all answers: also those that tours go on from, and those that were begun.
pub(crate) fn forget() {
    for start in [NAME, "tour.", "draft.", "time."] {
        keep::forget_all(start);
    }
}
