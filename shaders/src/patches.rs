//! Frames as a vision tower reads them: resized, cut into patches, every byte replaced by its value.

use scrubjay_core::frame::Frame;
use scrubjay_core::resample::Filter;

use crate::batch::FRAMES;
use crate::error::GpuError;
use crate::fit;
use crate::gpu::{Gpu, Step};
use crate::kernel::{Kernel, Made};
use crate::layout;
use crate::resize::one_size;
use crate::rows::Rows;

/// How a model wants its pictures.
#[derive(Debug, Clone, PartialEq)]
pub struct Patches {
    /// Pixels along a patch's side.
    pub patch: u32,
    /// Patches along the side of a group, which becomes one token.
    pub merge: u32,
    /// Frames of a patch.
    pub span: u32,
    /// The value of every byte by channel, which is copied bit by bit.
    pub values: Box<[[f32; 256]; 3]>,
}

impl Patches {
    /// Bytes of a temporal patch's values; `None` where pictures of this size do not split into whole groups.
    fn bytes(&self, (width, height): (u32, u32)) -> Option<u64> {
        let side = self.patch.checked_mul(self.merge).filter(|s| *s > 0)?;
        let whole = self.span > 0 && width.is_multiple_of(side) && height.is_multiple_of(side);
        let samples =
            u64::from(width).checked_mul(u64::from(height))?.checked_mul(3 * u64::from(self.span))?;
        if whole { samples.checked_mul(4) } else { None }
    }

    fn step(&self, size: (u32, u32), frames: u32, bytes: u64) -> Step {
        let rows = Rows::new(size);
        let Rows { width, height, stride } = rows;
        let times = frames.div_ceil(self.span);
        let values = 3_u32.saturating_mul(self.span).saturating_mul(self.patch.saturating_mul(self.patch));
        let patches = (width / self.patch).saturating_mul(height / self.patch);
        let table = self.values.as_flattened().iter().flat_map(|v| v.to_bits().to_le_bytes()).collect();
        Step {
            made: Made {
                kernel: Kernel::Patchify,
                constants: [
                    Some((layout::Patchify::PATCH, self.patch)),
                    Some((layout::Patchify::MERGE, self.merge)),
                    Some((layout::Patchify::SPAN, self.span)),
                ],
            },
            params: layout::Patchify { width, height, stride, frames }.bytes(),
            table: Some(table),
            bytes: bytes.saturating_mul(u64::from(times)),
            reads: rows.bytes().saturating_mul(u64::from(frames)),
            threads: [values, patches, times],
        }
    }
}

/// The steps for so many frames of one size.
pub(crate) fn steps(
    size: (u32, u32),
    to: (u32, u32),
    filter: Filter,
    layout: &Patches,
) -> Result<impl Fn(u32) -> Vec<Step>, GpuError> {
    let each = layout.bytes(to).ok_or_else(|| {
        GpuError::Input(format!(
            "a picture of {}x{} does not split into {merge} x {merge} groups of patches of {} pixels",
            to.0,
            to.1,
            layout.patch,
            merge = layout.merge
        ))
    })?;
    Ok(move |count| {
        let mut steps = fit::whole(size, to, filter, count);
        steps.push(layout.step(to, count, each));
        steps
    })
}

impl Gpu {
    /// Frames of one size, resized to `to` (width and height) where that differs, as rows of patches in the order of the
    /// model's `Visual`: by time, then by groups, then by the patches of a group; a row goes by channel, frame, row and
    /// column. The last frame is repeated to fill the last temporal patch.
    ///
    /// # Errors
    /// [`GpuError`]; [`GpuError::Input`] for no frames, frames of different sizes, and a size that does not split into
    /// whole groups of patches.
    pub async fn patches(
        &self,
        frames: &[Frame],
        to: (u32, u32),
        filter: Filter,
        layout: &Patches,
    ) -> Result<Vec<f32>, GpuError> {
        let size = one_size(frames)?;
        let rows = Rows::new(size);
        let steps = steps(size, (to.0.max(1), to.1.max(1)), filter, layout)?;
        // Temporal patches are not cut in two.
        let span = u64::from(layout.span);
        let times = self.at_once(rows.bytes().saturating_mul(span), &steps(layout.span))?;
        let times = times.min((FRAMES / span).max(1) as usize);
        let mut out = Vec::new();
        for batch in frames.chunks(times.saturating_mul(layout.span as usize)) {
            let bytes = rows.bytes() * batch.len() as u64;
            let append = |bytes: &[u8]| {
                out.extend(bytes.as_chunks().0.iter().map(|b| f32::from_bits(u32::from_le_bytes(*b))));
            };
            self.run(bytes, |put| rows.pack(batch, put), &steps(batch.len() as u32), append).await?;
        }
        Ok(out)
    }
}
