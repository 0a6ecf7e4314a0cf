//! Perturbations against what the public code of VideoSSR gave on the same pictures (with Pillow 13.0), and against
//! what must hold of every picture.

#![cfg(not(target_arch = "wasm32"))]

use std::collections::HashMap;

use proptest::prelude::*;
use scrubjay_core::frame::Frame;
use scrubjay_core::perturb::{Kind, Perturbation, Strength};
use scrubjay_core::rng::Stream;
use serde_json::Value;

/// The tensors of a safetensors file: 8 bytes for the header's length, the header in JSON, the data.
fn pictures() -> HashMap<String, Frame> {
    let bytes = include_bytes!("../../tests/golden/perturb_frames.safetensors");
    let (length, rest) = bytes.split_first_chunk::<8>().expect("the form of the goldens");
    let (header, data) = rest.split_at(u64::from_le_bytes(*length) as usize);
    let header: HashMap<String, Value> = serde_json::from_slice(header).expect("the form of the goldens");
    let number = |v: &Value| v.as_u64().expect("the form of the goldens") as usize;
    header
        .iter()
        .filter(|(name, _)| *name != "__metadata__")
        .map(|(name, tensor)| {
            let (shape, range) = (&tensor["shape"], &tensor["data_offsets"]);
            let rgb = data[number(&range[0])..number(&range[1])].to_vec();
            let frame = Frame::from_rgb(number(&shape[1]) as u32, number(&shape[0]) as u32, rgb);
            (name.clone(), frame.expect("height x width x 3 bytes"))
        })
        .collect()
}

fn index() -> Value {
    serde_json::from_str(include_str!("../../tests/golden/perturb_frames.json"))
        .expect("the form of the goldens")
}

/// The perturbation of a golden's name, such as `zoom_in_1.3`.
fn perturbation(op: &str) -> Perturbation {
    let permille = || {
        let (_, scale) = op.rsplit_once('_').expect("the form of the goldens");
        Strength::Steady(scale.replace('.', "").parse::<u32>().expect("the form of the goldens") * 100)
    };
    match op {
        "grayscale" => Perturbation::Grayscale,
        "invert" => Perturbation::Invert,
        "channel_swap" => Perturbation::ChannelSwap,
        "rotate90" => Perturbation::Rotate90,
        "rotate180" => Perturbation::Rotate180,
        "rotate270" => Perturbation::Rotate270,
        "mirror" => Perturbation::Mirror,
        "blur_r2" => Perturbation::Blur { tenths: 20 },
        "saturation_2.0" => Perturbation::Saturation { permille: 2000 },
        _ if op.starts_with("zoom_in") => Perturbation::ZoomIn { permille: permille() },
        _ if op.starts_with("zoom_out") => Perturbation::ZoomOut { permille: permille() },
        _ => panic!("no perturbation is called {op}"),
    }
}

fn apply(perturbation: &Perturbation, frame: &Frame) -> Frame {
    let mut segment = [frame.clone()];
    perturbation.apply(&mut segment);
    let [out] = segment;
    out
}

#[test]
fn pictures_are_what_the_public_code_gives() {
    let (pictures, index) = (pictures(), index());
    let outputs = index["outputs"].as_array().expect("the form of the goldens");
    assert_eq!(outputs.len(), 45);
    for row in outputs {
        let name = |key: &str| row[key].as_str().expect("the form of the goldens");
        let (input, wanted) = (&pictures[name("input")], &pictures[name("key")]);
        let p = perturbation(name("op"));
        let made = p.expand(input).unwrap_or_else(|| apply(&p, input));
        // Equal to the byte: more than the ±1 that is asked for, and true on every target.
        let differ = made.rgb.iter().zip(&wanted.rgb).filter(|(a, b)| a != b).count();
        assert_eq!((made.width, made.height, differ), (wanted.width, wanted.height, 0), "{}", name("key"));
    }
}

#[test]
fn noise_has_the_published_statistics() {
    let (pictures, index) = (pictures(), index());
    let rows = index["noise"].as_array().expect("the form of the goldens");
    assert_eq!(rows.len(), 36);
    for row in rows {
        let number = |key: &str| row[key].as_f64().expect("the form of the goldens");
        let image = row["image"].as_str().expect("the form of the goldens");
        let (letter, flat) = image.split_once('_').unwrap_or((image, ""));
        let input = match flat {
            "gray128" => Frame { width: 256, height: 256, rgb: vec![128; 256 * 256 * 3] },
            "black" => Frame { width: 256, height: 256, rgb: vec![0; 256 * 256 * 3] },
            "white" => Frame { width: 256, height: 256, rgb: vec![255; 256 * 256 * 3] },
            _ => pictures[&format!("{letter}.input")].clone(),
        };
        let tenths = (number("intensity") * 10.0) as u32;
        // Twenty frames, as the rows were measured.
        let mut frames = vec![input.clone(); 20];
        Perturbation::Noise { tenths: Strength::Steady(tenths), key: 11 }.apply(&mut frames);
        let pairs = || frames.iter().flat_map(|f| f.rgb.iter().zip(&input.rgb));
        let count = pairs().count() as f64;
        let mean = pairs().map(|(&o, &i)| f64::from(o) - f64::from(i)).sum::<f64>() / count;
        let variance =
            pairs().map(|(&o, &i)| (f64::from(o) - f64::from(i) - mean).powi(2)).sum::<f64>() / count;
        let share = |level: u8| pairs().filter(|(o, _)| **o == level).count() as f64 / count;
        // The mean over 20 runs has itself a deviation, which matters where the mean is close to 0.
        let slack = (0.05 * number("mean_out_minus_in").abs()).max(4.0 * number("mean_over_20_runs_sd"));
        let name = format!("{image} {tenths}: mean {mean}, variance {variance}");
        assert!((mean - number("mean_out_minus_in")).abs() <= slack, "{name}");
        assert!((variance.sqrt() / number("std_out_minus_in") - 1.0).abs() < 0.05, "{name}");
        assert!((share(0) - number("fraction_at_0")).abs() < 0.006, "{name}, {}", share(0));
        assert!((share(255) - number("fraction_at_255")).abs() < 0.006, "{name}, {}", share(255));
    }
}

#[test]
fn stutters_hold_the_published_frames() {
    let golden: Value = serde_json::from_str(include_str!("../../tests/golden/stutter_hold.json"))
        .expect("the form of the goldens");
    let cases = golden["cases"].as_array().expect("the form of the goldens");
    assert_eq!(cases.len(), 65);
    for case in cases {
        let number = |key: &str| case[key].as_u64().expect("the form of the goldens");
        let mut frames: Vec<Frame> =
            (0..48).map(|i| Frame { width: 1, height: 1, rgb: vec![i, 0, 0] }).collect();
        let start = number("start") as usize;
        let p = Perturbation::StutterHold { holds: number("n_hold") as u32 };
        p.apply(&mut frames[start..start + number("t") as usize]);
        let shown: Vec<u64> = frames.iter().map(|f| u64::from(f.rgb[0])).collect();
        assert_eq!(Value::from(shown), case["video_frame_indices"], "{}", case["id"]);
    }
}

/// Every kind that changes pixels, drawn.
fn drawn(seed: u64, length: u32, compat: bool) -> Vec<Perturbation> {
    let draw = |kind: Kind| {
        let mut stream = Stream::keyed(seed, "perturbed", kind.name(), 0);
        Perturbation::draw(kind, length, None, compat, &mut stream).ok()
    };
    Kind::ALL.into_iter().filter_map(draw).collect()
}

#[test]
fn no_size_is_too_odd() {
    for (width, height) in
        [(1, 1), (1, 7), (7, 1), (2, 2), (3, 40), (1, 300), (8192, 1), (1, 8192), (31, 33), (0, 5)]
    {
        let rgb = (0..width * height * 3).map(|i| (i * 37 % 256) as u8).collect();
        let frame = Frame::from_rgb(width, height, rgb).expect("the form of the goldens");
        let odd = [
            Perturbation::ZoomIn { permille: Strength::Steady(10_000) },
            Perturbation::ZoomOut { permille: Strength::Steady(10_000) },
            Perturbation::ZoomOut { permille: Strength::Steady(0) },
            Perturbation::ZoomIn { permille: Strength::PerFrame(Vec::new()) },
            Perturbation::Blur { tenths: 0 },
            Perturbation::Blur { tenths: 1000 },
            Perturbation::Blur { tenths: u32::MAX },
            Perturbation::Noise { tenths: Strength::Steady(u32::MAX), key: u32::MAX },
            Perturbation::Saturation { permille: u32::MAX },
            Perturbation::StutterHold { holds: 0 },
            Perturbation::Shuffle { order: vec![9] },
        ];
        for p in drawn(3, 1, false).iter().chain(&odd) {
            let out = apply(p, &frame);
            assert_eq!((out.width, out.height, out.rgb.len()), (width, height, frame.rgb.len()), "{p:?}");
        }
    }
    let mut broken = [Frame { width: 9, height: 9, rgb: vec![0; 7] }];
    for p in drawn(3, 1, false) {
        p.apply(&mut broken);
    }
}

prop_compose! {
    fn picture()(w in 1_u32..60, h in 1_u32..40)(
        rgb in prop::collection::vec(any::<u8>(), (w * h * 3) as usize), w in Just(w), h in Just(h)) -> Frame {
        Frame { width: w, height: h, rgb }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn sizes_and_the_other_frames_stay(f in picture(), seed: u64, compat: bool) {
        for p in drawn(seed, 4, compat) {
            let mut frames: Vec<Frame> = vec![f.clone(); 6];
            p.apply(&mut frames[1..5]);
            prop_assert_eq!((&frames[0], &frames[5]), (&f, &f));
            for g in &frames {
                prop_assert_eq!((g.width, g.height, g.rgb.len()), (f.width, f.height, f.rgb.len()));
            }
        }
    }

    #[test]
    fn a_steady_strength_does_not_flicker(f in picture(), seed: u64) {
        for p in drawn(seed, 3, false) {
            let mut frames: Vec<Frame> = vec![f.clone(); 3];
            p.apply(&mut frames);
            let alike = frames.iter().all(|g| *g == frames[0]);
            // A picture of a few samples may get the same noise twice.
            prop_assert!(alike != (p.kind() == Kind::Noise) || f.rgb.len() < 30, "{:?}", p);
        }
    }

    #[test]
    fn a_flat_picture_stays_flat_in_zoom_and_blur(v: u8, w in 1_u32..90, h in 1_u32..90, tenths in 0_u32..300) {
        let f = Frame { width: w, height: h, rgb: vec![v; (w * h * 3) as usize] };
        prop_assert_eq!(&apply(&Perturbation::Blur { tenths }, &f), &f);
        prop_assert_eq!(&apply(&Perturbation::ZoomIn { permille: Strength::Steady(1000 + tenths * 2) }, &f), &f);
    }
}
