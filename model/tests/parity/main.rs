//! Number for number against the reference implementation: every tensor of every case of every kit.
//!
//! Kits come from `SCRUBJAY_PARITY_KITS=folder[:folder]`, or from this repository. Each test says how much it
//! compared and fails when that is nothing.

mod case;
mod files;
mod forward;
mod kit;
mod likelihood;
mod processor;
mod train;

use burn::tensor::Device;

#[test]
fn parity_flex() {
    forward::tensors("flex", &Device::flex(), 1.0);
}

#[test]
fn parity_generation_flex() {
    forward::generation("flex", &Device::flex(), 1.0);
}

/// A device by its name, opened as everybody opens it; none is said aloud.
#[cfg(any(feature = "wgpu", feature = "cuda"))]
fn gpu(name: &str) -> Option<Device> {
    match scrubjay_model::device::open(name.parse().expect("a name")) {
        Ok(opened) => {
            eprintln!("{name}: {}", opened.description);
            Some(opened.device)
        }
        Err(e) => {
            eprintln!("skipped: {e}");
            None
        }
    }
}

#[cfg(feature = "wgpu")]
#[test]
fn parity_wgpu() {
    if let Some(device) = gpu("wgpu") {
        forward::tensors("wgpu", &device, 1.0);
    }
}

#[cfg(feature = "wgpu")]
#[test]
fn parity_generation_wgpu() {
    if let Some(device) = gpu("wgpu") {
        forward::generation("wgpu", &device, 1.0);
    }
}

/// Products of `f32` are made of ten-bit mantissas (TF32) there, 2^13 times as coarse. Most of it averages out.
#[cfg(feature = "cuda")]
const TF32: f32 = 100.0;

#[cfg(feature = "cuda")]
#[test]
fn parity_cuda() {
    if let Some(device) = gpu("cuda:0") {
        forward::tensors("cuda", &device, TF32);
        files::bf16("cuda", &device, false);
    }
}

#[cfg(feature = "cuda")]
#[test]
fn parity_generation_cuda() {
    if let Some(device) = gpu("cuda:0") {
        forward::generation("cuda", &device, TF32);
    }
}
