//! Presets: a whole recipe for data and training, by name, as TOML files that `synth` and `train` read.

use serde::{Deserialize, Serialize};

use crate::item::Truth;
use crate::named::named;
use crate::perturb::Kind;
use crate::prompt::Wording;
use crate::recipe::{Picture, Question};
use crate::reward::bonus;
use crate::reward::table::Reward;
use crate::reward::{Score, Variant};
use crate::scene::Family;
use crate::source::Sampling;
use crate::task::counting::Level;
use crate::task::{TaskName, jigsaw, masked};

/// The presets that come with the program: (name, TOML text).
pub const BUILT_IN: [(&str, &str); 9] = [
    ("toy", include_str!("../presets/toy.toml")),
    ("videossr", include_str!("../presets/videossr.toml")),
    ("videossr-code", include_str!("../presets/videossr-code.toml")),
    ("viubench", include_str!("../presets/viubench.toml")),
    ("museg", include_str!("../presets/museg.toml")),
    ("videoreasoner", include_str!("../presets/videoreasoner.toml")),
    ("mvp", include_str!("../presets/mvp.toml")),
    ("visual-jigsaw", include_str!("../presets/visual-jigsaw.toml")),
    ("video-r1", include_str!("../presets/video-r1.toml")),
];

/// A preset.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preset {
    /// What items are made.
    pub data: Data,
    /// The model that is built when none is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<Model>,
    /// The supervised cold start, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sft: Option<Sft>,
    /// Reinforcement learning; a benchmark has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grpo: Option<Grpo>,
}

/// What items are made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// The sampling contract.
    pub sampling: Sampling,
    /// Picture size of the items.
    pub picture: Picture,
    /// Prompt texts.
    pub wording: Wording,
    /// Length of a procedural scene in frames.
    pub scene_frames: u32,
    /// Frames per second of a procedural scene.
    pub scene_fps: u32,
    /// Scene families that are used where the command names none; all of them if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub families: Vec<Family>,
    /// The mixture; shares are relative.
    pub mix: Vec<Share>,
}

/// One line of the mixture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// The task.
    pub task: TaskName,
    /// For grounding, and for segments that are made here: the perturbation. Without one, segments are events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// For a jigsaw: the number of clips.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clips: Option<u32>,
    /// For counting: how many shapes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// For masked prediction: how much is shown, hidden and mixed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub masked: Option<masked::Shape>,
    /// For grounding and counting: drawn as the public code draws, faults included.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub compat: bool,
    /// How many of these, relative to the others.
    pub share: u32,
}

/// Shape of a model that is trained from scratch: a small Qwen3-VL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Width of the decoder.
    pub hidden: usize,
    /// Decoder layers.
    pub layers: usize,
    /// Query heads.
    pub heads: usize,
    /// Key and value heads.
    pub kv_heads: usize,
    /// Inner width of the decoder's MLP.
    pub intermediate: usize,
    /// Width of the vision tower.
    pub vision_hidden: usize,
    /// Blocks of the vision tower.
    pub vision_layers: usize,
    /// Heads of the vision tower.
    pub vision_heads: usize,
    /// Side of a patch in pixels.
    pub patch: usize,
}

/// The supervised cold start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sft {
    /// Optimiser steps.
    pub steps: usize,
    /// Items per step.
    pub batch: usize,
    /// Learning rate at its peak.
    pub learning_rate: f64,
}

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

    fn check(&self) -> Result<(), String> {
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

/// Why a preset cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PresetError {
    /// No built-in preset has this name.
    #[error("unknown preset '{name}'; known: {known}")]
    Unknown {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: String,
    },
    /// The text is not a preset.
    #[error("{0}")]
    Syntax(String),
    /// A value contradicts another or is out of range.
    #[error("{0}")]
    Value(String),
}

impl Preset {
    /// A built-in preset.
    ///
    /// # Errors
    /// [`PresetError::Unknown`].
    pub fn built_in(name: &str) -> Result<Self, PresetError> {
        let known = || BUILT_IN.iter().map(|p| p.0).collect::<Vec<_>>().join(", ");
        let (_, text) = BUILT_IN
            .iter()
            .find(|p| p.0 == name)
            .ok_or_else(|| PresetError::Unknown { name: name.to_owned(), known: known() })?;
        Self::parse(text)
    }

    /// Reads a preset's TOML text.
    ///
    /// # Errors
    /// [`PresetError`], naming line and key.
    pub fn parse(text: &str) -> Result<Self, PresetError> {
        let preset: Self = toml::from_str(text).map_err(|e| PresetError::Syntax(e.to_string()))?;
        preset.check()?;
        Ok(preset)
    }

    fn check(&self) -> Result<(), PresetError> {
        let fail = |text: String| Err(PresetError::Value(text));
        if self.data.schedule_total() == 0 {
            return fail("data.mix: the shares add up to 0".to_owned());
        }
        for share in &self.data.mix {
            share.question().map_err(PresetError::Value)?;
        }
        if self.data.scene_fps == 0 || self.data.scene_frames == 0 {
            return fail("data.scene_frames and data.scene_fps must be at least 1".to_owned());
        }
        self.data.sampling.check().map_err(|e| PresetError::Value(format!("data.sampling: {e}")))?;
        if let Some(sft) = &self.sft {
            if sft.batch == 0 {
                return fail("sft.batch must be at least 1".to_owned());
            }
            if !sft.learning_rate.is_finite() || sft.learning_rate < 0.0 {
                return fail(format!(
                    "sft.learning_rate = {} must be finite and at least 0",
                    sft.learning_rate
                ));
            }
        }
        if let Some(grpo) = &self.grpo {
            grpo.check().map_err(PresetError::Value)?;
        }
        Ok(())
    }
}

impl Share {
    /// The question of this line.
    ///
    /// # Errors
    /// One sentence naming a value that is missing or does not belong to the task.
    pub fn question(&self) -> Result<Question, String> {
        let Self { task, kind, clips, level, masked, compat, .. } = *self;
        let (question, taken): (Option<Question>, &[&str]) = match task {
            TaskName::Grounding => {
                (kind.map(|kind| Question::Grounding { kind, compat }), &["kind", "compat"])
            }
            TaskName::Counting => {
                (level.map(|level| Question::Counting { level, compat }), &["level", "compat"])
            }
            TaskName::Jigsaw => {
                (clips.filter(|c| jigsaw::CLIPS.contains(c)).map(Question::Jigsaw), &["clips (2 to 9)"])
            }
            TaskName::Masked => (Some(Question::Masked(masked.unwrap_or_default())), &["masked"]),
            TaskName::Segments => (Some(kind.map_or(Question::Events, Question::Tampered)), &["kind"]),
            TaskName::Event => (Some(Question::Event), &[]),
            TaskName::Elements => (Some(Question::Elements), &[]),
            TaskName::Qa => (Some(Question::Qa), &[]),
        };
        let given = [
            ("kind", kind.is_some()),
            ("clips (2 to 9)", clips.is_some()),
            ("level", level.is_some()),
            ("masked", masked.is_some()),
            ("compat", compat),
        ];
        if let Some((name, _)) = given.iter().find(|(name, is)| *is && !taken.contains(name)) {
            return Err(format!("data.mix: {task} takes no {name}"));
        }
        if let Some(shape) = masked {
            shape.check().map_err(|e| format!("data.mix: {e}"))?;
        }
        question.ok_or_else(|| format!("data.mix: {task} needs {}", taken.first().unwrap_or(&"nothing")))
    }
}

impl Data {
    fn schedule_total(&self) -> u64 {
        self.mix.iter().map(|s| u64::from(s.share)).sum()
    }

    /// The first `count` questions: shares kept exactly over every whole period and as evenly as possible
    /// within it (smooth weighted round robin), the same whatever part of the list is asked for.
    #[must_use]
    pub fn schedule(&self, count: usize) -> Vec<Question> {
        let total = self.schedule_total() as i64;
        let lines: Vec<(Question, i64)> =
            self.mix.iter().filter_map(|s| Some((s.question().ok()?, i64::from(s.share)))).collect();
        let mut credit = vec![0_i64; lines.len()];
        let mut next = || {
            for (c, line) in credit.iter_mut().zip(&lines) {
                *c += line.1;
            }
            // Of equal credits the first line goes first.
            let best = (0..credit.len()).rev().max_by_key(|&i| credit[i])?;
            credit[best] -= total;
            Some(lines[best].0)
        };
        (0..count).map_while(|_| next()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_presets_parse_and_unknown_ones_are_named() {
        for (name, _) in BUILT_IN {
            Preset::built_in(name).expect(name);
        }
        let error = Preset::built_in("videosr").expect_err("unknown").to_string();
        assert!(error.contains("videosr") && error.contains("videossr"), "{error}");
    }

    fn grpo(name: &str) -> Grpo {
        Preset::built_in(name).expect("built in").grpo.expect("trains")
    }

    #[test]
    fn presets_have_their_papers_values() {
        // Methods §7: advantage ε, clip, β, group, learning rate, temperature.
        for (name, epsilon, kl, group, rate, schedule, temperature, top_p) in [
            ("videossr", 1e-6, 1e-3, 8, 1e-6, Schedule::Constant, 1.0, 1.0),
            ("videossr-code", 1e-6, 1e-3, 8, 1e-6, Schedule::Constant, 1.0, 1.0),
            ("museg", 1e-4, 0.04, 8, 1.5e-6, Schedule::Linear, 0.9, 1.0),
            ("videoreasoner", 1e-4, 0.04, 8, 2e-6, Schedule::Cosine, 1.0, 0.95),
            ("visual-jigsaw", 1e-6, 0.0, 16, 1e-6, Schedule::Constant, 1.0, 1.0),
            ("video-r1", 1e-4, 0.04, 8, 1e-6, Schedule::Cosine, 1.0, 0.95),
            ("mvp", 1e-6, 1e-3, 8, 1e-6, Schedule::Constant, 1.0, 1.0),
        ] {
            let g = grpo(name);
            assert_eq!(
                (g.advantage_epsilon, g.kl, g.group, g.learning_rate),
                (epsilon, kl, group, rate),
                "{name}"
            );
            assert_eq!((g.schedule, g.temperature, g.top_p), (schedule, temperature, top_p), "{name}");
        }
        assert_eq!(
            grpo("museg").phases(Wording::Museg).iter().map(|p| p.steps).collect::<Vec<_>>(),
            [400, 500]
        );
        assert_eq!(grpo("videossr").dual_clip, Some(3.0));
        assert_eq!(Preset::built_in("videossr").expect("built in").data.sampling, Sampling::videossr());
        assert!(Preset::built_in("viubench").expect("built in").grpo.is_none());
    }

    #[test]
    fn mixtures_are_the_papers_tables() {
        let totals = |name: &str| {
            let data = Preset::built_in(name).expect("built in").data;
            let of = |task| data.mix.iter().filter(|s| s.task == task).map(|s| s.share).sum::<u32>();
            [TaskName::Grounding, TaskName::Jigsaw, TaskName::Counting].map(of)
        };
        // Supplement Table 3, and the public scripts.
        assert_eq!(totals("videossr"), [12_000, 12_000, 6_000]);
        assert_eq!(totals("videossr-code"), [12_000, 12_000, 6_000]);
        assert_eq!(totals("viubench"), [1_500, 600, 600]);
    }

    /// An answer in the form that a phase's wording asks for must be able to earn all that the phase pays.
    #[test]
    fn what_is_asked_for_can_earn_the_most() {
        for (name, _) in BUILT_IN {
            let preset = Preset::built_in(name).expect("built in");
            let Some(g) = &preset.grpo else { continue };
            for phase in g.phases(preset.data.wording) {
                let wording = phase.wording.expect("resolved");
                for share in &preset.data.mix {
                    let recipe = crate::link::recipe(share.task, 1).expect("draws");
                    let item = crate::item::realize_scene(&recipe).expect("realizes");
                    let plain = item.truth.text();
                    let body = plain.trim_start_matches("<answer>").trim_end_matches("</answer>").to_owned();
                    let commas = body.chars().map(String::from).collect::<Vec<_>>().join(",");
                    let said = match wording {
                        Wording::Museg => format!("<think>a</think><answer>{body}</answer>"),
                        Wording::MusegCite => {
                            let cited: Vec<String> = body
                                .split(['-', ' '])
                                .map(|t| crate::answer::python::float_repr(t.parse().expect("a number")))
                                .collect();
                            format!("<think>{}</think><answer>{body}</answer>", cited.join(" "))
                        }
                        Wording::Mvp | Wording::VideoR1 => format!("<think>a</think><answer>{body}</answer>"),
                        Wording::VisualJigsaw => format!("<think>a</think><answer>{commas}</answer>"),
                        _ => plain,
                    };
                    let lines: Vec<&Paid> = phase.rewards.iter().filter(|l| l.task == share.task).collect();
                    let most: f64 = match lines.as_slice() {
                        [] => 1.0,
                        some => some.iter().map(|l| l.weight * l.reward.range(l.variant).1).sum(),
                    };
                    let earned = pay(&phase.rewards, share.task, &item.truth, &said);
                    assert!(
                        (earned.total - most).abs() < 0.01,
                        "{name}, {said}: {earned:?}, {most} is the most"
                    );
                }
            }
        }
    }

    #[test]
    fn a_schedule_keeps_the_shares() {
        let data = Preset::built_in("videossr").expect("built in").data;
        let questions = data.schedule(300);
        let count = |q: Question| questions.iter().filter(|&&x| x == q).count();
        assert_eq!(count(Question::Grounding { kind: Kind::Mirror, compat: false }), 24);
        assert_eq!(count(Question::Jigsaw(6)), 60);
        assert_eq!(count(Question::Counting { level: Level::Hard, compat: false }), 30);
        assert_eq!(data.schedule(100), questions[..100]);
    }

    #[test]
    fn a_wrong_key_or_value_is_named() {
        let refused = |from: &str, to: &str| {
            let text = BUILT_IN[1].1.replacen(from, to, 1);
            assert_ne!(text, BUILT_IN[1].1, "{from}");
            Preset::parse(&text).expect_err(to).to_string()
        };
        assert!(refused("group = 8", "groups = 8").contains("groups"));
        assert!(refused("clips = 6", "clips = 12").contains("clips"));
        assert!(refused("level = \"easy\"", "clips = 6").contains("clips"));
        assert!(refused("top_p = 1.0", "top_p = 1.5").contains("top_p"));
        assert!(
            refused("kl = 1e-3", "kl = 1e-3\ntemporal = { bonus = nan, factor = 1, correct = 0 }")
                .contains("bonus")
        );
        assert!(refused("count = 48", "count = 4800").contains("4800"));
        let shape = "masked = { frames = 16, masked = 4294967295, distractors = 2, kappa = 900 }";
        assert!(
            refused("task = \"jigsaw\", clips = 6", &format!("task = \"masked\", {shape}"))
                .contains("4294967295")
        );
        let huge = format!("[[grpo.phases]]\nname = \"a\"\nsteps = {}\n", i64::MAX).repeat(3);
        assert!(Preset::parse(&format!("{}\n{huge}", BUILT_IN[1].1)).is_err());
    }
}
