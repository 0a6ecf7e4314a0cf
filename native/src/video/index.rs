//! Which frames a file shows, and when: the table that every choice of frames is made from.
//!
//! Reading the packets is enough for most files, and costs little more than reading the file. Where packets and
//! frames do not correspond one to one, or their times are missing or repeated, the stream is decoded once instead.

use std::path::{Path, PathBuf};

use ffmpeg::codec::Id;
use ffmpeg::format::context::Input;
use ffmpeg::{Packet, Rational};
use ffmpeg_next as ffmpeg;

use super::convert::Turn;
use super::stream::{LARGEST_FALL, each_frame, open};
use super::{VideoError, raw};

/// A frame that is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    /// Presentation time in ticks of the stream; none if the stream states none.
    pub pts: Option<i64>,
    /// Its packet's number in the stream, or, where frames are told by counting, its number in decoding.
    pub place: u32,
}

/// A packet from which decoding may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    /// The packet's number in the stream.
    pub place: u32,
    /// Its presentation time in ticks.
    pub pts: i64,
    /// What a seek to it asks for, in ticks.
    pub seek: i64,
    /// Bytes of the stream before it.
    pub bytes: u64,
}

/// How a decoded frame is recognised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Find {
    /// By its presentation time, which no other frame has; decoding may begin at these packets.
    ByTime(Vec<Key>),
    /// By counting from the start.
    ByCount,
    /// Each in a file of its own.
    Files(Vec<PathBuf>),
}

/// The frames of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Index {
    /// In the order in which they are shown.
    pub entries: Vec<Entry>,
    /// How they are found.
    pub find: Find,
}

/// What the container says of the stream.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Facts {
    /// Seconds of a tick.
    pub base: Rational,
    /// Average frames per second, and the container's guess at them.
    pub rates: [Rational; 2],
    /// How its pictures stand upright.
    pub turn: Turn,
}

/// Most packets that are listed: 40 hours at 60 frames a second. An index that promises more is broken or hostile.
const MOST: usize = 1 << 23;

impl Index {
    /// Lists the frames of a file's video stream.
    ///
    /// # Errors
    /// [`VideoError`] when the file is cut off, has no frames, or turns out broken on the way.
    pub(super) fn read(path: &Path) -> Result<(Self, Facts), VideoError> {
        let (input, number) = open(path)?;
        let stream = input.stream(number).ok_or_else(|| VideoError::NoVideo(path.to_owned()))?;
        let rates = [stream.avg_frame_rate(), stream.rate()];
        let facts = Facts { base: stream.time_base(), rates, turn: Turn::of(&stream) };
        let index = match listed(path, input, number)? {
            Some(index) => index,
            None => counted(path)?,
        };
        Ok((index, facts))
    }
}

impl Index {
    /// The frames of a folder of pictures, which state no times.
    pub(super) fn of_files(files: Vec<PathBuf>) -> Self {
        let entries = (0..files.len() as u32).map(|place| Entry { pts: None, place }).collect();
        Self { entries, find: Find::Files(files) }
    }
}

/// What the packets say, if they can be relied on.
fn listed(path: &Path, mut input: Input, number: usize) -> Result<Option<Index>, VideoError> {
    let stream = input.stream(number).ok_or_else(|| VideoError::NoVideo(path.to_owned()))?;
    let (codec, base) = (stream.parameters().id(), stream.time_base());
    let end = std::fs::metadata(path).map_or(u64::MAX, |m| m.len());
    let (beyond, promised) = raw::promises_beyond(&stream, end);
    let mut plain = raw::progressive(&stream);
    let by_decoding_time = input.format().name().contains("mp4");
    let (mut entries, mut keys) = (Vec::new(), Vec::new());
    let (mut place, mut bytes) = (0_u32, 0_u64);
    let mut last = None;
    for (stream, packet) in input.packets() {
        if stream.index() != number {
            continue;
        }
        if entries.len() >= MOST {
            return Err(VideoError::Decode(path.to_owned(), format!("more than {MOST} frames")));
        }
        let hidden = raw::hidden(&packet);
        // What an edit list hides is read again and again, and falls back each time.
        let time = packet.dts().or(packet.pts()).filter(|_| !hidden);
        if let (Some(now), Some(before)) = (time, last)
            && (before as f64 - now as f64) * f64::from(base) > LARGEST_FALL
        {
            return Err(VideoError::Decode(
                path.to_owned(),
                format!("packet {place} is to be shown long before the one that precedes it"),
            ));
        }
        last = time.or(last);
        match packet.pts() {
            Some(pts) => {
                if packet.is_key() {
                    let seek = if by_decoding_time { packet.dts().unwrap_or(pts) } else { pts };
                    keys.push(Key { place, pts, seek, bytes });
                }
                if !hidden && shows(codec, &packet) {
                    entries.push(Entry { pts: Some(pts), place });
                }
            }
            None => plain = false,
        }
        plain &= !packet.is_corrupt();
        place += 1;
        bytes += packet.size() as u64;
    }
    if by_decoding_time && beyond && place < promised {
        return Err(VideoError::Truncated { path: path.to_owned(), promised, present: place });
    }
    entries.sort_by_key(|e| (e.pts, e.place));
    let distinct = entries.windows(2).all(|w| w[0].pts < w[1].pts);
    let usable = plain && distinct && !entries.is_empty() && reachable(&entries, &keys);
    Ok(usable.then_some(Index { entries, find: Find::ByTime(keys) }))
}

/// Whether every frame can be decoded from the last key frame at or before its time. Frames before the first key frame,
/// in the file or on the clock, may never come out of a decoder.
fn reachable(entries: &[Entry], keys: &[Key]) -> bool {
    let mut at = 0;
    keys.first().is_some_and(|k| k.place == 0)
        && keys.windows(2).all(|w| w[0].pts < w[1].pts)
        && entries.iter().all(|e| {
            while keys.get(at + 1).is_some_and(|k| Some(k.pts) <= e.pts) {
                at += 1;
            }
            Some(keys[at].pts) <= e.pts && keys[at].place <= e.place
        })
}

/// Whether a packet makes a frame that is shown: VP8 and VP9 know packets that only later frames refer to.
fn shows(codec: Id, packet: &Packet) -> bool {
    let Some(data) = packet.data() else { return false };
    let (first, last) = (data.first().copied().unwrap_or(0), data.last().copied().unwrap_or(0));
    match codec {
        Id::VP8 => first & 0x10 != 0,
        // A superframe, which ends in an index, holds hidden frames together with a shown one.
        Id::VP9 if last & 0xe0 == 0xc0 => true,
        Id::VP9 => {
            // Bits from the top: marker (2), profile (2, and one more for profile 3), repeats a frame, kind, shown.
            let shift = u32::from(first & 0x30 == 0x30);
            let bit = |n: u32| first.checked_shr(7 - n - shift).is_some_and(|b| b & 1 == 1);
            bit(4) || bit(6)
        }
        _ => true,
    }
}

/// What comes out when the whole stream is decoded.
fn counted(path: &Path) -> Result<Index, VideoError> {
    let mut entries = Vec::new();
    each_frame(path, &mut 0, |frame| {
        if entries.len() >= MOST {
            return Err(VideoError::Decode(path.to_owned(), format!("more than {MOST} frames")));
        }
        entries.push(Entry { pts: frame.timestamp(), place: entries.len() as u32 });
        Ok(true)
    })?;
    if entries.is_empty() {
        return Err(VideoError::Decode(path.to_owned(), "no frame can be decoded".to_owned()));
    }
    let mut shown = entries.clone();
    shown.sort_by_key(|e| e.pts);
    // Without a time of its own for each, frames stand as they come.
    if shown.iter().all(|e| e.pts.is_some()) && shown.windows(2).all(|w| w[0].pts < w[1].pts) {
        entries = shown;
    }
    Ok(Index { entries, find: Find::ByCount })
}

/// Seconds of a number of ticks.
pub(super) fn seconds(ticks: i64, base: Rational) -> f64 {
    // One division of whole numbers, so that 1/30 of a second is the nearest value to it.
    (ticks as f64 * f64::from(base.numerator())) / f64::from(base.denominator())
}
