//! What the tests on a device share: a device or a word that there is none, and pictures.

use scrubjay_core::frame::Frame;
use scrubjay_core::rng::Stream;
use scrubjay_shaders::Options;
#[cfg(not(target_family = "wasm"))]
use scrubjay_shaders::{Gpu, block_on};

#[allow(dead_code, reason = "not every test has use for it")]
pub(crate) mod cases;

/// A device, software or not, told by name; `None` is told too.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn gpu(options: &Options) -> Option<Gpu> {
    match block_on(Gpu::open(options)) {
        Ok(gpu) => {
            eprintln!("on {}", gpu.name());
            Some(gpu)
        }
        Err(error) => {
            eprintln!("skipped: {error}");
            None
        }
    }
}

/// Any device will do for tests.
pub(crate) fn any() -> Options {
    Options { software: true, ..Options::default() }
}

/// A picture of coloured slopes with noise and hard edges, from a seed.
pub(crate) fn picture(width: u32, height: u32, seed: u64) -> Frame {
    let mut stream = Stream::keyed(seed, "shaders", "picture", 0);
    let [a, b, c] = [0; 3].map(|_| stream.bits() | 1);
    let mut state = stream.bits();
    let mut rgb = Vec::with_capacity(width as usize * height as usize * 3);
    for y in 0..height {
        for x in 0..width {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let edge = if (x / 13 + y / 7) % 5 == 0 { 255 } else { 0 };
            rgb.push(((x.wrapping_mul(a >> 20) ^ y) >> 3) as u8 ^ edge);
            rgb.push((y.wrapping_mul(b >> 22).wrapping_add(x) >> 2) as u8);
            rgb.push((state >> 24) as u8 & (c >> 24) as u8 ^ edge);
        }
    }
    Frame { width, height, rgb }
}

/// The sizes that pictures come in: the smallest, thin and odd ones, and drawn ones; 52 altogether.
#[allow(dead_code, reason = "not every test has use for it")]
pub(crate) fn sizes() -> Vec<(u32, u32)> {
    let mut sizes =
        vec![(1, 1), (1, 2), (2, 1), (3, 3), (4, 4), (5, 3), (1, 97), (131, 1), (64, 64), (127, 33)];
    let mut stream = Stream::keyed(1, "shaders", "sizes", 0);
    sizes.extend((0..42).map(|_| (stream.range(1, 150) as u32, stream.range(1, 120) as u32)));
    sizes
}

/// A picture of each size.
#[allow(dead_code, reason = "not every test has use for it")]
pub(crate) fn pictures() -> Vec<Frame> {
    sizes().into_iter().zip(0..).map(|((w, h), seed)| picture(w, h, seed)).collect()
}

/// Where two lists of pictures first differ.
pub(crate) fn difference(found: &[Frame], expected: &[Frame]) -> Option<String> {
    if found.len() != expected.len() {
        return Some(format!("{} pictures, {} expected", found.len(), expected.len()));
    }
    let (i, (a, b)) = found.iter().zip(expected).enumerate().find(|(_, (a, b))| a != b)?;
    if (a.width, a.height) != (b.width, b.height) {
        return Some(format!("picture {i}: {a:?}, {b:?} expected"));
    }
    let at = a.rgb.iter().zip(&b.rgb).position(|(a, b)| a != b).unwrap_or(a.rgb.len().min(b.rgb.len()));
    let (y, x) = (at / 3 / a.width as usize, at / 3 % a.width as usize);
    let wrong = a.rgb.iter().zip(&b.rgb).filter(|(a, b)| a != b).count();
    Some(format!("picture {i} ({b:?}): {wrong} bytes, first at x {x}, y {y}, channel {}", at % 3))
}
