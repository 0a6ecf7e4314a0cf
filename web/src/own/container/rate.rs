//! Frame rates as FFmpeg's readers state them, so that a film has the same rate here as in a dataset.

use scrubjay_core::time::Rate;

/// What a rate's parts may be at most where nothing else is said.
pub(super) const LARGEST: u64 = i32::MAX as u64;

/// The fraction nearest to `num / den` whose parts are at most `most`; nothing where a part is 0.
pub(super) fn reduced(num: u64, den: u64, most: u64) -> Option<Rate> {
    let (mut n, mut d) = (u128::from(num), u128::from(den));
    let most = u128::from(most);
    // Continued fraction: convergents p/q until one is too large.
    let (mut before, mut last) = ((0_u128, 1_u128), (1_u128, 0_u128));
    while d != 0 {
        let whole = n / d;
        let next = (whole * last.0 + before.0, whole * last.1 + before.1);
        if next.0 > most || next.1 > most {
            // As much of the last step as fits, if that is nearer than the step before it.
            let fits = |part: u128, last: u128, before: u128| {
                (most - before).checked_div(last).map_or(part, |most| part.min(most))
            };
            let part = fits(fits(whole, last.0, before.0), last.1, before.1);
            if d * (2 * part * last.1 + before.1) > n * last.1 {
                last = (part * last.0 + before.0, part * last.1 + before.1);
            }
            break;
        }
        (before, last) = (last, next);
        (n, d) = (d, n % d);
    }
    let part = |v: u128| u32::try_from(v).ok().filter(|v| *v > 0);
    Some(Rate { num: part(last.0)?, den: part(last.1)? })
}

/// The usual rate within one in a hundred of `fps`, else `fps` itself: for containers that state none.
pub(super) fn guessed(fps: f64) -> Option<Rate> {
    if !(fps.is_finite() && fps > 0.0) {
        return None;
    }
    // Twelfths of frames a second up to 30, whole ones up to 60, and what television and films use.
    let whole = (1..=360_u64).map(|n| n * 1001).chain((31..=60).chain([80, 120, 240]).map(|n| n * 12_012));
    let named = [24, 30, 60, 12, 15, 48].map(|n: u64| n * 12_000);
    let off = |n: u64| (fps * 12_012.0 / n as f64 - 1.0).abs();
    let near = whole.chain(named).min_by(|a, b| off(*a).total_cmp(&off(*b)));
    match near.filter(|n| off(*n) < 0.01) {
        Some(n) => reduced(n, 12_012, LARGEST),
        None => reduced((fps * 1e6).round().clamp(1.0, 1e15) as u64, 1_000_000, LARGEST),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_are_reduced_and_the_nearest_that_fits_is_found() {
        assert_eq!(reduced(360, 12, LARGEST), Some(Rate { num: 30, den: 1 }));
        // 33.333333 ms and 41.708333 ms, as Matroska writes them.
        assert_eq!(reduced(1_000_000_000, 33_333_333, 30_000), Some(Rate { num: 30, den: 1 }));
        assert_eq!(reduced(1_000_000_000, 41_708_333, 30_000), Some(Rate { num: 24_000, den: 1001 }));
        assert_eq!(reduced(1_000_000_000, 33_366_666, 30_000), Some(Rate { num: 30_000, den: 1001 }));
        assert_eq!(reduced(0, 1, LARGEST), None);
        assert_eq!(reduced(1, 0, LARGEST), None);
        assert!(reduced(u64::MAX, 3, LARGEST).is_some());
    }

    #[test]
    fn a_rate_near_a_usual_one_is_that() {
        assert_eq!(guessed(29.98), Some(Rate { num: 30_000, den: 1001 }));
        assert_eq!(guessed(25.01), Some(Rate { num: 25, den: 1 }));
        assert_eq!(guessed(100.0), Some(Rate { num: 100, den: 1 }));
        assert_eq!(guessed(f64::NAN), None);
    }
}
