//! Writing answers: every prompt is read once, and its group of answers is written in step.

use std::sync::Arc;

use burn::tensor::Tensor;
use scrubjay_core::rng::Stream;

use crate::attention::Place;
use crate::batch::Prompts;
use crate::draw::{best, drawn, normaliser};
use crate::head::Head;
use crate::held::{Held, HeldError};
use crate::policy::Policy;
use crate::prompt::Prompt;
use crate::trace::Trace;
use crate::vision::Features;

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
    /// Among which tokens each was drawn, rising; none where it was among all that the policy may say.
    pub allowed: Vec<Option<Arc<[u32]>>>,
    /// Whether it was cut off.
    pub truncated: bool,
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The prompts; each gets a group of answers.
    pub prompts: &'a [&'a Prompt],
    /// What [`Policy::encode`] makes of all their pictures in order, where that is known already; they are encoded if
    /// it is not.
    pub features: Option<&'a Features>,
    /// How answers are drawn.
    pub how: Sampling,
    /// For each prompt what its answers are held to; free if absent.
    pub held: Option<&'a [Held]>,
}

impl<'a> Request<'a> {
    /// Free answers, with the pictures encoded here.
    #[must_use]
    pub fn new(prompts: &'a [&'a Prompt], how: Sampling) -> Self {
        Self { prompts, features: None, how, held: None }
    }
}

/// Why no answers can be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GenerateError {
    /// The device did not answer, or not with numbers, or the request contradicts itself.
    #[error("no answers can be written: {0}")]
    Failed(String),
    /// A log-probability that is none.
    #[error("answer {answer} of prompt {prompt}: the log-probability of token {token} is {value}")]
    NotFinite {
        /// Which prompt, from 0.
        prompt: usize,
        /// Which answer of its group, from 0.
        answer: usize,
        /// The token that was drawn.
        token: u32,
        /// Its log-probability, as text.
        value: String,
    },
    /// An answer cannot go on within what it is held to.
    #[error("answer {answer} of prompt {prompt}: {cause}")]
    Held {
        /// Which prompt, from 0.
        prompt: usize,
        /// Which answer of its group, from 0.
        answer: usize,
        /// Why.
        cause: HeldError,
    },
}

fn failed(cause: impl ToString) -> GenerateError {
    GenerateError::Failed(cause.to_string())
}

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
/// [`GenerateError`] when a log-probability is not a number, features or grammars do not belong to the prompts, or
/// the tokenizer cannot write what the grammar wants.
pub fn generate(
    policy: &Policy,
    request: &Request<'_>,
    streams: &mut [Stream],
    tell: &mut dyn FnMut(usize, u32) -> bool,
) -> Result<Vec<Vec<Rollout>>, GenerateError> {
    let how = request.how;
    let tokens = &policy.config().tokens;
    let layout = Prompts::new(request.prompts, tokens.pad);
    let (rows, group) = (layout.rows(), how.group);
    check(request, &layout, policy, streams.len())?;
    // Neither features nor the prompts' hidden states are held while answers are written.
    let prefix = {
        let features = match request.features {
            Some(_) => None,
            None => policy.encode(&layout.visuals, &mut Trace::off()),
        };
        policy.prefill(&layout, request.features.or(features.as_ref()), &mut Trace::off()).0
    };
    // The likeliest tokens stay so at every temperature.
    let head = policy.head(if how.temperature > 0.0 { how.temperature } else { 1.0 });

    let empty =
        Rollout { ids: Vec::new(), log_probabilities: Vec::new(), allowed: Vec::new(), truncated: true };
    let mut rollouts = vec![empty; rows * group];
    let mut said = vec![String::new(); rows * group];
    let mut caches = policy.caches();
    // The first tokens of a prompt's answers come from one distribution, looked at as often as there are answers: so
    // every step has as many rows, and on the CPU the same rounding.
    let width = prefix.last.dims()[1];
    let mut hidden =
        prefix.last.clone().unsqueeze_dim::<3>(1).repeat_dim(1, group).reshape([rows * group, width]);
    let mut running: Vec<usize> = (0..rows * group).collect();
    for step in 0..how.max_tokens {
        let mut newest = vec![tokens.pad; rows * group];
        let mut allowed = permitted(request, &running, &said)?;
        let chosen = choose(&head, &hidden, &running, &allowed, how, streams)?;
        for (&i, (token, log_probability)) in running.iter().zip(chosen) {
            if !log_probability.is_finite() {
                let (prompt, answer, value) = (i / group, i % group, log_probability.to_string());
                return Err(GenerateError::NotFinite { prompt, answer, token, value });
            }
            newest[i] = token;
            if let Some(held) = request.held.and_then(|h| h.get(i / group)) {
                said[i].push_str(held.text(token));
            }
            let rollout = &mut rollouts[i];
            rollout.ids.push(token);
            rollout.log_probabilities.push(log_probability);
            rollout.allowed.push(allowed[i].take());
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

/// Whether the parts of a request belong together.
fn check(
    request: &Request<'_>,
    layout: &Prompts<'_>,
    policy: &Policy,
    streams: usize,
) -> Result<(), GenerateError> {
    let (rows, group) = (layout.rows(), request.how.group);
    if rows == 0 || group == 0 || layout.length == 0 {
        return Err(failed(format!("{rows} prompts of {} tokens, {group} answers each", layout.length)));
    }
    if request.how.temperature > 0.0 && streams < rows * group {
        return Err(failed(format!("{streams} streams for {} answers", rows * group)));
    }
    if let Some(features) = request.features {
        let given = features.merged.dims()[0];
        let wanted: usize = request.prompts.iter().map(|p| p.features(policy.config())).sum();
        if given != wanted {
            return Err(failed(format!("{given} features for the {wanted} picture tokens of the prompts")));
        }
    }
    match request.held {
        Some(held) if held.len() != rows => {
            Err(failed(format!("{} grammars for {rows} prompts", held.len())))
        }
        _ => Ok(()),
    }
}

/// Among which tokens each running answer goes on; nothing for the others, and for all where they are free.
fn permitted(
    request: &Request<'_>,
    running: &[usize],
    said: &[String],
) -> Result<Vec<Option<Arc<[u32]>>>, GenerateError> {
    let mut allowed = vec![None; said.len()];
    let Some(held) = request.held else { return Ok(allowed) };
    for &i in running {
        let (prompt, answer) = (i / request.how.group, i % request.how.group);
        let set = held[prompt].allowed(&said[i]);
        allowed[i] = Some(set.map_err(|cause| GenerateError::Held { prompt, answer, cause })?);
    }
    Ok(allowed)
}

/// A token and its log-probability for each running answer; answer `i` is predicted by row `i` and drawn among
/// `allowed[i]`, where there is such a list.
fn choose(
    head: &Head,
    hidden: &Tensor<2>,
    running: &[usize],
    allowed: &[Option<Arc<[u32]>>],
    how: Sampling,
    streams: &mut [Stream],
) -> Result<Vec<(u32, f32)>, GenerateError> {
    let greedy = how.temperature <= 0.0;
    if greedy && allowed.iter().all(Option::is_none) {
        let (best, log_probability) = head.likeliest(hidden);
        let best = best.try_into_data().map_err(failed)?;
        let best = best.try_to_vec_as::<i64>().map_err(failed)?;
        let log_probability = host(log_probability)?;
        return Ok(running.iter().map(|i| (best[*i] as u32, log_probability[*i])).collect());
    }
    let (logits, all) = head.logits(hidden);
    let (logits, all) = (host(logits)?, host(all)?);
    let vocab = logits.len() / all.len().max(1);
    let mut out = Vec::with_capacity(running.len());
    for &i in running {
        let row = &logits[i * vocab..][..vocab];
        let Some(set) = &allowed[i] else {
            let token = if greedy { best(row) } else { drawn(row, all[i], how, &mut streams[i]) };
            out.push((token as u32, row[token] - all[i]));
            continue;
        };
        let few: Option<Vec<f32>> = set.iter().map(|id| row.get(*id as usize).copied()).collect();
        let few = few.filter(|f| !f.is_empty());
        let few = few.ok_or_else(|| failed(format!("the allowed tokens are none of the model's {vocab}")))?;
        let whole = normaliser(&few);
        let place = if greedy { best(&few) } else { drawn(&few, whole, how, &mut streams[i]) };
        out.push((set[place], few[place] - whole));
    }
    Ok(out)
}

fn host<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, GenerateError> {
    let values = tensor.try_into_data().map_err(failed)?;
    values.try_to_vec::<f32>().map_err(failed)
}
