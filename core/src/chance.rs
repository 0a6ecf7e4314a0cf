//! What an answer that never looks at the video earns.
//!
//! Two figures, because the first alone flatters: a policy that learned only the shape of the answers beats
//! random guessing, but not the best constant guess.

use crate::task::{Task, TaskName, grounding};
use crate::time::Interval;

/// Expected scores without seeing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Chance {
    /// Of a valid answer drawn from the task's own law, independent of the truth; exact.
    pub random: f64,
    /// Of the one fixed answer that does best on average over that law; exact.
    pub blind: f64,
}

/// The chance levels of a task on items of `frames` frames, averaged over all its truths.
#[must_use]
pub fn of(task: &Task, frames: u32) -> Chance {
    match task {
        Task::Grounding { .. } => grounding_chance(frames),
        Task::Jigsaw { order } => jigsaw_chance(order.len()),
    }
}

/// As [`of`], by name and number of clips.
#[must_use]
pub fn of_name(task: TaskName, frames: u32, clips: usize) -> Chance {
    match task {
        TaskName::Grounding => grounding_chance(frames),
        TaskName::Jigsaw => jigsaw_chance(clips),
    }
}

/// Frames up to which the figures are exact.
const FINEST: u32 = 64;

/// By enumeration over every segment the task can draw. The figures hardly depend on how finely time is cut, so
/// items of more than [`FINEST`] frames are counted as if they had that many.
fn grounding_chance(frames: u32) -> Chance {
    let frames = frames.min(FINEST);
    let (short, long) = grounding::lengths(frames);
    let segments: Vec<(u32, u32, f64)> = (short..=long)
        .flat_map(|length| {
            let starts = frames - length + 1;
            let weight = 1.0 / (f64::from(long - short + 1) * f64::from(starts));
            (0..starts).map(move |start| (start, length, weight))
        })
        .collect();
    let interval =
        |start: u32, length: u32| Interval { start: f64::from(start), end: f64::from(start + length) };
    let expected = |guess: Interval| -> f64 {
        segments.iter().map(|&(s, l, weight)| weight * guess.iou(interval(s, l))).sum()
    };
    let random = segments.iter().map(|&(s, l, weight)| weight * expected(interval(s, l))).sum();
    let blind = (0..frames)
        .flat_map(|s| (1..=frames - s).map(move |l| (s, l)))
        .map(|(s, l)| expected(interval(s, l)))
        .fold(0.0, f64::max);
    Chance { random, blind }
}

/// The footrule of a uniform permutation of `n` is `(n² − 1) / 3` on average, against any fixed answer.
fn jigsaw_chance(n: usize) -> Chance {
    let worst = (n * n / 2).max(1) as f64;
    let random = 1.0 - ((n * n).saturating_sub(1) as f64 / 3.0) / worst;
    Chance { random, blind: random }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::item::Truth;
    use crate::perturb::Kind;
    use crate::rng::Stream;
    use crate::source::Timeline;
    use crate::task::jigsaw;

    /// The exact figures against drawing two independent items many times.
    #[test]
    fn chance_levels_agree_with_simulation() {
        let mut stream = Stream::keyed(1, "chance", "", 0);
        let timeline = Timeline { indices: Vec::new(), sampling_fps: 1.0 };
        let mut truth = |question: fn(&mut Stream) -> Task| Truth::of(&question(&mut stream), &timeline);
        let mut simulate = |question: fn(&mut Stream) -> Task| {
            let n = 40_000;
            (0..n).map(|_| truth(question).score(&truth(question).text()).total).sum::<f64>() / f64::from(n)
        };
        let grounding = simulate(|s| grounding::draw(Kind::Mirror, 48, s).expect("draws"));
        assert!((of_name(TaskName::Grounding, 48, 0).random - grounding).abs() < 0.005, "{grounding}");
        let six = simulate(|s| jigsaw::draw(6, s));
        assert!((of_name(TaskName::Jigsaw, 48, 6).random - six).abs() < 0.005, "{six}");
        assert!((of_name(TaskName::Jigsaw, 48, 6).random - 0.352).abs() < 5e-4);
        assert!((of_name(TaskName::Jigsaw, 48, 8).random - 0.344).abs() < 5e-4);
        assert!((of_name(TaskName::Jigsaw, 16, 4).random - 0.375).abs() < 1e-12);
    }

    #[test]
    fn the_best_blind_guess_beats_a_random_one() {
        let c = of_name(TaskName::Grounding, 48, 0);
        assert!(c.blind > c.random && c.blind < 0.5, "{c:?}");
        println!("{c:?}");
    }
}
