//! How a preset trains: GRPO's numbers, its phases, and what is paid for an answer.

use serde::{Deserialize, Serialize};

use crate::item::Truth;
use crate::named::named;
use crate::prompt::Wording;
use crate::reward::table::Reward;
use crate::reward::{Score, Variant, bonus};
use crate::task::TaskName;

named! {
    /// How the learning rate goes over a run.
    #[derive(Default)]
    pub enum Schedule, "schedule",
    /// An unknown schedule.
    UnknownSchedule {
        /// It stays.
        #[default]
        Constant = "constant",
        /// It falls to 0 in a straight line.
        Linear = "linear",
        /// It falls to 0 along half a cosine.
        Cosine = "cosine",
    }
}

named! {
    /// How the losses of tokens become one (methods §7).
    #[derive(Default)]
    pub enum Reduction, "reduction",
    /// An unknown reduction.
    UnknownReduction {
        /// Mean over all tokens of the batch.
        #[default]
        TokenMean = "token-mean",
        /// Mean over answers of the mean over their tokens.
        SequenceMean = "sequence-mean",
    }
}

/// GRPO (methods: VideoSSR main paper §4; verl defaults).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grpo {
    /// Optimiser steps; with phases, the sum of theirs.
    pub steps: usize,
    /// Prompts per step.
    pub prompts: usize,
    /// Rollouts per prompt.
    pub group: usize,
    /// Sampling temperature of the rollouts.
    pub temperature: f64,
    /// Smallest set of tokens, by probability, that rollouts are sampled from; 1 for all.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub top_p: f64,
    /// Learning rate at the start.
    pub learning_rate: f64,
    /// How it goes on.
    #[serde(default)]
    pub schedule: Schedule,
    /// Decoupled weight decay.
    pub weight_decay: f64,
    /// Global gradient norm above which gradients are scaled down.
    pub max_grad_norm: f64,
    /// Clip range ε of the probability ratio, both ways. It never acts with one update per rollout.
    pub clip: f64,
    /// Bound of the loss for negative advantages, c·|A| (dual clip); none if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dual_clip: Option<f64>,
    /// Weight β of the k3 estimate of the KL divergence from the reference.
    pub kl: f64,
    /// Bound of the log-ratio to the reference before the estimate is formed; none if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kl_log_clamp: Option<f64>,
    /// Bound of the estimate for a token; none if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kl_clamp: Option<f64>,
    /// Added to the standard deviation of a group's rewards.
    pub advantage_epsilon: f64,
    /// How token losses are averaged.
    #[serde(default)]
    pub reduction: Reduction,
    /// Longest answer in tokens.
    pub max_tokens: usize,
    /// Longest prompt in tokens, pictures included; no bound if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_prompt_tokens: Option<usize>,
    /// What is paid for which task, unless a phase says otherwise. A task without a line earns its own reward.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rewards: Vec<Paid>,
    /// T-GRPO's bonus, for which half as many rollouts see the frames shuffled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temporal: Option<bonus::Temporal>,
    /// The bonus for answers of some length.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length: Option<bonus::Length>,
    /// Phases, one after the other, each from where the last ended; one phase of `steps` if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub phases: Vec<Phase>,
}

fn one() -> f64 {
    1.0
}

// Serde hands over a reference.
fn is_one(x: &f64) -> bool {
    *x == 1.0
}

/// A part of a run with prompts and rewards of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phase {
    /// Its name in logs.
    pub name: String,
    /// Optimiser steps.
    pub steps: usize,
    /// Prompt texts, if others than the data's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wording: Option<Wording>,
    /// What is paid, if not what the run pays.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rewards: Vec<Paid>,
}

/// A reward that is paid for a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Paid {
    /// For which task.
    pub task: TaskName,
    /// Which reward.
    pub reward: Reward,
    /// Which reading of it.
    #[serde(default)]
    pub variant: Variant,
    /// What it is multiplied with.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub weight: f64,
}

/// The score of an answer under the lines that pay for its task: their weighted sum, with the parts of each before
/// weighting. Without such a line, the task's own reward.
#[must_use]
pub fn pay(lines: &[Paid], task: TaskName, truth: &Truth, answer: &str) -> Score {
    let mut whole: Option<Score> = None;
    for line in lines.iter().filter(|l| l.task == task) {
        let (value, meta) = truth.given_to(line.reward);
        // Presets are checked: no line pays a task with a reward that cannot take its truth.
        let Ok(score) = line.reward.score(line.variant, answer, &value, &meta) else { continue };
        match &mut whole {
            None => whole = Some(Score { total: score.total * line.weight, ..score }),
            Some(sum) => {
                sum.total += score.total * line.weight;
                sum.parts.extend(score.parts);
                if sum.parsed.is_null() {
                    sum.parsed = score.parsed;
                }
                sum.failure = sum.failure.or(score.failure);
            }
        }
    }
    whole.unwrap_or_else(|| truth.score(answer))
}

/// The rewards that can take a task's truth.
fn payable(task: TaskName) -> &'static [Reward] {
    match task {
        TaskName::Grounding => &[Reward::VideossrGrounding],
        TaskName::Counting => &[Reward::VideossrCounting],
        TaskName::Jigsaw => &[Reward::VideossrJigsaw, Reward::VisualJigsaw],
        TaskName::Masked => &[Reward::Mvp],
        TaskName::Segments => &[
            Reward::MusegFormatTimestamp,
            Reward::MusegFormatNoTimestamp,
            Reward::MusegGlobal,
            Reward::MusegLocal,
            Reward::MusegSegment,
        ],
        TaskName::Event => &[Reward::VideoreasonerIou, Reward::VideoreasonerFormat],
        TaskName::Elements => &[Reward::VideoreasonerElements, Reward::VideoreasonerFormat],
        TaskName::Qa => &[
            Reward::VideoreasonerAccuracy,
            Reward::VideoreasonerFormat,
            Reward::VideoR1Accuracy,
            Reward::VideoR1Format,
        ],
    }
}

impl Grpo {
    /// The phases of a run, at least one, each with its rewards resolved.
    #[must_use]
    pub fn phases(&self, wording: Wording) -> Vec<Phase> {
        let whole = Phase { name: "grpo".to_owned(), steps: self.steps, wording: None, rewards: Vec::new() };
        let listed = if self.phases.is_empty() { vec![whole] } else { self.phases.clone() };
        let resolve = |mut phase: Phase| {
            phase.wording = phase.wording.or(Some(wording));
            if phase.rewards.is_empty() {
                phase.rewards.clone_from(&self.rewards);
            }
            phase
        };
        listed.into_iter().map(resolve).collect()
    }

    pub(super) fn check(&self) -> Result<(), String> {
        for (name, value) in
            [("prompts", self.prompts), ("group", self.group), ("max_tokens", self.max_tokens)]
        {
            if value == 0 {
                return Err(format!("grpo.{name} must be at least 1"));
            }
        }
        for (name, value, low) in [
            ("temperature", self.temperature, 1e-3),
            ("top_p", self.top_p, 1e-6),
            ("learning_rate", self.learning_rate, 0.0),
            ("weight_decay", self.weight_decay, 0.0),
            ("max_grad_norm", self.max_grad_norm, 1e-9),
            ("clip", self.clip, 0.0),
            ("dual_clip", self.dual_clip.unwrap_or(1.0), 1.0),
            ("kl", self.kl, 0.0),
            ("advantage_epsilon", self.advantage_epsilon, 0.0),
            ("kl_log_clamp", self.kl_log_clamp.unwrap_or(1.0), 1e-9),
            ("kl_clamp", self.kl_clamp.unwrap_or(1.0), 1e-9),
            ("temporal.bonus", self.temporal.map_or(0.0, |t| t.bonus), 0.0),
            ("temporal.factor", self.temporal.map_or(0.0, |t| t.factor), 0.0),
            ("temporal.correct", self.temporal.map_or(0.0, |t| t.correct), 0.0),
            ("length.bonus", self.length.map_or(0.0, |l| l.bonus), 0.0),
            ("length.correct", self.length.map_or(0.0, |l| l.correct), 0.0),
        ] {
            if !value.is_finite() || value < low {
                return Err(format!("grpo.{name} = {value} must be finite and at least {low}"));
            }
        }
        if self.top_p > 1.0 {
            return Err(format!("grpo.top_p = {} must be at most 1", self.top_p));
        }
        let steps = self.phases.iter().try_fold(0_usize, |sum, p| sum.checked_add(p.steps));
        if !self.phases.is_empty() && steps != Some(self.steps) {
            return Err(format!("grpo.steps = {} is not the sum of the phases' steps", self.steps));
        }
        for line in self.rewards.iter().chain(self.phases.iter().flat_map(|p| &p.rewards)) {
            let Paid { task, reward, weight, .. } = line;
            if !payable(*task).contains(reward) {
                return Err(format!("grpo.rewards: {reward} cannot take the truth of {task}"));
            }
            if weight.is_nan() || weight.abs() > 1e6 {
                return Err(format!(
                    "grpo.rewards: the weight {weight} of {reward} is not a number up to a million"
                ));
            }
        }
        Ok(())
    }
}
