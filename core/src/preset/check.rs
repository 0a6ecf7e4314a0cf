//! Values that are out of range or contradict each other, refused before any work. Every message begins with the key.

use super::pay::payable;
use super::{Grpo, Paid, Preset, Sft, Train};
use crate::grpo::advantage::{Aggregation, Scale};
use crate::grpo::loss::{Importance, LossType};
use crate::task::TaskName;

type Checked = Result<(), String>;

/// Most prompts, rollouts or tokens, and most steps.
const MOST: usize = 1 << 20;
const MOST_STEPS: usize = 1 << 30;

/// The values that must be finite and at least so much.
fn at_least(table: &str, values: &[(&str, f64, f64)]) -> Checked {
    match values.iter().find(|(_, value, low)| !value.is_finite() || value < low) {
        Some((name, value, low)) => {
            Err(format!("{table}.{name} = {value} must be finite and at least {low}"))
        }
        None => Ok(()),
    }
}

/// The whole numbers that must be at least 1.
fn positive(table: &str, values: &[(&str, usize)]) -> Checked {
    match values.iter().find(|(_, value)| *value == 0) {
        Some((name, _)) => Err(format!("{table}.{name} must be at least 1")),
        None => Ok(()),
    }
}

/// The whole numbers that must be at most so much: beyond it no machine could do what they ask for, and sums of them would
/// leave the numbers.
fn at_most(table: &str, values: &[(&str, usize, usize)]) -> Checked {
    match values.iter().find(|(_, value, most)| value > most) {
        Some((name, value, most)) => Err(format!("{table}.{name} = {value} must be at most {most}")),
        None => Ok(()),
    }
}

/// The first refusal whose condition holds.
fn refuse(cases: &[(bool, &str)]) -> Checked {
    cases.iter().find(|(is, _)| *is).map_or(Ok(()), |(_, what)| Err((*what).to_owned()))
}

/// The first share that is not in [0, 1).
fn shares(values: &[(&str, Option<f64>)]) -> Checked {
    match values.iter().find(|(_, x)| x.is_some_and(|x| !(0.0..1.0).contains(&x))) {
        Some((name, x)) => Err(format!("{name} = {} must be at least 0 and below 1", x.unwrap_or_default())),
        None => Ok(()),
    }
}

impl Preset {
    pub(super) fn check(&self) -> Checked {
        self.data.check()?;
        let tasks = [
            ("sft.tasks", self.sft.as_ref().map(|s| &s.tasks)),
            ("grpo.tasks", self.grpo.as_ref().map(|g| &g.tasks)),
        ];
        for (key, tasks) in tasks {
            let made = |task: &TaskName| self.data.mix.iter().any(|s| s.task == *task && s.share > 0);
            if let Some(task) = tasks.into_iter().flatten().find(|t| !made(t)) {
                return Err(format!("{key}: data.mix makes no items of {task}"));
            }
        }
        if let Some(sft) = &self.sft {
            sft.check()?;
        }
        if let Some(grpo) = &self.grpo {
            grpo.check()?;
            let (most, least) = (self.train.micro_tokens, grpo.max_tokens);
            if most != 0 && most < least {
                return Err(format!(
                    "train.micro_tokens = {most} cannot hold one answer of grpo.max_tokens = {least}"
                ));
            }
        }
        self.train.check()
    }
}

impl Sft {
    fn check(&self) -> Checked {
        at_most(
            "sft",
            &[
                ("batch", self.batch, MOST),
                ("epochs", self.epochs.unwrap_or(1), MOST),
                ("steps", self.steps, MOST_STEPS),
                ("warmup", self.warmup, MOST_STEPS),
            ],
        )?;
        positive("sft", &[("batch", self.batch), ("epochs", self.epochs.unwrap_or(1))])?;
        at_least(
            "sft",
            &[
                ("learning_rate", self.learning_rate, 0.0),
                ("weight_decay", self.weight_decay, 0.0),
                ("max_grad_norm", self.max_grad_norm, 1e-9),
            ],
        )?;
        refuse(&[(
            self.epochs.is_some() && self.steps != 0,
            "sft.steps and sft.epochs both say how long the cold start is; leave one out",
        )])
    }
}

impl Train {
    fn check(&self) -> Checked {
        at_most(
            "train",
            &[
                ("prefetch", self.prefetch, 1024),
                ("cache_mb", self.cache_mb, 1 << 30),
                ("micro_tokens", self.micro_tokens, 1 << 30),
                ("eval_items", self.eval_items, MOST_STEPS),
                ("keep_last", self.keep_last, MOST_STEPS),
            ],
        )?;
        positive("train", &[("keep_last", self.keep_last), ("cache_mb", self.cache_mb)])?;
        at_least("train", &[("adam_epsilon", self.adam_epsilon, 1e-30)])?;
        let [first, second] = self.betas.map(Some);
        shares(&[("train.betas", first), ("train.betas", second), ("train.held_out", Some(self.held_out))])?;
        if let Some(lora) = &self.lora {
            at_most("train.lora", &[("rank", lora.rank, 4096)])?;
            positive("train.lora", &[("rank", lora.rank)])?;
            at_least("train.lora", &[("alpha", lora.alpha, 1e-9)])?;
        }
        refuse(&[
            (
                self.lora.is_some() && self.tower == super::Tower::Trained,
                "train.tower = \"trained\" and train.lora: with adapters only they learn; leave one out",
            ),
            (
                self.patience != 0 && self.eval_every == 0,
                "train.patience counts evaluations during training, and train.eval_every = 0 makes none",
            ),
            (
                self.patience != 0 && self.eval_items == 0,
                "train.patience counts evaluations, and train.eval_items = 0 leaves nothing to evaluate",
            ),
            (
                i64::try_from(self.seed).is_err(),
                "train.seed must be below 2^63, so that it can be written in a configuration",
            ),
        ])
    }
}

impl Grpo {
    fn check(&self) -> Checked {
        let of = |x: Option<f64>| x.unwrap_or(1.0);
        at_most(
            "grpo",
            &[
                ("steps", self.steps, MOST_STEPS),
                ("warmup", self.warmup, MOST_STEPS),
                ("prompts", self.prompts, MOST),
                ("group", self.group, MOST),
                ("max_tokens", self.max_tokens, MOST),
                ("updates", self.updates, MOST),
                ("resample", self.resample, MOST),
            ],
        )?;
        // Each is at most 2^20, so that their product fits, also where a word has 32 bits.
        let tokens = self.prompts as u64 * self.group as u64 * self.max_tokens as u64;
        if tokens > 1 << 36 {
            return Err(format!(
                "grpo.prompts = {}, grpo.group = {} and grpo.max_tokens = {} are more tokens in a step than can be sampled",
                self.prompts, self.group, self.max_tokens
            ));
        }
        positive(
            "grpo",
            &[("prompts", self.prompts), ("max_tokens", self.max_tokens), ("updates", self.updates)],
        )?;
        at_least(
            "grpo",
            &[
                ("temperature", self.temperature, 1e-3),
                ("top_p", self.top_p, 1e-6),
                ("learning_rate", self.learning_rate, 0.0),
                ("weight_decay", self.weight_decay, 0.0),
                ("max_grad_norm", self.max_grad_norm, 1e-9),
                ("clip", self.clip, 0.0),
                ("clip_high", of(self.clip_high), 0.0),
                ("delta", of(self.delta), 0.0),
                ("dual_clip", of(self.dual_clip), 1.0),
                ("kl", self.kl, 0.0),
                ("advantage_epsilon", self.advantage_epsilon, 0.0),
                ("kl_log_clamp", of(self.kl_log_clamp), 1e-9),
                ("kl_clamp", of(self.kl_clamp), 1e-9),
                ("overlong.weight", self.overlong.map_or(0.0, |o| o.weight), 0.0),
                ("temporal.bonus", self.temporal.map_or(0.0, |t| t.bonus), 0.0),
                ("temporal.factor", self.temporal.map_or(0.0, |t| t.factor), 0.0),
                ("temporal.correct", self.temporal.map_or(0.0, |t| t.correct), 0.0),
                ("length.bonus", self.length.map_or(0.0, |l| l.bonus), 0.0),
                ("length.correct", self.length.map_or(0.0, |l| l.correct), 0.0),
            ],
        )?;
        for (name, value) in [("top_p", self.top_p), ("clip", self.clip)] {
            if value > 1.0 {
                return Err(format!("grpo.{name} = {value} must be at most 1"));
            }
        }
        shares(&[
            ("grpo.scale_by_task", self.scale_by_task),
            ("grpo.curriculum.decay", self.curriculum.map(|c| c.decay)),
            ("grpo.curriculum.most", self.curriculum.map(|c| c.most)),
        ])?;
        self.contradictions()?;
        self.plan()?;
        self.payments()
    }

    /// Settings that cannot act together.
    fn contradictions(&self) -> Checked {
        let cispo = self.loss_type == LossType::Cispo;
        let high = self.clip_high.unwrap_or(self.clip);
        refuse(&[
            (
                self.group < 2,
                "grpo.group must be at least 2: an answer is compared with the others of its group, and one alone has \
                 advantage 0",
            ),
            (
                self.loss_type == LossType::Gspo && self.importance == Some(Importance::Token),
                "grpo.importance = \"token\" contradicts loss_type = \"gspo\", whose ratio is of whole answers; \
                 for ratios of tokens use loss_type = \"grpo\"",
            ),
            (
                cispo && self.clip_high.is_none(),
                "grpo.clip_high is needed with loss_type = \"cispo\": it is the largest ratio (about 5)",
            ),
            (
                cispo && high < 1.0,
                "grpo.clip_high is the largest ratio itself with loss_type = \"cispo\" and must be at least 1 (about 5)",
            ),
            (
                cispo && (self.delta.is_some() || self.dual_clip.is_some()),
                "grpo.delta and grpo.dual_clip do not act with loss_type = \"cispo\"; leave them out",
            ),
            (!cispo && high < self.clip, "grpo.clip_high must be at least grpo.clip"),
            (
                self.delta.is_some_and(|d| d <= 1.0 + high),
                "grpo.delta must be above 1 + clip_high: it bounds what clipping lets through",
            ),
            (
                self.delta.is_some() && self.dual_clip.is_some(),
                "grpo.delta and grpo.dual_clip bound the same term; leave one out",
            ),
            (
                self.aggregation == Aggregation::NormalizeThenSum && self.scale_rewards != Scale::Group,
                "grpo.aggregation = \"normalize_then_sum\" normalizes each reward within its group: \
                 scale_rewards must be \"group\"",
            ),
            (
                self.scale_by_task.is_some() && self.scale_rewards != Scale::None,
                "grpo.scale_by_task divides by the task's own deviation: scale_rewards must be \"none\"",
            ),
            (
                self.overlong.is_some_and(|o| o.start >= self.max_tokens),
                "grpo.overlong.start must be below grpo.max_tokens, or nothing is ever taken away",
            ),
            (
                self.length.is_some_and(|l| l.shortest > l.longest || l.shortest > self.max_tokens),
                "grpo.length.shortest must be at most its longest and grpo.max_tokens, or it never pays",
            ),
        ])
    }

    /// Steps, warm-up and phases.
    fn plan(&self) -> Checked {
        let steps = self.phases.iter().try_fold(0_usize, |sum, p| sum.checked_add(p.steps));
        if !self.phases.is_empty() && steps != Some(self.steps) {
            return Err(format!("grpo.steps = {} is not the sum of the phases' steps", self.steps));
        }
        for (i, phase) in self.phases.iter().enumerate() {
            if self.phases[..i].iter().any(|p| p.name == phase.name) || phase.name == "sft" {
                return Err(format!("grpo.phases: the name '{}' is taken", phase.name));
            }
            let Some(p) = phase.until_plateau else { continue };
            if !p.gain.is_finite() || p.window == 0 || p.window > phase.steps / 2 {
                return Err(format!(
                    "grpo.phases: until_plateau of '{}' needs a finite gain, and a window of 1 to half its {} steps",
                    phase.name, phase.steps
                ));
            }
        }
        let shortest = self.phases.iter().map(|p| p.steps).min().unwrap_or(self.steps);
        if self.warmup > shortest && shortest != 0 {
            return Err(format!("grpo.warmup = {} is longer than a phase of {shortest} steps", self.warmup));
        }
        Ok(())
    }

    fn payments(&self) -> Checked {
        for line in self.rewards.iter().chain(self.phases.iter().flat_map(|p| &p.rewards)) {
            let Paid { task, reward, weight, .. } = line;
            if !payable(*task).contains(reward) {
                let can: Vec<&str> = payable(*task).iter().map(|r| r.name()).collect();
                return Err(format!(
                    "grpo.rewards: {reward} cannot take the truth of {task}; {} can",
                    can.join(", ")
                ));
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
