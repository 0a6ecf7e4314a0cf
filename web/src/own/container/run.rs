//! Which samples must be decoded for the frames that are wanted.

use super::Track;

/// Samples that are decoded one after the other from a key frame on, and what is wanted of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The sample at which decoding begins.
    pub first: u32,
    /// The last sample that is decoded.
    pub last: u32,
    /// Samples whose pictures are wanted, in decoding order.
    pub wanted: Vec<u32>,
}

impl Track {
    /// Runs for frames of these numbers; those that do not exist are left out.
    #[must_use]
    pub fn runs(&self, numbers: &[u32]) -> Vec<Run> {
        let mut wanted: Vec<u32> =
            numbers.iter().filter_map(|n| self.shown.get(*n as usize)).map(|s| s.sample).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let keys: Vec<u32> = (0..).zip(&self.samples).filter(|(_, s)| s.key).map(|(n, _)| n).collect();
        let mut of_key: Vec<(u32, u32)> = wanted.iter().map(|&s| (self.key_of(s, &keys), s)).collect();
        of_key.sort_unstable();
        of_key
            .chunk_by(|a, b| a.0 == b.0)
            .filter_map(|same| {
                let (&(first, _), &(_, last)) = (same.first()?, same.last()?);
                Some(Run { first, last, wanted: same.iter().map(|(_, s)| *s).collect() })
            })
            .collect()
    }

    /// The last key frame before a sample in decoding and not after it in time: frames that lead an open group of
    /// pictures refer to the group before.
    fn key_of(&self, sample: u32, keys: &[u32]) -> u32 {
        let Some(goal) = self.samples.get(sample as usize) else { return 0 };
        let before = &keys[..keys.partition_point(|k| *k <= sample)];
        let shown_before = |k: &&u32| self.samples.get(**k as usize).is_some_and(|key| key.time <= goal.time);
        before.iter().rev().find(shown_before).or(before.first()).copied().unwrap_or(0)
    }

    /// The same frames, decoded from the key frame before; nothing where there is none. Some key frames are none.
    #[must_use]
    pub fn from_further_back(&self, run: &Run) -> Option<Run> {
        let before = self.samples.get(..run.first as usize)?;
        let first = before.iter().rposition(|s| s.key).unwrap_or(0) as u32;
        (first < run.first).then(|| Run { first, ..run.clone() })
    }

    /// The place of every sample in the order of presentation. Decoders are told these as times: they rise as true
    /// times do, and no two are alike.
    #[must_use]
    pub fn ranks(&self) -> Vec<u32> {
        let mut order: Vec<u32> = (0..self.samples.len() as u32).collect();
        order.sort_by_key(|&s| (self.samples[s as usize].time, s));
        let mut ranks = vec![0; order.len()];
        for (rank, sample) in order.into_iter().enumerate() {
            ranks[sample as usize] = rank as u32;
        }
        ranks
    }
}
