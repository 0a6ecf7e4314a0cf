//! From hidden states to the likelihood of tokens, a part of the vocabulary at a time.

use burn::tensor::{DType, FloatDType, Int, Tensor, TensorData};

use crate::attention::{HIDDEN, indices};
use crate::nn::product;

/// Logits that are held at once.
const LOGITS: usize = 1 << 26;
/// Tokens that are looked at together.
const CHUNK: usize = 1 << 14;

/// A distribution over tokens: softmax of `hidden · weightᵀ / temperature` without forbidden tokens.
#[derive(Debug)]
pub struct Head {
    /// `[vocab, hidden]`.
    weight: Tensor<2>,
    /// Added to the logits, `[1, vocab]`; none where all tokens are allowed.
    mask: Option<Tensor<2>>,
    temperature: f64,
    chunk: usize,
}

/// What is known about each place, all `[places]`.
#[derive(Debug, Clone)]
pub struct Likelihood {
    /// Log-probability of the place's token.
    pub log_probability: Tensor<1>,
    /// Entropy of its distribution, in nats. Carries no gradient.
    pub entropy: Tensor<1>,
}

impl Head {
    /// A head with these weights. Temperatures below a thousandth count as that: they would push forbidden tokens up to
    /// the others.
    #[must_use]
    pub fn new(weight: Tensor<2>, forbidden: &[bool], temperature: f64) -> Self {
        let vocab = weight.dims()[0];
        let mask = forbidden.contains(&true).then(|| {
            let at = |id| if forbidden.get(id) == Some(&true) { HIDDEN } else { 0.0 };
            let mask: Vec<f32> = (0..vocab).map(at).collect();
            let data = TensorData::new(mask, [1, vocab]);
            Tensor::<2>::from_data(data, (&weight.device(), DType::F32))
        });
        Self { weight, mask, temperature: temperature.max(1e-3), chunk: CHUNK }
    }

    /// The same, looking at `chunk` tokens together.
    #[must_use]
    pub fn chunked(mut self, chunk: usize) -> Self {
        self.chunk = chunk.max(1);
        self
    }

    /// First and last token (exclusive) of each part of the vocabulary.
    fn parts(&self) -> Vec<(usize, usize)> {
        let vocab = self.weight.dims()[0];
        (0..vocab).step_by(self.chunk).map(|from| (from, (from + self.chunk).min(vocab))).collect()
    }

    /// Logits of tokens `from..to`, in `f32`, `[places, to - from]`.
    fn part(&self, hidden: &Tensor<2>, from: usize, to: usize) -> Tensor<2> {
        let weight = self.weight.clone().narrow(0, from, to - from);
        let logits = product(hidden.clone(), weight).cast(FloatDType::F32) / self.temperature;
        match &self.mask {
            Some(mask) => logits + mask.clone().narrow(1, from, to - from),
            None => logits,
        }
    }

    /// Logits of `[places, hidden]`, and the logarithm of the sum of their exponentials, `[places, vocab]` and
    /// `[places, 1]`: the log-probability of a token is the difference. For few places.
    #[must_use]
    pub fn logits(&self, hidden: &Tensor<2>) -> (Tensor<2>, Tensor<2>) {
        let mut sums = Sums::default();
        let mut logits = Vec::new();
        for (from, to) in self.parts() {
            let part = self.part(hidden, from, to);
            sums.add(&part, false);
            logits.push(part);
        }
        (Tensor::cat(logits, 1), sums.normaliser(hidden))
    }

    /// The likeliest token of each place, by its logit alone, `[places]`, the first of equals; and its
    /// log-probability.
    #[must_use]
    pub fn likeliest(&self, hidden: &Tensor<2>) -> (Tensor<1, Int>, Tensor<1>) {
        let n = hidden.dims()[0];
        let (logits, normaliser) = self.logits(hidden);
        let best = logits.clone().argmax(1);
        let log_probability = logits.gather(1, best.clone()) - normaliser;
        (best.reshape([n]), log_probability.reshape([n]))
    }

    /// The likelihood of one token at each place. Only [`LOGITS`] logits are held at a time, unless gradients are tracked:
    /// then the tape keeps them.
    #[must_use]
    pub fn likelihood(&self, hidden: Tensor<2>, tokens: &[u32]) -> Likelihood {
        let n = tokens.len();
        let device = hidden.device();
        let rows = (LOGITS / self.chunk.min(self.weight.dims()[0]).max(1)).max(2);
        // In equal parts, so that no place is left over alone.
        let rows = n.div_ceil(n.div_ceil(rows).max(1)).max(1);
        let mut parts = Vec::new();
        for from in (0..n).step_by(rows) {
            let to = (from + rows).min(n);
            parts.push(self.places(&hidden.clone().narrow(0, from, to - from), &tokens[from..to]));
        }
        if parts.is_empty() {
            let none = || Tensor::zeros([0], (&device, DType::F32));
            return Likelihood { log_probability: none(), entropy: none() };
        }
        let (a, b) = parts.into_iter().unzip();
        Likelihood { log_probability: Tensor::cat(a, 0), entropy: Tensor::cat(b, 0) }
    }

    fn places(&self, hidden: &Tensor<2>, tokens: &[u32]) -> (Tensor<1>, Tensor<1>) {
        let (n, device) = (tokens.len(), hidden.device());
        let mut sums = Sums::default();
        let mut picked: Option<Tensor<2>> = None;
        for (from, to) in self.parts() {
            let part = self.part(hidden, from, to);
            sums.add(&part, true);
            let here = |t: u32| (from..to).contains(&(t as usize));
            if !tokens.iter().any(|t| here(*t)) {
                continue;
            }
            let at = tokens.iter().map(|&t| if here(t) { t as usize - from } else { 0 } as i32).collect();
            let found = part.gather(1, indices(at, &device).reshape([n, 1]));
            let all = tokens.iter().all(|t| here(*t));
            let found = if all {
                found
            } else {
                let keep = tokens.iter().map(|&t| f32::from(here(t))).collect::<Vec<_>>();
                found * Tensor::<2>::from_data(TensorData::new(keep, [n, 1]), &device)
            };
            picked = Some(picked.map_or(found.clone(), |p| p + found));
        }
        let normaliser = sums.normaliser(hidden);
        let entropy = sums.entropy(&normaliser).reshape([n]);
        let picked = picked.unwrap_or_else(|| normaliser.clone());
        ((picked - normaliser).reshape([n]), entropy)
    }
}

/// Sums over the vocabulary, relative to the largest logit so far, each `[places, 1]`.
#[derive(Default)]
struct Sums {
    largest: Option<Tensor<2>>,
    exponentials: Option<Tensor<2>>,
    weighted: Option<Tensor<2>>,
}

impl Sums {
    /// Adds a part; `entropy` also sums what the entropy needs.
    fn add(&mut self, part: &Tensor<2>, entropy: bool) {
        // A shift changes nothing but rounding, so that no gradient need pass through it.
        let top = part.clone().detach().max_dim(1);
        let top = match self.largest.take() {
            Some(largest) => {
                let new = largest.clone().max_pair(top);
                let shrink = (largest - new.clone()).exp();
                self.exponentials = self.exponentials.take().map(|s| s * shrink.clone());
                self.weighted = self.weighted.take().map(|s| s * shrink);
                new
            }
            None => top,
        };
        let powers = (part.clone() - top.clone()).exp();
        let sum = powers.clone().sum_dim(1);
        self.exponentials = Some(self.exponentials.take().map_or(sum.clone(), |s| s + sum));
        if entropy {
            let weighted = (powers.detach() * part.clone().detach()).sum_dim(1);
            self.weighted = Some(self.weighted.take().map_or(weighted.clone(), |s| s + weighted));
        }
        self.largest = Some(top);
    }

    fn normaliser(&self, hidden: &Tensor<2>) -> Tensor<2> {
        match (&self.largest, &self.exponentials) {
            (Some(largest), Some(sum)) => sum.clone().log() + largest.clone(),
            // No vocabulary: no part was added.
            _ => Tensor::zeros([hidden.dims()[0], 1], &hidden.device()),
        }
    }

    /// `ln Σ − Σ p · logit`.
    fn entropy(&self, normaliser: &Tensor<2>) -> Tensor<2> {
        match (&self.weighted, &self.exponentials) {
            (Some(weighted), Some(sum)) => {
                normaliser.clone().detach() - weighted.clone() / sum.clone().detach()
            }
            _ => normaliser.clone().detach(),
        }
    }
}
