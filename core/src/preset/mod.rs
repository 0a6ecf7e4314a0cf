//! Presets: a whole recipe for data and training, by name, as TOML files that `synth` and `train` read.

mod data;
mod grpo;

use serde::{Deserialize, Serialize};

pub use self::data::{Data, Share};
pub use self::grpo::{Grpo, Paid, Phase, Reduction, Schedule, UnknownReduction, UnknownSchedule, pay};

/// The presets that come with the program: (name, TOML text).
pub const BUILT_IN: [(&str, &str); 9] = [
    ("toy", include_str!("../../presets/toy.toml")),
    ("videossr", include_str!("../../presets/videossr.toml")),
    ("videossr-code", include_str!("../../presets/videossr-code.toml")),
    ("viubench", include_str!("../../presets/viubench.toml")),
    ("museg", include_str!("../../presets/museg.toml")),
    ("videoreasoner", include_str!("../../presets/videoreasoner.toml")),
    ("mvp", include_str!("../../presets/mvp.toml")),
    ("visual-jigsaw", include_str!("../../presets/visual-jigsaw.toml")),
    ("video-r1", include_str!("../../presets/video-r1.toml")),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::perturb::Kind;
    use crate::prompt::Wording;
    use crate::recipe::Question;
    use crate::source::Sampling;
    use crate::task::TaskName;
    use crate::task::counting::Level;

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
