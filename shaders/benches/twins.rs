//! Every perturbation on a GPU and in core, on the same clip in the same run.
//!
//! `cargo bench -p scrubjay-shaders [-- WIDTH HEIGHT FRAMES]` prints a table: milliseconds of core on one thread, of the GPU
//! with upload and download, and of its kernels alone, with what share of a plain copy's bandwidth they reach. Any
//! adapter is taken, and named; one in software shows that the kernels work and nothing about their speed.

use std::hint::black_box;
use std::time::Instant;

use scrubjay_core::frame::Frame;
use scrubjay_core::perturb::{Kind, Perturbation};
use scrubjay_core::rng::Stream;
use scrubjay_shaders::{Gpu, GpuError, Options, block_on};

const RUNS: usize = 5;

/// Fewest and most repetitions on the device whose difference in time is measured.
const TIMES: (usize, usize) = (2, 12);

fn median(mut once: impl FnMut() -> Result<(), GpuError>) -> Result<f64, GpuError> {
    once()?;
    let mut times = Vec::new();
    for _ in 0..RUNS {
        let start = Instant::now();
        once()?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    Ok(times[RUNS / 2])
}

/// Milliseconds of one repetition: the difference between many and few, over their number.
fn slope(mut repeat: impl FnMut(usize) -> Result<(), GpuError>) -> Result<f64, GpuError> {
    let few = median(|| repeat(TIMES.0))?;
    let many = median(|| repeat(TIMES.1))?;
    Ok((many - few) / (TIMES.1 - TIMES.0) as f64)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Cargo adds `--bench`.
    let numbers: Result<Vec<u32>, _> =
        std::env::args().skip(1).filter(|a| a != "--bench").map(|a| a.parse()).collect();
    let (width, height, count) = match numbers?[..] {
        [] => (256, 256, 48),
        [width, height, count] => (width, height, count),
        _ => return Err("width, height and number of frames, or nothing".into()),
    };
    let gpu = block_on(Gpu::open(&Options { software: true, ..Options::default() }))?;
    let byte = |i: u32| (i.wrapping_mul(2_654_435_761) >> 24) as u8;
    let frame = |k: u32| (0..width * height * 3).map(|i| byte(i ^ (k << 20))).collect();
    let clip: Vec<Frame> = (0..count).map(|k| Frame { width, height, rgb: frame(k) }).collect();
    let bytes: u64 = clip.iter().map(|f| f.rgb.len() as u64).sum();
    let copied = 2.0 * bytes as f64;
    let ms = slope(|times| block_on(gpu.rehearse_copy(bytes, times)).map(|_| ()))?;
    let plain = copied / ms;
    println!("{count} frames of {width}x{height} on {}", gpu.name());
    println!("a copy on the device: {ms:.3} ms, {:.1} GB/s", plain / 1e6);
    println!("{:<14}{:>9}{:>9}{:>8}{:>9}{:>8}", "", "core", "gpu", "ratio", "kernels", "of copy");
    let still = [Kind::Slow, Kind::Fast, Kind::StutterHold, Kind::Shuffle, Kind::Swap];
    for kind in Kind::ALL.into_iter().filter(|k| !still.contains(k)) {
        let mut stream = Stream::keyed(1, "bench", kind.name(), 0);
        let perturbation = Perturbation::draw(kind, count, None, false, &mut stream)?;
        let (mut here, mut there) = (clip.clone(), clip.clone());
        perturbation.apply(&mut here);
        block_on(gpu.perturb(&perturbation, &mut there))?;
        if here != there {
            return Err(format!("{kind}: the device and core differ").into());
        }
        let core = median(|| {
            perturbation.apply(black_box(&mut here));
            Ok(())
        })?;
        let whole = median(|| block_on(gpu.perturb(&perturbation, black_box(&mut there))))?;
        let mut moved = 0;
        let kernels = slope(|times| {
            moved = block_on(gpu.rehearse(&perturbation, &clip, times))?;
            Ok(())
        })?;
        let share = moved as f64 / kernels / plain;
        println!("{kind:<14}{core:>9.2}{whole:>9.2}{:>8.2}{kernels:>9.3}{share:>8.2}", core / whole);
    }
    Ok(())
}
