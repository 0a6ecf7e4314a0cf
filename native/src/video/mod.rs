//! Video files, read in process through FFmpeg's libraries.
//!
//! A file is probed by decoding it once, to know how many frames come out and that they are whole; frames are
//! kept only when an item needs them.

mod decode;

pub use decode::{decode, probe};

use std::path::PathBuf;

use scrubjay_core::frame::Frame;
use scrubjay_core::time::Rate;

/// What is known of a video file.
#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    /// Number of frames in the video stream.
    pub frames: u32,
    /// Average frames per second.
    pub rate: Rate,
    /// Width in pixels, upright.
    pub width: u32,
    /// Height in pixels, upright.
    pub height: u32,
}

/// A decoded frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded {
    /// The picture.
    pub frame: Frame,
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
