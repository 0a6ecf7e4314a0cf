//! YUV to RGB, in integers: frames as video decoders and WebCodecs' `VideoFrame.copyTo` give them.
//!
//! The equations are ITU-T H.273's for 8 bits ("non-constant luminance" for BT.2020), with weights of 16 fractional bits
//! ([`Weights`]): the sum is exact, a half is rounded up, and what lies outside of a byte becomes 0 or 255.
//! A byte is so within 0.51 of the real equations.
//!
//! Chroma is taken from the nearest sample on the grid, whatever its siting: pixel (x, y) of 4:2:0 takes sample
//! (⌊x/2⌋, ⌊y/2⌋). Nothing is interpolated, and colours stay in the video's own primaries and transfer.

mod convert;
mod weights;

use crate::frame::Frame;

pub use self::weights::{Matrix, Range, Weights};

/// How samples of 8 bits lie in planes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Y, U and V; chroma of half the width and height, rounded up.
    I420,
    /// Y, U and V; chroma of half the width, rounded up.
    I422,
    /// Y, U and V of one size.
    I444,
    /// Y, and U and V by turns; chroma of half the width and height, rounded up.
    Nv12,
}

impl Format {
    /// By the name that WebCodecs' `VideoPixelFormat` has for it.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "I420" => Some(Self::I420),
            "I422" => Some(Self::I422),
            "I444" => Some(Self::I444),
            "NV12" => Some(Self::Nv12),
            _ => None,
        }
    }

    /// Number of planes.
    #[must_use]
    pub fn planes(self) -> usize {
        if self == Self::Nv12 { 2 } else { 3 }
    }

    /// By how many bits places across and down are shifted to find their chroma.
    #[must_use]
    pub fn shifts(self) -> (u32, u32) {
        match self {
            Self::I420 | Self::Nv12 => (1, 1),
            Self::I422 => (1, 0),
            Self::I444 => (0, 0),
        }
    }

    /// Bytes of a row and number of rows of a plane, for a picture of this size.
    #[must_use]
    pub fn extent(self, plane: usize, (width, height): (u32, u32)) -> (u64, u32) {
        if plane == 0 {
            return (u64::from(width), height);
        }
        let (across, down) = self.shifts();
        let samples = u64::from(width.div_ceil(1 << across));
        (if self == Self::Nv12 { 2 * samples } else { samples }, height.div_ceil(1 << down))
    }
}

/// Rows of samples.
#[derive(Debug, Clone, Copy)]
pub struct Plane<'a> {
    /// The bytes from the first visible sample on; those behind the last are not looked at.
    pub bytes: &'a [u8],
    /// Bytes from a row to the next.
    pub stride: usize,
}

impl<'a> Plane<'a> {
    /// A plane that begins at a byte of a buffer. Where the buffer has no such byte the plane is empty, which
    /// [`Planes::check`] tells.
    #[must_use]
    pub fn at(buffer: &'a [u8], offset: usize, stride: usize) -> Self {
        Self { bytes: buffer.get(offset..).unwrap_or_default(), stride }
    }
}

/// A picture in planes.
#[derive(Debug, Clone, Copy)]
pub struct Planes<'a> {
    /// How they lie.
    pub format: Format,
    /// Visible pixels across.
    pub width: u32,
    /// Visible pixels down.
    pub height: u32,
    /// As many as the format has, in its order.
    pub planes: &'a [Plane<'a>],
}

/// Why planes are no picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum YuvError {
    /// A side has no pixels.
    #[error("a picture of {width}x{height} has no pixels")]
    Empty {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
    },
    /// The number of planes is not the format's.
    #[error("{format:?} has {expected} planes and not {found}")]
    Count {
        /// The format.
        format: Format,
        /// Planes that it has.
        expected: usize,
        /// Planes that were given.
        found: usize,
    },
    /// Rows would overlap.
    #[error("rows of plane {plane} begin {stride} bytes apart and are {least} bytes long")]
    Stride {
        /// The plane, from 0.
        plane: usize,
        /// Bytes from a row to the next.
        stride: usize,
        /// Bytes of a row.
        least: u64,
    },
    /// There are too few bytes.
    #[error("plane {plane} has {found} bytes of at least {least}")]
    Short {
        /// The plane, from 0.
        plane: usize,
        /// Bytes that were given.
        found: usize,
        /// Bytes up to the end of its last row.
        least: u64,
    },
    /// The picture does not fit into memory.
    #[error("a picture of {width}x{height} does not fit into memory")]
    Memory {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
    },
}

impl Planes<'_> {
    /// Whether there is a picture in the planes.
    ///
    /// # Errors
    /// [`YuvError`] for what is missing.
    pub fn check(&self) -> Result<(), YuvError> {
        let Self { format, width, height, planes } = *self;
        if width == 0 || height == 0 {
            return Err(YuvError::Empty { width, height });
        }
        if planes.len() != format.planes() {
            return Err(YuvError::Count { format, expected: format.planes(), found: planes.len() });
        }
        for (plane, Plane { bytes, stride }) in planes.iter().enumerate() {
            let (row, rows) = format.extent(plane, (width, height));
            if (*stride as u64) < row {
                return Err(YuvError::Stride { plane, stride: *stride, least: row });
            }
            let least = (*stride as u64).saturating_mul(u64::from(rows - 1)).saturating_add(row);
            if (bytes.len() as u64) < least {
                return Err(YuvError::Short { plane, found: bytes.len(), least });
            }
        }
        Ok(())
    }

    /// The visible bytes of a plane, row by row; none where [`Planes::check`] finds fault.
    pub fn rows(&self, plane: usize) -> impl Iterator<Item = &[u8]> {
        let (row, rows) = self.format.extent(plane, (self.width, self.height));
        let Plane { bytes, stride } = self.planes.get(plane).copied().unwrap_or(Plane::at(&[], 0, 0));
        (0..rows as usize).map_while(move |y| bytes.get(y.checked_mul(stride)?..)?.get(..row as usize))
    }
}

/// The picture in RGB.
///
/// # Errors
/// [`YuvError`] where the planes are no picture of their size.
pub fn to_rgb(planes: &Planes<'_>, matrix: Matrix, range: Range) -> Result<Frame, YuvError> {
    planes.check()?;
    let Planes { width, height, .. } = *planes;
    let memory = YuvError::Memory { width, height };
    let bytes = (width as usize).checked_mul(height as usize).and_then(|n| n.checked_mul(3)).ok_or(memory)?;
    let mut rgb = Vec::new();
    rgb.try_reserve_exact(bytes).map_err(|_| memory)?;
    rgb.resize(bytes, 0);
    convert::all(planes, &Weights::new(matrix, range), &mut rgb);
    Ok(Frame { width, height, rgb })
}

#[cfg(test)]
mod tests;
