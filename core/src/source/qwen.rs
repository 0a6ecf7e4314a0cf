//! How Qwen3-VL's own processor, and `qwen-vl-utils` before it, choose frames and picture sizes (methods, appendix A).
//!
//! Both are reproduced to the number, since a model is asked on what these rules chose. They differ in rounding: the
//! processor cuts the number of frames down before it is held within its bounds, the utilities make it even.

use crate::named::named;

named! {
    /// Whose rule.
    pub enum Rule, "rule",
    /// An unknown rule.
    UnknownRule {
        /// The processor that comes with the model.
        Processor = "qwen-processor",
        /// The utilities that training code calls before the processor.
        Utils = "qwen-vl-utils",
    }
}

/// Picture sides are multiples of this in the published models: the patch (16) times the merge (2).
pub const FACTOR: u32 = 32;
/// Largest ratio of two sides.
const ASPECT: f64 = 200.0;
/// Frames that make one token in time.
const PAIR: f64 = 2.0;

/// `count` frames of `total` from the first to the last: `round(linspace(0, total - 1, count))`, halves to even.
#[must_use]
pub fn evenly(total: u32, count: u32) -> Vec<u32> {
    let last = f64::from(total.saturating_sub(1));
    let step = last / f64::from(count.saturating_sub(1).max(1));
    let at = |i: u32| if i > 0 && i + 1 == count { last } else { f64::from(i) * step };
    (0..count).map(|i| at(i).round_ties_even() as u32).collect()
}

/// The processor's frames: `int(total / fps * rate)` of them, at least `fewest`, at most `most` and at most all.
#[must_use]
pub fn processor(total: u32, fps: f64, rate: f64, fewest: u32, most: u32) -> Vec<u32> {
    let wanted = (f64::from(total) / fps * rate) as u32;
    evenly(total, wanted.max(fewest).min(most).min(total))
}

/// The utilities' frames: `total / fps * rate` of them within bounds made even, at most all, and an even number. None
/// for a source of fewer than two frames.
#[must_use]
pub fn utils(total: u32, fps: f64, rate: f64, fewest: u32, most: u32) -> Option<Vec<u32>> {
    let up = |n: u32| (f64::from(n) / PAIR).ceil() * PAIR;
    let down = |n: f64| (n / PAIR).floor() * PAIR;
    let wanted = f64::from(total) / fps * rate;
    let held = wanted.max(up(fewest)).min(down(f64::from(most))).min(f64::from(total));
    utils_count(total, down(held) as u32)
}

/// The utilities' frames where their number is given: rounded to an even number, which must not be more than all.
#[must_use]
pub fn utils_number(total: u32, frames: u32) -> Option<Vec<u32>> {
    utils_count(total, ((f64::from(frames) / PAIR).round_ties_even() * PAIR) as u32)
}

fn utils_count(total: u32, count: u32) -> Option<Vec<u32>> {
    (2..=total).contains(&count).then(|| evenly_single(total, count))
}

/// As [`evenly`], in the single precision in which the utilities compute, and from both ends towards the middle.
fn evenly_single(total: u32, count: u32) -> Vec<u32> {
    let last = (total - 1) as f32;
    let step = last / (count - 1) as f32;
    let at = |i: u32| if i < count / 2 { step * i as f32 } else { last - step * (count - 1 - i) as f32 };
    (0..count).map(|i| at(i).round_ties_even() as u32).collect()
}

/// The times that the processor writes before each pair of frames, in seconds: the mean of its first and last; an odd
/// last frame stands for two.
#[must_use]
pub fn stamps(times: &[f64]) -> Vec<f64> {
    times.chunks(2).map(|pair| (pair[0] + pair[pair.len() - 1]) / 2.0).collect()
}

/// A picture's size by the processor: sides to the nearest multiple of `factor`, the area within bounds. A side of less than half a
/// `factor` rounds to nothing, and so falls below the least area, from which both sides grow together.
///
/// None where one side is more than 200 times the other, and where that leaves no picture.
#[must_use]
pub fn image_size(
    height: u32,
    width: u32,
    factor: u32,
    min_pixels: u32,
    max_pixels: u32,
) -> Option<(u32, u32)> {
    fit((height, width), (factor, 0.0), [1.0, 1.0], f64::from(min_pixels), f64::from(max_pixels))
}

/// The same by the utilities' rule, by which no side rounds to nothing.
#[must_use]
pub fn area_size(height: u32, width: u32, min_pixels: u32, max_pixels: u32) -> Option<(u32, u32)> {
    fit((height, width), (FACTOR, 1.0), [1.0, 1.0], f64::from(min_pixels), f64::from(max_pixels))
}

/// The size of a clip's pictures, the budget being of the whole clip: width times height times frames.
///
/// None for fewer than two frames, and where one side is more than 200 times the other.
#[must_use]
pub fn clip_size(
    frames: u32,
    height: u32,
    width: u32,
    factor: u32,
    min_pixels: u32,
    max_pixels: u32,
) -> Option<(u32, u32)> {
    if frames < 2 || height == 0 || width == 0 {
        return None;
    }
    // A side below the factor: the clip is first enlarged until it is met.
    let (small, least) = (f64::from(height.min(width)), f64::from(factor));
    let grown = |side: u32| if small < least { (f64::from(side) * (least / small)) as u32 } else { side };
    let n = f64::from(frames);
    let pairs = (n / PAIR).round_ties_even() * PAIR;
    let size = (grown(height), grown(width));
    fit(size, (factor, 0.0), [pairs, n], f64::from(min_pixels), f64::from(max_pixels))
}

/// Most pixels of a clip of `frames` frames where the processor also bounds each picture (`cap_pixels_per_frame`).
#[must_use]
pub fn capped(frames: u32, min_pixels: u32, max_pixels: u32) -> u32 {
    let each = (768 * 1024).min(max_pixels / frames.max(1)).max((f64::from(min_pixels) * 1.05) as u32);
    each.saturating_mul(frames)
}

/// The size of a clip's pictures by the utilities: each picture within bounds, of which the upper one falls so that
/// the clip keeps to `total_pixels`.
#[must_use]
pub fn utils_size(
    frames: u32,
    height: u32,
    width: u32,
    min_pixels: u32,
    max_pixels: u32,
    total_pixels: u64,
) -> Option<(u32, u32)> {
    let share = total_pixels as f64 / f64::from(frames.max(1)) * PAIR;
    let least = f64::from((f64::from(min_pixels) * 1.05) as u32);
    let most = f64::from(max_pixels).min(share).max(least);
    fit((height, width), (FACTOR, 1.0), [1.0, 1.0], f64::from(min_pixels), most)
}

/// `smart_resize`: sides become multiples of a factor, at first of at least so many. The number of frames counts once as it is tested
/// and once as it is divided by.
fn fit(
    (height, width): (u32, u32),
    (factor, least): (u32, f64),
    [tested, divided]: [f64; 2],
    min: f64,
    max: f64,
) -> Option<(u32, u32)> {
    let (h, w, factor) = (f64::from(height), f64::from(width), f64::from(factor.max(1)));
    if height == 0 || width == 0 || h.max(w) / h.min(w) > ASPECT {
        return None;
    }
    let side = |x: f64| (x / factor).round_ties_even().max(least) * factor;
    let (mut a, mut b) = (side(h), side(w));
    if tested * a * b > max {
        let shrink = (divided * h * w / max).sqrt();
        let down = |x: f64| ((x / shrink / factor).floor() * factor).max(factor);
        (a, b) = (down(h), down(w));
    } else if tested * a * b < min {
        let grow = (min / (divided * h * w)).sqrt();
        let up = |x: f64| (x * grow / factor).ceil() * factor;
        (a, b) = (up(h), up(w));
    }
    (a > 0.0 && b > 0.0).then_some((a as u32, b as u32))
}
