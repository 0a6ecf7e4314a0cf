//! How the learning rate goes over a run.

use crate::named::named;

named! {
    /// How the learning rate goes after its warm-up.
    #[derive(Default)]
    pub enum Schedule, "schedule",
    /// An unknown schedule.
    UnknownSchedule {
        /// It stays.
        #[default]
        Constant = "constant",
        /// It falls to 0 in a straight line.
        Linear = "linear",
        /// It falls to 0 along half a cosine.
        Cosine = "cosine",
        /// It falls to a tenth along half a cosine (ours, for the toy's cold start).
        CosineToTenth = "cosine-to-tenth",
    }
}

impl Schedule {
    /// What the learning rate is multiplied with at a step (from 0) of a run of `steps`, in [0, 1].
    ///
    /// During the first `warmup` steps it rises in a straight line and reaches 1 at the last of them, so that no step is
    /// taken with a rate of 0. The schedule begins after them; beyond the last step it stays where it ended.
    #[must_use]
    pub fn factor(self, step: usize, steps: usize, warmup: usize) -> f64 {
        if step < warmup {
            return (step as f64 + 1.0) / warmup as f64;
        }
        let along = (step - warmup) as f64 / steps.saturating_sub(warmup).max(1) as f64;
        let left = 1.0 - along.min(1.0);
        let wave = (1.0 - libm::cos(left * std::f64::consts::PI)) / 2.0;
        match self {
            Self::Constant => 1.0,
            Self::Linear => left,
            Self::Cosine => wave,
            Self::CosineToTenth => 0.1 + 0.9 * wave,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_start_whole_and_end_as_named() {
        for schedule in Schedule::ALL {
            assert_eq!(schedule.factor(0, 10, 0), 1.0);
            assert_eq!([0, 1, 3].map(|s| schedule.factor(s, 10, 4)), [0.25, 0.5, 1.0]);
            assert_eq!(schedule.factor(4, 10, 4), 1.0, "the schedule begins after the warm-up");
            for (step, steps, warmup) in [(0, 0, 0), (5, 0, 9), (99, 10, 3), (usize::MAX, 1, 0)] {
                assert!((0.0..=1.0).contains(&schedule.factor(step, steps, warmup)), "{schedule}");
            }
        }
        assert_eq!(Schedule::Linear.factor(5, 10, 0), 0.5);
        assert!((Schedule::Cosine.factor(5, 10, 0) - 0.5).abs() < 1e-12);
        assert!((Schedule::CosineToTenth.factor(5, 10, 0) - 0.55).abs() < 1e-12);
        let ends = Schedule::ALL.map(|s| s.factor(10, 10, 0));
        assert_eq!(ends, [1.0, 0.0, 0.0, 0.1]);
    }
}
