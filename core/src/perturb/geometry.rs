//! Perturbations of place: where a pixel is shown.

use crate::frame::Frame;
use crate::resample::{Filter, resize};

/// Exchanges left and right.
pub(super) fn mirror(frame: &mut Frame) {
    let row = frame.width as usize * 3;
    for line in frame.rgb.chunks_exact_mut(row.max(1)) {
        reverse_pixels(line);
    }
}

/// Turns by half a turn.
pub(super) fn rotate180(frame: &mut Frame) {
    reverse_pixels(&mut frame.rgb);
}

fn reverse_pixels(rgb: &mut [u8]) {
    let pixels = rgb.len() / 3;
    for i in 0..pixels / 2 {
        let j = pixels - 1 - i;
        for c in 0..3 {
            rgb.swap(i * 3 + c, j * 3 + c);
        }
    }
}

/// Shrinks by `permille / 1000` with Lanczos and centres the result on black (VideoSSR's ZoomOut).
pub(super) fn zoom_out(frame: &mut Frame, permille: u32) {
    let shrink = |side: u32| (u64::from(side) * 1000 / u64::from(permille.max(1))).max(1) as u32;
    let small = resize(
        frame,
        shrink(frame.width).min(frame.width),
        shrink(frame.height).min(frame.height),
        Filter::Lanczos3,
    );
    let (left, top) = ((frame.width - small.width) / 2, (frame.height - small.height) / 2);
    let mut out = Frame::black(frame.width, frame.height);
    let (row, small_row) = (frame.width as usize * 3, small.width as usize * 3);
    for (y, line) in small.rgb.chunks_exact(small_row.max(1)).enumerate() {
        let at = (top as usize + y) * row + left as usize * 3;
        out.rgb[at..at + small_row].copy_from_slice(line);
    }
    *frame = out;
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    prop_compose! {
        fn picture()(w in 1_u32..24, h in 1_u32..24)(
            rgb in prop::collection::vec(any::<u8>(), (w * h * 3) as usize), w in Just(w), h in Just(h)) -> Frame {
            Frame { width: w, height: h, rgb }
        }
    }

    proptest! {
        #[test]
        fn mirror_and_rotation_undo_themselves(f in picture()) {
            let mut g = f.clone();
            mirror(&mut g);
            mirror(&mut g);
            prop_assert_eq!(&g, &f);
            rotate180(&mut g);
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

        #[test]
        fn zooming_out_keeps_the_size(f in picture(), permille in 1200_u32..=1400) {
            let mut g = f.clone();
            zoom_out(&mut g, permille);
            prop_assert_eq!((g.width, g.height, g.rgb.len()), (f.width, f.height, f.rgb.len()));
        }
    }

    #[test]
    fn zooming_out_leaves_a_black_border() {
        let mut f = Frame { width: 40, height: 30, rgb: vec![200; 40 * 30 * 3] };
        zoom_out(&mut f, 1400);
        assert_eq!(&f.rgb[..3], [0, 0, 0]);
        let centre = (15 * 40 + 20) * 3;
        assert_eq!(&f.rgb[centre..centre + 3], [200, 200, 200]);
    }
}
