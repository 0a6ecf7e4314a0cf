//! What kernels alone cost: work that is repeated on the device between one upload and one result.
//!
//! Two calls that differ in how often they repeat differ in nothing but that, so their difference in time is the kernels'.
//! There are no clocks here: whoever asks has one.

use scrubjay_core::frame::Frame;
use scrubjay_core::perturb::{Perturbation, Work};

use crate::error::GpuError;
use crate::gpu::Gpu;
use crate::perturb::steps;
use crate::resize::one_size;
use crate::rows::Rows;

impl Gpu {
    /// Perturbs frames of one size `times` times over on the device; the frames here stay. Answers how many bytes the
    /// kernels read and write each time at least: each step's whole input and output.
    ///
    /// # Errors
    /// [`GpuError`]; [`GpuError::Input`] for frames of different sizes and for perturbations that change no pixels, and
    /// [`GpuError::TooLarge`] for more frames than go at once.
    pub async fn rehearse(
        &self,
        perturbation: &Perturbation,
        frames: &[Frame],
        times: usize,
    ) -> Result<u64, GpuError> {
        let size = one_size(frames)?;
        let works: Vec<Work> = (0..frames.len()).filter_map(|i| perturbation.work(i, size)).collect();
        let (steps, rows) = (steps(&works, size), Rows::new(size));
        let bytes = rows.bytes() * frames.len() as u64;
        self.run_times(bytes, |put| rows.pack(frames, put), (&steps, times), |_| ()).await?;
        // Every step reads what the one before it made.
        let read = std::iter::once(bytes).chain(steps.iter().map(|s| s.bytes));
        Ok(read.zip(&steps).map(|(read, step)| read + step.bytes).sum())
    }

    /// Copies bytes on the device `times` times over: what it can move. Answers how many bytes that reads and writes each
    /// time.
    ///
    /// # Errors
    /// [`GpuError`]; [`GpuError::TooLarge`] for more bytes than go at once.
    pub async fn rehearse_copy(&self, bytes: u64, times: usize) -> Result<u64, GpuError> {
        let bytes = bytes.next_multiple_of(4).max(4);
        self.copy_times(bytes, times).await?;
        Ok(2 * bytes)
    }
}
