//! The toy as a model's folder: a configuration, a tokenizer, a chat template and processor settings like those of
//! any checkpoint, so that it takes the same road.
//!
//! Its tokens are printable ASCII characters, a few marks, and ` seconds>` as one token, since that closes every time
//! stamp. Roles are not written: whoever speaks first is the system or the user, and the last is the assistant.

use std::collections::BTreeMap;

use scrubjay_core::preset;
use serde_json::{Map, Value, json};

use crate::config::{Config, ConfigError, TextConfig, Tokens, VisionConfig};
use crate::processor::{Processor, ProcessorError};

/// Fills up rows.
const PAD: u32 = 0;
/// Ends a message.
const IM_END: u32 = 2;
/// Before a temporal patch.
const VISION_START: u32 = 3;
/// After it.
const VISION_END: u32 = 4;
/// In place of a clip's features.
const VIDEO_PAD: u32 = 5;
/// The first of the 95 printable ASCII characters.
const FIRST_CHARACTER: u32 = 8;
/// In place of an image's features. Items have no images, so that it came last.
const IMAGE_PAD: u32 = FIRST_CHARACTER + 95;

/// The tokens before the characters, by id.
const FIRST: [&str; FIRST_CHARACTER as usize] = [
    "<|pad|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|video_pad|>",
    " seconds>",
    "\n",
];

/// Largest size that a model which is built here may have.
const LARGEST: usize = 16_384;
/// Patches per side that become one token, and frames that one patch spans.
const MERGE: usize = 2;
/// Longest prompt and answer together.
const CONTEXT: usize = 16_384;

/// The configuration of a preset's model for square pictures of `side` pixels.
///
/// # Errors
/// [`ConfigError`] naming the size of the preset's `model` that does not fit.
pub fn config(shape: &preset::Model, side: usize) -> Result<Config, ConfigError> {
    let m = shape;
    let fail = |key: &str, what: String| Err(ConfigError { key: format!("model.{key}"), what });
    for (key, value) in [
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
            return fail(key, format!("{value} is outside 1..={LARGEST}"));
        }
    }
    if !m.heads.is_multiple_of(m.kv_heads) || !m.hidden.is_multiple_of(m.heads) {
        return fail(
            "heads",
            format!("{} is not a multiple of {}, or does not divide {}", m.heads, m.kv_heads, m.hidden),
        );
    }
    let head_dim = m.hidden / m.heads;
    if !head_dim.is_multiple_of(2) || head_dim < 8 {
        return fail("hidden", format!("a head of width {head_dim} is not even and at least 8"));
    }
    if !m.vision_hidden.is_multiple_of(4 * m.vision_heads) {
        return fail(
            "vision_hidden",
            format!("{} is not a multiple of 4 x {}", m.vision_hidden, m.vision_heads),
        );
    }
    if !(1..=LARGEST).contains(&side) || !side.is_multiple_of(m.patch * MERGE) {
        return fail(
            "patch",
            format!("pictures of {side} pixels are not a multiple of {MERGE} patches of {}", m.patch),
        );
    }
    let spatial = head_dim / 8;
    let config = Config {
        text: TextConfig {
            vocab: IMAGE_PAD as usize + 1,
            hidden: m.hidden,
            intermediate: m.intermediate,
            layers: m.layers,
            heads: m.heads,
            kv_heads: m.kv_heads,
            head_dim,
            rms_eps: 1e-6,
            rope_theta: 10_000.0,
            mrope_section: [head_dim / 2 - 2 * spatial, spatial, spatial],
            context: CONTEXT,
        },
        vision: VisionConfig {
            hidden: m.vision_hidden,
            intermediate: 2 * m.vision_hidden,
            depth: m.vision_layers,
            heads: m.vision_heads,
            channels: 3,
            patch: m.patch,
            temporal_patch: 2,
            merge: MERGE,
            out: m.hidden,
            side: (side / m.patch).max(2),
            taps: vec![0],
        },
        tokens: Tokens {
            image_pad: IMAGE_PAD,
            video_pad: VIDEO_PAD,
            vision_start: VISION_START,
            vision_end: VISION_END,
            ends: vec![IM_END],
            pad: PAD,
        },
        tied: false,
    };
    config.check()?;
    Ok(config)
}

/// The files of its folder other than the weights: name and content.
#[must_use]
pub fn files(config: &Config) -> BTreeMap<String, Vec<u8>> {
    let named = [
        ("config.json", config.to_json("float32")),
        ("tokenizer.json", format!("{:#}\n", tokenizer())),
        ("tokenizer_config.json", format!("{:#}\n", tokenizer_config())),
        ("chat_template.jinja", CHAT.to_owned()),
        ("processor_config.json", format!("{:#}\n", processor_config(config))),
    ];
    named.into_iter().map(|(name, text)| (name.to_owned(), text.into_bytes())).collect()
}

/// The toy's processor, built from its files as any other.
///
/// # Errors
/// [`ProcessorError`] where `config` is not one of [`config`].
pub fn processor(config: &Config) -> Result<Processor, ProcessorError> {
    Processor::from_files(&files(config))
}

const CHAT: &str = "\
{%- for message in messages -%}
    {{- '<|im_start|>' -}}
    {%- if message.content is string -%}
        {{- message.content -}}
    {%- else -%}
        {%- for piece in message.content -%}
            {%- if piece.type == 'video' -%}
                {{- '<|vision_start|><|video_pad|><|vision_end|>' -}}
            {%- elif piece.type == 'image' -%}
                {{- '<|vision_start|><|image_pad|><|vision_end|>' -}}
            {%- else -%}
                {{- piece.text -}}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{- '<|im_end|>' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}
    {{- '<|im_start|>' -}}
{%- endif -%}
";

/// Every character is a word; those outside printable ASCII are `?`.
fn tokenizer() -> Value {
    let characters = (b' '..=b'~').map(|c| char::from(c).to_string());
    let names =
        FIRST.iter().map(|name| (*name).to_owned()).chain(characters).chain(["<|image_pad|>".to_owned()]);
    let vocab: Map<String, Value> = names.enumerate().map(|(id, name)| (name, json!(id))).collect();
    let added = |content: &str, special: bool| {
        json!({
            "id": vocab[content], "content": content, "single_word": false, "lstrip": false, "rstrip": false,
            "normalized": false, "special": special,
        })
    };
    let mut added_tokens: Vec<Value> = FIRST[..6].iter().map(|name| added(name, true)).collect();
    added_tokens.push(added(" seconds>", false));
    added_tokens.push(added("<|image_pad|>", true));
    json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": added_tokens, "normalizer": null,
        "pre_tokenizer": {
            "type": "Split", "pattern": {"Regex": "[\\s\\S]"}, "behavior": "Isolated", "invert": false,
        },
        "post_processor": null, "decoder": {"type": "Fuse"},
        "model": {"type": "WordLevel", "vocab": vocab, "unk_token": "?"},
    })
}

fn tokenizer_config() -> Value {
    json!({
        "tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|im_end|>", "pad_token": "<|pad|>",
        "padding_side": "left", "model_max_length": CONTEXT, "clean_up_tokenization_spaces": false,
    })
}

/// Up to sixteen frames of the size that it has learned positions for.
fn processor_config(config: &Config) -> Value {
    let v = &config.vision;
    let (unit, area) = (v.token_side() * v.token_side(), v.side * v.patch * v.side * v.patch);
    let half = |longest: usize| {
        json!({
            "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5], "rescale_factor": 1.0 / 255.0,
            "do_resize": true, "do_rescale": true, "do_normalize": true, "resample": 3,
            "patch_size": v.patch, "temporal_patch_size": v.temporal_patch, "merge_size": v.merge,
            "size": {"shortest_edge": unit, "longest_edge": longest},
        })
    };
    let mut video = half(16 * area);
    video["fps"] = json!(2);
    video["min_frames"] = json!(4);
    video["max_frames"] = json!(16);
    json!({"image_processor": half(area), "video_processor": video, "processor_class": "Qwen3VLProcessor"})
}
