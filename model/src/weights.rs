//! Where the numbers of a model come from: a checkpoint's shards, or a seed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use burn::module::Param;
use burn::tensor::{DType, Device, Distribution, Tensor, TensorData};
use safetensors::tensor::{Dtype, TensorInfo};
use scrubjay_core::rng::Stream;

use crate::config::Config;
use crate::shard::{Shard, ShardError, not_finite};
use crate::spec::{Kind, Spec, parameters};

/// Why a model cannot be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WeightError {
    /// A file is not there or cannot be read.
    #[error("{}: {source}", path.display())]
    Shard {
        /// The file.
        path: PathBuf,
        /// Why.
        source: ShardError,
    },
    /// The list of shards is not one.
    #[error("{}: {what}", path.display())]
    Index {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// No weights in a folder.
    #[error("{}: neither model.safetensors nor model.safetensors.index.json is there", .0.display())]
    NoWeights(PathBuf),
    /// Parameters that the configuration asks for are not in the files.
    #[error("{} parameters are missing from the files: {}", .0.len(), some(.0))]
    Missing(Vec<String>),
    /// The files hold tensors that the configuration does not know.
    #[error("{} tensors of the files are not part of this model: {}", .0.len(), some(.0))]
    Unexpected(Vec<String>),
    /// A tensor has another shape than the configuration says.
    #[error("{name} has shape {found:?} in the file, the configuration says {wanted:?}")]
    Shape {
        /// The parameter.
        name: String,
        /// In the file.
        found: Vec<usize>,
        /// By the configuration.
        wanted: Vec<usize>,
    },
    /// The configuration says that the head is the embeddings, the file holds another one.
    #[error(
        "lm_head.weight is not the embeddings, though tie_word_embeddings is true: one of the two is wrong"
    )]
    Untied,
    /// A weight is NaN or infinite.
    #[error("{name} holds {value} at place {at}: the checkpoint is damaged")]
    NotFinite {
        /// The parameter.
        name: String,
        /// The first such value.
        value: String,
        /// Its place in the flat tensor.
        at: usize,
    },
}

/// The first few names of a list.
fn some(names: &[String]) -> String {
    let more = if names.len() > 5 { ", …" } else { "" };
    format!("{}{more}", names[..names.len().min(5)].join(", "))
}

const HEAD: &str = "lm_head.weight";
const EMBEDDINGS: &str = "model.language_model.embed_tokens.weight";

/// A checkpoint's files, opened.
#[derive(Debug)]
pub struct Checkpoint {
    shards: Vec<(PathBuf, Shard)>,
    /// Which shard holds a tensor.
    place: BTreeMap<String, usize>,
}

impl Checkpoint {
    /// Opens `model.safetensors`, or the shards that `model.safetensors.index.json` lists.
    ///
    /// # Errors
    /// [`WeightError`] naming the file at fault.
    pub fn open(folder: &Path) -> Result<Self, WeightError> {
        let index = folder.join("model.safetensors.index.json");
        let single = folder.join("model.safetensors");
        // Where both are, the single file counts, as in `transformers`.
        let names: Vec<PathBuf> = match (single.exists(), index.exists()) {
            (true, _) => vec![single],
            (false, true) => listed(&index)?.into_iter().map(|name| folder.join(name)).collect(),
            (false, false) => return Err(WeightError::NoWeights(folder.to_owned())),
        };
        let mut shards = Vec::new();
        for path in names {
            let opened = std::fs::File::open(&path)
                .map_err(|e| ShardError::Io(e.to_string()))
                .and_then(|file| Shard::open(Box::new(file)));
            match opened {
                Ok(shard) => shards.push((path, shard)),
                Err(source) => return Err(WeightError::Shard { path, source }),
            }
        }
        let mut seen = BTreeMap::new();
        for (path, shard) in &shards {
            for name in shard.tensors().keys() {
                if let Some(first) = seen.insert(name.clone(), path.clone()) {
                    let what = format!("{name} is in {}, too", first.display());
                    return Err(WeightError::Index { path: path.clone(), what });
                }
            }
        }
        Ok(Self::new(shards))
    }

    /// From shards that are already open, each with a name for messages.
    #[must_use]
    pub fn new(shards: Vec<(PathBuf, Shard)>) -> Self {
        let place = shards
            .iter()
            .enumerate()
            .flat_map(|(i, (_, shard))| shard.tensors().keys().map(move |name| (name.clone(), i)))
            .collect();
        Self { shards, place }
    }

    /// The files, in the order of their names.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.shards.iter().map(|(path, _)| path.as_path())
    }

    /// How most of its numbers are stored: `float32`, `bfloat16` or `float16`.
    #[must_use]
    pub fn dtype(&self) -> &'static str {
        let mut bytes: BTreeMap<&str, usize> = BTreeMap::new();
        for info in self.shards.iter().flat_map(|(_, s)| s.tensors().values()) {
            let name = match info.dtype {
                Dtype::BF16 => "bfloat16",
                Dtype::F16 => "float16",
                _ => "float32",
            };
            *bytes.entry(name).or_default() += info.data_offsets.1 - info.data_offsets.0;
        }
        bytes.into_iter().max_by_key(|(_, n)| *n).map_or("float32", |(name, _)| name)
    }

    /// Checks names, shapes and types against a configuration, before anything is read.
    ///
    /// # Errors
    /// [`WeightError`] listing what is missing or unexpected, or naming what has another shape or type.
    pub fn check(&self, config: &Config) -> Result<(), WeightError> {
        let wanted = parameters(config);
        let missing: Vec<String> =
            wanted.iter().filter(|s| !self.place.contains_key(&s.name)).map(|s| s.name.clone()).collect();
        if !missing.is_empty() {
            return Err(WeightError::Missing(missing));
        }
        let known: BTreeSet<&str> = wanted.iter().map(|s| s.name.as_str()).collect();
        // Some tied checkpoints store their embeddings twice.
        let copy = |name: &str| config.tied && name == HEAD;
        let unexpected: Vec<String> =
            self.place.keys().filter(|n| !known.contains(n.as_str()) && !copy(n)).cloned().collect();
        if !unexpected.is_empty() {
            return Err(WeightError::Unexpected(unexpected));
        }
        for spec in &wanted {
            let (path, shard) = &self.shards[self.place[&spec.name]];
            let found = &shard.tensors()[&spec.name];
            let name = spec.name.clone();
            if found.shape != spec.shape {
                let (found, wanted) = (found.shape.clone(), spec.shape.clone());
                return Err(WeightError::Shape { name, found, wanted });
            }
            if !matches!(found.dtype, Dtype::F32 | Dtype::BF16 | Dtype::F16) {
                let source = ShardError::Dtype { name, dtype: format!("{:?}", found.dtype) };
                return Err(WeightError::Shard { path: path.clone(), source });
            }
        }
        Ok(())
    }

    /// Type, shape and bytes of a tensor.
    fn stored(&mut self, name: &str) -> Result<(TensorInfo, Vec<u8>), WeightError> {
        let missing = || WeightError::Missing(vec![name.to_owned()]);
        let (path, shard) = &mut self.shards[*self.place.get(name).ok_or_else(missing)?];
        let read = shard.read(name).map_err(|source| WeightError::Shard { path: path.clone(), source })?;
        read.ok_or_else(missing)
    }

    fn read(&mut self, name: &str, shape: Vec<usize>) -> Result<TensorData, WeightError> {
        let (info, bytes) = self.stored(name)?;
        let path = self.place.get(name).map_or_else(PathBuf::new, |i| self.shards[*i].0.clone());
        let fail = |source| WeightError::Shard { path, source };
        let dtype = match info.dtype {
            Dtype::F32 => DType::F32,
            Dtype::BF16 => DType::BF16,
            Dtype::F16 => DType::F16,
            other => {
                return Err(fail(ShardError::Dtype { name: name.to_owned(), dtype: format!("{other:?}") }));
            }
        };
        if let Some((at, value)) = not_finite(info.dtype, &bytes) {
            return Err(WeightError::NotFinite { name: name.to_owned(), value: value.to_string(), at });
        }
        Ok(TensorData::from_bytes_vec(bytes, shape, dtype))
    }
}

/// The files that an index names, each once, in order.
fn listed(index: &Path) -> Result<BTreeSet<String>, WeightError> {
    let fail = |what: String| WeightError::Index { path: index.to_owned(), what };
    let text = std::fs::read(index).map_err(|e| fail(format!("cannot be read: {e}")))?;
    let value: serde_json::Value =
        serde_json::from_slice(&text).map_err(|e| fail(format!("is not JSON: {e}")))?;
    let map = value
        .get("weight_map")
        .and_then(serde_json::Value::as_object)
        .ok_or_else(|| fail("has no weight_map".to_owned()))?;
    let names: Option<BTreeSet<String>> = map.values().map(|v| v.as_str().map(str::to_owned)).collect();
    let names = names.ok_or_else(|| fail("weight_map names a file that is no text".to_owned()))?;
    match names.iter().find(|n| n.contains(['/', '\\'])) {
        Some(name) => Err(fail(format!("weight_map names {name}, which is not beside it"))),
        None if names.is_empty() => Err(fail("weight_map is empty".to_owned())),
        None => Ok(names),
    }
}

enum Source<'a> {
    Files(&'a mut Checkpoint),
    Seed(u64),
    Device,
}

/// Hands out parameters by name while a model is built.
pub struct Weights<'a> {
    source: Source<'a>,
    specs: BTreeMap<String, Spec>,
    device: Device,
    dtype: DType,
}

impl std::fmt::Debug for Weights<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Weights({} parameters, {:?})", self.specs.len(), self.dtype)
    }
}

impl<'a> Weights<'a> {
    fn new(source: Source<'a>, config: &Config, device: &Device, dtype: DType) -> Self {
        let specs = parameters(config).into_iter().map(|s| (s.name.clone(), s)).collect();
        Self { source, specs, device: device.clone(), dtype }
    }

    /// From a checkpoint's files; numbers are converted to `dtype`.
    ///
    /// # Errors
    /// [`WeightError`] when names or shapes are not the configuration's.
    pub fn files(
        checkpoint: &'a mut Checkpoint,
        config: &Config,
        device: &Device,
        dtype: DType,
    ) -> Result<Self, WeightError> {
        checkpoint.check(config)?;
        if config.tied && checkpoint.place.contains_key(HEAD) {
            let (head, table) = (checkpoint.stored(HEAD)?, checkpoint.stored(EMBEDDINGS)?);
            if (head.0.dtype, head.1) != (table.0.dtype, table.1) {
                return Err(WeightError::Untied);
            }
        }
        Ok(Self::new(Source::Files(checkpoint), config, device, dtype))
    }

    /// Fresh ones: nearly normal, matrices scaled by the square root of their inputs. Each parameter has a stream of
    /// its own, so that a seed gives the same numbers on every device and whatever else the model has.
    #[must_use]
    pub fn seed(seed: u64, config: &Config, device: &Device, dtype: DType) -> Weights<'static> {
        Weights::new(Source::Seed(seed), config, device, dtype)
    }

    /// Fresh ones that the device draws itself, others on every device: for measuring large models.
    #[must_use]
    pub fn device_drawn(config: &Config, device: &Device, dtype: DType) -> Weights<'static> {
        Weights::new(Source::Device, config, device, dtype)
    }

    /// The device that parameters are put on.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Takes a parameter; one of more axes than two is flattened to `[out, in]`.
    ///
    /// # Errors
    /// [`WeightError`] when it cannot be read, or holds a number that is none.
    pub fn take<const D: usize>(&mut self, name: &str) -> Result<Param<Tensor<D>>, WeightError> {
        let missing = || WeightError::Missing(vec![name.to_owned()]);
        let spec = self.specs.get(name).ok_or_else(missing)?;
        let shape: Vec<usize> = match spec.shape.as_slice() {
            [out, rest @ ..] if rest.len() > 1 => vec![*out, rest.iter().product()],
            shape => shape.to_vec(),
        };
        if shape.len() != D {
            let (name, found) = (name.to_owned(), shape);
            return Err(WeightError::Shape { name, found, wanted: vec![0; D] });
        }
        let data = match &mut self.source {
            Source::Files(checkpoint) => checkpoint.read(name, shape.clone())?,
            Source::Seed(seed) => TensorData::new(fresh(*seed, spec), shape.clone()),
            Source::Device => {
                let tensor = Tensor::<D>::random(shape.as_slice(), law(spec), (&self.device, self.dtype));
                return Ok(Param::from_tensor(tensor));
            }
        };
        let data = data.convert_dtype(self.dtype);
        if self.dtype == DType::F16
            && let Some((at, value)) = not_finite(Dtype::F16, data.as_bytes())
        {
            let value = format!("{value} in f16, whose largest number is 65504,");
            return Err(WeightError::NotFinite { name: name.to_owned(), value, at });
        }
        Ok(Param::from_tensor(Tensor::from_data(data, (&self.device, self.dtype))))
    }
}

/// Mean and deviation of a fresh parameter.
fn start(spec: &Spec) -> (f64, f64) {
    let inputs = spec.shape[1..].iter().product::<usize>().max(1);
    match spec.kind {
        Kind::Scale => (1.0, 0.0),
        Kind::Bias => (0.0, 0.0),
        Kind::Embedding => (0.0, 0.5),
        Kind::Matrix => (0.0, (1.0 / inputs as f64).sqrt()),
    }
}

fn law(spec: &Spec) -> Distribution {
    let (mean, deviation) = start(spec);
    // A normal law without width is none.
    Distribution::Normal(mean, deviation.max(1e-12))
}

/// Sums of twelve uniforms are nearly normal and the same everywhere.
fn fresh(seed: u64, spec: &Spec) -> Vec<f32> {
    let count = spec.count() as usize;
    let (mean, deviation) = start(spec);
    if deviation == 0.0 {
        return vec![mean as f32; count];
    }
    let mut stream = Stream::keyed(seed, "weights", &spec.name, 0);
    let mut draw = || (0..12).map(|_| f64::from(stream.bits()) / 4_294_967_296.0).sum::<f64>() - 6.0;
    (0..count).map(|_| (draw() * deviation) as f32).collect()
}
