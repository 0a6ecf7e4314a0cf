//! The Qwen3 decoder: grouped-query attention with normed queries and keys, rotary positions, SwiGLU.

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::Tensor;
use burn::tensor::activation::{silu, softmax};

use crate::config::Config;
use crate::init::Init;
use crate::rope::Rotary;

/// Root-mean-square norm over the last axis: normalised first, then weighted.
#[derive(Module, Debug)]
pub struct RmsNorm {
    weight: Param<Tensor<1>>,
    #[module(skip)]
    eps: f64,
}

impl RmsNorm {
    /// A fresh norm of `width` channels.
    #[must_use]
    pub fn new(width: usize, eps: f64, init: &Init) -> Self {
        Self { weight: init.ones(width), eps }
    }

    /// Norms the last axis.
    #[must_use]
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let mean_square = (x.clone() * x.clone()).mean_dim(D - 1);
        x / (mean_square + self.eps).sqrt() * self.weight.val().unsqueeze::<D>()
    }
}

/// Keys and values that a layer has seen, `[batch, kv_heads, length, head_dim]`.
#[derive(Debug, Clone)]
pub struct Cache {
    keys: Tensor<4>,
    values: Tensor<4>,
}

/// One decoder layer.
#[derive(Module, Debug)]
pub struct Layer {
    input_layernorm: RmsNorm,
    post_attention_layernorm: RmsNorm,
    q_proj: Linear,
    k_proj: Linear,
    v_proj: Linear,
    o_proj: Linear,
    q_norm: RmsNorm,
    k_norm: RmsNorm,
    gate_proj: Linear,
    up_proj: Linear,
    down_proj: Linear,
    #[module(skip)]
    heads: usize,
    #[module(skip)]
    kv_heads: usize,
    #[module(skip)]
    head_dim: usize,
}

impl Layer {
    /// A fresh layer.
    #[must_use]
    pub fn new(c: &Config, init: &mut Init) -> Self {
        let (q, kv) = (c.heads * c.head_dim, c.kv_heads * c.head_dim);
        Self {
            input_layernorm: RmsNorm::new(c.hidden, c.rms_eps, init),
            post_attention_layernorm: RmsNorm::new(c.hidden, c.rms_eps, init),
            q_proj: init.linear(c.hidden, q, false),
            k_proj: init.linear(c.hidden, kv, false),
            v_proj: init.linear(c.hidden, kv, false),
            o_proj: init.linear(q, c.hidden, false),
            q_norm: RmsNorm::new(c.head_dim, c.rms_eps, init),
            k_norm: RmsNorm::new(c.head_dim, c.rms_eps, init),
            gate_proj: init.linear(c.hidden, c.intermediate, false),
            up_proj: init.linear(c.hidden, c.intermediate, false),
            down_proj: init.linear(c.intermediate, c.hidden, false),
            heads: c.heads,
            kv_heads: c.kv_heads,
            head_dim: c.head_dim,
        }
    }

    /// `x` is `[batch, length, hidden]`; `mask` is `[batch, 1, length, cached + length]` and added to the scores;
    /// with a cache, its keys and values come first and the new ones are appended to it.
    #[must_use]
    pub fn forward(
        &self,
        x: Tensor<3>,
        rotary: &Rotary,
        mask: &Tensor<4>,
        cache: &mut Option<Cache>,
        keep: bool,
    ) -> Tensor<3> {
        let x = x.clone() + self.attend(self.input_layernorm.forward(x), rotary, mask, cache, keep);
        let h = self.post_attention_layernorm.forward(x.clone());
        let gated = silu(self.gate_proj.forward(h.clone())) * self.up_proj.forward(h);
        x + self.down_proj.forward(gated)
    }

    fn attend(
        &self,
        x: Tensor<3>,
        rotary: &Rotary,
        mask: &Tensor<4>,
        cache: &mut Option<Cache>,
        keep: bool,
    ) -> Tensor<3> {
        let [batch, length, _] = x.dims();
        let split = |t: Tensor<3>, heads: usize| t.reshape([batch, length, heads, self.head_dim]);
        let q = self.q_norm.forward(split(self.q_proj.forward(x.clone()), self.heads)).swap_dims(1, 2);
        let k = self.k_norm.forward(split(self.k_proj.forward(x.clone()), self.kv_heads)).swap_dims(1, 2);
        let v = split(self.v_proj.forward(x), self.kv_heads).swap_dims(1, 2);
        let q = rotary.apply(q) * (self.head_dim as f64).powf(-0.5);
        let mut k = rotary.apply(k);
        let mut v = v;
        if let Some(seen) = cache.take() {
            k = Tensor::cat(vec![seen.keys, k], 2);
            v = Tensor::cat(vec![seen.values, v], 2);
        }
        if keep {
            *cache = Some(Cache { keys: k.clone(), values: v.clone() });
        }
        let scores = q.matmul(self.repeat(k).swap_dims(2, 3)) + mask.clone();
        let attended = softmax(scores, 3).matmul(self.repeat(v));
        self.o_proj.forward(attended.swap_dims(1, 2).reshape([batch, length, self.heads * self.head_dim]))
    }

    /// Query head `i` uses key head `i / (heads / kv_heads)`.
    fn repeat(&self, x: Tensor<4>) -> Tensor<4> {
        let [batch, kv, length, width] = x.dims();
        let times = self.heads / kv;
        if times == 1 {
            return x;
        }
        x.unsqueeze_dim::<5>(2).expand([batch, kv, times, length, width]).reshape([
            batch,
            kv * times,
            length,
            width,
        ])
    }
}
