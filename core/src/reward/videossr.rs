//! VideoSSR's rewards (main paper, eq. 4–8; public `reward_score/*.py`), each in `[0, 1]`.

use super::Score;
use crate::answer::ParseFailure;
use crate::answer::python::{digit_runs, strip};
use crate::answer::{interval, order};
use crate::time::Interval;

/// Anomaly grounding: the IoU of the answered and the true interval; 0 for an answer that cannot be read.
#[must_use]
pub fn grounding(answer: &str, truth: Interval) -> Score {
    Score::single("iou", interval::parse(answer).map(|i| (i.iou(truth), [i.start, i.end])))
}

/// Temporal jigsaw: one minus Spearman's footrule over its maximum `⌊n²/2⌋`; 0 for anything that is not a
/// rearrangement of the truth.
#[must_use]
pub fn jigsaw(answer: &str, truth: &str) -> Score {
    let truth = strip(truth);
    Score::single("order", order::parse(answer, truth).map(|a| (footrule(&a, truth), a)))
}

/// Object counting: the mean over the three shapes of `max(0, 1 − |ŷ − y| / y)`, all digit runs of the answer being
/// taken as its numbers; 0 unless there are as many as in the truth.
#[must_use]
pub fn counting(answer: &str, truth: &[f64]) -> Score {
    let numbers: Vec<f64> = digit_runs(answer).iter().filter_map(|run| run.parse().ok()).collect();
    let value = if numbers.len() == truth.len() && !truth.is_empty() {
        let part = |(said, y): (&f64, &f64)| {
            if said == y { 1.0 } else { (1.0 - (said - y).abs() / (y.abs() + 1e-9)).max(0.0) }
        };
        let mean = numbers.iter().zip(truth).map(part).sum::<f64>() / truth.len() as f64;
        Ok((mean, numbers))
    } else if numbers.is_empty() {
        Err(ParseFailure::Form)
    } else {
        Err(ParseFailure::Count)
    };
    Score::single("counts", value)
}

fn footrule(answer: &str, truth: &str) -> f64 {
    let a: Vec<char> = answer.chars().collect();
    let t: Vec<char> = truth.chars().collect();
    // As in Python's `str.index`: a repeated character stands at its first place.
    let place = |of: &[char], c: char| of.iter().position(|&x| x == c).unwrap_or(0);
    let worst = t.len() * t.len() / 2;
    if worst == 0 {
        return 1.0;
    }
    let error: usize = t.iter().map(|&c| place(&a, c).abs_diff(place(&t, c))).sum();
    (1.0 - error as f64 / worst as f64).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn scores_stay_in_range_whatever_is_said(text in any::<String>()) {
            let truth = Interval { start: 14.5, end: 26.2 };
            for score in [grounding(&text, truth), jigsaw(&text, "341562"), counting(&text, &[3.0, 1.0, 4.0])] {
                prop_assert!((0.0..=1.0).contains(&score.total));
            }
        }
    }

    #[test]
    fn a_megabyte_is_no_answer() {
        let text = "1".repeat(1 << 20);
        assert_eq!(jigsaw(&text, "123456").total, 0.0);
        assert_eq!(grounding(&text, Interval { start: 1.0, end: 2.0 }).total, 0.0);
    }
}
