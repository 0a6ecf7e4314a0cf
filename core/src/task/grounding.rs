//! Anomaly grounding (VideoSSR §3.1.1, Figure 3): one segment of the video is perturbed; say from when to when.

use super::Task;
use crate::perturb::{DrawError, Kind, Perturbation};
use crate::rng::Stream;
use crate::source::Timeline;
use crate::time::Interval;

/// Shortest and longest segment for an item of `frames` frames: a sixth and a third, rounded, 8 and 16 of
/// VideoSSR's 48.
#[must_use]
pub fn lengths(frames: u32) -> (u32, u32) {
    (((frames + 3) / 6).max(1), ((2 * frames + 3) / 6).max(1))
}

/// Draws the segment and the perturbation's parameters.
///
/// # Errors
/// [`DrawError`] for a perturbation that needs more than the frames of one source.
pub fn draw(kind: Kind, frames: u32, stream: &mut Stream) -> Result<Task, DrawError> {
    let (short, long) = lengths(frames);
    let length = stream.range(short as i32, long as i32) as u32;
    let start = stream.range(0, frames.saturating_sub(length) as i32) as u32;
    let perturbation = Perturbation::draw(kind, length, None, false, stream)?;
    Ok(Task::Grounding { start, length, perturbation })
}

/// The true interval: from the start of the first perturbed frame to the end of the last.
///
/// Read back from its one-decimal text, because that text is the published ground truth.
#[must_use]
pub fn truth(start: u32, length: u32, timeline: &Timeline) -> Interval {
    let round = |t: f64| format!("{t:.1}").parse().unwrap_or(t);
    Interval { start: round(timeline.edge(start)), end: round(timeline.edge(start + length)) }
}

pub(super) fn check(start: u32, length: u32, perturbation: &Perturbation, frames: u32) -> Result<(), String> {
    if length == 0 || u64::from(start) + u64::from(length) > u64::from(frames) {
        return Err(format!("the segment {start}+{length} does not lie within {frames} frames"));
    }
    perturbation.check(length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn draws_stay_inside(seed: u64, frames in 9_u32..96) {
            let mut stream = Stream::keyed(seed, "grounding", "", 0);
            let task = draw(Kind::Shuffle, frames, &mut stream).expect("draws");
            prop_assert_eq!(task.check(frames), Ok(()));
            let Task::Grounding { length, .. } = task else { unreachable!() };
            let (short, long) = lengths(frames);
            prop_assert!((short..=long).contains(&length));
        }
    }

    #[test]
    fn the_paper_draws_8_to_16_of_48() {
        assert_eq!(lengths(48), (8, 16));
    }
}
