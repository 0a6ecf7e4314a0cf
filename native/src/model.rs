//! A checkpoint's folder, opened for use: the one way in which this program loads a model.
//!
//! It goes from cheap to dear, so that a slip is told before gigabytes are read: names and devices, then the folder's
//! small files and the headers of its weights, and the numbers last.

use std::path::{Path, PathBuf};
use std::time::Instant;

use scrubjay_model::device::{self, DeviceError, DeviceName, DtypeName, Opened};
use scrubjay_model::layout::Layout;
use scrubjay_model::policy::Policy;
use scrubjay_model::processor::Processor;
use scrubjay_model::spec::count;
use scrubjay_model::weights::{Checkpoint, WeightError};

use crate::doctor::{amount, available_memory};
use crate::error::Error;

/// A model on its device, and what stands between people and it.
#[derive(Debug)]
pub struct Loaded {
    /// Conversations and pictures to prompts.
    pub processor: Processor,
    /// The weights, without gradients; never says what [`scrubjay_model::tokenizer::Tokenizer::forbidden`] lists.
    pub policy: Policy,
    /// Where it is.
    pub device: Opened,
    /// What it computes in.
    pub dtype: DtypeName,
}

/// A folder that was looked at: everything fits together, but no weights have been read.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// Conversations and pictures to prompts.
    pub processor: Processor,
    checkpoint: Checkpoint,
}

/// Opens a device by its name (`auto`, `cpu`, `wgpu`, `cuda:N`), and chooses what it computes in: `f32`, `bf16` or `f16`,
/// or what suits it.
///
/// # Errors
/// Usage for names that are none, else why the device cannot be used.
pub fn device(name: &str, dtype: Option<&str>) -> Result<(Opened, DtypeName), Error> {
    let fail = |e: DeviceError| match e {
        DeviceError::Unknown { .. } => Error::usage(format!("--device: {e}")),
        DeviceError::UnknownDtype { .. } => Error::usage(format!("--dtype: {e}")),
        e => Error::failed(e.to_string()),
    };
    let name: DeviceName = name.parse().map_err(fail)?;
    let dtype = dtype.map(str::parse).transpose().map_err(fail)?;
    let opened = device::open(name).map_err(fail)?;
    let dtype = opened.choose(dtype).map_err(fail)?;
    Ok((opened, dtype))
}

/// Bytes of memory that a model may take on a device, where that is known: on the CPU what is available now, on a GPU
/// all that it has.
#[must_use]
pub fn room(device: &Opened) -> Option<u64> {
    match device.name {
        DeviceName::Cpu => available_memory(),
        _ => device.memory,
    }
}

/// Bytes of one number.
#[must_use]
pub fn width(dtype: DtypeName) -> u64 {
    if dtype == DtypeName::F32 { 4 } else { 2 }
}

impl Folder {
    /// Reads a folder's small files and checks names, shapes and types of its weights.
    ///
    /// # Errors
    /// Naming the folder, the file and what is wrong with it.
    pub fn open(path: &Path, layout: Layout) -> Result<Self, Error> {
        if !path.is_dir() {
            let what = if path.exists() { "is not a folder" } else { "no such folder" };
            return Err(Error::path(path, format!("{what}; --model wants a checkpoint's folder")));
        }
        let processor = Processor::open(path).map_err(|e| Error::failed(e.to_string()))?.with_layout(layout);
        let checkpoint = Checkpoint::open(path).map_err(|e| weights(path, &e))?;
        checkpoint.check(&processor.config).map_err(|e| weights(path, &e))?;
        Ok(Self { path: path.to_owned(), processor, checkpoint })
    }

    /// Reads the weights; `tell` hears what is read, and that it is there.
    ///
    /// # Errors
    /// Where the weights alone do not fit, cannot be read, or hold a number that is none.
    pub fn load(self, device: Opened, dtype: DtypeName, tell: &dyn Fn(&str)) -> Result<Loaded, Error> {
        let Self { path, processor, mut checkpoint } = self;
        let config = &processor.config;
        let (stored, parameters) = (checkpoint.dtype(), count(config));
        let needed = parameters.saturating_mul(width(dtype));
        if let Some(there) = room(&device).filter(|there| *there < needed) {
            let (needed, there) = (amount(needed), amount(there));
            return Err(Error::path(
                &path,
                format!(
                    "does not fit: its weights alone take {needed} in {dtype}, {} has {there} (see `scrubjay doctor \
                     --model`)",
                    device.name
                ),
            ));
        }
        tell(&format!(
            "{}: {parameters} parameters, stored in {stored}, in {dtype} on {} ({})",
            path.display(),
            device.name,
            device.description
        ));
        let begun = Instant::now();
        let policy = Policy::load(config, &mut checkpoint, &device.device, dtype.dtype())
            .map_err(|e| weights(&path, &e))?;
        let never = processor.tokenizer.forbidden(config);
        tell(&format!("{}: loaded in {:.1} s", path.display(), begun.elapsed().as_secs_f64()));
        Ok(Loaded { policy: policy.forbidding(never), processor, device, dtype })
    }
}

/// Some of these errors name their file, the others get the folder.
pub(crate) fn weights(folder: &Path, error: &WeightError) -> Error {
    match error {
        WeightError::Shard { .. } | WeightError::Index { .. } | WeightError::NoWeights(_) => {
            Error::failed(error.to_string())
        }
        _ => Error::path(folder, error),
    }
}
