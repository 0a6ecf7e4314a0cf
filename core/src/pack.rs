//! Packs: short films as pictures that were taken out beforehand, so that a built-in film shows the same pixels everywhere, in
//! browsers without a decoder too.
//!
//! A pack is a line that says so, a line of JSON (what the film is, and for every frame its length in bytes, its presentation time
//! in the origin and the hash of its pixels) and then the frames, each a lossy WebP key frame. They are decoded in whole numbers,
//! the same on every machine, and what comes out is compared with its hash. The pack itself is the source of recipes: a video of
//! constant rate, known by the SHA-256 of its file.

use std::borrow::Cow;
use std::fmt;
use std::io::Cursor;
use std::ops::Range;

use image_webp::WebPDecoder;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::frame::{Frame, hex};
use crate::link::{FilmSource, is_clip_name};
use crate::recipe::{MAX_BYTES, Size};
use crate::source::{MAX_FRAMES, Source};
use crate::time::Rate;

/// What a pack begins with.
const MAGIC: &[u8] = b"scrubjay pack 1\n";

/// Longest header in bytes.
const HEADER: usize = 1 << 20;

/// Longest picture in bytes.
const PICTURE: u32 = 1 << 20;

/// Longest side of the pictures.
const SIDE: u32 = 1024;

/// Longest text in bytes.
const TEXT: usize = 512;

/// What a film is and whom it is owed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// The film's name in links.
    pub name: String,
    /// What it is called.
    pub title: String,
    /// Who made it, and what became of it here: the line that its licence asks for.
    pub credit: String,
    /// The licence's short name.
    pub licence: String,
    /// Where the licence stands; an `https` address.
    pub licence_url: String,
    /// SHA-256 of the file that the frames were taken from, lower-case hexadecimal.
    pub origin: String,
    /// Size of every picture.
    pub size: Size,
    /// Frames of a second.
    pub rate: Rate,
    /// Ticks of a second, in which the frames' times in the origin are told.
    pub ticks: Rate,
}

/// A frame as the header tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// Length of the picture.
    bytes: u32,
    /// Presentation time in the origin, in ticks.
    time: i64,
    /// SHA-256 of the RGB bytes.
    sha256: String,
}

/// The line of JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    about: About,
    frames: Vec<Entry>,
}

/// A picture for a new pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Presentation time in the origin, in [`About::ticks`].
    pub time: i64,
    /// A lossy WebP file of the pack's size, without transparency.
    pub webp: Vec<u8>,
}

/// Why a pack cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackError {
    /// Another kind of file.
    #[error("this is no pack of frames: it does not begin with 'scrubjay pack 1'")]
    Magic,
    /// The header does not end, or is no JSON of the right form.
    #[error("the pack's header cannot be read ({0}); the file is damaged, load it anew")]
    Header(String),
    /// A value of the header is impossible.
    #[error("the pack's header: {0}")]
    Value(String),
    /// The file is shorter or longer than its header says.
    #[error("the pack has {there} bytes of pictures and its header promises {promised}; load the file anew")]
    Length {
        /// Bytes by the header.
        promised: u64,
        /// Bytes that follow it.
        there: u64,
    },
    /// There is no such frame.
    #[error("frame {index} is asked for and the pack has {frames}")]
    Index {
        /// The number, from 0.
        index: u32,
        /// Frames of the pack.
        frames: u32,
    },
    /// A picture cannot be decoded.
    #[error("frame {index} of the pack cannot be decoded: {what}")]
    Picture {
        /// The number, from 0.
        index: u32,
        /// What the decoder says.
        what: String,
    },
    /// A picture is not the one that was packed.
    #[error(
        "frame {index} of the pack has other pixels than its hash says; the file is damaged, load it anew"
    )]
    Changed {
        /// The number, from 0.
        index: u32,
    },
}

/// A film as pictures. Its header was checked, its pictures are decoded when they are asked for.
#[derive(Clone, PartialEq, Eq)]
pub struct Pack<'a> {
    bytes: Cow<'a, [u8]>,
    header: Header,
    /// Where each picture lies.
    places: Vec<Range<usize>>,
    source: Source,
}

impl fmt::Debug for Pack<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pack({}, {} frames, {} bytes)", self.about().name, self.places.len(), self.bytes.len())
    }
}

impl<'a> Pack<'a> {
    /// Reads a pack's header and checks it against the length of the file. No picture is looked at.
    ///
    /// # Errors
    /// [`PackError`].
    pub fn read(bytes: impl Into<Cow<'a, [u8]>>) -> Result<Self, PackError> {
        let bytes = bytes.into();
        let rest = bytes.strip_prefix(MAGIC).ok_or(PackError::Magic)?;
        let end = rest.iter().take(HEADER).position(|b| *b == b'\n');
        let end = end.ok_or_else(|| PackError::Header("it does not end".to_owned()))?;
        let header = serde_json::from_slice(&rest[..end]);
        let header: Header = header.map_err(|e| PackError::Header(e.to_string()))?;
        header.check()?;
        let start = MAGIC.len() + end + 1;
        let promised = header.frames.iter().map(|e| u64::from(e.bytes)).sum();
        let there = (bytes.len() - start) as u64;
        if promised != there {
            return Err(PackError::Length { promised, there });
        }
        // All of them lie within the file, since their sum is its length.
        let places = header.frames.iter().scan(start, |at, entry| {
            let from = *at;
            *at += entry.bytes as usize;
            Some(from..*at)
        });
        let places = places.collect();
        let (frames, rate) = (header.frames.len() as u32, header.about.rate);
        let source = Source::Video { sha256: hex(&Sha256::digest(&bytes)), frames, rate };
        Ok(Self { bytes, header, places, source })
    }

    /// What the film is.
    #[must_use]
    pub fn about(&self) -> &About {
        &self.header.about
    }

    /// The pack as the source of a recipe.
    #[must_use]
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// SHA-256 of the pack's file, lower-case hexadecimal.
    #[must_use]
    pub fn sha256(&self) -> &str {
        match &self.source {
            Source::Video { sha256, .. } => sha256,
            Source::Scene { .. } => "",
        }
    }

    /// The pack as questions are made of it.
    #[must_use]
    pub fn film(&self) -> FilmSource<'_> {
        FilmSource { source: &self.source, size: self.about().size, times: None }
    }

    /// When each frame is presented in the film that it was taken from, in [`About::ticks`].
    pub fn times(&self) -> impl ExactSizeIterator<Item = i64> {
        self.header.frames.iter().map(|e| e.time)
    }

    /// Decodes one frame.
    ///
    /// # Errors
    /// [`PackError`] when there is no such frame, it cannot be decoded, or its pixels are not those that were packed.
    pub fn frame(&self, index: u32) -> Result<Frame, PackError> {
        let at = index as usize;
        let (Some(entry), Some(place)) = (self.header.frames.get(at), self.places.get(at)) else {
            return Err(PackError::Index { index, frames: self.places.len() as u32 });
        };
        let webp = self.bytes.get(place.clone()).unwrap_or_default();
        let frame = decode(webp, self.about().size).map_err(|what| PackError::Picture { index, what })?;
        if frame.sha256() == entry.sha256 { Ok(frame) } else { Err(PackError::Changed { index }) }
    }

    /// Decodes frames, in the order of their numbers as given.
    ///
    /// # Errors
    /// As [`Self::frame`], for the first that cannot be had.
    pub fn frames(&self, indices: &[u32]) -> Result<Vec<Frame>, PackError> {
        indices.iter().map(|i| self.frame(*i)).collect()
    }
}

/// A pack's bytes, from pictures in the order they are shown.
///
/// # Errors
/// [`PackError`] where the pack could not be read: a picture of another size or kind, a value out of bounds.
pub fn write(about: &About, pictures: &[Picture]) -> Result<Vec<u8>, PackError> {
    let entry = |(index, picture): (u32, &Picture)| {
        let frame = decode(&picture.webp, about.size).map_err(|what| PackError::Picture { index, what })?;
        let bytes = u32::try_from(picture.webp.len()).unwrap_or(u32::MAX);
        Ok(Entry { bytes, time: picture.time, sha256: frame.sha256() })
    };
    let frames = (0..).zip(pictures).map(entry).collect::<Result<_, PackError>>()?;
    let header = Header { about: about.clone(), frames };
    header.check()?;
    let json = serde_json::to_vec(&header).map_err(|e| PackError::Header(e.to_string()))?;
    let mut bytes = [MAGIC, &json, b"\n"].concat();
    pictures.iter().for_each(|p| bytes.extend_from_slice(&p.webp));
    Pack::read(bytes.as_slice())?;
    Ok(bytes)
}

impl Header {
    fn check(&self) -> Result<(), PackError> {
        let wrong = |what: String| Err(PackError::Value(what));
        let About { name, title, credit, licence, licence_url, origin, size, rate, ticks } = &self.about;
        if !is_clip_name(name) {
            return wrong(format!("the name '{name}' is not 1 to 64 small letters, digits and hyphens"));
        }
        for (what, text) in [("title", title), ("credit", credit), ("licence", licence)] {
            if text.trim().is_empty() || text.len() > TEXT || text.chars().any(char::is_control) {
                return wrong(format!("the {what} is empty, longer than {TEXT} bytes or of several lines"));
            }
        }
        let address = licence_url.bytes().all(|b| b.is_ascii_graphic() && !b"\"'<>`".contains(&b));
        if !licence_url.starts_with("https://") || licence_url.len() > TEXT || !address {
            return wrong("the licence's address is not one that begins with https://".to_owned());
        }
        let frames = self.frames.len() as u64;
        if !(1..=u64::from(MAX_FRAMES)).contains(&frames) {
            return wrong(format!("{frames} frames, not 1 to {MAX_FRAMES}"));
        }
        let Size { width, height } = *size;
        let sides = 1..=SIDE;
        let all = frames * u64::from(width) * u64::from(height) * 3;
        if !sides.contains(&width) || !sides.contains(&height) || all > MAX_BYTES {
            return wrong(format!("{frames} pictures of {width}x{height}; sides are 1 to {SIDE} pixels"));
        }
        for (what, rate) in [("rate", rate), ("ticks", ticks)] {
            if rate.num == 0 || rate.den == 0 {
                return wrong(format!("the {what} are {} of {} s", rate.num, rate.den));
            }
        }
        let hash = |h: &str| h.len() == 64 && h.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if !hash(origin) || !self.frames.iter().all(|e| hash(&e.sha256)) {
            return wrong("a hash is not 64 hexadecimal digits".to_owned());
        }
        if !self.frames.iter().all(|e| (1..=PICTURE).contains(&e.bytes)) {
            return wrong(format!("a picture has no bytes, or more than {PICTURE}"));
        }
        if !self.frames.is_sorted_by(|a, b| a.time < b.time) {
            return wrong("the frames' times do not rise".to_owned());
        }
        Ok(())
    }
}

/// Decodes a picture of a known size; other kinds of WebP than the plain lossy one are refused, and nothing larger is begun.
fn decode(webp: &[u8], size: Size) -> Result<Frame, String> {
    if webp.get(8..16) != Some(b"WEBPVP8 ") {
        return Err("it is no plain lossy WebP".to_owned());
    }
    let mut decoder = WebPDecoder::new(Cursor::new(webp)).map_err(|e| e.to_string())?;
    let (width, height) = decoder.dimensions();
    if (width, height) != (size.width, size.height) {
        return Err(format!("it is {width}x{height} and not {}x{}", size.width, size.height));
    }
    let mut frame = Frame::black(width, height);
    decoder.read_image(&mut frame.rgb).map_err(|e| e.to_string())?;
    Ok(frame)
}

#[cfg(test)]
mod tests;
