//! Evaluations during a run: held-out items, the best policy kept, an early end where nothing gets better.

use std::collections::BTreeMap;

use serde_json::json;

use super::checkpoint;
use super::evaluate::{Answered, Examiner};
use super::run::Run;
use super::stage::Best;
use super::table;
use crate::error::Error;
use crate::inspect::evaluations;

impl Run<'_> {
    /// Answers the held-out items. At a `stage` of the run the answers are kept as its own.
    pub(super) fn evaluate(&mut self, stage: Option<table::Stage>) -> Result<(), Error> {
        let name = self.stages.get(self.progress.stage).map_or("end", |s| s.name.as_str()).to_owned();
        self.watchdog.doing("answering held-out items", &name, self.progress.done, &[]);
        let max_tokens = self.plan.preset.grpo.as_ref().map_or(64, |g| g.max_tokens);
        let examiner = Examiner {
            processor: &self.subject.processor,
            vocabulary: self.vocabulary.as_ref(),
            wording: self.plan.preset.data.wording,
            max_tokens,
            micro_tokens: self.plan.preset.train.micro_tokens,
        };
        let watchdog = &self.watchdog;
        let done = self.progress.done;
        let answers = examiner.answers(self.policy()?, &self.held_out, &mut |items| {
            watchdog.doing("answering held-out items", &name, done, items);
        })?;
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
                self.progress.stopped = Some(format!(
                    "{} evaluations without a better mean score than {:.4} after {} steps",
                    best.since, best.mean, best.steps
                ));
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
