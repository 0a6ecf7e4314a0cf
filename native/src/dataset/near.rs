//! Which videos look alike although their bytes differ: the same film encoded anew, scaled or cut.
//!
//! A video is known by a few of its key frames, each as 64 bits (which of two neighbours in a 9 × 8 picture is the
//! brighter, "difference hash"). Encoders put key frames where scenes change, so that two encodings share most.

use std::collections::{BTreeMap, BTreeSet};

use scrubjay_core::frame::Frame;
use serde::{Deserialize, Serialize};

use super::sources::Usable;

/// Size of the pictures that are compared.
pub(super) const SMALL: (u32, u32) = (9, 8);
/// Bits in which two pictures may differ and still be taken for the same.
const NEAR: u32 = 7;
/// A picture of which fewer pairs of neighbours differ by more than this many levels says nothing.
const LEVELS: u8 = 4;
const TELLING: u32 = 12;
/// Part of a video's pictures that must be found in the other.
const SHARE: f64 = 0.6;
/// Where a single picture is all that two videos share, their lengths must agree to this part.
const LENGTH: f64 = 0.02;

/// A video's pictures as bits, hexadecimal; those that say nothing are left out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Fingerprint(Vec<String>);

impl Fingerprint {
    /// From small pictures.
    pub(super) fn of(frames: &[Frame]) -> Self {
        Self(frames.iter().filter_map(bits).map(|b| format!("{b:016x}")).collect())
    }

    fn hashes(&self) -> Vec<u64> {
        self.0.iter().filter_map(|h| u64::from_str_radix(h, 16).ok()).collect()
    }
}

fn bits(frame: &Frame) -> Option<u64> {
    let level = |x: u32, y: u32| {
        let at = ((y * SMALL.0 + x) * 3) as usize;
        let sum: u32 = frame.rgb.get(at..at + 3)?.iter().map(|v| u32::from(*v)).sum();
        Some((sum / 3) as u8)
    };
    let (mut hash, mut telling) = (0, 0);
    for y in 0..SMALL.1 {
        for x in 0..SMALL.0 - 1 {
            let (left, right) = (level(x, y)?, level(x + 1, y)?);
            hash = hash << 1 | u64::from(left < right);
            telling += u32::from(left.abs_diff(right) > LEVELS);
        }
    }
    (telling >= TELLING).then_some(hash)
}

/// Two videos that look alike.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Pair {
    /// The first one's content.
    pub(super) a: String,
    /// The second one's content.
    pub(super) b: String,
    /// Part of the pictures of the one with fewer that the other has, too.
    pub(super) share: f64,
}

/// All pairs, one of each list, that look alike; in order of the first list, then the second. A list is paired with
/// itself by giving it twice: then no video is paired with itself and no pair is told twice.
pub(super) fn pairs(ones: &[Usable], others: &[Usable]) -> Vec<Pair> {
    let within = std::ptr::eq(ones, others);
    // Two hashes that differ in at most seven of eight bytes' worth of bits share a byte at some place.
    let mut places: BTreeMap<(usize, u8), Vec<(u32, u64)>> = BTreeMap::new();
    for (i, other) in others.iter().enumerate() {
        for hash in other.fingerprint.hashes() {
            for (at, byte) in hash.to_be_bytes().into_iter().enumerate() {
                places.entry((at, byte)).or_default().push((i as u32, hash));
            }
        }
    }
    let mut found = Vec::new();
    for (i, one) in ones.iter().enumerate() {
        let mine = one.fingerprint.hashes();
        // Which of my pictures, and which of theirs, have their like on the other side.
        let mut hits: BTreeMap<u32, (BTreeSet<usize>, BTreeSet<u64>)> = BTreeMap::new();
        for (k, hash) in mine.iter().enumerate() {
            for (at, byte) in hash.to_be_bytes().into_iter().enumerate() {
                for (other, theirs) in places.get(&(at, byte)).into_iter().flatten() {
                    if (!within || *other > i as u32) && (hash ^ theirs).count_ones() <= NEAR {
                        let entry = hits.entry(*other).or_default();
                        entry.0.insert(k);
                        entry.1.insert(*theirs);
                    }
                }
            }
        }
        for (other, (of_mine, of_theirs)) in hits {
            let other = &others[other as usize];
            let theirs = other.fingerprint.hashes();
            let (matched, of) = if mine.len() <= theirs.len() {
                (of_mine.len(), mine.len())
            } else {
                (theirs.iter().filter(|h| of_theirs.contains(h)).count(), theirs.len())
            };
            let share = matched as f64 / of.max(1) as f64;
            let lasts = |v: &Usable| f64::from(v.source.frames()) / v.source.rate().fps();
            let (long, short) = (lasts(one).max(lasts(other)), lasts(one).min(lasts(other)));
            if share >= SHARE && (matched > 1 || long - short <= LENGTH * long) {
                found.push(Pair { a: one.sha256().to_owned(), b: other.sha256().to_owned(), share });
            }
        }
    }
    found
}
