//! Perturbations of colour: each pixel by itself.

use crate::frame::Frame;

/// Exchanges red and blue.
pub(super) fn swap_red_blue(frame: &mut Frame) {
    for pixel in frame.rgb.chunks_exact_mut(3) {
        pixel.swap(0, 2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twice_is_nothing() {
        let mut f = Frame { width: 2, height: 1, rgb: vec![1, 2, 3, 4, 5, 6] };
        swap_red_blue(&mut f);
        assert_eq!(f.rgb, [3, 2, 1, 6, 5, 4]);
        swap_red_blue(&mut f);
        assert_eq!(f.rgb, [1, 2, 3, 4, 5, 6]);
    }
}
