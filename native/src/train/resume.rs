//! Whether a run can be taken up: from which checkpoint, and as the run that it was.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use scrubjay_core::preset::Preset;
use sha2::{Digest as _, Sha256};

use super::checkpoint::{self, State};
use super::plan::{Plan, Resume};
use super::subject::Subject;
use crate::error::Error;

/// A checkpoint to go on from.
#[derive(Debug)]
pub(super) struct Found {
    /// Its folder.
    pub(super) path: PathBuf,
    /// What it says.
    pub(super) state: State,
    /// Whether it is one of this run's own.
    pub(super) own: bool,
}

/// The checkpoint to go on from, if there is one.
///
/// # Errors
/// [`Error`] where a run is there that must not be, or the checkpoint is of another run than this.
pub(super) fn found(plan: &Plan) -> Result<Option<Found>, Error> {
    let begun = plan.out.join("metrics.jsonl").exists();
    let path = match &plan.resume {
        Resume::Never if begun => {
            return Err(Error::path(
                &plan.out,
                "already holds a run; choose another folder, or go on with it (--resume auto)",
            ));
        }
        Resume::Never => None,
        Resume::From(path) => Some(path.clone()),
        Resume::Auto => super::folder::newest(&plan.out)?,
    };
    let Some(path) = path else {
        return if begun { anew(plan) } else { Ok(None) };
    };
    let checkpoints = super::folder::checkpoints(&plan.out);
    let whole = path.canonicalize().unwrap_or_else(|_| path.clone());
    let own = whole.parent().is_some_and(|parent| same_folder(parent, &checkpoints));
    if begun && !own {
        return Err(Error::path(
            &plan.out,
            format!(
                "already holds a run, and {} is a checkpoint of another one; choose another folder (--out)",
                path.display()
            ),
        ));
    }
    let state = checkpoint::state(&path)?;
    same(&plan.preset, &state, &path)?;
    Ok(Some(Found { path, state, own }))
}

/// A run without a checkpoint, as one that was killed early, is begun again, if it is the same.
fn anew(plan: &Plan) -> Result<Option<Found>, Error> {
    let path = plan.out.join("config.toml");
    let Ok(text) = std::fs::read_to_string(&path) else { return Ok(None) };
    let before = Preset::parse(&text).map_err(|e| Error::path(&path, e))?;
    alike(&plan.preset, &before, &plan.out)?;
    Ok(None)
}

impl Found {
    /// Makes the run's folder what it was at this checkpoint: later ones are of a way that is not gone, and another run's
    /// reference becomes this one's.
    ///
    /// # Errors
    /// [`Error`] naming the folder.
    pub(super) fn settle(&self, run: &Path) -> Result<(), Error> {
        let checkpoints = super::folder::checkpoints(run);
        if self.own {
            return checkpoint::forget(&checkpoints, self.state.steps);
        }
        let name = format!("reference-{}", self.state.progress.stage);
        let theirs = self.path.parent().map(|p| p.join(&name)).filter(|p| p.is_dir());
        let Some(theirs) = theirs.filter(|_| self.state.progress.begun) else { return Ok(()) };
        checkpoint::publish(&checkpoints.join(name), |staged| {
            let fail = |e: std::io::Error| Error::path(&theirs, format!("cannot be copied: {e}"));
            for file in std::fs::read_dir(&theirs).map_err(fail)? {
                let file = file.map_err(fail)?;
                std::fs::copy(file.path(), staged.join(file.file_name())).map_err(fail)?;
            }
            Ok(())
        })
    }
}

/// What a run is made of beside its configuration, each by a fingerprint.
///
/// # Errors
/// [`Error`] naming the file that cannot be read.
pub(super) fn inputs(plan: &Plan, subject: &Subject) -> Result<BTreeMap<String, String>, Error> {
    let mut inputs = BTreeMap::new();
    let mut data = Sha256::new();
    for folder in &plan.data {
        let path = folder.join("recipes.jsonl");
        let bytes = std::fs::read(&path).map_err(|e| Error::path(&path, format!("cannot be read: {e}")))?;
        data.update((bytes.len() as u64).to_le_bytes());
        data.update(bytes);
    }
    let short = |hash: Sha256| hash.finalize().iter().take(8).map(|b| format!("{b:02x}")).collect::<String>();
    inputs.insert("--data".to_owned(), short(data));
    let mut model = Sha256::new();
    for (name, bytes) in subject.processor.files() {
        model.update(name.as_bytes());
        model.update(bytes);
    }
    if let Some(folder) = &plan.model {
        weights(folder, &mut model)?;
    }
    inputs.insert("--model".to_owned(), short(model));
    inputs.insert("--dtype".to_owned(), subject.dtype.to_string());
    if let Some(prompts) = &plan.prompts {
        let mut hash = Sha256::new();
        hash.update(prompts);
        inputs.insert("--prompts".to_owned(), short(hash));
    }
    Ok(inputs)
}

/// A fingerprint of weights that does not read them all: names, lengths, and what each file holds at its beginning, in its
/// middle and at its end. The beginning lists names and shapes; a model that was trained differs in the rest.
fn weights(folder: &Path, hash: &mut Sha256) -> Result<(), Error> {
    const PIECE: u64 = 1 << 16;
    let fail = |path: &Path, e: std::io::Error| Error::path(path, format!("cannot be read: {e}"));
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .and_then(|list| list.map(|e| e.map(|e| e.path())).collect())
        .map_err(|e| fail(folder, e))?;
    files.retain(|p| p.extension().is_some_and(|e| e == "safetensors"));
    files.sort();
    for path in files {
        let mut file = std::fs::File::open(&path).map_err(|e| fail(&path, e))?;
        let length = file.metadata().map_err(|e| fail(&path, e))?.len();
        hash.update(path.file_name().unwrap_or_default().as_encoded_bytes());
        hash.update(length.to_le_bytes());
        for at in [0, length / 2, length.saturating_sub(PIECE)] {
            let mut piece = Vec::new();
            file.seek(SeekFrom::Start(at))
                .and_then(|_| file.by_ref().take(PIECE).read_to_end(&mut piece))
                .map_err(|e| fail(&path, e))?;
            hash.update(piece);
        }
    }
    Ok(())
}

/// Refuses to go on with other inputs than a run began with.
///
/// # Errors
/// Usage, naming the option.
pub(super) fn same_inputs(found: &Found, now: &BTreeMap<String, String>) -> Result<(), Error> {
    let before = &found.state.inputs;
    let keys: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    let Some(key) = keys.into_iter().find(|k| before.get(*k) != now.get(*k)) else { return Ok(()) };
    let told = |value: Option<&String>| value.map_or("nothing".to_owned(), Clone::clone);
    Err(Error::usage(format!(
        "{}: the run was begun with another {key} ({}, not {}); go on with the same, or begin another run (--out)",
        found.path.display(),
        told(before.get(key)),
        told(now.get(key)),
    )))
}

/// A run goes on only as it began, but for how long it goes and what it keeps.
fn same(preset: &Preset, state: &State, path: &Path) -> Result<(), Error> {
    let before =
        Preset::parse(&state.config).map_err(|e| Error::path(path, format!("its configuration: {e}")))?;
    alike(preset, &before, path)
}

fn alike(preset: &Preset, before: &Preset, path: &Path) -> Result<(), Error> {
    let (before, now) = (flat(&lasting(before))?, flat(&lasting(preset))?);
    let keys: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    let Some(key) = keys.into_iter().find(|k| before.get(*k) != now.get(*k)) else { return Ok(()) };
    let told = |value: Option<&String>| value.map_or("nothing".to_owned(), Clone::clone);
    Err(Error::usage(format!(
        "{}: the run was begun with {key} = {}, not {}; go on with the same configuration (--config {}), or begin another \
         run (--out)",
        path.display(),
        told(before.get(key)),
        told(now.get(key)),
        path.ancestors()
            .find(|p| p.join("config.toml").is_file())
            .unwrap_or(path)
            .join("config.toml")
            .display(),
    )))
}

/// A configuration without what may change when a run goes on.
fn lasting(preset: &Preset) -> Preset {
    let mut preset = preset.clone();
    if let Some(grpo) = &mut preset.grpo {
        grpo.steps = 0;
        for phase in &mut grpo.phases {
            phase.steps = 0;
        }
    }
    let keep = &mut preset.train;
    (keep.checkpoint_every, keep.keep_last, keep.keep_best, keep.watchdog, keep.prefetch, keep.cache_mb) =
        (0, 0, false, 0, 0, 0);
    preset
}

/// Every value of a configuration by its whole key.
fn flat(preset: &Preset) -> Result<BTreeMap<String, String>, Error> {
    fn walk(at: &str, value: &toml::Value, out: &mut BTreeMap<String, String>) {
        match value {
            toml::Value::Table(table) => {
                for (key, value) in table {
                    walk(&if at.is_empty() { key.clone() } else { format!("{at}.{key}") }, value, out);
                }
            }
            _ => {
                out.insert(at.to_owned(), value.to_string());
            }
        }
    }
    let value = toml::Value::try_from(preset).map_err(|e| Error::failed(e.to_string()))?;
    let mut out = BTreeMap::new();
    walk("", &value, &mut out);
    Ok(out)
}

/// Whether two paths are one folder.
fn same_folder(a: &Path, b: &Path) -> bool {
    match (a.canonicalize(), b.canonicalize()) {
        (Ok(a), Ok(b)) => a == b,
        _ => a == b,
    }
}
