//! Reading and writing checkpoints.

use burn::tensor::{DType, Device};
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
                    tensors += same(&from, out.path());
                    let again = Checkpoint::open(out.path()).expect("opens");
                    again.check(&kit.config()).expect("complete");
                }
            }
        }
    }
    eprintln!("{tensors} tensors byte-equal after a round trip");
    assert!(tensors > 0);
}

fn same(from: &std::path::Path, to: &std::path::Path) -> usize {
    let open = |path: &std::path::Path| {
        Shard::open(Box::new(std::fs::File::open(path).expect("opens"))).expect("is whole")
    };
    let mut original = open(&from.join("model.safetensors"));
    let names: Vec<String> = original.tensors().keys().cloned().collect();
    let mut files: Vec<_> = std::fs::read_dir(to)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "safetensors"))
        .collect();
    files.sort();
    let mut found = 0;
    for file in files {
        let mut shard = open(&file);
        for name in &names {
            if let Some((info, bytes)) = shard.read(name).expect("reads") {
                let (want, wanted) = original.read(name).expect("reads").expect("is there");
                assert_eq!((info.dtype, &info.shape), (want.dtype, &want.shape), "{name}");
                assert!(bytes == wanted, "{name}");
                found += 1;
            }
        }
    }
    assert_eq!(found, names.len());
    found
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
    eprintln!("{compared} configurations equal in both spellings");
    assert!(compared > 0);
}

/// Weights of two bytes, computed with in `f32`; and where the device can, in `bf16`.
#[test]
fn parity_bf16() {
    let mut cases = 0;
    for kits in &all() {
        for kit in kits.kits() {
            if !kit.dir.join("model-bf16").is_dir() {
                continue;
            }
            let config = kit.config();
            let wide = policy(&kit, "model-bf16", &Device::flex(), DType::F32);
            let narrow = policy(&kit, "model-bf16", &Device::flex(), DType::BF16);
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
                close(&what, &logits(&wide), exact, Some(&case.mask), tolerance);
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
    eprintln!("{cases} cases with bf16 weights compared");
    assert!(cases > 0);
}

fn rms(got: &[f32], want: &[f32], mask: &[bool]) -> f64 {
    let width = want.len() / mask.len();
    let kept = (0..want.len()).filter(|i| mask[i / width]);
    let squares: Vec<f64> = kept.map(|i| f64::from(got[i] - want[i]).powi(2)).collect();
    (squares.iter().sum::<f64>() / squares.len() as f64).sqrt()
}
