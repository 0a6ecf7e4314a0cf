//! The kernels and their pipelines, which are compiled when first used.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

macro_rules! kernels {
    ($($name:ident = $file:literal),* $(,)?) => {
        /// A kernel by its file in `wgsl/`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Kernel { $($name),* }

        impl Kernel {
            /// All of them.
            #[cfg(test)]
            const ALL: &[Self] = &[$(Self::$name),*];

            fn name(self) -> &'static str {
                match self { $(Self::$name => $file),* }
            }

            fn source(self) -> &'static str {
                match self { $(Self::$name => include_str!(concat!("../wgsl/", $file, ".wgsl"))),* }
            }
        }
    };
}

kernels! {
    BlurAcross = "blur_across",
    BlurDown = "blur_down",
    ChannelSwap = "channel_swap",
    Grayscale = "grayscale",
    Invert = "invert",
    Noise = "noise",
    Patchify = "patchify",
    QuarterTurn = "quarter_turn",
    ResampleAcross = "resample_across",
    ResampleDown = "resample_down",
    Reverse = "reverse",
    Saturation = "saturation",
    Shapes = "shapes",
    Yuv = "yuv",
}

/// A kernel with values for its `override` constants, all of them whole numbers or truths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Made {
    pub(crate) kernel: Kernel,
    pub(crate) constants: [Option<(&'static str, u32)>; 3],
}

/// What was compiled.
#[derive(Debug, Default)]
pub(crate) struct Pipelines(Mutex<BTreeMap<Made, wgpu::ComputePipeline>>);

impl Pipelines {
    pub(crate) fn get(&self, device: &wgpu::Device, made: Made) -> wgpu::ComputePipeline {
        let mut ready = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ready.entry(made).or_insert_with(|| compile(device, made)).clone()
    }

    /// Forgets what was compiled, since something about it may have failed.
    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

fn compile(device: &wgpu::Device, made: Made) -> wgpu::ComputePipeline {
    let label = Some(made.kernel.name());
    let source = wgpu::ShaderSource::Wgsl(made.kernel.source().into());
    let module = device.create_shader_module(wgpu::ShaderModuleDescriptor { label, source });
    let constants: Vec<(&str, f64)> =
        made.constants.iter().flatten().map(|&(name, value)| (name, f64::from(value))).collect();
    device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label,
        layout: None,
        module: &module,
        entry_point: Some("main"),
        compilation_options: wgpu::PipelineCompilationOptions {
            constants: &constants,
            ..wgpu::PipelineCompilationOptions::default()
        },
        cache: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::LAYOUTS;

    /// The build checks the kernels that have a structure.
    #[test]
    fn every_kernel_is_checked_when_it_is_built() {
        let checked: Vec<&str> = LAYOUTS.iter().map(|layout| layout.kernel).collect();
        assert_eq!(Kernel::ALL.iter().map(|kernel| kernel.name()).collect::<Vec<_>>(), checked);
    }
}
