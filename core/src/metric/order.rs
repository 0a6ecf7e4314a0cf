//! Answers that are an order: jigsaws and masked segments (MVP).
//!
//! MVP's paper publishes no metric; selection, position, order and the share of valid answers, by the numbers of
//! masked frames and distractors, are ours.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Estimate, Outcome, Report, Tally, mean};
use crate::answer::ParseFailure;
use crate::answer::tags::{integers, only};

/// Share of places that hold what they should (Visual Jigsaw's position accuracy), in `[0, 1]`; places that only
/// one of the two has are wrong. 1 when both are empty.
#[must_use]
pub fn position_accuracy<T: PartialEq>(said: &[T], truth: &[T]) -> f64 {
    let n = said.len().max(truth.len());
    let right = said.iter().zip(truth).filter(|(s, t)| s == t).count();
    if n == 0 { 1.0 } else { right as f64 / n as f64 }
}

/// Kendall's τ in `[-1, 1]` between the order said and the true one, over the elements that both have: pairs in the
/// right order less pairs in the wrong one, over all pairs. Over a permutation that is all elements; over a
/// selection, those selected correctly.
///
/// `None` with fewer than two such elements, or when one is said twice. Takes time in proportion to the product of
/// the lengths.
#[must_use]
pub fn kendall<T: PartialEq>(said: &[T], truth: &[T]) -> Option<f64> {
    let places: Vec<usize> = said.iter().filter_map(|s| truth.iter().position(|t| t == s)).collect();
    let (mut balance, mut pairs) = (0_i64, 0_i64);
    for (i, a) in places.iter().enumerate() {
        for b in &places[i + 1..] {
            match a.cmp(b) {
                std::cmp::Ordering::Less => balance += 1,
                std::cmp::Ordering::Greater => balance -= 1,
                std::cmp::Ordering::Equal => return None,
            }
            pairs += 1;
        }
    }
    (pairs > 0).then(|| balance as f64 / pairs as f64)
}

/// How good one readable answer to a masked segment is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Masked {
    /// 1 for the right frames in the right order, else 0.
    pub exact: f64,
    /// Share of the masked frames that were chosen, in whatever order.
    pub selection: f64,
    /// Share of the places with the right frame.
    pub position: f64,
    /// [`kendall`] over the frames chosen correctly; `None` with fewer than two.
    pub tau: Option<f64>,
}

/// Scores an answer to a masked segment: the labels (from 1) of `truth.len()` different frames among
/// `truth.len() + distractors` candidates, comma separated, in the one `<answer>`.
///
/// # Errors
/// [`ParseFailure::Tags`], [`ParseFailure::Form`], [`ParseFailure::Count`] for another number of labels,
/// [`ParseFailure::NotAPermutation`] for a label that is no candidate's or is said twice.
pub fn masked(text: &str, truth: &[u32], distractors: u32) -> Result<Masked, ParseFailure> {
    let said = integers(only(text, "<answer>", "</answer>")?)?;
    if said.len() != truth.len() {
        return Err(ParseFailure::Count);
    }
    let candidates = truth.len() as u64 + u64::from(distractors);
    let twice = |i: usize, label: &u32| said[..i].contains(label);
    if said.iter().enumerate().any(|(i, l)| *l == 0 || u64::from(*l) > candidates || twice(i, l)) {
        return Err(ParseFailure::NotAPermutation);
    }
    let chosen = said.iter().filter(|l| truth.contains(l)).count();
    Ok(Masked {
        exact: f64::from(u8::from(said == truth)),
        selection: chosen as f64 / truth.len().max(1) as f64,
        position: position_accuracy(&said, truth),
        tau: kendall(&said, truth),
    })
}

/// An item's difficulty: frames masked, distractors among the candidates.
pub type Shape = (u32, u32);

/// Masked segments of one difficulty.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MaskedReport {
    /// Frames masked (m).
    pub masked: u32,
    /// Distractors (l).
    pub distractors: u32,
    /// Share of valid answers, with its interval.
    pub valid: Option<Estimate>,
    /// The whole answer right.
    pub exact: Report,
    /// Frames chosen.
    pub selection: Report,
    /// Places right.
    pub position: Report,
    /// Mean τ over the answers that have one, which its `n` counts: an answer without order has no τ, not a τ of 0.
    pub tau: Option<Estimate>,
    /// What to quote beside them.
    pub tally: Tally,
}

/// Reports masked segments by difficulty, easiest first.
#[must_use]
pub fn by_shape(outcomes: &[(Shape, Outcome<Masked>)]) -> Vec<MaskedReport> {
    let mut groups: BTreeMap<Shape, Vec<Outcome<Masked>>> = BTreeMap::new();
    for (shape, outcome) in outcomes {
        groups.entry(*shape).or_default().push(outcome.clone());
    }
    groups.into_iter().map(|(shape, group)| of_shape(shape, &group)).collect()
}

fn of_shape((masked, distractors): Shape, group: &[Outcome<Masked>]) -> MaskedReport {
    let part =
        |measure: fn(&Masked) -> f64| -> Vec<Outcome> { group.iter().map(|o| o.map(measure)).collect() };
    let ordered = |o: &Outcome<Masked>| {
        let tau = o.value.ok()?.tau?;
        Some(o.map(|_| tau))
    };
    let taus: Vec<Outcome> = group.iter().filter_map(ordered).collect();
    MaskedReport {
        masked,
        distractors,
        valid: mean(&part(|_| 1.0), super::Failures::Zero),
        exact: Report::of(&part(|m| m.exact)),
        selection: Report::of(&part(|m| m.selection)),
        position: Report::of(&part(|m| m.position)),
        tau: mean(&taus, super::Failures::Zero),
        tally: Tally::of(group),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tau_by_hand() {
        assert_eq!(kendall(&[1, 2, 3, 4], &[1, 2, 3, 4]), Some(1.0));
        assert_eq!(kendall(&[4, 3, 2, 1], &[1, 2, 3, 4]), Some(-1.0));
        // One neighbouring swap of four: 5 pairs right, 1 wrong.
        assert_eq!(kendall(&[2, 1, 3, 4], &[1, 2, 3, 4]), Some(4.0 / 6.0));
        // Of the selection 7, 3, 9 only 7 and 3 are true, and 3 comes first.
        assert_eq!(kendall(&[7, 9, 3], &[3, 5, 7]), Some(-1.0));
        assert_eq!(kendall(&[7, 9], &[7, 5]), None);
        assert_eq!(kendall(&[7, 7], &[7, 5]), None);
        let chars: Vec<char> = "431562".chars().collect();
        assert_eq!(position_accuracy(&chars, &['3', '4', '1', '5', '6', '2']), 4.0 / 6.0);
    }

    #[test]
    fn masked_segments_by_hand() {
        let said = |body: &str| masked(&format!("<think>1</think><answer>{body}</answer>"), &[3, 1, 8, 5], 4);
        let m = said("3, 1, 8, 5").expect("valid");
        assert_eq!((m.exact, m.selection, m.position, m.tau), (1.0, 1.0, 1.0, Some(1.0)));
        // 3 in its place, 8 and 1 chosen but swapped, 2 a distractor: 2 pairs right, 1 wrong.
        let m = said("3,8,1,2").expect("valid");
        assert_eq!((m.exact, m.selection, m.position, m.tau), (0.0, 0.75, 0.25, Some(1.0 / 3.0)));
        let m = said("2,4,6,7").expect("valid");
        assert_eq!((m.selection, m.position, m.tau), (0.0, 0.0, None));
        use ParseFailure::{Count, Form, NotAPermutation};
        for (body, failure) in
            [("3,1,8", Count), ("3,1,8,8", NotAPermutation), ("3,1,8,9", NotAPermutation), ("3 1 8 5", Form)]
        {
            assert_eq!(said(body), Err(failure), "{body}");
        }
        assert_eq!(said("0,1,2,3"), Err(NotAPermutation));
        assert_eq!(masked("3,1,8,5", &[3, 1, 8, 5], 4), Err(ParseFailure::Tags));
    }

    /// Half the frames and an eighth of the places are right by guessing, with four masked and four distractors.
    #[test]
    fn guessing_earns_what_it_should() {
        let mut stream = crate::rng::Stream::keyed(1, "masked", "", 0);
        let mut draw =
            || -> Vec<u32> { stream.permutation(8)[..4].iter().map(|&p| u32::from(p) + 1).collect() };
        let guesses: Vec<(Shape, Outcome<Masked>)> = (0..4_000)
            .map(|i| {
                let (truth, said) = (draw(), draw());
                let said: Vec<String> = said.iter().map(u32::to_string).collect();
                let text = format!("<answer>{}</answer>", said.join(","));
                ((4, 4), Outcome::new(i.to_string(), 1, masked(&text, &truth, 4)))
            })
            .collect();
        let report = by_shape(&guesses);
        let value = |e: Option<Estimate>| e.expect("answers").mean;
        assert!((value(report[0].selection.zero) - 0.5).abs() < 0.02);
        assert!((value(report[0].position.zero) - 0.125).abs() < 0.02);
        assert!(value(report[0].tau).abs() < 0.07);
    }

    #[test]
    fn difficulties_are_kept_apart() {
        let text = |body: &str| format!("<answer>{body}</answer>");
        let outcome = |body: &str, truth: &[u32]| Outcome::new(body, 2, masked(&text(body), truth, 2));
        let reports = by_shape(&[
            ((3, 2), outcome("1,2,3", &[1, 2, 3])),
            ((2, 2), outcome("1,3", &[1, 2])),
            ((3, 2), outcome("1,2", &[1, 2, 3])),
            ((3, 2), outcome("2,1,4", &[1, 2, 3])),
        ]);
        let [two, three] = &reports[..] else { panic!("{reports:?}") };
        assert_eq!((two.masked, two.tally.n, two.tau), (2, 1, None));
        assert_eq!((three.masked, three.tally.n, three.tally.failed), (3, 3, 1));
        let means =
            [three.valid, three.exact.zero, three.exact.dropped, three.tau].map(|e| e.expect("some").mean);
        assert_eq!(means, [2.0 / 3.0, 1.0 / 3.0, 0.5, 0.0]);
        assert_eq!(three.tau.map(|e| e.n), Some(2));
    }

    proptest! {
        #[test]
        fn reversing_turns_tau_round(seed: u64, n in 2_usize..9) {
            let mut stream = crate::rng::Stream::keyed(seed, "tau", "", 0);
            let (mut said, truth) = (stream.permutation(n), stream.permutation(n));
            let tau = kendall(&said, &truth).expect("a permutation");
            said.reverse();
            prop_assert_eq!(kendall(&said, &truth), Some(-tau));
        }

        #[test]
        fn masked_never_panics(text in any::<String>(), truth in prop::collection::vec(any::<u32>(), 0..5), l: u32) {
            let _ = (masked(&text, &truth, l), masked(&format!("<answer>{text}</answer>"), &truth, l));
        }
    }
}
