//! A step of the cold start: true answers are learned by their likelihood.

use std::collections::BTreeMap;

use scrubjay_core::preset::Sft;
use serde_json::{Value, json};

use super::run::Run;
use super::stage::Stage;
use super::update::Target;
use crate::error::Error;

impl Run<'_> {
    /// One step; its line of the metrics.
    pub(super) fn imitate(&mut self, sft: &Sft, stage: &Stage, step: usize) -> Result<Value, Error> {
        self.watchdog.doing("reading items", &stage.name, step, &[]);
        let examples = self.batch(sft.batch, None)?;
        let mut targets = Vec::with_capacity(examples.len());
        for example in &examples {
            let completion = &example.completion;
            let tokenizer = &self.subject.processor.tokenizer;
            let mut ids = tokenizer
                .encode(completion)
                .map_err(|e| Error::failed(format!("item {}: its true answer: {e}", example.id)))?;
            ids.extend(self.subject.config().tokens.ends.first());
            targets.push(Target { example, ids });
        }
        let items: Vec<String> = examples.iter().map(|e| e.id.clone()).collect();
        self.watchdog.doing("learning true answers", &stage.name, step, &items);
        let rate = sft.learning_rate * sft.schedule.factor(step, stage.steps, sft.warmup);
        let mover = self.mover(rate, sft.max_grad_norm);
        let policy = self.take_policy()?;
        let (policy, moved) = mover
            .imitate(policy, &mut self.optimiser, &targets)
            .map_err(|fault| self.stopped(fault, stage, step))?;
        self.put_policy(policy);
        Ok(json!({
            "phase": stage.name, "step": step, "loss": moved.loss, "grad_norm": moved.grad_norm, "learning_rate": rate,
            "items": examples.len(), "tokens": moved.tokens, "dropped": self.newly_dropped(),
        }))
    }

    /// What the items that were left out since the last step were left out for.
    pub(super) fn newly_dropped(&mut self) -> BTreeMap<String, u64> {
        let all = self.data.dropped();
        let mut new = BTreeMap::new();
        for (cause, n) in all.by_cause() {
            let before = self.told_dropped.get(cause).copied().unwrap_or(0);
            if n > before {
                new.insert(cause.to_owned(), n - before);
                self.told_dropped.insert(cause.to_owned(), n);
            }
        }
        new
    }
}
