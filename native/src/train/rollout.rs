//! Rollouts: prompts and pictures are read once, a group of answers is sampled for each, and every answer is paid for.

use std::sync::Arc;

use scrubjay_core::grpo::advantage::{self, advantages};
use scrubjay_core::preset::{Grpo, Phase, scores};
use scrubjay_core::prompt::Wording;
use scrubjay_core::reward::{Score, bonus};
use scrubjay_core::rng::Stream;
use scrubjay_core::task::TaskName;
use scrubjay_model::generate::{Request, Rollout, Sampling, generate};
use scrubjay_model::held::{Held, Vocabulary};
use scrubjay_model::policy::Policy;
use scrubjay_model::processor::Processor;
use scrubjay_model::prompt::Prompt;
use scrubjay_model::trace::Trace;
use scrubjay_model::vision::Features;
use serde_json::Value;

use super::batches::{Size, parts};
use super::data::Example;
use super::fault::Fault;

/// An answer and what it earned.
#[derive(Debug)]
pub struct Paid {
    /// Its tokens, and their log-probabilities when they were drawn.
    pub rollout: Rollout,
    /// Its text.
    pub text: String,
    /// What each line of the phase's rewards makes of it, and the line's weight.
    pub scores: Vec<(f64, Score)>,
    /// What each line pays before its weight, bonuses and penalties included.
    pub rewards: Vec<f64>,
    /// What it earns in all.
    pub total: f64,
    /// How much better it is than the others.
    pub advantage: f64,
}

/// The answers to one prompt.
#[derive(Debug)]
pub struct Group {
    /// The item.
    pub example: Arc<Example>,
    /// What the tower says about its pictures, where the tower stays as it is.
    pub features: Option<Features>,
    /// The answers.
    pub answers: Vec<Paid>,
}

impl Group {
    /// Its task.
    #[must_use]
    pub fn task(&self) -> TaskName {
        self.example.task
    }

    /// What each reward weighs.
    #[must_use]
    pub fn weights(&self) -> Vec<f64> {
        self.answers.first().map(|a| a.scores.iter().map(|s| s.0).collect()).unwrap_or_default()
    }

    /// Whether no answer is better than another by the way advantages are formed, so that nothing can be learned.
    #[must_use]
    pub fn is_even(&self, how: &advantage::How) -> bool {
        // Alone it is judged by its own deviation: that of a batch does not change what is zero.
        advantages(&[self.given()], how).is_ok_and(|found| found.iter().flatten().all(|a| *a == 0.0))
    }

    /// Its rewards as advantages are formed of them.
    #[must_use]
    pub fn given(&self) -> advantage::Group {
        let rewards = self.answers.iter().map(|a| a.rewards.iter().map(|r| Some(*r)).collect()).collect();
        advantage::Group { rewards, weights: self.weights() }
    }

    /// How it lies in a batch.
    #[must_use]
    pub fn size(&self) -> Size {
        let answer = self.answers.iter().map(|a| a.rollout.ids.len()).max().unwrap_or(0);
        Size { prompt: self.example.prompt.ids.len(), group: self.answers.len(), answer }
    }
}

/// How answers are sampled and paid for in a phase.
pub struct Sampler<'a> {
    /// The numbers.
    pub grpo: &'a Grpo,
    /// The phase, with its rewards.
    pub phase: &'a Phase,
    /// The run's seed.
    pub seed: u64,
    /// Most tokens in a micro-batch; 0 for no bound.
    pub micro_tokens: usize,
    /// Whether pictures are encoded once and kept for learning.
    pub keep_features: bool,
    /// The model's files.
    pub processor: &'a Processor,
    /// What answers are held to their grammar with; none if they are free.
    pub vocabulary: Option<&'a Arc<Vocabulary>>,
    /// A sign of life, for each token.
    pub alive: &'a dyn Fn(),
}

impl std::fmt::Debug for Sampler<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sampler").field("phase", &self.phase.name).finish_non_exhaustive()
    }
}

impl Sampler<'_> {
    /// Answers to examples, in micro-batches. `name` and the number of an answer choose what is drawn for it.
    ///
    /// # Errors
    /// [`Fault`] naming the item whose numbers are none.
    pub fn sample(
        &self,
        policy: &Policy,
        examples: &[Arc<Example>],
        name: &str,
    ) -> Result<Vec<Group>, Fault> {
        let g = self.grpo;
        let size =
            |e: &Arc<Example>| Size { prompt: e.prompt.ids.len(), group: g.group, answer: g.max_tokens };
        let sizes: Vec<Size> = examples.iter().map(size).collect();
        let mut groups = Vec::with_capacity(examples.len());
        for part in parts(&sizes, self.micro_tokens) {
            let (first, examples) = (part.start, &examples[part]);
            let prompts: Vec<&Prompt> = examples.iter().map(|e| &e.prompt).collect();
            // One prompt's features at a time: they are shared by whatever batch the prompt is in later.
            let features: Vec<Option<Features>> = prompts
                .iter()
                .map(|p| policy.encode(&p.visuals.iter().collect::<Vec<_>>(), &mut Trace::off()))
                .collect();
            let joined = Features::joined(features.iter().flatten().cloned().collect());
            let answers = self.write(policy, examples, &prompts, joined.as_ref(), g.group, (name, first))?;
            let shuffled = match g.temporal {
                Some(_) => self.shuffled(policy, examples, (name, first))?,
                None => vec![Vec::new(); examples.len()],
            };
            for (((example, answers), shuffled), features) in
                examples.iter().zip(answers).zip(shuffled).zip(features)
            {
                groups.push(Group {
                    answers: self.paid(example, answers, &shuffled),
                    features: features.filter(|_| self.keep_features),
                    example: Arc::clone(example),
                });
            }
        }
        Ok(groups)
    }

    fn write(
        &self,
        policy: &Policy,
        examples: &[Arc<Example>],
        prompts: &[&Prompt],
        features: Option<&Features>,
        group: usize,
        (name, first): (&str, usize),
    ) -> Result<Vec<Vec<Rollout>>, Fault> {
        let g = self.grpo;
        let how = Sampling {
            group,
            temperature: g.temperature,
            top_p: g.top_p,
            top_k: 0,
            max_tokens: g.max_tokens,
        };
        let mut streams: Vec<Stream> = (0..prompts.len() * group)
            .map(|i| Stream::keyed(self.seed, "rollout", name, (first * group + i) as u64))
            .collect();
        let held = held(self.vocabulary, examples.iter().map(AsRef::as_ref));
        let request = Request { prompts, features, how, held: held.as_deref() };
        let examples: Vec<&Example> = examples.iter().map(AsRef::as_ref).collect();
        let mut tell = |_, _| {
            (self.alive)();
            true
        };
        generate(policy, &request, &mut streams, &mut tell)
            .map_err(|e| Fault::of_answers(&e, policy, &examples))
    }

    /// The accuracies of half as many answers on each example's frames in another order (T-GRPO).
    fn shuffled(
        &self,
        policy: &Policy,
        examples: &[Arc<Example>],
        (name, first): (&str, usize),
    ) -> Result<Vec<Vec<f64>>, Fault> {
        let name = format!("{name} shuffled");
        let mut prompts = Vec::with_capacity(examples.len());
        for (i, example) in examples.iter().enumerate() {
            let mut stream = Stream::keyed(self.seed, "shuffle", &name, (first + i) as u64);
            let shuffled = example.shuffled(&mut stream, self.processor);
            prompts.push(
                shuffled.map_err(|e| Fault::of_step(e.to_string(), vec![example.id.clone()], Value::Null))?,
            );
        }
        let prompts: Vec<&Prompt> = prompts.iter().collect();
        let group = (self.grpo.group / 2).max(1);
        let answers = self.write(policy, examples, &prompts, None, group, (&name, first))?;
        let accuracy = |(example, answers): (&Arc<Example>, Vec<Rollout>)| {
            answers.iter().map(|r| self.scores(example, r).first().map_or(0.0, |s| s.1.total)).collect()
        };
        Ok(examples.iter().zip(answers).map(accuracy).collect())
    }

    fn text(&self, ids: &[u32]) -> String {
        said(self.processor, self.phase.wording, ids)
    }

    fn scores(&self, example: &Example, rollout: &Rollout) -> Vec<(f64, Score)> {
        scores(&self.phase.rewards, example.task, &example.item.truth, &self.text(&rollout.ids))
    }

    /// What each answer of a group earns. `shuffled` are the accuracies on shuffled frames.
    fn paid(&self, example: &Example, answers: Vec<Rollout>, shuffled: &[f64]) -> Vec<Paid> {
        let g = self.grpo;
        let scores: Vec<Vec<(f64, Score)>> = answers.iter().map(|r| self.scores(example, r)).collect();
        // Of several rewards the first is the accuracy, as in Video-R1.
        let accuracy: Vec<f64> = scores.iter().map(|s| s.first().map_or(0.0, |s| s.1.total)).collect();
        let lengths: Vec<usize> = answers.iter().map(|r| r.ids.len()).collect();
        let mut bonuses = vec![0.0; answers.len()];
        let mut add = |more: Vec<f64>| bonuses.iter_mut().zip(more).for_each(|(b, m)| *b += m);
        if let Some(how) = g.temporal {
            add(bonus::temporal(&accuracy, shuffled, how));
        }
        if let Some(how) = g.length {
            add(bonus::length(&accuracy, &lengths, how));
        }
        if let Some(how) = &g.overlong {
            add(lengths.iter().map(|n| how.penalty(*n, g.max_tokens)).collect());
        }
        let paid = answers.into_iter().zip(scores).zip(bonuses).map(|((rollout, scores), bonus)| {
            let mut rewards: Vec<f64> = scores.iter().map(|s| s.1.total).collect();
            if let Some(first) = rewards.first_mut() {
                *first += bonus;
            }
            let total = rewards.iter().zip(&scores).map(|(r, s)| r * s.0).sum();
            let text = self.text(&rollout.ids);
            Paid { rollout, text, scores, rewards, total, advantage: 0.0 }
        });
        paid.collect()
    }
}

impl Paid {
    /// Why the answer could not be read, if a reward says so.
    #[must_use]
    pub fn failure(&self) -> Option<&scrubjay_core::answer::ParseFailure> {
        self.scores.iter().find_map(|s| s.1.failure.as_ref())
    }
}

impl Group {
    /// How well the group did: its mean reward as a share of the range of what can be earned.
    #[must_use]
    pub fn success(&self, phase: &Phase) -> f64 {
        let (low, high) = phase.range(self.task());
        let mean = self.answers.iter().map(|a| a.total).sum::<f64>() / self.answers.len().max(1) as f64;
        if high > low { ((mean - low) / (high - low)).clamp(0.0, 1.0) } else { 0.0 }
    }
}

/// What the answers to examples are held to.
#[must_use]
pub fn held<'e>(
    vocabulary: Option<&Arc<Vocabulary>>,
    examples: impl Iterator<Item = &'e Example>,
) -> Option<Vec<Held>> {
    let vocabulary = vocabulary?;
    Some(examples.map(|e| Held::new(e.grammar.clone(), vocabulary)).collect())
}

/// An answer as it is read: without the tokens that are marks and no text, unless the wording's answers are made of
/// such (VideoReasoner decodes with them).
#[must_use]
pub fn said(processor: &Processor, wording: Option<Wording>, ids: &[u32]) -> String {
    let ends = &processor.config.tokens.ends;
    let whole = ids.iter().position(|id| ends.contains(id)).map_or(ids, |end| &ids[..end]);
    processor.tokenizer.decode(whole, wording != Some(Wording::Videoreasoner))
}
