//! The tasks: how a question is drawn and what its truth is.
//!
//! A task here is data, parameters drawn, ready to be carried in a recipe. One file per task draws it and
//! states its truth; realizing it on frames is [`crate::item`]'s work.

pub mod grounding;
pub mod jigsaw;

use serde::{Deserialize, Serialize};

use crate::named::named;
use crate::perturb::Perturbation;

named! {
    /// The names of the tasks.
    pub enum TaskName, "task",
    /// An unknown task name.
    UnknownTask {
        /// When was a segment of the video tampered with? (VideoSSR §3.1.1)
        Grounding = "grounding",
        /// In which order do the shuffled clips belong? (VideoSSR §3.1.3)
        Jigsaw = "jigsaw",
    }
}

/// A task with all its parameters drawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Task {
    /// `length` frames from `start` on are perturbed.
    Grounding {
        /// First perturbed frame.
        start: u32,
        /// Number of perturbed frames.
        length: u32,
        /// What happens to them.
        perturbation: Perturbation,
    },
    /// The frames are cut into `order.len()` equal clips; place `p` shows original clip `order[p]`.
    Jigsaw {
        /// Original clip shown at each place, both from 0.
        order: Vec<u8>,
    },
}

impl Task {
    /// The task's name.
    #[must_use]
    pub fn name(&self) -> TaskName {
        match self {
            Self::Grounding { .. } => TaskName::Grounding,
            Self::Jigsaw { .. } => TaskName::Jigsaw,
        }
    }

    /// Checks the parameters against an item of `frames` frames.
    ///
    /// # Errors
    /// One sentence naming the value at fault.
    pub fn check(&self, frames: u32) -> Result<(), String> {
        match self {
            Self::Grounding { start, length, perturbation } => {
                grounding::check(*start, *length, perturbation, frames)
            }
            Self::Jigsaw { order } => jigsaw::check(order, frames),
        }
    }
}
