//! Video files, read in process through FFmpeg's libraries.
//!
//! [`Video::open`] lists the frames of a file with their presentation times; [`Video::decode`] decodes chosen ones,
//! from the nearest key frame on, upright and at the wanted size. Each call decodes on its caller's thread alone and
//! keeps a few pictures at a time, however long the video is.

mod convert;
mod folder;
mod index;
mod raw;
mod reader;
mod stream;

use std::path::{Path, PathBuf};

use ffmpeg_next::Rational;
use scrubjay_core::frame::Frame;
use scrubjay_core::recipe::Size;
use scrubjay_core::source::{SourceTimes, qwen};
use scrubjay_core::time::Rate;

use convert::{Converter, Turn};
pub use folder::{frames_of, is_picture};
pub(crate) use stream::start;

use index::{Facts, Find, Index, seconds};

/// A video file whose frames are known.
#[derive(Debug, Clone, PartialEq)]
pub struct Video {
    path: PathBuf,
    index: Index,
    rate: Rate,
    base: Rational,
    turn: Turn,
}

impl Video {
    /// Looks at a file: which stream, which frames and when, how fast, which way up. A folder of pictures is a video of
    /// two frames a second.
    ///
    /// # Errors
    /// [`VideoError`].
    pub fn open(path: &Path) -> Result<Self, VideoError> {
        if path.is_dir() {
            return Ok(Self { path: path.to_owned(), ..Self::of_pictures(frames_of(path)?, folder::RATE)? });
        }
        let (index, facts) = Index::read(path)?;
        let part = |v: i32| u32::try_from(v).ok().filter(|v| *v > 0);
        let stated = |r: &Rational| Some(Rate { num: part(r.numerator())?, den: part(r.denominator())? });
        let rate = facts.rates.iter().find_map(stated).ok_or_else(|| {
            VideoError::Decode(path.to_owned(), "the stream states no frame rate".to_owned())
        })?;
        Self::with(path, index, facts, rate)
    }

    /// Pictures, each a file of its own, as a video of so many a second.
    ///
    /// # Errors
    /// [`VideoError`] when there are none, or the first is no picture.
    pub fn of_pictures(files: Vec<PathBuf>, rate: Rate) -> Result<Self, VideoError> {
        let Some(first) = files.first().cloned() else {
            return Err(VideoError::NoVideo(PathBuf::from("a list of no pictures")));
        };
        let (index, facts) = Index::read(&first)?;
        let video = Self::with(&first, index, facts, rate)?;
        Ok(Self { index: Index::of_files(files), ..video })
    }

    /// One picture, as a video of one frame at a rate that says nothing: a picture has no time.
    ///
    /// # Errors
    /// [`VideoError`] when there is no such file, or no picture in it.
    pub fn of_picture(file: &Path) -> Result<Self, VideoError> {
        if !file.exists() {
            return Err(VideoError::Missing(file.to_owned()));
        }
        Self::of_pictures(vec![file.to_owned()], Rate { num: 1, den: 1 })
    }

    fn with(path: &Path, index: Index, facts: Facts, rate: Rate) -> Result<Self, VideoError> {
        let Facts { base, turn, .. } = facts;
        Ok(Self { path: path.to_owned(), index, rate, base, turn })
    }

    /// How many frames are shown.
    #[must_use]
    pub fn frames(&self) -> u32 {
        // The index holds at most 2^23.
        self.index.entries.len() as u32
    }

    /// Average frames per second, as the container states it.
    #[must_use]
    pub fn rate(&self) -> Rate {
        self.rate
    }

    /// Size in pixels, upright: that of the first frame, which is decoded, since containers may state another. The pixels
    /// are those that are coded, whatever their aspect.
    ///
    /// # Errors
    /// [`VideoError::Decode`] when no frame can be decoded.
    pub fn size(&self) -> Result<Size, VideoError> {
        let small = Size { width: 16, height: 16 };
        let first = self.decode(&[0], small)?.pop();
        first
            .map(|d| d.coded)
            .ok_or_else(|| VideoError::Decode(self.path.clone(), "no frame can be decoded".to_owned()))
    }

    /// Presentation time of a frame in seconds of the container's own clock, where the stream states one.
    #[must_use]
    pub fn time(&self, frame: u32) -> Option<f64> {
        self.index.entries.get(frame as usize)?.pts.map(|t| seconds(t, self.base))
    }

    /// When every frame is presented, from the first on; nothing where the stream does not state all times, or states
    /// some twice.
    #[must_use]
    pub fn times(&self) -> Option<SourceTimes> {
        let entries = &self.index.entries;
        let start = entries.first()?.pts?;
        let mut ticks: Vec<i64> = entries.iter().map(|e| e.pts?.checked_sub(start)).collect::<Option<_>>()?;
        let part = |v: i32| u32::try_from(v).ok().filter(|v| *v > 0);
        let rate = Rate { num: part(self.base.denominator())?, den: part(self.base.numerator())? };
        // The last frame is taken to last as long as frames do on average.
        let last = (rate.fps() / self.rate.fps()).round().clamp(1.0, 1e15) as i64;
        ticks.push(ticks.last()?.checked_add(last)?);
        ticks.windows(2).all(|w| w[0] < w[1]).then_some(SourceTimes { rate, ticks })
    }

    /// At most `count` frames, evenly over the video, that are cheap to decode; rising.
    #[must_use]
    pub fn landmarks(&self, count: usize) -> Vec<u32> {
        let shown = |key: &index::Key| {
            let at = self.index.entries.binary_search_by_key(&Some(key.pts), |e| e.pts);
            at.ok().map(|i| i as u32)
        };
        let cheap: Vec<u32> = match &self.index.find {
            Find::ByTime(keys) => keys.iter().filter_map(shown).collect(),
            // Only the beginning can be had without decoding much.
            Find::ByCount => vec![0],
            Find::Files(files) => (0..files.len() as u32).collect(),
        };
        let chosen = qwen::evenly(cheap.len() as u32, (cheap.len().min(count)) as u32);
        chosen.into_iter().filter_map(|i| cheap.get(i as usize).copied()).collect()
    }

    /// Whether frames are found by seeking to a key frame; otherwise by decoding from the start.
    #[must_use]
    pub fn seeks(&self) -> bool {
        matches!(self.index.find, Find::ByTime(_))
    }

    /// Decodes the frames of the given numbers (never falling, in presentation order), upright, at the given size, and
    /// hands them over one by one with their place in the list.
    ///
    /// # Errors
    /// [`VideoError`] when one of them cannot be decoded, and what `visit` returns.
    pub fn each(
        &self,
        indices: &[u32],
        size: Size,
        visit: impl FnMut(usize, Decoded) -> Result<(), VideoError>,
    ) -> Result<(), VideoError> {
        let converter = Converter::new(&self.path, self.turn, size);
        reader::each(&self.path, &self.index, indices, converter, |n| self.time(n), visit)
    }

    /// Decodes the frames of the given numbers, all together.
    ///
    /// # Errors
    /// As [`Self::each`].
    pub fn decode(&self, indices: &[u32], size: Size) -> Result<Vec<Decoded>, VideoError> {
        let mut frames = Vec::with_capacity(indices.len());
        self.each(indices, size, |_, decoded| {
            frames.push(decoded);
            Ok(())
        })?;
        Ok(frames)
    }
}

/// A decoded frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded {
    /// The picture.
    pub frame: Frame,
    /// Size of the picture before it was resized, upright.
    pub coded: Size,
    /// Its presentation time in seconds, where the stream states one.
    pub pts_seconds: Option<f64>,
}

/// Why a video file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VideoError {
    /// There is no such file.
    #[error("{0}: no such file")]
    Missing(PathBuf),
    /// The file cannot be read at all.
    #[error("{0}: cannot be read: {1}")]
    Unreadable(PathBuf, String),
    /// The file has no bytes.
    #[error("{0}: the file is empty")]
    Empty(PathBuf),
    /// No known container, or its index is missing.
    #[error("{0}: not a readable video file ({1}); it may be cut off or of another kind")]
    Container(PathBuf, String),
    /// Only sound, or only a cover picture.
    #[error("{0}: there is no video stream, only sound or a cover picture")]
    NoVideo(PathBuf),
    /// The file ends before its index says.
    #[error("{path}: cut off: the index promises {promised} frames and {present} are there")]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Frames by the index.
        promised: u32,
        /// Frames found.
        present: u32,
    },
    /// The stream cannot be decoded.
    #[error("{0}: cannot be decoded: {1}")]
    Decode(PathBuf, String),
}

impl VideoError {
    /// One word for ledgers and counts.
    #[must_use]
    pub fn cause(&self) -> &'static str {
        match self {
            Self::Missing(_) => "missing",
            Self::Unreadable(..) => "unreadable",
            Self::Empty(_) => "empty",
            Self::Container(..) => "not-a-video",
            Self::NoVideo(_) => "no-video-stream",
            Self::Truncated { .. } => "truncated",
            Self::Decode(..) => "undecodable",
        }
    }
}
