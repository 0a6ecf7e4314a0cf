//! The Qwen3 decoder: grouped-query attention with normed queries and keys, rotary positions, SwiGLU.

use burn::module::{Module, Param};
use burn::tensor::activation::silu;
use burn::tensor::{FloatDType, Int, Tensor};

use crate::attention::{Answering, Causal, Keys, Own, Place};
use crate::config::TextConfig;
use crate::nn::{Linear, RmsNorm};
use crate::rope::Rotary;
use crate::weights::{WeightError, Weights};

/// The decoder without its head.
#[derive(Module, Debug)]
pub struct Decoder {
    embed_tokens: Embedding,
    pub(crate) layers: Vec<Layer>,
    pub(crate) norm: RmsNorm,
}

/// A table of vectors.
#[derive(Module, Debug)]
struct Embedding {
    weight: Param<Tensor<2>>,
}

impl Decoder {
    /// The parameters under `name`.
    ///
    /// # Errors
    /// [`WeightError`].
    pub fn new(weights: &mut Weights<'_>, name: &str, config: &TextConfig) -> Result<Self, WeightError> {
        Ok(Self {
            embed_tokens: Embedding { weight: weights.take(&format!("{name}.embed_tokens.weight"))? },
            layers: (0..config.layers)
                .map(|i| Layer::new(weights, &format!("{name}.layers.{i}"), config))
                .collect::<Result<_, _>>()?,
            norm: RmsNorm::new(weights, &format!("{name}.norm"), config.rms_eps)?,
        })
    }

    /// The table of embeddings, `[vocab, hidden]`.
    #[must_use]
    pub fn embeddings(&self) -> Tensor<2> {
        self.embed_tokens.weight.val()
    }

    /// Embeddings of tokens, `[tokens, hidden]`.
    #[must_use]
    pub fn embed(&self, ids: Tensor<1, Int>) -> Tensor<2> {
        self.embeddings().select(0, ids)
    }
}

/// One layer.
#[derive(Module, Debug)]
pub struct Layer {
    input_layernorm: RmsNorm,
    post_attention_layernorm: RmsNorm,
    self_attn: Attention,
    mlp: Mlp,
}

impl Layer {
    fn new(weights: &mut Weights<'_>, name: &str, c: &TextConfig) -> Result<Self, WeightError> {
        Ok(Self {
            input_layernorm: RmsNorm::new(weights, &format!("{name}.input_layernorm"), c.rms_eps)?,
            post_attention_layernorm: RmsNorm::new(
                weights,
                &format!("{name}.post_attention_layernorm"),
                c.rms_eps,
            )?,
            self_attn: Attention::new(weights, &format!("{name}.self_attn"), c)?,
            mlp: Mlp::new(weights, &format!("{name}.mlp"))?,
        })
    }

    /// Prompts `[batch, length, hidden]`; their keys are kept for the answers.
    #[must_use]
    pub fn prompt(&self, x: Tensor<3>, rotary: &Rotary, mask: &Causal) -> (Tensor<3>, Keys) {
        let (q, k, v) = self.self_attn.project(self.input_layernorm.forward(x.clone()), rotary);
        let keys = Keys::new(k, v);
        let attended = mask.attend(q, &keys);
        (self.rest(x, attended), keys)
    }

    /// The newest tokens of answers, `[batch, group * count, hidden]`. Without a cache they are all there is of their
    /// answers; with one, older tokens' keys come from it and the new ones are added.
    #[must_use]
    pub fn answers(
        &self,
        x: Tensor<3>,
        rotary: &Rotary,
        mask: &Answering,
        prompt: &Keys,
        cache: Option<&mut Option<Own>>,
    ) -> Tensor<3> {
        let (q, k, v) = self.self_attn.project(self.input_layernorm.forward(x.clone()), rotary);
        let Place { group, start, room } = mask.place;
        let attended = match cache {
            Some(Some(own)) => {
                own.write(k, v, group, start, room);
                mask.attend(q, prompt, own)
            }
            Some(none) => {
                let own = none.insert(Own::new(k, v, group, room));
                mask.attend(q, prompt, own)
            }
            None => mask.attend(q, prompt, &Own::new(k, v, group, room)),
        };
        self.rest(x, attended)
    }

    fn rest(&self, x: Tensor<3>, attended: Tensor<3>) -> Tensor<3> {
        let x = x + self.self_attn.o_proj.forward(attended);
        x.clone() + self.mlp.forward(self.post_attention_layernorm.forward(x))
    }
}

impl Layer {
    /// The matrices that can be adapted, by their names within the layer.
    pub(crate) fn matrices_mut(&mut self) -> [(&'static str, &mut Linear); 7] {
        let (attention, mlp) = (&mut self.self_attn, &mut self.mlp);
        [
            ("self_attn.q_proj", &mut attention.q_proj),
            ("self_attn.k_proj", &mut attention.k_proj),
            ("self_attn.v_proj", &mut attention.v_proj),
            ("self_attn.o_proj", &mut attention.o_proj),
            ("mlp.gate_proj", &mut mlp.gate_proj),
            ("mlp.up_proj", &mut mlp.up_proj),
            ("mlp.down_proj", &mut mlp.down_proj),
        ]
    }
}

#[derive(Module, Debug)]
struct Attention {
    q_proj: Linear,
    k_proj: Linear,
    v_proj: Linear,
    o_proj: Linear,
    q_norm: RmsNorm,
    k_norm: RmsNorm,
    #[module(skip)]
    heads: usize,
    #[module(skip)]
    kv_heads: usize,
    #[module(skip)]
    head_dim: usize,
}

impl Attention {
    fn new(weights: &mut Weights<'_>, name: &str, c: &TextConfig) -> Result<Self, WeightError> {
        let mut matrix = |part: &str| Linear::matrix(weights, &format!("{name}.{part}"));
        Ok(Self {
            q_proj: matrix("q_proj")?,
            k_proj: matrix("k_proj")?,
            v_proj: matrix("v_proj")?,
            o_proj: matrix("o_proj")?,
            q_norm: RmsNorm::new(weights, &format!("{name}.q_norm"), c.rms_eps)?,
            k_norm: RmsNorm::new(weights, &format!("{name}.k_norm"), c.rms_eps)?,
            heads: c.heads,
            kv_heads: c.kv_heads,
            head_dim: c.head_dim,
        })
    }

    /// Queries, keys and values, `[batch, length, heads, head_dim]`; the first two normed and rotated.
    fn project(&self, x: Tensor<3>, rotary: &Rotary) -> (Tensor<4>, Tensor<4>, Tensor<4>) {
        let [batch, length, _] = x.dims();
        let split = |t: Tensor<3>, heads: usize| t.reshape([batch, length, heads, self.head_dim]);
        let q = self.q_norm.forward(split(self.q_proj.forward(x.clone()), self.heads));
        let k = self.k_norm.forward(split(self.k_proj.forward(x.clone()), self.kv_heads));
        let v = split(self.v_proj.forward(x), self.kv_heads);
        (rotary.apply(q), rotary.apply(k), v)
    }
}

#[derive(Module, Debug)]
struct Mlp {
    gate_proj: Linear,
    up_proj: Linear,
    down_proj: Linear,
}

impl Mlp {
    fn new(weights: &mut Weights<'_>, name: &str) -> Result<Self, WeightError> {
        let mut matrix = |part: &str| Linear::matrix(weights, &format!("{name}.{part}"));
        Ok(Self {
            gate_proj: matrix("gate_proj")?,
            up_proj: matrix("up_proj")?,
            down_proj: matrix("down_proj")?,
        })
    }

    fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        self.down_proj.forward(silu(self.gate_proj.forward(x.clone())) * self.up_proj.forward(x))
    }
}

/// The type of the activations: that of the weights.
pub(crate) fn dtype(x: &Tensor<2>) -> FloatDType {
    x.dtype().into()
}
