//! How alike two frames are: what masked prediction passes over, and keeps apart.
//!
//! The paper's measure is a neural image encoder. Any measure can be put in its place; ours compares small
//! pictures in integers, needs no weights and gives the same value on every machine.

use crate::frame::Frame;
use crate::resample::{Filter, resize};

/// A measure over a fixed list of frames.
pub trait Similarity: std::fmt::Debug {
    /// How many frames there are.
    fn len(&self) -> usize;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Similarity of two frames, at most 1 (the same); symmetric.
    fn similarity(&self, a: usize, b: usize) -> f64;
}

/// Side lengths of the small pictures.
pub const SMALL: (u32, u32) = (16, 9);

/// Frames as small pictures. The similarity is 1 minus four times the mean absolute difference of their values on
/// a scale of 0 to 1, so that 0.9 stands for a change of 2.5 % of the whole range, a small object's worth.
#[derive(Debug, Clone, Default)]
pub struct Thumbnails(Vec<Vec<u8>>);

impl Thumbnails {
    /// Shrinks frames of any size.
    #[must_use]
    pub fn new(frames: &[Frame]) -> Self {
        Self(frames.iter().map(|f| resize(f, SMALL.0, SMALL.1, Filter::Box).rgb).collect())
    }
}

impl Similarity for Thumbnails {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn similarity(&self, a: usize, b: usize) -> f64 {
        let (Some(a), Some(b)) = (self.0.get(a), self.0.get(b)) else { return 0.0 };
        let difference: u32 = a.iter().zip(b).map(|(x, y)| u32::from(x.abs_diff(*y))).sum();
        1.0 - 4.0 * f64::from(difference) / (255.0 * a.len().max(1) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_frames_are_alike_and_black_and_white_are_not() {
        let black = Frame::black(64, 36);
        let white = Frame { rgb: vec![255; black.rgb.len()], ..black.clone() };
        let pool = Thumbnails::new(&[black.clone(), black, white]);
        assert_eq!(pool.similarity(0, 1), 1.0);
        assert_eq!(pool.similarity(0, 2), -3.0);
        assert_eq!(pool.similarity(2, 1), pool.similarity(1, 2));
    }
}
