//! Every reward by name, in every variant, on any answer, truth and meta: finite and in its range.
#![no_main]

use libfuzzer_sys::fuzz_target;
use scrubjay_core::reward::Variant;
use scrubjay_core::reward::table::Reward;
use serde_json::{Value, json};

fuzz_target!(|input: (&str, &str, [f64; 4])| {
    let (said, truth, n) = input;
    let free: Value = serde_json::from_str(truth).unwrap_or_else(|_| json!(truth));
    let truths = [free.clone(), json!(truth), json!([[n[0], n[1]], [n[2], n[3]]]), json!([n[0], n[1]]), json!([3, 1, 2])];
    let answers = [
        said.to_owned(),
        format!("<think>{said}</think><answer>{}-{} {said}</answer>", n[0], n[1]),
        format!("<|event_start|>[{},{}]<|event_end|>{said}", n[2], n[3]),
    ];
    for reward in Reward::ALL {
        for variant in Variant::ALL {
            let (low, high) = reward.range(variant);
            for truth in &truths {
                for said in &answers {
                    for meta in [&Value::Null, &free] {
                        if let Ok(score) = reward.score(variant, said, truth, meta) {
                            assert!((low..=high).contains(&score.total), "{reward} {variant}: {score:?}");
                            assert!(score.parts.values().all(|p| p.is_finite()));
                        }
                    }
                }
            }
        }
    }
});
