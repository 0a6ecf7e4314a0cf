//! NVIDIA's GPUs.

use burn::tensor::{Device, DeviceType};
use cubecl::cuda::{CudaDevice, install};

use super::{DeviceError, DeviceName, DtypeName, Opened, tried};

/// How many the driver lists; none without a driver.
pub(super) fn count() -> usize {
    Device::enumerate(DeviceType::Cuda).len()
}

pub(super) fn open(number: usize) -> Result<Opened, DeviceError> {
    let name = DeviceName::Cuda(number);
    let there = count();
    if number >= there {
        let what = match there {
            0 => "NVIDIA's driver (libcuda) is missing or lists no device; `nvidia-smi` should".to_owned(),
            n => format!("the driver lists {n}, from cuda:0 to cuda:{}", n - 1),
        };
        return Err(DeviceError::NotThere { device: name, what });
    }
    // Kernels are compiled when they are first used.
    let header = install::cuda_path().map(|p| p.join("include").join("cuda_fp16.h"));
    if !header.as_ref().is_some_and(|h| h.is_file()) {
        let looked = header.map_or_else(|| "nowhere known".to_owned(), |h| format!("at {}", h.display()));
        let what = format!(
            "CUDA's headers were looked for {looked}; set CUDA_PATH to the folder that holds include/"
        );
        return Err(DeviceError::Unusable { device: name, what });
    }
    let (device, (model, memory)) = tried(name, || {
        let client = cubecl::Device::Cuda(CudaDevice::new(number)).client();
        let told = client.properties();
        (Device::cuda(number), (told.identity.name.clone(), told.memory.max_memory()))
    })?;
    let size = memory.map_or_else(String::new, |m| format!(", {:.1} GB", m as f64 / 1e9));
    let description = format!("CUDA on {model}{size}");
    Ok(Opened { device, name, description, dtype: DtypeName::Bf16, memory })
}
