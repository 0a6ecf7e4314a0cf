//! Resizing pictures in fixed point.
//!
//! Two one-dimensional passes with 22-bit weights and an 8-bit picture in between, which is how Pillow
//! resizes, so that zooming gives the bytes of the published pipelines. Weights come from additions,
//! multiplications and divisions, which every target rounds alike; the pixel work is integer.

use pulp::{Arch, NullaryFnOnce};

use crate::columns::{COLUMN, ROWS, from_columns, to_columns};
use crate::frame::Frame;

const PRECISION: u32 = 22;
const HALF: i32 = 1 << (PRECISION - 1);

/// Which kernel spreads a source pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    /// Average of the covered area; for shrinking to model input.
    Box,
    /// Cubic convolution with a = -0.5; what Qwen's processor uses. `torchvision`'s version of it rounds a little
    /// otherwise: one level, at a few values in a thousand.
    Bicubic,
    /// Windowed sinc with three lobes; what VideoSSR's zooms use.
    Lanczos3,
}

impl Filter {
    fn support(self) -> f64 {
        match self {
            Self::Box => 0.5,
            Self::Bicubic => 2.0,
            Self::Lanczos3 => 3.0,
        }
    }
}

#[inline(always)]
fn box_weight(x: f64) -> f64 {
    if x > -0.5 && x <= 0.5 { 1.0 } else { 0.0 }
}

/// Keys' cubic with a = -0.5: 1 at 0, and 0 at 1 and from 2 on.
#[inline(always)]
fn bicubic_weight(x: f64) -> f64 {
    const A: f64 = -0.5;
    let x = x.abs();
    let near = ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0;
    let far = (((x - 5.0) * x + 8.0) * x - 4.0) * A;
    if x < 1.0 {
        near
    } else if x < 2.0 {
        far
    } else {
        0.0
    }
}

/// `sinc(x) · sinc(x / 3)` within three lobes.
#[inline(always)]
fn lanczos_weight(x: f64) -> f64 {
    const PI_SQUARED: f64 = std::f64::consts::PI * std::f64::consts::PI;
    let weight = sin_pi(x) * sin_pi(x / 3.0) * 3.0 / (PI_SQUARED * x * x);
    // Near 0 the quotient loses its digits; the series has them all there.
    let near = 1.0 - x * x * (PI_SQUARED * 5.0 / 27.0);
    let weight = if x.abs() < 1e-5 { near } else { weight };
    if (-3.0..3.0).contains(&x) { weight } else { 0.0 }
}

/// `sin(πx)` to about 1e-16 for small `x`: a whole number of half turns is taken off, and the rest's series summed.
/// Plain arithmetic and no branches, so that many are computed at once, and the same everywhere.
#[inline(always)]
fn sin_pi(x: f64) -> f64 {
    /// Adding and taking off this rounds to a whole number, ties to even.
    const WHOLE: f64 = 6_755_399_441_055_744.0;
    let turns = (x + WHOLE) - WHOLE;
    let angle = (x - turns) * std::f64::consts::PI;
    let square = angle * angle;
    // 1 − a²/(2·3) · (1 − a²/(4·5) · (1 − …)), up to the power 21.
    let mut sum = 1.0;
    for i in [20.0, 18.0, 16.0, 14.0, 12.0, 10.0, 8.0, 6.0, 4.0, 2.0] {
        sum = 1.0 - sum * square * (1.0 / (i * (i + 1.0)));
    }
    let odd = turns - 2.0 * ((turns * 0.5 + WHOLE) - WHOLE);
    (1.0 - 2.0 * odd * odd) * angle * sum
}

/// The weights of every output position along one axis, `count` for each, in 1/2²²: a value is the sum of value times
/// weight, half a unit added, rounded down and held within a byte.
#[derive(Debug, Clone)]
pub struct Taps {
    count: usize,
    /// First input position of each output position's window.
    first: Vec<usize>,
    /// `count` weights for each output position.
    weights: Vec<i32>,
}

/// Sizes of the windows that have a loop of their own; others are summed piecemeal.
const COUNTS: [usize; 4] = [6, 8, 9, 12];

impl Taps {
    /// From `input` places to `output`, both at least 1; `None` where nothing changes along this axis.
    #[must_use]
    pub fn new(input: u32, output: u32, filter: Filter) -> Option<Self> {
        if input == output {
            return None;
        }
        let scale = f64::from(input) / f64::from(output);
        let spread = scale.max(1.0);
        let support = filter.support() * spread;
        let window = |i: u32| {
            let centre = (f64::from(i) + 0.5) * scale;
            let first = ((centre - support + 0.5) as i64).max(0) as usize;
            let end = ((centre + support + 0.5) as i64).clamp(0, i64::from(input)) as usize;
            (centre, first, end)
        };
        let longest = (0..output).map(window).map(|(_, first, end)| end - first.min(end)).max().unwrap_or(0);
        let count =
            COUNTS.into_iter().find(|&c| c >= longest && c <= input as usize).unwrap_or(longest.max(1));
        let mut taps = Self { count, first: Vec::new(), weights: vec![0; output as usize * count] };
        let mut places = Vec::with_capacity(taps.weights.len());
        for (centre, first, end) in (0..output).map(window) {
            // All windows get one length, with zeros where Pillow's are shorter: the sums stay the same.
            let start = first.min((input as usize).saturating_sub(count));
            taps.first.push(start);
            places.extend((start..start + count).map(|x| {
                let inside = (first..end).contains(&x);
                if inside { (x as f64 - centre + 0.5) / spread } else { OUTSIDE }
            }));
        }
        Arch::new().dispatch(Weigh { filter, places: &mut places });
        for (raw, weights) in places.chunks_exact(count).zip(taps.weights.chunks_exact_mut(count)) {
            let total: f64 = raw.iter().sum();
            let one = f64::from(1_u32 << PRECISION) / if total == 0.0 { 1.0 } else { total };
            for (w, raw) in weights.iter_mut().zip(raw) {
                let scaled = raw * one;
                *w = (if scaled < 0.0 { scaled - 0.5 } else { scaled + 0.5 }) as i32;
            }
        }
        Some(taps)
    }

    /// Number of weights of each output position.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// First input position and weights of each output position. All of a window lies within the input.
    pub fn windows(&self) -> impl Iterator<Item = (usize, &[i32])> {
        self.first.iter().copied().zip(self.weights.chunks_exact(self.count))
    }
}

/// A place where every filter's weight is 0.
const OUTSIDE: f64 = 1e3;

/// Replaces places by the filter's weights there.
struct Weigh<'a> {
    filter: Filter,
    places: &'a mut [f64],
}

impl NullaryFnOnce for Weigh<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        match self.filter {
            Filter::Box => {
                for x in self.places {
                    *x = box_weight(*x);
                }
            }
            Filter::Bicubic => {
                for x in self.places {
                    *x = bicubic_weight(*x);
                }
            }
            Filter::Lanczos3 => {
                for x in self.places {
                    *x = lanczos_weight(*x);
                }
            }
        }
    }
}

/// Where a picture lies within bytes: the byte its upper left corner begins at, and the distance between its rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) start: usize,
    pub(crate) stride: usize,
}

impl Place {
    /// The place of the pixel at `left`, `top` of a picture `width` pixels wide.
    pub(crate) fn of(width: u32, left: u32, top: u32) -> Self {
        let stride = width as usize * 3;
        Self { start: top as usize * stride + left as usize * 3, stride }
    }
}

/// Calls a pass compiled for the number of weights; 0 stands for any.
macro_rules! by_count {
    ($taps:expr, $pass:ident($($argument:expr),*)) => {
        match $taps.count {
            6 => $pass::<6>($taps, $($argument),*),
            8 => $pass::<8>($taps, $($argument),*),
            9 => $pass::<9>($taps, $($argument),*),
            12 => $pass::<12>($taps, $($argument),*),
            _ => $pass::<0>($taps, $($argument),*),
        }
    };
}

/// Resizes pictures of one size to another; the weights are computed once.
#[derive(Debug)]
pub(crate) struct Resizer {
    from: (u32, u32),
    to: (u32, u32),
    across: Option<Taps>,
    down: Option<Taps>,
    /// The picture between the passes: `to.0` wide, `from.1` high.
    between: Vec<u8>,
    columns: Vec<u8>,
    turned: Vec<u8>,
}

impl Resizer {
    /// Both sizes at least 1 x 1.
    pub(crate) fn new(from: (u32, u32), to: (u32, u32), filter: Filter) -> Self {
        let (across, down) = (Taps::new(from.0, to.0, filter), Taps::new(from.1, to.1, filter));
        Self { from, to, across, down, between: Vec::new(), columns: Vec::new(), turned: Vec::new() }
    }

    /// The first pass, along the rows. What it read may be overwritten afterwards.
    pub(crate) fn read(&mut self, rgb: &[u8], place: Place) {
        let (bytes, row) = (self.from.0 as usize * 3, self.to.0 as usize * 3);
        self.between.resize(row * self.from.1 as usize, 0);
        let rgb = rgb.get(place.start..).unwrap_or_default();
        let Some(taps) = &self.across else {
            for (to, from) in self.between.chunks_exact_mut(row).zip(rgb.chunks(place.stride)) {
                copy(from, to);
            }
            return;
        };
        self.columns.resize(bytes * ROWS, 0);
        self.turned.resize(row * ROWS, 0);
        for (i, block) in self.between.chunks_mut(row * ROWS).enumerate() {
            let source = rgb.get(i * ROWS * place.stride..).unwrap_or_default();
            let (columns, turned) = (&mut self.columns[..], &mut self.turned[..]);
            Arch::new().dispatch(Across {
                taps,
                source,
                stride: place.stride,
                bytes,
                columns,
                turned,
                row,
                block,
            });
        }
    }

    /// The second pass, across the rows: writes the resized picture.
    pub(crate) fn write(&self, rgb: &mut [u8], place: Place) {
        let row = self.to.0 as usize * 3;
        let rgb = rgb.get_mut(place.start..).unwrap_or_default();
        match &self.down {
            None => {
                for (to, from) in rgb.chunks_mut(place.stride).zip(self.between.chunks_exact(row)) {
                    copy(from, to);
                }
            }
            Some(taps) => Arch::new().dispatch(Down {
                taps,
                source: &self.between,
                row,
                out: rgb,
                stride: place.stride,
            }),
        }
    }
}

/// Copies as much as fits.
fn copy(from: &[u8], to: &mut [u8]) {
    let n = from.len().min(to.len());
    to[..n].copy_from_slice(&from[..n]);
}

/// The first pass over a block of rows.
struct Across<'a> {
    taps: &'a Taps,
    /// Begins with the block; `bytes` a row.
    source: &'a [u8],
    stride: usize,
    bytes: usize,
    columns: &'a mut [u8],
    turned: &'a mut [u8],
    row: usize,
    /// Rows of `row` bytes.
    block: &'a mut [u8],
}

// Structures and not closures, which the compiler may leave out of line, where the vector units are not used.
impl NullaryFnOnce for Across<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let count = self.block.len() / self.row;
        to_columns(self.source, self.stride, self.bytes, count, self.columns);
        by_count!(self.taps, across(self.columns, self.turned));
        from_columns(self.turned, self.block, self.row, self.row, count);
    }
}

#[inline(always)]
fn across<const TAPS: usize>(taps: &Taps, columns: &[u8], turned: &mut [u8]) {
    for (out, (first, weights)) in turned.as_chunks_mut().0.iter_mut().zip(taps.windows()) {
        *out = window::<TAPS>(columns, first * COLUMN, COLUMN, weights);
    }
}

/// The second pass.
struct Down<'a> {
    taps: &'a Taps,
    /// Rows of `row` bytes.
    source: &'a [u8],
    row: usize,
    out: &'a mut [u8],
    stride: usize,
}

impl NullaryFnOnce for Down<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        by_count!(self.taps, down(self.source, self.row, self.out, self.stride));
    }
}

#[inline(always)]
fn down<const TAPS: usize>(taps: &Taps, source: &[u8], row: usize, out: &mut [u8], stride: usize) {
    for (line, (first, weights)) in out.chunks_mut(stride).zip(taps.windows()) {
        let (start, line) = (first * row, line.get_mut(..row).unwrap_or_default());
        if row < COLUMN {
            for (l, to) in line.iter_mut().enumerate() {
                let mut sum = HALF;
                for (k, w) in weights.iter().enumerate() {
                    let v = source.get(start + k * row + l).copied().unwrap_or(0);
                    sum = sum.wrapping_add(i32::from(v).wrapping_mul(*w));
                }
                *to = round(sum);
            }
            continue;
        }
        // The last piece overlaps the one before it where the row's length asks for it.
        for i in 0..row.div_ceil(COLUMN) {
            let l = (i * COLUMN).min(row - COLUMN);
            if let Some(to) = line.get_mut(l..).and_then(|t| t.first_chunk_mut()) {
                *to = window::<TAPS>(source, start + l, row, weights);
            }
        }
    }
}

/// What one output position makes of [`COLUMN`] neighbouring bytes in each row of its window, the first at
/// `start`, the others `step` bytes apart.
#[inline(always)]
fn window<const TAPS: usize>(bytes: &[u8], start: usize, step: usize, weights: &[i32]) -> [u8; COLUMN] {
    let mut out = [0; COLUMN];
    if TAPS == 0 {
        let mut sums = [HALF; COLUMN];
        for (k, w) in weights.iter().enumerate() {
            let row = column(bytes, start + k * step);
            for l in 0..COLUMN {
                sums[l] = sums[l].wrapping_add(i32::from(row[l]).wrapping_mul(*w));
            }
        }
        for l in 0..COLUMN {
            out[l] = round(sums[l]);
        }
        return out;
    }
    let weights = weights.first_chunk::<TAPS>().unwrap_or(&[0; TAPS]);
    let mut rows = [&[0; COLUMN]; TAPS];
    for (k, row) in rows.iter_mut().enumerate() {
        *row = column(bytes, start + k * step);
    }
    for l in 0..COLUMN {
        let mut sum = HALF;
        for k in 0..TAPS {
            sum = sum.wrapping_add(i32::from(rows[k][l]).wrapping_mul(weights[k]));
        }
        out[l] = round(sum);
    }
    out
}

#[inline(always)]
fn column(bytes: &[u8], start: usize) -> &[u8; COLUMN] {
    match bytes.get(start..) {
        Some(b) => b.first_chunk().unwrap_or(&[0; COLUMN]),
        None => &[0; COLUMN],
    }
}

#[inline(always)]
fn round(sum: i32) -> u8 {
    (sum >> PRECISION).clamp(0, 255) as u8
}

/// Resizes a picture to `width` × `height` pixels (both at least 1).
#[must_use]
pub fn resize(frame: &Frame, width: u32, height: u32, filter: Filter) -> Frame {
    let (width, height) = (width.max(1), height.max(1));
    let mut out = Frame::black(width, height);
    if frame.width != 0 && frame.height != 0 {
        let mut resizer = Resizer::new((frame.width, frame.height), (width, height), filter);
        resizer.read(&frame.rgb, Place::of(frame.width, 0, 0));
        resizer.write(&mut out.rgb, Place::of(width, 0, 0));
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
        for filter in [Filter::Box, Filter::Bicubic, Filter::Lanczos3] {
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
    fn the_sine_is_a_sine() {
        for i in -40_000..=40_000 {
            let x = f64::from(i) / 10_000.0;
            assert!((sin_pi(x) - libm::sin(x * std::f64::consts::PI)).abs() < 2e-15, "{x}");
        }
        for x in [0.0, 1e-300, 1e-9, 9.9e-6, 1.1e-5, 1e-4, 0.3, 1.0, 2.9, -1.7] {
            let sinc = |x: f64| if x == 0.0 { 1.0 } else { sin_pi(x) / (x * std::f64::consts::PI) };
            assert!((lanczos_weight(x) - sinc(x) * sinc(x / 3.0)).abs() < 1e-14, "{x}");
        }
        assert_eq!([lanczos_weight(3.0), lanczos_weight(-3.1), lanczos_weight(OUTSIDE)], [0.0; 3]);
    }

    #[test]
    fn same_size_is_the_same_picture() {
        assert_eq!(resize(&ramp(9, 5), 9, 5, Filter::Lanczos3), ramp(9, 5));
    }
}
