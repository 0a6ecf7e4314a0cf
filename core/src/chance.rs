//! What an answer that never looks at the video earns.
//!
//! Two figures, because the first alone flatters: a policy that learned only the shape of the answers beats
//! random guessing, but not the best constant guess.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::memo::{Known, keep};
use crate::reward::museg;
use crate::rng::Stream;
use crate::scene::{Family, Scene};
use crate::task::counting::Level;
use crate::task::segments::Sought;
use crate::task::{Task, grounding, segments};
use crate::time::Interval;

/// How a figure was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// By a formula or by enumerating every case.
    Exact,
    /// By enumerating a law close to the item's own: another number of frames, or placement that redraws.
    Near,
    /// From many cases drawn with a fixed seed, for events from many scenes; within about 0.02.
    Simulated,
    /// There is no law of answers to guess from: nothing is what a blind answer earns.
    None,
}

/// Expected scores without seeing, under the task's own reward ([`crate::item::Truth::score`]).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Chance {
    /// Of a valid answer drawn from the task's own law, independent of the truth.
    pub random: f64,
    /// Of the one fixed answer that does best on average over that law. For multiple choice a fixed letter: what the
    /// words of question and options give away is not in it.
    pub blind: f64,
    /// How they were found.
    pub how: How,
}

impl Chance {
    fn or_near(self, exact: bool) -> Self {
        Self { how: if exact { self.how } else { How::Near }, ..self }
    }

    fn exact(random: f64, blind: f64) -> Self {
        Self { random, blind, how: How::Exact }
    }
}

/// What decides a chance level: many items share one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Law {
    Grounding { frames: u32, exact: bool },
    Counting { level: Level, exact: bool },
    Jigsaw { clips: usize },
    Masked { missing: usize, candidates: usize },
    Tampered { frames: u32 },
    Spans { count: usize },
    Part,
    Elements,
    Letter { options: usize },
}

impl Law {
    fn of(task: &Task, frames: u32) -> Self {
        match task {
            Task::Grounding(_) => Self::Grounding { frames: frames.min(FINEST), exact: frames <= FINEST },
            Task::Counting { level, .. } => Self::Counting { level: *level, exact: frames >= 48 },
            Task::Jigsaw { order } => Self::Jigsaw { clips: order.len() },
            Task::Masked(m) => Self::Masked { missing: m.targets.len(), candidates: m.candidates.len() },
            Task::Segments(Sought::Tampered(_)) => Self::Tampered { frames: frames.min(FINEST) },
            Task::Segments(Sought::Event { spans, .. }) => Self::Spans { count: spans.len().clamp(1, 16) },
            Task::Event { .. } => Self::Part,
            Task::Elements { .. } => Self::Elements,
            Task::Qa { options, .. } => Self::Letter { options: options.len() },
        }
    }

    fn chance(self) -> Chance {
        match self {
            Self::Grounding { frames, exact } => grounding_chance(frames).or_near(exact),
            Self::Counting { level, exact } => counting_chance(level).or_near(exact),
            Self::Jigsaw { clips } => jigsaw_chance(clips),
            Self::Masked { missing, candidates } => masked_chance(missing, candidates),
            Self::Tampered { frames } => tampered_chance(frames),
            Self::Spans { count } => spans_chance(count),
            Self::Part => ratio_chance(),
            Self::Elements => Chance { random: 0.0, blind: 0.0, how: How::None },
            // The options are shuffled: no letter is likelier than another.
            Self::Letter { options } => {
                let one = 1.0 / options.max(1) as f64;
                Chance::exact(one, one)
            }
        }
    }
}

/// The chance levels of a task on items of `frames` frames, averaged over all its truths. Worked out once for each law
/// and kept.
#[must_use]
pub fn of(task: &Task, frames: u32) -> Chance {
    static KNOWN: Known<Law, Chance> = Known::new(BTreeMap::new());
    keep(&KNOWN, Law::of(task, frames), |law| law.chance())
}

/// Frames up to which the figures are exact.
const FINEST: u32 = 64;

/// By enumeration over every segment the task can draw. The figures hardly depend on how finely time is cut, so
/// items of more than [`FINEST`] frames are counted as if they had that many.
fn grounding_chance(frames: u32) -> Chance {
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
    Chance::exact(random, blind)
}

/// Each shape's count is the sum of one to `most` draws from one to `most`; the three are independent and alike.
/// Exact for 48 frames and strict placement, but for the few draws that find no place and are drawn anew (0.5 % of hard
/// ones); with fewer frames more are.
fn counting_chance(level: Level) -> Chance {
    let most = level.most() as usize;
    let mut law = vec![0.0; most * most + 1];
    for groups in 1..=most {
        let mut sum = vec![1.0];
        for _ in 0..groups {
            let mut next = vec![0.0; sum.len() + most];
            for (total, p) in sum.iter().enumerate() {
                (1..=most).for_each(|n| next[total + n] += p / most as f64);
            }
            sum = next;
        }
        sum.iter().enumerate().for_each(|(total, p)| law[total] += p / most as f64);
    }
    let expected = |said: usize| -> f64 {
        let worth = |y: usize| (1.0 - said.abs_diff(y) as f64 / y as f64).max(0.0);
        law.iter().enumerate().skip(1).map(|(y, p)| p * worth(y)).sum()
    };
    let random = law.iter().enumerate().skip(1).map(|(said, p)| p * expected(said)).sum();
    Chance::exact(random, (1..law.len()).map(expected).fold(0.0, f64::max))
}

/// The footrule of a uniform permutation of `n` is `(n² − 1) / 3` on average, against any fixed answer.
fn jigsaw_chance(n: usize) -> Chance {
    let worst = (n * n / 2).max(1) as f64;
    let random = 1.0 - ((n * n).saturating_sub(1) as f64 / 3.0) / worst;
    Chance::exact(random, random)
}

/// A choice of `m` of `n` candidates holds each right one with probability `m / n`, in its place with `1 / n`; the
/// candidates are shuffled, so every fixed answer does as well.
fn masked_chance(m: usize, n: usize) -> Chance {
    let (m, n) = (m as f64, (n as f64).max(1.0));
    let random = 0.5 * m / n + 0.5 / n;
    Chance::exact(random, random)
}

/// Of truths drawn from a law: the mean over pairs of them, and the best mean of one guess, among the truths and
/// `guesses`.
fn among(
    truths: &[Vec<[f64; 2]>],
    guesses: &[Vec<[f64; 2]>],
    score: impl Fn(&[[f64; 2]], &[[f64; 2]]) -> f64,
) -> Chance {
    if truths.len() < 20 {
        return Chance { random: 0.0, blind: 0.0, how: How::None };
    }
    let mean = |guess: &[[f64; 2]]| truths.iter().map(|t| score(guess, t)).sum::<f64>() / truths.len() as f64;
    let drawn: Vec<f64> = truths.iter().take(200).map(|t| mean(t)).collect();
    let random = drawn.iter().sum::<f64>() / drawn.len() as f64;
    let blind = guesses.iter().map(|g| mean(g)).chain(drawn).fold(0.0, f64::max);
    Chance { random, blind, how: How::Simulated }
}

fn matching(guess: &[[f64; 2]], truth: &[[f64; 2]]) -> f64 {
    museg::match_segments(guess, truth) / museg::MATCH_MAX
}

fn tampered_chance(frames: u32) -> Chance {
    let mut stream = Stream::keyed(0, "chance", "tampered", 0);
    let kind = crate::perturb::Kind::Mirror;
    let whole = f64::from(frames.max(1));
    let truths: Vec<Vec<[f64; 2]>> = (0..1_500)
        .filter_map(|_| match segments::draw_tampered(kind, frames, None, &mut stream) {
            Ok(Sought::Tampered(list)) => {
                Some(list.iter().map(|s| [s.start, s.end()].map(|f| f64::from(f) / whole)).collect())
            }
            _ => None,
        })
        .collect();
    among(&truths, &[vec![[0.0, 1.0]]], matching)
}

/// When the events of many scenes happen, kind by kind, as parts of the whole; those that happen `count` times.
fn logged(count: usize) -> Vec<Vec<[f64; 2]>> {
    const FRAMES: u32 = 600;
    let mut all: Vec<Vec<[f64; 2]>> = Vec::new();
    for seed in 0..60 {
        for family in Family::ALL {
            let mut kinds: BTreeMap<&str, Vec<[f64; 2]>> = BTreeMap::new();
            for event in Scene::new(family, seed, FRAMES).events() {
                let part = [event.from, event.to].map(|f| f64::from(f) / f64::from(FRAMES));
                kinds.entry(event.kind).or_default().push(part);
            }
            all.extend(kinds.into_values().filter(|spans| spans.len() == count));
        }
    }
    Stream::keyed(0, "chance", "logged", 0).shuffle(&mut all);
    all.truncate(1_500);
    all
}

fn spans_chance(count: usize) -> Chance {
    among(&logged(count), &[vec![[0.0, 1.0]]], matching)
}

fn ratio_chance() -> Chance {
    let iou = |a: &[[f64; 2]], b: &[[f64; 2]]| {
        let interval = |s: [f64; 2]| Interval { start: s[0], end: s[1] };
        interval(a[0]).iou(interval(b[0]))
    };
    let grid = |i: i32| f64::from(i) / 20.0;
    let guesses: Vec<Vec<[f64; 2]>> =
        (0..20).flat_map(|s| (s + 1..=20).map(move |e| vec![[grid(s), grid(e)]])).collect();
    among(&logged(1), &guesses, iou)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::item::Truth;
    use crate::link;
    use crate::perturb::Kind;
    use crate::recipe::Size;
    use crate::source::Timeline;
    use crate::task::{TaskName, counting, jigsaw};

    /// The exact figures against drawing two independent items many times.
    #[test]
    fn chance_levels_agree_with_simulation() {
        let mut stream = Stream::keyed(1, "chance", "", 0);
        let timeline = Timeline::even(Vec::new(), 1.0);
        let source = link::recipe(TaskName::Jigsaw, 1).expect("draws").source;
        let mut agree = |frames: u32, cases: u32, question: fn(&mut Stream) -> Task| {
            let chance = of(&question(&mut stream), frames);
            let mut truth = || Truth::of(&question(&mut stream), &source, &timeline);
            let sum: f64 = (0..cases).map(|_| truth().score(&truth().text()).total).sum();
            let simulated = sum / f64::from(cases);
            let near = if chance.how == How::Exact { 0.008 } else { 0.02 };
            assert!((chance.random - simulated).abs() < near, "{chance:?} {simulated}");
            chance
        };
        agree(48, 40_000, |s| {
            Task::Grounding(grounding::draw(Kind::Mirror, 48, None, false, s).expect("draws"))
        });
        let six = agree(48, 40_000, |s| jigsaw::draw(6, s));
        assert!((six.random - 0.352).abs() < 5e-4);
        let eight = agree(48, 40_000, |s| jigsaw::draw(8, s));
        assert!((eight.random - 0.344).abs() < 5e-4);
        agree(48, 3_000, |s| {
            let (level, size) = (Level::Easy, Size { width: 64, height: 64 });
            Task::Counting { level, groups: counting::draw(level, 48, size, false, s).expect("draws") }
        });
        // Events of scenes that the figures were not made from.
        let part = ratio_chance();
        let spans: Vec<Interval> = (5_000..5_400)
            .filter_map(|seed| match link::recipe(TaskName::Event, seed).ok()?.task {
                Task::Event { span, .. } => {
                    let [start, end] = span.map(|ms| f64::from(ms) / 24_000.0);
                    Some(Interval { start, end })
                }
                _ => None,
            })
            .collect();
        let mean = spans.windows(2).map(|w| w[0].iou(w[1])).sum::<f64>() / (spans.len() - 1) as f64;
        assert!((part.random - mean).abs() < 0.03 && part.blind > part.random, "{part:?} {mean}");
        agree(48, 8_000, |s| {
            Task::Segments(segments::draw_tampered(Kind::Mirror, 48, None, s).expect("draws"))
        });
        assert!((masked_chance(4, 8).random - 0.3125).abs() < 1e-12);
    }

    #[test]
    fn the_best_blind_guess_beats_a_random_one() {
        let c = grounding_chance(48);
        assert!(c.blind > c.random && c.blind < 0.5, "{c:?}");
        for level in Level::ALL {
            let c = counting_chance(level);
            assert!(c.blind > c.random && c.blind < 0.9, "{c:?}");
        }
    }
}
