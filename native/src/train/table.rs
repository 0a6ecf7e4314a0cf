//! The table a run ends with: chance, before, after the cold start, after GRPO, per task.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use scrubjay_core::metric::{Estimate, Observation, clustered_mean};
use scrubjay_core::task::TaskName;
use serde::Serialize;

use super::evaluate::Answered;
use crate::error::Error;
use crate::files::write_atomic;

/// When an evaluation was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Before any training.
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
pub fn read_run(run: &Path) -> Result<Run, Error> {
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

/// The answers of one run by stage.
pub type Run = Vec<(Stage, Vec<Answered>)>;

/// One line of the table: a task, on all its sources or on those of one kind.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// The task.
    pub task: TaskName,
    /// `scenes` or `videos`; empty for both.
    pub sources: &'static str,
    /// What a random valid answer earns.
    pub chance: f64,
    /// What the best answer earns that never looks.
    pub blind: f64,
    /// Before any training.
    pub before: Estimate,
    /// After the cold start.
    pub cold_start: Option<Estimate>,
    /// After reinforcement.
    pub grpo: Option<Estimate>,
    /// What reinforcement added, by the same items.
    pub gain: Option<Estimate>,
}

/// Whether an answer is of a line's.
type Holds = fn(&Answered) -> bool;

fn is_video(a: &Answered) -> bool {
    a.source.starts_with("video/")
}

/// The table's lines for one or several runs: per task, on all held-out sources and on scenes and videos apart.
#[must_use]
pub fn rows(runs: &[Run]) -> Vec<Row> {
    let kinds: [(&'static str, Holds); 3] =
        [("", |_| true), ("scenes", |a| !is_video(a)), ("videos", is_video)];
    let each =
        TaskName::ALL.into_iter().flat_map(|task| kinds.map(|(sources, holds)| (task, sources, holds)));
    each.filter_map(|(task, sources, holds)| row(runs, task, sources, holds)).collect()
}

/// The table for people.
#[must_use]
pub fn render(runs: &[Run]) -> String {
    let mut out = format!(
        "{:<20} {:>6} {:>8} {:>7} {:>7}  {:<21} {:<21} {:<21} {}\n",
        "task", "items", "sources", "chance", "blind", "before", "cold start", "GRPO", "GRPO - cold start"
    );
    let cell = |e: Option<Estimate>, signed| e.map_or_else(|| "-".to_owned(), |e| estimate(&e, signed));
    for row in rows(runs) {
        let name =
            if row.sources.is_empty() { row.task.name().to_owned() } else { format!("  on {}", row.sources) };
        let _ = writeln!(
            out,
            "{name:<20} {:>6} {:>8} {:>7.3} {:>7.3}  {:<21} {:<21} {:<21} {}",
            row.before.n,
            row.before.sources,
            row.chance,
            row.blind,
            estimate(&row.before, false),
            cell(row.cold_start, false),
            cell(row.grpo, false),
            cell(row.gain, true),
        );
    }
    let _ = write!(
        out,
        "Mean score on held-out sources, {} run{}. In brackets: 95 % intervals, bootstrap over sources and runs; none\n\
         for fewer than {FEW} sources. chance: a random valid answer; blind: the best answer that never looks. An\n\
         answer that cannot be read counts as 0.",
        runs.len(),
        if runs.len() == 1 { "" } else { "s" }
    );
    out
}

/// Sources below which an interval would say nothing.
const FEW: usize = 5;

fn row(runs: &[Run], task: TaskName, sources: &'static str, holds: Holds) -> Option<Row> {
    let stage = |wanted: Stage| {
        runs.iter().enumerate().flat_map(move |(run, stages)| {
            let answers = stages.iter().filter(move |(s, _)| *s == wanted).flat_map(|(_, a)| a);
            answers.filter(move |a| a.task == task && holds(a)).map(move |a| (run, a))
        })
    };
    let mean = |wanted: Stage| {
        let values: Vec<Observation<'_>> =
            stage(wanted).map(|(run, a)| Observation { source: &a.source, run, value: a.score }).collect();
        clustered_mean(&values)
    };
    let before = mean(Stage::Before)?;
    let average =
        |f: fn(&Answered) -> f64| stage(Stage::Before).map(|(_, a)| f(a)).sum::<f64>() / before.n as f64;
    // Paired by item within a run.
    let after: BTreeMap<(usize, &str), f64> =
        stage(Stage::Grpo).map(|(run, a)| ((run, a.id.as_str()), a.score)).collect();
    let gains: Vec<Observation<'_>> = stage(Stage::ColdStart)
        .filter_map(|(run, a)| {
            let value = after.get(&(run, a.id.as_str()))? - a.score;
            Some(Observation { source: &a.source, run, value })
        })
        .collect();
    Some(Row {
        task,
        sources,
        chance: average(|a| a.random),
        blind: average(|a| a.blind),
        before,
        cold_start: mean(Stage::ColdStart),
        grpo: mean(Stage::Grpo),
        gain: clustered_mean(&gains),
    })
}

fn estimate(e: &Estimate, signed: bool) -> String {
    let number = |x: f64| if signed { format!("{x:+.3}") } else { format!("{x:.3}") };
    if e.sources < FEW {
        return number(e.mean);
    }
    format!("{} [{}, {}]", number(e.mean), number(e.low), number(e.high))
}
