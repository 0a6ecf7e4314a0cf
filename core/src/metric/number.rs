//! Answers that are one number: mean relative accuracy, as VSI-Bench is scored in Video-R1 and VideoReasoner.

/// Mean relative accuracy, in `[0, 1]` by tenths: over the ten θ from 0.50 to 0.95, how often
/// `|ŷ − y| / |y| < 1 − θ`.
///
/// Compared as `20·|ŷ − y| < k·|y|` with whole `k`, so that an error of exactly 5 % falls on the same side
/// everywhere. A true 0 is met only by 0, and what is not finite by nothing.
#[must_use]
pub fn relative_accuracy(said: f64, truth: f64) -> f64 {
    if !said.is_finite() || !truth.is_finite() {
        return 0.0;
    }
    if said == truth {
        return 1.0;
    }
    let error = 20.0 * (said - truth).abs();
    let met = (1..=10).filter(|&k| error < f64::from(k) * truth.abs()).count();
    met as f64 / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_threshold_is_strict() {
        for (said, truth, value) in [
            (10.0, 10.0, 1.0),
            (10.4, 10.0, 1.0),
            (10.5, 10.0, 0.9),
            (9.5, 10.0, 0.9),
            (9.0, 10.0, 0.8),
            (8.9, 10.0, 0.8),
            (14.9, 10.0, 0.1),
            (15.0, 10.0, 0.0),
            (-10.0, 10.0, 0.0),
            (-9.5, -10.0, 0.9),
            (0.0, 0.0, 1.0),
            (1e-9, 0.0, 0.0),
            (f64::NAN, 1.0, 0.0),
            (1e308, 1e-308, 0.0),
        ] {
            assert_eq!(relative_accuracy(said, truth), value, "{said} for {truth}");
        }
    }

    proptest! {
        #[test]
        fn further_off_never_earns_more(truth in 0.1..1e6, near in 0.0..2.0, more in 0.0..2.0) {
            let at = |off: f64| relative_accuracy(truth * (1.0 + off), truth);
            prop_assert!(at(near) >= at(near + more));
            prop_assert!((0.0..=1.0).contains(&at(near)));
        }
    }
}
