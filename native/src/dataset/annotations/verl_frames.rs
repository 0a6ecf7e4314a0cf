//! The frames of a row for verl: the files that it lists are found and decoded, and the row becomes an item.
//!
//! Rows name files relative to wherever training was started, which is seldom where somebody looks at them: besides the
//! current folder, the Parquet file's own and the one around it are tried, since datasets keep their tables in a folder
//! of their own.

use std::path::{Path, PathBuf};

use scrubjay_core::frame::Clip;
use scrubjay_core::item::Item;
use scrubjay_core::recipe::Size;
use scrubjay_core::source::{Sampling, Timeline};
use scrubjay_core::time::Rate;

use super::Dropped;
use super::rows::Fault;
use super::verl::{Given, Shown};
use crate::video::{Video, VideoError, is_picture};

/// Most bytes of pixels that a row may show: VideoSSR's 48 frames take 9 MB, 768 of 1280 × 720 take 2 GB.
const MOST_BYTES: u64 = 2 << 30;

/// The pictures of a list stand on the row's clock and not on their own.
const ANY_RATE: Rate = Rate { num: 1, den: 1 };

/// What a row shows in one place, found but not decoded.
struct Found {
    video: Video,
    timeline: Timeline,
}

impl Given {
    /// The row as an item, on the frames that it lists. `folder` is the Parquet file's: relative names are looked for in
    /// the current folder, in this one and in the one around it. A single file that is no picture is a video, of which
    /// VideoSSR's 48 frames are shown over its whole length. All frames of a row get the size of the first. Where the row
    /// states the hash of its pixels, they must have it.
    ///
    /// # Errors
    /// [`Dropped`], naming the row and what is wrong: a file that is missing or no picture, frames that are not the
    /// row's, a truth that cannot be read, a task that is none of VideoSSR's three.
    pub fn load(&self, folder: &Path) -> Result<Item, Dropped> {
        self.loaded(folder).map_err(|Fault { cause, detail }| Dropped {
            at: format!("row {}", self.row),
            cause,
            detail,
        })
    }

    fn loaded(&self, folder: &Path) -> Result<Item, Fault> {
        // Before anything is decoded: a row without a truth is shown to nobody.
        self.truth()?;
        let fps = self.fps()?;
        let found = self.videos.iter().map(|v| find(v, folder, fps)).collect::<Result<Vec<_>, _>>()?;
        let (size, frames) = extent(&found)?;
        let bytes = frames.saturating_mul(u64::from(size.width) * u64::from(size.height) * 3);
        if bytes > MOST_BYTES {
            let Size { width, height } = size;
            let detail = format!("{frames} frames of {width}x{height} are more than a row can show");
            return Err(Fault::new("too-large", detail));
        }
        let clips = found.iter().map(|f| f.clip(size)).collect::<Result<Vec<_>, _>>()?;
        let fps = found.first().map_or(fps, |f| f.timeline.sampling_fps);
        let item = self.made(clips, fps)?;
        match self.extra.get("stimulus").and_then(|s| s.as_str()) {
            Some(stated) if stated != item.stimulus => Err(Fault::new(
                "other-frames",
                format!(
                    "its frames are not those it was written with: their hash is {}, not {stated}",
                    item.stimulus
                ),
            )),
            _ => Ok(item),
        }
    }

    /// Size and number of the frames that [`Given::load`] would show; only the first is decoded. `None` where that
    /// fails.
    #[must_use]
    pub fn extent(&self, folder: &Path) -> Option<(Size, u64)> {
        let fps = self.fps().ok()?;
        let found = self.videos.iter().map(|v| find(v, folder, fps)).collect::<Result<Vec<_>, _>>().ok()?;
        extent(&found).ok()
    }
}

impl Found {
    fn clip(&self, size: Size) -> Result<Clip, Fault> {
        let Timeline { indices, .. } = &self.timeline;
        let decoded = self.video.decode(indices, size).map_err(|e| unusable(&e))?;
        Ok(Clip {
            shown: (0..indices.len() as u32).map(|i| self.timeline.edge(i)).collect(),
            frames: decoded.into_iter().map(|d| d.frame).collect(),
        })
    }
}

fn unusable(e: &VideoError) -> Fault {
    Fault::new(e.cause(), e.to_string())
}

fn extent(found: &[Found]) -> Result<(Size, u64), Fault> {
    let first = found.first().ok_or_else(|| Fault::malformed("it shows nothing"))?;
    let frames = found.iter().map(|f| f.timeline.indices.len() as u64).sum();
    Ok((first.video.size().map_err(|e| unusable(&e))?, frames))
}

fn find(shown: &Shown, folder: &Path, fps: f64) -> Result<Found, Fault> {
    let files = shown.frames.iter().map(|f| place(f, folder)).collect::<Result<Vec<_>, _>>()?;
    if let [file] = files.as_slice()
        && !is_picture(file)
    {
        let video = Video::open(file).map_err(|e| unusable(&e))?;
        // The row's own pace, if it states one, is that of a list that is not here.
        let timeline = Sampling::videossr()
            .select(video.frames(), video.rate().fps())
            .map_err(|e| Fault::new("too-short", format!("{}: {e}", file.display())))?;
        return Ok(Found { video, timeline });
    }
    let timeline = Timeline::even((0..files.len() as u32).collect(), fps);
    let video = Video::of_pictures(files, ANY_RATE).map_err(|e| unusable(&e))?;
    Ok(Found { video, timeline })
}

/// Where a listed file is.
fn place(listed: &Path, folder: &Path) -> Result<PathBuf, Fault> {
    let missing = |tried: &str| {
        let detail = format!("its file {} is not there{tried}", listed.display());
        Err(Fault::new("missing", detail))
    };
    if listed.is_absolute() {
        return if listed.exists() { Ok(listed.to_owned()) } else { missing("") };
    }
    // In full, since the folder around `data` cannot be told from the name alone.
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let around = folder.parent().unwrap_or(&folder);
    let tried = [listed.to_owned(), folder.join(listed), around.join(listed)];
    match tried.into_iter().find(|p| !listed.as_os_str().is_empty() && p.exists()) {
        Some(path) => Ok(path),
        None => missing(&format!(
            ": neither in the current folder, nor in {}, nor in {}; start in the folder where the row's names begin",
            folder.display(),
            around.display()
        )),
    }
}
