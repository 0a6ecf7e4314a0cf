//! Means with intervals: the percentile bootstrap, clustered because items cut from one video are not independent.

use std::collections::{BTreeMap, BTreeSet};

use crate::rng::Stream;

/// How many resamples an interval is read from.
const RESAMPLES: usize = 2_000;

/// A mean and its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Estimate {
    /// The mean over all values.
    pub mean: f64,
    /// 2.5th percentile of the bootstrap means.
    pub low: f64,
    /// 97.5th percentile of the bootstrap means.
    pub high: f64,
    /// How many values.
    pub n: usize,
    /// From how many sources.
    pub sources: usize,
}

/// A value with what it was measured on and by: values that share a source, or a run, are not independent.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation<'a> {
    /// The source video or scene.
    pub source: &'a str,
    /// The training run, or any other repetition.
    pub run: usize,
    /// The value.
    pub value: f64,
}

/// Mean with a percentile bootstrap interval that resamples sources and, where there are several, runs. Each of
/// 2,000 resamples weighs a value by how often its source and its run were drawn. Deterministic.
///
/// `None` without values.
#[must_use]
pub fn clustered_mean(values: &[Observation<'_>]) -> Option<Estimate> {
    let (mut sources, mut runs) = (BTreeMap::new(), BTreeMap::new());
    for v in values {
        let next = sources.len();
        sources.entry(v.source).or_insert(next);
        let next = runs.len();
        runs.entry(v.run).or_insert(next);
    }
    let n = values.len();
    if n == 0 {
        return None;
    }
    let mean = values.iter().map(|v| v.value).sum::<f64>() / n as f64;
    let places: Vec<(usize, usize, f64)> =
        values.iter().map(|v| (sources[v.source], runs[&v.run], v.value)).collect();
    let mut stream = Stream::keyed(0, "bootstrap", "", n as u64);
    let mut draw = |count: usize| {
        let mut weights = vec![0_u32; count];
        for _ in 0..count {
            weights[stream.below(count as u32) as usize] += 1;
        }
        weights
    };
    let mut means: Vec<f64> = Vec::with_capacity(RESAMPLES);
    while means.len() < RESAMPLES {
        let (by_source, by_run) = (draw(sources.len()), draw(runs.len()));
        let (mut total, mut weight) = (0.0, 0.0);
        for &(source, run, value) in &places {
            let w = f64::from(by_source[source] * by_run[run]);
            total += w * value;
            weight += w;
        }
        // A resample can miss every value only where sources and runs hardly cross; it says nothing.
        if weight > 0.0 {
            means.push(total / weight);
        } else if sources.len() * runs.len() > n * 64 {
            return None;
        }
    }
    Some(Estimate::of(mean, means, n, sources.len()))
}

/// Unweighted mean of the strata's means, each stratum being resampled by its own sources, as a benchmark's overall
/// score weighs its parts alike however many items each has (VIUBench, VideoSSR Table 1). Runs are not told apart.
/// Deterministic.
///
/// `None` without strata, or where one has no value.
#[must_use]
pub fn stratified_mean(strata: &[Vec<Observation<'_>>]) -> Option<Estimate> {
    if strata.is_empty() || strata.iter().any(Vec::is_empty) {
        return None;
    }
    // Sum and count of each source of each stratum: all that a resample needs to know.
    let sums: Vec<Vec<(f64, f64)>> = strata.iter().map(|s| by_source(s)).collect();
    let mean_of = |clusters: &mut dyn Iterator<Item = (f64, f64)>| {
        let (total, count) = clusters.fold((0.0, 0.0), |(t, n), (sum, count)| (t + sum, n + count));
        total / count
    };
    let share = sums.len() as f64;
    let mean = sums.iter().map(|s| mean_of(&mut s.iter().copied())).sum::<f64>() / share;
    let n = strata.iter().map(Vec::len).sum();
    let mut stream = Stream::keyed(0, "stratified bootstrap", "", n as u64);
    let means = (0..RESAMPLES)
        .map(|_| {
            let one = |s: &Vec<(f64, f64)>, stream: &mut Stream| {
                mean_of(&mut (0..s.len()).map(|_| s[stream.below(s.len() as u32) as usize]))
            };
            sums.iter().map(|s| one(s, &mut stream)).sum::<f64>() / share
        })
        .collect();
    let names: BTreeSet<&str> = strata.iter().flatten().map(|v| v.source).collect();
    Some(Estimate::of(mean, means, n, names.len()))
}

/// Sum and number of the values of each source, in the order of the sources' names.
pub(super) fn by_source(values: &[Observation<'_>]) -> Vec<(f64, f64)> {
    let mut sums: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
    for v in values {
        let sum = sums.entry(v.source).or_default();
        *sum = (sum.0 + v.value, sum.1 + 1.0);
    }
    sums.into_values().collect()
}

impl Estimate {
    /// From the means of [`RESAMPLES`] resamples.
    fn of(mean: f64, mut means: Vec<f64>, n: usize, sources: usize) -> Self {
        means.sort_by(f64::total_cmp);
        let at = |place: usize| means.get(place).copied().unwrap_or(mean);
        Self { mean, low: at(RESAMPLES / 40), high: at(RESAMPLES - 1 - RESAMPLES / 40), n, sources }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_holds_the_mean_and_narrows() {
        let names: Vec<String> = (0..1_000).map(|i| i.to_string()).collect();
        let values = |k: usize| -> Vec<Observation<'_>> {
            (0..k).map(|i| Observation { source: &names[i], run: 0, value: (i % 10) as f64 / 10.0 }).collect()
        };
        let few = clustered_mean(&values(20)).expect("values");
        let many = clustered_mean(&values(1_000)).expect("values");
        assert!(few.low < few.mean && few.mean < few.high);
        assert!(many.high - many.low < few.high - few.low);
        assert_eq!((many.n, many.sources), (1_000, 1_000));
        assert_eq!(clustered_mean(&[]), None);
    }

    #[test]
    fn differences_between_runs_widen_the_interval() {
        let names: Vec<String> = (0..200).map(|i| i.to_string()).collect();
        let runs = |spread: f64| -> Vec<Observation<'_>> {
            let one = |run: usize, i: usize| Observation {
                source: &names[i],
                run,
                value: (i % 2) as f64 + spread * run as f64,
            };
            (0..3).flat_map(|run| (0..200).map(move |i| (run, i))).map(|(run, i)| one(run, i)).collect()
        };
        let width = |spread| clustered_mean(&runs(spread)).map_or(0.0, |e| e.high - e.low);
        assert!(width(0.5) > 2.0 * width(0.0), "{} {}", width(0.5), width(0.0));
    }

    #[test]
    fn strata_weigh_alike_whatever_their_size() {
        let names: Vec<String> = (0..90).map(|i| i.to_string()).collect();
        let stratum = |range: std::ops::Range<usize>, high: f64| -> Vec<Observation<'_>> {
            range.map(|i| Observation { source: &names[i], run: 0, value: (i % 2) as f64 * high }).collect()
        };
        let both = [stratum(0..80, 1.0), stratum(80..90, 0.2)];
        let e = stratified_mean(&both).expect("values");
        assert!((e.mean - 0.3).abs() < 1e-12, "{e:?}");
        assert!(e.low < e.mean && e.mean < e.high && e.high - e.low < 0.2, "{e:?}");
        assert_eq!((e.n, e.sources), (90, 90));
        assert_eq!(stratified_mean(&[stratum(0..4, 1.0), Vec::new()]), None);
        assert_eq!(stratified_mean(&[]), None);
    }

    #[test]
    fn an_estimate_is_the_same_every_time() {
        let names = ["a", "b", "c", "d", "e"];
        let values: Vec<Observation<'_>> = (0..40)
            .map(|i| Observation { source: names[i % 5], run: i / 20, value: (i * i % 17) as f64 / 16.0 })
            .collect();
        let e = clustered_mean(&values).expect("values");
        assert_eq!(clustered_mean(&values), Some(e));
        assert!(
            (e.mean - 0.484_375).abs() < 1e-12 && (e.low - 0.33).abs() < 0.05 && (e.high - 0.6).abs() < 0.05
        );
    }
}
