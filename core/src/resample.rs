//! Resizing pictures in fixed point.
//!
//! Two one-dimensional passes with 22-bit weights and an 8-bit picture in between, which is how Pillow
//! resizes, so that zooming out looks as in the published pipelines. Weights come from `libm`, whose sine
//! is ordinary arithmetic and therefore the same on every target; the pixel work is integer.

use crate::frame::Frame;

const PRECISION: u32 = 22;

/// Which kernel spreads a source pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    /// Average of the covered area; for shrinking to model input.
    Box,
    /// Windowed sinc with three lobes; what VideoSSR's zooms use.
    Lanczos3,
}

impl Filter {
    fn support(self) -> f64 {
        match self {
            Self::Box => 0.5,
            Self::Lanczos3 => 3.0,
        }
    }

    fn weight(self, x: f64) -> f64 {
        match self {
            Self::Box => f64::from(u8::from(x > -0.5 && x <= 0.5)),
            Self::Lanczos3 if (-3.0..3.0).contains(&x) => sinc(x) * sinc(x / 3.0),
            Self::Lanczos3 => 0.0,
        }
    }
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 {
        return 1.0;
    }
    let angle = x * std::f64::consts::PI;
    libm::sin(angle) / angle
}

/// For one output position: the first input position and the weights from there on.
struct Tap {
    first: usize,
    weights: Vec<i32>,
}

fn taps(input: u32, output: u32, filter: Filter) -> Vec<Tap> {
    let scale = f64::from(input) / f64::from(output);
    let spread = scale.max(1.0);
    let support = filter.support() * spread;
    (0..output)
        .map(|i| {
            let centre = (f64::from(i) + 0.5) * scale;
            let first = ((centre - support + 0.5) as i64).max(0) as usize;
            let last = ((centre + support + 0.5) as i64).clamp(0, i64::from(input)) as usize;
            let raw: Vec<f64> =
                (first..last).map(|x| filter.weight((x as f64 - centre + 0.5) / spread)).collect();
            let total: f64 = raw.iter().sum();
            let one = f64::from(1_u32 << PRECISION);
            let weights = raw
                .iter()
                .map(|w| {
                    let w = if total == 0.0 { *w } else { w / total } * one;
                    (if w < 0.0 { w - 0.5 } else { w + 0.5 }) as i32
                })
                .collect();
            Tap { first, weights }
        })
        .collect()
}

/// Resizes a picture to `width` × `height` pixels (both at least 1).
#[must_use]
pub fn resize(frame: &Frame, width: u32, height: u32, filter: Filter) -> Frame {
    let (width, height) = (width.max(1), height.max(1));
    if frame.width == 0 || frame.height == 0 {
        return Frame::black(width, height);
    }
    let wide = if width == frame.width { frame.clone() } else { pass(frame, width, filter, Axis::X) };
    if height == wide.height { wide } else { pass(&wide, height, filter, Axis::Y) }
}

#[derive(Clone, Copy)]
enum Axis {
    X,
    Y,
}

fn pass(frame: &Frame, size: u32, filter: Filter, axis: Axis) -> Frame {
    let (input, mut out) = match axis {
        Axis::X => (frame.width, Frame::black(size, frame.height)),
        Axis::Y => (frame.height, Frame::black(frame.width, size)),
    };
    let row = frame.width as usize * 3;
    let out_row = out.width as usize * 3;
    // Distance in bytes between neighbours along the axis.
    let step = match axis {
        Axis::X => 3,
        Axis::Y => row,
    };
    for (i, tap) in taps(input, size, filter).iter().enumerate() {
        let lines = match axis {
            Axis::X => frame.height as usize,
            Axis::Y => row,
        };
        for line in 0..lines {
            let (from, to, channels) = match axis {
                Axis::X => (line * row + tap.first * 3, line * out_row + i * 3, 3),
                Axis::Y => (tap.first * row + line, i * out_row + line, 1),
            };
            for c in 0..channels {
                let mut sum = 1_i64 << (PRECISION - 1);
                for (k, w) in tap.weights.iter().enumerate() {
                    sum += i64::from(frame.rgb[from + c + k * step]) * i64::from(*w);
                }
                out.rgb[to + c] = (sum >> PRECISION).clamp(0, 255) as u8;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp(width: u32, height: u32) -> Frame {
        let rgb = (0..width * height * 3).map(|i| (i * 7 % 251) as u8).collect();
        Frame { width, height, rgb }
    }

    #[test]
    fn a_flat_picture_stays_flat_under_every_filter() {
        let flat = Frame { width: 37, height: 23, rgb: vec![143; 37 * 23 * 3] };
        for filter in [Filter::Box, Filter::Lanczos3] {
            for (w, h) in [(1, 1), (12, 40), (100, 5), (37, 23)] {
                let out = resize(&flat, w, h, filter);
                assert!(out.rgb.iter().all(|&v| v == 143), "{filter:?} {w}x{h}");
            }
        }
    }

    #[test]
    fn halving_with_box_is_the_mean_of_four() {
        let out = resize(&ramp(8, 6), 4, 3, Filter::Box);
        let f = ramp(8, 6);
        let at = |x: u32, y: u32, c: u32| i32::from(f.rgb[((y * 8 + x) * 3 + c) as usize]);
        let mean = (at(2, 2, 1) + at(3, 2, 1) + at(2, 3, 1) + at(3, 3, 1)) / 4;
        assert!((i32::from(out.rgb[((4 + 1) * 3 + 1) as usize]) - mean).abs() <= 1);
    }

    #[test]
    fn same_size_is_the_same_picture() {
        assert_eq!(resize(&ramp(9, 5), 9, 5, Filter::Lanczos3), ramp(9, 5));
    }
}
