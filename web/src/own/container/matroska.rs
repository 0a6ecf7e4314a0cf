//! WebM and MKV (RFC 9559): clusters of blocks, one after the other. Only heads of blocks are read.

use std::io::{Read, Seek, SeekFrom};

use scrubjay_core::time::Rate;

use super::codec::Codec;
use super::ebml::{Element, child, children, element, number, unsigned};
use super::mp4::paced;
use super::rate::{LARGEST, guessed, reduced};
use super::{ContainerError, MOST, Sample, Shown, Track, Turn, damaged};

const SEGMENT: u32 = 0x1853_8067;
const INFO: u32 = 0x1549_A966;
const TIMESTAMP_SCALE: u32 = 0x2A_D7B1;
const TRACKS: u32 = 0x1654_AE6B;
const TRACK: u32 = 0xAE;
const CLUSTER: u32 = 0x1F43_B675;
const CLUSTER_TIME: u32 = 0xE7;
const SIMPLE_BLOCK: u32 = 0xA3;
const BLOCK_GROUP: u32 = 0xA0;
const BLOCK: u32 = 0xA1;
const REFERENCE: u32 = 0xFB;
const EBML: u32 = 0x1A45_DFA3;

/// Largest description of tracks: codec settings are kilobytes.
const LARGEST_TRACKS: u64 = 16 << 20;

/// Most elements that are looked at: a block, its group and some more for each frame, of sound, too.
const MOST_ELEMENTS: u64 = 32 * MOST as u64;

/// Nanoseconds of a second.
const SECOND: u64 = 1_000_000_000;

/// Lists the frames.
pub(super) fn read<R: Read + Seek>(reader: &mut R, bytes: u64) -> Result<Track, ContainerError> {
    let (mut scale, mut chosen, mut cluster) = (1_000_000, None::<Chosen>, 0_u64);
    let (mut at, mut segments, mut group) = (0, 0, None::<u64>);
    for _ in 0..MOST_ELEMENTS {
        // What lies in a group but not in its block comes behind it: whether other frames are referred to.
        if group.is_some_and(|end| at >= end) {
            group = None;
        }
        let Some(found) = element(reader, at, bytes)? else {
            return finish(reader, chosen, scale);
        };
        let inside = (found.id, found.start, found.end);
        at = match inside {
            (SEGMENT, start, _) => {
                segments += 1;
                if segments > 1 {
                    // A second film that was appended.
                    return finish(reader, chosen, scale);
                }
                start
            }
            (CLUSTER, start, _) => start,
            (BLOCK_GROUP, start, end) => {
                group = Some(end);
                start
            }
            (INFO, ..) => {
                let inner = whole(reader, &found, bytes)?;
                scale = unsigned(&inner, TIMESTAMP_SCALE).unwrap_or(1_000_000).clamp(1, SECOND);
                found.end
            }
            (TRACKS, ..) => {
                if chosen.is_none() {
                    chosen = Some(Chosen::of(&whole(reader, &found, bytes)?)?);
                }
                found.end
            }
            (CLUSTER_TIME, ..) => {
                let inner = whole(reader, &found, bytes)?;
                cluster = inner.iter().take(8).fold(0, |value, b| value << 8 | u64::from(*b));
                found.end
            }
            (SIMPLE_BLOCK | BLOCK, ..) => {
                let chosen = chosen.as_mut().ok_or_else(|| damaged("its tracks are not described"))?;
                // A block that is cut off is none.
                if found.end <= bytes {
                    chosen.block(reader, &found, cluster, found.id == BLOCK)?;
                }
                found.end
            }
            (REFERENCE, ..) if group.is_some() => {
                if let Some(chosen) = &mut chosen {
                    chosen.refers();
                }
                found.end
            }
            (EBML, ..) => found.end,
            (_, _, u64::MAX) => return Err(damaged("a part of it does not say how long it is")),
            _ => found.end,
        };
    }
    Err(damaged("it is in too many pieces"))
}

/// What is in a small element.
fn whole<R: Read + Seek>(reader: &mut R, of: &Element, bytes: u64) -> Result<Vec<u8>, ContainerError> {
    let length = of.end - of.start;
    if length > LARGEST_TRACKS || of.end > bytes {
        return Err(damaged("its description is cut off or too large"));
    }
    let mut inner = vec![0; length as usize];
    reader.seek(SeekFrom::Start(of.start))?;
    reader.read_exact(&mut inner)?;
    Ok(inner)
}

/// The film's video track.
struct Chosen {
    number: u64,
    codec_id: String,
    private: Option<Vec<u8>>,
    coded: (u32, u32),
    frame_lasts: Option<u64>,
    prefix: Vec<u8>,
    samples: Vec<Sample>,
    /// The last block of a group was this track's.
    grouped: bool,
}

impl Chosen {
    fn of(tracks: &[u8]) -> Result<Self, ContainerError> {
        let (kind, video) = (0x83, 0xE0);
        let mut entries = children(tracks).filter(|(id, _)| *id == TRACK).map(|(_, entry)| entry);
        let entry = entries.find(|e| unsigned(e, kind) == Some(1)).ok_or(ContainerError::NoVideo)?;
        let picture = child(entry, video).unwrap_or_default();
        let side = |id| unsigned(picture, id).and_then(|v| u32::try_from(v).ok()).unwrap_or(0);
        let codec_id = child(entry, 0x86).unwrap_or_default();
        Ok(Self {
            number: unsigned(entry, 0xD7).ok_or_else(|| damaged("its video track has no number"))?,
            codec_id: String::from_utf8_lossy(codec_id).trim_end_matches('\0').to_owned(),
            private: child(entry, 0x63A2).map(<[u8]>::to_vec),
            coded: (side(0xB0), side(0xBA)),
            frame_lasts: unsigned(entry, 0x23_E383).filter(|n| *n > 0),
            prefix: prefix(entry)?,
            samples: Vec::new(),
            grouped: false,
        })
    }

    /// Takes a block, which is a track's number, a time and flags before the frame's bytes.
    fn block<R: Read + Seek>(
        &mut self,
        reader: &mut R,
        found: &Element,
        cluster: u64,
        grouped: bool,
    ) -> Result<(), ContainerError> {
        let mut head = [0; 11];
        let there = (found.end - found.start).min(11) as usize;
        reader.seek(SeekFrom::Start(found.start))?;
        reader.read_exact(&mut head[..there])?;
        let parse = || {
            let (track, used) = number(&head[..there], 8, true)?;
            let [high, low, flags] = *head[..there].get(used..used + 3)? else { return None };
            Some((track, i64::from(i16::from_be_bytes([high, low])), flags, used as u64 + 3))
        };
        let Some((track, time, flags, used)) = parse() else { return Err(damaged("a block has no head")) };
        self.grouped = grouped && track == self.number;
        if track != self.number {
            return Ok(());
        }
        if flags & 0x06 != 0 {
            return Err(ContainerError::Foreign("MKV with laced video".to_owned()));
        }
        if self.samples.len() >= MOST {
            return Err(ContainerError::TooLong);
        }
        let offset = found.start + used;
        let size = u32::try_from(found.end - offset).map_err(|_| damaged("a frame is too large"))?;
        let time = i64::try_from(cluster).unwrap_or(i64::MAX).saturating_add(time);
        self.samples.push(Sample { offset, size, key: grouped || flags & 0x80 != 0, time });
        Ok(())
    }

    /// The block before, in a group, refers to others: it is no key frame.
    fn refers(&mut self) {
        if let Some(last) = self.samples.last_mut().filter(|_| self.grouped) {
            last.key = false;
        }
    }
}

/// Bytes that were taken off every frame to save space.
fn prefix(entry: &[u8]) -> Result<Vec<u8>, ContainerError> {
    let Some(encoding) = child(entry, 0x6D80).and_then(|list| child(list, 0x6240)) else {
        return Ok(Vec::new());
    };
    if unsigned(encoding, 0x5033) == Some(1) {
        return Err(ContainerError::Encrypted);
    }
    let how = child(encoding, 0x5034).unwrap_or_default();
    if unsigned(how, 0x4254) != Some(3) {
        return Err(ContainerError::Foreign("MKV with compressed frames".to_owned()));
    }
    Ok(child(how, 0x4255).unwrap_or_default().to_vec())
}

/// The track, once all blocks are known.
fn finish<R: Read + Seek>(
    reader: &mut R,
    chosen: Option<Chosen>,
    scale: u64,
) -> Result<Track, ContainerError> {
    let chosen = chosen.ok_or_else(|| damaged("its tracks are not described; it may be cut off"))?;
    let Chosen { codec_id, private, coded, frame_lasts, prefix, samples, .. } = chosen;
    let first = samples.iter().find(|s| s.key && s.size > 0).copied();
    let first = first.or(samples.first().copied()).ok_or(ContainerError::NoFrames)?;
    let private = private.as_deref().unwrap_or_default();
    let codec = match codec_id.as_str() {
        "V_MPEG4/ISO/AVC" => Codec::avc(private)?,
        "V_MPEGH/ISO/HEVC" => Codec::hevc(private, "hvc1")?,
        "V_AV1" => Codec::av1(private)?,
        "V_VP8" => Codec::vp8(),
        "V_VP9" => {
            let mut head = prefix.clone();
            reader.seek(SeekFrom::Start(first.offset))?;
            reader.take(u64::from(first.size.min(16))).read_to_end(&mut head)?;
            head.resize(head.len().max(8), 0);
            Codec::vp9_frame(&head, coded).ok_or_else(|| damaged("its first VP9 frame is no key frame"))?
        }
        other => return Err(ContainerError::Codec(other.chars().take(40).collect())),
    };
    let shown: Vec<Shown> = (0..).zip(&samples).map(|(sample, s)| Shown { sample, time: s.time }).collect();
    let ticks = reduced(SECOND, scale, LARGEST).unwrap_or(Rate { num: 1000, den: 1 });
    let stated = frame_lasts.and_then(|lasts| reduced(SECOND, lasts, 30_000));
    let rate = stated.or_else(|| guessed(paced(&shown, ticks.fps())));
    let rate = rate.ok_or_else(|| damaged("its video states no frame rate"))?;
    Ok(Track { codec, coded, turn: Turn::default(), ticks, rate, samples, shown, prefix })
}
