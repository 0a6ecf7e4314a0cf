//! What is to be trained, on what and where to; refused here where it cannot be, before any work.

use std::path::{Path, PathBuf};

use scrubjay_core::preset::{Phase, Preset};
use scrubjay_core::prompt::Templates;
use serde_json::json;

use super::data::Reading;
use super::resume::found;
use super::stage::stages;
use super::subject::Subject;
use crate::error::Error;

/// What to train, on what, where to.
#[derive(Debug)]
pub struct Plan {
    /// The resolved configuration.
    pub preset: Preset,
    /// The checkpoint to start from; without one the preset's own small model is built.
    pub model: Option<PathBuf>,
    /// `auto`, `cpu`, `wgpu` or `cuda:N`.
    pub device: String,
    /// `f32`, `bf16`, `f16`, or what suits the device.
    pub dtype: Option<String>,
    /// Dataset folders.
    pub data: Vec<PathBuf>,
    /// The run's folder.
    pub out: PathBuf,
    /// What to do with a run that is there already.
    pub resume: Resume,
    /// A template file's text whose prompts replace the wording's.
    pub prompts: Option<String>,
    /// Say nothing but warnings and errors.
    pub quiet: bool,
}

/// What to do with a run that is there already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resume {
    /// Go on from its last checkpoint.
    Auto,
    /// Refuse it.
    Never,
    /// Go on from this checkpoint.
    From(PathBuf),
}

/// Refuses what cannot be trained, before data are made or read: see [`train`], which looks again.
///
/// # Errors
/// [`Error`] naming the key, the option or the folder.
pub fn check(plan: &Plan) -> Result<(), Error> {
    if plan.preset.grpo.is_none() && plan.preset.sft.is_none() {
        return Err(Error::usage(
            "this preset is a benchmark: it has neither a [sft] nor a [grpo] table to train by",
        ));
    }
    stages(&plan.preset, &|_| 1)?;
    Subject::open(&plan.preset, plan.model.as_deref(), &plan.device, plan.dtype.as_deref())?;
    found(plan).map(|_| ())
}

/// The configuration as it is kept and read again.
pub(super) fn config(preset: &Preset) -> Result<String, Error> {
    toml::to_string(preset).map_err(|e| Error::failed(e.to_string()))
}

/// How items are read in a phase, or in the cold start.
pub(super) fn reading(plan: &Plan, subject: &Subject, phase: Option<&Phase>) -> Result<Reading, Error> {
    let wording = phase.and_then(|p| p.wording).unwrap_or(plan.preset.data.wording);
    let templates = match &plan.prompts {
        Some(file) => Templates::replaced(wording, file).map_err(|e| Error::usage(e.to_string()))?,
        None => Templates::built_in(wording),
    };
    let grpo = plan.preset.grpo.as_ref();
    let tasks = match phase {
        Some(_) => grpo.map(|g| g.tasks.clone()).unwrap_or_default(),
        None => Vec::new(),
    };
    let held = grpo.is_some_and(|g| g.hold_to_grammar);
    Ok(Reading {
        tasks,
        held,
        prefix_is_learned: false,
        processor: subject.processor.clone(),
        templates,
        wording,
        max_prompt_tokens: grpo.and_then(|g| g.max_prompt_tokens),
        keep_frames: phase.is_some() && grpo.is_some_and(|g| g.temporal.is_some()),
    })
}

/// The folders of data, for whoever looks for the run's recipes later.
pub(super) fn data_file(plan: &Plan) -> Result<String, Error> {
    let whole = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone());
    let (run, folders) = (whole(&plan.out), plan.data.iter().map(whole));
    // Data within the run's folder move with it.
    let folders: Vec<PathBuf> =
        folders.map(|f| f.strip_prefix(&run).map(Path::to_path_buf).unwrap_or(f)).collect();
    serde_json::to_string(&json!({ "folders": folders })).map_err(|e| Error::failed(e.to_string()))
}
