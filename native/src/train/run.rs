//! A run: cold start, then GRPO, with evaluations around them, in a folder of its own.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use burn::module::Module as _;
use burn::tensor::{Device, Tensor};
use indicatif::{ProgressBar, ProgressStyle};
use scrubjay_core::preset::{Grpo, Phase, Preset, Sft, pay};
use scrubjay_core::prompt::{Templates, Wording};
use scrubjay_core::recipe::Picture;
use scrubjay_core::rng::Stream;
use scrubjay_core::task::TaskName;
use scrubjay_model::batch::{Answers, Prompts};
use scrubjay_model::config::Config;
use scrubjay_model::export;
use scrubjay_model::generate::{Sampling, generate};
use scrubjay_model::policy::Policy;
use scrubjay_model::processor::Processor;
use scrubjay_model::prompt::Prompt;
use scrubjay_model::toy;
use serde_json::json;

use super::data::{Data, Example};
use super::evaluate::{Answered, answer};
use super::grpo::{advantages, loss, rate, weights};
use super::learner::Learner;
use super::table::Stage;
use crate::error::Error;
use crate::files::{writable_folder, write_atomic};

/// What to train, on what, where to.
#[derive(Debug)]
pub struct Plan {
    /// The resolved configuration.
    pub preset: Preset,
    /// Dataset folders.
    pub data: Vec<PathBuf>,
    /// The run's folder; must not hold a run yet.
    pub out: PathBuf,
    /// Seed of weights, order and sampling.
    pub seed: u64,
    /// Held-out items per task.
    pub eval_items: usize,
    /// A template file's text whose prompts replace the wording's.
    pub prompts: Option<String>,
}

impl Plan {
    fn templates(&self, wording: Wording) -> Result<Templates, Error> {
        match &self.prompts {
            Some(file) => Templates::replaced(wording, file).map_err(|e| Error::usage(e.to_string())),
            None => Ok(Templates::built_in(wording)),
        }
    }
}

/// Checks what can be checked before any work: the model's shape, and that the folder holds no run yet.
///
/// # Errors
/// [`Error`] naming the value or the folder.
pub fn check<'a>(preset: &'a Preset, out: &Path) -> Result<(&'a Grpo, Config), Error> {
    let Some(grpo) = &preset.grpo else {
        return Err(Error::usage("this preset is a benchmark: it has no [grpo] table to train by"));
    };
    let Some(shape) = &preset.model else {
        return Err(Error::usage(
            "this preset names no model to build and loading published checkpoints is not supported yet; \
             use --preset toy, or a configuration with a [model] table",
        ));
    };
    let side = match preset.data.picture {
        Picture::Exact { width, height } if width == height => width as usize,
        _ => {
            return Err(Error::usage(
                "a model that is built here needs square pictures: data.picture fit \"exact\"",
            ));
        }
    };
    let unsupported = [
        ("temporal", grpo.temporal.is_some()),
        ("length", grpo.length.is_some()),
        ("max_prompt_tokens", grpo.max_prompt_tokens.is_some()),
    ];
    if let Some((what, _)) = unsupported.iter().find(|(_, is)| *is) {
        return Err(Error::usage(format!("grpo.{what} is not supported by this trainer yet")));
    }
    let config = toy::config(shape, side).map_err(|e| Error::usage(e.to_string()))?;
    if out.join("metrics.jsonl").exists() {
        return Err(Error::path(out, "already holds a run; choose another folder"));
    }
    Ok((grpo, config))
}

/// Trains and returns the folder's evaluations, stage by stage.
///
/// # Errors
/// [`Error`] when data or folder cannot be used, or a number stops being one.
pub fn train(plan: &Plan) -> Result<Vec<(Stage, Vec<Answered>)>, Error> {
    let (grpo, config) = check(&plan.preset, &plan.out)?;
    let data = Data::read(&plan.data)?;
    writable_folder(&plan.out)?;
    writable_folder(&plan.out.join("checkpoints"))?;
    let text = toml::to_string(&plan.preset).map_err(|e| Error::failed(e.to_string()))?;
    write_atomic(&plan.out.join("config.toml"), format!("# seed = {}\n{text}", plan.seed).as_bytes())?;

    let processor = toy::processor(&config).map_err(|e| Error::failed(e.to_string()))?;
    let policy = Policy::new(&config, plan.seed, &Device::flex().autodiff())
        .map_err(|e| Error::failed(e.to_string()))?
        .forbidding(processor.tokenizer.forbidden(&config));
    let (learn, test) = data.counts();
    eprintln!(
        "model: {} parameters; data: {learn} recipes to learn from, {test} held out",
        policy.num_params()
    );
    let templates = plan.templates(plan.preset.data.wording)?;
    let mut run = Run {
        held_out: data.held_out(plan.eval_items, &processor, &templates)?,
        log: Log::create(&plan.out)?,
        stages: Vec::new(),
        plan,
        processor,
        grpo,
        templates,
        data,
    };
    run.evaluate(Stage::Before, &policy)?;
    let policy = match &plan.preset.sft {
        Some(sft) => {
            let policy = run.cold_start(sft, policy)?;
            run.evaluate(Stage::ColdStart, &policy)?;
            policy
        }
        None => policy,
    };
    let policy = run.reinforce(policy)?;
    run.evaluate(Stage::Grpo, &policy)?;
    Ok(run.stages)
}

struct Run<'a> {
    plan: &'a Plan,
    processor: Processor,
    grpo: &'a Grpo,
    templates: Templates,
    data: Data,
    held_out: Vec<Example>,
    log: Log,
    stages: Vec<(Stage, Vec<Answered>)>,
}

impl Run<'_> {
    /// Answers the held-out items, writes the answers and the weights.
    fn evaluate(&mut self, stage: Stage, policy: &Policy) -> Result<(), Error> {
        let answers = answer(policy, &self.processor.tokenizer, &self.held_out, self.grpo.max_tokens)?;
        super::table::write_answers(&self.plan.out, stage, &answers)?;
        save(policy, &self.plan.out.join("checkpoints").join(stage.name()))?;
        self.stages.push((stage, answers));
        Ok(())
    }

    /// Learns true answers by their likelihood, the answer's tokens only.
    fn cold_start(&mut self, sft: &Sft, policy: Policy) -> Result<Policy, Error> {
        let g = self.grpo;
        let mut learner = Learner::new(policy, g.weight_decay, g.max_grad_norm);
        let bar = bar("cold start", sft.steps);
        for step in 0..sft.steps {
            let begun = Instant::now();
            let examples = self.examples(step * sft.batch, sft.batch, &self.templates)?;
            let prompts: Vec<&Prompt> = examples.iter().map(|e| &e.prompt).collect();
            let answers =
                examples.iter().map(|e| Ok(vec![self.target(e)?])).collect::<Result<Vec<_>, Error>>()?;
            let (prompts, answers) = self.layout(&prompts, &answers);
            let tokens = prompts.ids.len() + answers.ids.len();
            let log_probabilities = learner.policy.score(&prompts, &answers, 1.0, 0).log_probability;
            let rate = schedule(step, sft.steps) * sft.learning_rate;
            let done = learner
                .step(-log_probabilities.mean(), rate)
                .map_err(|e| stopped("sft", step, &examples, &e))?;
            self.log.write(&json!({
                "phase": "sft", "step": step, "loss": done.loss, "items": examples.len(), "grad_norm": done.grad_norm,
                "learning_rate": rate, "tokens": tokens, "seconds": begun.elapsed().as_secs_f64(),
            }))?;
            bar.set_message(format!("loss {:.3}", done.loss));
            bar.inc(1);
        }
        bar.finish();
        Ok(learner.policy)
    }

    fn examples(&self, first: usize, count: usize, templates: &Templates) -> Result<Vec<Example>, Error> {
        self.data.examples(self.plan.seed, first, count, &self.processor, templates)
    }

    fn layout<'p>(&self, prompts: &[&'p Prompt], answers: &[Vec<Vec<u32>>]) -> (Prompts<'p>, Answers) {
        let pad = self.processor.config.tokens.pad;
        (Prompts::new(prompts, pad), Answers::new(answers, pad))
    }

    /// The tokens of an example's true answer, with the end marker.
    fn target(&self, example: &Example) -> Result<Vec<u32>, Error> {
        let text = example.item.truth.text();
        let mut ids = self.processor.tokenizer.encode(&text).map_err(|e| Error::failed(e.to_string()))?;
        ids.extend(self.processor.config.tokens.ends.first());
        Ok(ids)
    }

    /// GRPO, phase after phase.
    fn reinforce(&mut self, mut policy: Policy) -> Result<Policy, Error> {
        let mut done = 0;
        for phase in self.grpo.phases(self.plan.preset.data.wording) {
            policy = self.phase(&phase, done, policy)?;
            done += phase.steps;
        }
        Ok(policy)
    }

    /// A group of rollouts for each prompt, one update per batch of groups. The reference is the policy that the
    /// phase starts from. `done` steps came before.
    fn phase(&mut self, phase: &Phase, done: usize, policy: Policy) -> Result<Policy, Error> {
        let g = self.grpo;
        let templates = self.plan.templates(phase.wording.unwrap_or(self.plan.preset.data.wording))?;
        let reference = (g.kl > 0.0).then(|| policy.valid());
        let mut learner = Learner::new(policy, g.weight_decay, g.max_grad_norm);
        // Continue in the data where the cold start ended.
        let begin = self.plan.preset.sft.as_ref().map_or(0, |s| s.steps * s.batch);
        let how = Sampling {
            group: g.group,
            temperature: g.temperature,
            top_p: g.top_p,
            top_k: 0,
            max_tokens: g.max_tokens,
        };
        let bar = bar(&phase.name, phase.steps);
        for step in done..done + phase.steps {
            let begun = Instant::now();
            let examples = self.examples(begin + step * g.prompts, g.prompts, &templates)?;
            let prompts: Vec<&Prompt> = examples.iter().map(|e| &e.prompt).collect();
            let mut streams: Vec<Stream> = (0..prompts.len() * g.group)
                .map(|i| Stream::keyed(self.plan.seed, "rollout", &step.to_string(), i as u64))
                .collect();
            let rollouts = generate(&learner.policy.valid(), &prompts, how, &mut streams, &mut |_, _| true)
                .map_err(|e| stopped("grpo", step, &examples, &e))?;
            let mut tally = Tally::default();
            let (mut answers, mut advantage) = (Vec::new(), Vec::new());
            for (example, group) in examples.iter().zip(&rollouts) {
                let scores: Vec<_> = group
                    .iter()
                    .map(|r| {
                        pay(
                            &phase.rewards,
                            example.task,
                            &example.item.truth,
                            &self.processor.tokenizer.decode(&r.ids, true),
                        )
                    })
                    .collect();
                let rewards: Vec<f64> = scores.iter().map(|s| s.total).collect();
                let a = advantages(&rewards, g.advantage_epsilon);
                tally.add(example.task, &rewards, scores.iter().filter(|s| s.failure.is_some()).count(), &a);
                for (rollout, a) in group.iter().zip(a) {
                    advantage.extend(rollout.ids.iter().map(|_| a as f32));
                }
                answers.push(group.iter().map(|r| r.ids.clone()).collect::<Vec<_>>());
            }
            let lengths: Vec<usize> = answers.iter().flatten().map(Vec::len).collect();
            let (prompts, answers) = self.layout(&prompts, &answers);
            let seen = learner.policy.score(&prompts, &answers, g.temperature, 0);
            let (new, entropy) = (seen.log_probability, seen.entropy.mean());
            // One update per batch of rollouts: the policy that sampled is the policy that learns.
            let old = new.clone().detach();
            let at_reference = reference
                .as_ref()
                .map(|r| Tensor::from_inner(r.score(&prompts, &answers, g.temperature, 0).log_probability));
            let (value, kl) = loss(new, old, at_reference, &advantage, &weights(&lengths, g.reduction), g);
            // Each phase is a run of its own, as in MUSEG.
            let learning_rate = g.learning_rate * rate(g.schedule, step - done, phase.steps);
            let moved =
                learner.step(value, learning_rate).map_err(|e| stopped("grpo", step, &examples, &e))?;
            let (reward, zero) = (tally.mean(), tally.zero_share());
            self.log.write(&json!({
                "phase": phase.name, "step": step, "learning_rate": learning_rate, "loss": moved.loss, "grad_norm": moved.grad_norm,
                "kl": kl.into_scalar::<f32>(), "entropy": entropy.into_scalar::<f32>(), "reward": reward,
                "reward_by_task": tally.by_task(), "zero_advantage_groups": zero,
                "parse_failures": tally.failures, "rollouts": rollouts.iter().map(Vec::len).sum::<usize>(),
                "truncated": rollouts.iter().flatten().filter(|r| r.truncated).count(),
                "tokens": prompts.ids.len() + answers.ids.len(), "seconds": begun.elapsed().as_secs_f64(),
            }))?;
            bar.set_message(format!("reward {reward:.3}, {:.0} % of groups without advantage", zero * 100.0));
            bar.inc(1);
        }
        bar.finish();
        Ok(learner.policy)
    }
}

/// A short warm-up, then a fall along a cosine to a tenth.
fn schedule(step: usize, steps: usize) -> f64 {
    let warm = (steps / 20).clamp(1, 50);
    if step < warm {
        return (step + 1) as f64 / warm as f64;
    }
    let along = (step - warm) as f64 / (steps - warm).max(1) as f64;
    0.55 + 0.45 * (along * std::f64::consts::PI).cos()
}

fn stopped(phase: &str, step: usize, examples: &[Example], error: &dyn std::fmt::Display) -> Error {
    let items: Vec<&str> = examples.iter().map(|e| e.id.as_str()).collect();
    Error::failed(format!("{phase} step {step}: {error}; items {}", items.join(" ")))
}

/// A checkpoint like any other: configuration, tokenizer and weights in a folder of their own.
fn save(policy: &Policy, folder: &Path) -> Result<(), Error> {
    let parent = folder.parent().unwrap_or(Path::new("."));
    let fail =
        |e: &dyn std::fmt::Display| Error::path(folder, format!("the checkpoint cannot be saved: {e}"));
    let staged = tempfile::Builder::new().prefix(".saving").tempdir_in(parent).map_err(|e| fail(&e))?;
    for (name, bytes) in toy::files(policy.config()) {
        std::fs::write(staged.path().join(name), bytes).map_err(|e| fail(&e))?;
    }
    export::save(&policy.valid(), staged.path(), "float32", export::SHARD_BYTES).map_err(|e| fail(&e))?;
    // There is a whole checkpoint at every moment, under its own name or beside it.
    let aside = staged.path().with_extension("replaced");
    let replaced = folder.exists();
    if replaced {
        std::fs::rename(folder, &aside).map_err(|e| fail(&e))?;
    }
    std::fs::rename(staged.path(), folder).map_err(|e| fail(&e))?;
    let _ = staged.keep();
    if replaced {
        std::fs::remove_dir_all(&aside).map_err(|e| fail(&e))?;
    }
    Ok(())
}

/// Rewards of one step.
#[derive(Default)]
struct Tally {
    sums: std::collections::BTreeMap<TaskName, (f64, usize)>,
    failures: usize,
    groups: usize,
    without_advantage: usize,
}

impl Tally {
    fn add(&mut self, task: TaskName, rewards: &[f64], failures: usize, advantages: &[f64]) {
        let entry = self.sums.entry(task).or_default();
        entry.0 += rewards.iter().sum::<f64>();
        entry.1 += rewards.len();
        self.failures += failures;
        self.groups += 1;
        self.without_advantage += usize::from(advantages.iter().all(|a| *a == 0.0));
    }

    fn mean(&self) -> f64 {
        let (sum, n) = self.sums.values().fold((0.0, 0), |acc, v| (acc.0 + v.0, acc.1 + v.1));
        sum / n.max(1) as f64
    }

    fn zero_share(&self) -> f64 {
        self.without_advantage as f64 / self.groups.max(1) as f64
    }

    fn by_task(&self) -> std::collections::BTreeMap<&'static str, f64> {
        self.sums.iter().map(|(t, (sum, n))| (t.name(), sum / (*n).max(1) as f64)).collect()
    }
}

fn bar(name: &str, steps: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{prefix:>10} {wide_bar} {pos}/{len} {eta} {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(steps as u64).with_style(style).with_prefix(name.to_owned())
}

/// `metrics.jsonl`: one object a step, written as it happens.
struct Log {
    path: PathBuf,
    file: std::fs::File,
}

impl Log {
    fn create(folder: &Path) -> Result<Self, Error> {
        let path = folder.join("metrics.jsonl");
        let file =
            std::fs::File::create(&path).map_err(|e| Error::path(&path, format!("cannot be made: {e}")))?;
        Ok(Self { path, file })
    }

    fn write(&mut self, value: &serde_json::Value) -> Result<(), Error> {
        writeln!(self.file, "{value}").map_err(|e| Error::path(&self.path, format!("cannot be written: {e}")))
    }
}
