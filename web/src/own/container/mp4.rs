//! MP4 and MOV: boxes within boxes (ISO/IEC 14496-12). `moov` holds the tables, and fragments theirs in each `moof`.

use std::io::{Read, Seek, SeekFrom};

use super::bytes::Bytes;
use super::codec::Codec;
use super::fragment::{Defaults, Fragments};
use super::rate::{LARGEST, guessed, reduced};
use super::table::{Edit, Tables};
use super::{ContainerError, MOST, Shown, Track, Turn, damaged};
use scrubjay_core::time::Rate;

/// Largest `moov` or `moof`: tables of [`MOST`] samples take less.
const LARGEST_INDEX: u64 = 128 << 20;

/// Most boxes that lie side by side.
const MOST_BOXES: usize = 1 << 20;

/// A box in memory: its name, and what is in it.
type Inner<'a> = ([u8; 4], &'a [u8]);

/// The boxes in a box; they end where one does not fit.
pub(super) fn boxes(of: &[u8]) -> impl Iterator<Item = Inner<'_>> {
    let mut rest = Bytes(of);
    std::iter::from_fn(move || {
        let size = rest.u32()?;
        let name: [u8; 4] = rest.take(4)?.try_into().ok()?;
        let length = match size {
            0 => rest.0.len(),
            1 => usize::try_from(rest.u64()?.checked_sub(16)?).ok()?,
            _ => (size as usize).checked_sub(8)?,
        };
        Some((name, rest.take(length)?))
    })
}

/// The first box of a name.
pub(super) fn find<'a>(of: &'a [u8], name: &[u8; 4]) -> Option<&'a [u8]> {
    boxes(of).find(|(n, _)| n == name).map(|(_, inner)| inner)
}

/// A box within boxes.
fn path<'a>(of: &'a [u8], names: &[&[u8; 4]]) -> Option<&'a [u8]> {
    names.iter().try_fold(of, |of, name| find(of, name))
}

/// Lists the frames.
pub(super) fn read<R: Read + Seek>(reader: &mut R, bytes: u64) -> Result<Track, ContainerError> {
    let mut chosen: Option<Chosen> = None;
    let mut at = 0_u64;
    for _ in 0..MOST_BOXES {
        let Some((name, start, end)) = header(reader, at, bytes)? else {
            return chosen.ok_or_else(no_index)?.track();
        };
        if matches!(&name, b"moov" | b"moof") && end <= bytes {
            if end - start > LARGEST_INDEX {
                return Err(damaged("its index is larger than any film's"));
            }
            let mut inner = vec![0; (end - start) as usize];
            reader.seek(SeekFrom::Start(start))?;
            reader.read_exact(&mut inner)?;
            match (&name, &mut chosen) {
                (b"moov", None) => chosen = Some(Chosen::of(&inner)?),
                (b"moof", Some(chosen)) => chosen.fragments.add(&inner, at)?,
                // A second index is another file's that was appended.
                _ => {}
            }
        } else if &name == b"moov" {
            return Err(damaged("it is cut off within its index"));
        }
        at = end;
    }
    Err(damaged("it is in too many pieces"))
}

fn no_index() -> ContainerError {
    damaged("its index is missing (it was cut off, or its recording never finished)")
}

/// Name, begin and end of what is in the box at a place; nothing at the end of the file. A box may end behind the file.
fn header<R: Read + Seek>(
    reader: &mut R,
    at: u64,
    bytes: u64,
) -> Result<Option<([u8; 4], u64, u64)>, ContainerError> {
    let mut head = [0; 16];
    let there = bytes.saturating_sub(at).min(16) as usize;
    if there < 8 {
        return Ok(None);
    }
    reader.seek(SeekFrom::Start(at))?;
    reader.read_exact(&mut head[..there])?;
    let mut head = Bytes(&head[..there]);
    let (Some(size), Some(name)) = (head.u32(), head.take(4)) else { return Ok(None) };
    let name = [name[0], name[1], name[2], name[3]];
    let (inner, size) = match size {
        0 => (8, bytes - at),
        1 => (16, head.u64().unwrap_or(0)),
        size => (8, u64::from(size)),
    };
    // What is no box ends the film: some recorders leave zeros behind.
    let end = at.saturating_add(size);
    Ok((size >= inner).then_some((name, at + inner, end)))
}

/// The film's video track.
struct Chosen {
    codec: Codec,
    coded: (u32, u32),
    turn: Turn,
    timescale: u32,
    tables: Tables,
    edits: Vec<Edit>,
    fragments: Fragments,
}

impl Chosen {
    fn of(moov: &[u8]) -> Result<Self, ContainerError> {
        if find(moov, b"cmov").is_some() {
            return Err(ContainerError::Foreign("MOV with a compressed index".to_owned()));
        }
        let tracks = || boxes(moov).filter(|(name, _)| name == b"trak").map(|(_, inner)| inner);
        // Pictures of chapters are a video track, too, to which another refers.
        let chapters: Vec<u32> = tracks()
            .filter_map(|t| path(t, &[b"tref", b"chap"]))
            .flat_map(|list| list.chunks_exact(4).filter_map(|id| Bytes(id).u32()))
            .collect();
        let is_video = |t: &&[u8]| {
            path(t, &[b"mdia", b"hdlr"]).and_then(|h| h.get(8..12)) == Some(b"vide")
                && number(t).is_none_or(|id| !chapters.contains(&id))
        };
        let track = tracks().find(is_video).ok_or(ContainerError::NoVideo)?;
        let id = number(track).ok_or_else(|| damaged("a track has no head"))?;
        let media = find(track, b"mdia").unwrap_or_default();
        let timescale = find(media, b"mdhd")
            .and_then(|b| {
                let mut b = Bytes(b);
                let wide = b.u32()? >> 24 == 1;
                b.take(if wide { 16 } else { 8 })?;
                b.u32()
            })
            .filter(|t| (1..=LARGEST as u32).contains(t))
            .ok_or_else(|| damaged("its video states no clock"))?;
        let movie = find(moov, b"mvhd");
        let movie_scale = movie.and_then(|b| {
            let mut b = Bytes(b);
            let wide = b.u32()? >> 24 == 1;
            b.take(if wide { 16 } else { 8 })?;
            b.u32().filter(|t| *t > 0)
        });
        let table = path(media, &[b"minf", b"stbl"]).ok_or_else(|| damaged("its video has no tables"))?;
        let (codec, coded) = described(table)?;
        let tables = Tables::read(table)?;
        let edits = path(track, &[b"edts", b"elst"])
            .map_or_else(Vec::new, |list| Edit::list(list, timescale, movie_scale.unwrap_or(timescale)));
        let turn = Turn::of(product(matrix(find(track, b"tkhd"), 40), matrix(movie, 36)));
        let fragments = Fragments::new(id, Defaults::list(moov));
        Ok(Self { codec, coded, turn, timescale, tables, edits, fragments })
    }

    fn track(self) -> Result<Track, ContainerError> {
        let Self { codec, coded, turn, timescale, tables, edits, fragments } = self;
        let (counted, mut lasting) = (tables.samples.len(), tables.lasting);
        let mut samples = tables.samples;
        let mut shown = Edit::shown(&edits, &samples);
        lasting = lasting.saturating_add(fragments.lasting);
        // What comes in fragments is shown as it is: their edit lists only shift the clock.
        let numbered = (counted as u32..).zip(&fragments.samples);
        shown.extend(numbered.map(|(sample, s)| Shown { sample, time: s.time }));
        samples.extend(fragments.samples);
        if samples.len() > MOST || shown.len() > MOST {
            return Err(ContainerError::TooLong);
        }
        if samples.is_empty() {
            return Err(ContainerError::NoFrames);
        }
        let stated = reduced(u64::from(timescale).saturating_mul(samples.len() as u64), lasting, LARGEST);
        let rate = stated.or_else(|| guessed(paced(&shown, f64::from(timescale))));
        let rate = rate.ok_or_else(|| damaged("its video states no frame rate"))?;
        let ticks = Rate { num: timescale, den: 1 };
        Ok(Track { codec, coded, turn, ticks, rate, samples, shown, prefix: Vec::new() })
    }
}

/// Frames a second by the first and the last time.
pub(super) fn paced(shown: &[Shown], ticks: f64) -> f64 {
    let first = shown.iter().map(|s| s.time).min().unwrap_or(0);
    let last = shown.iter().map(|s| s.time).max().unwrap_or(0);
    (shown.len() as f64 - 1.0) * ticks / (last as f64 - first as f64)
}

/// A track's number.
fn number(track: &[u8]) -> Option<u32> {
    let mut head = Bytes(find(track, b"tkhd")?);
    let wide = head.u32()? >> 24 == 1;
    head.take(if wide { 16 } else { 8 })?;
    head.u32()
}

/// The upper left of a matrix, `at` bytes into a box of version 0; unity where there is none.
fn matrix(of: Option<&[u8]>, at: usize) -> [i64; 4] {
    let read = || {
        let mut b = Bytes(of?);
        let wide = b.u32()? >> 24 == 1;
        b.take(at - 4 + if wide { 12 } else { 0 })?;
        let mut cell = || b.i32().map(i64::from);
        let (a, c) = (cell()?, cell()?);
        cell()?;
        Some([a, c, cell()?, cell()?])
    };
    read().unwrap_or([1, 0, 0, 1])
}

/// One matrix after the other; only signs matter later, so what does not fit is held at the ends.
fn product([a, b, c, d]: [i64; 4], [e, f, g, h]: [i64; 4]) -> [i64; 4] {
    let sum = |p: i64, q: i64, r: i64, s: i64| p.saturating_mul(q).saturating_add(r.saturating_mul(s));
    [sum(a, e, b, g), sum(a, f, b, h), sum(c, e, d, g), sum(c, f, d, h)]
}

/// How samples are coded, and the size, by the first sample description.
fn described(table: &[u8]) -> Result<(Codec, (u32, u32)), ContainerError> {
    let list = find(table, b"stsd").and_then(|b| b.get(8..)).unwrap_or_default();
    let (name, entry) = boxes(list).next().ok_or_else(|| damaged("its video is not described"))?;
    let mut head = Bytes(entry);
    let size = head.take(24).and_then(|_| Some((u32::from(head.u16()?), u32::from(head.u16()?))));
    let size = size.ok_or_else(|| damaged("its video is not described"))?;
    let inner = entry.get(78..).unwrap_or_default();
    let record = |name: &[u8; 4]| {
        let text = String::from_utf8_lossy(name).into_owned();
        find(inner, name).ok_or_else(|| damaged(format!("its settings ({text}) are missing")))
    };
    let codec = match &name {
        b"encv" => return Err(ContainerError::Encrypted),
        _ if find(inner, b"sinf").is_some() => return Err(ContainerError::Encrypted),
        b"avc1" | b"avc3" => Codec::avc(record(b"avcC")?)?,
        b"hvc1" => Codec::hevc(record(b"hvcC")?, "hvc1")?,
        b"hev1" => Codec::hevc(record(b"hvcC")?, "hev1")?,
        b"av01" => Codec::av1(record(b"av1C")?)?,
        b"vp08" => Codec::vp8(),
        b"vp09" => Codec::vp9_box(record(b"vpcC")?)?,
        other => {
            let printable = |b: &u8| if b.is_ascii_graphic() { char::from(*b) } else { '?' };
            return Err(ContainerError::Codec(other.iter().map(printable).collect()));
        }
    };
    Ok((codec, size))
}
