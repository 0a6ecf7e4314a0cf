//! Pictures, clips, and the hash that says two people saw the same pixels.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::turn::quarter_turn;

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
        let rgb = quarter_turn(&self.rgb, (self.width as usize, self.height as usize), clockwise);
        Self { width: self.height, height: self.width, rgb }
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
}
