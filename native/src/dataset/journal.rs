//! What a killed run leaves for the next: a folder of finished pieces that is only believed if the plan is the same.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::files::{writable_folder, write_atomic, write_by_way_of};

/// The folder of unfinished work within a dataset's.
const FOLDER: &str = ".unfinished";
/// The file that is locked.
const LOCK: &str = "lock";

/// Unfinished work, held by this process alone.
#[derive(Debug)]
pub(super) struct Journal {
    folder: PathBuf,
    /// A killed process lets go of it.
    _lock: File,
}

impl Journal {
    /// Opens the work of a plan, given as JSON. Work that another plan left behind is thrown away.
    ///
    /// # Errors
    /// [`Error`] when the folder cannot be written, or another process is writing there.
    pub(super) fn open(out: &Path, plan: &str) -> Result<Self, Error> {
        let folder = out.join(FOLDER);
        writable_folder(out)?;
        writable_folder(&folder)?;
        let (mark, lock) = (folder.join("plan.json"), folder.join(LOCK));
        let lock = File::create(&lock).map_err(|e| Error::path(&lock, format!("cannot be made: {e}")))?;
        // Not every file system has locks; there the user must see to it.
        if matches!(lock.try_lock(), Err(TryLockError::WouldBlock)) {
            return Err(Error::path(out, "another process is writing this dataset"));
        }
        if std::fs::read_to_string(&mark).ok().as_deref() != Some(plan) {
            let fail = |e: std::io::Error| Error::path(&folder, format!("cannot be emptied: {e}"));
            for entry in std::fs::read_dir(&folder).map_err(fail)? {
                let path = entry.map_err(fail)?.path();
                if path.file_name().is_some_and(|n| n != LOCK) {
                    std::fs::remove_file(&path).map_err(fail)?;
                }
            }
            write_atomic(&mark, plan.as_bytes())?;
        }
        Ok(Self { folder, _lock: lock })
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

    /// Puts kept pieces together, one after the other, as a file of the finished dataset, unless `refuse` objects to it.
    ///
    /// # Errors
    /// [`Error`] when a piece cannot be read or the file cannot be written, and what `refuse` returns.
    pub(super) fn join(
        &self,
        pieces: &[String],
        path: &Path,
        refuse: impl FnOnce(&Path) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let fail = |e: std::io::Error| Error::path(path, format!("cannot be written: {e}"));
        let whole = self.folder.join("whole");
        let mut out = File::create(&whole).map_err(fail)?;
        for name in pieces {
            let piece = self.folder.join(name);
            let mut from = File::open(&piece).map_err(fail)?;
            std::io::copy(&mut from, &mut out).map_err(fail)?;
        }
        out.sync_all().map_err(fail)?;
        refuse(&whole)?;
        std::fs::rename(&whole, path).map_err(fail)
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
