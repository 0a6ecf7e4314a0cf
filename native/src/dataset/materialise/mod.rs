//! Materialised datasets: the items of `recipes.jsonl` as the files that other programs train from.
//!
//! A recipe is enough for Scrubjay; verl, TRL, ms-swift and WebDataset want rows and pictures. Everything here serves
//! three promises: every picture of a dataset is encoded by one rule, so that no segment is told by its compression;
//! the files depend on the recipes and the options, and video files on the version of the encoder besides, but not on
//! workers or on how often the work was killed; and the pictures held in memory do not grow with the dataset: those of
//! the items in work, and of each source in work what the loader keeps, up to its bound. The recipes are held whole.
//!
//! Work goes in two steps. First each item is made, source by source so that frames are decoded once for all the items
//! that ask for the same of them, and kept under `OUT/.partial` (see [`place`]), complete or absent. Then the files that list them are put
//! together in the order of the recipes. `OUT/materialised.json` is written last.

mod card;
mod encode;
mod picture;
mod place;
mod record;
mod rows;
mod shards;
mod stage;
mod table;
mod verl;
mod work;

use std::collections::BTreeMap;
use std::path::Path;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use super::recipes;
use super::synth::content_hash;
use crate::error::Error;
use crate::files::writable_folder;
use crate::pixels::Pixels;
pub(crate) use picture::png;
use place::Place;
use work::Work;

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// Parquet rows with verl's columns, as VideoSSR's public scripts write them, and a folder of PNG frames a source.
    Verl,
    /// Parquet rows with chat messages for TRL and Hugging Face `datasets`, and a video file a clip.
    Hf,
    /// JSON lines for ms-swift, and a video file a clip.
    Swift,
    /// WebDataset tar shards: a JSON file and PNG frames an item.
    Webdataset,
}

impl Form {
    /// The name on the command line and in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Verl => "verl",
            Self::Hf => "hf",
            Self::Swift => "swift",
            Self::Webdataset => "webdataset",
        }
    }

    /// Items of a shard unless told otherwise: rows are small; a shard of pictures should be near a gigabyte.
    fn per_shard(self) -> usize {
        match self {
            Self::Webdataset => 200,
            _ => 10_000,
        }
    }

    fn has_videos(self) -> bool {
        matches!(self, Self::Hf | Self::Swift)
    }
}

impl std::fmt::Display for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// How it is written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Options {
    /// Worker threads; 0 for one per core.
    pub workers: usize,
    /// Lines of `recipes.jsonl` whose items share a shard; the form's own number if `None`.
    pub per_shard: Option<usize>,
    /// Put before every path in a row, with a slash between. Without it paths are relative to the dataset's folder, so
    /// that it can be moved and programs must be started from within it.
    pub path_prefix: Option<String>,
}

/// An item that is not in the dataset, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    /// Line of `recipes.jsonl`, from 1.
    pub line: usize,
    /// The recipe's id.
    pub id: String,
    /// One word: `unchanged`, `missing`, `changed`, `undecodable`, `unrealizable`, `repeated`,
    /// `unmarkable` or `uneven-clock`.
    pub cause: String,
    /// One sentence.
    pub detail: String,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The form.
    pub form: Form,
    /// Items written.
    pub items: usize,
    /// Files that list them, relative to the dataset's folder, in order.
    pub files: Vec<String>,
    /// Items dropped, by cause.
    pub dropped: BTreeMap<String, usize>,
    /// The dropped items, in the order of the recipes.
    pub ledger: Vec<Dropped>,
}

/// What the files depend on; output of other inputs is never mixed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Inputs {
    scrubjay: String,
    form: Form,
    /// SHA-256 of `recipes.jsonl`.
    recipes: String,
    per_shard: usize,
    path_prefix: Option<String>,
}

/// `materialised.json`.
#[derive(Debug, Serialize, Deserialize)]
struct Finished {
    inputs: Inputs,
    report: Report,
}

/// Whether a folder holds a materialised dataset or a part of one, which belongs to the recipes that are there now.
#[must_use]
pub fn holds(out: &Path) -> bool {
    place::holds(out)
}

/// Writes the items of `out/recipes.jsonl` in a form under `out`. What an earlier, interrupted call has finished is
/// kept; after a finished call with the same inputs nothing is done. The inputs' video files must be where the recipes
/// say; an item whose file is not, or cannot be decoded, is dropped and reported.
///
/// # Errors
/// [`Error`] when `recipes.jsonl` cannot be read, no item can be made, the folder holds another form or other recipes,
/// another process is writing there, the encoder for video files is missing, or a file cannot be written; files listed
/// before that stay valid.
pub fn materialise(out: &Path, form: Form, options: &Options) -> Result<Report, Error> {
    materialise_by(out, form, options, &Pixels::default())
}

/// As [`materialise`], with pixel work done elsewhere than in core: the files are the same, so that one call may go on
/// where another left off.
///
/// # Errors
/// As [`materialise`].
pub fn materialise_by(out: &Path, form: Form, options: &Options, pixels: &Pixels) -> Result<Report, Error> {
    let per_shard = options.per_shard.unwrap_or(form.per_shard());
    if per_shard == 0 {
        return Err(Error::usage("0 items a shard: a shard has at least one"));
    }
    let path = out.join("recipes.jsonl");
    let lines = recipes::read(&path)?;
    let inputs = Inputs {
        scrubjay: env!("CARGO_PKG_VERSION").to_owned(),
        form,
        recipes: content_hash(&path)?,
        per_shard,
        path_prefix: options.path_prefix.clone(),
    };
    writable_folder(out)?;
    let place = match Place::open(out, &inputs)? {
        place::Opened::Finished(report) => return Ok(report),
        place::Opened::Begun(place) => place,
    };
    if form.has_videos() {
        encode::check()?;
    }
    let pool = super::plan::workers(options.workers)?;
    let work = Work { place: &place, inputs: &inputs, lines: &lines, pixels };
    // Once it is settled which items there are, a later run takes it from here.
    let ledger = match place.ledger()? {
        Some(ledger) => ledger,
        None => {
            let ledger = pool.install(|| work.items())?;
            place.settle(&ledger)?;
            ledger
        }
    };
    let items = lines.len() - ledger.len();
    if let (0, Some(first)) = (items, ledger.first()) {
        return Err(Error::failed(format!("no item can be made: {}", first.detail)));
    }
    let files = work.files(&ledger)?;
    let mut dropped = BTreeMap::new();
    for one in &ledger {
        *dropped.entry(one.cause.clone()).or_insert(0) += 1;
    }
    let report = Report { form, items, files, dropped, ledger };
    place.file("README.md", true, |to| std::io::Write::write_all(to, card::card(&report).as_bytes()))?;
    place.finish(&Finished { inputs, report })
}
