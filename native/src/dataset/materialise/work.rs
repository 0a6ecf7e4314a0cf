//! The two steps of the work: all items, source by source; then the files that list them, in the order of the recipes.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use indicatif::{ProgressBar, ProgressStyle};
use rayon::prelude::*;

use super::place::Place;
use super::stage::Outcome;
use super::{Dropped, Form, Inputs, rows, shards, stage, table, verl};
use crate::dataset::recipes::Line;
use crate::error::Error;
use crate::loader::Loader;
use crate::pixels::Pixels;
use crate::say;

/// The items to be made and where they go.
pub(super) struct Work<'a> {
    pub(super) place: &'a Place,
    pub(super) inputs: &'a Inputs,
    pub(super) lines: &'a [Line],
    pub(super) pixels: &'a Pixels,
}

impl Work<'_> {
    /// Makes every item that is not there yet; the items that cannot be made.
    pub(super) fn items(&self) -> Result<Vec<Dropped>, Error> {
        let mut ledger = Vec::new();
        let bar = say::bar(ProgressBar::new(self.lines.len() as u64));
        if let Ok(style) =
            ProgressStyle::with_template("writing items {wide_bar} {pos}/{len} {per_sec} {eta}")
        {
            bar.set_style(style);
        }
        // Source by source, in the order in which they first appear.
        let mut seen = HashMap::new();
        let mut sources = HashMap::new();
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for (i, line) in self.lines.iter().enumerate() {
            if let Some(first) = seen.insert(&line.id, i) {
                seen.insert(&line.id, first);
                let detail = format!("line {}: the same item as in line {}", i + 1, first + 1);
                ledger.push(Dropped {
                    line: i + 1,
                    id: line.id.clone(),
                    cause: "repeated".to_owned(),
                    detail,
                });
                continue;
            }
            let group = *sources.entry(line.recipe.source.key()).or_insert_with(|| {
                groups.push(Vec::new());
                groups.len() - 1
            });
            groups[group].push(i);
        }
        let dropped = Mutex::new(ledger);
        let one = |loader: &Loader, i: usize| -> Result<(), Error> {
            if let Outcome::Dropped(drop) = stage::item(self.place, self.inputs, loader, &self.lines[i], i)? {
                dropped.lock().unwrap_or_else(PoisonError::into_inner).push(drop);
            }
            bar.inc(1);
            Ok(())
        };
        // The longest first, so that none is left to one worker at the end.
        groups.sort_by_key(|group| {
            let (recipe, n) = (&self.lines[group[0]].recipe, group.len());
            std::cmp::Reverse((recipe.source.frames(), n))
        });
        groups.iter().par_bridge().try_for_each(|group| {
            // A source's frames are kept for as long as its items are made, and no longer. Its first item decodes
            // them; the others then find them, whichever worker has time for them.
            let loader = Loader::default().with_pixels(self.pixels.clone());
            let wanted: Vec<usize> = group.iter().copied().filter(|i| !self.has(*i)).collect();
            bar.inc((group.len() - wanted.len()) as u64);
            let Some((first, rest)) = wanted.split_first() else { return Ok(()) };
            one(&loader, *first)?;
            rest.par_iter().try_for_each(|i| one(&loader, *i))
        })?;
        bar.finish_and_clear();
        let mut ledger = dropped.into_inner().unwrap_or_else(PoisonError::into_inner);
        ledger.sort_by_key(|d| d.line);
        Ok(ledger)
    }

    /// Whether an earlier run has made an item.
    fn has(&self, i: usize) -> bool {
        let Ok(record) = self.place.record(&self.lines[i].id) else { return false };
        match self.inputs.form {
            Form::Webdataset => shards::kept(self.place, &record.id).exists(),
            _ => record.clips.iter().flat_map(|c| &c.files).all(|f| self.place.out(f).exists()),
        }
    }

    /// Writes the files that list the items, shard by shard in the order of the recipes.
    pub(super) fn files(&self, ledger: &[Dropped]) -> Result<Vec<String>, Error> {
        let gone: HashSet<usize> = ledger.iter().map(|d| d.line - 1).collect();
        let all: Vec<usize> = (0..self.lines.len()).collect();
        let count = all.len().div_ceil(self.inputs.per_shard);
        let mut files = Vec::new();
        for (k, shard) in all.chunks(self.inputs.per_shard).enumerate() {
            let ids: Vec<&str> =
                shard.iter().filter(|i| !gone.contains(i)).map(|i| self.lines[*i].id.as_str()).collect();
            let name = match self.inputs.form {
                Form::Verl | Form::Hf => format!("data/train-{k:05}-of-{count:05}.parquet"),
                Form::Swift => format!("data/train-{k:05}-of-{count:05}.jsonl"),
                Form::Webdataset => format!("data/shard-{k:06}.tar"),
            };
            // A shard whose items were all dropped would be a file that some readers refuse.
            if ids.is_empty() {
                continue;
            }
            if !self.place.out(&name).exists() {
                match self.inputs.form {
                    Form::Verl => table::write::<verl::Verl>(self.place, &name, &ids, self.inputs)?,
                    Form::Hf => table::write::<rows::Hf>(self.place, &name, &ids, self.inputs)?,
                    Form::Swift => rows::lines(self.place, &name, &ids, self.inputs)?,
                    Form::Webdataset => shards::write(self.place, &name, &ids)?,
                }
            }
            if self.inputs.form == Form::Webdataset {
                shards::release(self.place, &ids)?;
            }
            files.push(name);
        }
        Ok(files)
    }
}
