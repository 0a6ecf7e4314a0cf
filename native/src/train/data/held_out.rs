//! Examples to be tested on: of sources that nothing is learned from.

use std::sync::atomic::AtomicBool;

use scrubjay_core::task::TaskName;

use super::dropped::{Dropped, STRETCH};
use super::example::{Example, Reading};
use super::read::Listed;
use super::{Data, Shared};
use crate::error::Error;

/// What became of the held-out items that were asked for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HeldOut {
    /// Examples that were made.
    pub made: usize,
    /// Items that were left out.
    pub dropped: Dropped,
    /// Tasks that are learned and cannot be tested: no held-out item of theirs can be used.
    pub without: Vec<TaskName>,
}

impl Data {
    /// Up to `per_task` held-out examples of each task, evenly spread over the list. They are all in memory at once.
    ///
    /// # Errors
    /// As [`Self::each_held_out`].
    pub fn held_out(&self, per_task: usize, reading: &Reading) -> Result<(Vec<Example>, HeldOut), Error> {
        let mut examples = Vec::new();
        let done = self.each_held_out(per_task, per_task, reading, &mut |some| {
            examples.extend(some);
            Ok(())
        })?;
        Ok((examples, done))
    }

    /// The same examples in the same order, at most `at_once` of them at a time, for models whose pictures do not all fit
    /// into memory. An item that cannot be used makes place for another of its task; a task is given up when more than
    /// half of a long stretch of its items cannot be used.
    ///
    /// # Errors
    /// [`Error`] when sources are held out and no item of them can be used, and what `each` returns.
    pub fn each_held_out(
        &self,
        per_task: usize,
        at_once: usize,
        reading: &Reading,
        each: &mut dyn FnMut(Vec<Example>) -> Result<(), Error>,
    ) -> Result<HeldOut, Error> {
        let mut done = HeldOut::default();
        for task in TaskName::ALL {
            let of_task = |l: &&Listed| l.line.recipe.task.name() == task;
            let lines: Vec<&Listed> = self.shared.held_out.iter().filter(of_task).collect();
            let made = self.shared.tested(&lines, (per_task, at_once), reading, &mut done.dropped, each)?;
            if made == 0 && per_task > 0 && self.shared.train.iter().any(|l| of_task(&l)) {
                done.without.push(task);
            }
            done.made += made;
        }
        if done.made == 0 && per_task > 0 && !self.shared.held_out.is_empty() {
            let first = done.dropped.first.first().map(|f| f.detail.as_str()).unwrap_or_default();
            return Err(Error::failed(format!(
                "none of {} held-out items can be used; the first: {first}",
                self.shared.held_out.len()
            )));
        }
        Ok(done)
    }
}

impl Shared {
    fn tested(
        &self,
        lines: &[&Listed],
        (per_task, at_once): (usize, usize),
        reading: &Reading,
        dropped: &mut Dropped,
        each: &mut dyn FnMut(Vec<Example>) -> Result<(), Error>,
    ) -> Result<usize, Error> {
        let take = per_task.min(lines.len());
        // Evenly spread ones first, then whatever else there is.
        let mut spread = vec![false; lines.len()];
        (0..take).for_each(|i| spread[i * lines.len() / take] = true);
        let of =
            |wanted: bool| lines.iter().zip(&spread).filter(move |(_, s)| **s == wanted).map(|(l, _)| *l);
        let order: Vec<&Listed> = of(true).chain(of(false)).collect();
        let (mut made, mut looked, mut failed) = (0, 0, 0);
        while made < take && looked < order.len() {
            if looked as u64 >= STRETCH && failed * 2 > looked {
                break;
            }
            let some = (take - made).min(at_once.max(1)).min(order.len() - looked);
            let (examples, left) =
                self.examples(&order[looked..looked + some], reading, &AtomicBool::new(false));
            looked += some;
            failed += left.len();
            made += examples.len();
            dropped.add(&left);
            if !examples.is_empty() {
                each(examples)?;
            }
        }
        Ok(made)
    }
}
