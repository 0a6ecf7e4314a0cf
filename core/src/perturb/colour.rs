//! Perturbations of colour: each pixel by itself.
//!
//! Arithmetic wraps so that the loops stay free of branches; none of it can.

use pulp::Arch;

use crate::frame::Frame;

/// ITU-R 601 luma in 1/65536, rounded, as Pillow's conversion to `L`.
#[inline(always)]
fn luma([r, g, b]: [u8; 3]) -> u32 {
    let weighed = |v: u8, weight: u32| u32::from(v).wrapping_mul(weight);
    let sum = weighed(r, 19_595).wrapping_add(weighed(g, 38_470)).wrapping_add(weighed(b, 7_471));
    sum.wrapping_add(0x8000) >> 16
}

/// Replaces each pixel; compiled for the vector units that the machine has.
#[inline(always)]
fn each_pixel(frame: &mut Frame, f: impl Fn([u8; 3]) -> [u8; 3]) {
    let pixels = frame.rgb.as_chunks_mut::<3>().0;
    Arch::new().dispatch(|| {
        for pixel in &mut *pixels {
            *pixel = f(*pixel);
        }
    });
}

/// Each channel becomes the luma.
pub(super) fn grayscale(frame: &mut Frame) {
    each_pixel(frame, |pixel| [luma(pixel) as u8; 3]);
}

/// Each channel becomes its complement.
pub(super) fn invert(frame: &mut Frame) {
    let rgb = &mut frame.rgb[..];
    Arch::new().dispatch(|| {
        for v in &mut *rgb {
            *v = !*v;
        }
    });
}

/// Exchanges red and blue.
pub(super) fn swap_red_blue(frame: &mut Frame) {
    each_pixel(frame, |[r, g, b]| [b, g, r]);
}

/// Bits of the saturation factor behind the point: with them and [`NUDGE`], the largest factor and rounding down
/// give what exact thousandths and rounding down would.
const POINT: u32 = 19;
const NUDGE: i32 = 255;

/// Multiplies each channel's distance from the luma by `permille / 1000` (at most 10) and rounds down, as Pillow's
/// `ImageEnhance.Color`.
pub(super) fn saturate(frame: &mut Frame, permille: u32) {
    // At most 10 · 2¹⁹: times a distance of 255 it stays below 2³¹.
    let factor = (u64::from(permille.min(10_000)) << POINT).div_ceil(1000) as i32;
    each_pixel(frame, |pixel| {
        let grey = luma(pixel) as i32;
        pixel.map(|v| {
            let distance = i32::from(v).wrapping_sub(grey);
            let moved = distance.wrapping_mul(factor).wrapping_add(NUDGE) >> POINT;
            grey.wrapping_add(moved).clamp(0, 255) as u8
        })
    });
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

    proptest! {
        #[test]
        fn saturation_is_exact(pixel: [u8; 3], permille in 0_u32..=10_000) {
            let mut f = Frame { width: 1, height: 1, rgb: pixel.to_vec() };
            saturate(&mut f, permille);
            let grey = luma(pixel) as i32;
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
