//! Gaussian noise in integers, each sample by itself, so that any order and any device give the same bits.
//!
//! A sample's noise is a hash of a key and the sample's number: eight hashed bytes are added, whose sum is close to
//! normal (Irwin–Hall), and scaled in fixed point. Everything fits 32 bits.

use pulp::{Arch, NullaryFnOnce};

use crate::frame::Frame;

/// Mean of the sum of eight bytes.
const MEAN: i32 = 8 * 255 / 2;
/// `6553.6 / sqrt(8 · (256² − 1) / 12)` in 1/65536: from tenths of a grey level to 1/65536 grey levels for each unit
/// of the sum.
const SCALE: u64 = 2_054_797;

/// A bijection of 32 bits in which every bit depends on every bit (Ellis and Wellons' "lowbias32").
#[inline(always)]
fn mix(mut x: u32) -> u32 {
    x ^= x >> 16;
    x = x.wrapping_mul(0x7feb_352d);
    x ^= x >> 15;
    x = x.wrapping_mul(0x846c_a68b);
    x ^ (x >> 16)
}

/// Adds noise of `tenths / 10` grey levels standard deviation (at most 1000): `floor(clip(x + n, 0, 255))`.
pub(super) fn add(frame: &mut Frame, tenths: u32, key: u32) {
    let (scale, [first, second]) = numbers(tenths, key);
    Arch::new().dispatch(Add { rgb: &mut frame.rgb, scale, first, second });
}

/// What a unit of the sum is worth in 1/65536 grey levels, and what is mixed into a sample's number before each hash.
pub(super) fn numbers(tenths: u32, key: u32) -> (i32, [u32; 2]) {
    let scale = ((u64::from(tenths.min(10_000)) * SCALE + 0x8000) >> 16) as i32;
    (scale, [mix(key), mix(!key)])
}

struct Add<'a> {
    rgb: &'a mut [u8],
    scale: i32,
    first: u32,
    second: u32,
}

impl NullaryFnOnce for Add<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for (i, v) in self.rgb.iter_mut().enumerate() {
            let a = mix(i as u32 ^ self.first);
            let b = mix(a ^ self.second);
            *v = sample(*v, a, b, self.scale);
        }
    }
}

/// One sample with the noise of eight hashed bytes.
#[inline(always)]
fn sample(v: u8, a: u32, b: u32, scale: i32) -> u8 {
    const EVEN: u32 = 0x00ff_00ff;
    let pairs = (a & EVEN).wrapping_add((a >> 8) & EVEN).wrapping_add(b & EVEN).wrapping_add((b >> 8) & EVEN);
    let sum = ((pairs & 0xffff).wrapping_add(pairs >> 16)) as i32;
    // |sum − MEAN| ≤ 1020 and scale < 2²⁰ for σ ≤ 1000.
    let noise = sum.wrapping_sub(MEAN).wrapping_mul(scale);
    ((i32::from(v) << 16).wrapping_add(noise)).clamp(0, 255 << 16).wrapping_shr(16) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(value: u8) -> Frame {
        Frame { width: 512, height: 512, rgb: vec![value; 512 * 512 * 3] }
    }

    fn moments(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
        let n = values.clone().count() as f64;
        let mean = values.clone().sum::<f64>() / n;
        (mean, (values.map(|v| (v - mean) * (v - mean)).sum::<f64>() / n).sqrt())
    }

    #[test]
    fn mean_spread_and_tails_are_normal() {
        let mut f = flat(128);
        add(&mut f, 300, 7);
        let (mean, std) = moments(f.rgb.iter().map(|&v| f64::from(v) - 128.0));
        // Rounding down costs half a level.
        assert!((mean + 0.5).abs() < 0.1 && (std - 30.0).abs() < 0.1, "{mean} {std}");
        let beyond = |level: f64| {
            f.rgb.iter().filter(|&&v| (f64::from(v) + 0.5 - 128.0).abs() > level * 30.0).count() as f64
                / f.rgb.len() as f64
        };
        assert!((beyond(1.0) - 0.3173).abs() < 0.015, "{}", beyond(1.0));
        assert!((beyond(2.0) - 0.0455).abs() < 0.005, "{}", beyond(2.0));
    }

    #[test]
    fn neighbours_and_keys_are_unrelated() {
        let noise = |key| {
            let mut f = flat(128);
            add(&mut f, 300, key);
            f.rgb.iter().map(|&v| f64::from(v) - 127.5).collect::<Vec<f64>>()
        };
        let (a, b) = (noise(1), noise(2));
        let related = |x: &[f64], y: &[f64]| {
            x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>() / x.len().min(y.len()) as f64 / 900.0
        };
        for lag in [1, 2, 3, 4, 1536, 4096] {
            assert!(related(&a, &a[lag..]).abs() < 0.006, "lag {lag}: {}", related(&a, &a[lag..]));
        }
        assert!(related(&a, &b).abs() < 0.006, "{}", related(&a, &b));
    }

    #[test]
    fn the_bits_are_pinned() {
        let mut f = Frame { width: 4, height: 1, rgb: vec![128; 12] };
        add(&mut f, 500, 42);
        assert_eq!(f.rgb, [84, 104, 194, 159, 144, 144, 185, 114, 130, 123, 134, 144]);
    }
}
