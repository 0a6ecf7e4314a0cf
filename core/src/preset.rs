//! Presets: a whole recipe for data and training, by name, as TOML files that `synth` and `train` read.

use serde::{Deserialize, Serialize};

use crate::perturb::Kind;
use crate::prompt::Wording;
use crate::recipe::{Picture, Question};
use crate::source::Sampling;
use crate::task::{TaskName, jigsaw};

/// The presets that come with the program: (name, TOML text).
pub const BUILT_IN: [(&str, &str); 2] =
    [("toy", include_str!("../presets/toy.toml")), ("videossr", include_str!("../presets/videossr.toml"))];

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
    /// Reinforcement learning.
    pub grpo: Grpo,
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
    /// The mixture; shares are relative.
    pub mix: Vec<Share>,
}

/// One line of the mixture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// The task.
    pub task: TaskName,
    /// For grounding: the perturbation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// For a jigsaw: the number of clips.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clips: Option<u32>,
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

/// GRPO (methods: VideoSSR main paper §4; verl defaults).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grpo {
    /// Optimiser steps.
    pub steps: usize,
    /// Prompts per step.
    pub prompts: usize,
    /// Rollouts per prompt.
    pub group: usize,
    /// Sampling temperature of the rollouts.
    pub temperature: f64,
    /// Learning rate, constant.
    pub learning_rate: f64,
    /// Decoupled weight decay.
    pub weight_decay: f64,
    /// Global gradient norm above which gradients are scaled down.
    pub max_grad_norm: f64,
    /// Clip range ε of the probability ratio, both ways.
    pub clip: f64,
    /// Lower bound of the clipped objective for negative advantages (dual clip).
    pub dual_clip: f64,
    /// Weight β of the k3 estimate of the KL divergence from the reference.
    pub kl: f64,
    /// Added to the standard deviation of a group's rewards.
    pub advantage_epsilon: f64,
    /// Longest answer in tokens.
    pub max_tokens: usize,
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
        self.data
            .sampling
            .select(u32::MAX, 24.0)
            .map_err(|e| PresetError::Value(format!("data.sampling: {e}")))?;
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
        let g = &self.grpo;
        for (name, value) in [("prompts", g.prompts), ("group", g.group), ("max_tokens", g.max_tokens)] {
            if value == 0 {
                return fail(format!("grpo.{name} must be at least 1"));
            }
        }
        for (name, value, low) in [
            ("temperature", g.temperature, 1e-3),
            ("learning_rate", g.learning_rate, 0.0),
            ("weight_decay", g.weight_decay, 0.0),
            ("max_grad_norm", g.max_grad_norm, 1e-9),
            ("clip", g.clip, 0.0),
            ("dual_clip", g.dual_clip, 1.0),
            ("kl", g.kl, 0.0),
            ("advantage_epsilon", g.advantage_epsilon, 0.0),
        ] {
            if !value.is_finite() || value < low {
                return fail(format!("grpo.{name} = {value} must be finite and at least {low}"));
            }
        }
        Ok(())
    }
}

impl Share {
    /// The question of this line.
    ///
    /// # Errors
    /// One sentence when `kind` or `clips` does not belong to the task.
    pub fn question(&self) -> Result<Question, String> {
        match (self.task, self.kind, self.clips) {
            (TaskName::Grounding, Some(kind), None) => Ok(Question::Grounding(kind)),
            (TaskName::Jigsaw, None, Some(clips)) if jigsaw::CLIPS.contains(&clips) => {
                Ok(Question::Jigsaw(clips))
            }
            (TaskName::Grounding, ..) => Err("data.mix: grounding needs `kind` and no `clips`".to_owned()),
            (TaskName::Jigsaw, ..) => {
                Err("data.mix: jigsaw needs `clips` from 2 to 9 and no `kind`".to_owned())
            }
        }
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

    #[test]
    fn videossr_has_the_papers_values() {
        let p = Preset::built_in("videossr").expect("built in");
        let g = p.grpo;
        assert_eq!((g.group, g.prompts, g.temperature), (8, 64, 1.0));
        assert_eq!((g.learning_rate, g.weight_decay, g.max_grad_norm), (1e-6, 0.01, 1.0));
        assert_eq!((g.clip, g.dual_clip, g.kl, g.advantage_epsilon), (0.2, 3.0, 1e-3, 1e-6));
        assert_eq!(p.data.sampling, Sampling::videossr());
    }

    #[test]
    fn a_schedule_keeps_the_shares() {
        let data = Preset::built_in("videossr").expect("built in").data;
        let questions = data.schedule(240);
        let count = |q: Question| questions.iter().filter(|&&x| x == q).count();
        assert_eq!(count(Question::Grounding(Kind::Mirror)), 24);
        assert_eq!(count(Question::Jigsaw(6)), 60);
        assert_eq!(data.schedule(100), questions[..100]);
    }

    #[test]
    fn a_wrong_key_is_named_with_its_line() {
        let text = BUILT_IN[1].1.replace("group = 8", "groups = 8");
        let error = Preset::parse(&text).expect_err("refused").to_string();
        assert!(error.contains("groups"), "{error}");
    }
}
