//! Writing a model's weights in the published layout, so that others read them.

mod folder;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use burn::module::{Module as _, ModuleVisitor, Param};
use burn::tensor::{DType, FloatDType, Tensor};
use safetensors::tensor::{Dtype, View, serialize_to_file};
use serde_json::json;

pub use folder::{checkpoint, small_files};

use crate::nn::{LORA_A, LORA_B};
use crate::policy::Policy;
use crate::spec::parameters;

/// Files are split at this size, as published ones are.
pub const SHARD_BYTES: u64 = 5_000_000_000;

/// Why weights cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// Not one of the three that weights are stored in.
    #[error("weights are stored as float32, bfloat16 or float16, not {0}")]
    Dtype(String),
    /// The module holds a parameter that no such file has.
    #[error("{0} is not a parameter of this model")]
    Unknown(String),
    /// A file cannot be written.
    #[error("{file} cannot be written: {cause}")]
    Write {
        /// The file.
        file: String,
        /// Why.
        cause: String,
    },
}

/// A parameter on its device; read when its turn comes.
struct Lazy {
    name: String,
    shape: Vec<usize>,
    flat: Tensor<1>,
    /// What is merged into it: `A`, `B`, and what their product is multiplied by.
    adapter: Option<(Tensor<2>, Tensor<2>, f64)>,
    dtype: (Dtype, DType),
}

impl View for &Lazy {
    fn dtype(&self) -> Dtype {
        self.dtype.0
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        let flat = match &self.adapter {
            Some((a, b, scale)) => {
                let flat = self.flat.clone().cast(FloatDType::F32);
                let count = flat.dims()[0];
                flat + (b.clone().matmul(a.clone()) * *scale).reshape([count])
            }
            None => self.flat.clone(),
        };
        Cow::Owned(flat.into_data().convert_dtype(self.dtype.1).as_bytes().to_vec())
    }

    fn data_len(&self) -> usize {
        self.shape.iter().product::<usize>() * self.dtype.0.bitsize() / 8
    }
}

/// Collects parameters under their path, which is their published name.
struct Collect {
    path: Vec<String>,
    found: Vec<(String, Tensor<1>)>,
}

impl ModuleVisitor for Collect {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let value = param.val();
        let count = value.dims().iter().product::<usize>();
        let name = self.path.join(".");
        // Adapters are called as PEFT calls them.
        let name = match (name.strip_suffix("adapter.lora_a"), name.strip_suffix("adapter.lora_b")) {
            (Some(path), _) => format!("{path}{LORA_A}"),
            (_, Some(path)) => format!("{path}{LORA_B}"),
            _ => name,
        };
        self.found.push((name, value.reshape([count])));
    }
}

/// All parameters by their published names, flattened, in the order of the modules. Those of adapters are
/// `<path of the matrix>.lora_A.weight` and `.lora_B.weight`.
#[must_use]
pub fn named(policy: &Policy) -> Vec<(String, Tensor<1>)> {
    let mut collect = Collect { path: Vec::new(), found: Vec::new() };
    policy.visit(&mut collect);
    collect.found
}

/// Writes `model.safetensors` into an existing folder, or shards of at most `shard_bytes` with their index. `dtype` is
/// `float32`, `bfloat16` or `float16`; numbers that were read from a file of the same type come out the same. Adapters
/// are merged into their matrices, in `f32`, and not written beside them.
///
/// # Errors
/// [`ExportError`] naming the file. What was there before is then damaged: write into a folder of its own.
pub fn save(policy: &Policy, folder: &Path, dtype: &str, shard_bytes: u64) -> Result<(), ExportError> {
    let dtype = match dtype {
        "float32" => (Dtype::F32, DType::F32),
        "bfloat16" => (Dtype::BF16, DType::BF16),
        "float16" => (Dtype::F16, DType::F16),
        other => return Err(ExportError::Dtype(other.to_owned())),
    };
    let shapes: BTreeMap<String, Vec<usize>> =
        parameters(policy.config()).into_iter().map(|s| (s.name, s.shape)).collect();
    let lora = policy.lora().map(|config| (config.rank, config.scale()));
    let (mut adapters, plain): (BTreeMap<_, _>, Vec<_>) = {
        let (beside, plain): (Vec<_>, Vec<_>) =
            named(policy).into_iter().partition(|(n, _)| n.ends_with(LORA_A) || n.ends_with(LORA_B));
        (beside.into_iter().collect(), plain)
    };
    let mut lazy = |(name, flat): (String, Tensor<1>)| -> Result<Lazy, ExportError> {
        let shape = shapes.get(&name).ok_or_else(|| ExportError::Unknown(name.clone()))?.clone();
        let path = name.strip_suffix("weight").unwrap_or(&name);
        let pair = (adapters.remove(&format!("{path}{LORA_A}")), adapters.remove(&format!("{path}{LORA_B}")));
        let adapter = match (lora, pair) {
            (Some((rank, scale)), (Some(a), Some(b))) if shape.len() == 2 => {
                let wide = |t: Tensor<1>| t.cast(FloatDType::F32);
                Some((wide(a).reshape([rank, shape[1]]), wide(b).reshape([shape[0], rank]), scale))
            }
            _ => None,
        };
        Ok(Lazy { shape, name, flat, adapter, dtype })
    };
    let parameters = plain.into_iter().map(&mut lazy).collect::<Result<Vec<_>, _>>()?;
    if let Some(name) = adapters.into_keys().next() {
        return Err(ExportError::Unknown(name));
    }
    let mut shards: Vec<(u64, Vec<Lazy>)> = Vec::new();
    for parameter in parameters {
        let bytes = (&parameter).data_len() as u64;
        match shards.last_mut() {
            Some((size, list)) if *size + bytes <= shard_bytes => {
                *size += bytes;
                list.push(parameter);
            }
            _ => shards.push((bytes, vec![parameter])),
        }
    }
    let many = shards.len();
    let mut places = BTreeMap::new();
    for (i, (_, list)) in shards.iter().enumerate() {
        let file = match many {
            1 => "model.safetensors".to_owned(),
            _ => format!("model-{:05}-of-{many:05}.safetensors", i + 1),
        };
        let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
        serialize_to_file(list.iter().map(|l| (&l.name, l)), Some(metadata), &folder.join(&file))
            .map_err(|e| ExportError::Write { file: file.clone(), cause: e.to_string() })?;
        places.extend(list.iter().map(|l| (l.name.clone(), file.clone())));
    }
    if many > 1 {
        let file = "model.safetensors.index.json";
        let total: u64 = shards.iter().map(|(size, _)| size).sum();
        let index = json!({"metadata": {"total_size": total}, "weight_map": places});
        std::fs::write(folder.join(file), format!("{index:#}\n"))
            .map_err(|e| ExportError::Write { file: file.to_owned(), cause: e.to_string() })?;
    }
    Ok(())
}
