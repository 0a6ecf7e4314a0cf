//! Which way up pictures stand: films of phones are stored lying and carry a matrix.

use scrubjay_core::frame::Frame;
use scrubjay_core::perturb::Perturbation;

/// How a decoded picture must be turned to stand upright.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Turn {
    /// Quarter turns clockwise, 0 to 3.
    pub quarters: u8,
    /// Whether left and right change places after that.
    pub mirrored: bool,
}

impl Turn {
    /// From the signs of a matrix's upper left (a, b, c, d); one that does more than turn by quarters and mirror is left
    /// alone.
    pub(super) fn of(matrix: [i64; 4]) -> Self {
        let [a, b, c, d] = matrix.map(i64::signum);
        let (quarters, mirrored) = match (a, b, c, d) {
            (0, 1, -1, 0) => (1, false),
            (-1, 0, 0, -1) => (2, false),
            (0, -1, 1, 0) => (3, false),
            (-1, 0, 0, 1) => (0, true),
            (0, 1, 1, 0) => (1, true),
            (1, 0, 0, -1) => (2, true),
            (0, -1, -1, 0) => (3, true),
            _ => (0, false),
        };
        Self { quarters, mirrored }
    }

    /// Width and height after the turn; the same function leads back.
    #[must_use]
    pub fn size(self, (width, height): (u32, u32)) -> (u32, u32) {
        if self.quarters.is_multiple_of(2) { (width, height) } else { (height, width) }
    }

    /// The picture, upright.
    #[must_use]
    pub fn apply(self, frame: Frame) -> Frame {
        let mut turned = match self.quarters {
            0 => frame,
            1 => frame.quarter_turn(),
            2 => frame.quarter_turn().quarter_turn(),
            _ => frame.quarter_turn_back(),
        };
        if self.mirrored {
            Perturbation::Mirror.apply(std::slice::from_mut(&mut turned));
        }
        turned
    }
}
