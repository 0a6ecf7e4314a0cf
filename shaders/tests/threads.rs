//! One device for many threads: nobody's result is taken for lost because somebody else fetched it from the device.

mod support;

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use scrubjay_core::frame::Frame;
use scrubjay_core::item::PixelWork;
use scrubjay_core::perturb::{Perturbation, Strength};
use scrubjay_shaders::{Done, block_on, wgpu, work_or_cpu};
use support::{any, difference, gpu, picture};

const THREADS: u64 = 6;
/// So many that a result which somebody else fetches comes up a few times in a run.
const ROUNDS: u64 = 1500;

#[test]
fn a_device_that_everybody_uses_and_polls() {
    let Some(gpu) = gpu(&any()) else { return };
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        // As an owner of the device would, for work of its own.
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                gpu.device().poll(wgpu::PollType::Poll).expect("polls");
                thread::yield_now();
            }
        });
        let workers: Vec<_> = (0..THREADS)
            .map(|worker| {
                let gpu = &gpu;
                scope.spawn(move || {
                    for round in 0..ROUNDS {
                        let size = (8 + (worker * 7 + round) as u32 % 40, 5 + round as u32 % 9);
                        let mut found: Vec<Frame> =
                            (0..3).map(|i| picture(size.0, size.1, worker * 1000 + round * 3 + i)).collect();
                        let mut expected = found.clone();
                        let noise = Perturbation::Noise { tenths: Strength::Steady(400), key: round as u32 };
                        let perturbation = if round % 2 == 0 { Perturbation::Invert } else { noise };
                        perturbation.apply(&mut expected);
                        let work = PixelWork::Perturb { perturbation: &perturbation, pictures: &mut found };
                        assert_eq!(block_on(work_or_cpu(Ok(gpu), work)), Done::Gpu, "{worker} {round}");
                        assert_eq!(difference(&found, &expected), None, "{worker} {round}");
                    }
                })
            })
            .collect();
        let ends: Vec<_> = workers.into_iter().map(|w| w.join()).collect();
        // Before anything is asserted: the scope waits for the thread that polls.
        over.store(true, Ordering::Relaxed);
        assert!(ends.iter().all(Result::is_ok), "a thread failed");
    });
}
