//! Advantages, losses, gradients and clip statistics against what TRL's trainer computed on the same numbers.

#![cfg(not(target_arch = "wasm32"))]

use std::collections::HashMap;

use scrubjay_core::grpo::advantage::{self, Aggregation, Group, advantages};
use scrubjay_core::grpo::loss::{How, Normalizer, Sequence, loss};
use serde_json::Value;

fn cases() -> Value {
    serde_json::from_str(include_str!("../../tests/golden/qwen3-vl/grpo/grpo.json")).expect("the goldens")
}

/// The `f32` tensors of a safetensors file: 8 bytes for the header's length, the header in JSON, the data.
fn tensors() -> HashMap<String, Vec<f32>> {
    let bytes = include_bytes!("../../tests/golden/qwen3-vl/grpo/grpo.safetensors");
    let (length, rest) = bytes.split_first_chunk::<8>().expect("the goldens");
    let (header, data) = rest.split_at(u64::from_le_bytes(*length) as usize);
    let header: HashMap<String, Value> = serde_json::from_slice(header).expect("the goldens");
    header
        .into_iter()
        .filter(|(_, t)| t["dtype"] == "F32")
        .map(|(name, t)| {
            let at = |i: usize| t["data_offsets"][i].as_u64().expect("the goldens") as usize;
            let (numbers, _) = data[at(0)..at(1)].as_chunks::<4>();
            (name, numbers.iter().map(|b| f32::from_le_bytes(*b)).collect())
        })
        .collect()
}

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

/// The manifest's tolerance for losses, gradients and statistics.
fn near(got: f64, want: f64) -> bool {
    (got - want).abs() <= 1e-6 + 1e-5 * want.abs()
}

#[test]
fn advantages_are_trls() {
    let cases = cases();
    let cases = cases["advantages"].as_array().expect("a list");
    assert_eq!(cases.len(), 33);
    for case in cases {
        let rewards: Vec<Option<f64>> =
            case["rewards"].as_array().expect("a list").iter().map(Value::as_f64).collect();
        let size = case["group_size"].as_u64().expect("a number") as usize;
        let groups: Vec<Group> = rewards
            .chunks(size)
            .map(|g| Group { rewards: g.iter().map(|r| vec![*r]).collect(), weights: vec![1.0] })
            .collect();
        let how = advantage::How {
            scale: case["scale_rewards"].as_str().expect("a name").parse().expect("known"),
            aggregation: Aggregation::SumThenNormalize,
            epsilon: number(&case["eps"]),
        };
        let got = advantages(&groups, &how).expect("even").concat();
        let want: Vec<f64> = case["advantages_f64"].as_array().expect("a list").iter().map(number).collect();
        assert_eq!(got.len(), want.len());
        for (g, w) in got.iter().zip(&want) {
            assert!((g - w).abs() <= number(&case["atol"]), "{case}: {got:?}");
            // In f64 the agreement is far closer than the reference's float32 allows, except where ours is exactly 0.
            assert!((g - w).abs() <= 1e-12 * w.abs().max(1.0) || *g == 0.0, "{case}: {got:?}");
        }
    }
}

#[test]
fn losses_gradients_and_clip_statistics_are_trls() {
    let (cases, tensors) = (cases(), tensors());
    let (rows, width) = (8, 12);
    let mask = &tensors["mask"];
    let lengths: Vec<usize> = mask.chunks(width).map(|m| m.iter().filter(|x| **x != 0.0).count()).collect();
    // One of the masks has a hole; only what is inside is handed over.
    let row = |name: &str, i: usize| -> Vec<f32> {
        let at = i * width..(i + 1) * width;
        let all = tensors[name][at.clone()].iter().zip(&mask[at]);
        all.filter(|(_, m)| **m != 0.0).map(|(x, _)| *x).collect()
    };
    let lists = |name: &str| -> Vec<Vec<f32>> { (0..rows).map(|i| row(name, i)).collect() };
    let (new, old, reference) = (lists("logp"), lists("old_logp"), lists("ref_logp"));
    let runs = cases["runs"].as_array().expect("a list");
    assert_eq!(runs.len(), 34);
    for run in runs {
        let name = run["run"].as_str().expect("a name");
        let how = How {
            loss_type: run["loss_type"].as_str().expect("a name").parse().expect("known"),
            importance: run["importance_sampling_level"].as_str().expect("a name").parse().expect("known"),
            clip: number(&run["epsilon_low"]),
            clip_high: number(&run["epsilon_high"]),
            delta: run["delta"].as_f64(),
            dual_clip: None,
            kl: number(&run["beta"]),
            kl_log_clamp: None,
            kl_clamp: None,
            max_tokens: run["max_completion_length"].as_u64().expect("a number") as usize,
        };
        let on_policy = run["on_policy"].as_bool().expect("a truth value");
        let sequences: Vec<Sequence<'_>> = (0..rows)
            .map(|i| Sequence {
                new: &new[i],
                old: (!on_policy).then_some(&old[i]),
                reference: Some(&reference[i]),
                advantage: f64::from(tensors["advantages"][i]),
                counts: true,
            })
            .collect();
        let normalizer = Normalizer::new(&how, lengths.iter().map(|n| (*n, true)));
        let part = loss(&how, &normalizer, &sequences).expect("finite");
        assert!(near(part.loss, number(&run["loss"])), "{name}: {} {}", part.loss, run["loss"]);
        let (low, high, either) = part.stats.clipped();
        for (what, got) in [
            ("kl_mean", part.stats.mean_kl()),
            ("clip_low_mean", low),
            ("clip_high_mean", high),
            ("clip_region_mean", either),
        ] {
            assert!(near(got, number(&run[what])), "{name}: {what} {got} {}", run[what]);
        }
        for i in 0..rows {
            let gradient = &tensors[&format!("run{name}.grad_logp")][i * width..(i + 1) * width];
            let outside = gradient.iter().zip(&mask[i * width..]).filter(|(_, m)| **m == 0.0);
            assert!(outside.into_iter().all(|(g, _)| *g == 0.0), "{name}: nothing outside has a gradient");
            let pairs = |name: String, ours: &[f64]| {
                let theirs = row(&name, i);
                assert_eq!(ours.len(), theirs.len());
                for (got, want) in ours.iter().zip(theirs) {
                    assert!(near(*got, f64::from(want)), "{name}, answer {i}: {got} {want}");
                }
            };
            pairs(format!("run{name}.grad_logp"), &part.gradient[i]);
            pairs(format!("run{name}.per_token_loss"), &part.tokens[i]);
        }
    }
}
