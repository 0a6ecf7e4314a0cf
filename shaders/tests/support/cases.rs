//! What kernels other than those of perturbations are given, and the order of rows that they must keep.

use scrubjay_core::frame::Frame;
use scrubjay_core::perturb::shape::{Shape, Sprite};
use scrubjay_core::rng::Stream;
use scrubjay_core::yuv::{Format, Matrix, Plane, Planes, Range};
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

/// A picture in planes: its buffer, and where each plane begins and how far apart its rows are.
pub(crate) struct Decoded {
    format: Format,
    size: (u32, u32),
    bytes: Vec<u8>,
    places: Vec<(usize, usize)>,
}

impl Decoded {
    /// Bytes of every kind, rows some bytes longer than they need be.
    pub(crate) fn new(stream: &mut Stream, format: Format, size: (u32, u32)) -> Self {
        let (mut length, mut places) = (stream.below(9) as usize, Vec::new());
        for plane in 0..format.planes() {
            let (row, rows) = format.extent(plane, size);
            let stride = row as usize + stream.below(20) as usize;
            places.push((length, stride));
            length += stride * rows as usize;
        }
        let mut state = stream.bits();
        let byte = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            // The ends more often than they would come: there sums are cut.
            match state >> 29 {
                0 => 0,
                1 => 255,
                _ => (state >> 16) as u8,
            }
        };
        Self { format, size, bytes: std::iter::repeat_with(byte).take(length).collect(), places }
    }

    pub(crate) fn planes(&self) -> Vec<Plane<'_>> {
        self.places.iter().map(|&(at, stride)| Plane::at(&self.bytes, at, stride)).collect()
    }

    pub(crate) fn picture<'a>(&self, planes: &'a [Plane<'a>]) -> Planes<'a> {
        Planes { format: self.format, width: self.size.0, height: self.size.1, planes }
    }
}

/// What to convert in which way: each format of each size, and clips of seven and one of 3840 × 2160 in each format.
pub(crate) fn decoded(sizes: &[(u32, u32)]) -> Vec<(Vec<Decoded>, Matrix, Range)> {
    let mut stream = Stream::keyed(9, "shaders", "yuv", 0);
    let formats = [Format::I420, Format::I422, Format::I444, Format::Nv12];
    let mut cases = Vec::new();
    for (i, size) in sizes.iter().enumerate() {
        for (k, format) in formats.into_iter().enumerate() {
            // Each format meets each way.
            let way = (i + k) % 6;
            cases.push((format, *size, 1, way));
        }
    }
    cases.extend(formats.into_iter().zip(0..).map(|(format, way)| (format, (57, 43), 7, way)));
    cases.extend(formats.into_iter().zip(2..).map(|(format, way)| (format, (3840, 2160), 1, way)));
    let ways =
        Matrix::ALL.into_iter().flat_map(|m| [(m, Range::Full), (m, Range::Limited)]).collect::<Vec<_>>();
    let each = |(format, size, count, way): (Format, (u32, u32), usize, usize)| {
        let pictures = (0..count).map(|_| Decoded::new(&mut stream, format, size)).collect();
        (pictures, ways[way].0, ways[way].1)
    };
    cases.into_iter().map(each).collect()
}
