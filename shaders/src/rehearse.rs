//! What kernels alone cost: work that is repeated on the device, without upload and result.
//!
//! Two calls that differ in how often they repeat differ in nothing but that, so their difference in time is the kernels'.
//! There are no clocks here: whoever asks has one.

use scrubjay_core::perturb::{Perturbation, Work};
use scrubjay_core::resample::Filter;
use scrubjay_core::yuv::{Format, Matrix, Range, Weights};

use crate::error::GpuError;
use crate::fit;
use crate::gpu::{Gpu, Step};
use crate::patches::{self, Patches};
use crate::perturb::{quarter_turn, steps};
use crate::rows::Rows;
use crate::yuv::Packed;

/// Work that can be rehearsed, on pictures of any content.
#[derive(Debug, Clone, Copy)]
pub enum Rehearsed<'a> {
    /// A perturbation that changes pixels.
    Perturb(&'a Perturbation),
    /// A quarter turn.
    Turn,
    /// RGB of decoded pictures.
    Yuv(Format),
    /// Resizing to this width and height.
    Resize((u32, u32), Filter),
    /// Patches, without resizing before.
    Patches(&'a Patches),
}

impl Rehearsed<'_> {
    /// Bytes of one picture before the first step, and the steps for so many.
    fn steps(self, size: (u32, u32), count: u32) -> Result<(u64, Vec<Step>), GpuError> {
        let rows = Rows::new(size);
        let steps = match self {
            Self::Perturb(perturbation) => {
                let works: Vec<Work> =
                    (0..count as usize).filter_map(|i| perturbation.work(i, size)).collect();
                steps(&works, size)
            }
            Self::Turn => vec![quarter_turn(rows, Rows::new((size.1, size.0)), false, count)],
            Self::Yuv(format) => {
                let packed = Packed::new(format, size);
                let step = packed.step(rows, &Weights::new(Matrix::Bt601, Range::Limited), count);
                return Ok((packed.bytes(), vec![step]));
            }
            Self::Resize(to, filter) => fit::whole(size, to, filter, count),
            Self::Patches(layout) => patches::steps(size, size, Filter::Box, layout)?(count),
        };
        Ok((rows.bytes(), steps))
    }
}

impl Gpu {
    /// How many pictures of a size go at once.
    ///
    /// # Errors
    /// [`GpuError`] where it is none.
    pub fn rehearsed_at_once(&self, work: Rehearsed<'_>, size: (u32, u32)) -> Result<u32, GpuError> {
        let (bytes, steps) = work.steps(size, 1)?;
        self.at_once(bytes, &steps).map(|count| count as u32)
    }

    /// Does the work of `count` pictures `times` times over on the device. Answers how many bytes of pictures the kernels must
    /// read and write each time.
    ///
    /// # Errors
    /// [`GpuError`]; [`GpuError::Input`] for work that changes no pixels, and [`GpuError::TooLarge`] for more pictures than go
    /// at once.
    pub async fn rehearse(
        &self,
        work: Rehearsed<'_>,
        (size, count): ((u32, u32), u32),
        times: usize,
    ) -> Result<u64, GpuError> {
        let (bytes, steps) = work.steps(size, count)?;
        self.repeat(bytes.saturating_mul(u64::from(count)), &steps, times).await?;
        Ok(steps.iter().map(|step| step.reads + step.bytes).sum())
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
