//! Where a materialised dataset grows: `OUT/.partial` holds what is not finished, and everything enters `OUT` by a
//! rename, so that a killed run leaves whole files or none and the next one goes on from there.
//!
//! Against a power cut only the files that list items are flushed to the disk one by one; thousands of pictures would
//! take longer to flush than to make.

use std::fs::{self, File, TryLockError};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::record::Record;
use super::{Dropped, Finished, Inputs, Report};
use crate::error::Error;

/// The file that says that everything is there.
const MARK: &str = "materialised.json";

/// The items that could not be made, once all were tried.
const LEDGER: &str = ".partial/ledger.json";

/// What the work that was begun belongs to.
const BEGUN: &str = ".partial/inputs.json";

/// Whether a folder holds a finished or a begun dataset.
pub(super) fn holds(out: &Path) -> bool {
    [MARK, BEGUN].iter().any(|name| out.join(name).exists())
}

/// A folder being written into, by this process alone.
#[derive(Debug)]
pub(super) struct Place {
    out: PathBuf,
    partial: PathBuf,
    next: AtomicU64,
    /// Held locked; a killed process lets go of it.
    _lock: File,
}

/// What was found.
pub(super) enum Opened {
    /// Everything is there already.
    Finished(Report),
    /// There is work.
    Begun(Place),
}

impl Place {
    /// Opens a folder for these inputs, with what an earlier run has left.
    pub(super) fn open(out: &Path, inputs: &Inputs) -> Result<Opened, Error> {
        let partial = out.join(".partial");
        let lock = partial.join("lock");
        if let Some(finished) = read_json::<Finished>(&out.join(MARK))? {
            if finished.inputs != *inputs {
                return Err(Error::path(
                    out,
                    format!(
                        "already holds the {} form of other recipes or other options; choose another folder or \
                         remove it",
                        finished.inputs.form
                    ),
                ));
            }
            return match fs::remove_dir_all(&partial) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => Err(failed(&partial, &e)),
                _ => Ok(Opened::Finished(finished.report)),
            };
        }
        folder(&partial)?;
        let lock = File::create(&lock).map_err(|e| failed(&lock, &e))?;
        match lock.try_lock() {
            Err(TryLockError::WouldBlock) => {
                return Err(Error::path(out, "another process is writing this dataset"));
            }
            // Not every file system has locks; there the user must see to it.
            Err(TryLockError::Error(_)) | Ok(()) => {}
        }
        let found = read_json::<Inputs>(&out.join(BEGUN))?;
        if let Some(found) = found.as_ref().filter(|found| *found != inputs) {
            return Err(Error::path(
                out,
                format!(
                    "holds a part of the {} form of other recipes or other options; choose another folder or \
                     remove it",
                    found.form
                ),
            ));
        }
        if found.is_none()
            && let Some(name) =
                ["README.md", "data", "frames", "videos"].iter().find(|n| out.join(n).exists())
        {
            let what = "is in the way, and is not of this dataset; choose another folder or remove it";
            return Err(Error::path(&out.join(name), what));
        }
        let place = Self { out: out.to_owned(), partial, next: AtomicU64::new(0), _lock: lock };
        // Whatever was being written when the last run ended.
        match fs::remove_dir_all(place.partial.join("new")) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(failed(&place.partial, &e)),
            _ => {}
        }
        for name in ["new", "records", "samples"] {
            folder(&place.partial.join(name))?;
        }
        place.file(BEGUN, true, |to| Ok(serde_json::to_writer(to, inputs)?))?;
        folder(&place.out("data"))?;
        if inputs.form.has_videos() {
            folder(&place.out("videos"))?;
        }
        Ok(Opened::Begun(place))
    }

    /// A path within the dataset.
    pub(super) fn out(&self, name: &str) -> PathBuf {
        self.out.join(name)
    }

    /// Writes a file, `name` within the dataset, whole or not at all; flushed to the disk if it must outlast a power cut.
    pub(super) fn file(
        &self,
        name: &str,
        lasting: bool,
        write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
    ) -> Result<(), Error> {
        let (new, target) = (self.new_path(), self.out(name));
        let all = || -> io::Result<()> {
            let mut to = BufWriter::new(File::create(&new)?);
            write(&mut to)?;
            let file = to.into_inner().map_err(io::IntoInnerError::into_error)?;
            if lasting {
                file.sync_all()?;
            }
            drop(file);
            fs::rename(&new, &target)?;
            match target.parent().filter(|_| lasting) {
                Some(parent) => File::open(parent)?.sync_all(),
                None => Ok(()),
            }
        };
        all().map_err(|e| {
            // Room for others; if this fails too, the next run removes it.
            let _ = fs::remove_file(&new);
            failed(&target, &e)
        })
    }

    /// Makes a folder, `name` within the dataset.
    pub(super) fn within(&self, name: &str) -> Result<(), Error> {
        folder(&self.out(name))
    }

    /// Notes an item as done; its files must be there.
    pub(super) fn note(&self, record: &Record) -> Result<(), Error> {
        let name = format!(".partial/records/{}.json", record.id);
        self.file(&name, false, |to| Ok(serde_json::to_writer(to, record)?))
    }

    /// What was noted of an item.
    pub(super) fn record(&self, id: &str) -> Result<Record, Error> {
        let path = self.partial.join("records").join(format!("{id}.json"));
        let bytes = fs::read(&path).map_err(|e| Error::path(&path, format!("cannot be read: {e}")))?;
        serde_json::from_slice(&bytes)
            .map_err(|e| Error::path(&path, format!("is not a note of an item: {e}")))
    }

    /// Notes that every item is there but these.
    pub(super) fn settle(&self, ledger: &[Dropped]) -> Result<(), Error> {
        self.file(LEDGER, true, |to| Ok(serde_json::to_writer(to, ledger)?))
    }

    /// The items that are not there, if it is settled.
    pub(super) fn ledger(&self) -> Result<Option<Vec<Dropped>>, Error> {
        read_json(&self.out(LEDGER))
    }

    /// Says that everything is there, and removes what is no longer needed.
    pub(super) fn finish(self, finished: &Finished) -> Result<Report, Error> {
        self.file(MARK, true, |to| {
            serde_json::to_writer_pretty(&mut *to, finished)?;
            to.write_all(b"\n")
        })?;
        fs::remove_dir_all(&self.partial).map_err(|e| failed(&self.partial, &e))?;
        Ok(finished.report.clone())
    }

    fn new_path(&self) -> PathBuf {
        self.partial.join("new").join(self.next.fetch_add(1, Ordering::Relaxed).to_string())
    }
}

/// A write that failed, with what to do about it.
pub(super) fn failed(path: &Path, e: &io::Error) -> Error {
    Error::path(path, format!("cannot be written: {e}; run the command again to go on from here"))
}

fn folder(path: &Path) -> Result<(), Error> {
    fs::create_dir_all(path).map_err(|e| failed(path, &e))
}

fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<Option<T>, Error> {
    match fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|e| {
            Error::path(path, format!("was changed ({e}); remove this folder or choose another"))
        }),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(Error::path(path, format!("cannot be read: {e}"))),
    }
}
