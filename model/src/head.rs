//! From hidden states to the likelihood of tokens, a part of the vocabulary at a time.

use burn::tensor::{DType, Device, FloatDType, IndexingUpdateOp, Int, Tensor, TensorData};

use crate::attention::HIDDEN;
use crate::nn::product;

mod among;

pub use among::Allowed;

use among::{Among, found};

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
    /// Logarithm of the sum of its exponentials, `[places, 1]`.
    normaliser: Tensor<2>,
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

    /// Ranges of places that are looked at together when `tables` tables of their logits are held. In equal parts, so
    /// that no place is left over alone.
    fn rows(&self, n: usize, tables: usize) -> Vec<(usize, usize)> {
        let rows = (LOGITS / tables / self.chunk.min(self.weight.dims()[0]).max(1)).max(2);
        let rows = n.div_ceil(n.div_ceil(rows).max(1)).max(1);
        (0..n).step_by(rows).map(|from| (from, (from + rows).min(n))).collect()
    }

    /// The likelihood of one token at each place. Only [`LOGITS`] logits are held at a time, unless gradients are tracked:
    /// then the tape keeps them.
    #[must_use]
    pub fn likelihood(&self, hidden: Tensor<2>, tokens: &[u32]) -> Likelihood {
        self.likelihood_among(&hidden, tokens, None)
    }

    /// As [`Self::likelihood`], each place's distribution being over its allowed tokens alone, which are listed in
    /// ascending order; none for all. A token that is not among them gets about -1e9.
    #[must_use]
    pub fn likelihood_among(
        &self,
        hidden: &Tensor<2>,
        tokens: &[u32],
        allowed: Option<&[Allowed]>,
    ) -> Likelihood {
        let (n, device) = (tokens.len(), hidden.device());
        if n == 0 {
            let none = || Tensor::zeros([0], (&device, DType::F32));
            let normaliser = Tensor::zeros([0, 1], (&device, DType::F32));
            return Likelihood { log_probability: none(), entropy: none(), normaliser };
        }
        let (mut picked, mut entropy, mut normaliser) = (Vec::new(), Vec::new(), Vec::new());
        for (from, to) in self.rows(n, 1) {
            let among = Among::new(allowed, from, to);
            let hidden = hidden.clone().narrow(0, from, to - from);
            let place = self.places(&hidden, &tokens[from..to], &among);
            picked.push(place.log_probability);
            entropy.push(place.entropy);
            normaliser.push(place.normaliser);
        }
        Likelihood {
            log_probability: Tensor::cat(picked, 0),
            entropy: Tensor::cat(entropy, 0),
            normaliser: Tensor::cat(normaliser, 0),
        }
    }

    fn places(&self, hidden: &Tensor<2>, tokens: &[u32], among: &Among<'_>) -> Likelihood {
        let n = tokens.len();
        let mut sums = Sums::default();
        let mut picked: Option<Tensor<2>> = None;
        for (from, to) in self.parts() {
            let part = among.hide(self.part(hidden, from, to), from, to);
            sums.add(&part, true);
            let Some((at, keep)) = found(tokens, from, to, &hidden.device()) else { continue };
            let found = part.gather(1, at);
            let found = match keep {
                Some(keep) => found * keep,
                None => found,
            };
            picked = Some(picked.map_or(found.clone(), |p| p + found));
        }
        let normaliser = sums.normaliser(hidden);
        let entropy = sums.entropy(&normaliser).reshape([n]);
        let picked = picked.unwrap_or_else(|| normaliser.clone());
        Likelihood { log_probability: (picked - normaliser.clone()).reshape([n]), entropy, normaliser }
    }

    /// From the derivatives of something by the log-probabilities of `tokens` to its derivatives by `hidden`, `[places,
    /// hidden]` in the type of `hidden`, without a tape: `(1[token] - softmax) / temperature` times each derivative is
    /// the one by a place's logits, and they are computed again a part of the vocabulary at a time. `seen` is what
    /// [`Self::likelihood_among`] gave. Where `weight` is given it hears the derivatives by the weights, in `f32`, part
    /// by part with the first token of each.
    #[must_use]
    pub fn backward(
        &self,
        hidden: &Tensor<2>,
        tokens: &[u32],
        allowed: Option<&[Allowed]>,
        seen: &Likelihood,
        gradient: &[f32],
        mut weight: Option<&mut dyn FnMut(usize, Tensor<2>)>,
    ) -> Tensor<2> {
        let (device, dtype): (Device, FloatDType) = (hidden.device(), hidden.dtype().into());
        // Logits, probabilities and derivatives are held side by side.
        let rows = self.rows(tokens.len(), 4);
        let among: Vec<Among<'_>> =
            rows.iter().map(|&(first, end)| Among::new(allowed, first, end)).collect();
        let mut sums: Vec<Option<Tensor<2>>> = vec![None; rows.len()];
        for (from, to) in self.parts() {
            let slice = self.weight.clone().narrow(0, from, to - from);
            let mut of_weight: Option<Tensor<2>> = None;
            for ((&(first, end), among), sum) in rows.iter().zip(&among).zip(&mut sums) {
                let n = end - first;
                let own = hidden.clone().narrow(0, first, n);
                let factor = TensorData::new(gradient[first..end].to_vec(), [n, 1]);
                let factor = Tensor::<2>::from_data(factor, (&device, DType::F32));
                let part = among.hide(self.part(&own, from, to), from, to);
                let shares = (part - seen.normaliser.clone().narrow(0, first, n)).exp();
                let mut slope = shares * -factor.clone();
                if let Some((at, keep)) = found(&tokens[first..end], from, to, &device) {
                    let up = match keep {
                        Some(keep) => factor * keep,
                        None => factor,
                    };
                    slope = slope.scatter(1, at, up, IndexingUpdateOp::Add);
                }
                let slope = (slope / self.temperature).cast(dtype);
                if weight.is_some() {
                    let more = slope.clone().transpose().matmul(own).cast(FloatDType::F32);
                    of_weight = Some(match of_weight.take() {
                        Some(sum) => sum + more,
                        None => more,
                    });
                }
                let more = slope.matmul(slice.clone()).cast(FloatDType::F32);
                *sum = Some(match sum.take() {
                    Some(sum) => sum + more,
                    None => more,
                });
            }
            if let (Some(hear), Some(of_weight)) = (weight.as_mut(), of_weight) {
                hear(from, of_weight);
            }
        }
        let sums: Vec<Tensor<2>> = sums.into_iter().flatten().collect();
        if sums.is_empty() { hidden.zeros_like() } else { Tensor::cat(sums, 0).cast(dtype) }
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
