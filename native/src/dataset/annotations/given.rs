//! A dataset of annotated items: several files together, the videos they name, and the same three files as any dataset.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;

use super::{Annotation, Dropped, Format, Usable, lines, named_files, read};
use crate::dataset::account::{Made, by_task, finish, jsonl};
use crate::dataset::journal::Journal;
use crate::dataset::plan::{Plan, bench, identity, workers};
use crate::dataset::sources::{look, unique, without_bench};
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
    /// Items of which a span ended after its video and was cut off there, over all shards.
    pub cut: usize,
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
    let pool = workers(plan.workers)?;
    pool.install(|| run(plan, given, count))
}

fn run(plan: &Plan, given: &Gathered, count: Option<usize>) -> Result<Made, Error> {
    let files: Vec<PathBuf> =
        plan.videos.iter().map(|f| std::path::absolute(f).unwrap_or_else(|_| f.clone())).collect();
    let bench = bench(plan)?;
    let journal = Journal::open(&plan.out, &identity(plan, &(&given.files, count))?)?;
    let named = named_files(&given.annotations, &files);
    let (videos, mut skipped) = look(plan, &named, &journal)?;
    let mut videos = without_bench(videos, &bench, &mut skipped);
    skipped.sort_by(|a, b| a.file.cmp(&b.file));
    let usable: Vec<Usable<'_>> = videos
        .iter()
        .map(|v| {
            let (size, times) = (v.size, v.times.as_ref());
            Usable { source: &v.source, size, file: &v.file, times }
        })
        .collect();
    let items = lines(&given.annotations, &files, &usable, &plan.preset.data, count)?;
    if items.lines.is_empty() {
        journal.abandon(&plan.out);
        let why = items.dropped.first().map_or("", |d| d.detail.as_str());
        let n = given.annotations.len();
        return Err(Error::failed(format!("none of the {n} annotations makes an item; of the first: {why}")));
    }
    let (index, of) = plan.shard;
    let total = items.lines.len();
    let mine: Vec<_> = items.lines.into_iter().skip(index).step_by(of.max(1)).collect();
    let lost: Vec<&Dropped> = given.dropped.iter().chain(&items.dropped).collect();
    let mut dropped = BTreeMap::new();
    for one in &lost {
        *dropped.entry(one.cause).or_insert(0) += 1;
    }
    let mut made = Made::of(plan, by_task(&mine));
    made.count = total;
    made.annotations = Some(Annotated {
        files: given.files.clone(),
        read: given.annotations.len(),
        dropped,
        beyond: items.beyond,
        cut: items.cut,
    });
    // One content may bear several names that annotations use; it is one source all the same.
    videos = unique(videos, &mut Vec::new());
    let piece = "items.jsonl".to_owned();
    journal.keep(&piece, &jsonl(&mine)?)?;
    finish(plan, journal, &videos, &skipped, &[piece], &jsonl(&lost)?, &mut made)?;
    Ok(made)
}
