//! Sampling answers: every prompt is read once, and its group of answers is written in step.

use burn::tensor::Tensor;
use scrubjay_core::rng::Stream;

use crate::batch::{Batch, Mask, indices};
use crate::policy::Policy;
use crate::processor::Prompt;
use crate::tokenizer::{IM_END, PAD, may_emit};

/// How answers are drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampling {
    /// Answers per prompt.
    pub group: usize,
    /// Softmax temperature; 0 takes the likeliest token.
    pub temperature: f64,
    /// Longest answer in tokens, the end marker included.
    pub max_tokens: usize,
}

/// One sampled answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Rollout {
    /// Its tokens, with the end marker if it was reached.
    pub ids: Vec<u32>,
    /// Log-probability of each token when it was drawn.
    pub log_probabilities: Vec<f32>,
    /// Whether it was cut off.
    pub truncated: bool,
}

/// The device did not answer, or not with numbers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("answers cannot be sampled: {0}")]
pub struct SampleError(String);

/// Samples a group of answers for every prompt. `policy` should not track gradients; each answer draws from
/// `stream` in a fixed order, so the result depends on the weights and the stream alone.
///
/// # Errors
/// [`SampleError`].
pub fn sample(
    policy: &Policy,
    prompts: &[&Prompt],
    how: Sampling,
    stream: &mut Stream,
) -> Result<Vec<Vec<Rollout>>, SampleError> {
    let device = policy.device();
    let none: Vec<Vec<Vec<u32>>> = vec![Vec::new(); prompts.len()];
    let batch = Batch::new(prompts, &none);
    let (rows, group, length) = (batch.rows, how.group, batch.prompt_length);
    let mut caches = policy.caches();
    let hidden = policy.hidden(&batch, &mut caches, true);
    let last = (0..rows).map(|r| ((r + 1) * length - 1) as i32).collect();
    // Greedy answers take the likeliest token, which no temperature changes.
    let heat = if how.temperature > 0.0 { how.temperature } else { 1.0 };
    let first = host(policy.log_probabilities(hidden, indices(last, &device), heat))?;
    let vocab = first.len() / rows.max(1);

    let empty = Rollout { ids: Vec::new(), log_probabilities: Vec::new(), truncated: true };
    let mut rollouts = vec![vec![empty; group]; rows];
    // The first token of all answers of a prompt comes from one distribution.
    let mut table: Vec<f32> =
        (0..rows * group).flat_map(|i| first[i / group * vocab..(i / group + 1) * vocab].to_vec()).collect();
    for step in 0..how.max_tokens {
        let mut tokens = vec![PAD; rows * group];
        for (i, token) in tokens.iter_mut().enumerate() {
            let rollout = &mut rollouts[i / group][i % group];
            if rollout.truncated {
                let row = &table[i * vocab..(i + 1) * vocab];
                *token = choose(row, how.temperature, stream);
                rollout.log_probabilities.push(row[*token as usize]);
                rollout.ids.push(*token);
                rollout.truncated = *token != IM_END;
            }
        }
        let running = rollouts.iter().flatten().any(|r| r.truncated);
        if !running || step + 1 == how.max_tokens {
            break;
        }
        let keys = length + group * (step + 1);
        let mut mask = Mask::new(rows, group, keys);
        let mut positions = Vec::with_capacity(rows * group);
        for (row, prompt) in prompts.iter().enumerate() {
            for g in 0..group {
                mask.show(row, g, batch.padding[row], length);
                for past in 0..=step {
                    let key = length + past * group + g;
                    mask.show(row, g, key, key + 1);
                }
                positions.push([prompt.next + step as i32; 3]);
            }
        }
        let hidden = policy.extend(&tokens, &positions, rows, &mask.tensor(&device), &mut caches);
        let every = (0..(rows * group) as i32).collect();
        table = host(policy.log_probabilities(hidden, indices(every, &device), heat))?;
    }
    Ok(rollouts)
}

fn host(tensor: Tensor<2>) -> Result<Vec<f32>, SampleError> {
    let values = tensor.try_into_data().map_err(|e| SampleError(e.to_string()))?;
    let values = values.try_to_vec::<f32>().map_err(|e| SampleError(e.to_string()))?;
    // Forbidden tokens are finite, too: anything else comes from broken weights or a broken device.
    if values.iter().any(|v| v.is_nan()) {
        return Err(SampleError("a log-probability is not a number".to_owned()));
    }
    Ok(values)
}

/// Draws a token by inverting the cumulative distribution; at temperature 0 takes the likeliest.
fn choose(log_probabilities: &[f32], temperature: f64, stream: &mut Stream) -> u32 {
    let best = log_probabilities.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(&a.0)));
    let best = best.map_or(IM_END, |(id, _)| id as u32);
    if temperature <= 0.0 {
        return best;
    }
    let mut left = stream.unit();
    for (id, &lp) in log_probabilities.iter().enumerate() {
        left -= f64::from(lp).exp();
        if left < 0.0 && may_emit(id as u32) {
            return id as u32;
        }
    }
    best
}
