//! The order of what is learned from: an endless list that depends on the seed alone.

use scrubjay_core::rng::Stream;
use serde::{Deserialize, Serialize};

/// A place in the endless list: how many items came before it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cursor {
    /// Items before it, those that were left out or passed over among them.
    pub at: u64,
}

/// A list of `lines` that is shuffled anew in every pass.
#[derive(Debug)]
pub(super) struct Order {
    seed: u64,
    lines: usize,
    /// The pass that was shuffled last.
    pass: Option<(u64, Vec<u32>)>,
}

impl Order {
    pub(super) fn new(seed: u64, lines: usize) -> Self {
        Self { seed, lines, pass: None }
    }

    /// The line at a place; 0 where there are no lines.
    pub(super) fn line(&mut self, at: u64) -> usize {
        let lines = (self.lines as u64).max(1);
        let (pass, place) = (at / lines, (at % lines) as usize);
        let known = self.pass.take().filter(|(of, _)| *of == pass);
        let (_, list) = self.pass.insert(known.unwrap_or_else(|| {
            let mut list: Vec<u32> = (0..self.lines as u32).collect();
            Stream::keyed(self.seed, "order", "", pass).shuffle(&mut list);
            (pass, list)
        }));
        list.get(place).map_or(0, |line| *line as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pass_has_every_line_once_in_an_order_of_its_own() {
        let mut order = Order::new(3, 50);
        let mut pass = |p: u64| (p * 50..p * 50 + 50).map(|at| order.line(at)).collect::<Vec<_>>();
        let (first, second) = (pass(0), pass(1));
        let mut sorted = first.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..50).collect::<Vec<_>>());
        assert_ne!(first, second);
        assert_eq!(pass(0), first, "whatever was asked for before");
        assert_eq!(Order::new(3, 0).line(u64::MAX), 0);
    }
}
