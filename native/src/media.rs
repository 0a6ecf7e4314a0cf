//! Video and picture files as a model wants them: the frames that its settings choose, at the size that they give.

use std::path::Path;

use scrubjay_core::frame::Frame;
use scrubjay_core::recipe::Size;
use scrubjay_model::config::Config;
use scrubjay_model::pixels::{PixelsError, fitted};
use scrubjay_model::processor::Media;
use scrubjay_model::settings::Settings;

use crate::error::Error;
use crate::video::{Video, VideoError, is_picture};

/// A file, ready to be shown.
#[derive(Debug, Clone, PartialEq)]
pub enum Shown {
    /// One picture.
    Image(Frame),
    /// Frames of a video.
    Clip {
        /// The pictures, all of one size.
        frames: Vec<Frame>,
        /// When each is presented, in seconds from the video's first frame.
        times: Vec<f64>,
    },
}

impl Shown {
    /// As the processor takes it.
    #[must_use]
    pub fn media(&self) -> Media<'_> {
        match self {
            Self::Image(frame) => Media::Image(frame),
            Self::Clip { frames, times } => Media::Clip { frames, times },
        }
    }

    /// Tokens that it takes, without those of its times.
    #[must_use]
    pub fn tokens(&self, settings: &Settings) -> u64 {
        match self {
            Self::Image(f) => tokens(settings, 1, (f.height, f.width)),
            Self::Clip { frames, .. } => {
                let size = frames.first().map_or((0, 0), |f| (f.height, f.width));
                tokens(settings, frames.len(), size)
            }
        }
    }
}

/// Tokens of so many frames of a height and width that are multiples of a token's side.
fn tokens(settings: &Settings, frames: usize, (height, width): (u32, u32)) -> u64 {
    let side = (settings.patch * settings.merge).max(1) as u64;
    let pairs = frames.div_ceil(settings.temporal_patch.max(1)) as u64;
    pairs * (u64::from(height) / side) * (u64::from(width) / side)
}

/// A picture file at the size that the settings give it.
///
/// # Errors
/// Naming the file: no picture, not readable, of no possible size, or larger than the model can read.
pub fn image(path: &Path, settings: &Settings, config: &Config) -> Result<Shown, Error> {
    if path.exists() && !is_picture(path) {
        return Err(Error::path(
            path,
            "is no picture by its name (jpg, jpeg, png, webp, bmp); videos go with --video",
        ));
    }
    let video = Video::of_picture(path).map_err(failed)?;
    let Size { width, height } = video.size().map_err(failed)?;
    let none = PixelsError::NoFit { frames: 1, width, height };
    let size = settings.image_size(height, width).ok_or_else(|| Error::path(path, none))?;
    bounded(path, config, tokens(settings, 1, size), "")?;
    let mut frames = decoded(&video, &[0], size)?;
    frames.pop().map(Shown::Image).ok_or_else(|| Error::path(path, "no picture can be decoded"))
}

/// A video file's frames by the settings' rate and bounds, or `count` of them evenly from the first to the last.
///
/// # Errors
/// Naming the file: not readable, no frames, of no possible size, or more than the model can read.
pub fn clip(path: &Path, settings: &Settings, count: Option<u32>, config: &Config) -> Result<Shown, Error> {
    let video = Video::open(path).map_err(failed)?;
    let rate = video.rate().fps();
    let settings = match count {
        Some(n) => &Settings { min_frames: n, max_frames: n, ..settings.clone() },
        None => settings,
    };
    let chosen = settings.sample(video.frames(), rate);
    let Size { width, height } = video.size().map_err(failed)?;
    let none = PixelsError::NoFit { frames: chosen.len(), width, height };
    let size = u32::try_from(chosen.len()).ok().and_then(|n| settings.clip_size(n, height, width));
    let size = size.ok_or_else(|| Error::path(path, none))?;
    let advice = "; take fewer with --frames or --fps";
    bounded(path, config, tokens(settings, chosen.len(), size), advice)?;
    let frames = decoded(&video, &chosen, size)?;
    let start = video.time(0).unwrap_or_default();
    let time = |&i: &u32| video.time(i).map_or(f64::from(i) / rate, |t| t - start);
    Ok(Shown::Clip { frames, times: chosen.iter().map(time).collect() })
}

/// Before anything large is decoded: what alone is longer than the context will never be a prompt.
fn bounded(path: &Path, config: &Config, tokens: u64, advice: &str) -> Result<(), Error> {
    let context = config.text.context as u64;
    if tokens <= context {
        return Ok(());
    }
    Err(Error::path(path, format!("would take {tokens} tokens, the model's context is {context}{advice}")))
}

/// Frames at a size, resized one by one as a published model's processor does it: bicubic, from the whole picture.
fn decoded(video: &Video, numbers: &[u32], (height, width): (u32, u32)) -> Result<Vec<Frame>, Error> {
    let mut frames = Vec::with_capacity(numbers.len());
    let whole = video.size().map_err(failed)?;
    let resized = video.each(numbers, whole, |_, decoded| {
        frames.push(fitted(decoded.frame, (height, width)));
        Ok(())
    });
    resized.map_err(failed)?;
    Ok(frames)
}

fn failed(error: VideoError) -> Error {
    Error::failed(error.to_string())
}
