//! A dataset of annotated items: several files together, the videos they name, and the same three files as any dataset.

use std::collections::BTreeMap;
use std::path::PathBuf;

use scrubjay_core::GENERATOR_VERSION;
use serde::Serialize;

use super::{Annotation, Dropped, Format, Usable, lines, named_files, read};
use crate::dataset::synth::{Made, Plan, Video, inspect_all, jsonl, write};
use crate::error::Error;

/// Annotation files that were read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Gathered {
    /// The files, with the format of each.
    pub files: Vec<(PathBuf, Format)>,
    /// What they say, in their order.
    pub annotations: Vec<Annotation>,
    /// The rows that could not be used.
    pub dropped: Vec<Dropped>,
}

/// What became of annotations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Annotated {
    /// The files, with the format of each.
    pub files: Vec<(PathBuf, Format)>,
    /// Annotations that were read.
    pub read: usize,
    /// Rows, spans and annotations that were dropped, by cause; each has its line in the ledger.
    pub dropped: BTreeMap<&'static str, usize>,
    /// Items that were left out because enough were made.
    pub beyond: usize,
}

/// Reads several files, in the order in which they are named.
///
/// # Errors
/// [`Error`] as [`read`], of the first file at fault.
pub fn gather(files: &[PathBuf], format: Option<Format>) -> Result<Gathered, Error> {
    let mut given = Gathered::default();
    for file in files {
        let read = read(file, format)?;
        given.files.push((file.clone(), read.format));
        given.annotations.extend(read.annotations);
        given.dropped.extend(read.dropped);
    }
    Ok(given)
}

/// Makes a dataset of annotations on the plan's videos, at most `count` items: `recipes.jsonl`, `ledger.jsonl` and
/// `dataset.json` in the plan's folder. Only the videos that are named are looked at; the plan's scenes, seed and mixture
/// decide nothing but which task a query becomes.
///
/// # Errors
/// [`Error`] when no item can be made or a file cannot be written.
pub fn synthesize(plan: &Plan, given: &Gathered, count: Option<usize>) -> Result<Made, Error> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(plan.workers)
        .build()
        .map_err(|e| Error::failed(format!("no worker threads: {e}")))?;
    pool.install(|| run(plan, given, count))
}

fn run(plan: &Plan, given: &Gathered, count: Option<usize>) -> Result<Made, Error> {
    let files: Vec<PathBuf> =
        plan.videos.iter().map(|f| std::path::absolute(f).unwrap_or_else(|_| f.clone())).collect();
    let (videos, mut skipped) = inspect_all(plan, &named_files(&given.annotations, &files));
    skipped.sort_by(|a, b| a.file.cmp(&b.file));
    let usable: Vec<Usable<'_>> = videos
        .iter()
        .map(|Video { source, size, file }| Usable { source, size: *size, file, times: None })
        .collect();
    let items = lines(&given.annotations, &files, &usable, &plan.preset.data, count)?;
    if items.lines.is_empty() {
        let why = items.dropped.first().map_or("", |d| d.detail.as_str());
        let n = given.annotations.len();
        return Err(Error::failed(format!("none of the {n} annotations makes an item; of the first: {why}")));
    }
    let (index, of) = plan.shard;
    let total = items.lines.len();
    let mine: Vec<_> = items.lines.into_iter().skip(index).step_by(of.max(1)).collect();
    let count_by = |causes: Vec<&'static str>| {
        let mut counts = BTreeMap::new();
        causes.into_iter().for_each(|c| *counts.entry(c).or_insert(0) += 1);
        counts
    };
    let all_dropped = || given.dropped.iter().chain(&items.dropped);
    let mut causes = BTreeMap::new();
    for s in &skipped {
        *causes.entry(s.cause.clone()).or_insert(0) += 1;
    }
    let made = Made {
        scrubjay: env!("CARGO_PKG_VERSION"),
        generator: GENERATOR_VERSION,
        preset: plan.preset_name.clone(),
        seed: plan.seed,
        count: total,
        shard: plan.shard,
        items: mine.len(),
        tasks: count_by(mine.iter().map(|l| l.recipe.task.name().name()).collect()),
        videos: videos.len(),
        scenes: Vec::new(),
        skipped: causes,
        undrawn: BTreeMap::new(),
        annotations: Some(Annotated {
            files: given.files.clone(),
            read: given.annotations.len(),
            dropped: count_by(all_dropped().map(|d| d.cause).collect()),
            beyond: items.beyond,
        }),
        config: plan.preset.clone(),
    };
    let lost: Vec<&Dropped> = all_dropped().collect();
    let ledger = [jsonl(&skipped)?, jsonl(&lost)?].concat();
    write(&plan.out, &mine, &ledger, &made)?;
    Ok(made)
}
