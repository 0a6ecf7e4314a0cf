//! The parameters of a model of given sizes: their published names and shapes, without the numbers.
//!
//! One table for everybody: modules are built from it, files are checked against it, parameters counted and
//! memory planned.

use crate::config::Config;

/// What a parameter is, which decides how a fresh one starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A table of vectors.
    Embedding,
    /// A matrix `[out, in]`; a patch embedding is one with `in` spread over several axes.
    Matrix,
    /// A norm's weight.
    Scale,
    /// A bias.
    Bias,
}

/// One parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    /// Its name in published files, as in `model.visual.blocks.0.norm1.weight`.
    pub name: String,
    /// Its shape there.
    pub shape: Vec<usize>,
    /// What it is.
    pub kind: Kind,
}

impl Spec {
    /// How many numbers it has.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.shape.iter().map(|n| *n as u64).product()
    }

    /// Whether it belongs to the vision tower.
    #[must_use]
    pub fn is_vision(&self) -> bool {
        self.name.starts_with("model.visual.")
    }
}

struct List(Vec<Spec>);

impl List {
    fn add(&mut self, name: String, shape: &[usize], kind: Kind) {
        self.0.push(Spec { name, shape: shape.to_vec(), kind });
    }

    fn matrix(&mut self, name: &str, out: usize, inputs: usize) {
        self.add(format!("{name}.weight"), &[out, inputs], Kind::Matrix);
    }

    fn affine(&mut self, name: &str, out: usize, inputs: usize) {
        self.matrix(name, out, inputs);
        self.add(format!("{name}.bias"), &[out], Kind::Bias);
    }

    fn scale(&mut self, name: &str, width: usize) {
        self.add(format!("{name}.weight"), &[width], Kind::Scale);
    }

    fn norm(&mut self, name: &str, width: usize) {
        self.scale(name, width);
        self.add(format!("{name}.bias"), &[width], Kind::Bias);
    }
}

/// All parameters of a model, in the order of the published files' modules.
#[must_use]
pub fn parameters(config: &Config) -> Vec<Spec> {
    let mut list = List(Vec::new());
    vision(config, &mut list);
    decoder(config, &mut list);
    if !config.tied {
        list.matrix("lm_head", config.text.vocab, config.text.hidden);
    }
    list.0
}

/// How many numbers a model has.
#[must_use]
pub fn count(config: &Config) -> u64 {
    parameters(config).iter().map(Spec::count).sum()
}

fn vision(config: &Config, list: &mut List) {
    let v = &config.vision;
    let (e, root) = (v.hidden, "model.visual");
    let patch = [e, v.channels, v.temporal_patch, v.patch, v.patch];
    list.add(format!("{root}.patch_embed.proj.weight"), &patch, Kind::Matrix);
    list.add(format!("{root}.patch_embed.proj.bias"), &[e], Kind::Bias);
    list.add(format!("{root}.pos_embed.weight"), &[v.side * v.side, e], Kind::Embedding);
    for i in 0..v.depth {
        let block = format!("{root}.blocks.{i}");
        list.norm(&format!("{block}.norm1"), e);
        list.norm(&format!("{block}.norm2"), e);
        list.affine(&format!("{block}.attn.qkv"), 3 * e, e);
        list.affine(&format!("{block}.attn.proj"), e, e);
        list.affine(&format!("{block}.mlp.linear_fc1"), v.intermediate, e);
        list.affine(&format!("{block}.mlp.linear_fc2"), e, v.intermediate);
    }
    let merged = v.merge * v.merge * e;
    let mut merger = |name: String, normed: usize| {
        list.norm(&format!("{name}.norm"), normed);
        list.affine(&format!("{name}.linear_fc1"), merged, merged);
        list.affine(&format!("{name}.linear_fc2"), v.out, merged);
    };
    merger(format!("{root}.merger"), e);
    for k in 0..v.taps.len() {
        merger(format!("{root}.deepstack_merger_list.{k}"), merged);
    }
}

fn decoder(config: &Config, list: &mut List) {
    let t = &config.text;
    let (d, root) = (t.hidden, "model.language_model");
    let (q, kv) = (t.heads * t.head_dim, t.kv_heads * t.head_dim);
    list.add(format!("{root}.embed_tokens.weight"), &[t.vocab, d], Kind::Embedding);
    for i in 0..t.layers {
        let layer = format!("{root}.layers.{i}");
        list.scale(&format!("{layer}.input_layernorm"), d);
        list.scale(&format!("{layer}.post_attention_layernorm"), d);
        list.matrix(&format!("{layer}.self_attn.q_proj"), q, d);
        list.matrix(&format!("{layer}.self_attn.k_proj"), kv, d);
        list.matrix(&format!("{layer}.self_attn.v_proj"), kv, d);
        list.matrix(&format!("{layer}.self_attn.o_proj"), d, q);
        list.scale(&format!("{layer}.self_attn.q_norm"), t.head_dim);
        list.scale(&format!("{layer}.self_attn.k_norm"), t.head_dim);
        list.matrix(&format!("{layer}.mlp.gate_proj"), t.intermediate, d);
        list.matrix(&format!("{layer}.mlp.up_proj"), t.intermediate, d);
        list.matrix(&format!("{layer}.mlp.down_proj"), d, t.intermediate);
    }
    list.scale(&format!("{root}.norm"), d);
}
