//! Which frames a film shows, and when, and where their bytes lie: a list made from the container's own tables, so that
//! a film of gigabytes is opened by reading a few megabytes of it.
//!
//! Frames are numbered as `scrubjay`'s FFmpeg reader numbers them: in the order in which they are shown, without what an
//! edit list hides and without packets that only others refer to. The parsers are our own since they must stand any
//! bytes: nothing here indexes without looking, and all counts are bounded.

mod bytes;
mod codec;
mod colour;
mod ebml;
mod fragment;
mod matroska;
mod mp4;
mod rate;
mod run;
mod sniff;
mod table;
mod turn;

use std::io::{Read, Seek, SeekFrom};

use scrubjay_core::source::SourceTimes;
use scrubjay_core::time::Rate;

pub use codec::Codec;
pub use colour::Colours;
pub use run::Run;
pub use turn::Turn;

/// Most samples of a film: nine hours at 60 frames a second. They take 24 bytes each.
pub const MOST: usize = 1 << 21;

/// Bytes that are decoded together, in decoding order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// First byte in the file.
    pub offset: u64,
    /// Number of bytes.
    pub size: u32,
    /// Decoding may begin here.
    pub key: bool,
    /// Presentation time in ticks of the track's own clock.
    pub time: i64,
}

/// A frame that is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// Its sample's number.
    pub sample: u32,
    /// Presentation time in ticks, on the clock of the whole film.
    pub time: i64,
}

/// The video of a film.
#[derive(Debug, Clone, PartialEq)]
pub struct Track {
    /// How it is coded.
    pub codec: Codec,
    /// Width and height as the container states them; decoders may find another.
    pub coded: (u32, u32),
    /// How its pictures stand upright.
    pub turn: Turn,
    /// Ticks of a second.
    pub ticks: Rate,
    /// Average frames per second, as the container states it; else as the times have it.
    pub rate: Rate,
    /// In decoding order.
    pub samples: Vec<Sample>,
    /// In the order in which they are shown; never falling in time.
    pub shown: Vec<Shown>,
    /// Bytes that belong before those of every sample.
    pub prefix: Vec<u8>,
}

/// Why a film cannot be read from its container.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContainerError {
    /// There are no bytes.
    #[error("the file is empty")]
    Empty,
    /// It could not be read, in the words of whoever read it.
    #[error("the file cannot be read: {0}")]
    Unreadable(String),
    /// A picture, a text, a document.
    #[error("this is not a video file; choose an MP4, MOV, WebM or MKV file")]
    NotAVideo,
    /// A container that is not read here.
    #[error("{0} files are not read frame by frame")]
    Foreign(String),
    /// A codec that is not known here.
    #[error("video coded as {0} is not read frame by frame")]
    Codec(String),
    /// Only sound, or only a cover picture.
    #[error("there is no video in the file, only sound or a cover picture")]
    NoVideo,
    /// A video track without frames.
    #[error("the file's video has no frames")]
    NoFrames,
    /// Copy protection.
    #[error("the video is encrypted (copy protected) and cannot be decoded")]
    Encrypted,
    /// Tables that contradict themselves.
    #[error("the file is damaged: {0}")]
    Damaged(String),
    /// The file ends before its index says.
    #[error("the file is cut off: its index promises {promised} frames and {present} are there")]
    Truncated {
        /// Frames by the index.
        promised: u32,
        /// Frames whose bytes are there.
        present: u32,
    },
    /// More than [`MOST`] frames.
    #[error("the film has more than {MOST} frames; cut out a part of it")]
    TooLong,
}

impl From<std::io::Error> for ContainerError {
    fn from(error: std::io::Error) -> Self {
        Self::Unreadable(error.to_string())
    }
}

/// `Damaged` with words.
fn damaged(what: impl Into<String>) -> ContainerError {
    ContainerError::Damaged(what.into())
}

/// Lists the frames of a film of `bytes` bytes.
///
/// # Errors
/// [`ContainerError`] for what is missing or wrong.
pub fn read<R: Read + Seek>(reader: &mut R, bytes: u64) -> Result<Track, ContainerError> {
    if bytes == 0 {
        return Err(ContainerError::Empty);
    }
    let mut track = match sniff::kind(reader, bytes)? {
        sniff::Kind::Mp4 => mp4::read(reader, bytes)?,
        sniff::Kind::Matroska => matroska::read(reader, bytes)?,
    };
    // A sample without bytes says that the frame before it stays.
    let empty = |s: &Shown| track.samples.get(s.sample as usize).is_none_or(|s| s.size == 0);
    track.shown.retain(|s| !empty(s));
    let present =
        track.samples.iter().filter(|s| s.offset.saturating_add(u64::from(s.size)) <= bytes).count();
    if present < track.samples.len() {
        let promised = track.samples.len() as u32;
        return Err(ContainerError::Truncated { promised, present: present as u32 });
    }
    track.hide_what_others_refer_to(reader)?;
    // Stable: frames of one time stand as they are decoded.
    track.shown.sort_by_key(|s| (s.time, s.sample));
    if track.shown.is_empty() {
        return Err(ContainerError::NoFrames);
    }
    Ok(track)
}

impl Track {
    /// VP8 and VP9 know packets that make no frame of their own.
    fn hide_what_others_refer_to<R: Read + Seek>(&mut self, reader: &mut R) -> Result<(), ContainerError> {
        if !self.prefix.is_empty() || !self.codec.has_hidden() {
            return Ok(());
        }
        let mut hidden = Vec::new();
        for (number, sample) in self.samples.iter().enumerate().filter(|(_, s)| s.size > 0) {
            let mut byte = |at: u64| -> Result<u8, ContainerError> {
                let mut one = [0];
                reader.seek(SeekFrom::Start(at))?;
                reader.read_exact(&mut one)?;
                Ok(one[0])
            };
            let first = byte(sample.offset)?;
            let last = byte(sample.offset + u64::from(sample.size) - 1)?;
            if !self.codec.shows(first, last) {
                hidden.push(number as u32);
            }
        }
        self.shown.retain(|s| hidden.binary_search(&s.sample).is_err());
        Ok(())
    }

    /// Seconds of a number of ticks.
    #[must_use]
    pub fn seconds(&self, ticks: i64) -> f64 {
        // One division of whole numbers, so that 1/30 of a second is the nearest value to it.
        ticks as f64 * f64::from(self.ticks.den) / f64::from(self.ticks.num)
    }

    /// Start of every frame in ticks from the first frame's, and the end of the last, which is taken to last as long
    /// as frames do on average; nothing where two frames have one time.
    #[must_use]
    pub fn times(&self) -> Option<SourceTimes> {
        let start = self.shown.first()?.time;
        let mut ticks: Vec<i64> =
            self.shown.iter().map(|s| s.time.checked_sub(start)).collect::<Option<_>>()?;
        let last = (self.ticks.fps() / self.rate.fps()).round().clamp(1.0, 1e15) as i64;
        ticks.push(ticks.last()?.checked_add(last)?);
        ticks.windows(2).all(|w| w[0] < w[1]).then_some(SourceTimes { rate: self.ticks, ticks })
    }

    /// Length of the film in seconds, from the first frame's start to the last one's end.
    #[must_use]
    pub fn duration(&self) -> f64 {
        match self.times() {
            Some(times) => times.duration(),
            None => self.shown.len() as f64 / self.rate.fps(),
        }
    }
}

#[cfg(test)]
mod tests;
