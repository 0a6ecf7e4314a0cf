//! Advantages: how much better an answer is than its group (methods §7, TRL's semantics).

use crate::named::named;

named! {
    /// What centred rewards are divided by.
    #[derive(Default)]
    pub enum Scale, "scale of rewards",
    /// An unknown scale.
    UnknownScale {
        /// The deviation of their group (GRPO).
        #[default]
        Group = "group",
        /// The deviation of all rewards of the step.
        Batch = "batch",
        /// Nothing (Dr. GRPO).
        None = "none",
    }
}

named! {
    /// How several rewards of an answer become one advantage.
    #[derive(Default)]
    pub enum Aggregation, "aggregation",
    /// An unknown aggregation.
    UnknownAggregation {
        /// Their weighted sum is normalized.
        #[default]
        SumThenNormalize = "sum_then_normalize",
        /// Each is normalized within its group, and the weighted sum over the step (GDPO).
        NormalizeThenSum = "normalize_then_sum",
    }
}

/// How advantages are formed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct How {
    /// What centred rewards are divided by; with [`Aggregation::NormalizeThenSum`] always the group's deviation.
    pub scale: Scale,
    /// How several rewards become one.
    pub aggregation: Aggregation,
    /// Added to every deviation that is divided by.
    pub epsilon: f64,
}

/// The rollouts of one prompt.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// `[rollout][component]`: what each reward paid; none where a reward has nothing to say.
    pub rewards: Vec<Vec<Option<f64>>>,
    /// What each component weighs. Groups of different tasks may have different components.
    pub weights: Vec<f64>,
}

/// A rollout with another number of rewards than its group has weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("group {group}, rollout {rollout}: {rewards} rewards and {weights} weights")]
pub struct Ragged {
    /// The group, from 0.
    pub group: usize,
    /// The rollout in it, from 0.
    pub rollout: usize,
    /// Rewards of the rollout.
    pub rewards: usize,
    /// Weights of the group.
    pub weights: usize,
}

/// The advantage of every rollout, `[group][rollout]`: its reward minus the mean of its group, scaled as asked, with
/// unbiased deviations.
///
/// A reward that is absent or not finite is left out of sums, means and deviations; a rollout with none left has
/// advantage 0. Where all rewards of a group are equal, up to rounding, its advantages are exactly 0.
///
/// # Errors
/// [`Ragged`].
pub fn advantages(groups: &[Group], how: &How) -> Result<Vec<Vec<f64>>, Ragged> {
    for (g, group) in groups.iter().enumerate() {
        let weights = group.weights.len();
        if let Some((rollout, r)) = group.rewards.iter().enumerate().find(|(_, r)| r.len() != weights) {
            return Err(Ragged { group: g, rollout, rewards: r.len(), weights });
        }
    }
    let mut result: Vec<Vec<Option<f64>>> = match how.aggregation {
        Aggregation::SumThenNormalize => {
            let totals: Vec<Vec<Option<f64>>> = groups.iter().map(totals).collect();
            let whole = moments(&totals.iter().flatten().flatten().copied().collect::<Vec<_>>());
            let divisor = |own: f64| match how.scale {
                Scale::Group => own + how.epsilon,
                Scale::Batch => whole.map_or(0.0, |m| m.1) + how.epsilon,
                Scale::None => 1.0,
            };
            totals.iter().map(|t| normalized(t, divisor)).collect()
        }
        Aggregation::NormalizeThenSum => {
            let sums: Vec<Vec<Option<f64>>> = groups.iter().map(|g| sums(g, how.epsilon)).collect();
            let whole = moments(&sums.iter().flatten().flatten().copied().collect::<Vec<_>>());
            let (mean, deviation) = whole.unwrap_or_default();
            let scaled = |x: f64| (x - mean) / (deviation + how.epsilon);
            sums.into_iter()
                // A group that says nothing stays at 0, also where the mean of the step is not quite 0.
                .map(|s| if s.iter().flatten().all(|x| *x == 0.0) { s } else { each(&s, scaled) })
                .collect()
        }
    };
    let finite = |a: Option<f64>| a.filter(|a| a.is_finite()).unwrap_or(0.0);
    Ok(result.iter_mut().map(|g| g.drain(..).map(finite).collect()).collect())
}

/// Mean and unbiased deviation; none of nothing. Of one value, or of values equal up to rounding, the deviation is 0.
pub fn moments(values: &[f64]) -> Option<(f64, f64)> {
    let first = *values.first()?;
    let n = values.len() as f64;
    let (low, high) = values.iter().fold((first, first), |(l, h), v| (l.min(*v), h.max(*v)));
    // Sums that differ by rounding alone are equal: a small ε would make a signal of it.
    if high - low <= 1e-12 * low.abs().max(high.abs()) {
        return Some((first, 0.0));
    }
    // From the first value, so that large equal parts do not cost digits.
    let mean = first + values.iter().map(|v| v - first).sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (n - 1.0).max(1.0);
    Some((mean, variance.sqrt()))
}

/// Centred and divided by what the group's deviation is turned into.
fn normalized(values: &[Option<f64>], divisor: impl Fn(f64) -> f64) -> Vec<Option<f64>> {
    let present: Vec<f64> = values.iter().flatten().copied().collect();
    match moments(&present) {
        Some((mean, deviation)) if deviation > 0.0 => each(values, |v| (v - mean) / divisor(deviation)),
        _ => each(values, |_| 0.0),
    }
}

fn each(values: &[Option<f64>], f: impl Fn(f64) -> f64) -> Vec<Option<f64>> {
    values.iter().map(|v| v.map(&f)).collect()
}

/// Weighted sums over the components that are there; none where no component is.
fn summed(rows: &[Vec<Option<f64>>], weights: &[f64]) -> Vec<Option<f64>> {
    rows.iter()
        .map(|row| {
            let there = row.iter().zip(weights).filter_map(|(r, w)| r.map(|r| r * w));
            there.filter(|x| x.is_finite()).fold(None, |sum, x| Some(sum.unwrap_or(0.0) + x))
        })
        .collect()
}

fn totals(group: &Group) -> Vec<Option<f64>> {
    summed(&group.rewards, &group.weights)
}

/// GDPO's first part: each component normalized within the group, then summed.
fn sums(group: &Group, epsilon: f64) -> Vec<Option<f64>> {
    let mut rows = group.rewards.clone();
    for component in 0..group.weights.len() {
        let column: Vec<Option<f64>> = rows.iter().map(|r| r[component].filter(|x| x.is_finite())).collect();
        for (row, value) in rows.iter_mut().zip(normalized(&column, |d| d + epsilon)) {
            row[component] = value;
        }
    }
    summed(&rows, &group.weights)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn how(scale: Scale, aggregation: Aggregation) -> How {
        How { scale, aggregation, epsilon: 1e-4 }
    }

    fn group(rewards: &[&[f64]], weights: &[f64]) -> Group {
        let rewards =
            rewards.iter().map(|r| r.iter().map(|x| x.is_finite().then_some(*x)).collect()).collect();
        Group { rewards, weights: weights.to_vec() }
    }

    #[test]
    fn equal_rewards_and_absent_ones_have_none() {
        let no = f64::NAN;
        let groups = [
            group(&[&[0.1, 0.2], &[0.3, 0.0], &[0.2, 0.1]], &[1.0, 1.0]),
            group(&[&[0.7]], &[1.0]),
            group(&[&[no, no], &[1.0, no], &[no, 0.0]], &[2.0, 1.0]),
            Group { rewards: Vec::new(), weights: vec![1.0] },
            group(&[&[], &[]], &[]),
        ];
        for scale in Scale::ALL {
            let a = advantages(&groups, &How { epsilon: 0.0, ..how(scale, Aggregation::default()) })
                .expect("even");
            assert_eq!(a[0], [0.0; 3], "a difference of rounding is none");
            assert_eq!((&a[1][..], a[2][0], a[3].len(), &a[4][..]), (&[0.0][..], 0.0, 0, &[0.0, 0.0][..]));
            assert!(a[2][1] > 0.0 && (a[2][1] + a[2][2]).abs() < 1e-12, "{a:?}");
        }
        let mut bad = groups[1].clone();
        bad.rewards = vec![vec![Some(f64::INFINITY)], vec![Some(1.0)], vec![Some(0.0)]];
        let a = advantages(&[bad.clone()], &how(Scale::Group, Aggregation::default())).expect("even");
        assert_eq!(a[0][0], 0.0);
        assert!((a[0][1] - 0.5 / (0.5_f64.sqrt() + 1e-4)).abs() < 1e-12, "{a:?}");
        bad.weights.push(1.0);
        let error = advantages(&[groups[1].clone(), bad], &how(Scale::Group, Aggregation::default()));
        assert_eq!(error, Err(Ragged { group: 1, rollout: 0, rewards: 1, weights: 2 }));
    }

    #[test]
    fn normalizing_first_keeps_what_a_sum_hides() {
        // GDPO's example: sums 1, 1 and 2, 0 with components of very different size.
        let groups = [
            group(&[&[1.0, 0.0], &[0.0, 100.0], &[1.0, 100.0], &[0.0, 0.0]], &[1.0, 1.0]),
            group(&[&[0.5], &[0.5]], &[1.0]),
        ];
        let a = advantages(&groups, &how(Scale::Group, Aggregation::NormalizeThenSum)).expect("even");
        assert!((a[0][0] - a[0][1]).abs() < 1e-3, "both have one of two: {a:?}");
        assert!(a[0][2] > 1.0 && a[0][3] < -1.0);
        assert_eq!(a[1], [0.0, 0.0]);
        // By hand: components ±0.5/(0.57735+ε) and ±50/(57.735+ε); sums about 0, 0, ±1.732; over six, deviation 1.0954.
        let y = 1e-4;
        let one = 0.5 / ((1.0_f64 / 3.0).sqrt() + y) + 50.0 / ((10_000.0_f64 / 3.0).sqrt() + y);
        assert!((a[0][2] - one / ((2.0 * one * one / 5.0).sqrt() + y)).abs() < 1e-4, "{a:?}");
        let summed = advantages(&groups, &how(Scale::Group, Aggregation::SumThenNormalize)).expect("even");
        assert!(summed[0][1] > 0.8 && summed[0][0] < -0.8, "the large one drowns the small: {summed:?}");
    }
}
