//! Reading and writing checkpoints.

use std::collections::BTreeMap;
use std::path::Path;

use burn::tensor::{DType, Device};
use safetensors::tensor::Dtype;
use scrubjay_model::config::Config;
use scrubjay_model::export::{SHARD_BYTES, save};
use scrubjay_model::policy::Policy;
use scrubjay_model::shard::Shard;
use scrubjay_model::weights::Checkpoint;

use crate::case::{self, goldens, tolerance};
use crate::forward::{close, host, policy};
use crate::kit::all;

/// Read, written and compared byte by byte, in one file and in many.
#[test]
fn parity_round_trip() {
    let mut tensors = 0;
    for kits in &all() {
        for kit in kits.kits() {
            for (folder, name) in [("model-f32", "float32"), ("model-bf16", "bfloat16")] {
                let from = kit.dir.join(folder);
                if !from.is_dir() {
                    continue;
                }
                assert_eq!(Checkpoint::open(&from).expect("opens").dtype(), name);
                let policy = policy(&kit, folder, &Device::flex(), DType::F32);
                for shard_bytes in [SHARD_BYTES, 100_000] {
                    let out = tempfile::tempdir().expect("a folder");
                    save(&policy, out.path(), name, shard_bytes).expect("writes");
                    let (mut want, got) = (held(&from), held(out.path()));
                    if kit.config().tied {
                        // Some files hold the head, which is the embeddings, once more.
                        want.remove("lm_head.weight");
                    }
                    assert_eq!(got.keys().collect::<Vec<_>>(), want.keys().collect::<Vec<_>>());
                    for (name, tensor) in &want {
                        assert!(got[name] == *tensor, "{name} has changed");
                    }
                    tensors += want.len();
                    let again = Checkpoint::open(out.path()).expect("opens");
                    again.check(&kit.config()).expect("complete");
                }
            }
        }
    }
    eprintln!("{tensors} tensors byte-equal after a round trip");
    assert!(tensors > 0);
}

/// Everything that the safetensors files of a folder hold.
fn held(folder: &Path) -> BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)> {
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|e| e != "safetensors") {
            continue;
        }
        let mut shard = Shard::open(Box::new(std::fs::File::open(&path).expect("opens"))).expect("is whole");
        let names: Vec<String> = shard.tensors().keys().cloned().collect();
        for name in names {
            let (info, bytes) = shard.read(&name).expect("reads").expect("is there");
            all.insert(name, (info.dtype, info.shape, bytes));
        }
    }
    all
}

#[test]
fn parity_config_spellings() {
    let mut compared = 0;
    for kits in &all() {
        for kit in kits.kits() {
            let read = |name: &str| {
                let text = std::fs::read_to_string(kit.model().join(name)).ok()?;
                Some(Config::from_json(&text).unwrap_or_else(|e| panic!("{name}: {e}")))
            };
            let config = read("config.json").expect("config.json");
            if let Some(published) = read("config.published-style.json") {
                assert_eq!(config, published);
                compared += 1;
            }
            assert_eq!(Config::from_json(&config.to_json("float32")).expect("reads"), config);
        }
    }
    eprintln!("{compared} configurations equal in both spellings; a kit may have but one");
}

/// Weights of two bytes, computed with in `f32`; and where the device can, in `bf16`.
#[test]
fn parity_bf16() {
    bf16("flex", &Device::flex(), true);
}

/// On a device; `wide` also compares what `f32` arithmetic makes of the same weights.
pub(crate) fn bf16(title: &str, device: &Device, wide: bool) {
    let mut cases = 0;
    for kits in &all() {
        for kit in kits.kits() {
            if !kit.dir.join("model-bf16").is_dir() {
                eprintln!("{title}: {} has no bf16 weights: skipped", kit.name());
                continue;
            }
            let config = kit.config();
            let exactly = policy(&kit, "model-bf16", device, DType::F32);
            let narrow = policy(&kit, "model-bf16", device, DType::BF16);
            for case in case::all(&kit, &config) {
                let path = kit.dir.join("cases-bf16").join(format!("{}.safetensors", case.name));
                if !path.exists() {
                    continue;
                }
                let want = goldens(&path);
                let logits = |policy: &Policy| host(crate::forward::logits(policy, &case, &config));
                let exact = &want["logits_f32_math"].reals;
                let tolerance = tolerance(kits, "logits_f32_math");
                let what = format!("{}: bf16 weights", case.name);
                if wide {
                    close(&what, &logits(&exactly), exact, Some(&case.mask), tolerance);
                }
                // The reference's own error in bf16 is the yardstick.
                let recorded =
                    kit.manifest["bf16"][&case.name]["bf16_vs_f32_math_rms"].as_f64().expect("recorded");
                let rms = rms(&logits(&narrow), exact, &case.mask);
                eprintln!(
                    "{}: bf16 arithmetic, rms error {rms:.4}, the reference's {recorded:.4}",
                    case.name
                );
                assert!(rms <= 1.5 * recorded, "{}: {rms} against {recorded}", case.name);
                cases += 1;
            }
        }
    }
    eprintln!("{title}: {cases} cases with bf16 weights compared");
}

fn rms(got: &[f32], want: &[f32], mask: &[bool]) -> f64 {
    let width = want.len() / mask.len();
    let kept = (0..want.len()).filter(|i| mask[i / width]);
    let squares: Vec<f64> = kept.map(|i| f64::from(got[i] - want[i]).powi(2)).collect();
    (squares.iter().sum::<f64>() / squares.len() as f64).sqrt()
}
