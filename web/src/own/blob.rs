//! A visitor's file as something that can be read and sought in, a megabyte at a time: only a dedicated worker can read
//! a file without waiting for promises.

use std::collections::VecDeque;
use std::io::{self, Read, Seek, SeekFrom};

use js_sys::Uint8Array;
use scrubjay_core::frame::hex;
use sha2::{Digest as _, Sha256};
use web_sys::{File, FileReaderSync};

use super::codecs::words;
use super::container::ContainerError;
use super::signal::breathe;
use super::{OwnError, Progress, Stage};

/// Bytes that are read at once.
const BLOCK: u64 = 1 << 20;

/// Blocks that are kept.
const KEPT: usize = 8;

/// Bytes that are hashed at once.
const SLICE: u64 = 4 << 20;

/// A file in blocks.
#[derive(Debug)]
pub(super) struct FileBytes {
    file: File,
    reader: FileReaderSync,
    size: u64,
    at: u64,
    /// Number of a block and its bytes, the one that was used last in front.
    blocks: VecDeque<(u64, Vec<u8>)>,
}

impl FileBytes {
    pub(super) fn new(file: File) -> Result<Self, OwnError> {
        let fail = |e| ContainerError::Unreadable(words(&e));
        let reader = FileReaderSync::new().map_err(fail)?;
        // A file has at most 2^53 bytes.
        let size = file.size().max(0.0) as u64;
        Ok(Self { file, reader, size, at: 0, blocks: VecDeque::new() })
    }

    /// Number of bytes.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Keeps no bytes in memory until some are read again.
    pub(super) fn forget(&mut self) {
        self.blocks = VecDeque::new();
    }

    /// Bytes from one place to another, past the cache.
    fn slice(&self, from: u64, to: u64) -> io::Result<Vec<u8>> {
        let read = || {
            let part = self.file.slice_with_f64_and_f64(from as f64, to as f64)?;
            self.reader.read_as_array_buffer(&part)
        };
        let bytes = read().map_err(|e| io::Error::other(words(&e)))?;
        let bytes = Uint8Array::new(&bytes).to_vec();
        if bytes.len() as u64 == to - from {
            Ok(bytes)
        } else {
            Err(io::Error::other("the file became shorter while it was read"))
        }
    }

    /// The block of a number, in front of those that are kept.
    fn block(&mut self, number: u64) -> io::Result<&[u8]> {
        match self.blocks.iter().position(|(n, _)| *n == number) {
            Some(0) => {}
            Some(place) => {
                if let Some(block) = self.blocks.remove(place) {
                    self.blocks.push_front(block);
                }
            }
            None => {
                let from = number * BLOCK;
                let bytes = self.slice(from, (from + BLOCK).min(self.size))?;
                self.blocks.truncate(KEPT - 1);
                self.blocks.push_front((number, bytes));
            }
        }
        Ok(self.blocks.front().map_or(&[], |(_, bytes)| bytes))
    }
}

impl Read for FileBytes {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.size || to.is_empty() {
            return Ok(0);
        }
        let (number, inside) = (self.at / BLOCK, (self.at % BLOCK) as usize);
        let there = self.block(number)?.get(inside..).unwrap_or_default();
        let count = there.len().min(to.len());
        to[..count].copy_from_slice(&there[..count]);
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for FileBytes {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.size.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| io::Error::other("a place before the file's beginning"))?;
        Ok(self.at)
    }
}

/// SHA-256 of a file's bytes in lower-case hexadecimal: what `scrubjay` knows a film by. Runs in a dedicated worker.
///
/// # Errors
/// [`OwnError::Container`] when the file is empty or cannot be read.
pub async fn sha256(file: &File, progress: &mut dyn FnMut(Progress)) -> Result<String, OwnError> {
    let bytes = FileBytes::new(file.clone())?;
    let (mut hash, mut at) = (Sha256::new(), 0);
    if bytes.size() == 0 {
        return Err(ContainerError::Empty.into());
    }
    while at < bytes.size() {
        let end = (at + SLICE).min(bytes.size());
        hash.update(bytes.slice(at, end).map_err(ContainerError::from)?);
        at = end;
        progress(Progress { stage: Stage::Hash, done: at as f64, total: bytes.size() as f64 });
        breathe().await;
    }
    Ok(hex(&hash.finalize()))
}
