//! Devices by name: which are built in, which this machine has, and what they compute in.
//!
//! Burn panics where a device is used that is not there. Whoever names one here gets it, tried out with one small
//! computation, or an error that says what is missing.

mod name;

use burn::tensor::Device;

pub use name::{DeviceName, DtypeName};

/// Why a device cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// No device is called so.
    #[error("{text:?} is no device: name auto, cpu, wgpu or cuda:N")]
    Unknown {
        /// What was named.
        text: String,
    },
    /// No such type.
    #[error("{text:?} is no type of numbers: name f32, bf16 or f16")]
    UnknownDtype {
        /// What was named.
        text: String,
    },
    /// The program was built without the device's backend.
    #[error("{device} is not built into this program: build it with --features {feature}")]
    NotBuilt {
        /// What was named.
        device: DeviceName,
        /// The cargo feature that builds it in.
        feature: &'static str,
    },
    /// The machine does not have it.
    #[error("{device} is not there: {what}")]
    NotThere {
        /// What was named.
        device: DeviceName,
        /// What is missing, and where to look.
        what: String,
    },
    /// The device is there but does not compute.
    #[error("{device} is there but cannot be used: {what}")]
    Unusable {
        /// What was named.
        device: DeviceName,
        /// What went wrong.
        what: String,
    },
    /// The device cannot compute in this type.
    #[error("{device} does not compute in {dtype}: choose one of {able}")]
    Dtype {
        /// The device.
        device: DeviceName,
        /// The type.
        dtype: DtypeName,
        /// Those it can compute in.
        able: String,
    },
}

/// A device that computes.
#[derive(Debug, Clone)]
pub struct Opened {
    /// For tensors; without autodiff.
    pub device: Device,
    /// Its name; never `auto`.
    pub name: DeviceName,
    /// The backend and what it runs on, for people.
    pub description: String,
    /// What it computes in unless told otherwise: f32, on CUDA bf16.
    pub dtype: DtypeName,
    /// Bytes of its own memory, where the driver says.
    pub memory: Option<u64>,
    /// What Burn computes with on wgpu, for others who want to work there.
    #[cfg(all(feature = "wgpu", not(target_family = "wasm")))]
    pub handles: Option<Handles>,
}

/// A device of wgpu and its queue.
#[cfg(all(feature = "wgpu", not(target_family = "wasm")))]
pub type Handles = (burn::tensor::wgpu::wgpu::Device, burn::tensor::wgpu::wgpu::Queue);

impl Opened {
    /// The type to compute in: the one asked for, or the device's own.
    ///
    /// # Errors
    /// [`DeviceError::Dtype`] where the device cannot compute in it.
    pub fn choose(&self, asked: Option<DtypeName>) -> Result<DtypeName, DeviceError> {
        let dtype = asked.unwrap_or(self.dtype);
        if self.device.supports_dtype(dtype.dtype()) {
            return Ok(dtype);
        }
        let able = self.able().iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        Err(DeviceError::Dtype { device: self.name, dtype, able })
    }

    /// The types that the device can compute in.
    #[must_use]
    pub fn able(&self) -> Vec<DtypeName> {
        DtypeName::ALL.into_iter().filter(|d| self.device.supports_dtype(d.dtype())).collect()
    }
}

/// Opens a device. One small computation on a GPU fixes Burn's defaults for it, f32 and i32: name the type of
/// tensors where they are made, as [`Device::configure`] comes too late.
///
/// # Errors
/// If it is not built in, not there, or does not compute.
pub fn open(name: DeviceName) -> Result<Opened, DeviceError> {
    match name {
        DeviceName::Auto => open(automatic()),
        DeviceName::Cpu => cpu(),
        DeviceName::Wgpu => wgpu::open(),
        DeviceName::Cuda(number) => cuda::open(number),
    }
}

/// What `auto` means here. A software adapter of wgpu computes on the same cores as flex, only more slowly, so the
/// CPU comes before it. A GPU that is there but fails is an error and not passed over: nobody wants to find out
/// after a day that a run went on the CPU.
fn automatic() -> DeviceName {
    if cuda::any() {
        DeviceName::Cuda(0)
    } else if wgpu::has_gpu() || !cfg!(feature = "flex") && cfg!(feature = "wgpu") {
        DeviceName::Wgpu
    } else if !cfg!(feature = "flex") && cfg!(feature = "cuda") {
        DeviceName::Cuda(0)
    } else {
        DeviceName::Cpu
    }
}

#[cfg(feature = "flex")]
fn cpu() -> Result<Opened, DeviceError> {
    Ok(Opened {
        device: Device::flex(),
        name: DeviceName::Cpu,
        description: "Burn's flex backend".to_owned(),
        dtype: DtypeName::F32,
        memory: None,
        #[cfg(all(feature = "wgpu", not(target_family = "wasm")))]
        handles: None,
    })
}

#[cfg(not(feature = "flex"))]
fn cpu() -> Result<Opened, DeviceError> {
    Err(DeviceError::NotBuilt { device: DeviceName::Cpu, feature: "flex" })
}

/// Runs one kernel and looks at its result. A backend may panic on what its driver lacks; that becomes an error.
#[cfg(all(any(feature = "wgpu", feature = "cuda"), not(target_family = "wasm")))]
fn tried<T>(name: DeviceName, open: impl FnOnce() -> (Device, T)) -> Result<(Device, T), DeviceError> {
    use burn::tensor::Tensor;

    let unusable = |what: String| DeviceError::Unusable { device: name, what };
    let run = move || {
        let (device, told) = open();
        let answer = (Tensor::<1>::from_floats([1.5, -2.0, 8.0], &device) * 2.0 + 1.0).try_into_data();
        answer.map(|data| (device, told, data)).map_err(|e| e.to_string())
    };
    let (device, told, data) = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run))
        .unwrap_or_else(|payload| {
            let text = payload.downcast_ref::<String>().cloned();
            Err(text.or_else(|| payload.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_default())
        })
        .map_err(unusable)?;
    match data.try_to_vec::<f32>() {
        Ok(values) if values == [4.0, -3.0, 17.0] => Ok((device, told)),
        Ok(values) => Err(unusable(format!("2 x + 1 of 1.5, -2, 8 came out as {values:?}"))),
        Err(e) => Err(unusable(e.to_string())),
    }
}

#[cfg(all(feature = "wgpu", not(target_family = "wasm")))]
mod wgpu;

#[cfg(not(all(feature = "wgpu", not(target_family = "wasm"))))]
mod wgpu {
    use super::{DeviceError, DeviceName, Opened};

    /// None that could be opened here.
    pub(super) fn has_gpu() -> bool {
        false
    }

    pub(super) fn open() -> Result<Opened, DeviceError> {
        let device = DeviceName::Wgpu;
        if cfg!(feature = "wgpu") {
            let what =
                "a browser gives its GPU only to asynchronous code: Device::wgpu_options().init_async()";
            return Err(DeviceError::NotThere { device, what: what.to_owned() });
        }
        Err(DeviceError::NotBuilt { device, feature: "wgpu" })
    }
}

#[cfg(all(feature = "cuda", not(target_family = "wasm")))]
mod cuda;

#[cfg(not(all(feature = "cuda", not(target_family = "wasm"))))]
mod cuda {
    use super::{DeviceError, DeviceName, Opened};

    /// None that could be opened here.
    pub(super) fn any() -> bool {
        false
    }

    pub(super) fn open(number: usize) -> Result<Opened, DeviceError> {
        Err(DeviceError::NotBuilt { device: DeviceName::Cuda(number), feature: "cuda" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(feature = "flex")]
    fn the_cpu_is_there() {
        let opened = open(DeviceName::Cpu).expect("flex is built in");
        assert_eq!((opened.name, opened.dtype), (DeviceName::Cpu, DtypeName::F32));
        assert_eq!(opened.choose(None), Ok(DtypeName::F32));
        assert!(opened.able().contains(&DtypeName::F32));
    }

    #[test]
    #[cfg(not(feature = "cuda"))]
    fn what_is_not_built_in_names_its_feature() {
        let error = open(DeviceName::Cuda(1)).expect_err("not built in").to_string();
        assert_eq!(error, "cuda:1 is not built into this program: build it with --features cuda");
    }

    // More than any machine has, so this holds with and without a GPU.
    #[test]
    #[cfg(feature = "cuda")]
    fn a_missing_gpu_is_an_error() {
        for number in [4000, 1 << 16, usize::MAX] {
            let error = open(DeviceName::Cuda(number)).expect_err("no machine has so many");
            assert!(matches!(error, DeviceError::NotThere { .. }), "{error}");
        }
    }
}
