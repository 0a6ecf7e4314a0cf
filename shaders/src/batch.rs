//! Cutting clips into batches that a device takes at once.

use crate::error::GpuError;
use crate::gpu::{Gpu, Step};
use crate::kernel::{Kernel, Made};
use crate::rows::Rows;

/// Most frames of a batch: workgroups along the third axis.
pub(crate) const FRAMES: u64 = 65_535;

/// A kernel without constants.
pub(crate) fn plain(kernel: Kernel) -> Made {
    Made { kernel, constants: [None; 3] }
}

impl Step {
    /// A step that makes pictures of others of their size, a thread for each unit.
    pub(crate) fn picture(made: Made, rows: Rows, count: u32, params: Vec<u8>) -> Self {
        let bytes = rows.bytes().saturating_mul(u64::from(count));
        Self { made, params, table: None, bytes, reads: bytes, threads: [rows.units(), rows.height, count] }
    }

    /// The same, reading so many bytes.
    pub(crate) fn of(self, reads: u64) -> Self {
        Self { reads, ..self }
    }

    pub(crate) fn with_table(self, table: Vec<u8>) -> Self {
        Self { table: Some(table), ..self }
    }
}

impl Gpu {
    /// How many frames go at once: `steps` are those of one, which is `bytes` bytes before them.
    pub(crate) fn at_once(&self, bytes: u64, steps: &[Step]) -> Result<usize, GpuError> {
        let needed = steps.iter().map(|s| s.bytes).max().unwrap_or(0).max(bytes);
        match (self.most() / needed.max(1)).min(FRAMES) {
            0 => Err(GpuError::TooLarge { needed, most: self.most() }),
            frames => Ok(frames as usize),
        }
    }
}
