//! What is known of a film once it is open.

use scrubjay_core::recipe::Size;
use scrubjay_core::source::SourceTimes;
use scrubjay_core::time::Rate;

/// What a recipe and a visitor are told of a film.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// SHA-256 of the file's bytes, in lower-case hexadecimal: the name of the source.
    pub sha256: String,
    /// Number of frames that are shown.
    pub frames: u32,
    /// Average frames per second.
    pub rate: Rate,
    /// When every frame is shown; nothing where two have one time.
    pub times: Option<SourceTimes>,
    /// Length in seconds.
    pub duration: f64,
    /// Size of the first frame in pixels, upright.
    pub size: Size,
    /// Who decodes it.
    pub how: How,
}

/// Who decodes a film.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct How {
    /// Which road was taken.
    pub by: By,
    /// Codec string of the WebCodecs registry; empty for a `<video>`, which does not tell.
    pub codec: String,
}

/// The roads from a file to frames. Whether hardware decodes is not known on either.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The browser's `VideoDecoder`: every frame, at its own time.
    WebCodecs,
    /// A `<video>`: frames at a fixed pace.
    Element,
}

/// How far something is that takes a while.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// What is done.
    pub stage: Stage,
    /// How much of it: bytes or frames.
    pub done: f64,
    /// Of how much.
    pub total: f64,
}

/// What takes a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The file's hash is computed; in bytes.
    Hash,
    /// Frames are decoded; in samples of the file.
    Decode,
    /// A `<video>` is played; in frames.
    Sample,
}
