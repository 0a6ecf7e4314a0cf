//! Batches in the order of the data, made ahead of the step that wants them.
//!
//! What a batch holds follows from the cursor, the number asked for and the reading alone. Whether it was made ahead, by
//! how many threads and what is in the loader's memory do not matter: an item that fails, fails always, and its place
//! is taken by the next one of the order.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;

use scrubjay_core::task::TaskName;

use super::Shared;
use super::dropped::{Left, Stretch};
use super::example::{Example, Reading};
use super::order::{Cursor, Order};
use super::read::Listed;
use crate::error::Error;

/// Says whether an item, by its id and task, is wanted now.
pub type Keep<'k> = dyn FnMut(&str, TaskName) -> bool + 'k;

/// So many times the batch may be passed over in a row before an item is taken in spite of it.
const PATIENCE: u64 = 4;

/// Batches to learn from. Dropping it ends its thread.
#[derive(Debug)]
pub struct Feed {
    work: Arc<Work>,
    order: Order,
    prefetch: usize,
    ahead: Option<Ahead>,
}

/// What batches are made of.
#[derive(Debug)]
struct Work {
    shared: Arc<Shared>,
    reading: Arc<Reading>,
    /// The lines of the tasks that are read, in the order of the data.
    lines: Vec<u32>,
}

/// A batch.
#[derive(Debug)]
struct Made {
    examples: Vec<Example>,
    next: Cursor,
    looked: u64,
    left: Vec<Left>,
}

impl Feed {
    pub(super) fn new(shared: Arc<Shared>, reading: Arc<Reading>, prefetch: usize) -> Self {
        let of = |listed: &Listed| {
            reading.tasks.is_empty() || reading.tasks.contains(&listed.line.recipe.task.name())
        };
        let lines: Vec<u32> = (0_u32..).zip(&shared.train).filter(|(_, l)| of(l)).map(|(i, _)| i).collect();
        let work = Work { shared, reading, lines };
        Self { order: work.order(), work: Arc::new(work), prefetch, ahead: None }
    }

    /// The `n` examples from a cursor on, and where the next batch begins. Where `keep` is given, an item that it does not
    /// want is passed over, but no more than `4 n` in a row. It is asked once for every item whose turn comes, in their
    /// order; nothing is made ahead then, since the choice may depend on the step before.
    ///
    /// # Errors
    /// [`Error`] with the commonest cause when no item of a whole pass, or less than half of a long stretch, can be used.
    pub fn batch(
        &mut self,
        from: Cursor,
        n: usize,
        keep: Option<&mut Keep<'_>>,
    ) -> Result<(Vec<Example>, Cursor), Error> {
        let made = if keep.is_some() || self.prefetch == 0 {
            self.ahead = None;
            self.work.make(&mut self.order, (from, n), keep, &AtomicBool::new(false))?
        } else {
            self.made_ahead((from, n))?
        };
        self.work.shared.account().step(made.looked, &made.left)?;
        Ok((made.examples, made.next))
    }

    fn made_ahead(&mut self, wanted: (Cursor, usize)) -> Result<Made, Error> {
        // Another place than was foreseen: begin there.
        let mut ahead = match self.ahead.take().filter(|a| a.expects == wanted) {
            Some(ahead) => ahead,
            None => Ahead::start(&self.work, wanted, self.prefetch)?,
        };
        let made = ahead.receive()?;
        ahead.expects = (made.next, wanted.1);
        self.ahead = Some(ahead);
        Ok(made)
    }
}

impl Work {
    fn order(&self) -> Order {
        Order::new(self.shared.seed, self.lines.len())
    }

    fn make(
        &self,
        order: &mut Order,
        (from, n): (Cursor, usize),
        mut keep: Option<&mut Keep<'_>>,
        stop: &AtomicBool,
    ) -> Result<Made, Error> {
        let lines = &self.lines;
        if lines.is_empty() {
            let tasks: Vec<String> = self.reading.tasks.iter().map(ToString::to_string).collect();
            return Err(Error::failed(format!(
                "the data hold no item of {} to learn from",
                tasks.join(", ")
            )));
        }
        let mut made = Made { examples: Vec::new(), next: from, looked: 0, left: Vec::new() };
        let (mut whole, mut stretch) = (Stretch::default(), Stretch::default());
        let mut passed = 0;
        while made.examples.len() < n {
            let wanted = n - made.examples.len();
            let mut chosen = Vec::new();
            while chosen.len() < wanted {
                let listed = &self.shared.train[lines[order.line(made.next.at)] as usize];
                made.next.at = made.next.at.saturating_add(1);
                let line = &listed.line;
                let kept = keep.as_mut().is_none_or(|keep| keep(&line.id, line.recipe.task.name()));
                if kept || passed >= PATIENCE.saturating_mul(n as u64) {
                    passed = 0;
                    chosen.push(listed);
                } else {
                    passed += 1;
                }
            }
            let (examples, left) = self.shared.examples(&chosen, &self.reading, stop);
            if stop.load(Ordering::Relaxed) {
                return Err(Error::failed("the batch is no longer wanted"));
            }
            let looked = chosen.len() as u64;
            made.looked += looked;
            made.examples.extend(examples);
            // The account's own stretch goes over batches; this one ends a batch that nothing would fill.
            stretch.add(looked, &left)?;
            if made.examples.is_empty() {
                whole.add_unasked(looked, &left);
                if made.looked >= lines.len() as u64 {
                    return Err(whole.error());
                }
            }
            made.left.extend(left);
        }
        Ok(made)
    }
}

/// A thread that makes batch after batch.
#[derive(Debug)]
struct Ahead {
    /// What it makes next.
    expects: (Cursor, usize),
    batches: Option<Receiver<Result<Made, Error>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Ahead {
    /// Begins to make batches of a size from a cursor on, at most `prefetch` more than are taken.
    fn start(work: &Arc<Work>, wanted: (Cursor, usize), prefetch: usize) -> Result<Self, Error> {
        // One waits in the thread's hands, the others in the channel.
        let (sender, batches) = sync_channel(prefetch.saturating_sub(1));
        let stop = Arc::new(AtomicBool::new(false));
        let (work, halt) = (work.clone(), stop.clone());
        let thread = std::thread::Builder::new().name("data".to_owned()).spawn(move || {
            let mut order = work.order();
            let (mut from, n) = wanted;
            while !halt.load(Ordering::Relaxed) {
                let made = work.make(&mut order, (from, n), None, &halt);
                let next = made.as_ref().ok().map(|m| m.next);
                // Nobody listens any more, or there is nothing more to say.
                let (Ok(()), Some(next)) = (sender.send(made), next) else { break };
                from = next;
            }
        });
        let thread = thread.map_err(|e| Error::failed(format!("no thread to read data ahead: {e}")))?;
        Ok(Self { expects: wanted, batches: Some(batches), stop, thread: Some(thread) })
    }

    fn receive(&self) -> Result<Made, Error> {
        let ended = || Error::failed("the thread that reads data ahead ended before its time");
        self.batches.as_ref().and_then(|b| b.recv().ok()).ok_or_else(ended)?
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // Wakes it if it waits for room.
        self.batches = None;
        if let Some(thread) = self.thread.take() {
            // A panic there has been told by what was received.
            let _ = thread.join();
        }
    }
}
