//! Results whatever happens: core takes over where the GPU does not answer.

use scrubjay_core::item::PixelWork;

use crate::error::GpuError;
use crate::gpu::Gpu;

/// Who did the work. The result is the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    /// The device.
    Gpu,
    /// Core, for this reason.
    Cpu(GpuError),
}

/// Does a piece of an item's work on a device if there is one that can, else in core, in the same call. `gpu` is what
/// [`Gpu::open`] answered, so that a refused adapter is a reason like any other.
/// [`realize_with`](scrubjay_core::item::realize_with) makes an item of such pieces.
pub async fn work_or_cpu(gpu: Result<&Gpu, &GpuError>, mut work: PixelWork<'_>) -> Done {
    let result = match (gpu, &mut work) {
        (Err(error), _) => Err(error.clone()),
        (Ok(gpu), PixelWork::Perturb { perturbation, pictures }) => gpu.perturb(perturbation, pictures).await,
        (Ok(gpu), PixelWork::Draw { shapes, pictures }) => gpu.shapes(shapes, pictures).await,
    };
    match result {
        Ok(()) => Done::Gpu,
        Err(error) => {
            // The pictures are as they were.
            work.run();
            Done::Cpu(error)
        }
    }
}
