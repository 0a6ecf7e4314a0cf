//! From a recipe line to an item: scenes are drawn, videos decoded and kept, built-in films unpacked.

mod cache;

use std::collections::HashMap;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use scrubjay_core::frame::Frame;
use scrubjay_core::item::{Item, RealizeError, scene_frames};
use scrubjay_core::pack::Pack;
use scrubjay_core::recipe::{Size, Want, paint};
use scrubjay_core::source::Source;

use self::cache::Cache;
use crate::dataset::recipes::Line;
use crate::dataset::synth::content_hash;
use crate::error::Error;
use crate::packs;
use crate::pixels::Pixels;
use crate::video::{self, VideoError};

/// Realizes items; decoded frames are kept up to a bound, since the items of one video share them.
#[derive(Debug)]
pub struct Loader {
    decoded: Mutex<Cache>,
    /// Files whose content was found to be the recipe's, as they were then.
    checked: Mutex<HashMap<PathBuf, Checked>>,
    pixels: Pixels,
}

/// What a file was when its content was compared: content, length in bytes and time of change.
type Checked = (String, u64, SystemTime);

/// Decoded frames that are kept unless said otherwise, in bytes.
const CACHE_BYTES: usize = 256 << 20;

/// Why an item cannot be shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Failure {
    /// One word for counts: `recipe` (it contradicts itself), `unanswerable` (nothing is right on these frames), `unlisted`
    /// (the line does not say where a video is), `changed` (a file has another content), or what is wrong with a
    /// video ([`VideoError::cause`]).
    pub cause: &'static str,
    /// One sentence, naming the item or the file.
    pub detail: String,
}

/// A [`Failure::cause`]: these frames leave the question without an answer.
pub const UNANSWERABLE: &str = "unanswerable";

impl Default for Loader {
    fn default() -> Self {
        Self::with_cache(CACHE_BYTES)
    }
}

impl Loader {
    /// A loader that keeps at most so many bytes of decoded frames; 0 for none.
    #[must_use]
    pub fn with_cache(bytes: usize) -> Self {
        Self { decoded: Mutex::new(Cache::new(bytes)), checked: Mutex::default(), pixels: Pixels::default() }
    }

    /// The same with pixel work done elsewhere than in core; the items are the same.
    #[must_use]
    pub fn with_pixels(self, pixels: Pixels) -> Self {
        Self { pixels, ..self }
    }

    /// Who does the pixel work.
    #[must_use]
    pub fn pixels(&self) -> &Pixels {
        &self.pixels
    }

    /// Makes the item of a line.
    ///
    /// # Errors
    /// [`Error`] naming the item, or the file that is missing, changed or undecodable.
    pub fn item(&self, line: &Line) -> Result<Item, Error> {
        self.load(line).map_err(|failure| Error::failed(failure.detail))
    }

    /// Makes the item of a line, or nothing if these frames leave the question without an answer.
    ///
    /// # Errors
    /// As [`Self::item`].
    pub fn answerable(&self, line: &Line) -> Result<Option<Item>, Error> {
        match self.load(line) {
            Ok(item) => Ok(Some(item)),
            Err(Failure { cause: UNANSWERABLE, .. }) => Ok(None),
            Err(failure) => Err(Error::failed(failure.detail)),
        }
    }

    /// Makes the item of a line, for whoever counts what fails.
    ///
    /// # Errors
    /// [`Failure`] with its cause in one word.
    pub fn load(&self, line: &Line) -> Result<Item, Failure> {
        let recipe = |e: &dyn Display| failure(line, "recipe", e);
        let frames = match scene_frames(&line.recipe).map_err(|e| recipe(&e))? {
            Some(frames) => frames,
            None => {
                let wants = line.recipe.wants().map_err(|e| recipe(&e))?;
                wants.iter().map(|want| self.frames(line, want)).collect::<Result<_, _>>()?
            }
        };
        self.pixels.realize(&line.recipe, frames).map_err(|e| match e {
            RealizeError::Unchanged => failure(line, UNANSWERABLE, &e),
            e => recipe(&e),
        })
    }

    fn frames(&self, line: &Line, want: &Want<'_>) -> Result<Vec<Frame>, Failure> {
        let size = line.recipe.size;
        let Source::Video { sha256, .. } = want.source else {
            // A video's item may show a scene in its place.
            let painted = paint(want.source, &want.indices, (size.width, size.height));
            return painted.ok_or_else(|| failure(line, "recipe", &"the scene cannot be painted"));
        };
        let own = *want.source == line.recipe.source;
        let path = line.file.as_ref().filter(|_| own).or_else(|| line.others.get(sha256));
        if let (None, Some(pack)) = (path, packs::of_content(sha256)) {
            return packed(line, pack, &want.indices);
        }
        let path = path.ok_or_else(|| {
            let what = format_args!("the line does not say where the video {sha256} is");
            failure(line, "unlisted", &what)
        })?;
        let key = (sha256.clone(), want.indices.clone(), (size.width, size.height));
        if let Some(frames) = lock(&self.decoded).get(&key) {
            return Ok(frames.as_ref().clone());
        }
        self.check_content(path, sha256)?;
        let of = |e: VideoError| Failure { cause: e.cause(), detail: e.to_string() };
        let decoded = video::Video::open(path).and_then(|v| v.decode(&key.1, size)).map_err(of)?;
        let frames: Vec<Frame> = decoded.into_iter().map(|d| d.frame).collect();
        lock(&self.decoded).put(key, Arc::new(frames.clone()));
        Ok(frames)
    }

    /// Compares a file's content with a recipe's. A file is read once for this, unless its length or time of change differ
    /// from what they were then.
    fn check_content(&self, path: &Path, sha256: &str) -> Result<(), Failure> {
        let failure = |cause, detail: String| Failure { cause, detail };
        let unreadable = |e: std::io::Error| {
            let cause = if e.kind() == std::io::ErrorKind::NotFound { "missing" } else { "unreadable" };
            failure(cause, format!("{}: cannot be read: {e}", path.display()))
        };
        let meta = std::fs::metadata(path).map_err(unreadable)?;
        // Of a folder of frames, times do not tell whether a file in it changed.
        let modified = meta.modified().ok().filter(|_| meta.is_file());
        let stamp = modified.map(|t| (sha256.to_owned(), meta.len(), t));
        if stamp.is_some() && lock(&self.checked).get(path) == stamp.as_ref() {
            return Ok(());
        }
        let found = content_hash(path).map_err(|e| failure("unreadable", e.to_string()))?;
        if found != sha256 {
            let what = format!("is not the video of the recipe: its content is {found}, not {sha256}");
            return Err(failure("changed", format!("{}: {what}", path.display())));
        }
        if let Some(stamp) = stamp {
            lock(&self.checked).insert(path.to_owned(), stamp);
        }
        Ok(())
    }
}

/// Frames of a film that the program carries.
fn packed(line: &Line, pack: &Pack<'_>, indices: &[u32]) -> Result<Vec<Frame>, Failure> {
    let (size, own) = (line.recipe.size, pack.about().size);
    if size != own {
        let (name, Size { width, height }) = (&pack.about().name, own);
        let what = format_args!("the built-in film {name} has pictures of {width}x{height}");
        return Err(failure(line, "recipe", &what));
    }
    pack.frames(indices).map_err(|e| failure(line, "undecodable", &e))
}

fn failure(line: &Line, cause: &'static str, what: &dyn Display) -> Failure {
    Failure { cause, detail: format!("item {}: {what}", line.id) }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic elsewhere cannot leave these half-written in a way that matters: entries are whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
