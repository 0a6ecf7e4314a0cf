//! A run's folder: what is written into it as the run goes on, and how it is wound back to a checkpoint.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use super::checkpoint;
use super::journal::Journal;
use super::rollouts::{Rollout, Rollouts};
use super::tensorboard::Events;
use super::view::{Pace, View};
use crate::error::Error;
use crate::files::{writable_folder, write_atomic};

/// Of these a checkpoint notes how long they are: they hold nothing that differs between a run and the same run taken up.
const EXACT: [&str; 2] = ["metrics.jsonl", "evaluations.jsonl"];

/// The folder, its journals and what a person sees.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    metrics: Journal,
    evaluations: Journal,
    timings: Journal,
    events: Events,
    /// What was sampled.
    pub rollouts: Rollouts,
    /// What is seen meanwhile.
    pub view: View,
    // Held as long as the run goes on.
    _lock: File,
}

/// Where the folder is wound back to.
#[derive(Debug)]
pub struct Wound<'a> {
    /// Bytes of each journal.
    pub journals: &'a [(String, u64)],
    /// Optimiser steps so far.
    pub steps: usize,
    /// The names of the run's stages in their order, and the last stage and step whose rollouts are kept.
    pub last: Option<(&'a str, usize)>,
}

/// Takes the folder for this process.
///
/// # Errors
/// [`Error`] naming the folder: it cannot be written into, or another process has it.
pub fn lock(path: &Path) -> Result<File, Error> {
    writable_folder(path)?;
    let name = path.join(".lock");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&name)
        .map_err(|e| Error::path(&name, format!("cannot be made: {e}")))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(Error::path(
            path,
            "another process is training in this folder; wait for it or choose another folder",
        )),
        // A file system without locks: the folder is its user's to guard.
        Err(std::fs::TryLockError::Error(_)) => Ok(file),
    }
}

impl Folder {
    /// Opens the folder, new or wound back.
    ///
    /// # Errors
    /// [`Error`] naming the file.
    pub fn open(
        path: &Path,
        lock: File,
        stages: &[&str],
        keep_rollouts: usize,
        wound: Option<&Wound<'_>>,
        quiet: bool,
    ) -> Result<Self, Error> {
        let journal = |name: &str| {
            let noted = wound.and_then(|w| w.journals.iter().find(|j| j.0 == name));
            Journal::resume(&path.join(name), noted.map_or(0, |j| j.1))
        };
        let timings = path.join("timings.jsonl");
        // What an earlier process said of later steps is to be forgotten.
        let again = wound.is_some() || path.join("tensorboard").exists();
        let rollouts = Rollouts::open(path, keep_rollouts)?;
        sweep(path)?;
        sweep(&path.join(super::rollouts::FOLDER))?;
        rollouts.after(stages, wound.and_then(|w| w.last))?;
        Ok(Self {
            metrics: journal(EXACT[0])?,
            evaluations: journal(EXACT[1])?,
            // Of every process that worked on the run.
            timings: Journal::resume(&timings, if wound.is_some() { whole_lines(&timings) } else { 0 })?,
            events: Events::open(path, again.then(|| wound.map_or(0, |w| w.steps as u64 + 1)))?,
            rollouts,
            view: View::new(quiet),
            path: path.to_owned(),
            _lock: lock,
        })
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where checkpoints are.
    #[must_use]
    pub fn checkpoints(&self) -> PathBuf {
        checkpoints(&self.path)
    }

    /// Notes a step: its line, how long it took, and how many steps of all stages are done with it.
    ///
    /// # Errors
    /// [`Error`] naming the file.
    pub fn step(&mut self, line: &Value, took: Duration, steps: usize) -> Result<(), Error> {
        self.metrics.write(line)?;
        self.events.line(steps as u64, line)?;
        let seconds = took.as_secs_f64();
        let tokens = line.get("tokens").and_then(Value::as_f64);
        let pace = Pace { tokens_per_second: tokens.map(|t| t / seconds.max(1e-9)), ..Pace::default() };
        self.timings.write(&json!({
            "phase": line["phase"], "step": line["step"], "seconds": seconds, "tokens_per_second": pace.tokens_per_second,
        }))?;
        self.view.step(line, &pace);
        Ok(())
    }

    /// Notes an evaluation.
    ///
    /// # Errors
    /// [`Error`] naming the file.
    pub fn evaluation(&mut self, line: &Value, steps: usize) -> Result<(), Error> {
        self.evaluations.write(line)?;
        self.events.line(steps as u64, line)
    }

    /// Rollouts of a step.
    ///
    /// # Errors
    /// [`Error`] naming the file.
    pub fn rollouts(
        &self,
        phase: &str,
        step: usize,
        last: bool,
        list: impl FnOnce() -> Vec<Rollout>,
    ) -> Result<(), Error> {
        if self.rollouts.keeps(step, last) {
            self.rollouts.write(phase, step, &list())?;
        }
        Ok(())
    }

    /// Brings the journals to the disk; how long they are is what a checkpoint notes.
    ///
    /// # Errors
    /// [`Error`] naming the file.
    pub fn sync(&mut self) -> Result<Vec<(String, u64)>, Error> {
        self.timings.sync()?;
        self.events.sync()?;
        let [metrics, evaluations] = EXACT.map(str::to_owned);
        Ok(vec![(metrics, self.metrics.sync()?), (evaluations, self.evaluations.sync()?)])
    }

    /// Writes a small file of the run.
    ///
    /// # Errors
    /// [`Error`] naming the file.
    pub fn write(&self, name: &str, text: &str) -> Result<(), Error> {
        write_atomic(&self.path.join(name), text.as_bytes())
    }
}

/// Removes the temporary files of a process that was killed while it wrote; this one has the folder's lock.
fn sweep(folder: &Path) -> Result<(), Error> {
    let fail = |e: std::io::Error| Error::path(folder, format!("cannot be tidied: {e}"));
    for entry in std::fs::read_dir(folder).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        if entry.file_name().to_string_lossy().starts_with(".tmp") && entry.path().is_file() {
            std::fs::remove_file(entry.path()).map_err(fail)?;
        }
    }
    Ok(())
}

/// Bytes of a file up to its last line's end; 0 where it cannot be read.
fn whole_lines(path: &Path) -> u64 {
    let bytes = std::fs::read(path).unwrap_or_default();
    bytes.iter().rposition(|b| *b == b'\n').map_or(0, |at| at as u64 + 1)
}

/// Where a run's checkpoints are.
#[must_use]
pub fn checkpoints(run: &Path) -> PathBuf {
    run.join("checkpoints")
}

/// The newest checkpoint of a run.
///
/// # Errors
/// [`Error`] naming the folder.
pub fn newest(run: &Path) -> Result<Option<PathBuf>, Error> {
    Ok(checkpoint::list(&checkpoints(run))?.pop().map(|(_, path)| path))
}
