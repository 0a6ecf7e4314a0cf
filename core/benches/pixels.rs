//! Perturbed megapixels per second, kind by kind, on one thread.
//!
//! `cargo bench -p scrubjay-core` prints a table, after `--` of the kinds named there. The column `clip` is of 48 pictures
//! one after the other, 133 megabytes that no cache holds: what is bound by the memory is there as fast as a copy.
//! `-- --json FILE WIDTH HEIGHT` measures a picture of raw RGB bytes and prints one JSON object of milliseconds, which
//! `tests/bench/run.py` reads.

use std::hint::black_box;
use std::time::{Duration, Instant};

use scrubjay_core::frame::Frame;
use scrubjay_core::perturb::{Kind, Perturbation};
use scrubjay_core::rng::Stream;

/// Time given to each kind, and the fewest runs.
const BUDGET: Duration = Duration::from_millis(700);
const RUNS: usize = 15;

/// Median milliseconds of perturbing one picture, as a segment of one frame: what could be shared by the frames of a
/// longer one is computed each time.
fn median(perturbation: &Perturbation, frame: &Frame) -> f64 {
    let mut segment = [frame.clone()];
    perturbation.apply(&mut segment);
    let begin = Instant::now();
    let mut times = Vec::new();
    while times.len() < RUNS || begin.elapsed() < BUDGET {
        let start = Instant::now();
        perturbation.apply(black_box(&mut segment));
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Every kind that changes pixels.
fn drawn() -> impl Iterator<Item = (Kind, Perturbation)> {
    let still = [Kind::Slow, Kind::Fast, Kind::StutterHold, Kind::Shuffle, Kind::Swap];
    Kind::ALL.into_iter().filter(move |k| !still.contains(k)).filter_map(|kind| {
        let mut stream = Stream::keyed(1, "bench", kind.name(), 0);
        Perturbation::draw(kind, 1, None, false, &mut stream).ok().map(|p| (kind, p))
    })
}

/// A smooth picture with texture: repeated perturbing must not make it trivial, and no kind's time depends on it.
fn picture(width: u32, height: u32) -> Frame {
    let value = |i: u32| {
        let (x, y) = (i / 3 % width, i / 3 / width);
        (x * 200 / width + y * 40 / height + i.wrapping_mul(2_654_435_761) % 17) as u8
    };
    Frame { width, height, rgb: (0..width * height * 3).map(value).collect() }
}

fn copying(frame: &Frame) -> f64 {
    let mut to = frame.rgb.clone();
    let mut times: Vec<f64> = (0..200)
        .map(|_| {
            let start = Instant::now();
            black_box(&mut to).copy_from_slice(black_box(&frame.rgb));
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Median milliseconds for each picture of a clip, and of copying it.
fn clip(perturbation: Option<&Perturbation>, frame: &Frame) -> f64 {
    let mut frames = vec![frame.clone(); 48];
    let mut copies = frames.clone();
    let mut times: Vec<f64> = (0..7)
        .map(|_| {
            let start = Instant::now();
            match perturbation {
                // A quarter turn as it is, and not shrunk to fit.
                Some(turn) if turn.expand(&frames[0]).is_some() => {
                    for (to, from) in copies.iter_mut().zip(black_box(&frames)) {
                        if let Some(turned) = turn.expand(from) {
                            *to = turned;
                        }
                    }
                }
                Some(perturbation) => perturbation.apply(black_box(&mut frames)),
                None => {
                    for (to, from) in black_box(&mut copies).iter_mut().zip(black_box(&frames)) {
                        to.rgb.copy_from_slice(&from.rgb);
                    }
                }
            }
            start.elapsed().as_secs_f64() * 1e3 / 48.0
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// As [`median`] for what `expand` gives: quarter turns as Pillow makes them.
fn expanded(perturbation: &Perturbation, frame: &Frame) -> Option<f64> {
    perturbation.expand(frame)?;
    let mut times: Vec<f64> = (0..100)
        .map(|_| {
            let start = Instant::now();
            black_box(perturbation.expand(black_box(frame)));
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    Some(times[times.len() / 2])
}

fn json(path: &str, width: &str, height: &str) -> Result<(), Box<dyn std::error::Error>> {
    let frame = Frame::from_rgb(width.parse()?, height.parse()?, std::fs::read(path)?).ok_or("wrong size")?;
    let mut times = serde_json::Map::new();
    times.insert("copy".to_owned(), copying(&frame).into());
    for (kind, perturbation) in drawn() {
        let ms = expanded(&perturbation, &frame).unwrap_or_else(|| median(&perturbation, &frame));
        times.insert(kind.name().to_owned(), ms.into());
    }
    println!("{}", serde_json::Value::from(times));
    Ok(())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Cargo adds `--bench`.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    if let [flag, path, width, height] = &arguments[..]
        && flag == "--json"
    {
        return json(path, width, height);
    }
    let frames = [picture(1280, 720), picture(256, 256)];
    println!("{:<14}{:>14}{:>14}{:>14}   megapixels per second", "", "1280x720", "256x256", "clip");
    let rate = |frame: &Frame, ms: f64| f64::from(frame.width * frame.height) / ms / 1e3;
    let line = |name: &str, ms: [f64; 3]| {
        let [large, small, clip] =
            [(0, 0), (1, 1), (0, 2)].map(|(f, m): (usize, usize)| rate(&frames[f], ms[m]));
        println!("{name:<14}{large:>14.0}{small:>14.0}{clip:>14.0}");
    };
    line("copy", [copying(&frames[0]), copying(&frames[1]), clip(None, &frames[0])]);
    for (kind, perturbation) in drawn() {
        if !arguments.is_empty() && !arguments.iter().any(|a| a == kind.name()) {
            continue;
        }
        let ms = [median(&perturbation, &frames[0]), median(&perturbation, &frames[1])];
        line(kind.name(), [ms[0], ms[1], clip(Some(&perturbation), &frames[0])]);
    }
    Ok(())
}
