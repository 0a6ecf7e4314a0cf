//! GPUs of any maker, through wgpu.

use std::sync::OnceLock;

use burn::tensor::wgpu::WgpuInitError;
use burn::tensor::wgpu::wgpu::DeviceType as Adapter;
use burn::tensor::{Device, DeviceKind, DeviceType};

use super::{DeviceError, DeviceName, DtypeName, Opened, tried};

/// Whether there is an adapter that is no software. Where the system has no device file of a GPU, drivers are not asked:
/// some complain on standard error about what no GPU needs.
pub(super) fn has_gpu() -> bool {
    let files = ["/dev/dri/renderD128", "/dev/nvidia0", "/dev/dxg"];
    if cfg!(target_os = "linux") && !files.iter().any(|file| std::path::Path::new(file).exists()) {
        return false;
    }
    Device::enumerate(DeviceType::Wgpu).iter().any(|d| *d != Device::wgpu(DeviceKind::Cpu))
}

/// Burn takes a selector's settings once in a process, so the first result is kept.
pub(super) fn open() -> Result<Opened, DeviceError> {
    static OPENED: OnceLock<Result<Opened, DeviceError>> = OnceLock::new();
    OPENED.get_or_init(first).clone()
}

fn first() -> Result<Opened, DeviceError> {
    let name = DeviceName::Wgpu;
    let (device, setup) = Device::wgpu_options().init_with_setup().map_err(|e| match e {
        WgpuInitError::AdapterUnavailable { .. } => DeviceError::NotThere {
            device: name,
            what: "no adapter answers; on Linux a Vulkan driver is needed, which `vulkaninfo` would list \
                   (mesa-vulkan-drivers has one for GPUs and one in software)"
                .to_owned(),
        },
        other => DeviceError::Unusable { device: name, what: other.to_string() },
    })?;
    let adapter = setup.adapter.get_info();
    let software = if adapter.device_type == Adapter::Cpu { ", in software" } else { "" };
    let (device, ()) = tried(name, || (device, ()))?;
    let description = format!("wgpu on {} ({:?}{software})", adapter.name, adapter.backend);
    let handles = Some((setup.device, setup.queue));
    Ok(Opened { device, name, description, dtype: DtypeName::F32, memory: None, handles })
}
