//! The pixel path on the GPU: one plain `.wgsl` file per kernel, a thin host for it, and a twin in core for
//! each, equal to it bit for bit.
//!
//! Core says what is done, in integers ([`scrubjay_core::perturb::Work`], weights of resizing, runs of shapes); kernels do
//! it. Pictures lie on the device as packed bytes, a row beginning with a word of its own, and a batch of frames of one
//! size is one dispatch. A device needs no more than what every WebGPU has: 128 MiB in a binding, no subgroups, no f16.
//!
//! Everything that waits is `async`, since browsers cannot block; elsewhere [`block_on`] waits.
//! [`work_or_cpu`] is what callers want: it gives core's result whatever happens to the device, and says why.

#![forbid(unsafe_code)]

mod batch;
mod error;
mod fallback;
mod fit;
mod gpu;
mod kernel;
#[allow(dead_code, reason = "the build alone compares the structures")]
mod layout;
mod open;
mod patches;
mod perturb;
mod pool;
mod rehearse;
mod resize;
mod rows;
mod shapes;
mod submit;
mod turn;
mod wait;
mod yuv;

pub use wgpu;

pub use self::error::GpuError;
pub use self::fallback::{Done, work_or_cpu};
pub use self::gpu::Gpu;
pub use self::open::Options;
pub use self::patches::Patches;
pub use self::rehearse::Rehearsed;
#[cfg(not(target_family = "wasm"))]
pub use self::wait::block_on;
