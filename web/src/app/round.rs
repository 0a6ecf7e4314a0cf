//! One attempt at one puzzle: the answer so far, and what came of it.

use leptos::prelude::*;

use super::screen::{clock, reduced_motion};

/// What the visitor is told after answering.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outcome {
    /// Score from 0 to 1.
    pub(crate) score: f64,
    /// The raw answer.
    pub(crate) answer: String,
}

/// An attempt. Boards change `draft`, nothing else; the table around them checks it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Round {
    /// The answer as it stands, in the form that a person would write it (`Truth::plain`). It is all that a board has to
    /// keep: a board shows any draft that it may have left, so that a reload goes on where the visitor was.
    pub(crate) draft: RwSignal<String>,
    /// What came of it, once it was checked.
    pub(crate) outcome: RwSignal<Option<Outcome>>,
    /// What happened last, for the live region.
    pub(crate) said: RwSignal<String>,
    /// Whether it is a worked example: the answer is the truth, and nobody's.
    pub(crate) example: bool,
    /// Whether films play.
    pub(crate) playing: RwSignal<bool>,
    /// Rises eight times a second while films play.
    pub(crate) tick: RwSignal<u32>,
}

impl Round {
    /// A new attempt; films play unless the visitor asked for less motion.
    pub(crate) fn new(draft: String, example: bool) -> Self {
        let playing = RwSignal::new(!reduced_motion());
        Self {
            draft: RwSignal::new(draft),
            outcome: RwSignal::new(None),
            said: RwSignal::new(String::new()),
            example,
            playing,
            tick: clock(8, playing),
        }
    }

    /// Whether the answer was checked: from then on nothing can be changed.
    pub(crate) fn done(self) -> bool {
        self.outcome.with(Option::is_some)
    }

    /// Says something to whoever listens instead of looking.
    pub(crate) fn say(self, text: String) {
        self.said.set(text);
    }
}
