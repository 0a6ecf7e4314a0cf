//! Whether a model can be used here: its folder's files, and the memory that it takes.
//!
//! The weights themselves are not read, only the headers of their files, so that the answer takes no time for any size.

use std::collections::BTreeMap;
use std::path::Path;

use scrubjay_model::config::Config;
use scrubjay_model::plan::{self, Load, Use};
use scrubjay_model::processor::Processor;
use scrubjay_model::published::{NAMES, published};
use scrubjay_model::spec::{Spec, parameters};
use scrubjay_model::weights::Checkpoint;
use serde::Serialize;

use super::{Check, State, amount};
use crate::error::Error;

/// What was found about a model.
#[derive(Debug, Clone, Serialize)]
pub struct Findings {
    /// Each part of it.
    pub checks: Vec<Check>,
    /// Its sizes; none where its configuration cannot be read.
    pub parameters: Option<Parameters>,
    /// Bytes of its weights' files, where they were looked at.
    pub bytes_on_disk: Option<u64>,
    /// What it needs for each use.
    pub memory: Vec<Needed>,
}

/// How many numbers a model has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Parameters {
    /// All.
    pub total: u64,
    /// Those of the vision tower.
    pub vision: u64,
    /// All others: embeddings, layers, head.
    pub decoder: u64,
}

/// The memory of one use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Needed {
    /// `rollout`, `full` or `lora`.
    pub name: &'static str,
    /// In words.
    #[serde(skip)]
    pub what: &'static str,
    /// Bytes in all.
    pub needs: u64,
    /// Bytes of each part.
    pub parts: BTreeMap<&'static str, u64>,
    /// Whether it fits; none where it is unknown how much there is.
    pub fits: Option<bool>,
}

/// Rank of the adapters that are planned for.
const RANK: u64 = 16;

/// The uses, largest last.
const USES: [(&str, &str, Use); 3] = [
    ("rollout", "writing answers", Use::Rollout),
    ("lora", "training adapters, rank 16", Use::Lora { rank: RANK }),
    ("full", "training the decoder", Use::Full),
];

impl Findings {
    /// What is wrong with the files, if anything.
    #[must_use]
    pub fn fault(&self) -> Option<&Check> {
        self.checks.iter().find(|c| matches!(c.state, State::Broken | State::Missing))
    }

    /// The use of that name.
    #[must_use]
    pub fn needed(&self, name: &str) -> Option<&Needed> {
        self.memory.iter().find(|n| n.name == name)
    }
}

/// Looks at a checkpoint's folder, or with `dry` at its `config.json` alone, or at a built-in size by its name. `room` is
/// what the device has, in bytes.
///
/// # Errors
/// Where there is neither such a folder nor such a size.
pub fn examine(model: &str, dry: bool, load: &Load, room: Option<u64>) -> Result<Findings, Error> {
    let folder = Path::new(model);
    let (config, mut checks, mut bytes_on_disk) = (read(model)?, Vec::new(), None);
    let check = |name: &str, result: &Result<String, String>| match result {
        Ok(detail) => Check::new("model", name, State::Ok, detail.clone()),
        Err(what) => Check::new("model", name, State::Broken, what.clone()),
    };
    checks.push(check("configuration", &config.as_ref().map(described).map_err(Clone::clone)));
    let config = config.ok();
    if !dry && folder.is_dir() {
        let weights = weights(folder, config.as_ref()).map(|(detail, bytes)| {
            bytes_on_disk = Some(bytes);
            detail
        });
        checks.push(check("weights", &weights));
        // Without a configuration the others cannot be judged.
        if config.is_some() {
            checks.push(check("text and pictures", &around(folder)));
        }
    }
    let (mut count, mut memory) = (None, Vec::new());
    if let Some(config) = &config {
        let specs = parameters(config);
        let sum = |vision| specs.iter().filter(|s| s.is_vision() == vision).map(Spec::count).sum::<u64>();
        let (vision, decoder) = (sum(true), sum(false));
        count = Some(Parameters { total: vision + decoder, vision, decoder });
        memory = USES
            .iter()
            .map(|(name, what, purpose)| needed(name, what, config, load, *purpose, room))
            .collect();
    }
    Ok(Findings { checks, parameters: count, bytes_on_disk, memory })
}

/// A folder's configuration, or why it is none; or the one of a built-in size.
fn read(model: &str) -> Result<Result<Config, String>, Error> {
    let folder = Path::new(model);
    if !folder.is_dir() {
        return match published(model) {
            Some(config) => Ok(Ok(config)),
            None => Err(Error::path(
                folder,
                format!("no such folder, and none of the sizes {}", NAMES.join(", ")),
            )),
        };
    }
    Ok(Processor::configuration(folder).map_err(|e| e.to_string()))
}

fn described(config: &Config) -> String {
    let (t, v) = (&config.text, &config.vision);
    let head = if config.tied { "tied head" } else { "head of its own" };
    format!(
        "{} layers of {}, {} tokens known, {head}, context {}; vision tower of {} blocks of {}",
        t.layers, t.hidden, t.vocab, t.context, v.depth, v.hidden
    )
}

/// What is said of the weights, and the bytes of their files.
fn weights(folder: &Path, config: Option<&Config>) -> Result<(String, u64), String> {
    let fail = |e| crate::model::weights(folder, &e).to_string();
    let checkpoint = Checkpoint::open(folder).map_err(fail)?;
    let mut bytes = 0_u64;
    for file in checkpoint.files() {
        bytes += std::fs::metadata(file).map_err(|e| format!("{}: {e}", file.display()))?.len();
    }
    let (files, stored) = (checkpoint.files().count(), checkpoint.dtype());
    let found = format!("{} in {files} file{}, {stored}", amount(bytes), if files == 1 { "" } else { "s" });
    let Some(config) = config else {
        return Ok((format!("{found}; not compared with a configuration"), bytes));
    };
    checkpoint.check(config).map_err(fail)?;
    Ok((format!("{found}; all {} names, shapes and types as configured", parameters(config).len()), bytes))
}

/// Tokenizer, chat template and processor settings.
fn around(folder: &Path) -> Result<String, String> {
    let processor = Processor::open(folder).map_err(|e| e.to_string())?;
    let s = &processor.settings;
    Ok(format!(
        "{} tokens, a chat template; {} frames a second, {} to {} of them, clips of up to {} pixels",
        processor.tokenizer.len(),
        s.fps,
        s.min_frames,
        s.max_frames,
        s.video.max
    ))
}

fn needed(
    name: &'static str,
    what: &'static str,
    config: &Config,
    load: &Load,
    purpose: Use,
    room: Option<u64>,
) -> Needed {
    let parts = plan::parts(config, load, purpose);
    let needs = plan::total(&parts);
    let parts = parts.into_iter().map(|p| (p.name, p.bytes)).collect();
    Needed { name, what, needs, parts, fits: room.map(|room| needs <= room) }
}
