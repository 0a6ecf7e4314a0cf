//! The stages of a run, one after the other: a cold start if there is one, then the phases of GRPO; and where in them a
//! run stands.

use scrubjay_core::grpo::curriculum::Curriculum;
use scrubjay_core::grpo::plateau::Plateau;
use scrubjay_core::grpo::scale::TaskScale;
use scrubjay_core::preset::{Phase, Preset, Sft};
use scrubjay_core::task::TaskName;
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// What is done in a stage.
#[derive(Debug, Clone)]
pub enum Work {
    /// True answers are learned by their likelihood.
    Supervised(Sft),
    /// Answers are sampled, paid for and reinforced.
    Reinforced(Phase),
}

/// A stage of a run.
#[derive(Debug, Clone)]
pub struct Stage {
    /// Its name in logs.
    pub name: String,
    /// Most optimiser steps.
    pub steps: usize,
    /// What is done.
    pub work: Work,
}

/// The stages of a preset that learns from so many items.
///
/// # Errors
/// Usage, where two stages have one name.
pub fn stages(preset: &Preset, items: &dyn Fn(&[TaskName]) -> usize) -> Result<Vec<Stage>, Error> {
    let mut stages = Vec::new();
    if let Some(sft) = preset.sft.clone() {
        let steps = sft.steps(items(&sft.tasks));
        stages.push(Stage { name: "sft".to_owned(), steps, work: Work::Supervised(sft) });
    }
    let phases = preset.grpo.iter().flat_map(|g| g.phases(preset.data.wording));
    stages.extend(phases.map(|phase| Stage {
        name: phase.name.clone(),
        steps: phase.steps,
        work: Work::Reinforced(phase),
    }));
    for (i, stage) in stages.iter().enumerate() {
        if stages[..i].iter().any(|s| s.name == stage.name) {
            return Err(Error::usage(format!(
                "grpo.phases: two stages are named '{}'; give each a name of its own (the cold start is 'sft')",
                stage.name
            )));
        }
    }
    Ok(stages)
}

/// Where a run stands.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    /// Number of the stage that is under way.
    pub stage: usize,
    /// Its steps that are done.
    pub done: usize,
    /// Whether the stage has begun: its reference is kept and its optimiser is its own.
    pub begun: bool,
    /// Why the stage is over, if it is.
    pub over: Option<Over>,
    /// Whether the run's first evaluation has been made.
    pub looked: bool,
    /// The best evaluation so far, and how many came after it.
    pub best: Option<Best>,
    /// The steps after which an evaluation was last judged.
    pub judged: Option<usize>,
    /// Rewards of the phase's steps, where it may end by them.
    pub plateau: Option<Plateau>,
    /// How large each task's rewards are.
    pub scale: TaskScale,
    /// How well each item is solved.
    pub curriculum: Option<Curriculum>,
}

/// Why a stage is over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Over {
    /// All its steps are done; it goes on if it is given more.
    Steps,
    /// Its reward no longer rises (`until_plateau`).
    Plateau,
    /// Evaluations no longer got better (`train.patience`); in words.
    Patience(String),
}

/// The best evaluation of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Best {
    /// After how many steps.
    pub steps: usize,
    /// Mean score over tasks.
    pub mean: f64,
    /// Evaluations since that were not better.
    pub since: usize,
}

impl Progress {
    /// Goes on to the next stage.
    pub fn next(&mut self) {
        self.stage += 1;
        self.done = 0;
        self.begun = false;
        self.over = None;
        self.plateau = None;
        // Patience is that of a stage.
        if let Some(best) = &mut self.best {
            best.since = 0;
        }
    }
}
