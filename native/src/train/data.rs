//! Training data: recipes, split by source, realized on the fly.
//!
//! A list of recipes outlives the videos that it names: files go missing, change or are damaged. Nothing but an empty list
//! ends a run. What cannot be used is left out and counted, and the next item takes its place.

mod dropped;
mod example;
mod feed;
mod held_out;
mod order;
mod read;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rayon::prelude::*;
use scrubjay_core::task::TaskName;

pub use self::dropped::{Dropped, Left, NAMED, STRETCH};
pub use self::example::{Example, Reading};
pub use self::feed::{Feed, Keep};
pub use self::held_out::HeldOut;
pub use self::order::Cursor;

use self::read::{Listed, read, split};
use crate::dataset::recipes::Line;
use crate::error::Error;
use crate::loader::Loader;
use crate::pixels::Pixels;

/// How data are used.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// Seed of the order.
    pub seed: u64,
    /// Share of the sources that is held out to be tested on, from 0 to below 1.
    pub held_out: f64,
    /// Decoded frames that are kept, in MiB.
    pub cache_mb: usize,
    /// Threads that realize items; 0 for one per core.
    pub workers: usize,
}

impl Default for Options {
    /// A fifth is held out, and 256 MiB are kept.
    fn default() -> Self {
        Self { seed: 0, held_out: 0.2, cache_mb: 256, workers: 0 }
    }
}

/// Recipes to learn from and recipes of other sources to be tested on.
#[derive(Debug)]
pub struct Data {
    shared: Arc<Shared>,
    /// What could not be used whatever happens: counted before anything is asked for.
    unread: Dropped,
}

/// What threads share.
#[derive(Debug)]
struct Shared {
    train: Vec<Listed>,
    held_out: Vec<Listed>,
    loader: Loader,
    /// Of its own, so that a step which computes on all cores and data which are read ahead do not wait for each other's
    /// tasks.
    pool: rayon::ThreadPool,
    seed: u64,
    account: Mutex<Dropped>,
}

impl Data {
    /// Reads the recipes of dataset folders and splits them by source. Lines that cannot be used are left out.
    ///
    /// # Errors
    /// [`Error`] when a file cannot be read, or one side of the split is empty.
    pub fn read(folders: &[PathBuf], options: &Options) -> Result<Self, Error> {
        Self::read_by(folders, options, Pixels::default())
    }

    /// The same with pixel work done elsewhere than in core; the items are the same.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_by(folders: &[PathBuf], options: &Options, pixels: Pixels) -> Result<Self, Error> {
        let (mut lines, mut left) = (Vec::new(), Vec::new());
        for folder in folders {
            let (more, less) = read(&folder.join("recipes.jsonl"))?;
            lines.extend(more);
            left.extend(less);
        }
        let place = folders.first().map_or_else(|| "the data".to_owned(), |p| p.display().to_string());
        Self::of(lines, left, &place, (options, pixels))
    }

    /// Splits recipes by source.
    ///
    /// # Errors
    /// [`Error`] when one side of the split is empty.
    pub fn new(lines: Vec<Line>, options: &Options) -> Result<Self, Error> {
        let lines = lines.into_iter().enumerate().map(Listed::nowhere).collect();
        Self::of(lines, Vec::new(), "the data", (options, Pixels::default()))
    }

    fn of(
        lines: Vec<Listed>,
        left: Vec<Left>,
        place: &str,
        (options, pixels): (&Options, Pixels),
    ) -> Result<Self, Error> {
        let Options { seed, held_out: share, cache_mb, workers } = *options;
        if !(0.0..1.0).contains(&share) {
            return Err(Error::usage(format!(
                "the share of sources held out is {share}; it must be at least 0 and below 1"
            )));
        }
        let count = lines.len();
        let mut unread = Dropped::default();
        unread.add(&left);
        if let (0, Some(first)) = (count, left.first()) {
            let (all, what) = (left.len(), &first.detail);
            return Err(Error::failed(format!(
                "{place}: none of {all} lines can be used; the first: {what}"
            )));
        }
        let (train, held_out, left) = split(lines, share);
        unread.add(&left);
        if train.is_empty() || (held_out.is_empty() && share > 0.0) {
            return Err(Error::failed(format!(
                "{place}: {count} recipes do not split into sources to learn from and sources held out; use more sources"
            )));
        }
        if u32::try_from(train.len()).is_err() {
            return Err(Error::failed(format!("{place}: {count} recipes are more than can be shuffled")));
        }
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(workers)
            .thread_name(|i| format!("data-{i}"))
            .build()
            .map_err(|e| Error::failed(format!("no threads to read data: {e}")))?;
        let loader = Loader::with_cache(cache_mb.saturating_mul(1 << 20)).with_pixels(pixels);
        let account = Mutex::new(unread.clone());
        Ok(Self { shared: Arc::new(Shared { train, held_out, loader, pool, seed, account }), unread })
    }

    /// Who does the pixel work of items.
    #[must_use]
    pub fn pixels(&self) -> &Pixels {
        self.shared.loader.pixels()
    }

    /// How many recipes there are to learn from, and how many are held out.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        (self.shared.train.len(), self.shared.held_out.len())
    }

    /// How many recipes of these tasks there are to learn from; of all tasks if none is named.
    #[must_use]
    pub fn count(&self, tasks: &[TaskName]) -> usize {
        let of = |l: &&Listed| tasks.is_empty() || tasks.contains(&l.line.recipe.task.name());
        self.shared.train.iter().filter(of).count()
    }

    /// Batches, of which `prefetch` are made ahead; each holds its examples in memory. Results do not depend on it.
    #[must_use]
    pub fn feed(&self, reading: Arc<Reading>, prefetch: usize) -> Feed {
        Feed::new(self.shared.clone(), reading, prefetch)
    }

    /// What was left out of the data when they were read and of all batches so far. What belongs to a batch that was made
    /// ahead is counted when the batch is taken.
    #[must_use]
    pub fn dropped(&self) -> Dropped {
        self.shared.account().clone()
    }

    /// What was left out when the data were read.
    #[must_use]
    pub fn unread(&self) -> &Dropped {
        &self.unread
    }

    /// Goes on with the account of a run that was cut off.
    pub fn resume(&self, account: Dropped) {
        *self.shared.account() = account;
    }
}

impl Shared {
    fn account(&self) -> MutexGuard<'_, Dropped> {
        // Counts are whole between any two instructions that could panic.
        self.account.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes examples side by side: those that can be made, in the order of their lines, and what is wrong with the others.
    /// Once `stop` is set, nothing more is begun, and what is returned is not whole.
    fn examples(&self, lines: &[&Listed], reading: &Reading, stop: &AtomicBool) -> (Vec<Example>, Vec<Left>) {
        let one = |listed: &&Listed| {
            let wanted = !stop.load(Ordering::Relaxed);
            wanted.then(|| reading.example(&self.loader, listed))
        };
        let made: Vec<Option<Result<Example, Left>>> =
            self.pool.install(|| lines.par_iter().map(one).collect());
        let (mut examples, mut left) = (Vec::new(), Vec::new());
        for result in made.into_iter().flatten() {
            match result {
                Ok(example) => examples.push(example),
                Err(why) => left.push(why),
            }
        }
        (examples, left)
    }
}
