//! Training data: recipes, split by source, realized on the fly.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use scrubjay_core::item::Item;
use scrubjay_core::prompt::Templates;
use scrubjay_core::rng::Stream;
use scrubjay_core::source::Source;
use scrubjay_core::task::TaskName;
use scrubjay_model::processor::Processor;
use scrubjay_model::prompt::Prompt;
use sha2::{Digest as _, Sha256};

use crate::dataset::recipes::{self, Line};
use crate::error::Error;
use crate::loader::Loader;

/// A prompt with what is needed to score its answers.
#[derive(Debug)]
pub struct Example {
    /// The item's id.
    pub id: String,
    /// The key of its source.
    pub source: String,
    /// Its task.
    pub task: TaskName,
    /// What the model reads.
    pub prompt: Prompt,
    /// The item, without its pixels.
    pub item: Item,
}

/// Recipes to learn from and recipes of other sources to be tested on.
#[derive(Debug)]
pub struct Data {
    train: Vec<Line>,
    held_out: Vec<Line>,
    loader: Loader,
}

/// One source in so many is held out.
const HELD_OUT: usize = 5;

impl Data {
    /// Reads the recipes of dataset folders and splits them by source.
    ///
    /// # Errors
    /// [`Error`] when a file cannot be read, or one side of the split is empty.
    pub fn read(folders: &[PathBuf]) -> Result<Self, Error> {
        let mut all = Vec::new();
        for folder in folders {
            all.extend(recipes::read(&folder.join("recipes.jsonl"))?);
        }
        Self::new(all, folders.first().map(PathBuf::as_path))
    }

    /// Splits recipes by source.
    ///
    /// # Errors
    /// [`Error`] when one side of the split is empty.
    pub fn new(lines: Vec<Line>, at: Option<&Path>) -> Result<Self, Error> {
        let count = lines.len();
        let apart = held_out_keys(&lines);
        let (held_out, train): (Vec<_>, Vec<_>) =
            lines.into_iter().partition(|line| apart.contains(&line.recipe.source.key()));
        if train.is_empty() || held_out.is_empty() {
            let place = at.map_or_else(|| "the data".to_owned(), |p| p.display().to_string());
            return Err(Error::failed(format!(
                "{place}: {count} recipes do not split into sources to learn from and sources held out; use more sources"
            )));
        }
        Ok(Self { train, held_out, loader: Loader::default() })
    }

    /// How many recipes there are to learn from, and how many are held out.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        (self.train.len(), self.held_out.len())
    }

    /// The examples of a step: the recipes `first..first + count` of an endless list that is shuffled anew in
    /// every pass by `seed`, so that the order depends on the seed alone.
    ///
    /// # Errors
    /// [`Error`] when an item cannot be realized.
    pub fn examples(
        &self,
        seed: u64,
        first: usize,
        count: usize,
        processor: &Processor,
        templates: &Templates,
    ) -> Result<Vec<Example>, Error> {
        let n = self.train.len();
        let mut order: Option<(usize, Vec<usize>)> = None;
        let mut chosen = Vec::with_capacity(count);
        for at in first..first + count {
            let pass = at / n;
            if order.as_ref().is_none_or(|o| o.0 != pass) {
                let mut list: Vec<usize> = (0..n).collect();
                Stream::keyed(seed, "order", "", pass as u64).shuffle(&mut list);
                order = Some((pass, list));
            }
            if let Some((_, list)) = &order {
                chosen.push(&self.train[list[at % n]]);
            }
        }
        self.realize(&chosen, processor, templates)
    }

    /// Up to `per_task` held-out examples of each task, evenly spread over the list.
    ///
    /// # Errors
    /// [`Error`] when an item cannot be realized.
    pub fn held_out(
        &self,
        per_task: usize,
        processor: &Processor,
        templates: &Templates,
    ) -> Result<Vec<Example>, Error> {
        let mut chosen = Vec::new();
        for task in TaskName::ALL {
            let lines: Vec<&Line> = self.held_out.iter().filter(|l| l.recipe.task.name() == task).collect();
            let asked = self.train.iter().any(|l| l.recipe.task.name() == task);
            if asked && lines.is_empty() {
                return Err(Error::failed(format!(
                    "no held-out source has a {task} item to be tested on; use more sources or items"
                )));
            }
            let take = per_task.min(lines.len());
            chosen.extend((0..take).map(|i| lines[i * lines.len() / take]));
        }
        self.realize(&chosen, processor, templates)
    }

    /// Items whose frames leave the question without an answer are left out.
    fn realize(
        &self,
        lines: &[&Line],
        processor: &Processor,
        templates: &Templates,
    ) -> Result<Vec<Example>, Error> {
        let made: Vec<Option<Example>> = lines
            .par_iter()
            .map(|line| {
                let Some(mut item) = self.loader.answerable(line)? else { return Ok(None) };
                item.prompt = templates.prompt(&line.recipe.task);
                let prompt =
                    processor.item(&item).map_err(|e| Error::failed(format!("item {}: {e}", item.id)))?;
                item.clips.clear();
                let source = line.recipe.source.key();
                Ok(Some(Example { id: item.id.clone(), source, task: item.task, prompt, item }))
            })
            .collect::<Result<_, Error>>()?;
        let examples: Vec<Example> = made.into_iter().flatten().collect();
        if examples.is_empty() {
            return Err(Error::failed(format!("none of {} items has an answer on its frames", lines.len())));
        }
        Ok(examples)
    }
}

/// The sources that are held out: of the scenes and of the videos, a fifth each, chosen by the hash of their
/// keys, so that no item of them is ever learned from.
fn held_out_keys(lines: &[Line]) -> HashSet<String> {
    let mut kinds: [BTreeSet<([u8; 32], String)>; 2] = Default::default();
    for line in lines {
        let key = line.recipe.source.key();
        let kind = usize::from(matches!(line.recipe.source, Source::Video { .. }));
        kinds[kind].insert((Sha256::digest(key.as_bytes()).into(), key));
    }
    kinds
        .into_iter()
        .flat_map(|keys| {
            let share = if keys.len() < 2 { 0 } else { keys.len().div_ceil(HELD_OUT) };
            keys.into_iter().take(share).map(|(_, key)| key)
        })
        .collect()
}
