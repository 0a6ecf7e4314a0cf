//! A checkpoint's folder besides its weights: what a trained model must carry along to be read like the one it came from.

use std::path::Path;

use super::{ExportError, SHARD_BYTES, save};
use crate::policy::Policy;
use crate::processor::Processor;

/// Endings of files that hold weights, or a list of such files.
const WEIGHTS: [&str; 10] = [
    ".safetensors",
    ".safetensors.index.json",
    ".bin",
    ".bin.index.json",
    ".pt",
    ".pth",
    ".gguf",
    ".onnx",
    ".h5",
    ".msgpack",
];
/// A file above this size is none of the small ones.
const SMALL: u64 = 1 << 28;

/// Copies the files of a checkpoint's folder other than its weights (configuration, tokenizer, chat template,
/// settings, licence) into another, those that are there already excepted; gives their names in order.
/// Folders in it, hidden files and adapters' settings are left out.
///
/// # Errors
/// [`ExportError::Write`] naming the file that cannot be copied.
pub fn small_files(from: &Path, to: &Path) -> Result<Vec<String>, ExportError> {
    let fail = |file: &str, cause: std::io::Error| ExportError::Write {
        file: file.to_owned(),
        cause: format!("from {}: {cause}", from.display()),
    };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(from).map_err(|e| fail("the folder", e))? {
        let name = entry.map_err(|e| fail("the folder", e))?.file_name();
        // What has no name in UTF-8 belongs to no checkpoint.
        names.extend(name.into_string());
    }
    names.sort_unstable();
    let weights = |name: &str| WEIGHTS.iter().any(|end| name.ends_with(end));
    names.retain(|n| !weights(n) && !n.starts_with('.') && n != crate::lora::CONFIG && !to.join(n).exists());
    let mut copied = Vec::new();
    for name in names {
        let path = from.join(&name);
        // Of what a link leads to: that is how the hub's own cache keeps files.
        let about = std::fs::metadata(&path).map_err(|e| fail(&name, e))?;
        if about.is_file() && about.len() <= SMALL {
            let bytes = std::fs::read(&path).map_err(|e| fail(&name, e))?;
            std::fs::write(to.join(&name), bytes).map_err(|e| fail(&name, e))?;
            copied.push(name);
        }
    }
    Ok(copied)
}

/// Writes a whole checkpoint into an existing, empty folder: the files that the model was opened with, whatever else
/// small lies beside them if its folder is still there, and the weights in the type that its `config.json` states.
///
/// # Errors
/// As [`save`] and [`small_files`].
pub fn checkpoint(policy: &Policy, processor: &Processor, folder: &Path) -> Result<(), ExportError> {
    for (name, bytes) in processor.files() {
        std::fs::write(folder.join(name), bytes)
            .map_err(|e| ExportError::Write { file: name.clone(), cause: e.to_string() })?;
    }
    if let Some(from) = processor.folder().filter(|from| from.is_dir()) {
        small_files(from, folder)?;
    }
    save(policy, folder, processor.dtype(), SHARD_BYTES)
}
