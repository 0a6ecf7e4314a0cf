//! Checkpoints: all that a run needs to go on as if it had never stopped, in a folder of its own.
//!
//! `checkpoints/000040/` holds the model as a published folder does (or its adapters alone), `optimiser.safetensors`, and
//! `state.json` with what else there is. Everything is written into a folder with another name, flushed and renamed, so
//! that a folder by that name is whole. What is drawn at random is keyed by seed and step: no generator has a state.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, View, serialize_to_file};
use scrubjay_model::optim::{Entry, OptimError, Optimiser};
use serde::{Deserialize, Serialize};

use super::data::{Cursor, Dropped};
use super::stage::Progress;
use crate::error::Error;

/// What changes from step to step beside weights and optimiser.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// Of this file's form.
    pub version: u32,
    /// The resolved configuration of the run, as text; a run goes on only with the same one.
    pub config: String,
    /// Optimiser steps of all stages so far.
    pub steps: usize,
    /// Where the run stands.
    pub progress: Progress,
    /// Where it stands in its data.
    pub cursor: Cursor,
    /// What the run is made of beside its configuration, each by a fingerprint.
    pub inputs: BTreeMap<String, String>,
    /// What was left out of the data so far.
    pub dropped: Dropped,
    /// Bytes of each of the run's journals when this was written.
    pub journals: Vec<(String, u64)>,
}

/// Of [`State`]'s form.
pub const VERSION: u32 = 2;

const STATE: &str = "state.json";
const OPTIMISER: &str = "optimiser.safetensors";

/// Writes a checkpoint under the name of its number of steps. `model` writes the model's files into a folder.
///
/// # Errors
/// [`Error`] naming the folder; earlier checkpoints stay as they are.
pub fn save(
    checkpoints: &Path,
    state: &State,
    optimiser: &Optimiser,
    model: impl FnOnce(&Path) -> Result<(), Error>,
) -> Result<PathBuf, Error> {
    let folder = checkpoints.join(name(state.steps));
    publish(&folder, |staged| {
        model(staged)?;
        write_optimiser(&staged.join(OPTIMISER), optimiser)?;
        let text = serde_json::to_vec_pretty(state).map_err(|e| Error::failed(e.to_string()))?;
        fs::write(staged.join(STATE), text).map_err(|e| fail(staged, &e))
    })?;
    Ok(folder)
}

/// The name of the checkpoint after so many steps.
#[must_use]
pub fn name(steps: usize) -> String {
    format!("{steps:06}")
}

/// Makes a folder of files under a temporary name, flushes them and renames it; what stood there before is removed
/// afterwards.
///
/// # Errors
/// [`Error`] naming the folder.
pub fn publish(folder: &Path, fill: impl FnOnce(&Path) -> Result<(), Error>) -> Result<(), Error> {
    let parent = folder.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(|e| fail(parent, &e))?;
    let staged = tempfile::Builder::new().prefix(STAGED).tempdir_in(parent).map_err(|e| fail(folder, &e))?;
    fill(staged.path())?;
    for file in fs::read_dir(staged.path()).map_err(|e| fail(folder, &e))? {
        let path = file.map_err(|e| fail(folder, &e))?.path();
        File::open(&path).and_then(|f| f.sync_all()).map_err(|e| fail(&path, &e))?;
    }
    // Readable as any other folder is, not only by its owner as temporary ones are.
    #[cfg(unix)]
    fs::set_permissions(staged.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .map_err(|e| fail(folder, &e))?;
    let aside = staged.path().with_extension("replaced");
    let replaced = folder.exists();
    if replaced {
        fs::rename(folder, &aside).map_err(|e| fail(folder, &e))?;
    }
    fs::rename(staged.path(), folder).map_err(|e| fail(folder, &e))?;
    let _ = staged.keep();
    if replaced {
        fs::remove_dir_all(&aside).map_err(|e| fail(&aside, &e))?;
    }
    File::open(parent).and_then(|f| f.sync_all()).map_err(|e| fail(parent, &e))
}

/// What unfinished folders begin with.
const STAGED: &str = ".saving";

/// Removes what a killed process left half written.
///
/// # Errors
/// [`Error`] naming the folder.
pub fn sweep(checkpoints: &Path) -> Result<(), Error> {
    for path in entries(checkpoints)? {
        if path.file_name().is_some_and(|n| n.to_string_lossy().starts_with(STAGED)) {
            fs::remove_dir_all(&path).map_err(|e| fail(&path, &e))?;
        }
    }
    Ok(())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    match fs::read_dir(folder) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(e) => Err(fail(folder, &e)),
        Ok(list) => list.map(|e| e.map(|e| e.path())).collect::<Result<_, _>>().map_err(|e| fail(folder, &e)),
    }
}

/// The checkpoints of a run by their number of steps, oldest first.
///
/// # Errors
/// [`Error`] naming the folder.
pub fn list(checkpoints: &Path) -> Result<Vec<(usize, PathBuf)>, Error> {
    let number = |path: PathBuf| {
        let name = path.file_name()?.to_str()?;
        let numbered = name.len() >= 6 && name.bytes().all(|b| b.is_ascii_digit());
        let steps = numbered.then(|| name.parse().ok()).flatten()?;
        path.join(STATE).is_file().then_some((steps, path))
    };
    let mut found: Vec<_> = entries(checkpoints)?.into_iter().filter_map(number).collect();
    found.sort();
    Ok(found)
}

/// Keeps the newest `last` checkpoints, and of the references that phases began with those that they need.
///
/// # Errors
/// [`Error`] naming the folder.
pub fn prune(checkpoints: &Path, last: usize, stage: usize) -> Result<(), Error> {
    let found = list(checkpoints)?;
    let (old, kept) = found.split_at(found.len().saturating_sub(last.max(1)));
    for (_, path) in old {
        remove(checkpoints, path)?;
    }
    let mut needed = stage;
    for (_, path) in kept {
        needed = needed.min(state(path)?.progress.stage);
    }
    for path in entries(checkpoints)? {
        let of = path.file_name().and_then(|n| n.to_str()?.strip_prefix("reference-")?.parse::<usize>().ok());
        if of.is_some_and(|of| of < needed) {
            remove(checkpoints, &path)?;
        }
    }
    Ok(())
}

/// Removes the checkpoints of more steps than these.
///
/// # Errors
/// [`Error`] naming the folder.
pub fn forget(checkpoints: &Path, steps: usize) -> Result<(), Error> {
    for (_, path) in list(checkpoints)?.iter().filter(|(n, _)| *n > steps) {
        remove(checkpoints, path)?;
    }
    Ok(())
}

fn remove(checkpoints: &Path, path: &Path) -> Result<(), Error> {
    // Renamed first: a kill in the middle leaves no half folder under a good name.
    let aside = checkpoints.join(format!("{STAGED}-old-{}", std::process::id()));
    fs::rename(path, &aside).and_then(|()| fs::remove_dir_all(&aside)).map_err(|e| fail(path, &e))
}

/// Reads a checkpoint's state.
///
/// # Errors
/// [`Error`] naming the file and what is wrong with it.
pub fn state(folder: &Path) -> Result<State, Error> {
    let path = folder.join(STATE);
    let bytes = fs::read(&path).map_err(|e| {
        Error::path(folder, format!("is no checkpoint of a run: {STATE} cannot be read: {e}"))
    })?;
    let value: serde_json::Value =
        serde_json::from_slice(&bytes).map_err(|e| Error::path(&path, format!("not a state: {e}")))?;
    match value.get("version").and_then(serde_json::Value::as_u64) {
        Some(found) if found != u64::from(VERSION) => Err(Error::path(
            &path,
            format!(
                "is of form {found}, this program reads form {VERSION}; go on with the program that wrote it"
            ),
        )),
        _ => serde_json::from_value(value).map_err(|e| Error::path(&path, format!("not a state: {e}"))),
    }
}

/// Reads a checkpoint's optimiser: each tensor's name and numbers.
///
/// # Errors
/// [`Error`] naming the file and the tensor.
pub fn optimiser(folder: &Path) -> Result<Vec<(String, Vec<f32>)>, Error> {
    let path = folder.join(OPTIMISER);
    let bytes = fs::read(&path).map_err(|e| Error::path(&path, format!("cannot be read: {e}")))?;
    let file = SafeTensors::deserialize(&bytes)
        .map_err(|e| Error::path(&path, format!("is damaged ({e}); go on from another checkpoint")))?;
    let mut out = Vec::new();
    for (name, view) in file.tensors() {
        if view.dtype() != Dtype::F32 {
            return Err(Error::path(&path, format!("{name} is not of float32")));
        }
        out.push((name, view.data().as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect()));
    }
    Ok(out)
}

/// A tensor that is read from its device when its turn comes, so that no second copy of all of them is held.
struct Lazy<'a> {
    entry: Entry,
    shape: [usize; 1],
    fault: &'a RefCell<Option<OptimError>>,
}

impl View for &Lazy<'_> {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> std::borrow::Cow<'_, [u8]> {
        match self.entry.numbers() {
            Ok(numbers) => numbers.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>().into(),
            Err(e) => {
                // The file is thrown away with the folder that it is in.
                self.fault.replace(Some(e));
                vec![0; self.data_len()].into()
            }
        }
    }

    fn data_len(&self) -> usize {
        self.shape[0] * 4
    }
}

fn write_optimiser(path: &Path, optimiser: &Optimiser) -> Result<(), Error> {
    let fault = RefCell::new(None);
    let lazy = |entry: Entry| Lazy { shape: [entry.count], entry, fault: &fault };
    let entries: Vec<Lazy<'_>> = optimiser.state().map(lazy).collect();
    serialize_to_file(entries.iter().map(|lazy| (&lazy.entry.name, lazy)), None, path)
        .map_err(|e| Error::path(path, format!("cannot be written: {e}")))?;
    match fault.take() {
        Some(e) => Err(Error::path(path, e)),
        None => Ok(()),
    }
}

fn fail(path: &Path, error: &std::io::Error) -> Error {
    Error::path(path, format!("the checkpoint cannot be written: {error}"))
}
