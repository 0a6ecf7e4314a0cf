//! Scoring a policy on held-out items.

use burn::module::Module as _;
use scrubjay_core::task::TaskName;
use scrubjay_model::generate::{Sampling, generate};
use scrubjay_model::policy::Policy;
use scrubjay_model::tokenizer::Tokenizer;

use super::data::Example;
use crate::error::Error;

/// One answered item.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Answered {
    /// Item id.
    pub id: String,
    /// Source key.
    pub source: String,
    /// Task.
    pub task: TaskName,
    /// The raw answer.
    pub answer: String,
    /// The truth's text.
    pub truth: String,
    /// The score.
    pub score: f64,
    /// Whether the answer could not be read.
    pub failed: bool,
    /// Expected score of a random valid answer.
    pub random: f64,
    /// Expected score of the best fixed answer.
    pub blind: f64,
}

/// Answers every example once by taking the likeliest token at each place, as VideoSSR evaluates.
///
/// # Errors
/// [`Error`] when the policy yields no numbers.
pub fn answer(
    policy: &Policy,
    tokenizer: &Tokenizer,
    examples: &[Example],
    max_tokens: usize,
) -> Result<Vec<Answered>, Error> {
    let policy = policy.valid();
    let how = Sampling::greedy(max_tokens);
    let mut out = Vec::with_capacity(examples.len());
    for chunk in examples.chunks(32) {
        let prompts: Vec<_> = chunk.iter().map(|e| &e.prompt).collect();
        let rollouts = generate(&policy, &prompts, how, &mut [], &mut |_, _| true)
            .map_err(|e| Error::failed(e.to_string()))?;
        for (example, group) in chunk.iter().zip(rollouts) {
            let answer = group.first().map(|r| tokenizer.decode(&r.ids, true)).unwrap_or_default();
            let score = example.item.truth.score(&answer);
            out.push(Answered {
                id: example.id.clone(),
                source: example.source.clone(),
                task: example.task,
                answer,
                truth: example.item.truth.text(),
                score: score.total,
                failed: score.failure.is_some(),
                random: example.item.chance.random,
                blind: example.item.chance.blind,
            });
        }
    }
    Ok(out)
}
