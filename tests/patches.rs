//! The model's rows of patches, made on a GPU: what its own pixel path gives, bit for bit.

use scrubjay_core::frame::Frame;
use scrubjay_core::resample::Filter;
use scrubjay_model::pixels::{Visual, fitted, tables};
use scrubjay_model::settings::{Budget, Settings};
use scrubjay_shaders::{Gpu, Options, Patches, block_on};

fn settings([patch, merge, temporal_patch]: [usize; 3]) -> Settings {
    let area = Budget { min: 1, max: u32::MAX };
    Settings {
        image: area,
        video: area,
        fps: 2.0,
        min_frames: 2,
        max_frames: 768,
        cap_pixels_per_frame: false,
        mean: [0.5, 0.485, 0.406],
        std: [0.5, 0.229, 0.225],
        rescale: 1.0 / 255.0,
        patch,
        temporal_patch,
        merge,
    }
}

fn picture((width, height): (u32, u32), seed: u32) -> Frame {
    let byte = |i: u32| (i.wrapping_mul(2_654_435_761).rotate_left(seed) >> 23) as u8;
    Frame { width, height, rgb: (0..width * height * 3).map(byte).collect() }
}

#[test]
fn a_gpu_cuts_pictures_as_the_model_does() {
    // Software will do for a test.
    let gpu = match block_on(Gpu::open(&Options { software: true, ..Options::default() })) {
        Ok(gpu) => gpu,
        Err(error) => {
            eprintln!("skipped: {error}");
            return;
        }
    };
    eprintln!("on {}", gpu.name());
    for (sizes, to) in
        [([16, 2, 2], (256, 192)), ([14, 2, 2], (84, 140)), ([4, 1, 1], (12, 4)), ([8, 2, 3], (64, 32))]
    {
        let settings = settings(sizes);
        let values = Box::new(tables(&settings));
        let [patch, merge, span] = sizes.map(|n| n as u32);
        let layout = Patches { patch, merge, span, values };
        for (count, from) in [(1, to), (5, (101, 77)), (4, (640, 360))] {
            let frames: Vec<Frame> = (0..count).map(|seed| picture(from, seed)).collect();
            let resized: Vec<Frame> = frames.iter().map(|f| fitted(f.clone(), (to.1, to.0))).collect();
            let model = Visual::clip(&resized, &settings).expect("whole groups").patches;
            let found = block_on(gpu.patches(&frames, to, Filter::Bicubic, &layout)).expect("patches");
            let same = found.iter().map(|v| v.to_bits()).eq(model.iter().map(|v| v.to_bits()));
            assert!(same, "{count} frames of {from:?} to {to:?} in patches of {patch}");
        }
    }
}
