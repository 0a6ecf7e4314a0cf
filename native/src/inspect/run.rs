//! What a run's folder holds: its configuration, its numbers, its answers and rollouts, as far as they are there.

use std::collections::HashSet;
use std::io::BufRead as _;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::answers::Answers;
use super::evaluations::{self, Evaluation};
use crate::dataset::recipes::Line;
use crate::error::Error;
use crate::say;
use crate::train::rollouts::{self, Kept};
use crate::train::table::{self, Stage};

/// A run's folder, read.
#[derive(Debug, Default)]
pub struct Run {
    /// The text of `config.toml`, empty where there is none.
    pub config: String,
    /// `metrics.jsonl` line by line.
    pub metrics: Vec<Value>,
    /// Lines of it that are no JSON object, as the last one of a run that was killed.
    pub unreadable: usize,
    /// The evaluations: those of `evaluations.jsonl`, or made of the answers where there is none.
    pub evaluations: Vec<Evaluation>,
    /// The answers to held-out items stage by stage, then the rollouts of each phase's first and last kept step.
    pub answers: Answers,
    /// Which of the answers' origins are rollouts.
    pub rollouts: Range<usize>,
    /// How many files of rollouts there are, also those between first and last, which are not read.
    pub rollout_files: usize,
    /// The files of recipes that the run learns from, as far as they are found.
    pub recipes: Vec<PathBuf>,
    /// The table of a run that was evaluated.
    pub table: Option<String>,
    /// The text of `plan.txt`: the memory that was planned for.
    pub plan: String,
    /// What the last process hung at, from `hang.json`.
    pub hang: Option<Value>,
    /// What could not be found or read, in sentences.
    pub notes: Vec<String>,
}

/// Whether a folder is that of a run.
#[must_use]
pub fn is_run(folder: &Path) -> bool {
    folder.join("metrics.jsonl").is_file() || !answer_files(folder).is_empty() || !kept(folder).is_empty()
}

/// The run that a file of answers or rollouts was written by, if it lies in one's folder.
#[must_use]
pub fn of_file(file: &Path) -> Option<PathBuf> {
    let folder = file.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if folder.join("metrics.jsonl").is_file() {
        return Some(folder.to_owned());
    }
    // The folder's own name also where it was given as `.`.
    let folder = std::path::absolute(folder).ok()?;
    let run = folder.parent().filter(|_| folder.file_name().is_some_and(|n| n == rollouts::FOLDER))?;
    run.join("metrics.jsonl").is_file().then(|| run.to_owned())
}

/// The recipes of these items of a run, as far as they are at hand.
///
/// # Errors
/// [`Error`] naming the file that cannot be read.
pub fn read_recipes(folder: &Path, ids: &[&str]) -> Result<Vec<Line>, Error> {
    let mut run = Run::default();
    run.find_recipes(folder)?;
    let lines = run.held(ids);
    run.notes.iter().for_each(say::note);
    Ok(lines)
}

/// Reads a run's folder.
///
/// # Errors
/// [`Error`] naming the file that cannot be read.
pub fn read(folder: &Path) -> Result<Run, Error> {
    let mut run = Run { config: text(folder, "config.toml")?, ..Run::default() };
    (run.metrics, run.unreadable) = objects(&text(folder, "metrics.jsonl")?);
    run.plan = text(folder, "plan.txt")?;
    run.hang = serde_json::from_str(&text(folder, crate::train::watchdog::FILE)?).ok();
    for (name, path) in answer_files(folder) {
        run.answers.read(&path, &name)?;
    }
    let stages = table::read_run(folder).ok();
    let (lines, unreadable) = objects(&text(folder, "evaluations.jsonl")?);
    run.evaluations = lines.iter().filter_map(Evaluation::read).collect();
    let unreadable = unreadable + lines.len() - run.evaluations.len();
    if unreadable > 0 {
        run.notes.push(format!("{unreadable} lines of evaluations.jsonl cannot be read and are left out."));
    }
    if let Some(stages) = stages {
        if run.evaluations.is_empty() {
            let lines = stages.iter().map(|(stage, answers)| evaluations::line(stage.name(), "", 0, answers));
            run.evaluations = lines.filter_map(|l| Evaluation::read(&l)).collect();
        }
        run.table = Some(table::render(&[stages]));
    }
    let files = kept(folder);
    run.rollout_files = files.len();
    let begin = run.answers.origins.len();
    for Kept { phase, step, path } in first_and_last(&files, &run.phases()) {
        run.answers.read(&path, &format!("{phase} step {step}"))?;
    }
    run.rollouts = begin..run.answers.origins.len();
    run.find_recipes(folder)?;
    Ok(run)
}

/// A file's text; empty where there is none.
fn text(folder: &Path, name: &str) -> Result<String, Error> {
    let path = folder.join(name);
    match std::fs::read(&path) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(e) => Err(Error::path(&path, format!("cannot be read: {e}"))),
    }
}

/// The JSON objects of lines, and how many lines are none.
fn objects(text: &str) -> (Vec<Value>, usize) {
    let (mut objects, mut others) = (Vec::new(), 0);
    for line in text.lines().filter(|l| !l.trim().is_empty()) {
        match serde_json::from_str(line) {
            Ok(value @ Value::Object(_)) => objects.push(value),
            _ => others += 1,
        }
    }
    (objects, others)
}

/// `answers.<stage>.jsonl` in the order of the stages, others after them by name.
fn answer_files(folder: &Path) -> Vec<(String, PathBuf)> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let mut answers: Vec<(String, PathBuf)> = entries
        .filter_map(|e| {
            let name = e.file_name();
            let stage = name.to_str()?.strip_prefix("answers.")?.strip_suffix(".jsonl")?;
            Some((stage.to_owned(), e.path()))
        })
        .filter(|(_, path)| path.is_file())
        .collect();
    let stages = Stage::ALL.map(Stage::name);
    let place = |name: &str| stages.iter().position(|s| *s == name).unwrap_or(stages.len());
    answers.sort_by(|a, b| (place(&a.0), &a.0).cmp(&(place(&b.0), &b.0)));
    answers
}

fn kept(folder: &Path) -> Vec<Kept> {
    rollouts::kept(&folder.join(rollouts::FOLDER)).unwrap_or_default()
}

/// Of each phase its first and its last file, in the order of the phases; phases that are not among these come last.
fn first_and_last(files: &[Kept], phases: &[(String, usize)]) -> Vec<Kept> {
    let place = |phase: &str| phases.iter().position(|p| p.0 == phase).unwrap_or(phases.len());
    let mut chosen: Vec<Kept> = files
        .chunk_by(|a, b| a.phase == b.phase)
        .flat_map(|own| match own {
            [] => Vec::new(),
            [one] => vec![one.clone()],
            [first, .., last] => vec![first.clone(), last.clone()],
        })
        .collect();
    chosen.sort_by_key(|k| place(&k.phase));
    chosen
}

impl Run {
    /// Steps by phase, in the order in which the phases come.
    #[must_use]
    pub fn phases(&self) -> Vec<(String, usize)> {
        let mut phases: Vec<(String, usize)> = Vec::new();
        for line in &self.metrics {
            let name = phase(line);
            match phases.iter_mut().find(|p| p.0 == name) {
                Some(phase) => phase.1 += 1,
                None => phases.push((name.to_owned(), 1)),
            }
        }
        phases
    }

    /// The recipes below `data/`, and of the folders that `data.json` names, from the run's folder on.
    fn find_recipes(&mut self, folder: &Path) -> Result<(), Error> {
        below(&folder.join("data"), 4, &mut self.recipes);
        let named = text(folder, "data.json")?;
        if named.is_empty() {
            return Ok(());
        }
        let named: Option<Value> = serde_json::from_str(&named).ok();
        let Some(list) = named.as_ref().and_then(|n| n.get("folders")?.as_array()) else {
            self.notes
                .push("data.json names no folders; items are played as far as data/ holds them.".to_owned());
            return Ok(());
        };
        let named: Vec<PathBuf> = list.iter().filter_map(|f| Some(folder.join(f.as_str()?))).collect();
        self.add_recipes(&named);
        Ok(())
    }

    /// Takes the recipes of further dataset folders in.
    pub fn add_recipes(&mut self, folders: &[PathBuf]) {
        for folder in folders {
            let file = folder.join("recipes.jsonl");
            if !file.is_file() {
                self.notes.push(format!("{} is not there.", file.display()));
            } else if !self.recipes.contains(&file) {
                self.recipes.push(file);
            }
        }
    }

    /// The recipes of these items, in the order of the files.
    pub(super) fn held(&mut self, ids: &[&str]) -> Vec<Line> {
        let mut wanted: HashSet<&str> = ids.iter().copied().collect();
        let mut lines = Vec::new();
        for file in &self.recipes {
            if let Err(e) = find(file, &mut wanted, &mut lines) {
                self.notes.push(format!("{e}."));
            }
        }
        lines
    }
}

/// The phase of a line of the metrics.
pub(super) fn phase(line: &Value) -> &str {
    line.get("phase").and_then(Value::as_str).unwrap_or("-")
}

/// The recipe files of a folder and so many levels below, in the order of their names.
fn below(folder: &Path, levels: usize, files: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let mut entries: Vec<PathBuf> = entries.map(|e| e.path()).collect();
    entries.sort();
    for path in entries {
        if path.is_file() && path.file_name().is_some_and(|n| n == "recipes.jsonl") {
            files.push(path);
        } else if levels > 0 && path.is_dir() {
            below(&path, levels - 1, files);
        }
    }
}

/// Only the lines that are wanted are read as recipes: a run may learn from millions.
fn find(file: &Path, wanted: &mut HashSet<&str>, lines: &mut Vec<Line>) -> Result<(), Error> {
    #[derive(serde::Deserialize)]
    struct Id<'a> {
        #[serde(borrow)]
        id: std::borrow::Cow<'a, str>,
    }
    let fail = |e: std::io::Error| Error::path(file, format!("cannot be read: {e}"));
    for (i, text) in std::io::BufReader::new(std::fs::File::open(file).map_err(fail)?).lines().enumerate() {
        if wanted.is_empty() {
            break;
        }
        let text = text.map_err(fail)?;
        if !serde_json::from_str::<Id<'_>>(&text).is_ok_and(|i| wanted.contains(i.id.as_ref())) {
            continue;
        }
        let fault = |what: String| Error::failed(format!("{}:{}: {what}", file.display(), i + 1));
        let line: Line = serde_json::from_str(&text).map_err(|e| fault(format!("not a recipe: {e}")))?;
        if line.id != line.recipe.id() {
            return Err(fault("the id is not the recipe's hash: one of them was changed".to_owned()));
        }
        wanted.remove(line.id.as_str());
        lines.push(line);
    }
    Ok(())
}
