//! How devices and types of numbers are named on the command line.

use std::fmt;
use std::str::FromStr;

use burn::tensor::DType;

use super::DeviceError;

/// A device as it is named on the command line: `auto`, `cpu`, `wgpu`, `cuda:N`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeviceName {
    /// The first that is built in and there: CUDA, a GPU through wgpu, the CPU.
    Auto,
    /// Burn's flex backend.
    Cpu,
    /// Vulkan, Metal, DirectX or OpenGL through wgpu, on the adapter that wgpu prefers.
    Wgpu,
    /// NVIDIA's GPU of this number, from 0 in the driver's order.
    Cuda(usize),
}

impl FromStr for DeviceName {
    type Err = DeviceError;

    fn from_str(text: &str) -> Result<Self, DeviceError> {
        let unknown = || DeviceError::Unknown { text: text.to_owned() };
        match text {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "wgpu" => Ok(Self::Wgpu),
            "cuda" => Ok(Self::Cuda(0)),
            _ => {
                let number = text.strip_prefix("cuda:").ok_or_else(unknown)?;
                // A sign would be read, too.
                let digits = number.bytes().all(|b| b.is_ascii_digit());
                number.parse().ok().filter(|_| digits).map(Self::Cuda).ok_or_else(unknown)
            }
        }
    }
}

impl fmt::Display for DeviceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Wgpu => f.write_str("wgpu"),
            Self::Cuda(n) => write!(f, "cuda:{n}"),
        }
    }
}

/// What weights and activations are held in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DtypeName {
    /// 32 bits.
    F32,
    /// 16 bits with the exponent of 32.
    Bf16,
    /// 16 bits of IEEE 754; overflows beyond 65504.
    F16,
}

impl DtypeName {
    /// All, widest first.
    pub const ALL: [Self; 3] = [Self::F32, Self::Bf16, Self::F16];

    /// As Burn calls it.
    #[must_use]
    pub fn dtype(self) -> DType {
        match self {
            Self::F32 => DType::F32,
            Self::Bf16 => DType::BF16,
            Self::F16 => DType::F16,
        }
    }
}

impl FromStr for DtypeName {
    type Err = DeviceError;

    fn from_str(text: &str) -> Result<Self, DeviceError> {
        let named = Self::ALL.into_iter().find(|d| d.to_string() == text);
        named.ok_or_else(|| DeviceError::UnknownDtype { text: text.to_owned() })
    }
}

impl fmt::Display for DtypeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::F32 => "f32",
            Self::Bf16 => "bf16",
            Self::F16 => "f16",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for text in ["auto", "cpu", "wgpu", "cuda:0", "cuda:7"] {
            assert_eq!(text.parse::<DeviceName>().map(|n| n.to_string()), Ok(text.to_owned()));
        }
        assert_eq!("cuda".parse(), Ok(DeviceName::Cuda(0)));
        for text in ["", "gpu", "CPU", "cuda:", "cuda:-1", "cuda:+1", "cuda:99999999999999999999999", "cuda0"]
        {
            let error = text.parse::<DeviceName>().expect_err(text).to_string();
            assert!(error.starts_with(&format!("{text:?} is no device")), "{error}");
        }
        for dtype in DtypeName::ALL {
            assert_eq!(dtype.to_string().parse(), Ok(dtype));
        }
        assert!("F32".parse::<DtypeName>().is_err());
    }
}
