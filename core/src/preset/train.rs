//! The `[sft]` and `[train]` tables: the cold start, and how training runs whatever it learns.

use serde::{Deserialize, Serialize};

use crate::grpo::schedule::Schedule;
use crate::named::named;
use crate::task::TaskName;

/// The supervised cold start: true answers are learned by their likelihood.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sft {
    /// Optimiser steps; 0 for none, or where `epochs` says how many.
    #[serde(default)]
    pub steps: usize,
    /// Passes over the items, in place of steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epochs: Option<usize>,
    /// Items per step.
    pub batch: usize,
    /// Learning rate at its peak.
    pub learning_rate: f64,
    /// How it goes on.
    #[serde(default)]
    pub schedule: Schedule,
    /// Steps over which it rises at the start.
    #[serde(default)]
    pub warmup: usize,
    /// Decoupled weight decay.
    #[serde(default)]
    pub weight_decay: f64,
    /// Global gradient norm above which gradients are scaled down.
    #[serde(default = "super::one")]
    pub max_grad_norm: f64,
    /// Whether the prefix of an answer, which the prompt gives, is learned too (VideoReasoner).
    #[serde(default)]
    pub prefix_loss: bool,
    /// Which of the mixture's tasks are learned here; all of them if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<TaskName>,
}

impl Sft {
    /// Optimiser steps over this many items: the last step of several passes may begin another.
    #[must_use]
    pub fn steps(&self, items: usize) -> usize {
        self.epochs.map_or(self.steps, |epochs| items.saturating_mul(epochs).div_ceil(self.batch.max(1)))
    }
}

named! {
    /// What becomes of the vision tower.
    #[derive(Default)]
    pub enum Tower, "tower",
    /// An unknown word for the tower.
    UnknownTower {
        /// It stays as it is, so that pictures are encoded once.
        #[default]
        Frozen = "frozen",
        /// It learns.
        Trained = "trained",
    }
}

named! {
    /// A linear layer of the decoder that can carry an adapter, by its name in checkpoints.
    pub enum Target, "target",
    /// An unknown layer.
    UnknownTarget {
        /// Queries.
        Q = "q_proj",
        /// Keys.
        K = "k_proj",
        /// Values.
        V = "v_proj",
        /// The attention's output.
        O = "o_proj",
        /// The MLP's gate.
        Gate = "gate_proj",
        /// The MLP's way up.
        Up = "up_proj",
        /// The MLP's way down.
        Down = "down_proj",
    }
}

/// Low-rank adapters in place of the decoder's own weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lora {
    /// Inner width.
    pub rank: usize,
    /// What their product is multiplied with, times 1 / rank.
    pub alpha: f64,
    /// Which layers carry them; all seven if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<Target>,
}

/// How training runs: what learns, memory, checkpoints, evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Train {
    /// Seed of weights, order and sampling.
    pub seed: u64,
    /// What becomes of the vision tower.
    pub tower: Tower,
    /// Adapters; the decoder's own weights learn if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lora: Option<Lora>,
    /// Whether layers are computed again in the backward pass, which costs a third more work and far less memory.
    pub recompute: bool,
    /// Most tokens of a micro-batch, prompts included; 0 for the whole batch at once. It changes memory, not results.
    pub micro_tokens: usize,
    /// AdamW's decay of its two moments.
    pub betas: [f64; 2],
    /// AdamW's ε.
    pub adam_epsilon: f64,
    /// Steps between checkpoints; 0 for the ends of phases only.
    pub checkpoint_every: usize,
    /// How many checkpoints are kept.
    pub keep_last: usize,
    /// Whether the checkpoint of the best evaluation is kept beside them.
    pub keep_best: bool,
    /// Steps between those whose rollouts are kept, the last of a phase always among them; 0 keeps none.
    pub keep_rollouts: usize,
    /// Steps between evaluations; 0 for before and after phases only.
    pub eval_every: usize,
    /// Held-out items per task in each evaluation.
    pub eval_items: usize,
    /// Evaluations without a better mean after which training stops; 0 for never.
    pub patience: usize,
    /// Seconds without progress after which a run stops and says where it hung; 0 for never.
    pub watchdog: u64,
    /// Batches prepared ahead.
    pub prefetch: usize,
    /// Most memory of decoded items, in MiB.
    pub cache_mb: usize,
    /// Share of sources that are held out for evaluation, in [0, 1).
    pub held_out: f64,
}

impl Default for Train {
    fn default() -> Self {
        Self {
            seed: 0,
            tower: Tower::default(),
            lora: None,
            recompute: true,
            micro_tokens: 32_768,
            betas: [0.9, 0.999],
            adam_epsilon: 1e-8,
            checkpoint_every: 50,
            keep_last: 2,
            keep_best: true,
            keep_rollouts: 1,
            eval_every: 0,
            eval_items: 300,
            patience: 0,
            watchdog: 1800,
            prefetch: 2,
            cache_mb: 512,
            held_out: 0.2,
        }
    }
}
