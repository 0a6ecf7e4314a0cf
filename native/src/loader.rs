//! From a recipe line to an item: scenes are drawn, videos decoded and kept.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use scrubjay_core::frame::Frame;
use scrubjay_core::item::{Item, RealizeError, realize, scene_frames};
use scrubjay_core::recipe::{Want, paint};
use scrubjay_core::source::Source;

use crate::dataset::recipes::Line;
use crate::dataset::synth::content_hash;
use crate::error::Error;
use crate::video;

type Key = (String, Vec<u32>, (u32, u32));

/// Realizes items; decoded frames are kept up to a bound, since the items of one video share them.
#[derive(Debug, Default)]
pub struct Loader {
    decoded: Mutex<Cache>,
}

/// Decoded frames by source, frame numbers and size.
#[derive(Debug, Default)]
struct Cache {
    clips: HashMap<Key, Arc<Vec<Frame>>>,
    bytes: usize,
}

/// Decoded frames that are kept, in bytes; when it is full the cache starts anew.
const CACHE_BYTES: usize = 256 << 20;

impl Loader {
    /// Makes the item of a line.
    ///
    /// # Errors
    /// [`Error`] naming the item, or the file that is missing, changed or undecodable.
    pub fn item(&self, line: &Line) -> Result<Item, Error> {
        self.answerable(line)?
            .ok_or_else(|| Error::failed(format!("item {}: {}", line.id, RealizeError::Unchanged)))
    }

    /// Makes the item of a line, or nothing if these frames leave the question without an answer.
    ///
    /// # Errors
    /// As [`Self::item`].
    pub fn answerable(&self, line: &Line) -> Result<Option<Item>, Error> {
        let fail = |e: &dyn std::fmt::Display| Error::failed(format!("item {}: {e}", line.id));
        let frames = match scene_frames(&line.recipe).map_err(|e| fail(&e))? {
            Some(frames) => frames,
            None => {
                let wants = line.recipe.wants().map_err(|e| fail(&e))?;
                wants.iter().map(|want| self.frames(line, want)).collect::<Result<_, _>>()?
            }
        };
        match realize(&line.recipe, frames) {
            Ok(item) => Ok(Some(item)),
            Err(RealizeError::Unchanged) => Ok(None),
            Err(e) => Err(fail(&e)),
        }
    }

    fn frames(&self, line: &Line, want: &Want<'_>) -> Result<Vec<Frame>, Error> {
        let fail = |e: &dyn std::fmt::Display| Error::failed(format!("item {}: {e}", line.id));
        let size = line.recipe.size;
        let Source::Video { sha256, .. } = want.source else {
            // A video's item may show a scene in its place.
            let painted = paint(want.source, &want.indices, (size.width, size.height));
            return painted.ok_or_else(|| fail(&"the scene cannot be painted"));
        };
        let own = *want.source == line.recipe.source;
        let path: &PathBuf = line
            .file
            .as_ref()
            .filter(|_| own)
            .or_else(|| line.others.get(sha256))
            .ok_or_else(|| fail(&format_args!("the line does not say where the video {sha256} is")))?;
        let key = (sha256.clone(), want.indices.clone(), (size.width, size.height));
        if let Some(frames) = self.lock().clips.get(&key) {
            return Ok(frames.as_ref().clone());
        }
        check_content(path, sha256)?;
        let decoded = video::Video::open(path)
            .and_then(|v| v.decode(&key.1, size))
            .map_err(|e| Error::failed(e.to_string()))?;
        let frames: Vec<Frame> = decoded.into_iter().map(|d| d.frame).collect();
        let mut cache = self.lock();
        let bytes: usize = frames.iter().map(|f| f.rgb.len()).sum();
        if cache.bytes + bytes > CACHE_BYTES {
            *cache = Cache::default();
        }
        cache.bytes += bytes;
        cache.clips.insert(key, Arc::new(frames.clone()));
        Ok(frames)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Cache> {
        // A panic elsewhere cannot leave the cache half-written in a way that matters: entries are whole.
        self.decoded.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn check_content(path: &Path, sha256: &str) -> Result<(), Error> {
    let found = content_hash(path)?;
    if found == *sha256 {
        return Ok(());
    }
    Err(Error::path(path, format!("is not the video of the recipe: its content is {found}, not {sha256}")))
}
