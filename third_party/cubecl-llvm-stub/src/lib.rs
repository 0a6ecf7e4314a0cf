//! Stands in for `cubecl-llvm`, CubeCL's route from kernels through LLVM to PTX.
//!
//! `cubecl-cuda` depends on that crate whatever its features, and its build script downloads a bundle of LLVM
//! from a place that is no package registry. Scrubjay compiles CUDA kernels through CUDA C++ and NVRTC (feature
//! `cuda-cpp` of `cubecl`), so the LLVM route is never taken. This crate declares the names that `cubecl-cuda`
//! 0.11.3 mentions; its compiler refuses every kernel and says how to build.
//!
//! It serves neither the `cpu` nor the `hip` runtime of CubeCL. Drop it with the `[patch.crates-io]` line in the
//! workspace's manifest once CubeCL makes LLVM optional.

use core::convert::Infallible;

use cubecl_core::ir::nvidia::SmArch;
use cubecl_core::prelude::KernelDefinition;
use cubecl_environment::backtrace::BackTrace;
use cubecl_runtime::compiler::{CompilationError, Compiler};
use cubecl_runtime::kernel::BufferIOAttr;

use crate::nvptx::ptx_version::PtxVersion;

/// Why nothing is compiled here, and what to do.
pub const REFUSAL: &str = "this build has no LLVM: it compiles kernels through CUDA C++ and NVRTC, \
    but the LLVM route was asked for; build with the feature `cuda-cpp` of the crate `cubecl`";

/// What NVIDIA's devices would be told.
pub mod nvptx {
    /// Versions of PTX, the assembly that the driver loads.
    pub mod ptx_version {
        use core::convert::Infallible;
        use core::fmt;

        /// A version of PTX. There is none, since no PTX is written here.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct PtxVersion(Infallible);

        impl PtxVersion {
            /// `None` for every driver (CUDA 13.0 is 13000).
            #[must_use]
            pub fn for_driver(_driver: i32) -> Option<Self> {
                None
            }
        }

        impl fmt::Display for PtxVersion {
            fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.0 {}
            }
        }
    }
}

/// What is known of devices.
pub mod shared {
    /// What a device may be said to do.
    pub mod lowered_features {
        use cubecl_core::ir::DeviceProperties;

        /// A kind of GPU.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum GpuTarget {
            /// NVIDIA's.
            Nvptx,
        }

        /// Takes away what the LLVM route cannot do. Nothing is left to take away: it compiles no kernel at all,
        /// and the route through CUDA C++ does not ask.
        pub fn restrict_features(_properties: &mut DeviceProperties, _target: GpuTarget) {}
    }
}

/// A kind of machine to compile for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LlvmTarget {
    /// NVIDIA's GPUs.
    #[default]
    Nvptx,
}

/// A compiler that refuses every kernel.
#[derive(Clone, Debug, Default)]
pub struct PlironCompiler {
    /// Whom it would compile for.
    pub target: LlvmTarget,
}

/// How a kernel would be compiled.
#[derive(Clone, Debug, Default)]
pub struct PlironOptions {
    /// AMD's architecture: none is known here.
    pub arch: Option<Infallible>,
    /// NVIDIA's architecture.
    pub sm_arch: Option<SmArch>,
    /// The version of PTX to write.
    pub ptx_version: Option<PtxVersion>,
    /// Whether scalars come with a kernel's parameters.
    pub grid_constants: bool,
}

/// A compiled kernel as PTX. None is ever made.
#[derive(Clone, Debug)]
pub struct NvptxModule {
    /// Assembly, ended by a zero byte.
    pub ptx: Vec<core::ffi::c_char>,
    /// The function to launch.
    pub entrypoint: String,
    /// The text of the kernel, for logs.
    pub ir: String,
    /// Bytes of shared memory per launch.
    pub shared_memory_size: usize,
    /// How each buffer is used, in the order of bindings.
    pub io: Vec<BufferIOAttr>,
    /// Keeps this from being made.
    never: Infallible,
}

/// A compiled kernel. None is ever made.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum PlironArtifact {
    /// For NVIDIA's GPUs.
    NvptxCode(NvptxModule),
}

impl core::fmt::Display for PlironArtifact {
    fn fmt(&self, _: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self::NvptxCode(module) = self;
        match module.never {}
    }
}

impl Compiler for PlironCompiler {
    type Representation = PlironArtifact;
    type CompilationOptions = PlironOptions;

    fn buffer_io(artifact: &Self::Representation) -> Option<Vec<BufferIOAttr>> {
        let PlironArtifact::NvptxCode(module) = artifact;
        match module.never {}
    }

    fn compile(
        &mut self,
        _kernel: KernelDefinition,
        _options: &Self::CompilationOptions,
    ) -> Result<Self::Representation, CompilationError> {
        Err(CompilationError::Generic { reason: REFUSAL.to_owned(), backtrace: BackTrace::capture() })
    }

    fn extension(&self) -> &'static str {
        "none"
    }

    fn lang_tag(&self) -> &'static str {
        "none"
    }
}
