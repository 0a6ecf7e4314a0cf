//! Results whatever happens: core takes over where the GPU does not answer.

use scrubjay_core::frame::Frame;
use scrubjay_core::item::PixelWork;
use scrubjay_core::perturb::Perturbation;

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

/// Perturbs a segment on a device if there is one that can, else in core, in the same call. `gpu` is what
/// [`Gpu::open`] answered, so that a refused adapter is a reason like any other.
pub async fn perturb_or_cpu(
    gpu: Result<&Gpu, &GpuError>,
    perturbation: &Perturbation,
    segment: &mut [Frame],
) -> Done {
    let result = match gpu {
        Ok(gpu) => gpu.perturb(perturbation, segment).await,
        Err(error) => Err(error.clone()),
    };
    match result {
        Ok(()) => Done::Gpu,
        Err(error) => {
            perturbation.apply(segment);
            Done::Cpu(error)
        }
    }
}

/// As [`perturb_or_cpu`], for any piece of an item's pixel work.
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
