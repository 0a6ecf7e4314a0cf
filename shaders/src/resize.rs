//! Resizing frames.

use scrubjay_core::frame::Frame;
use scrubjay_core::resample::Filter;

use crate::error::GpuError;
use crate::fit;
use crate::gpu::Gpu;
use crate::rows::{Rows, has_pixels};

/// The size that all frames have.
pub(crate) fn one_size(frames: &[Frame]) -> Result<(u32, u32), GpuError> {
    let Some(first) = frames.first() else { return Err(GpuError::Input("there are no frames".to_owned())) };
    let size = (first.width, first.height);
    match frames.iter().position(|f| (f.width, f.height) != size || !has_pixels(f)) {
        Some(i) => Err(GpuError::Input(format!(
            "frame {i} ({}x{}, {} bytes) is not a picture of {}x{} like the first",
            frames[i].width,
            frames[i].height,
            frames[i].rgb.len(),
            size.0,
            size.1
        ))),
        None => Ok(size),
    }
}

impl Gpu {
    /// Resizes frames of one size to `width` × `height` pixels (both at least 1), to the bytes of
    /// [`scrubjay_core::resample::resize`].
    ///
    /// # Errors
    /// [`GpuError`]; [`GpuError::Input`] for no frames, frames without pixels and frames of different sizes.
    pub async fn resize(
        &self,
        frames: &[Frame],
        (width, height): (u32, u32),
        filter: Filter,
    ) -> Result<Vec<Frame>, GpuError> {
        let size = one_size(frames)?;
        let to = (width.max(1), height.max(1));
        if to == size {
            return Ok(frames.to_vec());
        }
        let steps = |count| fit::whole(size, to, filter, count);
        let (rows, made) = (Rows::new(size), Rows::new(to));
        let most = self.at_once(rows.bytes(), &steps(1))?;
        let mut out = Vec::with_capacity(frames.len());
        for batch in frames.chunks(most) {
            let bytes = rows.bytes() * batch.len() as u64;
            let steps = steps(batch.len() as u32);
            out.extend(self.run(bytes, |put| rows.pack(batch, put), &steps, |b| made.unpack(b)).await?);
        }
        Ok(out)
    }
}
