//! Means with intervals.

use std::collections::BTreeMap;

use crate::rng::Stream;

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
    const RESAMPLES: usize = 2_000;
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
    means.sort_by(f64::total_cmp);
    Some(Estimate {
        mean,
        low: means[RESAMPLES / 40],
        high: means[RESAMPLES - 1 - RESAMPLES / 40],
        n,
        sources: sources.len(),
    })
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
}
