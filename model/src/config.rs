//! The sizes of a model, read from and written as Hugging Face's `config.json`.
//!
//! Two spellings exist: published repositories write `rope_theta` and `rope_scaling`, `transformers` 5 writes
//! `rope_parameters`. Both are read; what is written can be read as either.

use serde_json::{Map, Value, json};

/// A whole model.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The decoder.
    pub text: TextConfig,
    /// The vision tower.
    pub vision: VisionConfig,
    /// Ids with a meaning of their own.
    pub tokens: Tokens,
    /// Whether the head's weights are the embeddings.
    pub tied: bool,
}

/// The Qwen3 decoder.
#[derive(Debug, Clone, PartialEq)]
pub struct TextConfig {
    /// Rows of the embedding table; may be more than the tokenizer has entries.
    pub vocab: usize,
    /// Width of the hidden state.
    pub hidden: usize,
    /// Inner width of the MLP.
    pub intermediate: usize,
    /// Number of layers.
    pub layers: usize,
    /// Query heads.
    pub heads: usize,
    /// Key and value heads; divides `heads`.
    pub kv_heads: usize,
    /// Width of one head, even; `heads * head_dim` need not be `hidden`.
    pub head_dim: usize,
    /// Added to the mean square in RMS norms.
    pub rms_eps: f64,
    /// Base of the rotary frequencies.
    pub rope_theta: f64,
    /// How many frequencies belong to time, row and column; they add up to `head_dim / 2`.
    pub mrope_section: [usize; 3],
    /// Longest sequence in tokens.
    pub context: usize,
}

/// The vision tower.
#[derive(Debug, Clone, PartialEq)]
pub struct VisionConfig {
    /// Width of the hidden state.
    pub hidden: usize,
    /// Inner width of a block's MLP.
    pub intermediate: usize,
    /// Number of blocks.
    pub depth: usize,
    /// Heads; `hidden / heads` is a multiple of 4.
    pub heads: usize,
    /// Colour channels; 3.
    pub channels: usize,
    /// Side of a patch in pixels.
    pub patch: usize,
    /// Frames that one patch spans.
    pub temporal_patch: usize,
    /// Patches per side that become one token.
    pub merge: usize,
    /// Width of the features that the decoder gets; its `hidden`.
    pub out: usize,
    /// Side of the square grid of learned positions.
    pub side: usize,
    /// Blocks after which features are tapped for the decoder's first layers (deepstack), counted from 0.
    pub taps: Vec<usize>,
}

/// Ids with a meaning of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokens {
    /// Stands where a feature of an image is put.
    pub image_pad: u32,
    /// Stands where a feature of a clip is put.
    pub video_pad: u32,
    /// Before the features of an image or a temporal patch.
    pub vision_start: u32,
    /// After them.
    pub vision_end: u32,
    /// Each ends an answer. `generation_config.json` may name others, see [`Config::with_generation`].
    pub ends: Vec<u32>,
    /// Fills up rows; never attended to.
    pub pad: u32,
}

impl Tokens {
    /// Whether a feature stands in for the token's embedding.
    #[must_use]
    pub fn is_visual(&self, id: u32) -> bool {
        id == self.image_pad || id == self.video_pad
    }
}

/// A value of the configuration that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {what}")]
pub struct ConfigError {
    /// The key, with dots.
    pub key: String,
    /// What is wrong with it.
    pub what: String,
}

fn wrong(key: &str, what: impl Into<String>) -> ConfigError {
    ConfigError { key: key.to_owned(), what: what.into() }
}

/// Largest size of anything; keeps products of sizes far from overflow.
const LARGEST: u64 = 1 << 24;

/// Most layers or blocks.
const DEEPEST: usize = 512;
/// Largest width of the decoder; with it and the others no product of a parameter's sides, and no sum over all
/// parameters, overflows.
const WIDEST: usize = 1 << 20;
/// Largest width of the vision tower.
const WIDEST_TOWER: usize = 1 << 16;
/// Largest side of a patch.
const LARGEST_PATCH: usize = 256;
/// Largest side of a group of patches.
const LARGEST_GROUP: usize = 16;

/// One table of the JSON, and how it is called in messages.
struct Table<'a> {
    name: &'a str,
    map: &'a Map<String, Value>,
}

impl<'a> Table<'a> {
    fn key(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }

    fn table(&self, key: &'a str) -> Result<Table<'a>, ConfigError> {
        match self.map.get(key) {
            Some(Value::Object(map)) => Ok(Table { name: key, map }),
            Some(_) => Err(wrong(&self.key(key), "must be an object")),
            None => Err(wrong(&self.key(key), "is missing")),
        }
    }

    fn size(&self, key: &str) -> Result<usize, ConfigError> {
        let value = self.map.get(key).ok_or_else(|| wrong(&self.key(key), "is missing"))?;
        match value.as_u64() {
            Some(n @ 1..=LARGEST) => Ok(n as usize),
            _ => Err(wrong(&self.key(key), format!("{value} is not a whole number in 1..={LARGEST}"))),
        }
    }

    fn size_or(&self, key: &str, default: usize) -> Result<usize, ConfigError> {
        if self.map.get(key).is_none_or(Value::is_null) { Ok(default) } else { self.size(key) }
    }

    /// JSON may write a real number as an integer.
    fn real(&self, key: &str) -> Result<f64, ConfigError> {
        let value = self.map.get(key).ok_or_else(|| wrong(&self.key(key), "is missing"))?;
        match value.as_f64() {
            Some(x) if x.is_finite() && x > 0.0 => Ok(x),
            _ => Err(wrong(&self.key(key), format!("{value} is not a number above 0"))),
        }
    }

    fn id(&self, key: &str) -> Result<Option<u32>, ConfigError> {
        match self.map.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => value
                .as_u64()
                .and_then(|n| u32::try_from(n).ok())
                .map(Some)
                .ok_or_else(|| wrong(&self.key(key), format!("{value} is not a token id"))),
        }
    }

    fn needed_id(&self, key: &str) -> Result<u32, ConfigError> {
        self.id(key)?.ok_or_else(|| wrong(&self.key(key), "is missing"))
    }

    /// One id or a list of them.
    fn ids(&self, key: &str) -> Result<Vec<u32>, ConfigError> {
        let Some(Value::Array(list)) = self.map.get(key) else {
            return Ok(self.id(key)?.into_iter().collect());
        };
        list.iter()
            .map(|v| v.as_u64().and_then(|n| u32::try_from(n).ok()))
            .collect::<Option<_>>()
            .ok_or_else(|| wrong(&self.key(key), "is not a list of token ids"))
    }

    /// A key that may be absent but, if present, must say what this implementation does.
    fn only(&self, key: &str, allowed: &[Value]) -> Result<(), ConfigError> {
        match self.map.get(key) {
            Some(value) if !value.is_null() && !allowed.contains(value) => {
                Err(wrong(&self.key(key), format!("{value} is not supported (only {})", allowed[0])))
            }
            _ => Ok(()),
        }
    }
}

fn object(text: &str) -> Result<Map<String, Value>, ConfigError> {
    match serde_json::from_str(text) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Err(wrong("(file)", "is not a JSON object")),
        Err(e) => Err(wrong("(file)", format!("is not JSON: {e}"))),
    }
}

impl Config {
    /// Reads `config.json`, in either spelling.
    ///
    /// # Errors
    /// [`ConfigError`] naming the key that is missing, of the wrong kind, or at odds with another.
    pub fn from_json(text: &str) -> Result<Self, ConfigError> {
        let map = object(text)?;
        let root = Table { name: "", map: &map };
        root.only("model_type", &[json!("qwen3_vl")])?;
        let t = root.table("text_config")?;
        let text = TextConfig::read(&t)?;
        let vision = VisionConfig::read(&root.table("vision_config")?)?;
        let ends = t.ids("eos_token_id")?;
        let tokens = Tokens {
            image_pad: root.needed_id("image_token_id")?,
            video_pad: root.needed_id("video_token_id")?,
            vision_start: root.needed_id("vision_start_token_id")?,
            vision_end: root.needed_id("vision_end_token_id")?,
            pad: t.id("pad_token_id")?.or(t.id("bos_token_id")?).or(ends.first().copied()).unwrap_or(0),
            ends,
        };
        let tie = |t: &Table<'_>| t.map.get("tie_word_embeddings").and_then(Value::as_bool);
        let config = Self { tied: tie(&root).or(tie(&t)).unwrap_or(false), text, vision, tokens };
        config.check()?;
        Ok(config)
    }

    /// The same, with the end and pad tokens that `generation_config.json` names.
    ///
    /// # Errors
    /// [`ConfigError`] for ids that are none.
    pub fn with_generation(mut self, text: &str) -> Result<Self, ConfigError> {
        let map = object(text)?;
        let root = Table { name: "", map: &map };
        let ends = root.ids("eos_token_id")?;
        if !ends.is_empty() {
            self.tokens.ends = ends;
        }
        self.tokens.pad = root.id("pad_token_id")?.unwrap_or(self.tokens.pad);
        self.check()?;
        Ok(self)
    }

    /// As `config.json`, in both spellings at once. `dtype` is what the weights beside it are stored as.
    #[must_use]
    pub fn to_json(&self, dtype: &str) -> String {
        let (t, v) = (&self.text, &self.vision);
        let rope = json!({
            "mrope_interleaved": true, "mrope_section": t.mrope_section, "rope_type": "default",
        });
        let mut parameters = rope.clone();
        parameters["rope_theta"] = json!(t.rope_theta);
        let value = json!({
            "architectures": ["Qwen3VLForConditionalGeneration"],
            "dtype": dtype,
            "image_token_id": self.tokens.image_pad,
            "model_type": "qwen3_vl",
            "text_config": {
                "attention_bias": false, "attention_dropout": 0.0, "dtype": dtype,
                "eos_token_id": self.tokens.ends, "head_dim": t.head_dim, "hidden_act": "silu",
                "hidden_size": t.hidden, "intermediate_size": t.intermediate,
                "max_position_embeddings": t.context, "model_type": "qwen3_vl_text",
                "num_attention_heads": t.heads, "num_hidden_layers": t.layers,
                "num_key_value_heads": t.kv_heads, "pad_token_id": self.tokens.pad, "rms_norm_eps": t.rms_eps,
                "rope_parameters": parameters, "rope_scaling": rope, "rope_theta": t.rope_theta,
                "tie_word_embeddings": self.tied, "use_cache": true, "vocab_size": t.vocab,
            },
            "tie_word_embeddings": self.tied,
            "video_token_id": self.tokens.video_pad,
            "vision_config": {
                "deepstack_visual_indexes": v.taps, "depth": v.depth, "hidden_act": "gelu_pytorch_tanh",
                "hidden_size": v.hidden, "in_channels": v.channels, "intermediate_size": v.intermediate,
                "model_type": "qwen3_vl", "num_heads": v.heads, "num_position_embeddings": v.side * v.side,
                "out_hidden_size": v.out, "patch_size": v.patch, "spatial_merge_size": v.merge,
                "temporal_patch_size": v.temporal_patch,
            },
            "vision_end_token_id": self.tokens.vision_end,
            "vision_start_token_id": self.tokens.vision_start,
        });
        format!("{value:#}\n")
    }

    /// Whether the sizes fit together.
    ///
    /// # Errors
    /// [`ConfigError`] naming the one that does not.
    pub fn check(&self) -> Result<(), ConfigError> {
        let (t, v) = (&self.text, &self.vision);
        let bounds = [
            ("text_config.num_hidden_layers", t.layers, DEEPEST),
            ("text_config.hidden_size", t.hidden, WIDEST),
            ("text_config.intermediate_size", t.intermediate, WIDEST),
            ("text_config.num_attention_heads x head_dim", t.heads.saturating_mul(t.head_dim), WIDEST),
            ("vision_config.depth", v.depth, DEEPEST),
            ("vision_config.hidden_size", v.hidden, WIDEST_TOWER),
            ("vision_config.intermediate_size", v.intermediate, WIDEST),
            ("vision_config.patch_size", v.patch, LARGEST_PATCH),
            ("vision_config.temporal_patch_size", v.temporal_patch, LARGEST_PATCH),
            ("vision_config.spatial_merge_size", v.merge, LARGEST_GROUP),
        ];
        if let Some((key, size, most)) = bounds.into_iter().find(|b| b.1 > b.2) {
            return Err(wrong(key, format!("{size} is more than {most}")));
        }
        if !t.heads.is_multiple_of(t.kv_heads) {
            return Err(wrong(
                "text_config.num_key_value_heads",
                format!("{} does not divide num_attention_heads = {}", t.kv_heads, t.heads),
            ));
        }
        if !t.head_dim.is_multiple_of(2) {
            return Err(wrong("text_config.head_dim", format!("{} is odd", t.head_dim)));
        }
        let section = t.mrope_section.iter().fold(0_usize, |sum, n| sum.saturating_add(*n));
        if section != t.head_dim / 2 {
            return Err(wrong(
                "text_config.mrope_section",
                format!("{:?} does not add up to half of head_dim = {}", t.mrope_section, t.head_dim),
            ));
        }
        if !v.hidden.is_multiple_of(4 * v.heads) {
            return Err(wrong(
                "vision_config.hidden_size",
                format!("{} is not a multiple of 4 x num_heads = {}", v.hidden, v.heads),
            ));
        }
        if v.out != t.hidden {
            return Err(wrong(
                "vision_config.out_hidden_size",
                format!("{} is not text_config.hidden_size = {}", v.out, t.hidden),
            ));
        }
        if v.channels != 3 {
            return Err(wrong("vision_config.in_channels", format!("{} is not 3", v.channels)));
        }
        if v.taps.len() > t.layers {
            return Err(wrong(
                "vision_config.deepstack_visual_indexes",
                format!("{} taps for {} decoder layers", v.taps.len(), t.layers),
            ));
        }
        if let Some(tap) = v.taps.iter().find(|tap| **tap >= v.depth) {
            return Err(wrong(
                "vision_config.deepstack_visual_indexes",
                format!("{tap} is not one of {} blocks", v.depth),
            ));
        }
        if (1..v.taps.len()).any(|i| v.taps[..i].contains(&v.taps[i])) {
            return Err(wrong("vision_config.deepstack_visual_indexes", "names a block twice"));
        }
        let k = &self.tokens;
        if k.is_visual(k.pad) {
            return Err(wrong("pad_token_id", format!("{} stands for pictures", k.pad)));
        }
        let named = [
            ("image_token_id", k.image_pad),
            ("video_token_id", k.video_pad),
            ("vision_start_token_id", k.vision_start),
            ("vision_end_token_id", k.vision_end),
            ("pad_token_id", k.pad),
        ];
        let ends = k.ends.iter().map(|id| ("eos_token_id", *id));
        match named.into_iter().chain(ends).find(|(_, id)| *id as usize >= t.vocab) {
            Some((key, id)) => Err(wrong(key, format!("{id} is not below vocab_size = {}", t.vocab))),
            None => Ok(()),
        }
    }
}

impl TextConfig {
    fn read(t: &Table<'_>) -> Result<Self, ConfigError> {
        t.only("hidden_act", &[json!("silu")])?;
        t.only("attention_bias", &[json!(false)])?;
        let nested = ["rope_parameters", "rope_scaling"].into_iter().find_map(|key| t.table(key).ok());
        let theta = match &nested {
            Some(rope) if rope.map.contains_key("rope_theta") => rope.real("rope_theta")?,
            _ => t.real("rope_theta")?,
        };
        let rope = nested.ok_or_else(|| wrong("text_config.rope_parameters", "is missing"))?;
        rope.only("rope_type", &[json!("default"), json!("mrope")])?;
        rope.only("mrope_interleaved", &[json!(true)])?;
        let section: Vec<usize> = match rope.map.get("mrope_section") {
            Some(Value::Array(list)) => {
                list.iter().map(|v| v.as_u64().map(|n| n as usize)).collect::<Option<_>>().unwrap_or_default()
            }
            _ => Vec::new(),
        };
        let mrope_section = section
            .try_into()
            .map_err(|_| wrong(&rope.key("mrope_section"), "is not a list of three whole numbers"))?;
        let (hidden, heads) = (t.size("hidden_size")?, t.size("num_attention_heads")?);
        Ok(Self {
            vocab: t.size("vocab_size")?,
            hidden,
            intermediate: t.size("intermediate_size")?,
            layers: t.size("num_hidden_layers")?,
            heads,
            kv_heads: t.size_or("num_key_value_heads", heads)?,
            head_dim: t.size_or("head_dim", hidden / heads)?,
            rms_eps: t.real("rms_norm_eps")?,
            rope_theta: theta,
            mrope_section,
            context: t.size("max_position_embeddings")?,
        })
    }
}

impl VisionConfig {
    fn read(v: &Table<'_>) -> Result<Self, ConfigError> {
        v.only("hidden_act", &[json!("gelu_pytorch_tanh")])?;
        if let Ok(rope) = v.table("rope_parameters") {
            rope.only("rope_theta", &[json!(10_000.0), json!(10_000)])?;
        }
        let positions = v.size("num_position_embeddings")?;
        let side = positions.isqrt();
        if side * side != positions {
            return Err(wrong(&v.key("num_position_embeddings"), format!("{positions} is not a square")));
        }
        let taps = match v.map.get("deepstack_visual_indexes") {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(list)) => {
                let taps: Option<Vec<usize>> = list.iter().map(|x| x.as_u64().map(|n| n as usize)).collect();
                taps.ok_or_else(|| {
                    wrong(&v.key("deepstack_visual_indexes"), "is not a list of block numbers")
                })?
            }
            Some(_) => return Err(wrong(&v.key("deepstack_visual_indexes"), "is not a list")),
        };
        Ok(Self {
            hidden: v.size("hidden_size")?,
            intermediate: v.size("intermediate_size")?,
            depth: v.size("depth")?,
            heads: v.size("num_heads")?,
            channels: v.size_or("in_channels", 3)?,
            patch: v.size("patch_size")?,
            temporal_patch: v.size("temporal_patch_size")?,
            merge: v.size("spatial_merge_size")?,
            out: v.size("out_hidden_size")?,
            side,
            taps,
        })
    }

    /// Values of one patch row: channels x frames x rows x columns.
    #[must_use]
    pub fn patch_values(&self) -> usize {
        self.channels * self.temporal_patch * self.patch * self.patch
    }

    /// Side in pixels of what becomes one token.
    #[must_use]
    pub fn token_side(&self) -> usize {
        self.patch * self.merge
    }
}
