//! How much memory a model takes, before any is asked for.
//!
//! Weights, caches and optimiser state are counted exactly; activations by the largest tensors that live at once. Chunk
//! sizes are those of the code that holds them.

use crate::config::Config;
use crate::spec::{Kind, Spec, parameters};

/// What the model is to be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// Writing answers.
    Rollout,
    /// Training all parameters of the decoder; the tower is frozen.
    Full,
    /// Training low-rank adapters of every decoder matrix.
    Lora {
        /// Rank of the adapters.
        rank: u64,
    },
}

/// Sizes of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Load {
    /// Prompts at once.
    pub prompts: u64,
    /// Tokens of a prompt, pictures included.
    pub prompt_tokens: u64,
    /// Of these, tokens of pictures.
    pub visual_tokens: u64,
    /// Answers of each prompt.
    pub group: u64,
    /// Tokens of an answer.
    pub answer_tokens: u64,
    /// Bytes of a weight or an activation: 2 or 4.
    pub bytes: u64,
}

/// A part of the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What it is.
    pub name: &'static str,
    /// How many bytes.
    pub bytes: u64,
}

/// Scores and logits that are held at once, in numbers of 4 bytes (`attention`, `head`).
const TABLE: u64 = 1 << 26;

/// The parts of a plan; what is needed is their sum.
#[must_use]
pub fn parts(config: &Config, load: &Load, purpose: Use) -> Vec<Part> {
    let (t, v) = (&config.text, &config.vision);
    let specs = parameters(config);
    let sum = |keep: &dyn Fn(&Spec) -> bool| specs.iter().filter(|s| keep(s)).map(Spec::count).sum::<u64>();
    let all = sum(&|_| true);
    let tokens = load.prompts * (load.prompt_tokens + load.group * load.answer_tokens);
    let (hidden, layers) = (t.hidden as u64, t.layers as u64);
    let key = 2 * (t.kv_heads * t.head_dim) as u64 * load.bytes;
    let mut parts = vec![Part { name: "weights", bytes: all * load.bytes }];
    let mut add = |name, bytes| parts.push(Part { name, bytes });
    // Patches as numbers of 4 bytes, and what a block of the tower holds at once.
    let patches = load.prompts * load.visual_tokens * (v.merge * v.merge) as u64;
    let block = (4 * v.hidden + v.intermediate) as u64 * load.bytes;
    add("pictures", patches * (v.patch_values() as u64 * 4 + block));
    let features = (1 + v.taps.len() as u64) * hidden * load.bytes;
    add("features", load.prompts * load.visual_tokens * features * 2);
    // Of one layer at a time: the state, queries and the MLP's inner state.
    let inner = 2 * hidden + (t.heads * t.head_dim) as u64 + 2 * t.intermediate as u64;
    let layer = tokens * inner * load.bytes;
    match purpose {
        Use::Rollout => {
            add("keys and values", tokens * layers * key);
            add("layer", load.prompts * load.prompt_tokens * inner * load.bytes);
            add("scores and logits", TABLE * 4 * 2);
        }
        Use::Full | Use::Lora { .. } => {
            let trained = match purpose {
                Use::Lora { rank } => specs
                    .iter()
                    .filter(|s| !s.is_vision() && s.kind == Kind::Matrix && s.name != "lm_head.weight")
                    .map(|s| rank * s.shape.iter().map(|n| *n as u64).sum::<u64>())
                    .sum(),
                _ => sum(&|s| !s.is_vision()),
            };
            add("adapters", if purpose == Use::Full { 0 } else { trained * 4 });
            add("gradients", trained * 4);
            // Master weights where the weights themselves are narrower, and two moments.
            let master = if load.bytes < 4 && purpose == Use::Full { 4 } else { 0 };
            add("optimiser", trained * (8 + master));
            // Each layer's input is kept and the layer computed again: its own tape holds about three times its state.
            add("layer inputs", tokens * layers * hidden * load.bytes);
            add("layer, forward and backward", 3 * layer);
            add("scores and logits", TABLE * 4 * 4);
        }
    }
    parts.retain(|p| p.bytes > 0);
    parts
}

/// The whole plan in bytes.
#[must_use]
pub fn total(parts: &[Part]) -> u64 {
    parts.iter().map(|p| p.bytes).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::published::published;

    fn load() -> Load {
        Load {
            prompts: 1,
            prompt_tokens: 2_000,
            visual_tokens: 1_536,
            group: 8,
            answer_tokens: 256,
            bytes: 2,
        }
    }

    #[test]
    fn plans_grow_with_what_is_trained() {
        let config = published("2B").expect("known");
        let need = |purpose| total(&parts(&config, &load(), purpose));
        let (rollout, lora, full) = (need(Use::Rollout), need(Use::Lora { rank: 16 }), need(Use::Full));
        assert!(rollout < lora && lora < full, "{rollout} {lora} {full}");
        // Two bytes a weight; gradient, master and two moments of four each for the decoder.
        assert!(full > 2_127_532_032 * 2 + 1_700_000_000 * 16);
        assert!(rollout > 2_127_532_032 * 2 && rollout < 8 << 30);
    }
}
