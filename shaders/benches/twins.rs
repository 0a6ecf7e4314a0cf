//! Every kernel on a GPU and its twin in core, on the same clip in the same run.
//!
//! `cargo bench -p scrubjay-shaders --bench twins [-- WIDTH HEIGHT FRAMES]` prints a table: milliseconds of core on one
//! thread and of the GPU with upload and download, how many such clips it does in a second, the milliseconds of its kernels
//! alone, and what share of a plain copy's bandwidth these reach. On a GPU in hardware kernels are timed on as many frames as
//! go at once, since a clip may fit its caches. Any adapter is taken, and named; one in software shows that the kernels work
//! and nothing about their speed. `-- --json FILE WIDTH HEIGHT FRAMES` does so with a clip of raw RGB bytes and prints one
//! JSON object, which `tests/bench/kernels.py` reads.

use std::hint::black_box;
use std::time::Instant;

use scrubjay_core::frame::Frame;
use scrubjay_core::perturb::{Kind, Perturbation};
use scrubjay_core::resample::{Filter, resize};
use scrubjay_core::rng::Stream;
use scrubjay_core::yuv::{Format, Matrix, Plane, Planes, Range, to_rgb};
use scrubjay_shaders::{Gpu, GpuError, Options, Patches, Rehearsed, block_on, wgpu};

const RUNS: usize = 5;

/// Fewest milliseconds that repetitions on the device must differ by: less is lost in what else goes on.
const APART: f64 = 50.0;

/// Most repetitions.
const MOST: usize = 10_000;

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

/// Milliseconds of one repetition: the difference between many and one, over their number. `None` where many take no longer.
fn slope(mut repeat: impl FnMut(usize) -> Result<(), GpuError>) -> Result<Option<f64>, GpuError> {
    let few = median(|| repeat(1))?;
    let mut more = 4;
    loop {
        let apart = median(|| repeat(1 + more))? - few;
        if apart >= APART || more >= MOST {
            return Ok((apart > 0.0).then(|| apart / more as f64));
        }
        // As many as will do by this measure, and eight times as many where it says nothing yet.
        let wanted = if apart > APART / 10.0 { more as f64 * APART * 1.2 / apart } else { more as f64 * 8.0 };
        more = (wanted.ceil() as usize).min(MOST);
    }
}

type Fault = Box<dyn std::error::Error>;

/// A device, the clip's size and length, and what a plain copy moves in a millisecond, bytes.
struct Place<'a> {
    gpu: &'a Gpu,
    size: (u32, u32),
    frames: u32,
    /// As many frames as go at once, in place of the clip.
    fill: bool,
    copy: f64,
}

/// What was measured; milliseconds for a clip.
struct Times {
    name: &'static str,
    core: f64,
    gpu: f64,
    /// Of the kernels alone, and what share of a copy's bandwidth they reach.
    kernels: Option<(f64, f64)>,
}

impl Place<'_> {
    /// Milliseconds of the kernels alone for a clip, and their share of a copy's bandwidth.
    fn kernels(&self, work: Rehearsed<'_>) -> Result<Option<(f64, f64)>, GpuError> {
        let count = if self.fill { self.gpu.rehearsed_at_once(work, self.size)? } else { self.frames };
        let mut moved = 0;
        let ms = slope(|times| {
            moved = block_on(self.gpu.rehearse(work, (self.size, count), times))?;
            Ok(())
        })?;
        Ok(ms.map(|ms| (ms * f64::from(self.frames) / f64::from(count), moved as f64 / ms / self.copy)))
    }

    fn perturbed(&self, kind: Kind, clip: &[Frame]) -> Result<Times, Fault> {
        let mut stream = Stream::keyed(1, "bench", kind.name(), 0);
        let perturbation = Perturbation::draw(kind, self.frames, None, false, &mut stream)?;
        let (mut here, mut there) = (clip.to_vec(), clip.to_vec());
        perturbation.apply(&mut here);
        block_on(self.gpu.perturb(&perturbation, &mut there))?;
        if here != there {
            return Err(format!("{kind}: the device and core differ").into());
        }
        let core = median(|| {
            perturbation.apply(black_box(&mut here));
            Ok(())
        })?;
        let gpu = median(|| block_on(self.gpu.perturb(&perturbation, black_box(&mut there))))?;
        Ok(Times { name: kind.name(), core, gpu, kernels: self.kernels(Rehearsed::Perturb(&perturbation))? })
    }

    fn turned(&self, clip: &[Frame]) -> Result<Times, Fault> {
        let turn = || black_box(clip).iter().map(Frame::quarter_turn).collect::<Vec<_>>();
        if turn() != block_on(self.gpu.turn(clip, false))? {
            return Err("the device and core differ in turns".into());
        }
        let core = median(|| {
            black_box(turn());
            Ok(())
        })?;
        let gpu = median(|| block_on(self.gpu.turn(black_box(clip), false)).map(|_| ()))?;
        Ok(Times { name: "quarter-turn", core, gpu, kernels: self.kernels(Rehearsed::Turn)? })
    }

    fn resized(&self, clip: &[Frame]) -> Result<Times, Fault> {
        let to = (self.size.0.div_ceil(2), self.size.1.div_ceil(2));
        let half =
            || black_box(clip).iter().map(|f| resize(f, to.0, to.1, Filter::Bicubic)).collect::<Vec<_>>();
        if half() != block_on(self.gpu.resize(clip, to, Filter::Bicubic))? {
            return Err("the device and core differ in resizing".into());
        }
        let core = median(|| {
            black_box(half());
            Ok(())
        })?;
        let gpu = median(|| block_on(self.gpu.resize(black_box(clip), to, Filter::Bicubic)).map(|_| ()))?;
        let kernels = self.kernels(Rehearsed::Resize(to, Filter::Bicubic))?;
        Ok(Times { name: "half-size", core, gpu, kernels })
    }

    /// Rows of patches, whose twin is the model's; here it is a plain loop over the same bytes in order.
    fn patched(&self, clip: &[Frame]) -> Result<Times, Fault> {
        let mut values = Box::new([[0.0; 256]; 3]);
        for (i, value) in values.as_flattened_mut().iter_mut().enumerate() {
            *value = (i % 256) as f32 / 127.5 - 1.0;
        }
        let layout = Patches { patch: 16, merge: 2, span: 2, values };
        let core = median(|| {
            for frame in black_box(clip) {
                let values = |rgb: &[u8; 3]| [0, 1, 2].map(|c| layout.values[c][usize::from(rgb[c])]);
                let twice = frame.rgb.as_chunks::<3>().0.iter().map(values);
                black_box(twice.collect::<Vec<[f32; 3]>>());
            }
            Ok(())
        })?;
        let gpu = median(|| {
            block_on(self.gpu.patches(black_box(clip), self.size, Filter::Box, &layout)).map(|_| ())
        })?;
        Ok(Times { name: "patches", core, gpu, kernels: self.kernels(Rehearsed::Patches(&layout))? })
    }
}

/// The clip's bytes as planes of 4:2:0: what they show does not matter.
fn converted(place: &Place<'_>, clip: &[Frame]) -> Result<Times, Fault> {
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
    if here? != block_on(place.gpu.yuv(&pictures, way.0, way.1))? {
        return Err("the device and core differ in YUV".into());
    }
    let core = median(|| {
        for picture in black_box(&pictures) {
            // It was converted before.
            let _ = black_box(to_rgb(picture, way.0, way.1));
        }
        Ok(())
    })?;
    let gpu = median(|| block_on(place.gpu.yuv(black_box(&pictures), way.0, way.1)).map(|_| ()))?;
    Ok(Times { name: "i420-to-rgb", core, gpu, kernels: place.kernels(Rehearsed::Yuv(Format::I420))? })
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
    let fill = gpu.device().adapter_info().device_type != wgpu::DeviceType::Cpu;
    let bytes =
        if fill { gpu.device().limits().max_storage_buffer_binding_size.min(128 << 20) } else { bytes };
    let ms = slope(|times| block_on(gpu.rehearse_copy(bytes, times)).map(|_| ()))?;
    let ms = ms.ok_or("copies on the device take no time that can be measured")?;
    let place =
        Place { gpu: &gpu, size: (width, height), frames: count, fill, copy: 2.0 * bytes as f64 / ms };
    let still = [Kind::Slow, Kind::Fast, Kind::StutterHold, Kind::Shuffle, Kind::Swap];
    let kinds = Kind::ALL.into_iter().filter(|k| !still.contains(k));
    let mut each: Vec<Times> = kinds.map(|kind| place.perturbed(kind, &clip)).collect::<Result<_, _>>()?;
    each.extend([converted(&place, &clip)?, place.turned(&clip)?, place.resized(&clip)?]);
    if width.is_multiple_of(32) && height.is_multiple_of(32) {
        each.push(place.patched(&clip)?);
    }
    if file.is_some() {
        let line = |t: Times| {
            let [kernels, of_copy] =
                t.kernels.map_or(["null".to_owned(), "null".to_owned()], |(ms, share)| {
                    [ms.to_string(), share.to_string()]
                });
            let Times { name, core, gpu, .. } = t;
            format!(
                r#""{name}": {{"core": {core}, "gpu": {gpu}, "kernels": {kernels}, "of_copy": {of_copy}}}"#
            )
        };
        let lines: Vec<String> = each.into_iter().map(line).collect();
        println!(r#"{{"adapter": {:?}, "times": {{{}}}}}"#, gpu.name(), lines.join(", "));
        return Ok(());
    }
    println!("{count} frames of {width}x{height} on {}", gpu.name());
    println!("a copy of {} MB on the device: {ms:.3} ms, {:.1} GB/s", bytes >> 20, place.copy / 1e6);
    println!(
        "{:<14}{:>9}{:>9}{:>8}{:>10}{:>10}{:>9}",
        "ms", "core", "gpu", "ratio", "clips/s", "kernels", "of copy"
    );
    for Times { name, core, gpu, kernels } in each {
        print!("{name:<14}{core:>9.2}{gpu:>9.2}{:>8.2}{:>10.1}", core / gpu, 1e3 / gpu);
        match kernels {
            Some((ms, share)) => println!("{ms:>10.4}{share:>9.2}"),
            None => println!("{:>10}{:>9}", "–", "–"),
        }
    }
    Ok(())
}
