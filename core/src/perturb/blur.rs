//! Gaussian blur as three box blurs along each axis (Pillow's `GaussianBlur`; P. Gwosdek et al., "Theoretical
//! Foundations of Gaussian Convolution by Extended Box Filtering", 2011).
//!
//! Both axes are blurred by the same loop over strips of [`COLUMN`] bytes side by side: blocks of rows on their side
//! for the first, columns of the picture as they are for the second.

use pulp::{Arch, NullaryFnOnce};

use crate::columns::{COLUMN, ROWS, from_columns, to_columns};
use crate::frame::Frame;

const PASSES: usize = 3;
const HALF: u32 = 1 << 23;

/// A box of fractional radius: `2 * radius + 1` places of weight `inner` and one of weight `outer` at each end, in
/// 1/2²⁴.
#[derive(Debug, Clone, Copy)]
pub(super) struct Box {
    pub(super) radius: usize,
    pub(super) inner: u32,
    pub(super) outer: u32,
}

impl Box {
    /// The box that, used [`PASSES`] times, has the variance of a Gaussian of `sigma` pixels. In single precision
    /// where Pillow is. `sigma` is held within 0 and 100.
    pub(super) fn of_gaussian(sigma: f32) -> Self {
        let sigma = sigma.clamp(0.0, 100.0);
        let variance = sigma * sigma / PASSES as f32;
        let length = (12.0 * f64::from(variance) + 1.0).sqrt() as f32;
        let whole = ((f64::from(length) - 1.0) / 2.0).floor() as f32;
        let rest = (2.0 * whole + 1.0) * (whole * (whole + 1.0) - 3.0 * variance)
            / (6.0 * (variance - (whole + 1.0) * (whole + 1.0)));
        let radius = whole + rest;
        let inner = (16_777_216.0 / (radius * 2.0 + 1.0)) as u32;
        let radius = radius as usize;
        let outer = (1_u32 << 24).saturating_sub((2 * radius as u32 + 1) * inner) / 2;
        Self { radius, inner, outer }
    }
}

/// Blurs with a Gaussian of `sigma` pixels (0 to 100); beyond its edges the picture continues as it ends.
pub(super) fn blur(frame: &mut Frame, sigma: f32) {
    let kernel = Box::of_gaussian(sigma);
    let (row, height) = (frame.width as usize * 3, frame.height as usize);
    let longest = (row * ROWS).max(height * COLUMN);
    let (mut a, mut b) = (vec![0; longest], vec![0; longest]);
    for block in frame.rgb.chunks_mut(row * ROWS) {
        let (a, b) = (&mut a[..row * ROWS], &mut b[..row * ROWS]);
        Arch::new().dispatch(Across { kernel, block, row, a, b });
    }
    for left in (0..row).step_by(COLUMN) {
        let (a, b) = (&mut a[..height * COLUMN], &mut b[..height * COLUMN]);
        Arch::new().dispatch(Down { kernel, rgb: &mut frame.rgb, row, left, a, b });
    }
}

/// Blurs a block of rows along them.
struct Across<'a> {
    kernel: Box,
    block: &'a mut [u8],
    row: usize,
    a: &'a mut [u8],
    b: &'a mut [u8],
}

impl NullaryFnOnce for Across<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let count = self.block.len() / self.row;
        to_columns(self.block, self.row, self.row, count, self.a);
        passes(self.kernel, self.a, self.b);
        from_columns(self.b, self.block, self.row, self.row, count);
    }
}

/// Blurs a strip of columns, [`COLUMN`] bytes wide or what is left, along them.
struct Down<'a> {
    kernel: Box,
    rgb: &'a mut [u8],
    row: usize,
    left: usize,
    a: &'a mut [u8],
    b: &'a mut [u8],
}

impl NullaryFnOnce for Down<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let part = self.left..self.row.min(self.left + COLUMN);
        for (to, line) in self.a.chunks_exact_mut(COLUMN).zip(self.rgb.chunks_exact(self.row)) {
            to[..part.len()].copy_from_slice(&line[part.clone()]);
        }
        passes(self.kernel, self.a, self.b);
        for (from, line) in self.b.chunks_exact(COLUMN).zip(self.rgb.chunks_exact_mut(self.row)) {
            line[part.clone()].copy_from_slice(&from[..part.len()]);
        }
    }
}

/// From `a` by way of both to `b`.
#[inline(always)]
fn passes(kernel: Box, a: &mut [u8], b: &mut [u8]) {
    let (a, b) = (a.as_chunks_mut().0, b.as_chunks_mut().0);
    pass(kernel, a, b);
    pass(kernel, b, a);
    pass(kernel, a, b);
}

/// One box blur along the strip.
#[inline(always)]
fn pass(kernel: Box, source: &[[u8; COLUMN]], target: &mut [[u8; COLUMN]]) {
    let Some(last) = source.len().checked_sub(1) else { return };
    let Box { radius, inner, outer } = kernel;
    // The sum over the inner places, moved on by one place each time.
    let mut sums = [0_u32; COLUMN];
    for i in 0..=2 * radius {
        for (sum, v) in sums.iter_mut().zip(&source[i.saturating_sub(radius).min(last)]) {
            *sum = sum.wrapping_add(u32::from(*v));
        }
    }
    for (i, to) in target.iter_mut().enumerate() {
        let before = &source[i.saturating_sub(radius + 1).min(last)];
        let first = &source[i.saturating_sub(radius).min(last)];
        let after = &source[(i + radius + 1).min(last)];
        let mut out = [0; COLUMN];
        for l in 0..COLUMN {
            let ends = u32::from(before[l]).wrapping_add(u32::from(after[l]));
            let bulk = sums[l].wrapping_mul(inner).wrapping_add(ends.wrapping_mul(outer));
            out[l] = (bulk.wrapping_add(HALF) >> 24) as u8;
            sums[l] = sums[l].wrapping_add(u32::from(after[l])).wrapping_sub(u32::from(first[l]));
        }
        *to = out;
    }
}
