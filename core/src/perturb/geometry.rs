//! Perturbations of place: where a pixel is shown.

use pulp::{Arch, NullaryFnOnce};

use super::work::Rect;
use crate::frame::Frame;
use crate::resample::{Filter, Place, Resizer};

/// Exchanges left and right.
pub(super) fn mirror(frame: &mut Frame) {
    let line = frame.width as usize * 3;
    Arch::new().dispatch(Reverse { rgb: &mut frame.rgb, line });
}

/// Turns by half a turn: the pixels from the last to the first.
pub(super) fn rotate180(frame: &mut Frame) {
    let line = frame.rgb.len();
    Arch::new().dispatch(Reverse { rgb: &mut frame.rgb, line });
}

/// Reverses the pixels of each line.
struct Reverse<'a> {
    rgb: &'a mut [u8],
    /// Bytes.
    line: usize,
}

/// Bytes that are exchanged at once: with their copy they stay in the nearest cache.
const PART: usize = 64 * BLOCK;

/// Whole pixels and whole registers: reversing so many becomes shuffles, which other numbers mostly do not.
const BLOCK: usize = 96;

impl NullaryFnOnce for Reverse<'_> {
    type Output = ();

    /// Exchanges parts from both ends.
    #[inline(always)]
    fn call(self) {
        let mut copy = [0; PART];
        let half = self.line / 6 * 3;
        for line in self.rgb.chunks_exact_mut(self.line.max(1)) {
            let (left, rest) = line.split_at_mut(half);
            let (_, right) = rest.split_at_mut(rest.len() - half);
            for (left, right) in left.chunks_mut(PART).zip(right.rchunks_mut(PART)) {
                let copy = &mut copy[..left.len()];
                copy.copy_from_slice(left);
                reverse(right, left);
                reverse(copy, right);
            }
        }
    }
}

#[inline(always)]
fn reverse(source: &[u8], target: &mut [u8]) {
    let (last, source) = source.as_rchunks::<BLOCK>();
    let (target, rest) = target.as_chunks_mut::<BLOCK>();
    for (to, from) in target.iter_mut().zip(source.iter().rev()) {
        let copy = *from;
        for (to, from) in to.as_chunks_mut::<3>().0.iter_mut().zip(copy.as_chunks::<3>().0.iter().rev()) {
            *to = [from[0], from[1], from[2]];
        }
    }
    for (to, from) in rest.as_chunks_mut::<3>().0.iter_mut().zip(last.as_chunks::<3>().0.iter().rev()) {
        *to = *from;
    }
}

/// A zoom or a fit at one strength for pictures of one size: the weights are computed once for all frames of a
/// segment.
#[derive(Debug)]
pub(super) struct Zoom {
    size: (u32, u32),
    /// What is read.
    from: Place,
    /// What is written; the rest becomes black.
    to: Place,
    inside: (u32, u32),
    resizer: Resizer,
}

/// A side divided by a factor, in double precision as Python does.
fn shrink(side: u32, factor: f64) -> f64 {
    f64::from(side) / factor.max(1.0)
}

/// The middle of a picture that a factor (at least 1) enlarges to fill it. Its edges are rounded to whole pixels, ties
/// to even, as Pillow's `crop` does.
pub(super) fn middle((width, height): (u32, u32), factor: f64) -> Rect {
    let edges = |side: u32| {
        let inner = shrink(side, factor);
        let low = ((f64::from(side) - inner) / 2.0).round_ties_even() as u32;
        let high = ((f64::from(side) + inner) / 2.0).round_ties_even() as u32;
        let low = low.min(side.saturating_sub(1));
        (low, high.clamp(low + 1, side.max(low + 1)) - low)
    };
    let ((left, width), (top, height)) = (edges(width), edges(height));
    Rect { left, top, width, height }
}

/// Where a picture lies that a factor (at least 1) shrinks, rounded down to whole pixels.
pub(super) fn shrunk((width, height): (u32, u32), factor: f64) -> Rect {
    let inside = (shrink(width, factor).max(1.0) as u32, shrink(height, factor).max(1.0) as u32);
    Rect::centred((width, height), inside)
}

/// Where a picture lies that was turned by a quarter: all of it where it is square, else as large as fits.
pub(super) fn boxed((width, height): (u32, u32)) -> Rect {
    // A turned picture of w × h is h × w: it fits at w / h or h / w of its size, whichever is smaller than 1.
    let fit = |side: u32| {
        (u64::from(side) * u64::from(width.min(height)) / u64::from(width.max(height).max(1))).max(1) as u32
    };
    Rect::centred((width, height), (fit(height), fit(width)))
}

impl Zoom {
    /// Enlarges the middle by a factor (at least 1).
    pub(super) fn into((width, height): (u32, u32), factor: f64) -> Self {
        let from = middle((width, height), factor);
        Self {
            size: (width, height),
            from: Place::of(width, from.left, from.top),
            to: Place::of(width, 0, 0),
            inside: (width, height),
            resizer: Resizer::new((from.width, from.height), (width, height), Filter::Lanczos3),
        }
    }

    /// Shrinks by a factor (at least 1) onto the middle of black.
    pub(super) fn out((width, height): (u32, u32), factor: f64) -> Self {
        let to = shrunk((width, height), factor);
        Self {
            size: (width, height),
            from: Place::of(width, 0, 0),
            to: Place::of(width, to.left, to.top),
            inside: (to.width, to.height),
            resizer: Resizer::new((width, height), (to.width, to.height), Filter::Lanczos3),
        }
    }

    /// Zooms a picture of the size that this was made for.
    pub(super) fn apply(&mut self, frame: &mut Frame) {
        self.resizer.read(&frame.rgb, self.from);
        if self.inside != self.size {
            frame.rgb.fill(0);
        }
        self.resizer.write(&mut frame.rgb, self.to);
    }
}

/// Turns clockwise by a quarter, or by three, shrinks what it gives to fit the picture's size, and centres it on
/// black.
pub(super) fn letter_box(frame: &mut Frame, quarters: u32) {
    let turned = turn(frame, quarters);
    let (width, height) = (frame.width, frame.height);
    if width == height {
        *frame = turned;
        return;
    }
    let to = boxed((width, height));
    let mut resizer = Resizer::new((turned.width, turned.height), (to.width, to.height), Filter::Lanczos3);
    resizer.read(&turned.rgb, Place::of(turned.width, 0, 0));
    frame.rgb.fill(0);
    resizer.write(&mut frame.rgb, Place::of(width, to.left, to.top));
}

/// The picture turned clockwise by one quarter or by three, at the size that gives.
pub(super) fn turn(frame: &Frame, quarters: u32) -> Frame {
    if quarters == 3 { frame.quarter_turn_back() } else { frame.quarter_turn() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    prop_compose! {
        fn picture()(w in 1_u32..50, h in 1_u32..24)(
            rgb in prop::collection::vec(any::<u8>(), (w * h * 3) as usize), w in Just(w), h in Just(h)) -> Frame {
            Frame { width: w, height: h, rgb }
        }
    }

    proptest! {
        #[test]
        fn pixels_are_reversed_in_rows_or_altogether(width in 1_usize..400, height in 1_usize..4) {
            let pixels: Vec<[u8; 3]> = (0..width * height).map(|i| [i as u8, (i >> 8) as u8, 7]).collect();
            let f = Frame { width: width as u32, height: height as u32, rgb: pixels.as_flattened().to_vec() };
            let (mut mirrored, mut turned) = (f.clone(), f);
            mirror(&mut mirrored);
            rotate180(&mut turned);
            let rows: Vec<u8> = pixels.chunks(width).flat_map(|row| row.iter().rev().flatten().copied()).collect();
            let all: Vec<u8> = pixels.iter().rev().flatten().copied().collect();
            prop_assert!(mirrored.rgb == rows);
            prop_assert!(turned.rgb == all);
        }

        #[test]
        fn mirror_and_rotation_undo_themselves(f in picture()) {
            let mut g = f.clone();
            mirror(&mut g);
            mirror(&mut g);
            prop_assert_eq!(&g, &f);
            rotate180(&mut g);
            prop_assert_eq!(&g, &f.quarter_turn().quarter_turn());
            prop_assert_eq!(&turn(&g, 3), &f.quarter_turn());
            rotate180(&mut g);
            prop_assert_eq!(&g, &f);
        }

        #[test]
        fn rotation_is_mirror_of_the_rows_reversed(f in picture()) {
            let mut a = f.clone();
            rotate180(&mut a);
            let mut b = f.clone();
            mirror(&mut b);
            let row = f.width as usize * 3;
            let flipped: Vec<u8> = b.rgb.chunks_exact(row).rev().flatten().copied().collect();
            prop_assert_eq!(a.rgb, flipped);
        }
    }

    #[test]
    fn zooming_out_leaves_a_black_border() {
        let mut f = Frame { width: 40, height: 30, rgb: vec![200; 40 * 30 * 3] };
        Zoom::out((40, 30), 1.4).apply(&mut f);
        assert_eq!(&f.rgb[..3], [0, 0, 0]);
        let centre = (15 * 40 + 20) * 3;
        assert_eq!(&f.rgb[centre..centre + 3], [200, 200, 200]);
    }

    #[test]
    fn a_quarter_turn_is_boxed_in_the_middle() {
        let mut f = Frame { width: 40, height: 20, rgb: vec![90; 40 * 20 * 3] };
        letter_box(&mut f, 1);
        let at = |x: usize, y: usize| f.rgb[(y * 40 + x) * 3];
        assert_eq!([at(14, 10), at(15, 0), at(24, 19), at(25, 10)], [0, 90, 90, 0]);
    }
}
