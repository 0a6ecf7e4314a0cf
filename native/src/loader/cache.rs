//! Decoded frames that are kept within a bound, so that the items of one video decode it once.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use scrubjay_core::frame::Frame;

/// Content, frame numbers and size of the pictures.
pub(super) type Key = (String, Vec<u32>, (u32, u32));

/// Frames by what they are of; the ones that were not used for longest go first.
#[derive(Debug)]
pub(super) struct Cache {
    clips: HashMap<Arc<Key>, Entry>,
    /// The clips by their last use, the oldest first.
    uses: BTreeMap<u64, Arc<Key>>,
    now: u64,
    bytes: usize,
    limit: usize,
}

#[derive(Debug)]
struct Entry {
    frames: Arc<Vec<Frame>>,
    bytes: usize,
    used: u64,
}

impl Cache {
    /// An empty one that keeps at most `limit` bytes of pictures.
    pub(super) fn new(limit: usize) -> Self {
        Self { clips: HashMap::new(), uses: BTreeMap::new(), now: 0, bytes: 0, limit }
    }

    /// The frames of a clip, if they are kept.
    pub(super) fn get(&mut self, key: &Key) -> Option<Arc<Vec<Frame>>> {
        let entry = self.clips.get_mut(key)?;
        self.now += 1;
        if let Some(key) = self.uses.remove(&entry.used) {
            self.uses.insert(self.now, key);
        }
        entry.used = self.now;
        Some(entry.frames.clone())
    }

    /// Keeps a clip; one that is larger than the bound is not kept, and nothing makes room for it.
    pub(super) fn put(&mut self, key: Key, frames: Arc<Vec<Frame>>) {
        let bytes = frames.iter().map(|f| f.rgb.len()).sum();
        if bytes > self.limit {
            return;
        }
        let key = Arc::new(key);
        // Two threads may have decoded the same clip.
        if let Some(old) = self.clips.remove(&key) {
            self.uses.remove(&old.used);
            self.bytes -= old.bytes;
        }
        while self.bytes + bytes > self.limit {
            let Some((_, oldest)) = self.uses.pop_first() else { break };
            if let Some(gone) = self.clips.remove(&oldest) {
                self.bytes -= gone.bytes;
            }
        }
        self.now += 1;
        self.bytes += bytes;
        self.uses.insert(self.now, key.clone());
        self.clips.insert(key, Entry { frames, bytes, used: self.now });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_recently_used_goes_and_the_bound_holds() {
        let key = |name: &str| (name.to_owned(), vec![0], (1, 1));
        let clip = |frames: usize| Arc::new(vec![Frame::black(1, 1); frames]);
        // Three bytes a frame.
        let mut cache = Cache::new(30);
        cache.put(key("a"), clip(4));
        cache.put(key("b"), clip(4));
        assert!(cache.get(&key("a")).is_some(), "now b is the oldest");
        cache.put(key("c"), clip(4));
        let kept = |cache: &Cache| ["a", "b", "c", "d"].map(|n| cache.clips.contains_key(&key(n)));
        assert_eq!((kept(&cache), cache.bytes), ([true, false, true, false], 24));
        cache.put(key("a"), clip(6));
        assert_eq!((kept(&cache), cache.bytes), ([true, false, true, false], 30), "replaced, not added");
        cache.put(key("d"), clip(11));
        assert_eq!((kept(&cache), cache.bytes), ([true, false, true, false], 30), "too large to be kept");
        cache.put(key("d"), clip(10));
        assert_eq!((kept(&cache), cache.bytes), ([false, false, false, true], 30));
        assert_eq!(cache.uses.len(), cache.clips.len());
    }
}
