//! GRPO: advantages within a group, and the clipped loss (VideoSSR as trained with verl).

use burn::tensor::{Device, Tensor, TensorData};
use scrubjay_core::preset::{Grpo, Reduction, Schedule};

/// Advantage of each reward within its group: `(r − mean) / (std + ε)`, with the unbiased deviation. A group
/// of equal rewards, or of one, has advantage 0 throughout.
#[must_use]
pub fn advantages(rewards: &[f64], epsilon: f64) -> Vec<f64> {
    let n = rewards.len() as f64;
    let mean = rewards.iter().sum::<f64>() / n.max(1.0);
    let variance = rewards.iter().map(|r| (r - mean) * (r - mean)).sum::<f64>() / (n - 1.0).max(1.0);
    let deviation = variance.sqrt();
    // Compared exactly: the deviation of equal rewards need not come out as 0.
    let equal = rewards.windows(2).all(|w| w[0] == w[1]);
    rewards
        .iter()
        .map(|r| {
            let a = (r - mean) / (deviation + epsilon);
            if equal || !a.is_finite() { 0.0 } else { a }
        })
        .collect()
}

/// The weight of each token in the loss, for answers of these lengths; they add up to 1.
#[must_use]
pub fn weights(lengths: &[usize], reduction: Reduction) -> Vec<f32> {
    let tokens = lengths.iter().sum::<usize>().max(1) as f32;
    let answers = lengths.iter().filter(|n| **n > 0).count().max(1) as f32;
    lengths
        .iter()
        .flat_map(|&n| {
            let weight = match reduction {
                Reduction::TokenMean => 1.0 / tokens,
                Reduction::SequenceMean => 1.0 / (answers * n as f32),
            };
            std::iter::repeat_n(weight, n)
        })
        .collect()
}

/// What the learning rate is multiplied with at a step of a run.
#[must_use]
pub fn rate(schedule: Schedule, step: usize, steps: usize) -> f64 {
    let left = 1.0 - step as f64 / steps.max(1) as f64;
    match schedule {
        Schedule::Constant => 1.0,
        Schedule::Linear => left,
        Schedule::Cosine => (1.0 - (left * std::f64::consts::PI).cos()) / 2.0,
    }
}

/// Weighted clipped loss with dual clip and the k3 KL term. All tensors and lists are `[tokens]`; `old` and
/// `reference` carry no gradient. Returns the loss and the weighted KL estimate.
#[must_use]
pub fn loss(
    new: Tensor<1>,
    old: Tensor<1>,
    reference: Option<Tensor<1>>,
    advantage: &[f32],
    weights: &[f32],
    g: &Grpo,
) -> (Tensor<1>, Tensor<1>) {
    let device: Device = new.device();
    let n = advantage.len();
    let a = Tensor::<1>::from_data(TensorData::new(advantage.to_vec(), [n]), &device);
    let weights = Tensor::<1>::from_data(TensorData::new(weights.to_vec(), [n]), &device);
    let ratio = (new.clone() - old).exp();
    let clipped = ratio.clone().clamp(1.0 - g.clip, 1.0 + g.clip);
    let worst = (-(ratio * a.clone())).max_pair(-(clipped * a.clone()));
    // Dual clip: where the advantage is negative, the loss is bounded by c·|A|.
    let policy = match g.dual_clip {
        Some(c) => {
            let negative = a.clone().lower_elem(0.0);
            let bounded = worst.clone().min_pair(-(a * c));
            worst.mask_where(negative, bounded)
        }
        None => worst,
    };
    let policy = (policy * weights.clone()).sum();
    let Some(reference) = reference else {
        let none = Tensor::zeros([1], &device);
        return (policy, none);
    };
    let mut x = reference - new;
    if let Some(bound) = g.kl_log_clamp {
        x = x.clamp(-bound, bound);
    }
    let mut kl = x.clone().exp() - x - 1.0;
    if let Some(bound) = g.kl_clamp {
        kl = kl.clamp(-bound, bound);
    }
    let kl = (kl * weights).sum();
    (policy + kl.clone() * g.kl, kl.detach())
}

#[cfg(test)]
mod tests {
    use super::*;
    use scrubjay_core::preset::Preset;

    fn grpo() -> Grpo {
        Preset::built_in("videossr").expect("built in").grpo.expect("trains")
    }

    fn tensor(values: &[f32], device: &Device) -> Tensor<1> {
        Tensor::from_data(TensorData::new(values.to_vec(), [values.len()]), device)
    }

    #[test]
    fn advantages_use_the_unbiased_deviation() {
        let a = advantages(&[1.0, 0.0, 0.0, 0.0], 0.0);
        for (got, want) in a.iter().zip([1.5, -0.5, -0.5, -0.5]) {
            assert!((got - want).abs() < 1e-12, "{a:?}");
        }
        assert_eq!(advantages(&[0.3; 8], 1e-6), [0.0; 8]);
        assert_eq!(advantages(&[0.7], 1e-6), [0.0]);
        assert_eq!(advantages(&[0.1; 3], 0.0), [0.0; 3]);
    }

    #[test]
    fn on_policy_the_loss_is_minus_the_mean_advantage_and_its_gradient_flows() {
        let device = Device::flex().autodiff();
        let new = tensor(&[-1.0, -2.0, -0.5], &device).require_grad();
        let old = new.clone().detach();
        let (value, _) =
            loss(new.clone(), old, None, &[1.0, -1.0, 0.5], &weights(&[3], Reduction::TokenMean), &grpo());
        let grads = value.backward();
        assert!((value.into_scalar::<f32>() + 0.5 / 3.0).abs() < 1e-6);
        let g = new.grad(&grads).expect("tracked").into_data().try_to_vec::<f32>().expect("f32");
        for (got, a) in g.iter().zip([1.0_f32, -1.0, 0.5]) {
            assert!((got + a / 3.0).abs() < 1e-6, "{g:?}");
        }
    }

    #[test]
    fn weights_count_tokens_or_answers_alike() {
        assert_eq!(weights(&[1, 3], Reduction::TokenMean), [0.25; 4]);
        let third = 1.0 / 6.0;
        assert_eq!(weights(&[1, 0, 3], Reduction::SequenceMean), [0.5, third, third, third]);
    }

    #[test]
    fn rates_start_whole_and_end_as_named() {
        for schedule in Schedule::ALL {
            assert_eq!(rate(schedule, 0, 10), 1.0);
        }
        assert_eq!(rate(Schedule::Linear, 5, 10), 0.5);
        assert!((rate(Schedule::Cosine, 5, 10) - 0.5).abs() < 1e-12);
        assert!(rate(Schedule::Cosine, 9, 10) < 0.03 && rate(Schedule::Constant, 9, 10) == 1.0);
    }

    #[test]
    fn ratios_are_clipped_and_dual_clipped() {
        let device = Device::flex();
        let one = |ratio: f32, a: f32| {
            let (value, _) =
                loss(tensor(&[ratio.ln()], &device), tensor(&[0.0], &device), None, &[a], &[1.0], &grpo());
            value.into_scalar::<f32>()
        };
        assert!((one(1.5, 1.0) + 1.2).abs() < 1e-5, "clipped above for a good answer");
        assert!((one(0.5, -1.0) - 0.8).abs() < 1e-5, "clipped below for a bad answer");
        assert!((one(2.0, -1.0) - 2.0).abs() < 1e-5, "not clipped where it hurts");
        assert!((one(10.0, -1.0) - 3.0).abs() < 1e-5, "but bounded by the dual clip");
    }

    #[test]
    fn the_kl_estimate_is_zero_at_the_reference_and_positive_elsewhere() {
        let device = Device::flex();
        let lp = |v: &[f32]| tensor(v, &device);
        let kl = |r: &[f32]| {
            loss(lp(&[-1.0, -2.0]), lp(&[-1.0, -2.0]), Some(lp(r)), &[0.0, 0.0], &[0.5, 0.5], &grpo())
                .1
                .into_scalar::<f32>()
        };
        assert!(kl(&[-1.0, -2.0]).abs() < 1e-7);
        assert!(kl(&[-1.5, -1.0]) > 0.1);
    }
}
