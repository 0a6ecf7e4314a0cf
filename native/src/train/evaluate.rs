//! Scoring a policy on held-out items.

use std::collections::BTreeMap;

use burn::module::Module as _;
use scrubjay_core::metric::{Estimate, clustered_mean};
use scrubjay_core::rng::Stream;
use scrubjay_core::task::TaskName;
use scrubjay_model::generate::{Sampling, sample};
use scrubjay_model::policy::Policy;
use scrubjay_model::tokenizer::decode;

use super::data::Example;

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
#[must_use]
pub fn answer(policy: &Policy, examples: &[Example], max_tokens: usize) -> Vec<Answered> {
    let policy = policy.valid();
    let how = Sampling { group: 1, temperature: 0.0, max_tokens };
    let mut stream = Stream::keyed(0, "greedy", "", 0);
    let mut out = Vec::with_capacity(examples.len());
    for chunk in examples.chunks(32) {
        let prompts: Vec<_> = chunk.iter().map(|e| &e.prompt).collect();
        let rollouts = sample(&policy, &prompts, how, &mut stream);
        for (example, group) in chunk.iter().zip(rollouts) {
            let answer = group.first().map(|r| decode(&r.ids)).unwrap_or_default();
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
    out
}

/// The figures of one task.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Summary {
    /// Mean score with its 95 % interval, clustered by source.
    pub score: Estimate,
    /// Share of answers that could not be read.
    pub failed: f64,
    /// Mean chance level.
    pub random: f64,
    /// Mean score of the best answer that never looks.
    pub blind: f64,
}

/// Figures by task.
#[must_use]
pub fn summarize(answers: &[Answered]) -> BTreeMap<TaskName, Summary> {
    let mut out = BTreeMap::new();
    for task in TaskName::ALL {
        let of_task: Vec<&Answered> = answers.iter().filter(|a| a.task == task).collect();
        let mut clusters: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        for a in &of_task {
            clusters.entry(&a.source).or_default().push(a.score);
        }
        let clusters: Vec<Vec<f64>> = clusters.into_values().collect();
        let Some(score) = clustered_mean(&clusters, 0) else { continue };
        let mean = |f: fn(&Answered) -> f64| of_task.iter().map(|a| f(a)).sum::<f64>() / score.n as f64;
        out.insert(
            task,
            Summary {
                score,
                failed: mean(|a| f64::from(u8::from(a.failed))),
                random: mean(|a| a.random),
                blind: mean(|a| a.blind),
            },
        );
    }
    out
}
