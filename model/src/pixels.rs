//! Pictures as the vision tower reads them: rows of normalized patches.

use scrubjay_core::frame::Frame;
use scrubjay_core::resample::{Filter, resize};

use crate::settings::Settings;

/// What a [`Visual`] was made of; text marks the two differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One picture.
    Image,
    /// Frames with times.
    Clip,
}

/// Patches along time, height and width.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid {
    /// Temporal patches; 1 for an image.
    pub t: usize,
    /// Patch rows.
    pub h: usize,
    /// Patch columns.
    pub w: usize,
}

impl Grid {
    /// Number of patches.
    #[must_use]
    pub fn patches(self) -> usize {
        self.t * self.h * self.w
    }
}

/// An image or a clip, cut into patches.
#[derive(Debug, Clone, PartialEq)]
pub struct Visual {
    /// Which of the two.
    pub kind: Kind,
    /// `grid.patches()` rows of channel x frame x row x column values. Rows go by time, then by groups of
    /// `merge` x `merge` patches from the upper left, then by the patches of a group: those that become one token
    /// are neighbours.
    pub patches: Vec<f32>,
    /// How the rows lie.
    pub grid: Grid,
}

/// Why pictures cannot be cut into patches.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PixelsError {
    /// Nothing to show.
    #[error("a clip has no frames")]
    Empty,
    /// The pictures do not split into whole groups of patches.
    #[error(
        "a picture of {width}x{height} does not split into {merge} x {merge} groups of patches of {patch} pixels"
    )]
    Size {
        /// Picture width.
        width: u32,
        /// Picture height.
        height: u32,
        /// Patch side.
        patch: usize,
        /// Patches per side of a group.
        merge: usize,
    },
    /// A frame is not like the first, or does not have the bytes of its size.
    #[error("frame {index} is not a picture of {width}x{height} like the first")]
    Uneven {
        /// Which frame, from 0.
        index: usize,
        /// Width of the first.
        width: u32,
        /// Height of the first.
        height: u32,
    },
    /// The size rule has no size for such pictures.
    #[error(
        "{frames} picture(s) of {width}x{height} have no size: one side may be 200 times the other, and a clip \
         has at least 2 frames"
    )]
    NoFit {
        /// Number of frames.
        frames: usize,
        /// Width.
        width: u32,
        /// Height.
        height: u32,
    },
}

impl Visual {
    /// An image, as one temporal patch in which it stands for every frame.
    ///
    /// # Errors
    /// [`PixelsError`] unless it splits into whole groups of patches; see [`fit_image`].
    pub fn image(frame: &Frame, settings: &Settings) -> Result<Self, PixelsError> {
        Self::new(Kind::Image, std::slice::from_ref(frame), settings)
    }

    /// A clip. The last frame is repeated to fill the last temporal patch.
    ///
    /// # Errors
    /// [`PixelsError`] for no frames, frames of different sizes, and sizes that do not split into whole groups of
    /// patches; see [`fit_clip`].
    pub fn clip(frames: &[Frame], settings: &Settings) -> Result<Self, PixelsError> {
        Self::new(Kind::Clip, frames, settings)
    }

    fn new(kind: Kind, frames: &[Frame], settings: &Settings) -> Result<Self, PixelsError> {
        let (width, height) = one_size(frames)?;
        let [patch, merge, span] =
            [settings.patch, settings.merge, settings.temporal_patch].map(|n| n.max(1));
        let side = patch.saturating_mul(merge);
        let whole = |n: u32| n > 0 && (n as usize).is_multiple_of(side);
        if !whole(width) || !whole(height) {
            return Err(PixelsError::Size { width, height, patch, merge });
        }
        let (t, h, w) = (frames.len().div_ceil(span), height as usize / patch, width as usize / patch);
        let grid = Grid { t, h, w };
        let mut patches = Vec::with_capacity(grid.patches() * 3 * span * patch * patch);
        let tables = tables(settings);
        for frames in frames.chunks(span) {
            let last = frames.last().ok_or(PixelsError::Empty)?;
            let filled: Vec<&Frame> = (0..span).map(|i| frames.get(i).unwrap_or(last)).collect();
            append(&filled, (patch, merge), &tables, &mut patches);
        }
        Ok(Self { kind, patches, grid })
    }
}

/// The size of all frames.
fn one_size(frames: &[Frame]) -> Result<(u32, u32), PixelsError> {
    let Frame { width, height, .. } = *frames.first().ok_or(PixelsError::Empty)?;
    let bytes = u64::from(width) * u64::from(height) * 3;
    let odd = |f: &Frame| (f.width, f.height) != (width, height) || f.rgb.len() as u64 != bytes;
    match frames.iter().position(odd) {
        Some(index) => Err(PixelsError::Uneven { index, width, height }),
        None => Ok((width, height)),
    }
}

/// The value of every byte, by channel. Scaling and centring are one step, as `transformers` does it:
/// (x - mean / rescale) / (std / rescale) in single precision.
#[must_use]
pub fn tables(settings: &Settings) -> [[f32; 256]; 3] {
    let mut tables = [[0.0; 256]; 3];
    for ((table, mean), std) in tables.iter_mut().zip(settings.mean).zip(settings.std) {
        let scaled = |x: f32| (f64::from(x) / settings.rescale) as f32;
        let (mean, std) = (scaled(mean), scaled(std));
        for (value, byte) in table.iter_mut().zip(0_u8..=255) {
            *value = (f32::from(byte) - mean) / std;
        }
    }
    tables
}

/// Appends the rows of one temporal patch.
fn append(frames: &[&Frame], (patch, merge): (usize, usize), tables: &[[f32; 256]; 3], out: &mut Vec<f32>) {
    let Some(first) = frames.first() else { return };
    let (width, height) = (first.width as usize, first.height as usize);
    let group = patch * merge;
    for top in (0..height).step_by(group) {
        for left in (0..width).step_by(group) {
            for inner in 0..merge * merge {
                let (y0, x0) = (top + inner / merge * patch, left + inner % merge * patch);
                for (channel, table) in tables.iter().enumerate() {
                    for frame in frames {
                        for y in y0..y0 + patch {
                            let start = (y * width + x0) * 3;
                            let row = frame.rgb.get(start..start + patch * 3).unwrap_or_default();
                            out.extend(row.chunks_exact(3).map(|p| table[usize::from(p[channel])]));
                        }
                    }
                }
            }
        }
    }
}

/// An image at the size that the model's rule gives it, resized where it differs.
///
/// # Errors
/// [`PixelsError::NoFit`] where one side is more than 200 times the other.
pub fn fit_image(frame: Frame, settings: &Settings) -> Result<Frame, PixelsError> {
    let (width, height) = one_size(std::slice::from_ref(&frame))?;
    let size = settings.image_size(height, width).ok_or(PixelsError::NoFit { frames: 1, width, height })?;
    Ok(fitted(frame, size))
}

/// The frames of a clip at the size that the model's rule gives them, resized where it differs.
///
/// # Errors
/// [`PixelsError`] for no frames, frames of different sizes, fewer than two frames, and where one side is more than
/// 200 times the other.
pub fn fit_clip(frames: Vec<Frame>, settings: &Settings) -> Result<Vec<Frame>, PixelsError> {
    let (width, height) = one_size(&frames)?;
    let none = PixelsError::NoFit { frames: frames.len(), width, height };
    let count = u32::try_from(frames.len()).map_err(|_| none.clone())?;
    let size = settings.clip_size(count, height, width).ok_or(none)?;
    Ok(frames.into_iter().map(|frame| fitted(frame, size)).collect())
}

/// A picture at a height and width, resized as the processor does where it has others.
#[must_use]
pub fn fitted(frame: Frame, (height, width): (u32, u32)) -> Frame {
    if (frame.width, frame.height) == (width, height) {
        return frame;
    }
    resize(&frame, width, height, Filter::Bicubic)
}
