//! Kits of goldens: folders with a `manifest.json` and any number of `kit-*` folders, made by `transformers`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use safetensors::tensor::Dtype;
use scrubjay_model::config::Config;
use scrubjay_model::pixels::{Grid, Kind, Visual};
use scrubjay_model::prompt::Prompt;
use scrubjay_model::shard::Shard;
use serde_json::Value;

/// One folder given to the tests.
pub(crate) struct Kits {
    pub(crate) folder: PathBuf,
    pub(crate) manifest: Value,
}

/// The folders of `SCRUBJAY_PARITY_KITS`, or the one in this repository.
pub(crate) fn all() -> Vec<Kits> {
    let folders: Vec<PathBuf> = match std::env::var_os("SCRUBJAY_PARITY_KITS") {
        Some(list) => std::env::split_paths(&list).filter(|p| !p.as_os_str().is_empty()).collect(),
        None => vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/qwen3-vl")],
    };
    assert!(!folders.is_empty(), "SCRUBJAY_PARITY_KITS names no folder");
    folders
        .into_iter()
        .map(|folder| {
            let manifest = json(&folder.join("manifest.json"));
            Kits { folder, manifest }
        })
        .collect()
}

pub(crate) fn json(path: &Path) -> Value {
    let text = std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_slice(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

impl Kits {
    /// The kits whose folders are there.
    pub(crate) fn kits(&self) -> Vec<Kit<'_>> {
        let entries = self.manifest["kits"].as_object().expect("the manifest has kits");
        let kits: Vec<Kit<'_>> = entries
            .iter()
            .map(|(name, entry)| Kit { folder: self.folder.join(format!("kit-{name}")), entry })
            .filter(|kit| kit.folder.is_dir())
            .collect();
        assert!(!kits.is_empty(), "{} has no kit-* folder of its manifest", self.folder.display());
        kits
    }

    /// Absolute and relative tolerance of the entry whose title contains `word`.
    pub(crate) fn tolerance(&self, word: &str) -> (f32, f32) {
        let all = self.manifest["tolerances"].as_object().expect("the manifest has tolerances");
        let (_, entry) = all
            .iter()
            .find(|(title, entry)| title.contains(word) && entry.is_object())
            .unwrap_or_else(|| panic!("no tolerance for {word}"));
        let number = |key: &str| entry[key].as_f64().unwrap_or_else(|| panic!("{word}: no {key}")) as f32;
        (number("atol"), number("rtol"))
    }
}

/// One model with its cases.
pub(crate) struct Kit<'a> {
    pub(crate) folder: PathBuf,
    pub(crate) entry: &'a Value,
}

impl Kit<'_> {
    pub(crate) fn name(&self) -> String {
        self.folder.file_name().expect("has a name").to_string_lossy().into_owned()
    }

    pub(crate) fn model(&self) -> PathBuf {
        self.folder.join("model-f32")
    }

    pub(crate) fn config(&self) -> Config {
        let text = std::fs::read_to_string(self.model().join("config.json")).expect("config.json");
        Config::from_json(&text).expect("a configuration")
    }

    /// Cases whose files are there.
    pub(crate) fn cases(&self, config: &Config) -> Vec<Case> {
        let entries = self.entry["cases"].as_object().expect("the kit has cases");
        let cases: Vec<Case> = entries
            .iter()
            .filter_map(|(name, entry)| {
                let path = self.folder.join("cases").join(format!("{name}.safetensors"));
                path.exists().then(|| Case::read(name, entry, &path, self, config))
            })
            .collect();
        assert!(!cases.is_empty(), "{} has no cases", self.folder.display());
        cases
    }
}

/// A tensor of a golden file.
pub(crate) struct Golden {
    pub(crate) shape: Vec<usize>,
    pub(crate) reals: Vec<f32>,
    pub(crate) whole: Vec<i64>,
}

/// Everything in a safetensors file.
pub(crate) fn goldens(path: &Path) -> BTreeMap<String, Golden> {
    let file = std::fs::File::open(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut shard = Shard::open(Box::new(file)).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let names: Vec<String> = shard.tensors().keys().cloned().collect();
    names
        .into_iter()
        .map(|name| {
            let (info, bytes) = shard.read(&name).expect("reads").expect("is there");
            let mut golden = Golden { shape: info.shape, reals: Vec::new(), whole: Vec::new() };
            match info.dtype {
                Dtype::I64 => {
                    golden.whole = bytes
                        .chunks_exact(8)
                        .map(|b| i64::from_le_bytes(b.try_into().expect("eight bytes")))
                        .collect();
                }
                _ => golden.reals = shard.reals(&name).expect("reads").expect("is there").values,
            }
            (name, golden)
        })
        .collect()
}

/// One prompt, or a batch of them, with what the reference made of it.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) goldens: BTreeMap<String, Golden>,
    /// The rows, without padding.
    pub(crate) prompts: Vec<Prompt>,
    /// Clips and images of all rows, in the reference's order.
    pub(crate) clips: Vec<Visual>,
    pub(crate) images: Vec<Visual>,
    /// Per row and column, whether a token is there.
    pub(crate) mask: Vec<bool>,
    pub(crate) length: usize,
}

impl Case {
    fn read(name: &str, entry: &Value, path: &Path, kit: &Kit<'_>, config: &Config) -> Self {
        let goldens = goldens(path);
        let (clips, images) = visuals(kit, entry, &goldens, config);
        let length = goldens["input_ids"].shape[1];
        let mask: Vec<bool> = goldens["attention_mask"].whole.iter().map(|&m| m == 1).collect();
        let (mut clip, mut image) = (clips.iter(), images.iter());
        let prompts = goldens["input_ids"]
            .whole
            .chunks_exact(length)
            .zip(mask.chunks_exact(length))
            .map(|(ids, mask)| {
                let ids: Vec<u32> =
                    ids.iter().zip(mask).filter(|(_, m)| **m).map(|(id, _)| *id as u32).collect();
                let visuals = in_order(&ids, config, &mut clip, &mut image);
                Prompt::new(ids, visuals, config).unwrap_or_else(|e| panic!("{name}: {e}"))
            })
            .collect();
        Self { name: name.to_owned(), goldens, prompts, clips, images, mask, length }
    }
}

/// Clips and images of an entry of the manifest, with the grids of a golden file.
pub(crate) fn visuals(
    kit: &Kit<'_>,
    entry: &Value,
    goldens: &BTreeMap<String, Golden>,
    config: &Config,
) -> (Vec<Visual>, Vec<Visual>) {
    let visuals = |kind: Kind, pixels: &str, grids: &str| -> Vec<Visual> {
        let Some(grids) = goldens.get(grids) else { return Vec::new() };
        let files = entry["pixels_concat_in_order"][pixels].as_array().expect("names pixel files");
        let pixels: Vec<f32> =
            files.iter().flat_map(|f| goldens_of(&kit.folder.join(f.as_str().expect("a name")))).collect();
        let values = config.vision.patch_values();
        let mut at = 0;
        let visuals: Vec<Visual> = grids
            .whole
            .chunks_exact(3)
            .map(|g| {
                let grid = Grid { t: g[0] as usize, h: g[1] as usize, w: g[2] as usize };
                let count = grid.patches() * values;
                at += count;
                Visual { kind, grid, patches: pixels[at - count..at].to_vec() }
            })
            .collect();
        assert_eq!(at, pixels.len(), "pixels and grids");
        visuals
    };
    (
        visuals(Kind::Clip, "pixel_values_videos", "video_grid_thw"),
        visuals(Kind::Image, "pixel_values", "image_grid_thw"),
    )
}

fn goldens_of(path: &Path) -> Vec<f32> {
    goldens(path).remove("pixels").unwrap_or_else(|| panic!("{}: no pixels", path.display())).reals
}

/// The visuals of a row as their tokens come: each takes as many as its grid says.
fn in_order<'a>(
    ids: &[u32],
    config: &Config,
    clips: &mut impl Iterator<Item = &'a Visual>,
    images: &mut impl Iterator<Item = &'a Visual>,
) -> Vec<Visual> {
    let mut found = Vec::new();
    let (mut clip_tokens, mut image_tokens) = (0, 0);
    let tokens = |v: &Visual| v.grid.t * v.grid.h * v.grid.w / (config.vision.merge * config.vision.merge);
    for &id in ids {
        let (left, next): (&mut usize, &mut dyn Iterator<Item = &'a Visual>) =
            if id == config.tokens.video_pad {
                (&mut clip_tokens, clips)
            } else if id == config.tokens.image_pad {
                (&mut image_tokens, images)
            } else {
                continue;
            };
        if *left == 0 {
            let visual = next.next().expect("as many visuals as tokens ask for");
            *left = tokens(visual);
            found.push(visual.clone());
        }
        *left -= 1;
    }
    found
}
