//! The sizes of a model, in the terms of the published configuration.

use scrubjay_core::preset;

use crate::tokenizer::VOCABULARY;

/// Sizes of the whole model.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Number of tokens.
    pub vocab: usize,
    /// Width of the decoder.
    pub hidden: usize,
    /// Decoder layers.
    pub layers: usize,
    /// Query heads.
    pub heads: usize,
    /// Key and value heads; divides `heads`.
    pub kv_heads: usize,
    /// Width of one head; even.
    pub head_dim: usize,
    /// Inner width of the MLP.
    pub intermediate: usize,
    /// Base of the rotary frequencies.
    pub rope_theta: f64,
    /// How many frequencies belong to time, row and column; they add up to `head_dim / 2`.
    pub mrope_section: [usize; 3],
    /// Added to the mean square in RMS norms.
    pub rms_eps: f64,
    /// The vision tower.
    pub vision: VisionConfig,
}

/// Sizes of the vision tower.
#[derive(Debug, Clone, PartialEq)]
pub struct VisionConfig {
    /// Width.
    pub hidden: usize,
    /// Number of blocks.
    pub depth: usize,
    /// Heads; `hidden / heads` is a multiple of 4.
    pub heads: usize,
    /// Inner width of a block's MLP.
    pub intermediate: usize,
    /// Side of a patch in pixels.
    pub patch: usize,
    /// Side of the square grid of learned positions.
    pub grid: usize,
    /// Blocks after which features are tapped for the decoder's first layers (deepstack).
    pub taps: Vec<usize>,
}

/// Frames that one patch spans.
pub const TEMPORAL_PATCH: usize = 2;
/// Patches per side that become one token.
pub const MERGE: usize = 2;

/// Largest size that a model which is built here may have.
const LARGEST: usize = 16_384;

/// Why a preset's shape is not a model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("model: {0}")]
pub struct ConfigError(String);

impl Config {
    /// The toy of a preset, for square pictures of `side` pixels.
    ///
    /// # Errors
    /// [`ConfigError`] naming the sizes that do not fit together.
    pub fn toy(shape: &preset::Model, side: usize) -> Result<Self, ConfigError> {
        let fail = |text: String| Err(ConfigError(text));
        let m = shape;
        for (name, value) in [
            ("hidden", m.hidden),
            ("layers", m.layers),
            ("heads", m.heads),
            ("kv_heads", m.kv_heads),
            ("intermediate", m.intermediate),
            ("vision_hidden", m.vision_hidden),
            ("vision_layers", m.vision_layers),
            ("vision_heads", m.vision_heads),
            ("patch", m.patch),
        ] {
            if !(1..=LARGEST).contains(&value) {
                return fail(format!("{name} = {value} is outside 1..={LARGEST}"));
            }
        }
        if !m.heads.is_multiple_of(m.kv_heads) || !m.hidden.is_multiple_of(m.heads) {
            return fail(format!(
                "hidden {}, heads {} and kv_heads {} do not divide",
                m.hidden, m.heads, m.kv_heads
            ));
        }
        let head_dim = m.hidden / m.heads;
        if !head_dim.is_multiple_of(2) || head_dim < 8 {
            return fail(format!("a head of width {head_dim} is not even and at least 8"));
        }
        if !m.vision_hidden.is_multiple_of(4 * m.vision_heads) {
            return fail(format!(
                "vision_hidden {} is not a multiple of 4 x {}",
                m.vision_hidden, m.vision_heads
            ));
        }
        if !side.is_multiple_of(m.patch * MERGE) {
            return fail(format!(
                "pictures of {side} pixels are not a multiple of {MERGE} patches of {}",
                m.patch
            ));
        }
        let spatial = head_dim / 8;
        Ok(Self {
            vocab: VOCABULARY,
            hidden: m.hidden,
            layers: m.layers,
            heads: m.heads,
            kv_heads: m.kv_heads,
            head_dim,
            intermediate: m.intermediate,
            rope_theta: 10_000.0,
            mrope_section: [head_dim / 2 - 2 * spatial, spatial, spatial],
            rms_eps: 1e-6,
            vision: VisionConfig {
                hidden: m.vision_hidden,
                depth: m.vision_layers,
                heads: m.vision_heads,
                intermediate: 2 * m.vision_hidden,
                patch: m.patch,
                grid: (side / m.patch).max(2),
                taps: vec![0],
            },
        })
    }
}
