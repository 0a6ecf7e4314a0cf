//! F1 of intervals at four thresholds, as MUSEG evaluates grounding (public `eval_grounding.py`).
//!
//! The public script computes IoU in single precision; an IoU within 1e-7 of a threshold may fall on its other side.

use serde::Serialize;

use super::{Outcome, Report};
use crate::time::Interval;

/// The thresholds τ.
pub const THRESHOLDS: [f64; 4] = [0.1, 0.3, 0.5, 0.7];

/// F1 single at each τ (tvg): whether the first prediction meets the first true interval. No prediction earns 0,
/// and so does an item without a truth.
#[must_use]
pub fn single(prediction: &[Interval], truth: &[Interval]) -> [f64; 4] {
    let iou = first_iou(prediction, truth);
    let met = |tau: f64| !prediction.is_empty() && iou >= tau;
    THRESHOLDS.map(|tau| f64::from(u8::from(met(tau))))
}

/// The IoU of the first prediction and the first true interval, whose mean is MUSEG's mIoU; 0 where one is missing.
#[must_use]
pub fn first_iou(prediction: &[Interval], truth: &[Interval]) -> f64 {
    match (prediction.first(), truth.first()) {
        (Some(p), Some(t)) => p.iou(*t),
        _ => 0.0,
    }
}

/// F1 multi at each τ (tal): harmonic mean of the share of true intervals that some prediction meets and the share
/// of predictions that meet some true interval. Nobody is used up: one long prediction may meet several.
#[must_use]
pub fn multi(prediction: &[Interval], truth: &[Interval]) -> [f64; 4] {
    let best = |of: &[Interval], among: &[Interval]| -> Vec<f64> {
        of.iter().map(|a| among.iter().map(|b| a.iou(*b)).fold(0.0, f64::max)).collect()
    };
    let (recalled, precise) = (best(truth, prediction), best(prediction, truth));
    let share = |ious: &[f64], tau: f64| {
        let met = ious.iter().filter(|&&iou| iou >= tau).count();
        if ious.is_empty() { 0.0 } else { met as f64 / ious.len() as f64 }
    };
    THRESHOLDS.map(|tau| {
        let (r, p) = (share(&recalled, tau), share(&precise, tau));
        if r + p > 0.0 { 2.0 * p * r / (p + r) } else { 0.0 }
    })
}

/// F1 over items.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct F1 {
    /// The mean over the four τ: the headline.
    pub mean: Report,
    /// At each of [`THRESHOLDS`].
    pub at: [Report; 4],
}

/// Reports F1, single or multi, from the items' values at the four thresholds.
#[must_use]
pub fn report(outcomes: &[Outcome<[f64; 4]>]) -> F1 {
    let part = |measure: &dyn Fn(&[f64; 4]) -> f64| {
        Report::of(&outcomes.iter().map(|o| o.map(measure)).collect::<Vec<_>>())
    };
    F1 { mean: part(&|f| f.iter().sum::<f64>() / 4.0), at: std::array::from_fn(|k| part(&|f| f[k])) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::ParseFailure;
    use proptest::prelude::*;

    fn spans(list: &[(f64, f64)]) -> Vec<Interval> {
        list.iter().map(|&(start, end)| Interval { start, end }).collect()
    }

    #[test]
    fn single_looks_at_the_first_of_each() {
        let truth = spans(&[(2.0, 8.0), (10.0, 12.0)]);
        // 4 s shared of 8 s: an IoU of exactly 0.5 meets 0.5.
        assert_eq!(single(&spans(&[(4.0, 10.0), (2.0, 8.0)]), &truth), [1.0, 1.0, 1.0, 0.0]);
        assert_eq!(single(&[], &truth), [0.0; 4]);
        assert_eq!(single(&truth, &[]), [0.0; 4]);
    }

    #[test]
    fn multi_by_hand() {
        let truth = spans(&[(0.0, 10.0), (20.0, 30.0), (40.0, 50.0)]);
        // IoU 1, 0.4 (4 of 10) and, for the third prediction, 0.
        let said = spans(&[(0.0, 10.0), (20.0, 24.0), (60.0, 70.0)]);
        let third = 2.0 / 3.0;
        let one = 1.0 / 3.0;
        for (value, by_hand) in multi(&said, &truth).into_iter().zip([third, third, one, one]) {
            assert!((value - by_hand).abs() < 1e-12, "{value} {by_hand}");
        }
        // A prediction over everything meets two of the true ones at 0.1: recall 1, precision 1.
        let [low, high, ..] = multi(&spans(&[(0.0, 20.0)]), &spans(&[(0.0, 5.0), (15.0, 20.0)]));
        assert_eq!((low, high), (1.0, 0.0));
        // Recall 1/2, precision 1.
        let half = multi(&spans(&[(0.0, 10.0)]), &truth[..2]);
        assert!((half[3] - third).abs() < 1e-12);
        assert_eq!(multi(&[], &truth), [0.0; 4]);
        assert_eq!(multi(&[], &[]), [0.0; 4]);
    }

    #[test]
    fn the_headline_is_the_mean_over_thresholds() {
        let outcomes =
            [Outcome::new("a", 1, Ok([1.0, 1.0, 0.5, 0.0])), Outcome::new("b", 1, Err(ParseFailure::Tags))];
        let f1 = report(&outcomes);
        assert_eq!(f1.mean.zero.map(|e| e.mean), Some(0.3125));
        assert_eq!(f1.mean.dropped.map(|e| e.mean), Some(0.625));
        assert_eq!(f1.at.map(|r| r.zero.map_or(-1.0, |e| e.mean)), [0.5, 0.5, 0.25, 0.0]);
    }

    proptest! {
        #[test]
        fn f1_is_one_on_itself_symmetric_and_falls_with_the_threshold(
            a in prop::collection::vec((0.0..90.0, 0.1..20.0), 1..6),
            b in prop::collection::vec((0.0..90.0, 0.1..20.0), 1..6),
        ) {
            let of = |list: &[(f64, f64)]| spans(&list.iter().map(|&(s, l)| (s, s + l)).collect::<Vec<_>>());
            let (a, b) = (of(&a), of(&b));
            prop_assert_eq!(multi(&a, &a), [1.0; 4]);
            let (there, back) = (multi(&a, &b), multi(&b, &a));
            for k in 0..4 {
                prop_assert!((there[k] - back[k]).abs() < 1e-12);
                prop_assert!(k == 0 || there[k] <= there[k - 1]);
            }
        }
    }
}
