//! Writing answers: every prompt is read once, and its group of answers is written in step.

use burn::tensor::Tensor;
use scrubjay_core::rng::Stream;

use crate::attention::Place;
use crate::batch::Prompts;
use crate::head::Head;
use crate::policy::Policy;
use crate::prompt::Prompt;
use crate::trace::Trace;

/// How answers are drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampling {
    /// Answers per prompt.
    pub group: usize,
    /// Softmax temperature; 0 takes the likeliest token.
    pub temperature: f64,
    /// Draws among the likeliest tokens that together have this probability; 1 for all.
    pub top_p: f64,
    /// Draws among this many likeliest tokens; 0 for all.
    pub top_k: usize,
    /// Longest answer in tokens, the end marker included.
    pub max_tokens: usize,
}

impl Sampling {
    /// One answer of the likeliest tokens.
    #[must_use]
    pub fn greedy(max_tokens: usize) -> Self {
        Self { group: 1, temperature: 0.0, top_p: 1.0, top_k: 0, max_tokens }
    }
}

/// One answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Rollout {
    /// Its tokens, with the end marker if it was reached.
    pub ids: Vec<u32>,
    /// Log-probability of each token when it was drawn, at the temperature and among all allowed tokens: `top_p` and
    /// `top_k` choose what is drawn, not how likely the policy says it is.
    pub log_probabilities: Vec<f32>,
    /// Whether it was cut off.
    pub truncated: bool,
}

/// The device did not answer, or not with numbers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no answers can be written: {0}")]
pub struct GenerateError(String);

/// Answers' keys are first laid out for so many tokens, and for twice as many whenever they do not suffice.
const FIRST_ROOM: usize = 64;

/// The room that answers of up to `max_tokens` tokens end up with; see [`Policy::score`].
#[must_use]
pub fn room(tokens: usize, max_tokens: usize) -> usize {
    tokens.next_power_of_two().max(FIRST_ROOM).min(max_tokens.max(1))
}

/// Writes a group of answers for every prompt. `policy` should not track gradients. Answer `i`, row-major, draws
/// from `streams[i]` alone. `tell` hears every token as it is drawn, with the number of its answer; false
/// ends that answer there.
///
/// # Errors
/// [`GenerateError`] when a log-probability is not a number.
pub fn generate(
    policy: &Policy,
    prompts: &[&Prompt],
    how: Sampling,
    streams: &mut [Stream],
    tell: &mut dyn FnMut(usize, u32) -> bool,
) -> Result<Vec<Vec<Rollout>>, GenerateError> {
    let tokens = &policy.config().tokens;
    let layout = Prompts::new(prompts, tokens.pad);
    let (rows, group) = (layout.rows(), how.group);
    if rows == 0 || group == 0 || layout.length == 0 {
        return Err(GenerateError(format!(
            "{rows} prompts of {} tokens, {group} answers each",
            layout.length
        )));
    }
    if how.temperature > 0.0 && streams.len() < rows * group {
        return Err(GenerateError(format!("{} streams for {} answers", streams.len(), rows * group)));
    }
    // Neither features nor the prompts' hidden states are held while answers are written.
    let prefix = {
        let features = policy.encode(&layout.visuals, &mut Trace::off());
        policy.prefill(&layout, features.as_ref(), &mut Trace::off()).0
    };
    // The likeliest tokens stay so at every temperature.
    let head = policy.head(if how.temperature > 0.0 { how.temperature } else { 1.0 });

    let empty = Rollout { ids: Vec::new(), log_probabilities: Vec::new(), truncated: true };
    let mut rollouts = vec![empty; rows * group];
    let mut caches = policy.caches();
    // The first tokens of a prompt's answers come from one distribution, looked at as often as there are answers: so
    // every step has as many rows, and on the CPU the same rounding.
    let width = prefix.last.dims()[1];
    let mut hidden =
        prefix.last.clone().unsqueeze_dim::<3>(1).repeat_dim(1, group).reshape([rows * group, width]);
    let mut running: Vec<usize> = (0..rows * group).collect();
    for step in 0..how.max_tokens {
        let mut newest = vec![tokens.pad; rows * group];
        let chosen = choose(&head, &hidden, &running, how, streams)?;
        for (&i, (token, log_probability)) in running.iter().zip(chosen) {
            if !log_probability.is_finite() {
                return Err(GenerateError(format!(
                    "the log-probability of token {token} is {log_probability}"
                )));
            }
            newest[i] = token;
            let rollout = &mut rollouts[i];
            rollout.ids.push(token);
            rollout.log_probabilities.push(log_probability);
            rollout.truncated = !tokens.ends.contains(&token);
            if !tell(i, token) {
                rollout.truncated = false;
            }
        }
        running.retain(|i| rollouts[*i].truncated);
        if running.is_empty() || step + 1 == how.max_tokens {
            break;
        }
        let place = Place { group, start: step, room: room(step + 1, how.max_tokens) };
        hidden = policy.extend(&prefix, &newest, place, Some(&mut caches));
    }
    let mut rollouts = rollouts.into_iter();
    Ok((0..rows).map(|_| rollouts.by_ref().take(group).collect()).collect())
}

/// A token and its log-probability for each running answer; answer `i` is predicted by row `i`.
fn choose(
    head: &Head,
    hidden: &Tensor<2>,
    running: &[usize],
    how: Sampling,
    streams: &mut [Stream],
) -> Result<Vec<(u32, f32)>, GenerateError> {
    if how.temperature <= 0.0 {
        let (best, log_probability) = head.likeliest(hidden);
        let best = best.try_into_data().map_err(|e| GenerateError(e.to_string()))?;
        let best = best.try_to_vec_as::<i64>().map_err(|e| GenerateError(e.to_string()))?;
        let log_probability = host(log_probability)?;
        return Ok(running.iter().map(|i| (best[*i] as u32, log_probability[*i])).collect());
    }
    let (logits, normaliser) = head.logits(hidden);
    let (logits, normaliser) = (host(logits)?, host(normaliser)?);
    let vocab = logits.len() / normaliser.len().max(1);
    let draw = |&i: &usize| {
        let (row, normaliser) = (&logits[i * vocab..][..vocab], normaliser[i]);
        let token = drawn(row, normaliser, how, &mut streams[i]);
        (token, row[token as usize] - normaliser)
    };
    Ok(running.iter().map(draw).collect())
}

fn host<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, GenerateError> {
    let values = tensor.try_into_data().map_err(|e| GenerateError(e.to_string()))?;
    values.try_to_vec::<f32>().map_err(|e| GenerateError(e.to_string()))
}

/// Draws a token by inverting the cumulative distribution over what `top_k` and `top_p` leave.
fn drawn(logits: &[f32], normaliser: f32, how: Sampling, stream: &mut Stream) -> u32 {
    let probability = |id: usize| f64::from(logits[id] - normaliser).exp();
    let mut left = stream.unit();
    let restricted = how.top_k > 0 && how.top_k < logits.len() || how.top_p < 1.0;
    let ids: Vec<usize> = if restricted {
        let mut ids: Vec<usize> = (0..logits.len()).collect();
        ids.sort_by(|a, b| logits[*b].total_cmp(&logits[*a]).then(a.cmp(b)));
        if how.top_k > 0 {
            ids.truncate(how.top_k);
        }
        let kept: f64 = ids.iter().map(|id| probability(*id)).sum();
        let mut sum = 0.0;
        // The token that crosses the bound belongs to those that are kept.
        let within = ids.iter().take_while(|id| {
            let before = sum;
            sum += probability(**id);
            before < how.top_p * kept
        });
        let count = within.count().max(1);
        ids.truncate(count);
        left *= ids.iter().map(|id| probability(*id)).sum::<f64>();
        ids
    } else {
        (0..logits.len()).collect()
    };
    let mut last = None;
    for id in ids {
        let p = probability(id);
        left -= p;
        if p > 0.0 {
            last = Some(id);
            if left < 0.0 {
                break;
            }
        }
    }
    // Rounding may leave a trace of the interval behind the last token.
    last.unwrap_or(0) as u32
}
