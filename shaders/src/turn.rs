//! Quarter turns at the size that they give.

use scrubjay_core::frame::Frame;

use crate::error::GpuError;
use crate::gpu::Gpu;
use crate::perturb::quarter_turn;
use crate::resize::one_size;
use crate::rows::Rows;

impl Gpu {
    /// Frames of one size turned by a quarter, clockwise or back, as [`Frame::quarter_turn`] and
    /// [`Frame::quarter_turn_back`] turn them.
    ///
    /// # Errors
    /// [`GpuError`]; [`GpuError::Input`] for no frames, frames without pixels and frames of different sizes.
    pub async fn turn(&self, frames: &[Frame], back: bool) -> Result<Vec<Frame>, GpuError> {
        let (width, height) = one_size(frames)?;
        let (from, to) = (Rows::new((width, height)), Rows::new((height, width)));
        let most = self.at_once(from.bytes(), &[quarter_turn(from, to, back, 1)])?;
        let mut out = Vec::with_capacity(frames.len());
        for batch in frames.chunks(most) {
            let bytes = from.bytes() * batch.len() as u64;
            let step = quarter_turn(from, to, back, batch.len() as u32);
            out.extend(self.run(bytes, |put| from.pack(batch, put), &[step], |b| to.unpack(b)).await?);
        }
        Ok(out)
    }
}
