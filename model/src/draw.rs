//! One token out of many: draws from the logits of one place, on the host.

use std::cmp::Ordering;

use scrubjay_core::rng::Stream;

use crate::generate::Sampling;

/// Draws a token by inverting the cumulative distribution over what `top_k` and `top_p` leave; gives its place in
/// `logits`. A token's log-probability is its logit less `normaliser`.
pub(crate) fn drawn(logits: &[f32], normaliser: f32, how: Sampling, stream: &mut Stream) -> usize {
    let probability = |id: usize| f64::from(logits[id] - normaliser).exp();
    let mut left = stream.unit();
    let restricted = how.top_k > 0 && how.top_k < logits.len() || how.top_p < 1.0;
    let ids: Vec<usize> = if restricted {
        let ids = likeliest(logits, normaliser, how);
        left *= ids.iter().map(|id| probability(*id)).sum::<f64>();
        ids
    } else {
        (0..logits.len()).collect()
    };
    let mut last = None;
    for id in ids {
        let p = probability(id);
        left -= p;
        if p > 0.0 {
            last = Some(id);
            if left < 0.0 {
                break;
            }
        }
    }
    // Rounding may leave a trace of the interval behind the last token.
    last.unwrap_or(0)
}

/// The place of the largest logit, the first of equals.
pub(crate) fn best(logits: &[f32]) -> usize {
    let mut best = 0;
    for (i, x) in logits.iter().enumerate() {
        if *x > logits[best] {
            best = i;
        }
    }
    best
}

/// The logarithm of the sum of exponentials.
pub(crate) fn normaliser(logits: &[f32]) -> f32 {
    let top = f64::from(logits.iter().copied().fold(f32::NEG_INFINITY, f32::max));
    let sum: f64 = logits.iter().map(|x| (f64::from(*x) - top).exp()).sum();
    (top + sum.ln()) as f32
}

/// Tokens that are put in order first, where their number is not known.
const FIRST: usize = 256;
/// A bound on how far a sum of probabilities is off that was added up in another order, as a part of it.
const ROUNDING: f64 = 1e-9;

/// What `top_k` and `top_p` leave, the likeliest first, of equals the first. Only as many are put in order as may be
/// left: a vocabulary of 150,000 is seldom looked at beyond its first hundred.
fn likeliest(logits: &[f32], normaliser: f32, how: Sampling) -> Vec<usize> {
    let probability = |id: usize| f64::from(logits[id] - normaliser).exp();
    let order = |a: &usize, b: &usize| -> Ordering { logits[*b].total_cmp(&logits[*a]).then(a.cmp(b)) };
    let mut ids: Vec<usize> = (0..logits.len()).collect();
    // Puts the first `count` in order.
    let first = |ids: &mut Vec<usize>, count: usize| {
        if count < ids.len() {
            ids.select_nth_unstable_by(count, order);
        }
        let count = count.min(ids.len());
        ids[..count].sort_unstable_by(order);
    };
    // How many of those in order are kept of a whole; none where more are needed, or rounding would decide.
    let kept = |ids: &[usize], whole: f64| -> Option<usize> {
        let (bound, slack, mut sum) = (how.top_p * whole, ROUNDING * whole, 0.0);
        for (n, id) in ids.iter().enumerate() {
            // The token that crosses the bound belongs to those that are kept.
            let below = sum < bound - slack;
            if !below {
                return (sum > bound + slack).then_some(n);
            }
            sum += probability(*id);
        }
        None
    };
    if how.top_k > 0 {
        first(&mut ids, how.top_k);
        ids.truncate(how.top_k);
    } else {
        let whole: f64 = ids.iter().map(|id| probability(*id)).sum();
        let mut count = FIRST;
        while count < ids.len() {
            first(&mut ids, count);
            if let Some(n) = kept(&ids[..count], whole) {
                ids.truncate(n.max(1));
                return ids;
            }
            count = count.saturating_mul(8);
        }
        ids.sort_unstable_by(order);
    }
    let whole: f64 = ids.iter().map(|id| probability(*id)).sum();
    let mut sum = 0.0;
    let within = ids.iter().take_while(|id| {
        let before = sum;
        sum += probability(**id);
        before < how.top_p * whole
    });
    let count = within.count().max(1);
    ids.truncate(count);
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As it was before: everything in order.
    fn sorted(logits: &[f32], normaliser: f32, how: Sampling) -> Vec<usize> {
        let probability = |id: usize| f64::from(logits[id] - normaliser).exp();
        let mut ids: Vec<usize> = (0..logits.len()).collect();
        ids.sort_by(|a, b| logits[*b].total_cmp(&logits[*a]).then(a.cmp(b)));
        if how.top_k > 0 {
            ids.truncate(how.top_k);
        }
        let kept: f64 = ids.iter().map(|id| probability(*id)).sum();
        let mut sum = 0.0;
        let within = ids.iter().take_while(|id| {
            let before = sum;
            sum += probability(**id);
            before < how.top_p * kept
        });
        let count = within.count().max(1);
        ids.truncate(count);
        ids
    }

    #[test]
    fn a_part_in_order_leaves_what_the_whole_in_order_leaves() {
        let mut stream = Stream::keyed(5, "draw", "", 0);
        for round in 0..24_u32 {
            let vocab = [7, 300, 5000, 20_000][round as usize % 4];
            // Coarse logits make many equals; flat ones need many tokens.
            let (steps, height) = ([8.0, 1e6][round as usize % 2], [0.0, 4.0, 30.0][round as usize % 3]);
            let logits: Vec<f32> =
                (0..vocab).map(|_| ((stream.unit() * steps).floor() / steps * height) as f32).collect();
            let normaliser = normaliser(&logits);
            for top_p in [1e-9, 0.1, 0.5, 0.9, 0.999, 1.0] {
                for top_k in [0, 1, 50, 10_000] {
                    let how = Sampling { group: 1, temperature: 1.0, top_p, top_k, max_tokens: 1 };
                    assert_eq!(
                        likeliest(&logits, normaliser, how),
                        sorted(&logits, normaliser, how),
                        "{vocab} {height} {top_p} {top_k}"
                    );
                }
            }
        }
    }

    #[test]
    fn what_is_no_number_is_drawn_and_so_found() {
        let how = Sampling { group: 1, temperature: 1.0, top_p: 0.9, top_k: 0, max_tokens: 1 };
        let mut logits = vec![0.0_f32; 1000];
        logits[7] = f32::NAN;
        assert_eq!(likeliest(&logits, 1.0, how), sorted(&logits, 1.0, how));
        assert_eq!(best(&[1.0, 3.0, 3.0, 2.0]), 1);
    }
}
