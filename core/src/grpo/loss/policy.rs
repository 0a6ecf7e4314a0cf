//! The loss of single ratios and its slope.

use super::{How, Importance, LossType, Sequence, Stats};

/// Bound of every log-ratio before it is exponentiated: e²⁰ is 5·10⁸. Beyond it the value stays where it is and the
/// slope is 0, instead of overflowing; [`Stats::beyond`] counts how often. The same bound as verl's.
pub const LOG_RATIO_BOUND: f64 = 20.0;

/// Value and slope per token of the policy's part of the loss.
pub(super) fn policy(how: &How, sequence: &Sequence<'_>, stats: &mut Stats) -> Vec<(f64, f64)> {
    let length = sequence.new.len();
    let log_ratio = |token: usize| match sequence.old {
        Some(old) => f64::from(sequence.new[token]) - f64::from(old[token]),
        None => 0.0,
    };
    let a = sequence.advantage;
    let whole = how.loss_type == LossType::Gspo || how.importance == Importance::Sequence;
    // One ratio for all tokens, or one for each. Every token of the answer has the ratio's loss and moves its mean by
    // 1/length, so that over the answer's equal weights each token's slope is the ratio's.
    let shared = (whole && length > 0).then(|| {
        let mean = (0..length).map(log_ratio).sum::<f64>() / length as f64;
        ratio(how, mean, a, stats)
    });
    (0..length)
        .map(|token| {
            let (r, value, slope) = shared.unwrap_or_else(|| match whole {
                true => (1.0, 0.0, 0.0),
                false => ratio(how, log_ratio(token), a, stats),
            });
            if how.loss_type == LossType::Cispo {
                let held = r.min(how.clip_high);
                return (-held * a * f64::from(sequence.new[token]), -held * a);
            }
            (value, slope)
        })
        .collect()
}

/// A ratio, its clipped loss, and the loss's slope by the log-ratio.
fn ratio(how: &How, log_ratio: f64, a: f64, stats: &mut Stats) -> (f64, f64, f64) {
    let inside = log_ratio.abs() <= LOG_RATIO_BOUND;
    stats.beyond += usize::from(!inside);
    stats.ratios += 1;
    let r = libm::exp(log_ratio.clamp(-LOG_RATIO_BOUND, LOG_RATIO_BOUND));
    if how.loss_type == LossType::Cispo {
        stats.clip_high += usize::from(r > how.clip_high && a > 0.0);
        return (r, 0.0, 0.0);
    }
    let (low, high) = (1.0 - how.clip, 1.0 + how.clip_high);
    stats.clip_low += usize::from(r < low && a < 0.0);
    stats.clip_high += usize::from(r > high && a > 0.0);

    let bound = how.delta.unwrap_or(f64::INFINITY);
    let free = -r.min(bound) * a;
    // Not `clamp`, which panics on bounds in the wrong order.
    let clipped = -r.max(low).min(high) * a;
    let slope = -r * a;
    let (mut value, mut slope, mut cut) = if free >= clipped {
        (free, if r <= bound { slope } else { 0.0 }, r > bound && a != 0.0)
    } else {
        (clipped, if (low..=high).contains(&r) { slope } else { 0.0 }, false)
    };
    if let Some(c) = how.dual_clip
        && a < 0.0
        && -a * c < value
    {
        (value, slope, cut) = (-a * c, 0.0, true);
    }
    stats.clip_bound += usize::from(cut);
    (r, value, if inside { slope } else { 0.0 })
}

/// The k3 estimate for x = reference − new and its slope by `new`.
pub(super) fn divergence(how: &How, x: f64, stats: &mut Stats) -> (f64, f64) {
    stats.beyond += usize::from(x.abs() > LOG_RATIO_BOUND);
    let bound = how.kl_log_clamp.unwrap_or(LOG_RATIO_BOUND).min(LOG_RATIO_BOUND);
    let (x, outside) = (x.clamp(-bound, bound), x.abs() > bound);
    let grown = libm::expm1(x);
    let kl = grown - x;
    let limit = how.kl_clamp.unwrap_or(f64::INFINITY);
    let slope = if outside || kl > limit { 0.0 } else { -grown };
    (kl.min(limit), slope)
}

#[cfg(test)]
mod tests {
    use super::super::{How, Importance, LossError, LossType, Normalizer, Part, Sequence, loss};

    fn how(loss_type: LossType) -> How {
        How {
            loss_type,
            importance: Importance::Token,
            clip: 0.2,
            clip_high: if loss_type == LossType::Cispo { 5.0 } else { 0.28 },
            delta: None,
            dual_clip: None,
            kl: 0.04,
            kl_log_clamp: Some(2.0),
            kl_clamp: Some(3.0),
            max_tokens: 16,
        }
    }

    fn one(how: &How, log_ratio: f32, a: f64) -> (f64, f64) {
        let sequence =
            Sequence { new: &[log_ratio], old: Some(&[0.0]), reference: None, advantage: a, counts: true };
        let part = loss(how, &Normalizer::new(how, [(1, true)]), &[sequence]).expect("finite");
        (part.loss, part.gradient[0][0])
    }

    #[test]
    fn ratios_are_clipped_and_dual_clipped() {
        let mut h = how(LossType::Dapo);
        let near = |got: (f64, f64), want: (f64, f64)| {
            assert!((got.0 - want.0).abs() < 1e-6 && (got.1 - want.1).abs() < 1e-6, "{got:?} {want:?}");
        };
        near(one(&h, 1.5_f32.ln(), 1.0), (-1.28, 0.0));
        near(one(&h, 0.5_f32.ln(), -1.0), (0.8, 0.0));
        near(one(&h, 2.0_f32.ln(), -1.0), (2.0, 2.0));
        near(one(&h, 10.0_f32.ln(), -1.0), (10.0, 10.0));
        near(one(&h, 10.0_f32.ln(), 0.0), (0.0, 0.0));
        h.dual_clip = Some(3.0);
        near(one(&h, 10.0_f32.ln(), -1.0), (3.0, 0.0));
        near(one(&h, 2.0_f32.ln(), -1.0), (2.0, 2.0));
        near(one(&how(LossType::Cispo), 2.0_f32.ln(), 1.5), (-3.0 * 2.0_f64.ln(), -3.0));
        near(one(&how(LossType::Cispo), 9.0_f32.ln(), -1.0), (5.0 * 9.0_f64.ln(), 5.0));
    }

    type Row = (Vec<f32>, Vec<f32>, Vec<f32>, f64, bool);

    fn rows() -> Vec<Row> {
        // Away from the corners of clips, where the slope is not defined.
        let row = |n: usize, seed: usize, a: f64, counts: bool| -> Row {
            let at = |i: usize, k: usize| (((i * 37 + k * 61 + seed * 17) % 97) as f32) / 97.0;
            (
                (0..n).map(|i| -0.2 - 2.0 * at(i, 1)).collect(),
                (0..n).map(|i| -0.21 - 2.0 * at(i, 1) + 1.2 * (at(i, 2) - 0.5)).collect(),
                (0..n).map(|i| -0.2 - 3.0 * at(i, 3)).collect(),
                a,
                counts,
            )
        };
        vec![
            row(5, 1, 0.7, true),
            row(3, 2, -1.1, true),
            row(4, 3, 0.4, false),
            row(0, 4, 1.0, true),
            row(7, 5, -0.3, true),
        ]
    }

    fn of(rows: &[Row], how: &How, normalizer: &Normalizer) -> Part {
        let sequences: Vec<Sequence<'_>> = rows
            .iter()
            .map(|(new, old, reference, advantage, counts)| Sequence {
                new,
                old: Some(old),
                reference: Some(reference),
                advantage: *advantage,
                counts: *counts,
            })
            .collect();
        loss(how, normalizer, &sequences).expect("finite")
    }

    fn all() -> Vec<How> {
        LossType::ALL
            .into_iter()
            .flat_map(|t| {
                let plain = how(t);
                let sequence = How { importance: Importance::Sequence, ..plain };
                let dual = How { dual_clip: Some(1.3), ..plain };
                let delta = How { delta: Some(1.4), kl_log_clamp: None, kl_clamp: None, ..plain };
                [plain, sequence, dual, delta]
            })
            .collect()
    }

    #[test]
    fn parts_add_up_to_the_step_and_masked_answers_stay_out() {
        let rows = rows();
        for how in all() {
            let normalizer = Normalizer::new(&how, rows.iter().map(|r| (r.0.len(), r.4)));
            let whole = of(&rows, &how, &normalizer);
            let parts = [of(&rows[..2], &how, &normalizer), of(&rows[2..], &how, &normalizer)];
            assert!((whole.loss - parts[0].loss - parts[1].loss).abs() < 1e-14, "{how:?}");
            assert_eq!(whole.gradient, [parts[0].gradient.clone(), parts[1].gradient.clone()].concat());
            let mut stats = parts[0].stats;
            stats.add(&parts[1].stats);
            assert!((stats.kl - whole.stats.kl).abs() < 1e-12);
            stats.kl = whole.stats.kl;
            assert_eq!((stats, whole.stats.masked, whole.stats.tokens), (whole.stats, 1, 15));
            assert_eq!(whole.gradient[2], [0.0; 4]);
        }
    }

    #[test]
    fn gradients_are_the_loss_functions_slopes() {
        let rows = rows();
        for how in all() {
            let normalizer = Normalizer::new(&how, rows.iter().map(|r| (r.0.len(), r.4)));
            let analytic = of(&rows, &how, &normalizer).gradient;
            let places =
                analytic.iter().enumerate().flat_map(|(s, g)| g.iter().enumerate().map(move |g| (s, g)));
            for (s, (t, got)) in places {
                let moved = |by: f32| {
                    let mut rows = rows.clone();
                    rows[s].0[t] += by;
                    // CISPO holds its ratio constant: its slope is of the likelihood alone.
                    if how.loss_type == LossType::Cispo {
                        rows[s].1[t] += by;
                    }
                    (f64::from(rows[s].0[t]), of(&rows, &how, &normalizer).loss)
                };
                let (up, down) = (moved(1e-3), moved(-1e-3));
                let slope = (up.1 - down.1) / (up.0 - down.0);
                assert!((slope - got).abs() < 2e-5 + 1e-4 * got.abs(), "{how:?} {s} {t}: {slope} {got}");
            }
        }
    }

    #[test]
    fn huge_ratios_are_bounded_and_what_is_no_number_is_named() {
        let h = How { kl_log_clamp: None, kl_clamp: None, ..how(LossType::Dapo) };
        for far in [30.0_f32, 1e4, 1e30, -1e30] {
            let sequence = |a| Sequence {
                new: &[0.0, -1.0],
                old: None,
                reference: Some(if far > 0.0 { &[1e4, -1.0] } else { &[-1e30, -1.0] }),
                advantage: a,
                counts: true,
            };
            let normalizer = Normalizer::new(&h, [(2, true)]);
            let part = loss(&h, &normalizer, &[sequence(1.0)]).expect("bounded");
            assert!(part.stats.beyond == 1 && part.gradient[0].iter().all(|g| g.is_finite()));
            let (value, slope) = one(&h, far, -1.0);
            assert!(value.is_finite() && slope == 0.0, "{far}: {value} {slope}");
        }
        let normalizer = Normalizer::new(&h, [(1, true)]);
        let good = Sequence { new: &[0.0], old: None, reference: None, advantage: 1.0, counts: true };
        for (bad, said) in [
            (Sequence { new: &[f32::NAN], ..good }, "answer 1, token 0: the log-probability is NaN"),
            (
                Sequence { reference: Some(&[f32::NEG_INFINITY]), ..good },
                "reference's log-probability is -inf",
            ),
            (
                Sequence { old: Some(&[0.0, 0.0]), ..good },
                "2 log-probabilities of the old policy for 1 tokens",
            ),
            (Sequence { advantage: f64::NAN, ..good }, "the advantage is NaN"),
            (Sequence { advantage: 1e300, ..good }, "the loss is -1"),
        ] {
            let error: LossError = loss(&h, &normalizer, &[good, bad]).expect_err(said);
            assert!(error.to_string().contains(said), "{error}");
        }
    }
}
