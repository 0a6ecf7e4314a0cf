//! Pictures, clips, and the hash that says two people saw the same pixels.

use std::fmt;

use pulp::{Arch, NullaryFnOnce};
use sha2::{Digest as _, Sha256};

use crate::columns::{COLUMN, ROWS, rows_to_columns};

/// An 8-bit RGB picture, rows from the top, no padding.
#[derive(Clone, PartialEq, Eq)]
pub struct Frame {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// `width * height * 3` bytes, red first.
    pub rgb: Vec<u8>,
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Frame({}x{})", self.width, self.height)
    }
}

impl Frame {
    /// A black picture.
    #[must_use]
    pub fn black(width: u32, height: u32) -> Self {
        Self { width, height, rgb: vec![0; width as usize * height as usize * 3] }
    }

    /// Wraps bytes; `None` when their number is not `width * height * 3`.
    #[must_use]
    pub fn from_rgb(width: u32, height: u32, rgb: Vec<u8>) -> Option<Self> {
        (rgb.len() == width as usize * height as usize * 3).then_some(Self { width, height, rgb })
    }

    /// The picture turned clockwise by a quarter.
    #[must_use]
    pub fn quarter_turn(&self) -> Self {
        self.turned(true)
    }

    /// The picture turned against the clock by a quarter.
    #[must_use]
    pub fn quarter_turn_back(&self) -> Self {
        self.turned(false)
    }

    fn turned(&self, clockwise: bool) -> Self {
        let mut out = Self::black(self.height, self.width);
        if !out.rgb.is_empty() && out.rgb.len() == self.rgb.len() {
            Arch::new().dispatch(QuarterTurn { from: self, to: &mut out.rgb, clockwise });
        }
        out
    }

    /// SHA-256 of the RGB bytes alone, in lower-case hexadecimal.
    #[must_use]
    pub fn sha256(&self) -> String {
        hex(&Sha256::digest(&self.rgb))
    }

    /// The pixels as RGBA with full opacity, as a browser's canvas wants them.
    #[must_use]
    pub fn rgba(&self) -> Vec<u8> {
        self.rgb.chunks_exact(3).flat_map(|p| [p[0], p[1], p[2], 255]).collect()
    }
}

struct QuarterTurn<'a> {
    /// Not empty.
    from: &'a Frame,
    to: &'a mut [u8],
    clockwise: bool,
}

/// Pixels of a row that are turned together: their columns stay in the fastest cache.
const STRIP: usize = 128;

impl NullaryFnOnce for QuarterTurn<'_> {
    type Output = ();

    /// A block of rows on its side already is columns; from there each pixel's three bytes are gathered. Clockwise,
    /// the lowest row comes first and columns become lines from the top; the other way round, both are reversed.
    #[inline(always)]
    fn call(self) {
        let (width, row, line) =
            (self.from.width as usize, self.from.width as usize * 3, self.from.height as usize * 3);
        let mut columns = [0; STRIP * COLUMN];
        // Strip by strip from top to bottom: so the lines that a strip becomes are whole before others begin.
        for left in (0..width).step_by(STRIP) {
            let pixels = STRIP.min(width - left);
            for (i, block) in self.from.rgb.chunks(row * ROWS).enumerate() {
                let count = block.len() / row;
                let first = if self.clockwise { line - (i * ROWS + count) * 3 } else { i * ROWS * 3 };
                let mut rows: [&[u8]; ROWS] = [&[]; ROWS];
                for (r, source) in block.chunks_exact(row).enumerate() {
                    let place = if self.clockwise { count - 1 - r } else { r };
                    rows[place] = &source[left * 3..(left + pixels) * 3];
                }
                rows_to_columns(&rows, pixels * 3, &mut columns);
                for (k, column) in columns.as_chunks::<COLUMN>().0.iter().take(pixels).enumerate() {
                    let x = if self.clockwise { left + k } else { width - 1 - left - k };
                    let mut turned = [0; COLUMN];
                    for i in 0..ROWS {
                        turned[3 * i] = column[i];
                        turned[3 * i + 1] = column[ROWS + i];
                        turned[3 * i + 2] = column[2 * ROWS + i];
                    }
                    let at = x * line + first;
                    self.to[at..at + count * 3].copy_from_slice(&turned[..count * 3]);
                }
            }
        }
    }
}

/// Frames in the order they are shown, with the time the viewer is told for each.
#[derive(Debug, Clone, PartialEq)]
pub struct Clip {
    /// The pictures, all of one size.
    pub frames: Vec<Frame>,
    /// Shown time of each frame in seconds; the same length as `frames`.
    pub shown: Vec<f64>,
}

/// The stimulus hash: SHA-256 over the size and the pixels of every frame of every clip, in order.
///
/// Stored beside every answer. Times and prompt are not part of it: they follow from the recipe.
#[must_use]
pub fn stimulus_hash(clips: &[Clip]) -> String {
    let mut hash = Sha256::new();
    hash.update(b"scrubjay stimulus");
    hash.update((clips.len() as u32).to_le_bytes());
    for clip in clips {
        hash.update((clip.frames.len() as u32).to_le_bytes());
        for frame in &clip.frames {
            hash.update(frame.width.to_le_bytes());
            hash.update(frame.height.to_le_bytes());
            hash.update(&frame.rgb);
        }
    }
    hex(&hash.finalize())
}

/// Bytes in lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_turn_is_clockwise_and_four_are_none() {
        // Rows a b / c d / e f become e c a / f d b.
        let f = Frame { width: 2, height: 3, rgb: (0..18).collect() };
        let t = f.quarter_turn();
        assert_eq!((t.width, t.height), (3, 2));
        assert_eq!([t.rgb[0], t.rgb[3], t.rgb[6]], [12, 6, 0]);
        assert_eq!(t.quarter_turn().quarter_turn().quarter_turn(), f);
    }

    #[test]
    fn a_quarter_turn_puts_every_pixel_right() {
        for (w, h) in [(1, 1), (1, 70), (70, 1), (33, 65), (130, 40), (0, 4)] {
            let rgb = (0..w * h * 3).map(|i| (i * 7 % 251) as u8).collect();
            let f = Frame { width: w as u32, height: h as u32, rgb };
            let (t, back) = (f.quarter_turn(), f.quarter_turn_back());
            for (i, pixel) in f.rgb.as_chunks::<3>().0.iter().enumerate() {
                let (x, y) = (i % w, i / w);
                assert_eq!(t.rgb.as_chunks::<3>().0[x * h + h - 1 - y], *pixel, "{w}x{h}: {x} {y}");
                assert_eq!(back.rgb.as_chunks::<3>().0[(w - 1 - x) * h + y], *pixel, "{w}x{h}: {x} {y}");
            }
        }
    }
}
