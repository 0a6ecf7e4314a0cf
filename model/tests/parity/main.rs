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
    forward::tensors("flex", &Device::flex());
}

#[test]
fn parity_generation_flex() {
    forward::generation("flex", &Device::flex());
}

#[cfg(feature = "wgpu")]
mod wgpu {
    use super::*;
    use burn::tensor::DeviceType;

    fn adapter() -> Option<Device> {
        let found = Device::enumerate(DeviceType::Wgpu).into_iter().next();
        if found.is_none() {
            eprintln!("skipped: no adapter for wgpu");
        }
        found
    }

    #[test]
    fn parity_wgpu() {
        if let Some(device) = adapter() {
            forward::tensors("wgpu", &device);
        }
    }

    #[test]
    fn parity_generation_wgpu() {
        if let Some(device) = adapter() {
            forward::generation("wgpu", &device);
        }
    }
}
