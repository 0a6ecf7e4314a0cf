//! NVIDIA's GPUs.

use burn::tensor::Device;
use cubecl::cuda::install;
use cubecl::device::DeviceUnavailable;

use super::{DeviceError, DeviceName, DtypeName, Opened, tried};

/// Asks CUDA alone: Burn's own list would start up wgpu, too. `Err` is how many the driver lists, none without a
/// driver.
fn find(number: usize) -> Result<cubecl::Device, usize> {
    // Beyond this many, numbers do not fit into cubecl's ids.
    cubecl::Device::cuda(number.min(usize::from(u16::MAX))).map_err(|e| match e {
        DeviceUnavailable::NoSuchDevice { available, .. } => available,
        DeviceUnavailable::NotLinked(_) => 0,
    })
}

/// Whether the driver lists any.
pub(super) fn any() -> bool {
    find(0).is_ok()
}

pub(super) fn open(number: usize) -> Result<Opened, DeviceError> {
    let name = DeviceName::Cuda(number);
    let found = find(number).map_err(|there| {
        let what = match there {
            0 => "NVIDIA's driver (libcuda) is missing or lists no device; `nvidia-smi` should".to_owned(),
            n => format!("the driver lists {n}, from cuda:0 to cuda:{}", n - 1),
        };
        DeviceError::NotThere { device: name, what }
    })?;
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
        let client = found.client();
        let told = client.properties();
        (Device::cuda(number), (told.identity.name.clone(), told.memory.max_memory()))
    })?;
    let size = memory.map_or_else(String::new, |m| format!(", {:.1} GB", m as f64 / 1e9));
    let description = format!("CUDA on {model}{size}");
    Ok(Opened {
        device,
        name,
        description,
        dtype: DtypeName::Bf16,
        memory,
        #[cfg(feature = "wgpu")]
        handles: None,
    })
}
