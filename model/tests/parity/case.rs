//! Goldens of a kit: what the reference was given, and what it made of it.

use std::collections::BTreeMap;
use std::path::Path;

use safetensors::tensor::Dtype;
use scrubjay_model::config::Config;
use scrubjay_model::pixels::{Grid, Kind, Visual};
use scrubjay_model::prompt::Prompt;
use scrubjay_model::shard::Shard;
use serde_json::Value;

use crate::kit::{Kit, Kits};

/// Absolute and relative tolerance of the manifest's entry whose title contains `word`.
pub(crate) fn tolerance(kits: &Kits, word: &str) -> (f32, f32) {
    let all = kits.manifest["tolerances"].as_object().expect("the manifest has tolerances");
    let (_, entry) = all
        .iter()
        .find(|(title, entry)| title.contains(word) && entry.is_object())
        .unwrap_or_else(|| panic!("no tolerance for {word}"));
    let number = |key: &str| entry[key].as_f64().unwrap_or_else(|| panic!("{word}: no {key}")) as f32;
    (number("atol"), number("rtol"))
}

/// The cases of a kit.
pub(crate) fn all(kit: &Kit<'_>, config: &Config) -> Vec<Case> {
    let cases: Vec<Case> = kit
        .cases()
        .into_iter()
        .map(|(name, entry)| {
            let path = kit.dir.join("cases").join(format!("{name}.safetensors"));
            Case::read(name, entry, &path, kit, config)
        })
        .collect();
    assert!(!cases.is_empty(), "{} has no cases", kit.dir.display());
    cases
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
            files.iter().flat_map(|f| goldens_of(&kit.dir.join(f.as_str().expect("a name")))).collect();
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
pub(crate) fn in_order<'a>(
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
