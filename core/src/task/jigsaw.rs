//! Temporal jigsaw (VideoSSR §3.1.3, eq. 2–3, Figure 5): clips in shuffled order; say the right one.

use super::{Task, TaskError};
use crate::rng::Stream;

/// How many clips a jigsaw may have: one digit each.
pub const CLIPS: std::ops::RangeInclusive<u32> = 2..=9;

/// Draws the order; the identity may come up, as in the paper.
#[must_use]
pub fn draw(clips: u32, stream: &mut Stream) -> Task {
    Task::Jigsaw { order: stream.permutation(clips as usize) }
}

/// The answer string: digit `j` is the place (from 1) where original clip `j` is shown, so reading it from
/// left to right gives the places in playing order.
#[must_use]
pub fn truth(order: &[u8]) -> String {
    (0..order.len())
        .map(|clip| {
            let place = order.iter().position(|&c| usize::from(c) == clip).unwrap_or(0);
            char::from_digit(place as u32 + 1, 10).unwrap_or('?')
        })
        .collect()
}

pub(super) fn check(order: &[u8], frames: u32) -> Result<(), TaskError> {
    if !u32::try_from(order.len()).is_ok_and(|n| CLIPS.contains(&n)) {
        return Err(TaskError(format!("a jigsaw has 2 to 9 clips, not {}", order.len())));
    }
    if !(frames as usize).is_multiple_of(order.len()) {
        return Err(TaskError(format!("{frames} frames cannot be cut into {} equal clips", order.len())));
    }
    check_permutation(order).map_err(TaskError)
}

pub(crate) fn check_permutation(order: &[u8]) -> Result<(), String> {
    let mut sorted = order.to_vec();
    sorted.sort_unstable();
    if sorted.iter().enumerate().all(|(i, &v)| i == usize::from(v)) {
        Ok(())
    } else {
        Err(format!("{order:?} is not a permutation of 0..{}", order.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn playing_the_answer_restores_the_source(seed: u64, n in 2_u32..=9) {
            let Task::Jigsaw { order } = draw(n, &mut Stream::keyed(seed, "jigsaw", "", 0)) else { unreachable!() };
            let played: Vec<u8> = truth(&order)
                .chars()
                .map(|c| order[c.to_digit(10).expect("a digit") as usize - 1])
                .collect();
            prop_assert!(played.is_sorted());
        }
    }
}
