//! Perturbations of colour: each pixel by itself.
//!
//! Pixels are taken apart into planes, a tile at a time, so that the loops are plain ones over neighbouring bytes,
//! which become vector instructions. Arithmetic wraps so that they stay free of branches; none of it can.

use pulp::{Arch, NullaryFnOnce};

use crate::frame::Frame;

/// Pixels of a tile: with its planes it stays in the nearest cache.
const TILE: usize = 1024;

/// Reds, greens and blues of a tile.
type Planes = [[u8; TILE]; 3];

/// What is done to a tile.
trait Operation: Copy {
    fn apply(self, planes: &mut Planes);
}

/// An operation on all pixels, compiled for the vector units that the machine has. A structure and not a closure,
/// which the compiler may leave out of line, where they are not used.
struct Everywhere<'a, O>(&'a mut [u8], O);

impl<O: Operation> NullaryFnOnce for Everywhere<'_, O> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let (tiles, rest) = self.0.as_chunks_mut();
        for tile in tiles {
            on_tile(tile, self.1);
        }
        if !rest.is_empty() {
            let mut tile = [0; 3 * TILE];
            tile[..rest.len()].copy_from_slice(rest);
            on_tile(&mut tile, self.1);
            rest.copy_from_slice(&tile[..rest.len()]);
        }
    }
}

#[inline(always)]
fn on_tile(tile: &mut [u8; 3 * TILE], operation: impl Operation) {
    let mut planes = [[0; TILE]; 3];
    for i in 0..TILE {
        planes[0][i] = tile[3 * i];
        planes[1][i] = tile[3 * i + 1];
        planes[2][i] = tile[3 * i + 2];
    }
    operation.apply(&mut planes);
    for i in 0..TILE {
        tile[3 * i] = planes[0][i];
        tile[3 * i + 1] = planes[1][i];
        tile[3 * i + 2] = planes[2][i];
    }
}

/// ITU-R 601 luma as Pillow's conversion to `L`: `(19595 R + 38470 G + 7471 B + 2¹⁵) >> 16`, with the weights in two
/// halves of 8 bits, so that it fits 16.
#[inline(always)]
fn luma(r: u8, g: u8, b: u8) -> u16 {
    let weigh = |v: u8, weight: u16| u16::from(v).wrapping_mul(weight);
    let high = weigh(r, 76).wrapping_add(weigh(g, 150)).wrapping_add(weigh(b, 29));
    let low = weigh(r, 139).wrapping_add(weigh(g, 70)).wrapping_add(weigh(b, 47));
    high.wrapping_add(low >> 8).wrapping_add(128) >> 8
}

/// Each channel becomes the luma.
pub(super) fn grayscale(frame: &mut Frame) {
    Arch::new().dispatch(Everywhere(&mut frame.rgb, Grayscale));
}

#[derive(Clone, Copy)]
struct Grayscale;

impl Operation for Grayscale {
    #[inline(always)]
    fn apply(self, [r, g, b]: &mut Planes) {
        for i in 0..TILE {
            r[i] = luma(r[i], g[i], b[i]) as u8;
        }
        (*g, *b) = (*r, *r);
    }
}

/// Each channel becomes its complement.
pub(super) fn invert(frame: &mut Frame) {
    Arch::new().dispatch(Invert(&mut frame.rgb));
}

struct Invert<'a>(&'a mut [u8]);

impl NullaryFnOnce for Invert<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for v in self.0 {
            *v = !*v;
        }
    }
}

/// Exchanges red and blue.
pub(super) fn swap_red_blue(frame: &mut Frame) {
    Arch::new().dispatch(RedBlue(&mut frame.rgb));
}

struct RedBlue<'a>(&'a mut [u8]);

impl NullaryFnOnce for RedBlue<'_> {
    type Output = ();

    /// From a copy: three whole registers, whose bytes are moved where planes would be made and joined again.
    #[inline(always)]
    fn call(self) {
        let (blocks, rest) = self.0.as_chunks_mut::<96>();
        for block in blocks {
            let copy = *block;
            for (to, from) in block.as_chunks_mut::<3>().0.iter_mut().zip(copy.as_chunks::<3>().0) {
                *to = [from[2], from[1], from[0]];
            }
        }
        for pixel in rest.as_chunks_mut::<3>().0 {
            pixel.reverse();
        }
    }
}

/// Bits of the saturation factor behind the point: with them and [`NUDGE`], the largest factor and rounding down
/// give what exact thousandths and rounding down would.
const POINT: u32 = 19;
const NUDGE: i32 = 255;

/// Multiplies each channel's distance from the luma by `permille / 1000` (at most 10) and rounds down, as Pillow's
/// `ImageEnhance.Color`.
pub(super) fn saturate(frame: &mut Frame, permille: u32) {
    Arch::new().dispatch(Everywhere(&mut frame.rgb, Saturate { factor: factor(permille) }));
}

/// The factor in 1/2¹⁹. At most 10 · 2¹⁹: times a distance of 255 it stays below 2³¹.
pub(super) fn factor(permille: u32) -> i32 {
    (u64::from(permille.min(10_000)) << POINT).div_ceil(1000) as i32
}

#[derive(Clone, Copy)]
struct Saturate {
    factor: i32,
}

impl Operation for Saturate {
    #[inline(always)]
    fn apply(self, [r, g, b]: &mut Planes) {
        for i in 0..TILE {
            let grey = i32::from(luma(r[i], g[i], b[i]));
            for v in [&mut r[i], &mut g[i], &mut b[i]] {
                let distance = i32::from(*v).wrapping_sub(grey);
                let moved = distance.wrapping_mul(self.factor).wrapping_add(NUDGE) >> POINT;
                *v = grey.wrapping_add(moved).clamp(0, 255) as u8;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn twice_is_nothing() {
        let mut f = Frame { width: 2, height: 1, rgb: vec![1, 2, 3, 4, 5, 6] };
        swap_red_blue(&mut f);
        assert_eq!(f.rgb, [3, 2, 1, 6, 5, 4]);
        swap_red_blue(&mut f);
        invert(&mut f);
        assert_eq!(f.rgb, [254, 253, 252, 251, 250, 249]);
        invert(&mut f);
        assert_eq!(f.rgb, [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn luma_in_halves_is_luma() {
        for i in 0..=0xff_ffff_u32 {
            let [_, r, g, b] = i.to_be_bytes();
            let whole = u32::from(r) * 19_595 + u32::from(g) * 38_470 + u32::from(b) * 7_471 + 0x8000;
            assert_eq!(u32::from(luma(r, g, b)), whole >> 16, "{r} {g} {b}");
        }
    }

    proptest! {
        #[test]
        fn red_and_blue_change_places_everywhere(pixels in prop::collection::vec(any::<[u8; 3]>(), 0..200)) {
            let mut f = Frame { width: pixels.len() as u32, height: 1, rgb: pixels.as_flattened().to_vec() };
            swap_red_blue(&mut f);
            let swapped: Vec<u8> = pixels.iter().flat_map(|p| [p[2], p[1], p[0]]).collect();
            prop_assert_eq!(f.rgb, swapped);
        }

        #[test]
        fn saturation_is_exact(pixel: [u8; 3], permille in 0_u32..=10_000) {
            let mut f = Frame { width: 1, height: 1, rgb: pixel.to_vec() };
            saturate(&mut f, permille);
            let grey = i32::from(luma(pixel[0], pixel[1], pixel[2]));
            for (v, out) in pixel.iter().zip(&f.rgb) {
                let exact = grey * 1000 + (i32::from(*v) - grey) * permille as i32;
                prop_assert_eq!(i32::from(*out), exact.div_euclid(1000).clamp(0, 255));
            }
        }

        #[test]
        fn grey_stays_grey(pixel: [u8; 3], permille in 0_u32..=10_000) {
            let mut f = Frame { width: 1, height: 1, rgb: pixel.to_vec() };
            grayscale(&mut f);
            let grey = f.clone();
            grayscale(&mut f);
            saturate(&mut f, permille);
            prop_assert_eq!(f, grey);
        }
    }
}
