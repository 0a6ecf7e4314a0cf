//! A step of GRPO: groups are sampled, those that teach nothing may be replaced, advantages are formed, weights move.

use std::collections::BTreeMap;
use std::sync::Arc;

use scrubjay_core::grpo::advantage;
use scrubjay_core::preset::{Grpo, Phase};
use scrubjay_core::rng::Stream;
use scrubjay_core::task::TaskName;
use serde_json::{Value, json};

use super::data::Example;
use super::rollout::{Group, Sampler};
use super::rollouts::Rollout;
use super::run::Run;
use super::stage::Stage;
use crate::error::Error;

impl Run<'_> {
    /// One step; its line of the metrics, and whether the phase ends by it.
    pub(super) fn reinforce(
        &mut self,
        phase: &Phase,
        stage: &Stage,
        step: usize,
    ) -> Result<(Value, bool), Error> {
        let Some(grpo) = self.plan.preset.grpo.clone() else {
            return Err(Error::usage("this preset has no [grpo] table"));
        };
        let g = &grpo;
        let (mut groups, drawn) = self.groups(g, phase, stage, step)?;
        self.pay(g, &mut groups)?;
        let items: Vec<String> = groups.iter().map(|g| g.example.id.clone()).collect();
        self.watchdog.doing("moving the weights", &stage.name, step, &items);
        let learning_rate = g.learning_rate * g.schedule.factor(step, stage.steps, g.warmup);
        let mover = self.mover(learning_rate, g.max_grad_norm);
        let policy = self.take_policy()?;
        let (policy, moved) = mover
            .reinforce(policy, self.reference.as_ref(), &mut self.optimiser, &groups, g)
            .map_err(|fault| self.stopped(fault, stage, step))?;
        self.put_policy(policy);
        let tally = Tally::of(&groups);
        let ended = match (phase.until_plateau, &mut self.progress.plateau) {
            (Some(how), Some(plateau)) => plateau.note(tally.reward, how),
            _ => false,
        };
        let last = ended || step + 1 == stage.steps;
        self.folder.rollouts(&stage.name, step, last, || rollouts(&groups))?;
        let line = json!({
            "phase": stage.name, "step": step, "learning_rate": learning_rate, "loss": moved.loss,
            "grad_norm": moved.grad_norm, "kl": moved.kl, "entropy": moved.entropy,
            "clipped_low": moved.clipped[0], "clipped_high": moved.clipped[1],
            "reward": tally.reward, "reward_by_task": tally.by_task, "reward_std": tally.deviation,
            "zero_advantage_groups": drawn.even(), "zero_advantage_by_task": drawn.even_by_task(),
            "parse_failures": tally.failures, "rollouts": tally.rollouts, "truncated": tally.truncated,
            "answer_tokens": tally.tokens, "drawn_groups": drawn.groups(), "tokens": moved.tokens,
            "dropped": self.newly_dropped(),
        });
        Ok((line, ended))
    }

    /// The groups of a step, and how many were drawn for it: with dynamic sampling, groups whose answers all earn the
    /// same are replaced as long as draws are left, and fill up what is missing then.
    fn groups(
        &mut self,
        g: &Grpo,
        phase: &Phase,
        stage: &Stage,
        step: usize,
    ) -> Result<(Vec<Group>, Drawn), Error> {
        let (mut groups, mut spare, mut drawn) = (Vec::new(), Vec::new(), Drawn::default());
        let how = g.advantage();
        for attempt in 0.. {
            let name = format!("{}/{step}/{attempt}", stage.name);
            let need = (g.prompts - groups.len()).min(g.prompts + g.resample - drawn.groups());
            if need == 0 {
                break;
            }
            self.watchdog.doing("reading items", &stage.name, step, &[]);
            let examples = self.chosen(g, &name, need)?;
            let items: Vec<String> = examples.iter().map(|e| e.id.clone()).collect();
            self.watchdog.doing("writing answers", &stage.name, step, &items);
            let sampled = self
                .sampler(g, phase, &|| self.watchdog.alive())
                .sample(self.policy()?, &examples, &name)
                .map_err(|fault| self.stopped(fault, stage, step))?;
            // How hard an item is, is known of those that are not learned from too.
            if let (Some(how), Some(curriculum)) = (g.curriculum, &mut self.progress.curriculum) {
                for group in &sampled {
                    curriculum.note(&group.example.id, group.success(phase), how);
                }
            }
            let (even, uneven): (Vec<Group>, Vec<Group>) = sampled.into_iter().partition(|group| {
                let even = group.is_even(&how);
                drawn.add(group.task(), even);
                even && g.resample > 0
            });
            groups.extend(uneven);
            spare.extend(even);
            if g.resample == 0 {
                break;
            }
        }
        spare.truncate(g.prompts - groups.len());
        groups.extend(spare);
        Ok((groups, drawn))
    }

    /// The next examples, those of middling difficulty before others where that is asked for.
    fn chosen(&mut self, g: &Grpo, name: &str, n: usize) -> Result<Vec<Arc<Example>>, Error> {
        let mut choices = Stream::keyed(self.plan.preset.train.seed, "curriculum", name, 0);
        let known = self.progress.curriculum.take();
        let examples = match (g.curriculum, &known) {
            (Some(how), Some(known)) => {
                let mut keep = |id: &str, _: TaskName| known.keep(id, how, &mut choices);
                self.batch(n, Some(&mut keep))
            }
            _ => self.batch(n, None),
        };
        self.progress.curriculum = known;
        Ok(examples?.into_iter().map(Arc::new).collect())
    }

    fn sampler<'s>(&'s self, grpo: &'s Grpo, phase: &'s Phase, alive: &'s dyn Fn()) -> Sampler<'s> {
        let t = &self.plan.preset.train;
        Sampler {
            grpo,
            phase,
            seed: t.seed,
            micro_tokens: t.micro_tokens,
            keep_features: self.subject.tower_is_frozen(),
            processor: &self.subject.processor,
            vocabulary: self.vocabulary.as_ref(),
            alive,
        }
    }

    /// Advantages, on one scale for all tasks where that is asked for.
    fn pay(&mut self, g: &Grpo, groups: &mut [Group]) -> Result<(), Error> {
        let given: Vec<advantage::Group> = groups.iter().map(Group::given).collect();
        let found =
            advantage::advantages(&given, &g.advantage()).map_err(|e| Error::failed(e.to_string()))?;
        for (group, advantages) in groups.iter_mut().zip(found) {
            for (answer, advantage) in group.answers.iter_mut().zip(advantages) {
                answer.advantage = advantage;
            }
        }
        let Some(decay) = g.scale_by_task else { return Ok(()) };
        let mut rewards: BTreeMap<TaskName, Vec<Vec<f64>>> = BTreeMap::new();
        for group in groups.iter() {
            let totals = group.answers.iter().map(|a| a.total).collect();
            rewards.entry(group.task()).or_default().push(totals);
        }
        for (task, groups) in &rewards {
            self.progress.scale.note(*task, groups, decay);
        }
        for group in groups {
            let factor = self.progress.scale.factor(group.task());
            for answer in &mut group.answers {
                answer.advantage *= factor;
            }
        }
        Ok(())
    }
}

/// The groups that were drawn for a step, those that were replaced among them: how many of each task, and how many of
/// these without advantage.
#[derive(Default)]
struct Drawn(BTreeMap<&'static str, (usize, usize)>);

impl Drawn {
    fn add(&mut self, task: TaskName, even: bool) {
        let of_task = self.0.entry(task.name()).or_default();
        of_task.0 += 1;
        of_task.1 += usize::from(even);
    }

    fn groups(&self) -> usize {
        self.0.values().map(|v| v.0).sum()
    }

    fn even(&self) -> f64 {
        self.0.values().map(|v| v.1).sum::<usize>() as f64 / self.groups().max(1) as f64
    }

    fn even_by_task(&self) -> BTreeMap<&'static str, f64> {
        self.0.iter().map(|(task, v)| (*task, v.1 as f64 / v.0.max(1) as f64)).collect()
    }
}

/// What is said of a step's rewards.
#[derive(Default)]
struct Tally {
    reward: f64,
    by_task: BTreeMap<&'static str, f64>,
    /// Mean over groups of the standard deviation of their rewards.
    deviation: f64,
    failures: usize,
    truncated: usize,
    rollouts: usize,
    /// Mean length of an answer.
    tokens: f64,
}

impl Tally {
    fn of(groups: &[Group]) -> Self {
        let answers = || groups.iter().flat_map(|g| &g.answers);
        let n = answers().count();
        let mean = |sum: f64, n: usize| sum / n.max(1) as f64;
        let mut tasks: BTreeMap<&'static str, (f64, usize)> = BTreeMap::new();
        let mut deviation = 0.0;
        for group in groups {
            let task = tasks.entry(group.task().name()).or_default();
            task.0 += group.answers.iter().map(|a| a.total).sum::<f64>();
            task.1 += group.answers.len();
            let totals: Vec<f64> = group.answers.iter().map(|a| a.total).collect();
            deviation += advantage::moments(&totals).map_or(0.0, |(_, d)| d);
        }
        Self {
            reward: mean(answers().map(|a| a.total).sum(), n),
            by_task: tasks.iter().map(|(t, v)| (*t, mean(v.0, v.1))).collect(),
            deviation: mean(deviation, groups.len()),
            failures: answers().filter(|a| a.failure().is_some()).count(),
            truncated: answers().filter(|a| a.rollout.truncated).count(),
            rollouts: n,
            tokens: mean(answers().map(|a| a.rollout.ids.len() as f64).sum(), n),
        }
    }
}

/// The lines that are kept of a step.
fn rollouts(groups: &[Group]) -> Vec<Rollout> {
    let mut out = Vec::new();
    for (number, group) in groups.iter().enumerate() {
        let example = &group.example;
        for (i, answer) in group.answers.iter().enumerate() {
            let logs = &answer.rollout.log_probabilities;
            let mut parts = BTreeMap::new();
            for (_, score) in &answer.scores {
                parts.extend(score.parts.iter().map(|(name, value)| ((*name).to_owned(), *value)));
            }
            out.push(Rollout {
                id: example.id.clone(),
                task: example.task,
                source: example.source.clone(),
                link: Some(example.place.clone()),
                group: number,
                rollout: i,
                answer: answer.text.clone(),
                truth: example.item.truth.text(),
                reward: answer.total,
                parts,
                advantage: answer.advantage,
                failed: answer.failure().map(|f| f.to_string()),
                truncated: answer.rollout.truncated,
                tokens: answer.rollout.ids.len(),
                log_probability: (!logs.is_empty())
                    .then(|| logs.iter().map(|x| f64::from(*x)).sum::<f64>() / logs.len() as f64),
            });
        }
    }
    out
}
