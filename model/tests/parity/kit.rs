//! Parity kits: tiny random checkpoints with what `transformers` made of them.
//!
//! `SCRUBJAY_PARITY_KITS=dir[:dir]` names folders with a `manifest.json`, `tables/` and any number of `kit-*`; without
//! it the copy in this repository is read.

use std::path::{Path, PathBuf};

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use scrubjay_core::frame::Frame;
use scrubjay_model::config::Config;
use serde_json::Value;

/// A folder with a manifest.
pub(crate) struct Kits {
    pub(crate) dir: PathBuf,
    pub(crate) manifest: Value,
}

/// One checkpoint of a manifest.
pub(crate) struct Kit<'a> {
    pub(crate) dir: PathBuf,
    pub(crate) manifest: &'a Value,
}

/// All folders that are to be checked.
pub(crate) fn all() -> Vec<Kits> {
    let own = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/qwen3-vl");
    let dirs = match std::env::var_os("SCRUBJAY_PARITY_KITS") {
        Some(list) => std::env::split_paths(&list).filter(|p| !p.as_os_str().is_empty()).collect(),
        None => vec![own()],
    };
    assert!(!dirs.is_empty(), "SCRUBJAY_PARITY_KITS names no folder");
    let read = |dir: PathBuf| {
        let manifest = json(&dir.join("manifest.json"));
        Kits { dir, manifest }
    };
    dirs.into_iter().map(read).collect()
}

impl Kits {
    /// The checkpoints whose folders are there; at least one, each with at least one case.
    pub(crate) fn kits(&self) -> Vec<Kit<'_>> {
        let listed = self.manifest["kits"].as_object().expect("the manifest lists kits");
        assert!(!listed.is_empty(), "{}: no kits", self.dir.display());
        let kits: Vec<Kit<'_>> = listed
            .iter()
            .map(|(name, manifest)| Kit { dir: self.dir.join(format!("kit-{name}")), manifest })
            .filter(|kit| kit.dir.is_dir())
            .collect();
        assert!(!kits.is_empty(), "{} has none of the kit-* folders of its manifest", self.dir.display());
        for kit in &kits {
            assert!(!kit.cases().is_empty(), "{}: no cases", kit.dir.display());
        }
        kits
    }

    /// A table that all checkpoints share; its absence is said aloud.
    pub(crate) fn table(&self, name: &str) -> Option<Value> {
        let path = self.dir.join("tables").join(name);
        if path.exists() {
            return Some(json(&path));
        }
        eprintln!("{} is not there: skipped", path.display());
        None
    }
}

impl Kit<'_> {
    pub(crate) fn name(&self) -> String {
        self.dir.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
    }

    pub(crate) fn config(&self) -> Config {
        let text = std::fs::read_to_string(self.model().join("config.json")).expect("config.json");
        Config::from_json(&text).expect("a configuration")
    }

    pub(crate) fn model(&self) -> PathBuf {
        self.dir.join("model-f32")
    }

    /// Name and description of each case.
    pub(crate) fn cases(&self) -> Vec<(&String, &Value)> {
        self.manifest["cases"].as_object().expect("the kit lists cases").iter().collect()
    }

    pub(crate) fn tensors(&self, file: &str) -> Tensors {
        Tensors::read(&self.dir.join(file))
    }
}

pub(crate) fn json(path: &Path) -> Value {
    let bytes = std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_slice(&bytes).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// A list under a key.
pub(crate) fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().unwrap_or_else(|| panic!("{key} is a list"))
}

/// A whole number.
pub(crate) fn number(value: &Value) -> u32 {
    value.as_u64().and_then(|n| u32::try_from(n).ok()).unwrap_or_else(|| panic!("{value} is a whole number"))
}

/// A safetensors file.
pub(crate) struct Tensors {
    path: PathBuf,
    bytes: Vec<u8>,
}

impl Tensors {
    pub(crate) fn read(path: &Path) -> Self {
        let bytes = std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        Self { path: path.to_owned(), bytes }
    }

    pub(crate) fn with<T>(&self, name: &str, use_it: impl FnOnce(&TensorView<'_>) -> T) -> T {
        let file = SafeTensors::deserialize(&self.bytes).expect("safetensors");
        let view = file.tensor(name).unwrap_or_else(|e| panic!("{}: {name}: {e}", self.path.display()));
        use_it(&view)
    }

    pub(crate) fn shape(&self, name: &str) -> Vec<usize> {
        self.with(name, |t| t.shape().to_vec())
    }

    pub(crate) fn f32(&self, name: &str) -> Vec<f32> {
        self.with(name, |t| {
            assert_eq!(t.dtype(), Dtype::F32, "{name}");
            t.data().as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect()
        })
    }

    pub(crate) fn i64(&self, name: &str) -> Vec<i64> {
        self.with(name, |t| {
            assert_eq!(t.dtype(), Dtype::I64, "{name}");
            t.data().as_chunks().0.iter().map(|b| i64::from_le_bytes(*b)).collect()
        })
    }

    /// A picture `[H,W,3]`, or pictures `[T,H,W,3]`.
    pub(crate) fn frames(&self, name: &str) -> Vec<Frame> {
        self.with(name, |t| {
            assert_eq!(t.dtype(), Dtype::U8, "{name}");
            let shape = t.shape();
            let [height, width, 3] = shape[shape.len() - 3..] else { panic!("{name}: {shape:?}") };
            let cut = |b: &[u8]| Frame { width: width as u32, height: height as u32, rgb: b.to_vec() };
            t.data().chunks_exact(height * width * 3).map(cut).collect()
        })
    }
}
