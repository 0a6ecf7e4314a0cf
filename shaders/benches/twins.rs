//! Every perturbation, and YUV to RGB, on a GPU and in core, on the same clip in the same run.
//!
//! `cargo bench -p scrubjay-shaders --bench twins [-- WIDTH HEIGHT FRAMES]` prints a table: milliseconds of core on one
//! thread, of the GPU with upload and download, and of its kernels alone, with what share of a plain copy's bandwidth they
//! reach. Any adapter is taken, and named; one in software shows that the kernels work and nothing about their speed.
//! `-- --json FILE WIDTH HEIGHT FRAMES` does so with a clip of raw RGB bytes and prints one JSON object, which
//! `tests/bench/kernels.py` reads.

use std::hint::black_box;
use std::time::Instant;

use scrubjay_core::frame::Frame;
use scrubjay_core::perturb::{Kind, Perturbation};
use scrubjay_core::rng::Stream;
use scrubjay_core::yuv::{Format, Matrix, Plane, Planes, Range, to_rgb};
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

type Fault = Box<dyn std::error::Error>;

/// Milliseconds.
struct Times {
    name: &'static str,
    core: f64,
    gpu: f64,
    /// Of the kernels alone, and the bytes that they must move.
    kernels: Option<(f64, u64)>,
}

fn perturbed(gpu: &Gpu, kind: Kind, clip: &[Frame]) -> Result<Times, Fault> {
    let mut stream = Stream::keyed(1, "bench", kind.name(), 0);
    let perturbation = Perturbation::draw(kind, clip.len() as u32, None, false, &mut stream)?;
    let (mut here, mut there) = (clip.to_vec(), clip.to_vec());
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
        moved = block_on(gpu.rehearse(&perturbation, clip, times))?;
        Ok(())
    })?;
    Ok(Times { name: kind.name(), core, gpu: whole, kernels: Some((kernels, moved)) })
}

/// The clip's bytes as planes of 4:2:0: what they show does not matter.
fn converted(gpu: &Gpu, clip: &[Frame]) -> Result<Times, Fault> {
    let planes: Vec<[Plane<'_>; 3]> = clip
        .iter()
        .map(|frame| {
            let (width, chroma) = (frame.width as usize, frame.width.div_ceil(2) as usize);
            let luma = width * frame.height as usize;
            let quarter = chroma * frame.height.div_ceil(2) as usize;
            let at = |offset, stride| Plane::at(&frame.rgb, offset, stride);
            [at(0, width), at(luma, chroma), at(luma + quarter, chroma)]
        })
        .collect();
    let picture = |i: usize| Planes {
        format: Format::I420,
        width: clip[i].width,
        height: clip[i].height,
        planes: &planes[i],
    };
    let pictures: Vec<Planes<'_>> = (0..clip.len()).map(picture).collect();
    let way = (Matrix::Bt601, Range::Limited);
    let here: Result<Vec<Frame>, _> = pictures.iter().map(|p| to_rgb(p, way.0, way.1)).collect();
    if here? != block_on(gpu.yuv(&pictures, way.0, way.1))? {
        return Err("the device and core differ in YUV".into());
    }
    let core = median(|| {
        for picture in black_box(&pictures) {
            // It was converted before.
            let _ = black_box(to_rgb(picture, way.0, way.1));
        }
        Ok(())
    })?;
    let gpu = median(|| block_on(gpu.yuv(black_box(&pictures), way.0, way.1)).map(|_| ()))?;
    Ok(Times { name: "i420-to-rgb", core, gpu, kernels: None })
}

fn clip(size: (u32, u32), bytes: &[u8]) -> Vec<Frame> {
    let (width, height) = size;
    let frames = bytes.chunks_exact((width as usize * height as usize * 3).max(1));
    frames.map(|rgb| Frame { width, height, rgb: rgb.to_vec() }).collect()
}

fn main() -> Result<(), Fault> {
    // Cargo adds `--bench`.
    let mut arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let file = match &arguments[..] {
        [flag, file, ..] if flag == "--json" => Some(std::fs::read(file)?),
        _ => None,
    };
    arguments.drain(..if file.is_some() { 2 } else { 0 });
    let numbers: Result<Vec<u32>, _> = arguments.iter().map(|a| a.parse()).collect();
    let (width, height, count) = match numbers?[..] {
        [] => (256, 256, 48),
        [width, height, count] => (width, height, count),
        _ => return Err("width, height and number of frames, or nothing".into()),
    };
    let byte = |i: u32| (i.wrapping_mul(2_654_435_761) >> 24) as u8;
    let some =
        || (0..count).flat_map(|k| (0..width * height * 3).map(move |i| byte(i ^ (k << 20)))).collect();
    let clip = clip((width, height), &file.as_ref().map_or_else(some, Clone::clone));
    if clip.len() != count as usize {
        return Err(format!("{} frames where {count} were named", clip.len()).into());
    }
    let gpu = block_on(Gpu::open(&Options { software: true, ..Options::default() }))?;
    let bytes: u64 = clip.iter().map(|f| f.rgb.len() as u64).sum();
    let ms = slope(|times| block_on(gpu.rehearse_copy(bytes, times)).map(|_| ()))?;
    let plain = 2.0 * bytes as f64 / ms;
    let still = [Kind::Slow, Kind::Fast, Kind::StutterHold, Kind::Shuffle, Kind::Swap];
    let kinds = Kind::ALL.into_iter().filter(|k| !still.contains(k));
    let each = kinds.map(|kind| perturbed(&gpu, kind, &clip)).chain([converted(&gpu, &clip)]);
    if file.is_some() {
        let line = |t: Times| {
            let kernels = t.kernels.map_or("null".to_owned(), |(ms, _)| ms.to_string());
            format!("{:?}: {{\"core\": {}, \"gpu\": {}, \"kernels\": {kernels}}}", t.name, t.core, t.gpu)
        };
        let lines: Result<Vec<String>, Fault> = each.map(|times| times.map(line)).collect();
        println!("{{\"adapter\": {:?}, \"copy\": {ms}, \"times\": {{{}}}}}", gpu.name(), lines?.join(", "));
        return Ok(());
    }
    println!("{count} frames of {width}x{height} on {}", gpu.name());
    println!("a copy on the device: {ms:.3} ms, {:.1} GB/s", plain / 1e6);
    println!("{:<14}{:>9}{:>9}{:>8}{:>9}{:>8}", "", "core", "gpu", "ratio", "kernels", "of copy");
    for times in each {
        let Times { name, core, gpu, kernels } = times?;
        print!("{name:<14}{core:>9.2}{gpu:>9.2}{:>8.2}", core / gpu);
        match kernels {
            Some((ms, moved)) => println!("{ms:>9.3}{:>8.2}", moved as f64 / ms / plain),
            None => println!(),
        }
    }
    Ok(())
}
