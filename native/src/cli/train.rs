//! `scrubjay train` and `train`.

use std::path::PathBuf;

use clap::Parser;
use scrubjay_core::preset::Preset;

use crate::dataset::synth::{self, synthesize};
use crate::error::Error;
use crate::train::run::{Plan, check, train};
use crate::train::table::render;

/// Trains a policy: a supervised cold start, then GRPO.
///
/// Without arguments: the toy model on procedural scenes, on the CPU.
#[derive(Debug, Parser)]
#[command(name = "train", version)]
pub(crate) struct Args {
    /// A built-in preset.
    #[arg(long, default_value = "toy")]
    preset: String,
    /// A preset of your own, as a TOML file.
    #[arg(long, conflicts_with = "preset")]
    config: Option<PathBuf>,
    /// Changes one value of the preset, as in `grpo.group=4`; may be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Dataset folders made by `scrubjay synth`; without one, scenes are made for the run.
    #[arg(long, num_args = 1..)]
    data: Vec<PathBuf>,
    /// Folder of the run.
    #[arg(long, default_value = "run")]
    out: PathBuf,
    /// Seed of weights, order and sampling.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// GRPO steps, in place of the preset's.
    #[arg(long)]
    steps: Option<usize>,
    /// A template file (TOML) whose texts replace the prompts'.
    #[arg(long)]
    prompts: Option<PathBuf>,
    /// Held-out items per task in each evaluation.
    #[arg(long, default_value_t = 300)]
    eval_items: usize,
}

pub(super) fn run(args: Args) -> Result<(), Error> {
    let (_, mut preset) = super::preset(&args.preset, args.config.as_deref())?;
    for assignment in &args.set {
        preset = assign(&preset, assignment)?;
    }
    if let (Some(steps), Some(grpo)) = (args.steps, &mut preset.grpo) {
        if !grpo.phases.is_empty() {
            return Err(Error::usage("--steps: this preset has phases; set theirs in a configuration file"));
        }
        grpo.steps = steps;
    }
    check(&preset, &args.out)?;
    // Read before any work: a template at fault stops here.
    let prompts = match &args.prompts {
        Some(path) => {
            super::templates(preset.data.wording, Some(path))?;
            Some(
                std::fs::read_to_string(path)
                    .map_err(|e| Error::path(path, format!("cannot be read: {e}")))?,
            )
        }
        None => None,
    };
    let mut data = args.data;
    if data.is_empty() {
        let plan = synth::Plan {
            videos: Vec::new(),
            scenes: match preset.data.families.as_slice() {
                [] => scrubjay_core::scene::Family::ALL.to_vec(),
                some => some.to_vec(),
            },
            preset_name: args.preset,
            preset: preset.clone(),
            count: 20_000,
            seed: args.seed,
            workers: 0,
            shard: (0, 1),
            verify: false,
            against: None,
            out: args.out.join("data"),
        };
        synthesize(&plan)?;
        data.push(plan.out);
    }
    let plan = Plan { preset, data, out: args.out, seed: args.seed, eval_items: args.eval_items, prompts };
    let stages = train(&plan)?;
    super::print(render(&[stages]))
}

/// A preset with one value changed; the key must exist or be a known optional one, and the value must fit.
fn assign(preset: &Preset, assignment: &str) -> Result<Preset, Error> {
    let fail = |what: String| Error::usage(format!("--set {assignment}: {what}"));
    let (key, value) = assignment.split_once('=').ok_or_else(|| fail("write KEY=VALUE".to_owned()))?;
    let text = toml::to_string(preset).map_err(|e| fail(e.to_string()))?;
    let mut table: toml::Table = toml::from_str(&text).map_err(|e| fail(e.to_string()))?;
    let value: toml::Value = toml::from_str::<toml::Table>(&format!("v = {value}"))
        .or_else(|_| toml::from_str(&format!("v = {value:?}")))
        .ok()
        .and_then(|mut t| t.remove("v"))
        .ok_or_else(|| fail("the value cannot be read".to_owned()))?;
    let (path, last) = key.rsplit_once('.').map_or((None, key), |(p, l)| (Some(p), l));
    let mut at = &mut table;
    for part in path.into_iter().flat_map(|p| p.split('.')) {
        at = at
            .get_mut(part)
            .and_then(toml::Value::as_table_mut)
            .ok_or_else(|| fail(format!("there is no table '{part}'")))?;
    }
    // A whole number is welcome where a real one is meant.
    let value = match (at.get(last), value) {
        (Some(toml::Value::Float(_)), toml::Value::Integer(i)) => toml::Value::Float(i as f64),
        (_, value) => value,
    };
    at.insert(last.to_owned(), value);
    let text = toml::to_string(&table).map_err(|e| fail(e.to_string()))?;
    Preset::parse(&text).map_err(|e| fail(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_set_and_mistakes_named() {
        let toy = Preset::built_in("toy").expect("built in");
        assert_eq!(assign(&toy, "grpo.group=4").expect("sets").grpo.map(|g| g.group), Some(4));
        assert_eq!(
            assign(&toy, "grpo.learning_rate=1").expect("sets").grpo.map(|g| g.learning_rate),
            Some(1.0)
        );
        for wrong in ["grpo.groups=4", "gpo.group=4", "grpo.group=x", "grpo.group", "grpo.clip=-1"] {
            assert!(assign(&toy, wrong).expect_err(wrong).to_string().contains(wrong));
        }
    }
}
