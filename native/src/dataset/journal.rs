//! What a killed run leaves for the next: a folder of finished pieces that is only believed if the plan is the same.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::files::{writable_folder, write_atomic, write_by_way_of};

/// The folder of unfinished work within a dataset's.
const FOLDER: &str = ".unfinished";

/// Unfinished work.
#[derive(Debug)]
pub(super) struct Journal {
    folder: PathBuf,
}

impl Journal {
    /// Opens the work of a plan, given as JSON. Work that another plan left behind is thrown away.
    ///
    /// # Errors
    /// [`Error`] when the folder cannot be written.
    pub(super) fn open(out: &Path, plan: &str) -> Result<Self, Error> {
        let folder = out.join(FOLDER);
        let mark = folder.join("plan.json");
        if folder.exists() && std::fs::read_to_string(&mark).ok().as_deref() != Some(plan) {
            std::fs::remove_dir_all(&folder)
                .map_err(|e| Error::path(&folder, format!("cannot be removed: {e}")))?;
        }
        writable_folder(out)?;
        writable_folder(&folder)?;
        write_atomic(&mark, plan.as_bytes())?;
        Ok(Self { folder })
    }

    /// A finished piece by name, if it is there.
    pub(super) fn piece(&self, name: &str) -> Option<Vec<u8>> {
        std::fs::read(self.folder.join(name)).ok()
    }

    /// Keeps a finished piece.
    ///
    /// # Errors
    /// [`Error`] when it cannot be written.
    pub(super) fn keep(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        write_atomic(&self.folder.join(name), bytes)
    }

    /// Writes a file of the finished dataset; what a killed run leaves of it goes with the journal.
    ///
    /// # Errors
    /// [`Error`] when it cannot be written.
    pub(super) fn publish(&self, path: &Path, bytes: &[u8]) -> Result<(), Error> {
        write_by_way_of(&self.folder, path, bytes)
    }

    /// A log of values that are worth keeping one by one, and those that it already holds.
    ///
    /// # Errors
    /// [`Error`] when it cannot be opened.
    pub(super) fn log<T: DeserializeOwned>(&self, name: &str) -> Result<(Log, Vec<T>), Error> {
        let path = self.folder.join(name);
        let fail = |e: std::io::Error| Error::path(&path, format!("cannot be used: {e}"));
        let (mut values, mut good) = (Vec::new(), 0);
        if let Ok(file) = File::open(&path) {
            let mut reader = BufReader::new(file);
            let mut line = String::new();
            // A line that was cut off ends what can be believed.
            while reader.read_line(&mut line).is_ok_and(|n| n > 0) && line.ends_with('\n') {
                let Ok(value) = serde_json::from_str(&line) else { break };
                values.push(value);
                good += line.len() as u64;
                line.clear();
            }
        }
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(fail)?;
        file.set_len(good).map_err(fail)?;
        drop(file);
        let file = OpenOptions::new().append(true).open(&path).map_err(fail)?;
        Ok((Log { path, file: Mutex::new(file) }, values))
    }

    /// The work cannot be done: nothing is left of it, nor of a folder that it made.
    pub(super) fn abandon(self, out: &Path) {
        // What cannot be removed does no harm, and there is a better error to report.
        let _ = std::fs::remove_dir_all(&self.folder);
        let _ = std::fs::remove_dir(out);
    }

    /// The work is done: its pieces are no longer needed.
    ///
    /// # Errors
    /// [`Error`] when the folder cannot be removed.
    pub(super) fn close(self) -> Result<(), Error> {
        std::fs::remove_dir_all(&self.folder)
            .map_err(|e| Error::path(&self.folder, format!("cannot be removed: {e}")))
    }
}

/// A file to which lines are added.
#[derive(Debug)]
pub(super) struct Log {
    path: PathBuf,
    file: Mutex<File>,
}

impl Log {
    /// Adds a value.
    ///
    /// # Errors
    /// [`Error`] when it cannot be written.
    pub(super) fn add(&self, value: &impl Serialize) -> Result<(), Error> {
        let mut line = serde_json::to_vec(value).map_err(|e| Error::failed(e.to_string()))?;
        line.push(b'\n');
        // A line written half by a thread that panicked is cut off when the log is read.
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(&line).map_err(|e| Error::path(&self.path, format!("cannot be written: {e}")))
    }
}
