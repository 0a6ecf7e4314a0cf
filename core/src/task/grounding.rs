//! Anomaly grounding (VideoSSR §3.1.1, Figure 3): one segment of the video is perturbed; say from when to when.

use serde::{Deserialize, Serialize};

use super::TaskError;
use crate::perturb::{Kind, Perturbation};
use crate::rng::Stream;
use crate::source::{Source, Timeline};
use crate::time::Interval;

/// A perturbed run of frames.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Segment {
    /// First perturbed frame of the item, from 0.
    pub start: u32,
    /// Number of perturbed frames.
    pub length: u32,
    /// What happens to them.
    pub perturbation: Perturbation,
}

/// Shortest and longest segment for an item of `frames` frames: a sixth and a third, rounded, 8 and 16 of
/// VideoSSR's 48.
#[must_use]
pub fn lengths(frames: u32) -> (u32, u32) {
    (((frames + 3) / 6).max(1), ((2 * frames + 3) / 6).max(1))
}

/// Draws the segment and the perturbation's parameters. `other` is whose frames a swap shows; `compat` draws
/// strengths as the public generator does, anew for each frame.
///
/// # Errors
/// [`TaskError`] when the kind needs something that is not given.
pub fn draw(
    kind: Kind,
    frames: u32,
    other: Option<&Source>,
    compat: bool,
    stream: &mut Stream,
) -> Result<Segment, TaskError> {
    let (short, long) = lengths(frames);
    let length = stream.range(short as i32, long as i32) as u32;
    let start = stream.range(0, frames.saturating_sub(length) as i32) as u32;
    let perturbation = Perturbation::draw(kind, length, other, compat, stream)?;
    Ok(Segment { start, length, perturbation })
}

/// The true interval: from the start of the first perturbed frame to the end of the last.
///
/// Read back from its one-decimal text, because that text is the published ground truth.
#[must_use]
pub fn truth(start: u32, length: u32, timeline: &Timeline) -> Interval {
    let round = |t: f64| format!("{t:.1}").parse().unwrap_or(t);
    Interval { start: round(timeline.edge(start)), end: round(timeline.edge(start + length)) }
}

impl Segment {
    /// The frame after the last perturbed one.
    #[must_use]
    pub fn end(&self) -> u32 {
        self.start.saturating_add(self.length)
    }

    /// Checks the segment against an item of `frames` frames.
    ///
    /// # Errors
    /// [`TaskError`] naming the value at fault.
    pub fn check(&self, frames: u32) -> Result<(), TaskError> {
        let Self { start, length, perturbation } = self;
        if *length == 0 || u64::from(*start) + u64::from(*length) > u64::from(frames) {
            return Err(TaskError(format!(
                "the segment {start}+{length} does not lie within {frames} frames"
            )));
        }
        perturbation.check(*length).map_err(TaskError)
    }
}

/// The timeline with its frames chosen anew where segments play slow or fast: one step forward is `k` times as
/// long inside such a segment as outside, and the whole still ends where it ended (methods §1.2, ours, since no
/// code was published). The law spans the frames that were sampled and not the whole 5 to 95 % of the source, so that
/// the pace outside the segment is not a sign of its own.
///
/// # Errors
/// [`TaskError`] when a slow segment would show fewer than four different frames.
pub fn play_speed(segments: &[&Segment], timeline: &mut Timeline) -> Result<(), TaskError> {
    let speeds: Vec<(&Segment, u64)> = segments
        .iter()
        .filter_map(|s| match s.perturbation {
            Perturbation::Slow { permille } | Perturbation::Fast { permille } => {
                Some((*s, u64::from(permille)))
            }
            _ => None,
        })
        .collect();
    let n = timeline.indices.len();
    let (Some(&first), Some(&last)) = (timeline.indices.first(), timeline.indices.last()) else {
        return Ok(());
    };
    if speeds.is_empty() || n < 2 {
        return Ok(());
    }
    // Step i leads from frame i to frame i + 1; the law's f(s) = s makes step s the segment's first.
    let step = |i: usize| {
        speeds.iter().find(|(s, _)| (s.start..s.end()).contains(&(i as u32))).map_or(1000, |(_, k)| *k)
    };
    let places: Vec<u64> = std::iter::once(0)
        .chain((0..n - 1).scan(0, |sum, i| {
            *sum += step(i);
            Some(*sum)
        }))
        .collect();
    let whole = places[n - 1].max(1);
    let span = u64::from(last - first);
    for (index, place) in timeline.indices.iter_mut().zip(&places) {
        *index = first + ((2 * place * span + whole) / (2 * whole)) as u32;
    }
    for (segment, _) in speeds {
        let shown = &timeline.indices[segment.start as usize..(segment.end() as usize).min(n)];
        let distinct = 1 + shown.windows(2).filter(|w| w[0] != w[1]).count();
        if matches!(segment.perturbation, Perturbation::Slow { .. }) && distinct < 4.min(shown.len()) {
            return Err(TaskError(format!(
                "only {distinct} different frames would be shown in the slow segment {}+{}; the source is too short",
                segment.start, segment.length
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn draws_stay_inside(seed: u64, frames in 9_u32..96) {
            let mut stream = Stream::keyed(seed, "grounding", "", 0);
            let segment = draw(Kind::Shuffle, frames, None, false, &mut stream).expect("needs nothing");
            prop_assert_eq!(segment.check(frames), Ok(()));
            let (short, long) = lengths(frames);
            prop_assert!((short..=long).contains(&segment.length));
        }

        #[test]
        fn speed_keeps_ends_and_order(seed: u64, fast: bool) {
            let kind = if fast { Kind::Fast } else { Kind::Slow };
            let mut stream = Stream::keyed(seed, "grounding", "", 0);
            let segment = draw(kind, 48, None, false, &mut stream).expect("needs nothing");
            let even: Vec<u32> = (0..48).map(|i| 30 + i * 11).collect();
            let mut timeline = Timeline::even(even.clone(), 2.0);
            play_speed(&[&segment], &mut timeline).expect("long enough");
            let shown = &timeline.indices;
            prop_assert!(shown.is_sorted());
            prop_assert_eq!((shown[0], shown[47]), (even[0], even[47]));
            let steps = |a: u32, b: u32| f64::from(shown[b as usize] - shown[a as usize]) / f64::from(b - a);
            let end = segment.end().min(47);
            let inside = steps(segment.start, end);
            let outside = if segment.start >= 8 { steps(0, segment.start) } else { steps(end.min(46), 47) };
            if segment.start >= 8 || end < 40 {
                prop_assert!(if fast { inside > 1.5 * outside } else { inside < 0.7 * outside }, "{inside} {outside}");
            }
        }
    }

    #[test]
    fn the_paper_draws_8_to_16_of_48() {
        assert_eq!(lengths(48), (8, 16));
    }

    #[test]
    fn a_slow_segment_of_a_short_source_is_refused() {
        let perturbation = Perturbation::Slow { permille: 250 };
        let segment = Segment { start: 10, length: 8, perturbation };
        let mut timeline = Timeline::even((0..48).collect(), 2.0);
        let error = play_speed(&[&segment], &mut timeline).expect_err("too short").to_string();
        assert!(error.contains("10+8"), "{error}");
    }
}
