//! The table a run ends with: chance, before, after the cold start, after GRPO, per task.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use scrubjay_core::metric::{Estimate, clustered_mean};
use scrubjay_core::task::TaskName;

use super::evaluate::{Answered, summarize};
use crate::error::Error;
use crate::files::write_atomic;

/// When an evaluation was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Random weights.
    Before,
    /// After supervised learning.
    ColdStart,
    /// After reinforcement learning.
    Grpo,
}

impl Stage {
    /// All stages in order.
    pub const ALL: [Self; 3] = [Self::Before, Self::ColdStart, Self::Grpo];

    /// The stage's name in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::ColdStart => "cold-start",
            Self::Grpo => "grpo",
        }
    }
}

fn file(run: &Path, stage: Stage) -> PathBuf {
    run.join(format!("answers.{}.jsonl", stage.name()))
}

/// Writes the answers of a stage.
///
/// # Errors
/// [`Error`] naming the file.
pub fn write_answers(run: &Path, stage: Stage, answers: &[Answered]) -> Result<(), Error> {
    let mut out = Vec::new();
    for a in answers {
        serde_json::to_writer(&mut out, a).map_err(|e| Error::failed(e.to_string()))?;
        out.push(b'\n');
    }
    write_atomic(&file(run, stage), &out)
}

/// Reads the answers of all stages that a run has reached.
///
/// # Errors
/// [`Error`] naming file and line.
pub fn read_run(run: &Path) -> Result<Vec<(Stage, Vec<Answered>)>, Error> {
    let mut stages = Vec::new();
    for stage in Stage::ALL {
        let path = file(run, stage);
        if !path.exists() {
            continue;
        }
        let text =
            std::fs::read_to_string(&path).map_err(|e| Error::path(&path, format!("cannot be read: {e}")))?;
        let answers = text
            .lines()
            .enumerate()
            .map(|(i, line)| {
                serde_json::from_str(line)
                    .map_err(|e| Error::failed(format!("{}:{}: not an answer: {e}", path.display(), i + 1)))
            })
            .collect::<Result<Vec<Answered>, Error>>()?;
        stages.push((stage, answers));
    }
    if stages.is_empty() {
        return Err(Error::path(run, "holds no evaluated run"));
    }
    Ok(stages)
}

/// The table of one or several runs; the answers of all runs are pooled, clustered by source.
#[must_use]
pub fn render(runs: &[Vec<(Stage, Vec<Answered>)>]) -> String {
    let mut out = String::new();
    let pooled = |stage: Stage| -> Vec<Answered> {
        runs.iter().flatten().filter(|(s, _)| *s == stage).flat_map(|(_, a)| a.clone()).collect()
    };
    let stages: Vec<_> = Stage::ALL.iter().map(|&s| (s, summarize(&pooled(s)))).collect();
    let _ = writeln!(
        out,
        "{:<10} {:>6} {:>7} {:>7}  {:<22} {:<22} {:<22} {:<24}",
        "task", "items", "chance", "blind", "before", "cold start", "GRPO", "GRPO - cold start"
    );
    for task in TaskName::ALL {
        let Some(first) = stages.iter().find_map(|(_, s)| s.get(&task)) else { continue };
        let items = first.score.n;
        let _ = write!(out, "{:<10} {items:>6} {:>7.3} {:>7.3}  ", task.name(), first.random, first.blind);
        for (_, summary) in &stages {
            let cell = summary.get(&task).map_or_else(|| "-".to_owned(), |s| estimate(&s.score));
            let _ = write!(out, "{cell:<22} ");
        }
        let gain = gain(&pooled(Stage::ColdStart), &pooled(Stage::Grpo), task);
        let _ = writeln!(out, "{}", gain.map_or_else(|| "-".to_owned(), |g| signed(&g)));
    }
    let _ = write!(
        out,
        "Mean score on held-out sources with 95 % intervals ({} run{}; bootstrap over sources). chance: a random\n\
         valid answer; blind: the best answer that never looks. Answers that cannot be read count as 0.",
        runs.len(),
        if runs.len() == 1 { "" } else { "s" }
    );
    out
}

/// Mean difference of two stages, paired by item, clustered by source.
fn gain(from: &[Answered], to: &[Answered], task: TaskName) -> Option<Estimate> {
    if from.len() != to.len() {
        return None;
    }
    let mut clusters: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for (a, b) in from.iter().zip(to).filter(|(a, b)| a.task == task && a.id == b.id) {
        clusters.entry(&a.source).or_default().push(b.score - a.score);
    }
    clustered_mean(&clusters.into_values().collect::<Vec<_>>(), 0)
}

fn estimate(e: &Estimate) -> String {
    format!("{:.3} [{:.3}, {:.3}]", e.mean, e.low, e.high)
}

fn signed(e: &Estimate) -> String {
    format!("{:+.3} [{:+.3}, {:+.3}]", e.mean, e.low, e.high)
}
