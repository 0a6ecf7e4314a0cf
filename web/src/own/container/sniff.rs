//! What kind of file it is, by its first bytes and never by its name.

use std::io::{Read, Seek, SeekFrom};

use super::ContainerError;

/// Containers that are read here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// MP4, MOV, 3GP.
    Mp4,
    /// WebM, MKV.
    Matroska,
}

/// Boxes that a file may begin with.
const BOXES: [&[u8; 4]; 12] = [
    b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp", b"sidx", b"moof", b"uuid",
    b"prfl",
];

/// First bytes of containers that a browser's `<video>` may know.
const FOREIGN: [(&[u8], &str); 8] = [
    (b"OggS", "Ogg"),
    (b"FLV\x01", "FLV"),
    (b"\x30\x26\xb2\x75", "Windows Media"),
    (b"\x00\x00\x01\xba", "MPEG program stream"),
    (b"\x00\x00\x01\xb3", "MPEG video"),
    (b"\x00\x00\x00\x01", "raw H.264"),
    (b"\x00\x00\x01", "raw video"),
    (b"GIF8", "GIF"),
];

/// First bytes of what is no film.
const OTHER: [&[u8]; 8] =
    [b"\xff\xd8\xff", b"\x89PNG", b"%PDF", b"PK\x03\x04", b"RIFF", b"\x1f\x8b", b"ID3", b"fLaC"];

/// The container.
pub(super) fn kind<R: Read + Seek>(reader: &mut R, bytes: u64) -> Result<Kind, ContainerError> {
    let mut head = Vec::new();
    reader.seek(SeekFrom::Start(0))?;
    reader.take(bytes.min(4096)).read_to_end(&mut head)?;
    let begins = |with: &[u8]| head.starts_with(with);
    if begins(b"\x1a\x45\xdf\xa3") {
        return Ok(Kind::Matroska);
    }
    if head.get(4..8).is_some_and(|name| BOXES.iter().any(|b| b.as_slice() == name)) {
        return Ok(Kind::Mp4);
    }
    if begins(b"RIFF") && head.get(8..12) == Some(b"AVI ") {
        return Err(ContainerError::Foreign("AVI".to_owned()));
    }
    if head.first() == Some(&0x47) && head.get(188).is_none_or(|b| *b == 0x47) && head.len() >= 188 {
        return Err(ContainerError::Foreign("MPEG transport stream".to_owned()));
    }
    if let Some((_, name)) = FOREIGN.iter().find(|(magic, _)| begins(magic)) {
        return Err(ContainerError::Foreign((*name).to_owned()));
    }
    // Text has no bytes below the space but tabs and line ends.
    let text = head.iter().all(|b| *b >= b' ' || matches!(b, b'\t' | b'\n' | b'\r' | 0x0c));
    if text || OTHER.iter().any(|magic| begins(magic)) {
        return Err(ContainerError::NotAVideo);
    }
    Err(ContainerError::Foreign("unknown".to_owned()))
}
