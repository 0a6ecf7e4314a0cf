//! Evaluations during a run: held-out items, the best policy kept, an early end where nothing gets better.

use std::collections::BTreeMap;

use serde_json::json;

use super::checkpoint;
use super::evaluate::{Answered, Examiner};
use super::plan::reading;
use super::run::{Run, told};
use super::stage::{Best, Over};
use super::table;
use crate::error::Error;
use crate::inspect::evaluations;

/// Items that are made and answered together.
pub(super) const TOGETHER: usize = 32;

impl Run<'_> {
    /// Answers the held-out items. At a `stage` of the run the answers are kept as its own.
    pub(super) fn evaluate(&mut self, stage: Option<table::Stage>) -> Result<(), Error> {
        let name = self.stages.get(self.progress.stage).map_or("end", |s| s.name.as_str()).to_owned();
        let done = self.progress.done;
        let max_tokens = self.plan.preset.grpo.as_ref().map_or(64, |g| g.max_tokens);
        let examiner = Examiner {
            processor: &self.subject.processor,
            vocabulary: self.vocabulary.as_ref(),
            wording: self.plan.preset.data.wording,
            max_tokens,
            micro_tokens: self.plan.preset.train.micro_tokens,
        };
        let reading = reading(self.plan, &self.subject, None)?;
        let policy = self.policy()?;
        let mut answers = Vec::new();
        let mut faulty = None;
        let tested =
            self.data.each_held_out(self.plan.preset.train.eval_items, TOGETHER, &reading, &mut |examples| {
                let ids: Vec<String> = examples.iter().map(|e| e.id.clone()).collect();
                self.watchdog.doing("answering held-out items", &name, done, &ids);
                match examiner.answers(policy, &examples) {
                    Ok(some) => answers.extend(some),
                    Err(fault) => {
                        faulty = Some(fault);
                        return Err(Error::failed("an evaluation failed"));
                    }
                }
                Ok(())
            });
        if let Some(fault) = faulty {
            return Err(fault.stop(&self.plan.out, &name, done));
        }
        let tested = tested?;
        if stage == Some(table::Stage::Before) {
            if tested.dropped.total() > 0 {
                self.folder.view.say(&format!("held-out items left out: {}", told(&tested.dropped)));
            }
            for task in &tested.without {
                self.folder.view.say(&format!("{task} cannot be tested: no held-out item of it can be used"));
            }
        }
        if let Some(stage) = stage {
            table::write_answers(&self.plan.out, stage, &answers)?;
        }
        let by_task = by_task(&answers);
        let mean = by_task.values().sum::<f64>() / by_task.len().max(1) as f64;
        let called = stage.map_or_else(|| format!("{name} {done}"), |s| s.name().to_owned());
        let mut line = evaluations::line(&called, &name, done, &answers);
        line["steps"] = json!(self.steps);
        line["score"] = json!(mean);
        self.folder.evaluation(&line, self.steps)?;
        let told: Vec<String> = by_task.iter().map(|(task, score)| format!("{task} {score:.3}")).collect();
        self.folder.view.say(&format!(
            "after {} steps, on {} held-out items: {}",
            self.steps,
            answers.len(),
            told.join("  ")
        ));
        if self.progress.judged == Some(self.steps) {
            return Ok(());
        }
        self.progress.judged = Some(self.steps);
        self.judge(mean)
    }

    /// Whether an evaluation is the best so far, and whether to go on.
    fn judge(&mut self, mean: f64) -> Result<(), Error> {
        let t = &self.plan.preset.train;
        let better = self.progress.best.as_ref().is_none_or(|best| mean > best.mean);
        if better {
            self.progress.best = Some(Best { steps: self.steps, mean, since: 0 });
            if t.keep_best && self.steps > 0 {
                let folder = self.folder.checkpoints().join("best");
                let policy = self.policy()?;
                checkpoint::publish(&folder, |staged| self.subject.save(policy, staged))?;
            }
            return Ok(());
        }
        if let Some(best) = &mut self.progress.best {
            best.since += 1;
            if t.patience > 0 && best.since >= t.patience {
                self.progress.over.get_or_insert(Over::Patience(format!(
                    "{} evaluations without a better mean score than {:.4} after {} steps",
                    best.since, best.mean, best.steps
                )));
            }
        }
        Ok(())
    }
}

fn by_task(answers: &[Answered]) -> BTreeMap<&'static str, f64> {
    let mut sums: BTreeMap<&'static str, (f64, usize)> = BTreeMap::new();
    for a in answers {
        let sum = sums.entry(a.task.name()).or_default();
        sum.0 += a.score;
        sum.1 += 1;
    }
    sums.into_iter().map(|(task, (sum, n))| (task, sum / n.max(1) as f64)).collect()
}
