//! Frames and sizes against tables of what Qwen3-VL's processor and `qwen-vl-utils` answered.

use scrubjay_core::source::qwen;
use serde_json::Value;

fn table(text: &str, name: &str) -> Vec<Value> {
    let tables: Value = serde_json::from_str(text).expect("a table");
    tables[name].as_array().expect("a list").clone()
}

fn frames(name: &str) -> Vec<Value> {
    table(include_str!("../../tests/golden/qwen3-vl/tables/frame_sampling.json"), name)
}

fn sizes(name: &str) -> Vec<Value> {
    table(include_str!("../../tests/golden/qwen3-vl/tables/smart_resize.json"), name)
}

fn number(value: &Value) -> u32 {
    value.as_u64().expect("a whole number") as u32
}

/// The stated frames, or of long lists their number, ends and sum.
fn same(ours: &[u32], theirs: &Value) -> bool {
    let list = |v: &Value| -> Vec<u32> { v.as_array().expect("a list").iter().map(number).collect() };
    if theirs.is_array() {
        return ours == list(theirs);
    }
    let (first, last) = (list(&theirs["first"]), list(&theirs["last"]));
    ours.len() as u64 == theirs["count"].as_u64().expect("a count")
        && ours.starts_with(&first)
        && ours.ends_with(&last)
        && ours.iter().map(|i| u64::from(*i)).sum::<u64>() == theirs["sum"].as_u64().expect("a sum")
}

#[test]
fn the_processors_frames() {
    let cases = frames("transformers_sample_frames");
    assert!(cases.len() >= 100);
    for case in cases {
        let total = number(&case["total_num_frames"]);
        let ours = match case["num_frames"].as_u64() {
            Some(n) => qwen::evenly(total, n as u32),
            None => {
                let [fps, rate] = ["source_fps", "fps"].map(|k| case[k].as_f64().expect("a rate"));
                qwen::processor(total, fps, rate, number(&case["min_frames"]), number(&case["max_frames"]))
            }
        };
        assert!(same(&ours, &case["result"]), "{case}: {ours:?}");
    }
}

#[test]
fn the_utilities_frames() {
    let cases = frames("qwen_vl_utils_smart_nframes");
    assert!(cases.len() >= 80);
    for case in cases {
        let total = number(&case["total_frames"]);
        let asked = &case["ele"];
        let ours = match asked["nframes"].as_u64() {
            Some(n) => qwen::utils_number(total, n as u32),
            None => {
                let fps = case["source_fps"].as_f64().expect("a rate");
                let bound = |key: &str, usual| asked[key].as_u64().map_or(usual, |n| n as u32);
                let rate = asked["fps"].as_f64().unwrap_or(2.0);
                qwen::utils(total, fps, rate, bound("min_frames", 4), bound("max_frames", 768))
            }
        };
        match ours {
            None => assert!(case["nframes"].is_object(), "{case}"),
            Some(ours) => {
                assert_eq!(Some(ours.len() as u64), case["nframes"].as_u64(), "{case}");
                assert!(same(&ours, &case["frames_indices"]), "{case}: {ours:?}");
            }
        }
    }
}

#[test]
fn the_processors_stamps() {
    for case in frames("transformers_timestamps") {
        let fps = case["source_fps"].as_f64().expect("a rate");
        let indices = case["frames_indices"].as_array().expect("frames");
        let times: Vec<f64> = indices.iter().map(|i| f64::from(number(i)) / fps).collect();
        let ours: Vec<String> = qwen::stamps(&times).iter().map(|t| format!("<{t:.1} seconds>")).collect();
        let theirs: Vec<&str> =
            case["text"].as_array().expect("texts").iter().filter_map(Value::as_str).collect();
        assert_eq!(ours, theirs, "{case}");
    }
}

fn size(case: &Value, theirs: &Value, ours: Option<(u32, u32)>) {
    let theirs = theirs.as_array().map(|l| (number(&l[0]), number(&l[1])));
    assert_eq!(ours, theirs, "{case}");
}

#[test]
fn picture_sizes() {
    for case in sizes("image") {
        let [h, w, factor, min, max] =
            ["height", "width", "factor", "min_pixels", "max_pixels"].map(|k| number(&case[k]));
        size(&case, &case["result"], qwen::image_size(h, w, factor, min, max));
    }
    for case in sizes("video") {
        let [n, h, w, factor, min, max] =
            ["num_frames", "height", "width", "factor", "min_pixels", "max_pixels"].map(|k| number(&case[k]));
        size(&case, &case["result"], qwen::clip_size(n, h, w, factor, min, max));
    }
    for case in sizes("video_processor") {
        let [n, h, w] = ["num_frames", "height", "width"].map(|k| number(&case[k]));
        let [min, max] = ["shortest_edge", "longest_edge"].map(|k| number(&case["size"][k]));
        let capped = case["cap_pixels_per_frame"].as_bool().expect("a switch");
        let max = if capped { qwen::capped(n, min, max) } else { max };
        let tokens = qwen::clip_size(n, h, w, 32, min, max).map(|(h, w)| n.div_ceil(2) * (h / 32) * (w / 32));
        assert_eq!(tokens, case["llm_tokens"].as_u64().map(|t| t as u32), "{case}");
    }
    // The utilities' plain rule for one picture, with their own usual bounds.
    for case in frames("qwen_vl_utils_smart_resize") {
        let [h, w] = ["height", "width"].map(|k| number(&case[k]));
        let min = case["min_pixels"].as_u64().map_or(4 * 32 * 32, |n| n as u32);
        let max = case["max_pixels"].as_u64().map_or(16384 * 32 * 32, |n| n as u32);
        size(&case, &case["result"], qwen::image_size(h, w, 32, min, max));
    }
}
