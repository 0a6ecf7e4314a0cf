//! Core against what the papers' public code returned (VideoSSR at b0d2acb); inputs and outputs in
//! `tests/golden`.
#![cfg(not(target_arch = "wasm32"))]

use scrubjay_core::answer::interval;
use scrubjay_core::reward::videossr;
use scrubjay_core::source::{Clock, Pick, Sampling, SamplingError, Timeline};
use scrubjay_core::task::{grounding, jigsaw};
use serde_json::Value;

fn cases(text: &str) -> Vec<Value> {
    let root: Value = serde_json::from_str(text).expect("golden file parses");
    let cases = root["cases"].as_array().expect("has cases").clone();
    assert_eq!(cases.len() as u64, root["meta"]["count"].as_u64().expect("has a count"));
    cases
}

/// The reference's reward; where it is not finite or it raised, ours is 0.
fn reward(case: &Value) -> f64 {
    case["reward"].as_f64().unwrap_or(0.0)
}

#[test]
fn grounding_rewards() {
    let mut checked = 0;
    for case in cases(include_str!("../../tests/golden/reward_grounding.json")) {
        // Answers and truths that are not text cannot be expressed here; the reference scores them 0.
        let (Some(said), Some(truth)) = (case["prediction"].as_str(), case["ground_truth"].as_str()) else {
            continue;
        };
        let score = interval::parse(truth).map_or(0.0, |t| videossr::grounding(said, t).total);
        assert!((score - reward(&case)).abs() <= 1e-9, "{case}: {score}");
        checked += 1;
    }
    assert!(checked >= 240, "{checked}");
}

#[test]
fn jigsaw_rewards() {
    let mut checked = 0;
    for case in cases(include_str!("../../tests/golden/reward_jigsaw.json")) {
        let (Some(said), Some(truth)) = (case["prediction"].as_str(), case["ground_truth"].as_str()) else {
            continue;
        };
        let score = videossr::jigsaw(said, truth).total;
        assert!((score - reward(&case)).abs() <= 1e-9, "{case}: {score}");
        checked += 1;
    }
    assert!(checked >= 280, "{checked}");
}

#[test]
fn interval_strings() {
    let mut refused = 0;
    for case in cases(include_str!("../../tests/golden/interval_strings.json")) {
        // Four cases have a sampling rate that is no positive finite number. The reference raises, skips or
        // answers 0.0-0.0; our sources never have one, since `Sampling::select` refuses them.
        let Some(fps) = case["sampling_fps"].as_f64().filter(|fps| *fps > 0.0) else {
            refused += 1;
            continue;
        };
        let number = |k: &str| case[k].as_u64().expect("a number") as u32;
        let timeline = Timeline::even(Vec::new(), fps);
        let truth = grounding::truth(number("start"), number("t"), &timeline);
        assert_eq!(Some(truth.to_string().as_str()), case["ground_truth"].as_str(), "{case}");
    }
    assert_eq!(refused, 4);
}

#[test]
fn jigsaw_answers() {
    for case in cases(include_str!("../../tests/golden/jigsaw_answers.json")) {
        let order: Vec<u8> = case["appearance_order"]
            .as_array()
            .expect("an order")
            .iter()
            .map(|v| v.as_u64().expect("a number") as u8)
            .collect();
        assert_eq!(Some(jigsaw::truth(&order).as_str()), case["answer"].as_str(), "{case}");
    }
}

#[test]
fn sampled_frames() {
    let mut chosen = 0;
    for case in cases(include_str!("../../tests/golden/frame_sampling.json")) {
        let total = case["total_frames"].as_u64().expect("a number") as u32;
        let fps = case["fps"].as_f64().unwrap_or(f64::NAN);
        let count = case["num_frames"].as_u64().expect("a number") as u32;
        let sampling = Sampling { pick: Pick::Videossr { count }, clock: Clock::Virtual };
        match (sampling.select(total, fps), case["result"].as_str()) {
            (Ok(t), Some("ok")) => {
                let wanted: Vec<u64> =
                    case["indices"].as_array().expect("a list").iter().filter_map(Value::as_u64).collect();
                assert!(t.indices.iter().map(|&i| u64::from(i)).eq(wanted), "{case}");
                assert_eq!(Some(t.sampling_fps), case["sampling_fps"].as_f64(), "{case}");
                chosen += 1;
            }
            (Err(SamplingError::TooShort { .. }), Some("too_short")) => {}
            // The reference takes an infinite rate and then shows every frame at the same time.
            (Err(SamplingError::NoRate), Some("error")) => {}
            (Err(SamplingError::NoRate), Some("ok")) if case["sampling_fps"].as_f64() == Some(0.0) => {}
            (got, _) => panic!("{case}: {got:?}"),
        }
    }
    assert!(chosen > 100, "{chosen}");
}

#[test]
fn museg_rewards() {
    use scrubjay_core::reward::{Variant, museg};
    let mut checked = 0;
    let v = Variant::Published;
    for case in cases(include_str!("../../tests/golden/reward_museg.json")) {
        let (Some(said), Some(list)) = (case["completion"].as_str(), case["solution"].as_array()) else {
            continue;
        };
        let pair = |s: &Value| Some([s.get(0)?.as_f64()?, s.get(1)?.as_f64()?]);
        let Some(truth) = list.iter().map(pair).collect::<Option<Vec<_>>>() else { continue };
        for (name, score) in [
            ("format_timestamp", museg::format(said, &truth, true, v)),
            ("format_no_timestamp", museg::format(said, &truth, false, v)),
            ("global_matching", museg::global(said, &truth, v)),
            ("local_matching", museg::local(said, &truth, v)),
            ("segment_matching", museg::matching(said, &truth, v)),
        ] {
            let wanted = reward(&case["rewards"][name]);
            assert!((score.total - wanted).abs() <= 1e-9, "{name}: {score:?}, {wanted} wanted: {case}");
        }
        checked += 1;
    }
    assert!(checked >= 360, "{checked}");
}

#[test]
fn counting_rewards() {
    use scrubjay_core::answer::python::float;
    let mut checked = 0;
    for case in cases(include_str!("../../tests/golden/reward_counting.json")) {
        let (Some(said), Some(truth)) = (case["prediction"].as_str(), case["ground_truth"].as_str()) else {
            continue;
        };
        // A truth that is not a list of numbers scores 0 there, whatever is said.
        let numbers: Option<Vec<f64>> = truth.split(',').map(float).collect();
        let score = numbers.map_or(0.0, |n| videossr::counting(said, &n).total);
        assert!((score - reward(&case)).abs() <= 1e-9, "{case}: {score}");
        checked += 1;
    }
    assert!(checked >= 270, "{checked}");
}
