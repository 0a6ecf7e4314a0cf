//! What a run's folder holds: its configuration, its curves and its answers, as far as they are there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::answers::Answers;
use super::chart::{Curve, chart};
use crate::error::Error;

/// A run's folder, read.
#[derive(Debug, Default)]
pub struct Run {
    /// The text of `config.toml`, empty where there is none.
    pub config: String,
    /// `metrics.jsonl` line by line.
    pub metrics: Vec<Value>,
    /// Lines of it that are no JSON object, as the last one of a run that was killed.
    pub unreadable: usize,
    /// The answers to held-out items stage by stage, and the rollouts.
    pub answers: Answers,
    /// The run's own recipes, if it has any.
    pub recipes: Option<PathBuf>,
    /// The table of a run that was evaluated.
    pub table: Option<String>,
}

/// Whether a folder is that of a run.
#[must_use]
pub fn is_run(folder: &Path) -> bool {
    folder.join("metrics.jsonl").is_file() || !answer_files(folder).is_empty()
}

/// Reads a run's folder.
///
/// # Errors
/// [`Error`] naming the file that cannot be read.
pub fn read(folder: &Path) -> Result<Run, Error> {
    let mut run = Run::default();
    let text = |name: &str| {
        let path = folder.join(name);
        if !path.exists() {
            return Ok(String::new());
        }
        let bytes = std::fs::read(&path).map_err(|e| Error::path(&path, format!("cannot be read: {e}")))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    run.config = text("config.toml")?;
    for line in text("metrics.jsonl")?.lines().filter(|l| !l.trim().is_empty()) {
        match serde_json::from_str(line) {
            Ok(value @ Value::Object(_)) => run.metrics.push(value),
            _ => run.unreadable += 1,
        }
    }
    for (name, path) in answer_files(folder) {
        run.answers.read(&path, &name)?;
    }
    run.recipes = Some(folder.join("data/recipes.jsonl")).filter(|p| p.is_file());
    if let Ok(stages) = crate::train::table::read_run(folder) {
        run.table = Some(crate::train::table::render(&[stages]));
    }
    Ok(run)
}

/// `answers.<stage>.jsonl` in the order of the stages, others after them by name, then `rollouts/*.jsonl`.
fn answer_files(folder: &Path) -> Vec<(String, PathBuf)> {
    let list = |folder: PathBuf| {
        let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
        let mut files: Vec<(String, PathBuf)> = entries
            .filter_map(|e| Some((e.file_name().to_str()?.strip_suffix(".jsonl")?.to_owned(), e.path())))
            .filter(|(_, path)| path.is_file())
            .collect();
        files.sort();
        files
    };
    let mut answers: Vec<(String, PathBuf)> = list(folder.to_owned())
        .into_iter()
        .filter_map(|(name, path)| Some((name.strip_prefix("answers.")?.to_owned(), path)))
        .collect();
    let stages = crate::train::table::Stage::ALL.map(crate::train::table::Stage::name);
    answers.sort_by_key(|(name, _)| stages.iter().position(|s| s == name).unwrap_or(stages.len()));
    answers.extend(
        list(folder.join("rollouts")).into_iter().map(|(name, path)| (format!("rollouts/{name}"), path)),
    );
    answers
}

impl Run {
    /// Steps by phase, in the order in which the phases come.
    #[must_use]
    pub fn phases(&self) -> Vec<(String, usize)> {
        let mut phases: Vec<(String, usize)> = Vec::new();
        for line in &self.metrics {
            let name = line.get("phase").and_then(Value::as_str).unwrap_or("-");
            match phases.iter_mut().find(|p| p.0 == name) {
                Some(phase) => phase.1 += 1,
                None => phases.push((name.to_owned(), 1)),
            }
        }
        phases
    }

    /// The run's curves as HTML: reward per task, then what else moves.
    pub(super) fn charts(&self) -> String {
        let mut tasks: BTreeMap<&str, Vec<(usize, f64)>> = BTreeMap::new();
        for (at, line) in self.metrics.iter().enumerate() {
            for (task, reward) in line.get("reward_by_task").and_then(Value::as_object).into_iter().flatten()
            {
                if let Some(reward) = reward.as_f64() {
                    tasks.entry(task).or_default().push((at, reward));
                }
            }
        }
        let curve = |(name, points): (&str, Vec<(usize, f64)>)| Curve { name: name.to_owned(), points };
        let rewards: Vec<Curve> = tasks.into_iter().map(curve).collect();
        let mut out = chart("Reward by task", &rewards);
        // Each on an axis of its own, phase by phase, since a loss of one phase says nothing beside another's.
        for key in ["reward", "loss", "entropy", "kl", "zero_advantage_groups", "parse_failures"] {
            for (phase, _) in self.phases() {
                let points: Vec<(usize, f64)> = self
                    .metrics
                    .iter()
                    .enumerate()
                    .filter(|(_, l)| l.get("phase").and_then(Value::as_str).unwrap_or("-") == phase)
                    .filter_map(|(at, l)| Some((at, l.get(key)?.as_f64()?)))
                    .collect();
                if points.iter().any(|p| p.1 != 0.0) {
                    let name = key.replace('_', " ");
                    out.push_str(&chart(&format!("{name}, {phase}"), &[Curve { name, points }]));
                }
            }
        }
        out
    }
}
