//! The soft penalty for answers that come near the longest allowed (DAPO, "soft overlong punishment"; methods §7).

use serde::{Deserialize, Serialize};

/// From where on, and how much.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overlong {
    /// Length in tokens up to which nothing is taken away.
    pub start: usize,
    /// What the longest answer loses.
    pub weight: f64,
}

impl Overlong {
    /// What is added to the reward of an answer of `tokens` where at most `longest` are generated: 0 up to the start,
    /// then falling in a straight line to minus the weight at the longest, and no lower.
    #[must_use]
    pub fn penalty(&self, tokens: usize, longest: usize) -> f64 {
        if tokens <= self.start {
            return 0.0;
        }
        let over = (tokens - self.start) as f64 / longest.saturating_sub(self.start).max(1) as f64;
        -self.weight * over.min(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_penalty_grows_in_a_line_and_is_bounded() {
        let how = Overlong { start: 16, weight: 0.5 };
        assert_eq!([0, 16, 18, 20, 99].map(|n| how.penalty(n, 20)), [0.0, 0.0, -0.25, -0.5, -0.5]);
        assert_eq!(Overlong { start: 20, weight: 1.0 }.penalty(21, 20), -1.0);
    }
}
