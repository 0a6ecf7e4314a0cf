//! Scoring a policy on held-out items.

use std::sync::Arc;

use scrubjay_core::prompt::Wording;
use scrubjay_core::task::TaskName;
use scrubjay_model::generate::{Request, Sampling, generate};
use scrubjay_model::held::Vocabulary;
use scrubjay_model::policy::Policy;
use scrubjay_model::processor::Processor;
use scrubjay_model::prompt::Prompt;

use super::batches::{Size, parts};
use super::data::Example;
use super::fault::Fault;
use super::rollout::{held, said};

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

/// How a policy is examined: every example is answered once by taking the likeliest token at each place, as VideoSSR
/// evaluates.
#[derive(Debug)]
pub struct Examiner<'a> {
    /// The model's files.
    pub processor: &'a Processor,
    /// What answers are held to their grammar with; none if they are free.
    pub vocabulary: Option<&'a Arc<Vocabulary>>,
    /// The prompts' wording.
    pub wording: Wording,
    /// Longest answer in tokens.
    pub max_tokens: usize,
    /// Most tokens at once; 0 for no bound.
    pub micro_tokens: usize,
}

impl Examiner<'_> {
    /// Answers every example.
    ///
    /// # Errors
    /// [`Fault`] when the policy yields no numbers.
    pub fn answers(&self, policy: &Policy, examples: &[Example]) -> Result<Vec<Answered>, Fault> {
        let how = Sampling::greedy(self.max_tokens);
        let size = |e: &Example| Size { prompt: e.prompt.ids.len(), group: 1, answer: self.max_tokens };
        let sizes: Vec<Size> = examples.iter().map(size).collect();
        let mut out = Vec::with_capacity(examples.len());
        for part in parts(&sizes, self.micro_tokens) {
            let chunk = &examples[part];
            let prompts: Vec<&Prompt> = chunk.iter().map(|e| &e.prompt).collect();
            let held = held(self.vocabulary, chunk.iter());
            let request = Request { prompts: &prompts, features: None, how, held: held.as_deref() };
            let chunk: Vec<&Example> = chunk.iter().collect();
            let rollouts = generate(policy, &request, &mut [], &mut |_, _| true)
                .map_err(|e| Fault::of_answers(&e, policy, &chunk))?;
            for (example, group) in chunk.iter().zip(rollouts) {
                let ids = group.first().map(|r| r.ids.as_slice()).unwrap_or_default();
                let answer = said(self.processor, Some(self.wording), ids);
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
}
