//! Benchmark metrics and statistics: how answers become the figures that papers print, and how sure those are.
//!
//! A reward trains and a metric reports; where both exist they differ (VideoSSR counts shapes exactly here and by
//! relative error there). Every metric starts from [`Outcome`]s, one for each item, and ends in a [`Report`]. The
//! denominator is fixed: an answer that cannot be read earns 0. VideoSSR's public scripts drop such answers
//! instead, which flatters a model that fails often, so a report carries that figure too.

pub mod bootstrap;
pub mod choice;
pub mod f1;
pub mod interval;
pub mod number;
pub mod order;
pub mod paired;
pub mod viubench;

pub use bootstrap::{Estimate, Observation, clustered_mean, stratified_mean};

use serde::{Serialize, Serializer};

use crate::answer::ParseFailure;

/// What one answer earned on one item.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome<T = f64> {
    /// The source video or scene: items of one source are not independent.
    pub source: String,
    /// The metric's value on this item, or why the answer could not be read.
    pub value: Result<T, ParseFailure>,
    /// Whether an interval was given end first, also where the reading turned it round.
    pub reversed: bool,
    /// How long the response is, in the caller's unit (tokens or characters), one unit for all.
    pub length: u32,
}

impl<T> Outcome<T> {
    /// An outcome whose interval, if it has one, is reversed only where that is the failure.
    #[must_use]
    pub fn new(source: impl Into<String>, length: u32, value: Result<T, ParseFailure>) -> Self {
        let reversed = matches!(value, Err(ParseFailure::Reversed));
        Self { source: source.into(), value, reversed, length }
    }

    /// The same outcome measured otherwise.
    #[must_use]
    pub fn map<U>(&self, measure: impl FnOnce(&T) -> U) -> Outcome<U> {
        self.and_then(|v| Ok(measure(v)))
    }

    /// The same outcome measured by something that can fail.
    #[must_use]
    pub fn and_then<U>(&self, measure: impl FnOnce(&T) -> Result<U, ParseFailure>) -> Outcome<U> {
        Outcome {
            source: self.source.clone(),
            value: self.value.as_ref().map_err(|e| *e).and_then(measure),
            reversed: self.reversed,
            length: self.length,
        }
    }
}

/// What to do with answers that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Failures {
    /// They earn 0 and stay in the denominator.
    #[default]
    Zero,
    /// They leave the denominator, as in VideoSSR's public `vtg.py` and `vqa.py`.
    Drop,
}

/// The counts that belong beside every metric.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Tally {
    /// Items.
    pub n: usize,
    /// Answers that could not be read, all causes.
    pub failed: usize,
    /// The same by cause, in the order of [`ParseFailure`]'s members; causes that did not occur are left out.
    #[serde(serialize_with = "as_map")]
    pub failures: Vec<(ParseFailure, usize)>,
    /// Answers with an interval that was given end first, read or not.
    pub reversed: usize,
    /// Mean length of the responses, in the outcomes' unit; 0 without any.
    pub mean_length: f64,
}

fn as_map<S: Serializer>(failures: &[(ParseFailure, usize)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(failures.iter().map(|(cause, n)| (cause, n)))
}

impl Tally {
    /// Counts.
    #[must_use]
    pub fn of<T>(outcomes: &[Outcome<T>]) -> Self {
        let mut tally = Self { n: outcomes.len(), ..Self::default() };
        let mut length = 0_u64;
        for outcome in outcomes {
            length += u64::from(outcome.length);
            tally.reversed += usize::from(outcome.reversed);
            let Err(cause) = outcome.value else { continue };
            tally.failed += 1;
            match tally.failures.iter_mut().find(|(c, _)| *c == cause) {
                Some((_, count)) => *count += 1,
                None => tally.failures.push((cause, 1)),
            }
        }
        tally.failures.sort_by_key(|(cause, _)| *cause as u32);
        if tally.n > 0 {
            tally.mean_length = length as f64 / tally.n as f64;
        }
        tally
    }
}

/// A metric over items.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The mean with failures counted as 0: the figure to quote. `None` without items.
    pub zero: Option<Estimate>,
    /// The mean over readable answers only, as some public scripts print it. `None` without such answers.
    pub dropped: Option<Estimate>,
    /// What to quote beside them.
    pub tally: Tally,
}

impl Report {
    /// Means and counts.
    #[must_use]
    pub fn of(outcomes: &[Outcome]) -> Self {
        // A metric that is no number here is a failure of its own kind, before it is counted.
        let outcomes: Vec<Outcome> = outcomes.iter().map(|o| o.and_then(|v| finite(*v))).collect();
        let zero = mean(&outcomes, Failures::Zero);
        let dropped = mean(&outcomes, Failures::Drop);
        Self { zero, dropped, tally: Tally::of(&outcomes) }
    }
}

/// The mean under one rule for failures; `None` when nothing is left to average.
#[must_use]
pub fn mean(outcomes: &[Outcome], failures: Failures) -> Option<Estimate> {
    clustered_mean(&observations(outcomes, failures))
}

/// The values under one rule for failures. A value that is not finite is a failure.
fn observations(outcomes: &[Outcome], failures: Failures) -> Vec<Observation<'_>> {
    outcomes
        .iter()
        .filter_map(|o| {
            let value = match (o.value.and_then(finite), failures) {
                (Ok(value), _) => value,
                (Err(_), Failures::Zero) => 0.0,
                (Err(_), Failures::Drop) => return None,
            };
            Some(Observation { source: &o.source, run: 0, value })
        })
        .collect()
}

fn finite(value: f64) -> Result<f64, ParseFailure> {
    if value.is_finite() { Ok(value) } else { Err(ParseFailure::NotFinite) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcomes() -> Vec<Outcome> {
        let values = [
            Ok(1.0),
            Err(ParseFailure::Reversed),
            Ok(0.5),
            Err(ParseFailure::Empty),
            Err(ParseFailure::Reversed),
            Ok(f64::NAN),
        ];
        let name = |i: usize| format!("video {i}");
        values.into_iter().enumerate().map(|(i, v)| Outcome::new(name(i), 10 * i as u32, v)).collect()
    }

    #[test]
    fn failures_stay_in_the_denominator_unless_dropped() {
        let report = Report::of(&outcomes());
        assert_eq!(report.zero.map(|e| (e.mean, e.n)), Some((0.25, 6)));
        assert_eq!(report.dropped.map(|e| (e.mean, e.n)), Some((0.75, 2)));
        assert_eq!(mean(&outcomes()[3..], Failures::Drop), None);
        assert_eq!(Report::of(&[]).zero, None);
    }

    #[test]
    fn the_tally_counts_by_cause() {
        let mut all = outcomes();
        all[0].reversed = true;
        let tally = Report::of(&all).tally;
        assert_eq!((tally.n, tally.failed, tally.reversed, tally.mean_length), (6, 4, 3, 25.0));
        let json = serde_json::to_value(&tally).expect("serializes");
        assert_eq!(json["failures"], serde_json::json!({ "empty": 1, "reversed": 2, "not_finite": 1 }));
        let order: Vec<ParseFailure> = tally.failures.iter().map(|(cause, _)| *cause).collect();
        assert_eq!(order, [ParseFailure::Empty, ParseFailure::Reversed, ParseFailure::NotFinite]);
    }
}
