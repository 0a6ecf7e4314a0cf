//! What was made of a plan, and the files that say so.

use std::collections::BTreeMap;
use std::path::Path;

use scrubjay_core::GENERATOR_VERSION;
use scrubjay_core::preset::Preset;
use serde::Serialize;

use super::annotations::Annotated;
use super::journal::Journal;
use super::materialise::holds;
use super::near;
use super::plan::Plan;
use super::recipes::Line;
use super::sources::{Skipped, Usable, content_hash};
use crate::error::Error;

/// What was made.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Made {
    /// Program version.
    pub scrubjay: &'static str,
    /// Generator version.
    pub generator: u32,
    /// Preset name.
    pub preset: String,
    /// Seed.
    pub seed: u64,
    /// Items in the whole dataset.
    pub count: usize,
    /// This part, from 0, of so many.
    pub shard: (usize, usize),
    /// Items in this part.
    pub items: usize,
    /// Items in this part by task.
    pub tasks: BTreeMap<String, usize>,
    /// Videos that are used.
    pub videos: usize,
    /// Scene families that are used.
    pub scenes: Vec<&'static str>,
    /// Pairs of videos that look alike; each has its line in `near-duplicates.jsonl`.
    pub near_duplicates: usize,
    /// Videos that were skipped, by cause.
    pub skipped: BTreeMap<String, usize>,
    /// Items of this part that no source admitted, by task; each has its line in the ledger.
    pub undrawn: BTreeMap<String, usize>,
    /// What became of the annotations, where items were made of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annotations: Option<Annotated>,
    /// The whole preset.
    pub config: Preset,
}

impl Made {
    /// The account of a plan's items by task, without what was left out.
    pub(super) fn of(plan: &Plan, tasks: BTreeMap<String, usize>) -> Self {
        Self {
            scrubjay: env!("CARGO_PKG_VERSION"),
            generator: GENERATOR_VERSION,
            preset: plan.preset_name.clone(),
            seed: plan.seed,
            count: plan.count,
            shard: plan.shard,
            items: tasks.values().sum(),
            tasks,
            videos: 0,
            scenes: plan.scenes.iter().map(|f| f.name()).collect(),
            near_duplicates: 0,
            skipped: BTreeMap::new(),
            undrawn: BTreeMap::new(),
            annotations: None,
            config: plan.preset.clone(),
        }
    }
}

/// Items by task.
pub(super) fn by_task(lines: &[Line]) -> BTreeMap<String, usize> {
    let mut tasks = BTreeMap::new();
    for line in lines {
        *tasks.entry(line.recipe.task.name().name().to_owned()).or_insert(0) += 1;
    }
    tasks
}

/// Writes a dataset's files, the account last, and closes the journal. `pieces` are the journal's recipe lines, `lost` is
/// the ledger after the skipped videos.
pub(super) fn finish(
    plan: &Plan,
    journal: Journal,
    videos: &[Usable],
    skipped: &[Skipped],
    pieces: &[String],
    lost: &[u8],
    made: &mut Made,
) -> Result<(), Error> {
    let alike = near::pairs(videos);
    (made.videos, made.near_duplicates) = (videos.len(), alike.len());
    for s in skipped {
        *made.skipped.entry(s.cause.clone()).or_insert(0) += 1;
    }
    let (account, recipes) = (plan.out.join("dataset.json"), plan.out.join("recipes.jsonl"));
    let other = |new: &Path| {
        if holds(&plan.out) && content_hash(new)? != content_hash(&recipes).unwrap_or_default() {
            let what = "holds the written items of other recipes; choose another folder or remove it";
            return Err(Error::path(&plan.out, what));
        }
        if account.exists() {
            std::fs::remove_file(&account)
                .map_err(|e| Error::path(&account, format!("cannot be replaced: {e}")))?;
        }
        Ok(())
    };
    journal.join(pieces, &recipes, other)?;
    let write = |name: &str, bytes: &[u8]| journal.publish(&plan.out.join(name), bytes);
    write("sources.jsonl", &jsonl(videos)?)?;
    write("near-duplicates.jsonl", &jsonl(&alike)?)?;
    write("ledger.jsonl", &[&jsonl(skipped)?, lost].concat())?;
    write("dataset.json", &serde_json::to_vec_pretty(made).map_err(|e| Error::failed(e.to_string()))?)?;
    journal.close()
}

pub(super) fn jsonl<T: Serialize>(values: &[T]) -> Result<Vec<u8>, Error> {
    let mut out = Vec::new();
    for value in values {
        serde_json::to_writer(&mut out, value).map_err(|e| Error::failed(e.to_string()))?;
        out.push(b'\n');
    }
    Ok(out)
}
