//! A tour through one kind of puzzle: a worked example, two for practice, then a set that counts. It goes on where it was
//! after a reload.

use std::collections::BTreeMap;

use scrubjay_core::task::TaskName;
use serde::{Deserialize, Serialize};

use super::keep;
use super::table::Kind;
use crate::clips;
use crate::wire::{Address, From};

/// The puzzles that are played in tours, in the order of the site.
pub(crate) const PUZZLES: [TaskName; 5] =
    [TaskName::Jigsaw, TaskName::Grounding, TaskName::Counting, TaskName::Masked, TaskName::Segments];

/// Puzzles for practice.
pub(crate) const PRACTICE: u32 = 2;
/// Puzzles that count.
pub(crate) const SET: u32 = 10;

/// Whether a puzzle was shown solved in this browser, as a tour's example.
pub(crate) fn was_example(address: &Address) -> bool {
    let Address { task, seed, from } = address;
    *seed == 1 && *from == From::Scene && keep::get::<Tour>(&format!("tour.{task}")).is_some()
}

/// How far a tour is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Tour {
    /// The seed from which those that count are numbered.
    pub(crate) seed: u64,
    /// Where the visitor is: 0 is the example, then practice, then the set; past it the end.
    pub(crate) place: u32,
    /// Answers that were checked, by place.
    pub(crate) answers: BTreeMap<u32, String>,
}

impl Tour {
    /// A tour from its beginning, with puzzles that this visitor is not likely to have seen.
    fn new() -> Self {
        let seed = 1000 + (js_sys::Math::random() * f64::from(u32::MAX)) as u64;
        Self { seed, place: 0, answers: BTreeMap::new() }
    }

    /// The tour of a task as it was left, or a new one.
    pub(crate) fn resume(task: TaskName) -> Self {
        keep::get(&format!("tour.{task}")).unwrap_or_else(Self::new)
    }

    /// The same kind again: other puzzles, no example.
    pub(crate) fn again() -> Self {
        Self { place: 1 + PRACTICE, ..Self::new() }
    }

    /// Keeps it, with what was answered meanwhile on the same tour in another tab.
    pub(crate) fn keep(&mut self, task: TaskName) {
        let name = format!("tour.{task}");
        if let Some(other) = keep::get::<Self>(&name).filter(|other| other.seed == self.seed) {
            for (place, answer) in other.answers {
                self.answers.entry(place).or_insert(answer);
            }
        }
        keep::put(&name, self);
    }

    /// What the puzzle at a place is for; `None` past the end.
    pub(crate) fn kind(place: u32) -> Option<Kind> {
        match place {
            0 => Some(Kind::Example),
            p if p <= PRACTICE => Some(Kind::Practice),
            p if p <= PRACTICE + SET => Some(Kind::Real),
            _ => None,
        }
    }

    /// The puzzle at a place. Example and practice are the same for everybody; in the set scenes and built-in films take
    /// turns.
    pub(crate) fn address(&self, task: TaskName, place: u32) -> Address {
        if place <= PRACTICE {
            return Address { task, seed: u64::from(place) + 1, from: From::Scene };
        }
        let seed = self.seed.wrapping_add(u64::from(place));
        let names = clips::all();
        let from = match names.get((seed / 2) as usize % names.len().max(1)) {
            Some(clip) if seed % 2 == 1 => From::Clip(clip.name.clone()),
            _ => From::Scene,
        };
        Address { task, seed, from }
    }

    /// How many of the set were answered.
    pub(crate) fn answered(&self) -> u32 {
        self.answers.keys().filter(|p| Self::kind(**p) == Some(Kind::Real)).count() as u32
    }
}
