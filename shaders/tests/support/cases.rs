//! What kernels other than those of perturbations are given, and the order of rows that they must keep.

use scrubjay_core::frame::Frame;
use scrubjay_core::perturb::shape::{Shape, Sprite};
use scrubjay_core::rng::Stream;
use scrubjay_shaders::Patches;

/// Up to six shapes, some of which lie partly or wholly outside the frame.
pub(crate) fn sprites(stream: &mut Stream, frame: &Frame) -> Vec<(Shape, Sprite)> {
    let sprite = |stream: &mut Stream| Sprite {
        x: stream.range(-10, frame.width as i32 + 10),
        y: stream.range(-10, frame.height as i32 + 10),
        size: stream.range(0, 60) as u32,
        turn: stream.bits() as u16,
        rgb: [0; 3].map(|_| stream.bits() as u8),
    };
    let count = stream.range(0, 6);
    (0..count).map(|_| (Shape::ALL[stream.below(3) as usize], sprite(stream))).collect()
}

/// Patches whose values are numbers of every kind: what is copied bit by bit needs no arithmetic to be right.
pub(crate) fn numbers(patch: u32, merge: u32, span: u32) -> Patches {
    let mut values = Box::new([[0.0; 256]; 3]);
    for (i, value) in values.as_flattened_mut().iter_mut().enumerate() {
        *value = f32::from_bits((i as u32).wrapping_mul(0x9e37_79b9));
    }
    Patches { patch, merge, span, values }
}

/// The order of the model's rows, value by value; `tests/patches.rs` of the workspace compares with the model itself.
pub(crate) fn patches(frames: &[Frame], layout: &Patches) -> Vec<f32> {
    let [patch, merge, span] = [layout.patch, layout.merge, layout.span].map(|n| n as usize);
    let (width, height) = (frames[0].width as usize, frames[0].height as usize);
    let mut out = Vec::new();
    for t in 0..frames.len().div_ceil(span) {
        for top in (0..height).step_by(patch * merge) {
            for left in (0..width).step_by(patch * merge) {
                for inner in 0..merge * merge {
                    for value in 0..3 * span * patch * patch {
                        let (channel, rest) =
                            (value / (span * patch * patch), value % (span * patch * patch));
                        let frame = &frames[(t * span + rest / (patch * patch)).min(frames.len() - 1)];
                        let y = top + inner / merge * patch + rest / patch % patch;
                        let x = left + inner % merge * patch + rest % patch;
                        let byte = frame.rgb[(y * width + x) * 3 + channel];
                        out.push(layout.values[channel][usize::from(byte)]);
                    }
                }
            }
        }
    }
    out
}
