//! What painting scenes costs in core, beside what pictures cost on their way to a GPU and back: whether a kernel that paints
//! could pay.
//!
//! `cargo bench -p scrubjay-shaders --bench scenes` prints milliseconds on one thread, the best of nine runs each. First
//! 48 frames of 320 × 180 of each family, for five seeds: their median and the slowest. Then whole items as links name
//! them, and what of their time is drawing. Last what core's hash of an item takes, which every item needs whoever paints
//! it, and the way of its pictures to the device and back without kernels.

use std::hint::black_box;
use std::time::Instant;

use scrubjay_core::frame::{Clip, Frame, stimulus_hash};
use scrubjay_core::item::{realize_scene, scene_frames};
use scrubjay_core::link;
use scrubjay_core::perturb::Perturbation;
use scrubjay_core::scene::{Family, Scene};
use scrubjay_core::task::TaskName;
use scrubjay_shaders::{Gpu, GpuError, Options, Rehearsed, block_on};

const SIZE: (u32, u32) = (320, 180);
const SHOWN: u32 = 48;
/// Frames of the scene, of which every tenth is shown.
const FRAMES: u32 = 480;
const SEEDS: u64 = 5;
const RUNS: usize = 9;

/// The shortest of the runs: others who use the machine only add.
fn best<T>(runs: usize, mut once: impl FnMut() -> T) -> f64 {
    let times = (0..runs).map(|_| {
        let start = Instant::now();
        black_box(once());
        start.elapsed().as_secs_f64() * 1e3
    });
    times.fold(f64::INFINITY, f64::min)
}

fn paint(family: Family, seed: u64) -> Vec<Frame> {
    let scene = Scene::new(family, seed, FRAMES);
    (0..SHOWN).map(|i| scene.draw(i * FRAMES / SHOWN, SIZE.0, SIZE.1)).collect()
}

/// The way there and back: a kernel with it, less the kernel.
fn way(gpu: &Gpu, clip: &[Frame]) -> Result<f64, GpuError> {
    let mut there = clip.to_vec();
    let mut fault = None;
    let mut timed = |mut work: Box<dyn FnMut() -> Result<(), GpuError> + '_>| {
        best(RUNS, || {
            fault = fault.take().or(work().err());
        })
    };
    let whole = timed(Box::new(|| block_on(gpu.perturb(&Perturbation::Invert, &mut there))));
    let [few, many] = [2, 12].map(|times| {
        let work = Rehearsed::Perturb(&Perturbation::Invert);
        timed(Box::new(move || block_on(gpu.rehearse(work, (SIZE, SHOWN), times)).map(|_| ())))
    });
    fault.map_or(Ok(whole - (many - few) / 10.0), Err)
}

fn main() {
    println!("{SHOWN} frames of {}x{}, milliseconds\n", SIZE.0, SIZE.1);
    println!("{:<12}{:>9}{:>9}", "", "median", "slowest");
    for family in Family::ALL {
        let mut seeds: Vec<f64> = (0..SEEDS).map(|seed| best(RUNS, || paint(family, seed))).collect();
        seeds.sort_by(f64::total_cmp);
        println!("{:<12}{:>9.2}{:>9.2}", family.name(), seeds[SEEDS as usize / 2], seeds[SEEDS as usize - 1]);
    }
    println!("\n{:<22}{:>9}{:>9}", "whole items", "drawing", "all");
    for (task, seed) in
        [TaskName::Grounding, TaskName::Counting].into_iter().flat_map(|t| [(t, 1), (t, 2), (t, 3)])
    {
        let Ok(recipe) = link::recipe(task, seed) else { continue };
        let (drawing, all) = (best(RUNS, || scene_frames(&recipe)), best(RUNS, || realize_scene(&recipe)));
        let name = format!("{} {seed}", task.name());
        println!("{name:<22}{drawing:>9.2}{all:>9.2}");
    }
    let frames = paint(Family::ALL[0], 0);
    let shown = (0..SHOWN).map(f64::from).collect();
    let clips = [Clip { frames: frames.clone(), shown }];
    println!("\nits hash {:.2}", best(RUNS, || stimulus_hash(&clips)));
    let open = block_on(Gpu::open(&Options { software: true, ..Options::default() }));
    match open.and_then(|gpu| way(&gpu, &frames).map(|ms| (ms, gpu.name().to_owned()))) {
        Ok((ms, name)) => println!("to {name} and back {ms:.2}"),
        Err(error) => println!("to a GPU and back: not measured: {error}"),
    }
}
