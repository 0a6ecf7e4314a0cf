//! Decoding chosen frames and as little else as that takes.

use std::collections::BTreeMap;
use std::path::Path;

use ffmpeg::Discard;
use ffmpeg::util::frame::Video as Picture;
use ffmpeg_next as ffmpeg;

use scrubjay_core::frame::Frame;
use scrubjay_core::recipe::Size;

use super::convert::Converter;
use super::index::{Find, Index, Key};
use super::stream::{decoder, each_frame, open};
use super::{Decoded, VideoError, raw};

/// Hands over the frames of the given numbers, which never fall, one by one; `time` tells a frame's seconds.
pub(super) fn each(
    path: &Path,
    index: &Index,
    indices: &[u32],
    mut converter: Converter<'_>,
    time: impl Fn(u32) -> Option<f64>,
    mut visit: impl FnMut(usize, Decoded) -> Result<(), VideoError>,
) -> Result<(), VideoError> {
    if let Some(beyond) = indices.iter().find(|i| **i as usize >= index.entries.len()) {
        let has = index.entries.len();
        return Err(VideoError::Decode(path.to_owned(), format!("frame {beyond} is wanted of {has}")));
    }
    let mut distinct = indices.to_vec();
    distinct.dedup();
    let mut queue = Queue { indices, next: 0, early: BTreeMap::new() };
    let mut visit = |k: usize, number: u32, (frame, coded): Picked| {
        visit(k, Decoded { frame, coded, pts_seconds: time(number) })
    };
    let missing = |number: u32| {
        let at = time(number).map_or_else(String::new, |t| format!(", at {t:.3} s,"));
        VideoError::Decode(path.to_owned(), format!("frame {number}{at} does not come out of the decoder"))
    };
    let entry = |number: u32| index.entries[number as usize];
    match &index.find {
        Find::ByCount => {
            let wanted: BTreeMap<u32, u32> = distinct.iter().map(|&n| (entry(n).place, n)).collect();
            let mut at = 0;
            each_frame(path, &mut 0, |picture| {
                if let Some(&number) = wanted.get(&at) {
                    queue.put(number, (converter.frame(picture)?, converter.coded(picture)), &mut visit)?;
                }
                at += 1;
                Ok(queue.waits_for().is_some())
            })?;
            queue.waits_for().map_or(Ok(()), |number| Err(missing(number)))
        }
        Find::Files(files) => {
            for &number in &distinct {
                let mut found = None;
                each_frame(&files[number as usize], &mut 0, |picture| {
                    found = Some((converter.frame(picture)?, converter.coded(picture)));
                    Ok(false)
                })?;
                queue.put(number, found.ok_or_else(|| missing(number))?, &mut visit)?;
            }
            Ok(())
        }
        Find::ByTime(keys) => {
            let mut reader = Reader::open(path, index, keys)?;
            let wanted: BTreeMap<i64, u32> =
                distinct.iter().filter_map(|&n| Some((entry(n).pts?, n))).collect();
            for (k, &number) in distinct.iter().enumerate() {
                let goal = entry(number);
                let apart = |later: &u32| reader.key_of(entry(*later).pts).place > goal.place;
                let last = distinct.get(k + 1).is_none_or(apart);
                let mut tries = Try::ALL.into_iter();
                if queue.waits_for() == Some(number) {
                    reader.approach(goal.pts)?;
                }
                while queue.waits_for() == Some(number) {
                    match reader.next(&wanted, goal.place, last)? {
                        Some(picture) => {
                            if let Some(&n) = picture.pts().and_then(|t| wanted.get(&t)) {
                                queue.put(
                                    n,
                                    (converter.frame(picture)?, converter.coded(picture)),
                                    &mut visit,
                                )?;
                            }
                        }
                        None => reader.again(goal.pts, tries.next().ok_or_else(|| missing(number))?)?,
                    }
                }
            }
            Ok(())
        }
    }
}

/// What is tried for a frame that did not come out: some decoders give no picture that is let out early after an open
/// group of pictures, and some key frames are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Try {
    /// Again, without letting out frames early.
    Patiently,
    /// From the key frame before.
    FromBefore,
    /// From the start.
    FromStart,
}

impl Try {
    const ALL: [Self; 3] = [Self::Patiently, Self::FromBefore, Self::FromStart];
}

/// A frame and its size as it was coded.
type Picked = (Frame, Size);

/// Frames that came out, to be handed over in the order in which they are wanted.
struct Queue<'a> {
    indices: &'a [u32],
    /// How many were handed over.
    next: usize,
    /// Frames that came before their turn.
    early: BTreeMap<u32, Picked>,
}

impl Queue<'_> {
    /// The frame whose turn it is.
    fn waits_for(&self) -> Option<u32> {
        self.indices.get(self.next).copied()
    }

    /// Takes a frame and hands over all whose turn has come; one that is wanted several times is handed over as often.
    fn put(
        &mut self,
        number: u32,
        frame: Picked,
        visit: &mut impl FnMut(usize, u32, Picked) -> Result<(), VideoError>,
    ) -> Result<(), VideoError> {
        // What is decoded a second time was handed over already.
        if self.waits_for().is_some_and(|n| n <= number) {
            self.early.insert(number, frame);
        }
        while let Some((number, frame)) = self.waits_for().and_then(|n| self.early.remove_entry(&n)) {
            while self.waits_for() == Some(number) {
                visit(self.next, number, frame.clone())?;
                self.next += 1;
            }
        }
        Ok(())
    }
}

/// Bytes of the stream that are rather read through than sought over.
const NEAR: u64 = 4 << 20;

/// Broken places that are passed over in a file.
const MOST_BROKEN: u32 = 1000;

/// A stream that is decoded from key frame to wanted frame.
struct Reader<'a> {
    path: &'a Path,
    index: &'a Index,
    keys: &'a [Key],
    input: ffmpeg::format::context::Input,
    stream: usize,
    decoder: ffmpeg::decoder::Video,
    picture: Picture,
    /// Number of the packet that is read next.
    place: u32,
    /// Bytes of the stream before it.
    bytes: u64,
    /// Packets before this one are read and not decoded.
    from: u32,
    /// Times that the file could not be read on.
    broken: u32,
    /// The decoder was told that nothing more comes.
    drained: bool,
    /// Frames are not let out early.
    patient: bool,
    /// Places in the stream by presentation time, made when the first seek needs them.
    places: Vec<(i64, u32)>,
}

impl<'a> Reader<'a> {
    fn open(path: &'a Path, index: &'a Index, keys: &'a [Key]) -> Result<Self, VideoError> {
        let (input, stream) = open(path)?;
        let decoder = decoder(&input, stream, path)?;
        let picture = Picture::empty();
        let (place, bytes, from, broken, places) = (0, 0, 0, 0, Vec::new());
        let (drained, patient) = (false, false);
        Ok(Self {
            path,
            index,
            keys,
            input,
            stream,
            decoder,
            picture,
            place,
            bytes,
            from,
            broken,
            drained,
            patient,
            places,
        })
    }

    /// The last key frame at or before a time; the first one for times before it.
    fn key_of(&self, pts: Option<i64>) -> Key {
        let after = self.keys.partition_point(|k| Some(k.pts) <= pts);
        self.keys[after.saturating_sub(1).min(self.keys.len() - 1)]
    }

    /// Goes to the key frame from which a frame can be decoded, unless decoding is already past it.
    fn approach(&mut self, pts: Option<i64>) -> Result<(), VideoError> {
        let key = self.key_of(pts);
        if key.place < self.place { Ok(()) } else { self.begin(key) }
    }

    /// Goes back for a frame that did not come out.
    fn again(&mut self, pts: Option<i64>, how: Try) -> Result<(), VideoError> {
        self.patient = true;
        let after = self.keys.partition_point(|k| Some(k.pts) <= pts);
        let back = match how {
            Try::Patiently => 1,
            Try::FromBefore => 2,
            Try::FromStart => after,
        };
        let key = self.keys[after.saturating_sub(back).min(self.keys.len() - 1)];
        self.reopen()?;
        self.begin(key)
    }

    /// Begins to decode at a key frame that is not read yet.
    fn begin(&mut self, key: Key) -> Result<(), VideoError> {
        self.decoder.flush();
        self.drained = false;
        self.from = key.place;
        if key.bytes - self.bytes.min(key.bytes) > NEAR {
            self.seek(key)?;
        }
        Ok(())
    }

    fn reopen(&mut self) -> Result<(), VideoError> {
        let (input, stream) = open(self.path)?;
        (self.input, self.stream, self.place, self.bytes) = (input, stream, 0, 0);
        Ok(())
    }

    /// Seeks, and believes it only if the packet that comes next is known and not past the key frame.
    fn seek(&mut self, key: Key) -> Result<(), VideoError> {
        if self.places.is_empty() {
            self.places = self.index.entries.iter().filter_map(|e| Some((e.pts?, e.place))).collect();
        }
        if raw::seek(&mut self.input, self.stream, key.seek) {
            let mut packet = ffmpeg::Packet::empty();
            while packet.read(&mut self.input).is_ok() {
                if packet.stream() != self.stream {
                    continue;
                }
                let found = packet.pts().and_then(|t| {
                    let i = self.places.binary_search_by_key(&t, |p| p.0).ok()?;
                    Some(self.places[i].1)
                });
                if found == Some(key.place) {
                    (self.place, self.bytes) = (key.place, key.bytes);
                    self.send(&packet, true)?;
                    return Ok(());
                }
                if found.is_none_or(|place| place > key.place) {
                    break;
                }
            }
        }
        self.reopen()
    }

    /// Decodes one packet; one that nobody needs only as far as others refer to it.
    fn send(&mut self, packet: &ffmpeg::Packet, needed: bool) -> Result<(), VideoError> {
        let place = self.place;
        self.place += 1;
        self.bytes += packet.size() as u64;
        if place < self.from {
            return Ok(());
        }
        self.decoder.skip_frame(if needed { Discard::Default } else { Discard::NonReference });
        self.decoder
            .send_packet(packet)
            .map_err(|e| VideoError::Decode(self.path.to_owned(), format!("packet {place} is damaged: {e}")))
    }

    /// The next frame out of the decoder; none at the end. `goal` is the place of the frame that is waited for, and
    /// `last` says that nothing more is wanted before the next key frame.
    fn next(
        &mut self,
        wanted: &BTreeMap<i64, u32>,
        goal: u32,
        last: bool,
    ) -> Result<Option<&Picture>, VideoError> {
        loop {
            if self.decoder.receive_frame(&mut self.picture).is_ok() {
                if self.picture.is_corrupt() || self.picture.has_decode_errors() {
                    let what =
                        format!("the frame at tick {} is damaged", self.picture.timestamp().unwrap_or(0));
                    return Err(VideoError::Decode(self.path.to_owned(), what));
                }
                return Ok(Some(&self.picture));
            }
            if self.drained {
                return Ok(None);
            }
            if last && !self.patient && self.place > goal {
                self.finish();
                continue;
            }
            let mut packet = ffmpeg::Packet::empty();
            match packet.read(&mut self.input) {
                Ok(()) if packet.stream() == self.stream => {
                    let needed = packet.pts().is_none_or(|t| wanted.contains_key(&t));
                    self.send(&packet, needed)?;
                }
                Ok(()) => {}
                // The reader finds its way again behind broken bytes; frames that they held will be missed.
                Err(ffmpeg::Error::InvalidData) if self.broken < MOST_BROKEN => self.broken += 1,
                Err(_) => self.finish(),
            }
        }
    }

    /// Lets out the frames that the decoder holds back.
    fn finish(&mut self) {
        // A decoder that has already ended has nothing to let out.
        let _ = self.decoder.send_eof();
        self.drained = true;
    }
}
