//! Two sets of results on the same items: is one better, and could that be chance?
//!
//! Comparing item by item removes what the items have in common: two intervals that overlap can still hide a clear
//! difference. Items of one source fall or rise together, so sources, not items, are resampled and flipped.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Estimate, Observation, bootstrap, clustered_mean};
use crate::rng::Stream;

/// Sources up to which every pattern of signs is tried.
const EXACT: usize = 16;

/// Patterns drawn where there are more.
const DRAWS: u32 = 10_000;

/// One item's score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scored<'a> {
    /// The item, the same in both sets.
    pub id: &'a str,
    /// The source it comes from; where neither set says, the item is its own.
    pub source: Option<&'a str>,
    /// The score; failures are for the caller to put in, as 0.
    pub value: f64,
}

/// Two sets of results compared over the items that both have.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// Mean of the first set.
    pub a: Estimate,
    /// Mean of the second.
    pub b: Estimate,
    /// Mean of second less first, item by item.
    pub difference: Estimate,
    /// Two-sided p-value of no difference: see [`sign_flip`].
    pub p: f64,
    /// Whether every pattern of signs was tried, or some were drawn.
    pub exact: bool,
    /// Items that only the first set has; they are not in the means.
    pub only_a: usize,
    /// Items that only the second set has.
    pub only_b: usize,
    /// Items that the first set has more than once; the mean of their scores is taken.
    pub repeated_a: usize,
    /// The same of the second set.
    pub repeated_b: usize,
    /// Items in both to which different sources are given, within a set or between them; the first one named holds.
    pub other_source: usize,
}

/// Why two sets of results cannot be compared.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Incomparable {
    /// No item is in both.
    #[error("no item is in both: the first has {a}, the second {b}")]
    NothingInCommon {
        /// Items in the first set.
        a: usize,
        /// Items in the second.
        b: usize,
    },
    /// A score is no finite number.
    #[error("the score of item {id} is {value}, which is no finite number")]
    NotFinite {
        /// The item.
        id: String,
        /// Its score.
        value: f64,
    },
}

/// Everything one set says about an item.
#[derive(Debug, Default)]
struct Said<'a> {
    sum: f64,
    times: u32,
    source: Option<&'a str>,
    other_source: bool,
}

impl Said<'_> {
    fn value(&self) -> f64 {
        self.sum / f64::from(self.times)
    }
}

fn by_item<'a>(results: &[Scored<'a>]) -> Result<BTreeMap<&'a str, Said<'a>>, Incomparable> {
    let mut items: BTreeMap<&str, Said<'_>> = BTreeMap::new();
    for r in results {
        if !r.value.is_finite() {
            return Err(Incomparable::NotFinite { id: r.id.to_owned(), value: r.value });
        }
        let said = items.entry(r.id).or_default();
        said.sum += r.value;
        said.times = said.times.saturating_add(1);
        said.other_source |= matches!((said.source, r.source), (Some(x), Some(y)) if x != y);
        said.source = said.source.or(r.source);
    }
    Ok(items)
}

/// Compares two sets of results. Deterministic, and the same whatever the order of the results, but for the last
/// bits of a repeated item's mean.
///
/// # Errors
/// [`Incomparable`].
pub fn compare(a: &[Scored<'_>], b: &[Scored<'_>]) -> Result<Comparison, Incomparable> {
    let (a, b) = (by_item(a)?, by_item(b)?);
    let nothing = || Incomparable::NothingInCommon { a: a.len(), b: b.len() };
    let both: Vec<(&str, &Said<'_>, &Said<'_>)> = a
        .iter()
        .filter_map(|(id, x)| b.get(id).map(|y| (x.source.or(y.source).unwrap_or(id), x, y)))
        .collect();
    let values = |value: fn(&Said<'_>, &Said<'_>) -> f64| -> Vec<Observation<'_>> {
        both.iter().map(|&(source, x, y)| Observation { source, run: 0, value: value(x, y) }).collect()
    };
    let mean = |values: &[Observation<'_>]| clustered_mean(values).ok_or_else(nothing);
    let differences = values(|x, y| y.value() - x.value());
    let sums: Vec<f64> = bootstrap::by_source(&differences).into_iter().map(|(sum, _)| sum).collect();
    let (p, exact) = sign_flip(&sums);
    let conflict = |x: &Said<'_>, y: &Said<'_>| {
        x.other_source || y.other_source || matches!((x.source, y.source), (Some(x), Some(y)) if x != y)
    };
    let repeated = |items: &BTreeMap<&str, Said<'_>>| items.values().filter(|s| s.times > 1).count();
    Ok(Comparison {
        a: mean(&values(|x, _| x.value()))?,
        b: mean(&values(|_, y| y.value()))?,
        difference: mean(&differences)?,
        p,
        exact,
        only_a: a.len() - both.len(),
        only_b: b.len() - both.len(),
        repeated_a: repeated(&a),
        repeated_b: repeated(&b),
        other_source: both.iter().filter(|(_, x, y)| conflict(x, y)).count(),
    })
}

/// Two-sided sign-flip permutation test on the sums of differences by cluster: if neither set is better, each
/// cluster's sum could as well have the other sign. Returns how often a pattern of signs gives a total at least as far
/// from 0 as the one observed, and whether all patterns were tried: all of them for up to 16 clusters, else 10,000
/// drawn ones, where the observed one is counted along (Phipson & Smyth 2010), so that p is never 0.
///
/// Clusters whose sum is 0 change no total and are left out. Without any other, p is 1.
#[must_use]
pub fn sign_flip(sums: &[f64]) -> (f64, bool) {
    let sums: Vec<f64> = sums.iter().copied().filter(|s| *s != 0.0).collect();
    let size: f64 = sums.iter().map(|s| s.abs()).sum();
    // Totals that are equal by arithmetic may differ in their last bits, depending on the signs.
    let observed = sums.iter().sum::<f64>().abs() - 1e-12 * size;
    let far = |signs: &mut dyn FnMut() -> bool| {
        let total: f64 = sums.iter().map(|s| if signs() { *s } else { -*s }).sum();
        total.abs() >= observed
    };
    if sums.len() <= EXACT {
        let patterns = 1_u32 << sums.len();
        let count = (0..patterns)
            .filter(|pattern| {
                let mut left = *pattern;
                far(&mut || {
                    let sign = left & 1 == 1;
                    left >>= 1;
                    sign
                })
            })
            .count();
        return (count as f64 / f64::from(patterns), true);
    }
    let mut stream = Stream::keyed(0, "sign flip", "", sums.len() as u64);
    let (mut bits, mut left) = (0, 0);
    let mut sign = || {
        if left == 0 {
            (bits, left) = (stream.bits(), 32);
        }
        left -= 1;
        let sign = bits & 1 == 1;
        bits >>= 1;
        sign
    };
    let count = (0..DRAWS).filter(|_| far(&mut sign)).count();
    ((count as f64 + 1.0) / f64::from(DRAWS + 1), false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn scored<'a>(items: &'a [(String, String, f64)]) -> Vec<Scored<'a>> {
        items.iter().map(|(id, source, value)| Scored { id, source: Some(source), value: *value }).collect()
    }

    /// `n` items, five of each source; the value is a function of the item's number.
    fn items(n: usize, value: impl Fn(usize) -> f64) -> Vec<(String, String, f64)> {
        (0..n).map(|i| (format!("item {i}"), format!("source {}", i / 5), value(i))).collect()
    }

    #[test]
    fn signs_by_hand() {
        // All five in the same direction: 2 of 32 patterns are as far.
        assert_eq!(sign_flip(&[1.0, 2.0, 0.5, 0.0, 3.0, 1.0]), (2.0 / 32.0, true));
        // Totals of 3, -1, 2: |4| is reached by +++, -++ no (−2), +-+ (6)…: patterns of absolute total ≥ 4 are
        // {3,−1,2}, {3,1,2} and their opposites.
        assert_eq!(sign_flip(&[3.0, -1.0, 2.0]), (4.0 / 8.0, true));
        assert_eq!(sign_flip(&[1.0, -1.0]), (1.0, true));
        assert_eq!(sign_flip(&[]), (1.0, true));
        assert_eq!(sign_flip(&[0.0; 99]), (1.0, true));
        // Sums whose totals tie only up to rounding.
        assert_eq!(sign_flip(&[0.1, 0.2, -0.3]), (1.0, true));
    }

    #[test]
    fn drawn_signs_agree_with_all_of_them() {
        let sums = |n: usize| -> Vec<f64> { (0..n).map(|i| ((i * 7 % 11) as f64 - 3.5) / 4.0).collect() };
        let (exact, all) = sign_flip(&sums(16));
        assert!(all);
        // A cluster of next to no weight changes nothing, but there are seventeen now.
        let mut more = sums(16);
        more.push(1e-15);
        let (drawn, all) = sign_flip(&more);
        assert!(!all && (drawn - exact).abs() < 0.02, "{drawn} {exact}");
        assert!(exact > 0.05 && exact < 0.95, "{exact}");
        let clear = sign_flip(&[1.0; 40]);
        assert_eq!(clear, (1.0 / 10_001.0, false));
    }

    #[test]
    fn a_steady_small_gain_shows_where_the_means_overlap() {
        let hard = |i: usize| (i * 7919 % 100) as f64 / 100.0;
        let (a, b) = (items(200, hard), items(200, |i| hard(i) + 0.02 + 0.01 * (i % 3) as f64));
        let c = compare(&scored(&a), &scored(&b)).expect("same items");
        assert!(c.a.high > c.b.low, "{c:?}");
        assert!(c.difference.low > 0.02 && c.difference.high < 0.04 && c.p < 0.001, "{c:?}");
        assert!((c.b.mean - c.a.mean - c.difference.mean).abs() < 1e-12);
        assert_eq!((c.difference.n, c.difference.sources, c.exact), (200, 40, false));
    }

    #[test]
    fn one_source_that_gains_a_lot_is_no_evidence() {
        let (a, b) = (items(50, |_| 0.0), items(50, |i| f64::from(u8::from(i < 5))));
        let c = compare(&scored(&a), &scored(&b)).expect("same items");
        // Five items differ, all in one direction, but they are one cluster: p is not 2/32.
        assert_eq!((c.p, c.exact), (1.0, true));
        assert_eq!(c.difference.low, 0.0);
    }

    #[test]
    fn nothing_is_dropped_in_silence() {
        let one = |id, source, value| Scored { id, source, value };
        let a =
            [one("x", Some("s"), 1.0), one("y", None, 0.0), one("z", None, 1.0), one("x", Some("t"), 0.0)];
        let b =
            [one("x", Some("s"), 1.0), one("y", Some("s"), 1.0), one("w", None, 1.0), one("v", None, 1.0)];
        let c = compare(&a, &b).expect("two items in common");
        assert_eq!((c.only_a, c.only_b, c.repeated_a, c.repeated_b, c.other_source), (1, 2, 1, 0, 1));
        assert_eq!((c.a.mean, c.b.mean, c.difference.mean), (0.25, 1.0, 0.75));
        assert_eq!((c.difference.n, c.difference.sources), (2, 1), "y takes its source from the second set");
        let none = compare(&a[2..3], &b).expect_err("nothing in common").to_string();
        assert_eq!(none, "no item is in both: the first has 1, the second 4");
        let odd = compare(&a, &[one("x", None, f64::NAN)]).expect_err("not a number").to_string();
        assert!(odd.contains("item x is NaN"), "{odd}");
    }

    /// Where nothing differs but noise, p must be below 5 % about 5 % of the time.
    #[test]
    fn the_test_keeps_its_level() {
        let mut stream = Stream::keyed(3, "level", "", 0);
        let trials = 1_000;
        let mut small = 0;
        for _ in 0..trials {
            let sums: Vec<f64> = (0..10).map(|_| stream.unit() - 0.5).collect();
            small += u32::from(sign_flip(&sums).0 <= 0.05);
        }
        assert!((25..=75).contains(&small), "{small} of {trials}");
    }

    proptest! {
        #[test]
        fn swapping_the_sets_turns_the_difference_round(values in prop::collection::vec((0.0..1.0, 0.0..1.0), 1..40)) {
            let (a, b) = (items(values.len(), |i| values[i].0), items(values.len(), |i| values[i].1));
            let (there, back) = (
                compare(&scored(&a), &scored(&b)).expect("same items"),
                compare(&scored(&b), &scored(&a)).expect("same items"),
            );
            prop_assert_eq!(there.difference.mean, -back.difference.mean);
            prop_assert_eq!((there.p, there.a), (back.p, back.b));
            prop_assert!(there.p > 0.0 && there.p <= 1.0);
            let mut shuffled = scored(&a);
            shuffled.reverse();
            prop_assert_eq!(compare(&shuffled, &scored(&b)).expect("same items"), there);
        }
    }
}
