//! Presets: a whole recipe for data and training, by name, as TOML files that `synth` and `train` read.

mod check;
mod data;
mod fault;
mod grpo;
mod pay;
#[cfg(test)]
mod tests;
mod train;

use serde::{Deserialize, Serialize};

pub use self::data::{Data, Share};
pub use self::grpo::{Grpo, Phase};
pub use self::pay::{Paid, pay, scores};
pub use self::train::{Lora, Sft, Target, Tower, Train, UnknownTarget, UnknownTower};
pub use crate::grpo::schedule::Schedule;

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
    /// How training runs.
    #[serde(default)]
    pub train: Train,
}

fn one() -> f64 {
    1.0
}

// Serde hands over a reference.
fn is_one(x: &f64) -> bool {
    *x == 1.0
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

/// Why a preset cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PresetError {
    /// No built-in preset has this name.
    #[error("unknown preset '{name}'{meant}; known: {known}")]
    Unknown {
        /// The name asked for.
        name: String,
        /// The name that was probably meant, as a question, or nothing.
        meant: String,
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
        let found = BUILT_IN.iter().find(|p| p.0 == name);
        let (_, text) = found.ok_or_else(|| {
            let known = BUILT_IN.map(|p| p.0);
            let meant = fault::nearest(name, &known).map(|n| format!(" (did you mean '{n}'?)"));
            PresetError::Unknown {
                name: name.to_owned(),
                meant: meant.unwrap_or_default(),
                known: known.join(", "),
            }
        })?;
        Self::parse(text)
    }

    /// Reads a preset's TOML text.
    ///
    /// # Errors
    /// [`PresetError`], naming line and key, what was given and what is wanted, and what was probably meant.
    pub fn parse(text: &str) -> Result<Self, PresetError> {
        let table: toml::Table = toml::from_str(text).map_err(|e| PresetError::Syntax(e.to_string()))?;
        let placed = |message: String, line: Option<usize>| match line {
            Some(line) => format!("line {line}: {message}"),
            None => message,
        };
        Self::from_table(table).map_err(|error| match error {
            // Read once more from the text, whose errors know where they are but not in which table.
            PresetError::Syntax(message) => {
                let at = toml::from_str::<Self>(text).err().and_then(|e| e.span());
                PresetError::Syntax(placed(message, at.map(|span| fault::line_at(text, span.start))))
            }
            PresetError::Value(message) => {
                let line = fault::line(text, &message);
                PresetError::Value(placed(message, line))
            }
            unknown @ PresetError::Unknown { .. } => unknown,
        })
    }

    /// Reads a preset from its TOML table.
    ///
    /// # Errors
    /// As [`Self::parse`], without lines.
    pub fn from_table(table: toml::Table) -> Result<Self, PresetError> {
        let preset: Self = table.try_into().map_err(|e| PresetError::Syntax(fault::explain(&e)))?;
        preset.check().map_err(PresetError::Value)?;
        Ok(preset)
    }
}
