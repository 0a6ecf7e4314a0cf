//! Synthesis: from videos and scenes to a folder of recipes.
//!
//! Item `i` of a dataset depends on the seed, on `i` and on the sources, and on nothing else: not on the number
//! of workers nor on how the work is cut into shards.

pub use super::account::Made;
use super::account::{finish, jsonl};
pub use super::draw::Undrawn;
use super::draw::{Sources, draw_all};
use super::journal::Journal;
pub use super::plan::Plan;
use super::plan::{bench, identity, workers};
pub use super::sources::{Skipped, content_hash};
use super::sources::{look, unique, without_bench};
use crate::error::Error;

/// Makes the dataset in the plan's folder: `recipes.jsonl`, `sources.jsonl`, `near-duplicates.jsonl`, `ledger.jsonl`,
/// and `dataset.json` last: a folder without it is not a dataset. Work that was cut off goes on where it was.
///
/// # Errors
/// [`Error`] when no source can be used or a file cannot be written. Each file is written whole or not at all.
pub fn synthesize(plan: &Plan) -> Result<Made, Error> {
    let pool = workers(plan.workers)?;
    pool.install(|| run(plan))
}

fn run(plan: &Plan) -> Result<Made, Error> {
    let bench = bench(plan)?;
    let journal = Journal::open(&plan.out, &identity(plan, &())?)?;
    let (videos, mut skipped) = look(plan, &plan.videos, &journal)?;
    let videos = unique(videos, &mut skipped);
    let videos = without_bench(videos, &bench, &mut skipped);
    skipped.sort_by(|a, b| a.file.cmp(&b.file));
    if videos.is_empty() && plan.scenes.is_empty() {
        let first = skipped.first().map(|s| s.detail.clone());
        let more = skipped.len().saturating_sub(1);
        let reason = match first {
            Some(first) if more == 0 => first,
            Some(first) => format!("{first} (and {more} more)"),
            None => "no videos and no scenes were given; use --videos or --scenes".to_owned(),
        };
        journal.abandon(&plan.out);
        return Err(Error::failed(format!("nothing to make items from: {reason}")));
    }
    let questions = plan.preset.data.schedule(plan.count);
    if let Some(q) = questions.iter().find(|q| q.needs_events() && plan.scenes.is_empty()) {
        journal.abandon(&plan.out);
        return Err(Error::usage(format!(
            "the preset asks {} about events, which only scenes know; add --scenes all",
            q.task()
        )));
    }
    let drawn = draw_all(&Sources::new(plan, &videos, &questions), &questions, &journal)?;
    if let (0, Some(u)) = (drawn.items(), drawn.undrawn.first()) {
        let error = Error::failed(format!("no item can be drawn from these sources: {}", u.detail));
        journal.abandon(&plan.out);
        return Err(error);
    }
    let mut made = Made::of(plan, drawn.tasks);
    for u in &drawn.undrawn {
        *made.undrawn.entry(u.task.clone()).or_insert(0) += 1;
    }
    finish(plan, journal, &videos, &skipped, &drawn.pieces, &jsonl(&drawn.undrawn)?, &mut made)?;
    Ok(made)
}
