//! Coming by a device.

use std::sync::{Arc, Mutex};

use crate::error::GpuError;
use crate::gpu::Gpu;

/// Bytes of a binding that every WebGPU has.
pub(crate) const BINDING: u64 = 128 << 20;

/// Bytes of a batch on somebody else's device. What is uploaded goes by memory of wgpu's own, and where there is none for that the
/// device is lost, to its owner too: so little is asked for at once.
const GUEST: u64 = 16 << 20;

/// Which device is wanted, and how much of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Part of the adapter's name, letters' case aside; any adapter if there is none.
    pub adapter: Option<String>,
    /// Whether a device that is no more than a program will do. Core is quicker than these: they are for tests.
    pub software: bool,
    /// Most bytes of a batch of frames, at most 128 MiB.
    pub batch: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { adapter: None, software: false, batch: BINDING }
    }
}

impl Gpu {
    /// Opens a device of its own, with the limits that every WebGPU has.
    ///
    /// # Errors
    /// [`GpuError::NoAdapter`] where there is none as asked for, [`GpuError::NoDevice`] where it cannot be used.
    pub async fn open(options: &Options) -> Result<Self, GpuError> {
        let mut wanted = wgpu::InstanceDescriptor::new_without_display_handle();
        wanted.backends = wgpu::Backends::PRIMARY;
        let instance = wgpu::Instance::new(wanted);
        let adapter = adapter(&instance, options).await?;
        let name = describe(&adapter.get_info());
        let asked = wgpu::DeviceDescriptor {
            label: Some("scrubjay"),
            required_limits: wgpu::Limits::defaults(),
            ..wgpu::DeviceDescriptor::default()
        };
        let (device, queue) = adapter
            .request_device(&asked)
            .await
            .map_err(|e| GpuError::NoDevice { adapter: name.clone(), why: e.to_string() })?;
        let name = named(&device);
        let lost = Arc::new(Mutex::new(None));
        let (gone, fault) = (Arc::clone(&lost), Arc::clone(&lost));
        device.set_device_lost_callback(move |reason, text| {
            note(&gone, format!("{reason:?}: {text}"));
        });
        // Without this, an error that no scope sees would end the program.
        device.on_uncaptured_error(Arc::new(move |error| note(&fault, error.to_string())));
        Ok(Self::new(device, queue, name, lost, options.batch))
    }

    /// Works on a device that somebody else made, for example Burn's, in batches of 16 MiB. Its owner's handlers stay.
    #[must_use]
    pub fn on(device: wgpu::Device, queue: wgpu::Queue) -> Self {
        let name = named(&device);
        Self::new(device, queue, name, Arc::new(Mutex::new(None)), GUEST)
    }
}

/// Keeps the first thing that is said.
fn note(place: &Mutex<Option<String>>, text: String) {
    let mut place = place.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    place.get_or_insert(text);
}

async fn adapter(instance: &wgpu::Instance, options: &Options) -> Result<wgpu::Adapter, GpuError> {
    let none = |what: String| Err(GpuError::NoAdapter(what));
    let usable = |info: &wgpu::AdapterInfo| options.software || info.device_type != wgpu::DeviceType::Cpu;
    let Some(part) = &options.adapter else {
        let asked = wgpu::RequestAdapterOptions {
            power_preference: wgpu::PowerPreference::HighPerformance,
            ..wgpu::RequestAdapterOptions::default()
        };
        let adapter =
            instance.request_adapter(&asked).await.map_err(|e| GpuError::NoAdapter(e.to_string()))?;
        let info = adapter.get_info();
        return if usable(&info) {
            Ok(adapter)
        } else {
            none(format!("{} is software, which core is quicker than", describe(&info)))
        };
    };
    let all = instance.enumerate_adapters(wgpu::Backends::PRIMARY).await;
    let names: Vec<String> = all.iter().map(|a| describe(&a.get_info())).collect();
    let named = |info: &wgpu::AdapterInfo| info.name.to_lowercase().contains(&part.to_lowercase());
    match all.into_iter().find(|a| named(&a.get_info()) && usable(&a.get_info())) {
        Some(adapter) => Ok(adapter),
        None => none(format!("none is named {part:?}; there is: {}", names.join(", "))),
    }
}

/// A device's adapter, as [`describe`] does. Browsers seldom tell its name, but mostly who made it and what it is.
fn named(device: &wgpu::Device) -> String {
    #[cfg_attr(not(target_family = "wasm"), allow(unused_mut, reason = "elsewhere it has a name"))]
    let mut info = device.adapter_info();
    #[cfg(target_family = "wasm")]
    if let Some(told) = device.as_webgpu().map(wgpu::webgpu::GpuDevice::adapter_info) {
        let parts = [told.vendor(), told.architecture(), told.device(), told.description()];
        info.name = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    }
    describe(&info)
}

/// An adapter's name with its kind, backend and, where it is told, driver.
fn describe(info: &wgpu::AdapterInfo) -> String {
    let name = if info.name.is_empty() { "a nameless adapter" } else { &info.name };
    let told = [format!("{:?}", info.device_type), format!("{:?}", info.backend)];
    let driver = [info.driver.as_str(), info.driver_info.as_str()].join(" ");
    let told: Vec<&str> =
        told.iter().map(String::as_str).chain([driver.trim()]).filter(|t| !t.is_empty()).collect();
    format!("{name} ({})", told.join(", "))
}
