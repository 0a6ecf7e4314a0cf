//! The whole model, seen as a policy: from a batch to the log-probability of every answer token.

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Int, Tensor, TensorData};

use crate::batch::{Batch, HIDDEN, indices};
use crate::config::Config;
use crate::decoder::{Cache, Layer, RmsNorm};
use crate::init::Init;
use crate::rope::Rotary;
use crate::tokenizer::may_emit;
use crate::vision::Vision;

/// Vision tower, decoder and head.
#[derive(Module, Debug)]
pub struct Policy {
    embed_tokens: Param<Tensor<2>>,
    layers: Vec<Layer>,
    norm: RmsNorm,
    lm_head: Linear,
    visual: Vision,
    #[module(skip)]
    vocab: usize,
    #[module(skip)]
    head_dim: usize,
    #[module(skip)]
    rope_theta: f64,
    #[module(skip)]
    mrope_section: [usize; 3],
}

impl Policy {
    /// A model with random weights drawn from `seed`.
    #[must_use]
    pub fn new(config: &Config, seed: u64, device: &Device) -> Self {
        let mut init = Init::new(seed, device);
        Self {
            embed_tokens: init.matrix(config.vocab, config.hidden, 0.5),
            layers: (0..config.layers).map(|_| Layer::new(config, &mut init)).collect(),
            norm: RmsNorm::new(config.hidden, config.rms_eps, &init),
            lm_head: init.linear(config.hidden, config.vocab, false),
            visual: Vision::new(&config.vision, config.hidden, &mut init),
            vocab: config.vocab,
            head_dim: config.head_dim,
            rope_theta: config.rope_theta,
            mrope_section: config.mrope_section,
        }
    }

    /// The device the weights are on.
    #[must_use]
    pub fn device(&self) -> Device {
        self.embed_tokens.val().device()
    }

    /// Hidden states `[rows, length, width]` of a batch; caches are filled when `keep` is set.
    #[must_use]
    pub fn hidden(&self, batch: &Batch, caches: &mut [Option<Cache>], keep: bool) -> Tensor<3> {
        let device = self.device();
        let rotary = self.rotary(&batch.positions, batch.rows, &device);
        let mask = batch.mask().tensor(&device);
        let count = batch.segments * batch.grid[0] * batch.grid[1];
        if count == 0 {
            let ids = batch.ids.iter().map(|&id| id as i32).collect();
            let x = self.embed_tokens.val().select(0, indices(ids, &device));
            let width = x.dims()[1];
            return self.decode(
                x.reshape([batch.rows, batch.length, width]),
                &rotary,
                &mask,
                &[],
                caches,
                keep,
            );
        }
        let values = batch.patches.len() / count;
        let patches =
            Tensor::<2>::from_data(TensorData::new(batch.patches.clone(), [count, values]), &device);
        let features = self.visual.forward(patches, batch.segments, batch.grid);
        let table = Tensor::cat(vec![self.embed_tokens.val(), features.merged], 0);
        let x = table.select(0, indices(batch.input_rows(self.vocab), &device));
        let width = x.dims()[1];
        let shape = [batch.rows, batch.length, width];
        let visual = indices(batch.visual_rows(), &device);
        let none = Tensor::<2>::zeros([1, width], &device);
        let deepstack: Vec<Tensor<3>> = features
            .deepstack
            .into_iter()
            .map(|f| Tensor::cat(vec![none.clone(), f], 0).select(0, visual.clone()).reshape(shape))
            .collect();
        self.decode(x.reshape(shape), &rotary, &mask, &deepstack, caches, keep)
    }

    /// One more token for every answer: `ids` and `positions` are row-major `[rows, group]`; `mask` covers the
    /// cached keys and the new ones.
    #[must_use]
    pub fn extend(
        &self,
        ids: &[u32],
        positions: &[[i32; 3]],
        rows: usize,
        mask: &Tensor<4>,
        caches: &mut [Option<Cache>],
    ) -> Tensor<3> {
        let device = self.device();
        let rotary = self.rotary(positions, rows, &device);
        let x =
            self.embed_tokens.val().select(0, indices(ids.iter().map(|&id| id as i32).collect(), &device));
        let width = x.dims()[1];
        self.decode(x.reshape([rows, ids.len() / rows.max(1), width]), &rotary, mask, &[], caches, true)
    }

    fn decode(
        &self,
        mut x: Tensor<3>,
        rotary: &Rotary,
        mask: &Tensor<4>,
        deepstack: &[Tensor<3>],
        caches: &mut [Option<Cache>],
        keep: bool,
    ) -> Tensor<3> {
        for (i, layer) in self.layers.iter().enumerate() {
            x = match caches.get_mut(i) {
                Some(cache) => layer.forward(x, rotary, mask, cache, keep),
                None => layer.forward(x, rotary, mask, &mut None, false),
            };
            if let Some(more) = deepstack.get(i) {
                x = x + more.clone();
            }
        }
        self.norm.forward(x)
    }

    fn rotary(&self, positions: &[[i32; 3]], rows: usize, device: &Device) -> Rotary {
        Rotary::text(positions, rows, self.head_dim, self.rope_theta, self.mrope_section, device)
    }

    /// An empty cache for each layer.
    #[must_use]
    pub fn caches(&self) -> Vec<Option<Cache>> {
        vec![None; self.layers.len()]
    }

    /// Log-probabilities `[places, vocab]` at chosen places of hidden states, at a temperature above 0.
    ///
    /// Tokens that a policy may not emit are left out here, once for sampling and for scoring: the distribution
    /// that answers are drawn from is the one whose likelihood is learned.
    #[must_use]
    pub fn log_probabilities(
        &self,
        hidden: Tensor<3>,
        places: Tensor<1, Int>,
        temperature: f64,
    ) -> Tensor<2> {
        let [rows, length, width] = hidden.dims();
        let chosen = hidden.reshape([rows * length, width]).select(0, places);
        let allowed = |id| if may_emit(id as u32) { 0.0 } else { HIDDEN };
        let mask: Vec<f32> = (0..self.vocab).map(allowed).collect();
        let mask = Tensor::<2>::from_data(TensorData::new(mask, [1, self.vocab]), &self.device());
        log_softmax(self.lm_head.forward(chosen) / temperature + mask, 1)
    }

    /// Log-probability of every answer token of a batch, in the order of its targets, `[targets]`; and the
    /// mean entropy of the distributions they were drawn from, in nats.
    #[must_use]
    pub fn score(&self, batch: &Batch, temperature: f64) -> (Tensor<1>, Tensor<1>) {
        let device = self.device();
        let places = indices(batch.targets.iter().map(|t| t.0).collect(), &device);
        let tokens: Vec<i32> = batch.targets.iter().map(|t| t.1 as i32).collect();
        let n = tokens.len();
        let tokens = Tensor::<2, Int>::from_data(TensorData::new(tokens, [n, 1]), &device);
        let all = self.log_probabilities(self.hidden(batch, &mut [], false), places, temperature);
        let plain = all.clone().detach();
        let entropy = (plain.clone().exp() * plain).sum().neg() / n.max(1) as f64;
        (all.gather(1, tokens).reshape([n]), entropy)
    }
}
