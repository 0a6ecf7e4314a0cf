//! The `[grpo]` table: sampling, the loss, and the phases of a run.

use serde::{Deserialize, Serialize};

use super::pay::Paid;
use crate::grpo::advantage::{self, Aggregation, Scale};
use crate::grpo::loss::{self, Importance, LossType};
use crate::grpo::overlong::Overlong;
use crate::grpo::schedule::Schedule;
use crate::grpo::{curriculum, plateau};
use crate::prompt::Wording;
use crate::reward::bonus;
use crate::task::TaskName;

/// GRPO (methods: VideoSSR main paper §4; verl defaults; §7 for what others vary).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grpo {
    /// Optimiser steps over new rollouts; with phases, the sum of theirs; 0 for none.
    pub steps: usize,
    /// Prompts per step.
    pub prompts: usize,
    /// Rollouts per prompt.
    pub group: usize,
    /// Sampling temperature of the rollouts.
    pub temperature: f64,
    /// Smallest set of tokens, by probability, that rollouts are sampled from; 1 for all.
    #[serde(default = "super::one", skip_serializing_if = "super::is_one")]
    pub top_p: f64,
    /// Whether sampling is held to the grammar of the task's answers.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hold_to_grammar: bool,
    /// Learning rate at its peak.
    pub learning_rate: f64,
    /// How it goes on.
    #[serde(default)]
    pub schedule: Schedule,
    /// Steps over which it rises at the start of each phase.
    #[serde(default)]
    pub warmup: usize,
    /// Decoupled weight decay.
    pub weight_decay: f64,
    /// Global gradient norm above which gradients are scaled down.
    pub max_grad_norm: f64,
    /// How the losses of tokens become one.
    #[serde(default)]
    pub loss_type: LossType,
    /// Of what the ratio is formed; by default of each token, for `gspo` of the whole answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub importance: Option<Importance>,
    /// Clip range ε of the probability ratio, both ways. It never acts with one update per rollout.
    pub clip: f64,
    /// Clip range ε_high upwards, if another than ε; for `cispo` the largest ratio itself (about 5).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clip_high: Option<f64>,
    /// Largest ratio δ of the unclipped term (two-sided clipping); none if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delta: Option<f64>,
    /// Bound of the loss for negative advantages, c·|A| (dual clip); none if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dual_clip: Option<f64>,
    /// Updates from each step's rollouts; from the second on the ratio leaves 1.
    #[serde(default = "once")]
    pub updates: usize,
    /// Weight β of the k3 estimate of the KL divergence from the reference; at 0 there is no reference.
    pub kl: f64,
    /// Bound of the log-ratio to the reference before the estimate is formed; none if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kl_log_clamp: Option<f64>,
    /// Bound of the estimate for a token; none if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kl_clamp: Option<f64>,
    /// What centred rewards are divided by.
    #[serde(default)]
    pub scale_rewards: Scale,
    /// How several rewards of an answer become one advantage.
    #[serde(default)]
    pub aggregation: Aggregation,
    /// Added to the standard deviation of rewards.
    pub advantage_epsilon: f64,
    /// What the past weighs in the running scale of each task's rewards, in [0, 1); no such scale if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale_by_task: Option<f64>,
    /// Longest answer in tokens.
    pub max_tokens: usize,
    /// Longest prompt in tokens, pictures included; no bound if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_prompt_tokens: Option<usize>,
    /// Whether answers cut off at the longest length carry no loss.
    #[serde(default)]
    pub mask_truncated: bool,
    /// Soft penalty for answers near the longest length; none if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overlong: Option<Overlong>,
    /// Most further prompts per step drawn in place of groups without advantage (dynamic sampling); 0 for none.
    #[serde(default)]
    pub resample: usize,
    /// Asks items of middling difficulty more often; all alike if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub curriculum: Option<curriculum::How>,
    /// Which of the mixture's tasks are learned here; all of them if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<TaskName>,
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

fn once() -> usize {
    1
}

/// A part of a run with prompts and rewards of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phase {
    /// Its name in logs.
    pub name: String,
    /// Optimiser steps, at most.
    pub steps: usize,
    /// Prompt texts, if others than the data's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wording: Option<Wording>,
    /// Ends the phase before its steps are done when its reward no longer rises.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until_plateau: Option<plateau::How>,
    /// What is paid, if not what the run pays.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rewards: Vec<Paid>,
}

impl Phase {
    /// Least and most that an answer to a task can earn by the phase's lines, without bonuses.
    #[must_use]
    pub fn range(&self, task: TaskName) -> (f64, f64) {
        let lines: Vec<&Paid> = self.rewards.iter().filter(|l| l.task == task).collect();
        if lines.is_empty() {
            return (0.0, 1.0);
        }
        lines.iter().fold((0.0, 0.0), |(low, high), line| {
            let (a, b) = line.reward.range(line.variant);
            let (a, b) = (a * line.weight, b * line.weight);
            (low + a.min(b), high + a.max(b))
        })
    }
}

impl Grpo {
    /// The phases of a run, at least one, each with its rewards resolved.
    #[must_use]
    pub fn phases(&self, wording: Wording) -> Vec<Phase> {
        let whole = Phase {
            name: "grpo".to_owned(),
            steps: self.steps,
            wording: None,
            until_plateau: None,
            rewards: Vec::new(),
        };
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

    /// Ends the run after so many steps: a run without phases has as many, phases are cut where their sum reaches them.
    pub fn cut(&mut self, steps: usize) {
        self.steps = steps;
        if self.phases.is_empty() {
            return;
        }
        let mut left = steps;
        for phase in &mut self.phases {
            phase.steps = phase.steps.min(left);
            left -= phase.steps;
        }
        self.steps = steps - left;
    }

    /// How advantages are formed.
    #[must_use]
    pub fn advantage(&self) -> advantage::How {
        advantage::How {
            scale: self.scale_rewards,
            aggregation: self.aggregation,
            epsilon: self.advantage_epsilon,
        }
    }

    /// Which loss.
    #[must_use]
    pub fn loss(&self) -> loss::How {
        let own = match self.loss_type {
            LossType::Gspo => Importance::Sequence,
            _ => Importance::Token,
        };
        loss::How {
            loss_type: self.loss_type,
            importance: self.importance.unwrap_or(own),
            clip: self.clip,
            clip_high: self.clip_high.unwrap_or(self.clip),
            delta: self.delta,
            dual_clip: self.dual_clip,
            kl: self.kl,
            kl_log_clamp: self.kl_log_clamp,
            kl_clamp: self.kl_clamp,
            max_tokens: self.max_tokens,
        }
    }
}
