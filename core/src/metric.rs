//! Means with intervals.

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
}

/// Mean with a percentile bootstrap interval, resampling whole clusters (source videos, training runs), since
/// values that share a source are not independent. Deterministic: 2,000 resamples from a stream keyed by `seed`.
///
/// `None` without values.
#[must_use]
pub fn clustered_mean(clusters: &[Vec<f64>], seed: u64) -> Option<Estimate> {
    const RESAMPLES: usize = 2_000;
    let sums: Vec<(f64, usize)> =
        clusters.iter().filter(|c| !c.is_empty()).map(|c| (c.iter().sum(), c.len())).collect();
    let n: usize = sums.iter().map(|s| s.1).sum();
    if n == 0 {
        return None;
    }
    let mean = sums.iter().map(|s| s.0).sum::<f64>() / n as f64;
    let mut stream = Stream::keyed(seed, "bootstrap", "", sums.len() as u64);
    let mut means: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            let (mut total, mut count) = (0.0, 0);
            for _ in 0..sums.len() {
                let (sum, len) = sums[stream.below(sums.len() as u32) as usize];
                total += sum;
                count += len;
            }
            total / count as f64
        })
        .collect();
    means.sort_by(f64::total_cmp);
    Some(Estimate { mean, low: means[RESAMPLES / 40], high: means[RESAMPLES - 1 - RESAMPLES / 40], n })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_holds_the_mean_and_narrows() {
        let values = |k: usize| (0..k).map(|i| vec![(i % 10) as f64 / 10.0]).collect::<Vec<_>>();
        let few = clustered_mean(&values(20), 1).expect("values");
        let many = clustered_mean(&values(2_000), 1).expect("values");
        assert!(few.low < few.mean && few.mean < few.high);
        assert!(many.high - many.low < few.high - few.low);
        assert_eq!(clustered_mean(&[], 1), None);
    }
}
