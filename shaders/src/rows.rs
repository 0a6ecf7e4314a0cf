//! How pictures lie on the device: packed RGB, every row filled up to whole units of four pixels, which are three words.

use scrubjay_core::frame::Frame;

/// Pixels of a unit, which one thread makes.
const UNIT: u32 = 4;

/// Pictures of one size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rows {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Words of a row.
    pub(crate) stride: u32,
}

impl Rows {
    pub(crate) fn new((width, height): (u32, u32)) -> Self {
        Self { width, height, stride: width.div_ceil(UNIT).saturating_mul(3) }
    }

    /// Units of a row.
    pub(crate) fn units(self) -> u32 {
        self.stride / 3
    }

    /// Bytes of one picture.
    pub(crate) fn bytes(self) -> u64 {
        u64::from(self.stride).saturating_mul(4).saturating_mul(u64::from(self.height))
    }

    fn row(self) -> (usize, usize) {
        (self.width as usize * 3, self.stride as usize * 4)
    }

    /// Gives `put` the pieces of pictures and where they go; what is between them does not matter.
    pub(crate) fn pack(self, frames: &[Frame], mut put: impl FnMut(usize, &[u8])) {
        let (row, padded) = self.row();
        for (i, frame) in frames.iter().enumerate() {
            let start = i * self.bytes() as usize;
            if row == padded {
                put(start, &frame.rgb);
            } else {
                for (y, line) in frame.rgb.chunks_exact(row.max(1)).enumerate() {
                    put(start + y * padded, line);
                }
            }
        }
    }

    /// Takes pictures from bytes as the device has them.
    pub(crate) fn unpack(self, bytes: &[u8]) -> Vec<Frame> {
        let (row, padded) = self.row();
        let picture = |bytes: &[u8]| {
            let rgb = if row == padded {
                bytes.to_vec()
            } else {
                bytes.chunks_exact(padded.max(1)).flat_map(|line| line.iter().take(row)).copied().collect()
            };
            Frame { width: self.width, height: self.height, rgb }
        };
        bytes.chunks_exact(self.bytes().max(1) as usize).map(picture).collect()
    }
}

/// Whether a frame has the bytes of its size, and at least one.
pub(crate) fn has_pixels(frame: &Frame) -> bool {
    let bytes = u64::from(frame.width).saturating_mul(u64::from(frame.height)).saturating_mul(3);
    bytes != 0 && frame.rgb.len() as u64 == bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_back() {
        for size in [(1, 1), (3, 2), (4, 3), (5, 1), (8, 2)] {
            let rows = Rows::new(size);
            let frame = |k: u32| Frame {
                width: size.0,
                height: size.1,
                rgb: (0..size.0 * size.1 * 3).map(|i| (i * 7 + k) as u8).collect(),
            };
            let frames = vec![frame(1), frame(90)];
            let mut bytes = vec![0xaa; rows.bytes() as usize * 2];
            rows.pack(&frames, |at, piece| bytes[at..at + piece.len()].copy_from_slice(piece));
            assert_eq!(rows.unpack(&bytes), frames, "{size:?}");
        }
    }
}
