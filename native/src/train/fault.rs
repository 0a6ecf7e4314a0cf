//! Numbers that are none: which tensor was the first, of which item, and what else was known.
//!
//! A loss that is not finite says nothing about where that began. So the item at fault is read once more with all
//! intermediate results noted, and the first that is not finite, in the order in which they are computed, is named.

use std::path::{Path, PathBuf};

use burn::tensor::{FloatDType, Tensor};
use scrubjay_model::batch::Prompts;
use scrubjay_model::export::named;
use scrubjay_model::generate::GenerateError;
use scrubjay_model::policy::Policy;
use scrubjay_model::trace::Trace;
use serde_json::{Value, json};

use super::data::Example;
use crate::error::Error;
use crate::files::write_atomic;

/// What was not finite.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// Which tensor or number.
    pub what: String,
    /// The items that it was computed from: one where that is known.
    pub items: Vec<String>,
    /// Numbers that tell more.
    pub more: Value,
}

impl Fault {
    /// A number of a whole step.
    #[must_use]
    pub fn of_step(what: impl Into<String>, items: Vec<String>, more: Value) -> Self {
        Self { what: what.into(), items, more }
    }

    /// Of answers that could not be written.
    #[must_use]
    pub fn of_answers(error: &GenerateError, policy: &Policy, examples: &[&Example]) -> Self {
        let ids = || examples.iter().map(|e| e.id.clone()).collect();
        match error {
            GenerateError::NotFinite { prompt, .. } => match examples.get(*prompt) {
                Some(example) => Self::find(&error.to_string(), policy, example, Value::Null),
                None => Self::of_step(error.to_string(), ids(), Value::Null),
            },
            GenerateError::Held { prompt, .. } => {
                let one = examples.get(*prompt).map_or_else(ids, |e| vec![e.id.clone()]);
                Self::of_step(error.to_string(), one, Value::Null)
            }
            GenerateError::Failed(_) => Self::of_step(error.to_string(), ids(), Value::Null),
        }
    }

    /// Finds the first tensor that is not finite when `example` is read by `policy`; `what` is what was seen.
    #[must_use]
    pub fn find(what: &str, policy: &Policy, example: &Example, more: Value) -> Self {
        let at = || vec![example.id.clone()];
        for (name, values) in named(policy) {
            if let Some(count) = not_finite(values) {
                let what = format!(
                    "the parameter {name} is not finite ({count} of its numbers); it showed as: {what}"
                );
                return Self { what, items: at(), more };
            }
        }
        let layout = Prompts::new(&[&example.prompt], policy.config().tokens.pad);
        let mut stages = Vec::new();
        let mut trace = Trace::on();
        let features = policy.encode(&layout.visuals, &mut trace);
        stages.push(("vision", trace));
        let mut trace = Trace::on();
        let _ = policy.prefill(&layout, features.as_ref(), &mut trace);
        stages.push(("text", trace));
        for (stage, trace) in stages {
            let mut tensors: Vec<(String, Tensor<2>)> = trace.tensors().into_iter().collect();
            tensors.sort_by_key(|(name, _)| order(name));
            for (name, tensor) in tensors {
                let flat = tensor.reshape([-1]);
                if let Some(count) = not_finite(flat) {
                    let what = format!(
                        "{stage}.{name} is not finite ({count} of its numbers); it showed as: {what}"
                    );
                    return Self { what, items: at(), more };
                }
            }
        }
        Self { what: format!("{what}; the prompt alone is read without a fault"), items: at(), more }
    }

    /// Writes the dump and gives the error that ends the run.
    #[must_use]
    pub fn stop(self, run: &Path, stage: &str, step: usize) -> Error {
        let path = self.dump(run, stage, step);
        Error::failed(format!(
            "{stage} step {step}: {}; items {}; the run ends before this step is taken, see {}",
            self.what,
            self.items.join(" "),
            path.display()
        ))
    }

    fn dump(&self, run: &Path, stage: &str, step: usize) -> PathBuf {
        let path = run.join(format!("fault-{stage}-{step:06}.json"));
        let value = json!({ "stage": stage, "step": step, "what": self.what, "items": self.items, "more": self.more });
        // The error itself matters more than a dump that cannot be written.
        if let Err(e) = write_atomic(&path, format!("{value:#}\n").as_bytes()) {
            eprintln!("warning: {e}");
        }
        path
    }
}

/// When a noted tensor is computed among those of its stage.
fn order(name: &str) -> (usize, usize, String) {
    let number =
        |rest: &str| rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap_or(0);
    let (rank, at) = match name {
        "patch_embed" => (0, 0),
        "pos_embed" | "rope_cos" | "rope_sin" => (1, 0),
        "merged" | "last_layer_out" => (4, 0),
        "final_norm" => (5, 0),
        _ => match (name.strip_prefix("block"), name.strip_prefix("layer"), name.strip_prefix("deepstack")) {
            (Some(rest), _, _) | (_, Some(rest), _) => (2, number(rest)),
            (_, _, Some(rest)) => (3, number(rest)),
            _ => (6, 0),
        },
    };
    (rank, at, name.to_owned())
}

/// The first trained parameter that holds a number that is none, if any. All are looked at on their device, with one
/// number of each read.
#[must_use]
pub fn parameter(policy: &Policy) -> Option<String> {
    let (mut names, mut sums) = (Vec::new(), Vec::new());
    for (name, values) in named(policy) {
        names.push(name);
        // 0 for what is finite, no number for what is not.
        sums.push((values.clone() - values).cast(FloatDType::F32).sum());
    }
    let sums = Tensor::cat(sums, 0).into_data().try_to_vec::<f32>().ok()?;
    let bad = sums.iter().position(|x| !x.is_finite())?;
    names.into_iter().nth(bad)
}

/// How many numbers of a tensor are not finite, if any.
fn not_finite(values: Tensor<1>) -> Option<usize> {
    let values = values.into_data().convert::<f32>().try_to_vec::<f32>().ok()?;
    Some(values.iter().filter(|x| !x.is_finite()).count()).filter(|n| *n > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tensors_are_looked_at_in_the_order_of_the_computation() {
        let mut names = ["final_norm", "layer10.in", "layer2.in", "last_layer_out", "rope_cos", "layer0.in"];
        names.sort_by_key(|n| order(n));
        assert_eq!(
            names,
            ["rope_cos", "layer0.in", "layer2.in", "layer10.in", "last_layer_out", "final_norm"]
        );
    }
}
