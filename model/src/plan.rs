//! How much memory a model takes, before any is asked for.
//!
//! Weights, caches, gradients and optimiser state are counted exactly; activations by the tensors that live at once when a
//! layer is computed again on its way back (`learn`). Chunk sizes are those of the code that holds them. The
//! example `memory` prints a plan beside what it measured.

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

/// Scores, or logits, that are held at once where no tape keeps them (`attention`, `head`).
const TABLE: u64 = 1 << 26;
/// Tokens of the vocabulary that are looked at together (`head`).
const VOCABULARY: u64 = 1 << 14;

/// The parts of a plan; what is needed is their sum. For training, `load` is a micro-batch: what is computed between two
/// additions to the gradients. Its pictures are looked at beforehand.
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
    let answers = load.prompts * load.group;
    match purpose {
        Use::Rollout => {
            // Of one layer at a time: the state, queries and the MLP's inner state.
            let inner = 2 * hidden + (t.heads * t.head_dim) as u64 + 2 * t.intermediate as u64;
            add("keys and values", tokens * layers * key);
            add("layer", load.prompts * load.prompt_tokens * inner * load.bytes);
            let scores = load.prompts * t.heads as u64 * load.prompt_tokens.pow(2);
            add("scores and logits", scores.max(answers * t.vocab as u64).min(TABLE) * 4 * 2);
        }
        Use::Full | Use::Lora { .. } => {
            let adapters = |rank: u64| {
                let taken =
                    |s: &&Spec| !s.is_vision() && s.kind == Kind::Matrix && s.name != "lm_head.weight";
                let size = move |s: &Spec| rank * s.shape.iter().map(|n| *n as u64).sum::<u64>();
                specs.iter().filter(taken).map(size)
            };
            let (trained, largest) = match purpose {
                Use::Lora { rank } => (adapters(rank).sum(), adapters(rank).max()),
                _ => {
                    let decoder = || specs.iter().filter(|s| !s.is_vision()).map(Spec::count);
                    (decoder().sum::<u64>(), decoder().max())
                }
            };
            add("adapters", if purpose == Use::Full { 0 } else { trained * 4 });
            add("gradients", trained * 4);
            // Master weights where the weights themselves are narrower, and two moments.
            let master = if load.bytes < 4 && purpose == Use::Full { 4 } else { 0 };
            add("optimiser", trained * (8 + master));
            let on_way = [
                ("layer inputs", tokens * layers * hidden * load.bytes),
                ("one layer's tape", tokens * tape(config, load.bytes)),
                ("its scores", scores(config, load) * (5 * 4 + load.bytes)),
                // Logits, their exponentials and these times those; then the derivatives by a part of the head's weights.
                ("logits", (answers * load.answer_tokens * t.vocab as u64).min(TABLE) * 4 * 3),
                ("part of the head", VOCABULARY.min(t.vocab as u64) * hidden * 4 * 2),
            ];
            // When weights are changed all of that is gone, and the largest has a few copies.
            let step = largest.unwrap_or(0) * 4 * 3;
            let rest = step.saturating_sub(on_way.iter().map(|p| p.1).sum());
            on_way.into_iter().for_each(|(name, bytes)| add(name, bytes));
            add("the optimiser's step", rest);
        }
    }
    parts.retain(|p| p.bytes > 0);
    parts
}

/// Bytes that a layer's tape keeps of one token, and the derivatives that pass, without its scores.
fn tape(config: &Config, bytes: u64) -> u64 {
    let t = &config.text;
    let (q, kv) = ((t.heads * t.head_dim) as u64, (t.kv_heads * t.head_dim) as u64);
    // A norm keeps its input in f32, twice where that is a copy, and what it made of it before and after weighting.
    let norm = 4 + if bytes < 4 { 4 } else { 0 } + 2 * bytes;
    let wide = t.hidden as u64 * (2 * norm + 4 * bytes);
    let queries = q * (norm + 4 * bytes) + kv * (norm + 4 * bytes);
    // Gate, its sigmoid and both their products, the other half, and two derivatives.
    wide + queries + t.intermediate as u64 * 7 * bytes
}

/// Scores of one layer, which its tape keeps.
fn scores(config: &Config, load: &Load) -> u64 {
    let heads = load.prompts * config.text.heads as u64;
    let whole = heads * load.prompt_tokens.pow(2);
    // Long prompts are attended in parts, each up to its own last token.
    let of_prompt = if whole <= TABLE { whole } else { (whole + TABLE) / 2 };
    let keys = load.prompt_tokens + load.answer_tokens;
    of_prompt + heads * load.group * load.answer_tokens * keys
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
