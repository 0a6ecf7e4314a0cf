//! Who does pixel work: a GPU that WebGPU gives, else core in this worker. The pixels are the same.

use scrubjay_core::item::PixelWork;
use scrubjay_shaders::{Done, Gpu, GpuError, Options, work_or_cpu};

use crate::wire;

/// A device once it was asked for, and who did the last puzzle's work.
#[derive(Debug, Default)]
pub(super) struct Hands {
    gpu: Option<(wire::Hands, Result<Gpu, GpuError>)>,
    by: String,
}

impl Hands {
    /// Comes by what is wanted, unless it is there.
    pub(super) async fn open(&mut self, wanted: wire::Hands) {
        self.by.clear();
        if self.gpu.as_ref().is_some_and(|(there, _)| *there == wanted) {
            return;
        }
        let gpu = match wanted {
            wire::Hands::Cpu => Err(GpuError::NoAdapter("the processor was asked for".to_owned())),
            _ => {
                let options = Options { software: wanted == wire::Hands::Gpu, ..Options::default() };
                Gpu::open(&options).await
            }
        };
        self.gpu = Some((wanted, gpu));
    }

    /// Does a piece of work.
    pub(super) async fn work(&mut self, work: PixelWork<'_>) {
        let Some((_, gpu)) = &mut self.gpu else {
            work.run();
            return;
        };
        match work_or_cpu(gpu.as_ref(), work).await {
            Done::Gpu => {
                // Why the processor had to help is not passed over.
                let name = gpu.as_ref().map(Gpu::name).unwrap_or_default();
                if self.by.is_empty() {
                    name.clone_into(&mut self.by);
                }
            }
            Done::Cpu(why) => {
                if !self.by.starts_with("processor") {
                    self.by = format!("processor: {why}");
                }
                // A device that is gone or hangs is not asked again; what other pictures may change is.
                if let GpuError::Lost(_) | GpuError::Late { .. } | GpuError::Refused(_) = why {
                    *gpu = Err(why);
                }
            }
        }
    }

    /// Who did the work since [`Self::open`]: an adapter's name, or `processor: why` where it did any of it; empty if there was
    /// none.
    pub(super) fn by(&self) -> &str {
        &self.by
    }
}
