//! `scrubjay train` and `train`.

use std::path::{Path, PathBuf};

use scrubjay_core::preset::Preset;

use super::settings;
use crate::error::Error;
use crate::say;
use crate::train::bundled::{Counts, default_data};
use crate::train::plan::{self, Plan, Resume};
use crate::train::run::train;

/// Trains a policy: a supervised cold start, then GRPO.
///
/// Without arguments: the toy model on procedural scenes and the bundled clips, on the CPU. A run that was stopped or
/// killed goes on where its last checkpoint left it when the same command is given again.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A built-in preset.
    #[arg(long, default_value = "toy")]
    preset: String,
    /// A preset of your own, as a TOML file; a run's own `config.toml` is one.
    #[arg(long, conflicts_with = "preset")]
    config: Option<PathBuf>,
    /// Changes one value of the preset, as in `grpo.group=4`; may be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// The checkpoint's folder to start from; without one, the preset's own small model is built.
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
    /// Dataset folders made by `scrubjay synth`; without one, data are made from scenes and the bundled clips.
    #[arg(long, num_args = 1.., value_name = "DIR")]
    data: Vec<PathBuf>,
    /// Folder of the run.
    #[arg(long, default_value = "run", value_name = "RUN")]
    out: PathBuf,
    /// Where to compute: `auto`, `cpu`, `wgpu` or `cuda:N`.
    #[arg(long, default_value = "auto")]
    device: String,
    /// What to compute in: `f32`, `bf16`, `f16`; what suits the device if absent.
    #[arg(long)]
    dtype: Option<String>,
    /// Seed of weights, order and sampling, in place of the preset's.
    #[arg(long)]
    #[arg(value_parser = clap::value_parser!(u64).range(..1 << 63))]
    seed: Option<u64>,
    /// GRPO steps, in place of the preset's; phases are cut at their sum.
    #[arg(long, value_name = "N")]
    steps: Option<usize>,
    /// Steps between checkpoints, in place of the preset's.
    #[arg(long, value_name = "N")]
    checkpoint_every: Option<usize>,
    /// What to do with a run that is in the folder already: `auto` goes on, `never` refuses, or the path of a checkpoint
    /// to go on from.
    #[arg(long, default_value = "auto", value_name = "auto|never|PATH")]
    resume: String,
    /// A template file (TOML) whose texts replace the prompts'.
    #[arg(long)]
    prompts: Option<PathBuf>,
    /// Held-out items per task in each evaluation, in place of the preset's.
    #[arg(long, value_name = "N")]
    eval_items: Option<usize>,
    /// Print the closing table as one JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: Args) -> Result<(), Error> {
    let preset = resolved(&args)?;
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
    let resume = match args.resume.as_str() {
        "auto" => Resume::Auto,
        "never" => Resume::Never,
        path => {
            let path = PathBuf::from(path);
            if !path.is_dir() {
                return Err(Error::usage(format!(
                    "--resume {}: neither auto nor never nor a checkpoint's folder",
                    path.display()
                )));
            }
            Resume::From(path)
        }
    };
    for folder in &args.data {
        there(folder)?;
    }
    if args.out.exists() && !args.out.is_dir() {
        return Err(Error::usage(format!("--out {}: is a file; a run needs a folder", args.out.display())));
    }
    let mut plan = Plan {
        preset,
        model: args.model,
        device: args.device,
        dtype: args.dtype,
        data: args.data,
        out: args.out,
        resume,
        prompts,
        quiet: say::is_quiet(),
    };
    plan::check(&plan)?;
    if plan.data.is_empty() {
        let made =
            default_data(&args.preset, &plan.preset, plan.preset.train.seed, Counts::default(), &plan.out)?;
        if let Some(why) = made.without_clips {
            say::note(format_args!("without the bundled clips: {why}"));
        }
        plan.data = made.folders;
    }
    let stages = train(&plan)?;
    super::tabled(&[stages], args.json)
}

/// A dataset folder, looked at before any work.
fn there(folder: &Path) -> Result<(), Error> {
    if folder.join("recipes.jsonl").is_file() {
        return Ok(());
    }
    Err(Error::path(
        folder,
        "holds no recipes.jsonl; --data takes the folders that `scrubjay synth --out` made",
    ))
}

/// The preset with what the command line changes.
fn resolved(args: &Args) -> Result<Preset, Error> {
    let (_, mut preset) = super::preset(&args.preset, args.config.as_deref())?;
    preset = settings::apply(&preset, &args.set)?;
    let train = &mut preset.train;
    train.seed = args.seed.unwrap_or(train.seed);
    train.checkpoint_every = args.checkpoint_every.unwrap_or(train.checkpoint_every);
    train.eval_items = args.eval_items.unwrap_or(train.eval_items);
    if let Some(steps) = args.steps {
        let Some(grpo) = &mut preset.grpo else {
            return Err(Error::usage("--steps: this preset has no [grpo] table to train by"));
        };
        grpo.cut(steps);
    }
    // What the command line says is held to the same rules as what a file says.
    let fail = |e: &dyn std::fmt::Display| Error::usage(e.to_string());
    let table = toml::Table::try_from(&preset).map_err(|e| fail(&e))?;
    Preset::from_table(table).map_err(|e| fail(&e))
}
