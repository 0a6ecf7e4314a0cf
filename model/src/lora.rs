//! LoRA: small matrices beside frozen ones, so that a model learns with a hundredth of the gradients and moments.
//!
//! An adapted matrix gives `x·Wᵀ + (α / r)·(x·Aᵀ)·Bᵀ`; the product `B·A`, as large as `W`, is only made when weights are
//! merged for export. Adapters are kept in `f32` whatever the weights are, and in files as PEFT has them, so that
//! other programs read ours and we read theirs.

mod peft;

use std::collections::BTreeSet;

use burn::module::{Module as _, Param};
use burn::tensor::{DType, Device, Tensor, TensorData};
use scrubjay_core::rng::Stream;

pub use peft::{CONFIG, MODEL, load, save};

use crate::nn::{Adapter, LORA_A};
use crate::policy::Policy;

/// The matrices of a decoder layer that can be adapted.
pub const TARGETS: [&str; 7] = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"];

/// Largest rank.
const RANK: usize = 4096;

/// What is adapted, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct LoraConfig {
    /// Rows of `A` and columns of `B`, `r`; from 1 to 4096.
    pub rank: usize,
    /// The adapters' part is multiplied by `α / r`.
    pub alpha: f64,
    /// Which of [`TARGETS`] are adapted, in every layer of the decoder.
    pub targets: BTreeSet<String>,
}

impl Default for LoraConfig {
    /// Rank 16, α 32, all matrices of the decoder (ours; PEFT's defaults are rank and α 8).
    fn default() -> Self {
        Self { rank: 16, alpha: 32.0, targets: TARGETS.map(str::to_owned).into() }
    }
}

/// Why a model cannot be adapted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoraError {
    /// A setting that cannot be used.
    #[error("{key}: {what}")]
    Setting {
        /// Which.
        key: &'static str,
        /// What is wrong with it.
        what: String,
    },
    /// The model has adapters already.
    #[error("the model has adapters already: merge them first")]
    Adapted,
    /// The model has none.
    #[error("the model has no adapters")]
    Plain,
    /// A file cannot be read or written, or does not fit the model.
    #[error("{file}: {what}")]
    File {
        /// The file.
        file: String,
        /// What is wrong with it.
        what: String,
    },
}

impl LoraConfig {
    /// Checks the numbers and names.
    ///
    /// # Errors
    /// [`LoraError::Setting`].
    pub fn check(&self) -> Result<(), LoraError> {
        let wrong = |key, what| Err(LoraError::Setting { key, what });
        if !(1..=RANK).contains(&self.rank) {
            return wrong("rank", format!("{} is outside 1..={RANK}", self.rank));
        }
        if !(self.alpha.is_finite() && self.alpha > 0.0) {
            return wrong("alpha", format!("{} is not a number above 0", self.alpha));
        }
        match self.targets.iter().find(|t| !TARGETS.contains(&t.as_str())) {
            Some(target) => wrong("targets", format!("{target} is none of {}", TARGETS.join(", "))),
            None if self.targets.is_empty() => wrong("targets", "nothing would be adapted".to_owned()),
            None => Ok(()),
        }
    }

    /// What the adapters' part is multiplied by.
    #[must_use]
    pub fn scale(&self) -> f64 {
        self.alpha / self.rank.max(1) as f64
    }

    /// How many numbers the adapters of a model have.
    #[must_use]
    pub fn count(&self, config: &crate::config::Config) -> u64 {
        let sides = crate::spec::parameters(config).into_iter().filter_map(|spec| {
            let path = spec.name.strip_prefix("model.language_model.")?.strip_suffix(".weight")?;
            let target = self.targets.contains(path.rsplit('.').next()?);
            target.then(|| spec.shape.iter().map(|n| *n as u64).sum::<u64>())
        });
        sides.sum::<u64>() * self.rank as u64
    }
}

/// Gives every target of a plain policy an adapter made by `make` from its path and the sides `[out, in]` of its
/// matrix, and freezes all else.
fn attach(
    policy: Policy,
    config: &LoraConfig,
    mut make: impl FnMut(&str, [usize; 2]) -> Result<Adapter, LoraError>,
) -> Result<Policy, LoraError> {
    config.check()?;
    if policy.lora().is_some() {
        return Err(LoraError::Adapted);
    }
    let mut policy = policy.no_grad();
    for (path, linear) in policy.matrices_mut() {
        let target = path.rsplit('.').next().unwrap_or_default();
        if config.targets.contains(target) {
            linear.adapter = Some(make(&path, linear.weight.dims())?);
        }
    }
    Ok(policy.adapted_as(config.clone()))
}

impl Policy {
    /// The same without adapters; nothing of it is trained.
    #[must_use]
    pub fn without_lora(self) -> Self {
        let mut policy = self.no_grad();
        for (_, linear) in policy.matrices_mut() {
            linear.adapter = None;
        }
        policy.plain()
    }
}

fn parameter(values: Vec<f32>, shape: [usize; 2], device: &Device) -> Param<Tensor<2>> {
    Param::from_tensor(Tensor::from_data(TensorData::new(values, shape), (device, DType::F32)))
}

impl Policy {
    /// The same with fresh adapters, which change nothing yet: `A` is drawn uniformly within `±1/√in` (Kaiming's law as
    /// PEFT uses it), each from a stream of its own, `B` is zero. All other parameters are frozen.
    ///
    /// # Errors
    /// [`LoraError::Setting`], or [`LoraError::Adapted`] for a model that has adapters.
    pub fn with_lora(self, config: &LoraConfig, seed: u64) -> Result<Self, LoraError> {
        let device = self.device();
        attach(self, config, |path, [out, inputs]| {
            let mut stream = Stream::keyed(seed, "lora", &format!("{path}.{LORA_A}"), 0);
            let bound = 1.0 / (inputs as f64).sqrt();
            let mut draw = || ((f64::from(stream.bits()) + 0.5) / 2_147_483_648.0 - 1.0) * bound;
            let a = (0..config.rank * inputs).map(|_| draw() as f32).collect();
            let b = vec![0.0; out * config.rank];
            Ok(Adapter {
                lora_a: parameter(a, [config.rank, inputs], &device),
                lora_b: parameter(b, [out, config.rank], &device),
                scale: config.scale(),
            })
        })
    }
}
