//! Core against what the papers' public code returned (VideoSSR at b0d2acb); inputs and outputs in
//! `tests/golden`.
#![cfg(not(target_arch = "wasm32"))]

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

/// Every row of a file through the table of rewards; where the reference raised, a typed error or 0 is right.
fn rows(text: &str, name: &str) {
    use scrubjay_core::reward::Variant;
    use scrubjay_core::reward::table::Reward;
    let reward: Reward = name.parse().expect("a reward");
    for case in cases(text) {
        let score =
            reward.score_any(Variant::Published, &case["prediction"], &case["ground_truth"], &Value::Null);
        match score {
            Ok(score) => {
                let wanted = case["reward"].as_f64().unwrap_or(0.0);
                assert!((score.total - wanted).abs() <= 1e-9, "{case}: {score:?}");
            }
            Err(e) => assert!(!case["exception"].is_null(), "{case}: {e}"),
        }
    }
}

#[test]
fn videossr_rewards() {
    rows(include_str!("../../tests/golden/reward_grounding.json"), "videossr.grounding");
    rows(include_str!("../../tests/golden/reward_counting.json"), "videossr.counting");
    rows(include_str!("../../tests/golden/reward_jigsaw.json"), "videossr.jigsaw");
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
fn shapes_cover_what_the_reference_covers() {
    use scrubjay_core::frame::Frame;
    use scrubjay_core::perturb::shape::{Shape, Sprite, draw};
    for case in cases(include_str!("../../tests/golden/counting_shapes.json")) {
        let number = |k: &str| case[k].as_f64().expect("a number");
        let list = |k: &str| -> Vec<f64> {
            case[k].as_array().expect("a list").iter().filter_map(Value::as_f64).collect()
        };
        let centre = list("center");
        let sprite = Sprite {
            x: centre[0] as i32,
            y: centre[1] as i32,
            size: number("size") as u32,
            turn: (case["angle"].as_f64().unwrap_or(0.0) / 360.0 * 65_536.0).round() as u16,
            rgb: [255; 3],
        };
        let mut frame = Frame::black(number("width") as u32, number("height") as u32);
        let shape: Shape = case["shape"].as_str().and_then(|s| s.parse().ok()).expect("a shape");
        draw(&mut frame, shape, &sprite);
        let inked = |i: &usize| frame.rgb[i * 3] > 0;
        let at: Vec<(f64, f64)> = (0..frame.rgb.len() / 3)
            .filter(inked)
            .map(|i| ((i % frame.width as usize) as f64, (i / frame.width as usize) as f64))
            .collect();
        let area = at.len() as f64;
        let of = |f: fn(f64, f64) -> f64, start: f64, axis: fn(&(f64, f64)) -> f64| {
            at.iter().map(axis).fold(start, f)
        };
        let bounds = [
            of(f64::min, 1e9, |p| p.0),
            of(f64::min, 1e9, |p| p.1),
            of(f64::max, 0.0, |p| p.0),
            of(f64::max, 0.0, |p| p.1),
        ];
        let mean = [of(|a, b| a + b, 0.0, |p| p.0) / area, of(|a, b| a + b, 0.0, |p| p.1) / area];
        assert!((area / number("area") - 1.0).abs() <= 0.02, "{case}: area {area}");
        assert!(bounds.iter().zip(list("bbox")).all(|(a, b)| (a - b).abs() <= 1.0), "{case}: {bounds:?}");
        assert!(mean.iter().zip(list("centroid")).all(|(a, b)| (a - b).abs() <= 0.5), "{case}: {mean:?}");
    }
}

#[test]
fn compatible_counting_is_distributed_as_the_reference() {
    use scrubjay_core::recipe::Size;
    use scrubjay_core::rng::Stream;
    use scrubjay_core::task::counting::{Level, draw, truth};
    use std::collections::BTreeMap;
    let golden: Value =
        serde_json::from_str(include_str!("../../tests/golden/counting_stats.json")).expect("parses");
    let samples = golden["samples"].as_f64().expect("a number");
    const OURS: u64 = 6_000;
    let mut ours: BTreeMap<String, f64> = BTreeMap::new();
    for seed in 0..OURS {
        let stream = &mut Stream::keyed(seed, "counting", "", 0);
        let groups = draw(Level::Easy, 48, Size { width: 640, height: 360 }, true, stream).expect("draws");
        let mut count = |key: String| *ours.entry(key).or_default() += samples / OURS as f64;
        for group in &groups {
            count(format!("instances {}", group.sprites.len()));
        }
        for (shape, n) in ["circle", "square", "triangle"].iter().zip(truth(&groups)) {
            count(format!("answer {shape}:{n}"));
            let frames = groups.iter().filter(|g| g.shape.name() == *shape).count();
            count(format!("frames {shape}:{frames}"));
        }
    }
    let mut compared = 0;
    for (key, prefix) in [
        ("instances_per_frame", "instances"),
        ("answer_component_hist", "answer"),
        ("frames_per_shape", "frames"),
    ] {
        for (bin, n) in golden[key].as_object().expect("a histogram") {
            let (theirs, ours) = (n.as_f64().expect("a number"), ours[&format!("{prefix} {bin}")]);
            // Four standard errors of a count, theirs and a tenth of its variance ours.
            let error = (1.1 * theirs.max(ours)).sqrt();
            assert!((theirs - ours).abs() <= 4.0 * error, "{key} {bin}: {ours} against {theirs}");
            compared += 1;
        }
    }
    assert!(compared >= 30, "{compared}");
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
    use scrubjay_core::reward::Variant;
    use scrubjay_core::reward::table::Reward;
    let mut checked = 0;
    for case in cases(include_str!("../../tests/golden/reward_museg.json")) {
        // A completion that is not text cannot be expressed here.
        let Some(said) = case["completion"].as_str() else { continue };
        for name in [
            "format_timestamp",
            "format_no_timestamp",
            "global_matching",
            "local_matching",
            "segment_matching",
        ] {
            let ours: Reward = format!("museg.{name}").parse().expect("a reward");
            let score = ours.score(Variant::Published, said, &case["solution"], &Value::Null);
            let score = score.expect("any truth is taken").total;
            let wanted = reward(&case["rewards"][name]);
            assert!((score - wanted).abs() <= 1e-9, "{name}: {score}, {wanted} wanted: {case}");
        }
        checked += 1;
    }
    assert!(checked >= 400, "{checked}");
}
