//! EBML, the elements that Matroska is made of (RFC 8794): an id, a length, and that many bytes.

use std::io::{Read, Seek, SeekFrom};

use super::ContainerError;

/// An element's head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Element {
    /// Its id with the length marker.
    pub(super) id: u32,
    /// First byte of what is in it.
    pub(super) start: u64,
    /// The byte behind it; the largest number where it does not say how long it is.
    pub(super) end: u64,
}

/// The element at a place; nothing where there is none before `end`.
pub(super) fn element<R: Read + Seek>(
    reader: &mut R,
    at: u64,
    end: u64,
) -> Result<Option<Element>, ContainerError> {
    let mut head = [0; 12];
    let there = end.saturating_sub(at).min(12) as usize;
    reader.seek(SeekFrom::Start(at))?;
    reader.read_exact(&mut head[..there])?;
    let parse = || {
        let (id, used) = number(&head[..there], 4, false)?;
        let (size, more) = number(&head[used..there], 8, true)?;
        let start = at + (used + more) as u64;
        let unknown = size == u64::MAX >> (64 - 7 * more);
        let end = if unknown { u64::MAX } else { start.saturating_add(size) };
        Some(Element { id: id as u32, start, end })
    };
    Ok(parse())
}

/// A number of variable length and the bytes that it takes; without the length's marker if that is asked.
pub(super) fn number(bytes: &[u8], longest: usize, bare: bool) -> Option<(u64, usize)> {
    let first = *bytes.first()?;
    let length = first.leading_zeros() as usize + 1;
    let bytes = bytes.get(..length).filter(|_| length <= longest)?;
    let value = bytes.iter().fold(0, |value, b| value << 8 | u64::from(*b));
    let marker = 1 << (7 * length);
    Some((if bare { value & (marker - 1) } else { value }, length))
}

/// Elements side by side in memory: id and content; they end where one does not fit.
pub(super) fn children(of: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    let mut rest = of;
    std::iter::from_fn(move || {
        let (id, used) = number(rest, 4, false)?;
        let (size, more) = number(rest.get(used..)?, 8, true)?;
        let (inner, behind) = rest.get(used + more..)?.split_at_checked(usize::try_from(size).ok()?)?;
        rest = behind;
        Some((id as u32, inner))
    })
}

/// The first child of an id.
pub(super) fn child(of: &[u8], id: u32) -> Option<&[u8]> {
    children(of).find(|(i, _)| *i == id).map(|(_, inner)| inner)
}

/// A child that is a whole number; nothing if there is none or it is too long.
pub(super) fn unsigned(of: &[u8], id: u32) -> Option<u64> {
    let bytes = child(of, id).filter(|b| b.len() <= 8)?;
    Some(bytes.iter().fold(0, |value, b| value << 8 | u64::from(*b)))
}
