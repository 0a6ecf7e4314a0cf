//! What a policy said in training: `RUN/rollouts/<phase>-<step>.jsonl`, one rollout a line, which `scrubjay inspect` reads.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use scrubjay_core::task::TaskName;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::files::{writable_folder, write_atomic};

/// The folder within a run's.
pub const FOLDER: &str = "rollouts";

/// One rollout.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rollout {
    /// The item's id.
    pub id: String,
    /// Its task.
    pub task: TaskName,
    /// The key of its source.
    pub source: String,
    /// What `scrubjay item` and `scrubjay inspect` take to show it: the file and the line of its recipe.
    pub link: Option<String>,
    /// Number of the prompt in its step, from 0.
    pub group: usize,
    /// Number of the rollout in its group, from 0.
    pub rollout: usize,
    /// What was said, as it was said.
    pub answer: String,
    /// The truth's text.
    pub truth: String,
    /// What training paid: the weighted sum of its rewards.
    pub reward: f64,
    /// The reward's named parts.
    pub parts: BTreeMap<String, f64>,
    /// The advantage within its group.
    pub advantage: f64,
    /// Why the answer could not be read, if it could not.
    pub failed: Option<String>,
    /// Whether it was cut at the most tokens.
    pub truncated: bool,
    /// Tokens of the answer.
    pub tokens: usize,
    /// Mean log-probability of its tokens, in nats, under the policy that said it; none without tokens.
    pub log_probability: Option<f64>,
}

/// A file of rollouts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The phase.
    pub phase: String,
    /// The step.
    pub step: usize,
    /// The file.
    pub path: PathBuf,
}

/// A run's rollouts.
#[derive(Debug)]
pub struct Rollouts {
    folder: PathBuf,
    every: usize,
}

impl Rollouts {
    /// Makes the folder in that of a run. Every `every`-th step is kept; none with 0.
    ///
    /// # Errors
    /// [`Error`] naming the folder.
    pub fn open(run: &Path, every: usize) -> Result<Self, Error> {
        let folder = run.join(FOLDER);
        writable_folder(&folder)?;
        Ok(Self { folder, every })
    }

    /// Whether a step is kept: every so many, and the last of a phase, `last` of which says so.
    #[must_use]
    pub fn keeps(&self, step: usize, last: bool) -> bool {
        self.every > 0 && (last || step.is_multiple_of(self.every))
    }

    /// Writes the rollouts of a step, whole or not at all.
    ///
    /// # Errors
    /// [`Error`] naming the file.
    pub fn write(&self, phase: &str, step: usize, rollouts: &[Rollout]) -> Result<PathBuf, Error> {
        let path = self.folder.join(format!("{}-{step:06}.jsonl", encoded(phase)));
        let mut text = Vec::new();
        for rollout in rollouts {
            serde_json::to_writer(&mut text, rollout)
                .map_err(|e| Error::path(&path, format!("cannot be written: {e}")))?;
            text.push(b'\n');
        }
        write_atomic(&path, &text)?;
        Ok(path)
    }

    /// Removes the files of later steps than `last`, the last phase and step that a checkpoint holds (nothing: of all
    /// steps), where the run's `phases` come in this order. How many were removed. Files of other phases stay.
    ///
    /// # Errors
    /// [`Error`] naming the file that cannot be removed.
    pub fn after(&self, phases: &[&str], last: Option<(&str, usize)>) -> Result<usize, Error> {
        let place = |phase: &str| phases.iter().position(|p| *p == phase);
        let bound = match last {
            None => None,
            Some((phase, step)) => Some((
                place(phase).ok_or_else(|| {
                    Error::failed(format!("'{phase}' is no phase of this run: {}", phases.join(", ")))
                })?,
                step,
            )),
        };
        let mut removed = 0;
        for Kept { phase, step, path } in kept(&self.folder)? {
            let Some(at) = place(&phase) else { continue };
            if bound.is_none_or(|bound| (at, step) > bound) {
                std::fs::remove_file(&path)
                    .map_err(|e| Error::path(&path, format!("cannot be removed: {e}")))?;
                removed += 1;
            }
        }
        Ok(removed)
    }
}

/// The files of a folder of rollouts, by phase and step; none where there is no folder.
///
/// # Errors
/// [`Error`] naming the folder that cannot be read.
pub fn kept(folder: &Path) -> Result<Vec<Kept>, Error> {
    let fail = |e: std::io::Error| Error::path(folder, format!("cannot be read: {e}"));
    let entries = match std::fs::read_dir(folder) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(fail)?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry.map_err(fail)?;
        let name = entry.file_name();
        let Some((phase, step)) =
            name.to_str().and_then(|n| n.strip_suffix(".jsonl")?.rsplit_once('-')).filter(|(_, s)| digits(s))
        else {
            continue;
        };
        if let (Some(phase), Ok(step)) = (decoded(phase), step.parse()) {
            files.push(Kept { phase, step, path: entry.path() });
        }
    }
    files.sort_by(|a, b| (&a.phase, a.step, &a.path).cmp(&(&b.phase, b.step, &b.path)));
    Ok(files)
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// A phase's name as a part of a file's name: what could be read as a path is written as `%XX`.
fn encoded(phase: &str) -> String {
    let mut out = String::new();
    for (i, byte) in phase.bytes().enumerate() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') || (byte == b'.' && i > 0) {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// The opposite of [`encoded`]; nothing for what it never writes.
fn decoded(name: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = name.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        if first == b'%' {
            let (hex, after) = after.split_at_checked(2)?;
            bytes.push(u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok()?);
            rest = after;
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resumed_run_keeps_no_step_that_it_will_walk_again() {
        let run = tempfile::tempdir().expect("a folder");
        let rollouts = Rollouts::open(run.path(), 2).expect("opened");
        let one = Rollout {
            id: "x".to_owned(),
            task: TaskName::Jigsaw,
            source: "scene/day/1".to_owned(),
            link: None,
            group: 0,
            rollout: 3,
            answer: "2\n1".to_owned(),
            truth: "21".to_owned(),
            reward: 0.5,
            parts: BTreeMap::from([("order".to_owned(), 0.5)]),
            advantage: -1.0,
            failed: None,
            truncated: false,
            tokens: 3,
            log_probability: Some(-0.25),
        };
        let phases = ["a/../b", "later-1"];
        for phase in phases {
            for step in (0..4).filter(|s| rollouts.keeps(*s, *s == 3)) {
                rollouts.write(phase, step, std::slice::from_ref(&one)).expect("written");
            }
        }
        std::fs::write(run.path().join("rollouts/notes-x.jsonl"), "").expect("written");
        let list = || -> Vec<(String, usize)> {
            let files = kept(&run.path().join(FOLDER)).expect("reads");
            files.into_iter().map(|k| (k.phase, k.step)).collect()
        };
        assert_eq!(list().len(), 6);
        assert_eq!(rollouts.after(&phases, Some(("later-1", 0))).expect("removed"), 2);
        assert_eq!(rollouts.after(&phases, Some(("a/../b", 2))).expect("removed"), 2);
        assert_eq!(list(), [("a/../b".to_owned(), 0), ("a/../b".to_owned(), 2)]);
        assert!(rollouts.after(&phases, Some(("none", 0))).is_err());
        let path = &kept(&run.path().join(FOLDER)).expect("reads")[0].path;
        let line = std::fs::read_to_string(path).expect("reads");
        assert_eq!(serde_json::from_str::<Rollout>(&line).expect("a rollout"), one);
        assert_eq!(rollouts.after(&phases, None).expect("removed"), 2);
    }
}
