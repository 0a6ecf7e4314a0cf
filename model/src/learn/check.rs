//! Whether a batch fits together, told before anything is computed.

use super::Batch;
use crate::policy::Policy;

/// Why a batch cannot be learned from.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum LearnError {
    /// No prompts, or empty ones.
    #[error("{rows} prompts of {length} tokens: there is nothing to learn from")]
    Empty {
        /// Prompts.
        rows: usize,
        /// Tokens of each.
        length: usize,
    },
    /// The policy's weights are on a tape.
    #[error("the policy is on a tape: build it on a device without automatic differentiation")]
    Taped,
    /// A list has another length than it must have.
    #[error("{what}: {given} given, {wanted} wanted")]
    Length {
        /// The list.
        what: &'static str,
        /// Its entries.
        given: usize,
        /// As many as there should be.
        wanted: usize,
    },
    /// The temperature is not above 0.
    #[error("a temperature of {0}: it must be above 0")]
    Temperature(f64),
    /// A target looks at a place that the batch does not have.
    #[error("target {target} is predicted by place {place} of {places}")]
    Place {
        /// Number of the target.
        target: usize,
        /// The place that predicts it.
        place: usize,
        /// Places of the batch.
        places: usize,
    },
    /// A token that is not in the vocabulary, or that is not to be said where it stands.
    #[error("target {target} is token {token}, which is not among the tokens that may be said there")]
    Token {
        /// Number of the target.
        target: usize,
        /// The token.
        token: u32,
    },
    /// A list of allowed tokens is not in ascending order.
    #[error("the tokens allowed for target {0} are not in ascending order")]
    Order(usize),
    /// A derivative is no finite number.
    #[error("the derivative of the loss by the log-probability of target {target} is {value}")]
    NotFinite {
        /// Number of the target.
        target: usize,
        /// Its derivative.
        value: f32,
    },
}

pub(super) fn batch(policy: &Policy, batch: &Batch<'_>) -> Result<(), LearnError> {
    let (prompts, answers) = (batch.prompts, batch.answers);
    let (rows, length, vocab) = (prompts.rows(), prompts.length, policy.config().text.vocab);
    if policy.device().is_autodiff() {
        return Err(LearnError::Taped);
    }
    if rows == 0 || length == 0 {
        return Err(LearnError::Empty { rows, length });
    }
    if batch.temperature.is_nan() || batch.temperature <= 0.0 {
        return Err(LearnError::Temperature(batch.temperature));
    }
    let read = rows * answers.group * answers.length;
    let targets = answers.targets.len();
    for (what, given, wanted) in [
        ("tokens of prompts", prompts.ids.len(), rows * length),
        ("positions of prompts", prompts.positions.len(), rows * length),
        ("positions of first answer tokens", prompts.next.len(), rows),
        ("tokens of answers", answers.ids.len(), read),
        ("lists of allowed tokens", batch.allowed.map_or(targets, <[_]>::len), targets),
    ] {
        if given != wanted {
            return Err(LearnError::Length { what, given, wanted });
        }
    }
    for (i, &(place, token)) in answers.targets.iter().enumerate() {
        if place >= rows + read {
            return Err(LearnError::Place { target: i, place, places: rows + read });
        }
        let is_said = (token as usize) < vocab && policy.forbids().get(token as usize) != Some(&true);
        let among = batch.allowed.and_then(|a| a[i].as_deref());
        if among.is_some_and(|set| !set.is_sorted()) {
            return Err(LearnError::Order(i));
        }
        if !is_said || among.is_some_and(|set| set.binary_search(&token).is_err()) {
            return Err(LearnError::Token { target: i, token });
        }
    }
    Ok(())
}

pub(super) fn slope(slope: &[f32], targets: usize) -> Result<(), LearnError> {
    if slope.len() != targets {
        let what = "derivatives by log-probabilities";
        return Err(LearnError::Length { what, given: slope.len(), wanted: targets });
    }
    match slope.iter().position(|s| !s.is_finite()) {
        Some(target) => Err(LearnError::NotFinite { target, value: slope[target] }),
        None => Ok(()),
    }
}
