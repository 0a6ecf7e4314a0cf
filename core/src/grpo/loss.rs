//! The policy loss and its gradient with respect to the log-probabilities of the sampled tokens (methods §7).
//!
//! Tensor code hands in log-probabilities and takes back one number per token, so that it need not know which loss is
//! meant, and every loss is exact to `f64` on every backend. Normalizers are made for a whole step before its parts are
//! computed, so that parts of any size add up to the whole.

use crate::named::named;

mod policy;

pub use self::policy::LOG_RATIO_BOUND;
use self::policy::{divergence, policy};

named! {
    /// How the losses of tokens become one.
    #[derive(Default)]
    pub enum LossType, "loss type",
    /// An unknown loss type.
    UnknownLossType {
        /// Mean over answers of the mean over their tokens.
        Grpo = "grpo",
        /// Mean over the tokens of the batch. A step's parts add up to the step here, so that it is `dapo`.
        Bnpo = "bnpo",
        /// Sum over tokens, divided by the number of answers and the longest answer allowed (Dr. GRPO).
        DrGrpo = "dr_grpo",
        /// Mean over the tokens of the step (DAPO; verl's `token-mean`).
        #[default]
        Dapo = "dapo",
        /// `grpo` with one ratio per answer (GSPO).
        Gspo = "gspo",
        /// The bounded ratio weighs the likelihood and carries no gradient; mean over the tokens of the step (CISPO).
        Cispo = "cispo",
    }
}

named! {
    /// Of what the ratio of probabilities is formed.
    #[derive(Default)]
    pub enum Importance, "importance",
    /// An unknown importance.
    UnknownImportance {
        /// Of each token.
        #[default]
        Token = "token",
        /// Of the whole answer: the exponential of the mean of its tokens' log-ratios.
        Sequence = "sequence",
    }
}

/// Which loss.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct How {
    /// How the losses of tokens become one.
    pub loss_type: LossType,
    /// Of what the ratio is formed.
    pub importance: Importance,
    /// ε: the ratio is clipped at 1 − ε.
    pub clip: f64,
    /// ε_high: the ratio is clipped at 1 + ε_high; for [`LossType::Cispo`] the largest ratio itself.
    pub clip_high: f64,
    /// δ: the largest ratio of the unclipped term (two-sided clipping).
    pub delta: Option<f64>,
    /// c: the loss is at most c·|A| where the advantage is negative (verl's dual clip).
    pub dual_clip: Option<f64>,
    /// β: weight of the KL estimate.
    pub kl: f64,
    /// Bound of the log-ratio to the reference.
    pub kl_log_clamp: Option<f64>,
    /// Bound of the estimate of a token.
    pub kl_clamp: Option<f64>,
    /// Longest answer allowed, in tokens; what [`LossType::DrGrpo`] divides by.
    pub max_tokens: usize,
}

/// An answer: log-probabilities of its tokens in natural logarithms, up to and with the end marker.
#[derive(Debug, Clone, Copy)]
pub struct Sequence<'a> {
    /// Under the policy that learns.
    pub new: &'a [f32],
    /// Under the policy that sampled; none where that is the one that learns: every ratio is then exactly 1 and the
    /// gradient flows through it.
    pub old: Option<&'a [f32]>,
    /// Under the reference, if there is one.
    pub reference: Option<&'a [f32]>,
    /// Its advantage.
    pub advantage: f64,
    /// Whether its tokens count; truncated answers may be masked. An answer that does not count adds nothing and has no
    /// gradient, but remains one of the step's answers.
    pub counts: bool,
}

/// What the token losses of one step are divided by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Normalizer {
    loss_type: LossType,
    sequences: f64,
    tokens: f64,
    max_tokens: f64,
}

impl Normalizer {
    /// The normalizer of a step with these answers, each by its length in tokens and whether it counts.
    pub fn new(how: &How, answers: impl IntoIterator<Item = (usize, bool)>) -> Self {
        let (mut sequences, mut tokens) = (0_u64, 0_u64);
        for (length, counts) in answers {
            sequences += 1;
            tokens += if counts { length as u64 } else { 0 };
        }
        Self {
            loss_type: how.loss_type,
            sequences: sequences.max(1) as f64,
            tokens: tokens.max(1) as f64,
            max_tokens: how.max_tokens.max(1) as f64,
        }
    }

    /// What each token of an answer of this length weighs in the step's loss.
    #[must_use]
    pub fn weight(&self, length: usize) -> f64 {
        match self.loss_type {
            LossType::Grpo | LossType::Gspo => 1.0 / (self.sequences * length.max(1) as f64),
            LossType::DrGrpo => 1.0 / (self.sequences * self.max_tokens),
            LossType::Bnpo | LossType::Dapo | LossType::Cispo => 1.0 / self.tokens,
        }
    }
}

/// Counts and sums over the answers that count; those of parts add up by [`Stats::add`].
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Stats {
    /// Answers that count.
    pub sequences: usize,
    /// Their tokens.
    pub tokens: usize,
    /// Answers that do not count.
    pub masked: usize,
    /// Ratios formed: tokens, or answers where there is one ratio for each.
    pub ratios: usize,
    /// Ratios below 1 − ε with a negative advantage.
    pub clip_low: usize,
    /// Ratios above 1 + ε_high (for CISPO above ε_high) with a positive advantage.
    pub clip_high: usize,
    /// Ratios at which δ or the dual clip cut the gradient off.
    pub clip_bound: usize,
    /// Log-ratios beyond ±[`LOG_RATIO_BOUND`], to the old policy or to the reference.
    pub beyond: usize,
    /// Sum over tokens of the KL estimate; 0 without a reference.
    pub kl: f64,
}

impl Stats {
    /// Adds the counts of another part.
    pub fn add(&mut self, other: &Self) {
        self.sequences += other.sequences;
        self.tokens += other.tokens;
        self.masked += other.masked;
        self.ratios += other.ratios;
        self.clip_low += other.clip_low;
        self.clip_high += other.clip_high;
        self.clip_bound += other.clip_bound;
        self.beyond += other.beyond;
        self.kl += other.kl;
    }

    /// Mean KL estimate of a token.
    #[must_use]
    pub fn mean_kl(&self) -> f64 {
        self.kl / self.tokens.max(1) as f64
    }

    /// Share of ratios clipped (low, high, either).
    #[must_use]
    pub fn clipped(&self) -> (f64, f64, f64) {
        let n = self.ratios.max(1) as f64;
        let (low, high) = (self.clip_low as f64, self.clip_high as f64);
        (low / n, high / n, (low + high) / n)
    }
}

/// A part of a step's loss.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// What the part adds to the step's loss.
    pub loss: f64,
    /// `[answer][token]`: d loss / d `new`.
    pub gradient: Vec<Vec<f64>>,
    /// `[answer][token]`: the token's loss before weighting; 0 in answers that do not count.
    pub tokens: Vec<Vec<f64>>,
    /// Counts.
    pub stats: Stats,
}

/// A loss that cannot be formed.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum LossError {
    /// Lists of different length.
    #[error("answer {sequence}: {given} log-probabilities of the {what} for {tokens} tokens")]
    Ragged {
        /// The answer, from 0.
        sequence: usize,
        /// `old policy` or `reference`.
        what: &'static str,
        /// Log-probabilities given.
        given: usize,
        /// Tokens of the answer.
        tokens: usize,
    },
    /// A number that is none.
    #[error("answer {sequence}, token {token}: the {what} is {value}")]
    NotFinite {
        /// The answer, from 0.
        sequence: usize,
        /// The token, from 0.
        token: usize,
        /// What is not finite.
        what: &'static str,
        /// Its value.
        value: f64,
    },
}

/// The loss of a part of a step.
///
/// With r = exp(new − old), per token or per answer: ℓ = max(−r'·A, −clip(r, 1 − ε, 1 + ε_high)·A) + β·k3, where
/// r' = min(r, δ); dual clip bounds the first part by c·|A| where A < 0. For CISPO ℓ = −min(r, ε_high)·A·new + β·k3 with
/// the ratio held constant. k3 = eˣ − x − 1 with x = reference − new. Clamps pass the gradient inside their bounds and
/// none outside, as `torch.clamp` does.
///
/// # Errors
/// [`LossError`]: lists of different length, or a value, loss or gradient that is not finite as `f32`.
pub fn loss(how: &How, normalizer: &Normalizer, sequences: &[Sequence<'_>]) -> Result<Part, LossError> {
    let mut part = Part { loss: 0.0, gradient: Vec::new(), tokens: Vec::new(), stats: Stats::default() };
    for (index, sequence) in sequences.iter().enumerate() {
        check(index, sequence)?;
        let length = sequence.new.len();
        if !sequence.counts {
            part.stats.masked += 1;
            part.gradient.push(vec![0.0; length]);
            part.tokens.push(vec![0.0; length]);
            continue;
        }
        part.stats.sequences += 1;
        part.stats.tokens += length;
        let mut terms = policy(how, sequence, &mut part.stats);
        if let Some(reference) = sequence.reference {
            for ((term, new), reference) in terms.iter_mut().zip(sequence.new).zip(reference) {
                let x = f64::from(*reference) - f64::from(*new);
                let (kl, slope) = divergence(how, x, &mut part.stats);
                part.stats.kl += kl;
                // At β = 0 the estimate is a figure to report and nothing else.
                if how.kl != 0.0 {
                    term.0 += how.kl * kl;
                    term.1 += how.kl * slope;
                }
            }
        }
        let weight = normalizer.weight(length);
        for (token, (value, slope)) in terms.iter().enumerate() {
            for (what, value) in [("loss", *value), ("gradient", weight * slope)] {
                if !(value as f32).is_finite() {
                    return Err(LossError::NotFinite { sequence: index, token, what, value });
                }
            }
            part.loss += weight * value;
        }
        part.gradient.push(terms.iter().map(|t| weight * t.1).collect());
        part.tokens.push(terms.iter().map(|t| t.0).collect());
    }
    Ok(part)
}

fn check(index: usize, sequence: &Sequence<'_>) -> Result<(), LossError> {
    let tokens = sequence.new.len();
    let lists =
        [("policy", Some(sequence.new)), ("old policy", sequence.old), ("reference", sequence.reference)];
    for (what, list) in lists.into_iter().filter_map(|(what, list)| Some((what, list?))) {
        if list.len() != tokens {
            return Err(LossError::Ragged { sequence: index, what, given: list.len(), tokens });
        }
        // Masked answers too: what is not a number there is a fault all the same.
        if let Some((token, value)) = list.iter().enumerate().find(|(_, x)| !x.is_finite()) {
            let what = match what {
                "policy" => "log-probability",
                "reference" => "reference's log-probability",
                _ => "old log-probability",
            };
            return Err(LossError::NotFinite { sequence: index, token, what, value: f64::from(*value) });
        }
    }
    if !sequence.advantage.is_finite() {
        let value = sequence.advantage;
        return Err(LossError::NotFinite { sequence: index, token: 0, what: "advantage", value });
    }
    Ok(())
}
