//! Cutting clips into batches that a device takes at once, and the steps that resizing is made of.

use scrubjay_core::perturb::Rect;
use scrubjay_core::resample::{Filter, Taps};

use crate::error::GpuError;
use crate::gpu::{Gpu, Step};
use crate::kernel::{Kernel, Made};
use crate::layout::{ResampleAcross, ResampleDown};
use crate::rows::Rows;

/// Most frames of a batch: workgroups along the third axis.
const FRAMES: u64 = 65_535;

/// A kernel without constants.
pub(crate) fn plain(kernel: Kernel) -> Made {
    Made { kernel, constants: [None; 3] }
}

impl Step {
    /// A step that makes pictures, a thread for each unit.
    pub(crate) fn picture(made: Made, rows: Rows, count: u32, params: Vec<u8>) -> Self {
        let bytes = rows.bytes().saturating_mul(u64::from(count));
        Self { made, params, table: None, bytes, threads: [rows.units(), rows.height, count] }
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

/// Appends the steps that resize a part of each picture onto a part of a black one; none where nothing changes.
pub(crate) fn fit(
    steps: &mut Vec<Step>,
    (from_size, from): ((u32, u32), Rect),
    (to_size, to): ((u32, u32), Rect),
    filter: Filter,
    count: u32,
) {
    if from == Rect::whole(from_size) && to == from && to_size == from_size {
        return;
    }
    let (source, between, canvas) =
        (Rows::new(from_size), Rows::new((to.width, from.height)), Rows::new(to_size));
    let (weights, table) = weights(from.width, to.width, filter);
    let params = ResampleAcross {
        width: between.width,
        height: between.height,
        stride: between.stride,
        count: weights,
        src_stride: source.stride,
        src_height: source.height,
        left: from.left,
        top: from.top,
    };
    let made = plain(Kernel::ResampleAcross);
    steps.push(Step::picture(made, between, count, params.bytes()).with_table(table));
    let (weights, table) = self::weights(from.height, to.height, filter);
    let params = ResampleDown {
        width: canvas.width,
        height: canvas.height,
        stride: canvas.stride,
        count: weights,
        src_stride: between.stride,
        src_height: between.height,
        left: to.left,
        top: to.top,
        inner_width: to.width,
        inner_height: to.height,
    };
    let made = plain(Kernel::ResampleDown);
    steps.push(Step::picture(made, canvas, count, params.bytes()).with_table(table));
}

/// How many weights a place has, and the table of first places and weights. Where nothing changes each place is its own
/// with the whole weight, which rounding leaves as it is.
fn weights(input: u32, output: u32, filter: Filter) -> (u32, Vec<u8>) {
    let (mut first, mut weights): (Vec<i32>, Vec<i32>) = (Vec::new(), Vec::new());
    let taps = Taps::new(input, output, filter);
    match &taps {
        Some(taps) => {
            for (start, window) in taps.windows() {
                first.push(start as i32);
                weights.extend_from_slice(window);
            }
        }
        None => {
            first.extend((0..).take(output as usize));
            weights.resize(output as usize, 1 << 22);
        }
    }
    let table = first.iter().chain(&weights).flat_map(|n| n.to_le_bytes()).collect();
    (taps.map_or(1, |taps| taps.count() as u32), table)
}
