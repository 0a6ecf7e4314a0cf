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

/// Videos by what they look like.
#[derive(Debug)]
pub(super) struct Looks<'a> {
    videos: Vec<&'a Usable>,
    /// By each byte of a hash and its value: the videos and hashes that have it there. Two hashes that differ in at most
    /// seven bits share one of their eight bytes.
    places: Vec<Vec<(u32, u64)>>,
}

fn place(at: usize, byte: u8) -> usize {
    at * 256 + usize::from(byte)
}

impl<'a> Looks<'a> {
    /// No videos yet.
    pub(super) fn new() -> Self {
        Self { videos: Vec::new(), places: vec![Vec::new(); 8 * 256] }
    }

    /// Adds a video.
    pub(super) fn add(&mut self, video: &'a Usable) {
        let number = self.videos.len() as u32;
        for hash in video.fingerprint.hashes() {
            for (at, byte) in hash.to_be_bytes().into_iter().enumerate() {
                self.places[place(at, byte)].push((number, hash));
            }
        }
        self.videos.push(video);
    }

    /// The video that a given one looks most like, the first of equals, and the share of pictures found in it.
    pub(super) fn like(&self, one: &Usable) -> Option<(&'a Usable, f64)> {
        let mine = one.fingerprint.hashes();
        // Which of my pictures, and which of theirs, have their like on the other side.
        let mut hits: BTreeMap<u32, (BTreeSet<usize>, BTreeSet<u64>)> = BTreeMap::new();
        for (k, hash) in mine.iter().enumerate() {
            for (at, byte) in hash.to_be_bytes().into_iter().enumerate() {
                for (other, theirs) in &self.places[place(at, byte)] {
                    if (hash ^ theirs).count_ones() <= NEAR {
                        let entry = hits.entry(*other).or_default();
                        entry.0.insert(k);
                        entry.1.insert(*theirs);
                    }
                }
            }
        }
        let mut best: Option<(&Usable, f64)> = None;
        for (other, (of_mine, of_theirs)) in hits {
            let other = self.videos[other as usize];
            let theirs = other.fingerprint.hashes();
            let (matched, of) = if mine.len() <= theirs.len() {
                (of_mine.len(), mine.len())
            } else {
                (theirs.iter().filter(|h| of_theirs.contains(h)).count(), theirs.len())
            };
            let share = matched as f64 / of.max(1) as f64;
            let lasts = |v: &Usable| f64::from(v.source.frames()) / v.source.rate().fps();
            let (long, short) = (lasts(one).max(lasts(other)), lasts(one).min(lasts(other)));
            let enough = share >= SHARE && (matched > 1 || long - short <= LENGTH * long);
            if enough && best.is_none_or(|(_, most)| share > most) {
                best = Some((other, share));
            }
        }
        best
    }
}

/// Videos that look like one that comes before them in the list. One that is like an earlier one stands for nothing
/// itself: a thousand copies make a thousand pairs, and not half a million.
pub(super) fn pairs(videos: &[Usable]) -> Vec<Pair> {
    let mut looks = Looks::new();
    let mut found = Vec::new();
    for video in videos {
        match looks.like(video) {
            Some((first, share)) => {
                found.push(Pair { a: first.sha256().to_owned(), b: video.sha256().to_owned(), share });
            }
            None => looks.add(video),
        }
    }
    found
}
