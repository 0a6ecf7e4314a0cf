//! The integer random stream and its mapping to ranges.
//!
//! Every item owns one stream, keyed by what the item is and by nothing else, so the result does not depend
//! on the order or the number of workers. The bits come from ChaCha8; how bits become numbers in a range is
//! written here rather than left to a library, because changing it would change every item ever made.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng as _, SeedableRng as _};
use sha2::{Digest as _, Sha256};

use crate::GENERATOR_VERSION;

/// A deterministic stream of integers.
#[derive(Debug, Clone)]
pub struct Stream(ChaCha8Rng);

impl Stream {
    /// The stream of one item: keyed by (generator version, `seed`, `task`, `source`, `index`).
    ///
    /// `task` and `source` are names; their lengths are part of the key, so no two different keys collide by
    /// concatenation.
    #[must_use]
    pub fn keyed(seed: u64, task: &str, source: &str, index: u64) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"scrubjay stream");
        hash.update(GENERATOR_VERSION.to_le_bytes());
        hash.update(seed.to_le_bytes());
        for name in [task, source] {
            hash.update((name.len() as u64).to_le_bytes());
            hash.update(name.as_bytes());
        }
        hash.update(index.to_le_bytes());
        Self(ChaCha8Rng::from_seed(hash.finalize().into()))
    }

    /// The next 32 bits.
    pub fn bits(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// A uniform integer in `0..n`; 0 when `n` is 0.
    ///
    /// Lemire's multiply-and-reject method, so every value is exactly equally likely.
    pub fn below(&mut self, n: u32) -> u32 {
        if n == 0 {
            return 0;
        }
        let threshold = n.wrapping_neg() % n;
        loop {
            let wide = u64::from(self.bits()) * u64::from(n);
            if wide as u32 >= threshold {
                return (wide >> 32) as u32;
            }
        }
    }

    /// A uniform integer in `low..=high`; `low` when the range is empty.
    pub fn range(&mut self, low: i32, high: i32) -> i32 {
        if high <= low {
            return low;
        }
        // The width fits: high > low, so high - low + 1 is in 2..=2^32; the full range is never asked for.
        let width = high.wrapping_sub(low) as u32;
        low.wrapping_add(self.below(width.saturating_add(1)) as i32)
    }

    /// A uniform real in `[0, 1)` with 53 random bits, exactly representable.
    ///
    /// For sampling a policy's tokens; nothing that defines an item uses it.
    pub fn unit(&mut self) -> f64 {
        let high = u64::from(self.bits()) << 32 | u64::from(self.bits());
        (high >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Shuffles in place, uniformly over all orders (Fisher–Yates from the end).
    pub fn shuffle<T>(&mut self, values: &mut [T]) {
        for i in (1..values.len()).rev() {
            let j = self.below(i as u32 + 1) as usize;
            values.swap(i, j);
        }
    }

    /// A uniform permutation of `0..n`, identity included.
    pub fn permutation(&mut self, n: usize) -> Vec<u8> {
        let mut order: Vec<u8> = (0..n).map(|i| i as u8).collect();
        self.shuffle(&mut order);
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_is_pinned() {
        let mut stream = Stream::keyed(7, "jigsaw", "scene", 3);
        let bits: Vec<u32> = (0..4).map(|_| stream.bits()).collect();
        let ranges: Vec<i32> = (0..8).map(|_| stream.range(-5, 5)).collect();
        let order = stream.permutation(6);
        assert_eq!(
            format!("{bits:?} {ranges:?} {order:?}"),
            include_str!("../../tests/golden/stream.txt").trim(),
            "the mapping from keys to numbers changed: bump GENERATOR_VERSION"
        );
    }

    #[test]
    fn keys_do_not_collide_by_concatenation() {
        let a = Stream::keyed(1, "ab", "c", 0).bits();
        let b = Stream::keyed(1, "a", "bc", 0).bits();
        assert_ne!(a, b);
    }

    #[test]
    fn ranges_are_uniform_enough_and_closed() {
        let mut stream = Stream::keyed(1, "range", "", 0);
        let mut counts = [0_u32; 7];
        for _ in 0..70_000 {
            counts[(stream.range(-3, 3) + 3) as usize] += 1;
        }
        assert!(counts.iter().all(|&c| (9_500..10_500).contains(&c)), "{counts:?}");
        assert_eq!(stream.range(4, 4), 4);
        assert_eq!(stream.range(4, 1), 4);
    }
}
