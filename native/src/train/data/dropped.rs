//! What was left out, counted: a broken file costs its items and not the run.

use std::collections::BTreeMap;

use scrubjay_core::task::TaskName;
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// An item that was left out, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Left {
    /// The item's id; where a line could not be read, the file and the number of the line.
    pub id: String,
    /// Its task, if it could be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskName>,
    /// One word: [`crate::loader::Failure::cause`], `line` (it is no recipe), `shows-held-out` (it is made of frames of a
    /// source that is held out), `too-long` (more tokens than a prompt may have) or `prompt` (the model's files refuse
    /// it).
    pub cause: String,
    /// One sentence.
    pub detail: String,
}

/// Account of what was left out. An item is counted each time that its turn came.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dropped {
    /// How many, by cause and then by task; `unknown` where the task could not be read.
    pub counts: BTreeMap<String, BTreeMap<String, u64>>,
    /// The first [`NAMED`] different ones.
    pub first: Vec<Left>,
    #[serde(default)]
    stretch: Stretch,
}

/// So many are named.
pub const NAMED: usize = 20;

/// Items after which it is asked whether more than half of them failed.
pub const STRETCH: u64 = 256;

/// The items since it was last asked.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Stretch {
    looked: u64,
    failed: BTreeMap<String, u64>,
    /// The last failure's sentence.
    last: String,
}

impl Dropped {
    /// How many were left out.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.values().flat_map(BTreeMap::values).sum()
    }

    /// How many were left out, by cause.
    #[must_use]
    pub fn by_cause(&self) -> BTreeMap<&str, u64> {
        self.counts.iter().map(|(cause, tasks)| (cause.as_str(), tasks.values().sum())).collect()
    }

    /// Counts what was left out.
    pub(super) fn add(&mut self, left: &[Left]) {
        for item in left {
            let task = item.task.map_or("unknown", TaskName::name);
            *self.counts.entry(item.cause.clone()).or_default().entry(task.to_owned()).or_insert(0) += 1;
            if self.first.len() < NAMED && self.first.iter().all(|f| f.id != item.id) {
                self.first.push(item.clone());
            }
        }
    }

    /// Counts what was left out of so many items that were looked at to be learned from.
    ///
    /// # Errors
    /// As [`Stretch::add`].
    pub(super) fn step(&mut self, looked: u64, left: &[Left]) -> Result<(), Error> {
        self.add(left);
        self.stretch.add(looked, left)
    }
}

impl Stretch {
    /// Goes on by so many items.
    ///
    /// # Errors
    /// [`Error`] when the stretch is at its end and more than half of it was left out, with the commonest cause.
    pub(super) fn add(&mut self, looked: u64, left: &[Left]) -> Result<(), Error> {
        self.add_unasked(looked, left);
        if self.looked < STRETCH {
            return Ok(());
        }
        let done = std::mem::take(self);
        if done.failed.values().sum::<u64>() * 2 > done.looked { Err(done.error()) } else { Ok(()) }
    }

    /// Goes on by so many items, whatever they are.
    pub(super) fn add_unasked(&mut self, looked: u64, left: &[Left]) {
        self.looked = self.looked.saturating_add(looked);
        for item in left {
            *self.failed.entry(item.cause.clone()).or_insert(0) += 1;
            self.last.clone_from(&item.detail);
        }
    }

    /// What to say of it.
    pub(super) fn error(&self) -> Error {
        let total: u64 = self.failed.values().sum();
        // Of equally common causes the first by name.
        let most = self.failed.iter().rev().max_by_key(|(_, n)| **n);
        let (cause, n) = most.map_or(("none", 0), |(cause, n)| (cause.as_str(), *n));
        Error::failed(format!(
            "{total} of the last {} items cannot be used, {n} of them for the cause '{cause}'; the last: {}; mend the data or \
             leave these sources out",
            self.looked, self.last
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(id: usize, cause: &str) -> Left {
        let (cause, detail) = (cause.to_owned(), format!("item {id} is broken"));
        Left { id: id.to_string(), task: Some(TaskName::Jigsaw), cause, detail }
    }

    #[test]
    fn half_of_a_long_stretch_is_borne_and_more_is_not() {
        let mut account = Dropped::default();
        for i in 0..STRETCH as usize {
            let one = [left(i, "missing")];
            account.step(1, if i % 2 == 0 { &one } else { &[] }).expect("half is borne");
        }
        assert_eq!((account.total(), account.first.len()), (STRETCH / 2, NAMED));
        let many: Vec<Left> = (0..130).map(|i| left(i, if i < 40 { "changed" } else { "missing" })).collect();
        let error = account.step(STRETCH, &many).expect_err("more than half").to_string();
        assert!(error.contains("130 of the last 256") && error.contains("90 of them"), "{error}");
        assert!(error.contains("'missing'") && error.contains("item 129"), "{error}");
        assert_eq!(account.by_cause()["changed"], 40);
        let json = serde_json::to_string(&account).expect("serializes");
        assert_eq!(serde_json::from_str::<Dropped>(&json).expect("reads"), account);
    }
}
