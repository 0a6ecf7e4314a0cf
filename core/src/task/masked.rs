//! Masked segment prediction (MVP, arXiv 2601.03781): a run of key frames is taken out of a video and mixed with
//! distractors of the same neighbourhood; say which frames are missing, in order.
//!
//! The synthesis follows what is known of the paper: a fixed rate, a random start, frames too like the last kept
//! one passed over, a run masked, distractors from around it. No number is public; ours are in methods §2.2.

use serde::{Deserialize, Serialize};

use super::TaskError;
use crate::rng::Stream;
use crate::similarity::Similarity;

/// How much is shown, hidden and mixed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    /// Key frames in all, `N`.
    pub frames: u32,
    /// Masked ones among them, `m`.
    pub masked: u32,
    /// Distractors, `l`.
    pub distractors: u32,
    /// Two frames are alike above this many thousandths of similarity, `κ`.
    pub kappa: u32,
}

impl Default for Shape {
    fn default() -> Self {
        Self { frames: 16, masked: 4, distractors: 4, kappa: 900 }
    }
}

/// Context frames on either side of the gap, at least.
pub const CONTEXT: u32 = 2;
/// Width of the neighbourhood on either side of the gap, seconds; widened by as much until enough is found.
pub const NEIGHBOURHOOD: u32 = 8;

/// The frames of an item, as places in the sampled pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Masked {
    /// Context before the gap, rising.
    pub before: Vec<u32>,
    /// Context after the gap, rising.
    pub after: Vec<u32>,
    /// Candidates in the order they are shown.
    pub candidates: Vec<u32>,
    /// Which candidates, from 0, belong into the gap, in playing order.
    pub targets: Vec<u8>,
}

impl Shape {
    /// Checks the numbers.
    ///
    /// # Errors
    /// [`TaskError`] naming the value at fault.
    pub fn check(&self) -> Result<(), TaskError> {
        let Self { frames, masked, distractors, kappa } = *self;
        if masked == 0 || u64::from(masked) + u64::from(distractors) > 26 {
            return Err(TaskError(format!(
                "{masked} masked frames and {distractors} distractors, not 1 to 26 in all"
            )));
        }
        if frames > 256 || frames < masked + 2 * CONTEXT {
            return Err(TaskError(format!(
                "{frames} key frames cannot hold {masked} masked ones with {CONTEXT} on either side (and 256 are the most)"
            )));
        }
        if kappa > 1000 {
            return Err(TaskError(format!("kappa {kappa} is above 1000 thousandths")));
        }
        Ok(())
    }
}

/// Draws an item from a pool of frames taken at `rate` per second of the source. Where `κ` leaves too few frames, the
/// 90th percentile of neighbouring frames' similarities takes its place, so that calm videos are not lost.
///
/// The chain of key frames is longer than the item by the number of distractors: these are key frames, too, taken
/// out of the context near the gap. A frame that was passed over would not do, since it is like the frame that was
/// kept before it, and could be told from the missing ones by being like the context.
///
/// # Errors
/// [`TaskError`] when the pool has too few different frames, whatever the threshold.
pub fn draw(
    shape: Shape,
    pool: &dyn Similarity,
    rate: u32,
    stream: &mut Stream,
) -> Result<Masked, TaskError> {
    shape.check()?;
    let strict = f64::from(shape.kappa) / 1000.0;
    let mut neighbours: Vec<f64> = (1..pool.len()).map(|i| pool.similarity(i - 1, i)).collect();
    neighbours.sort_by(f64::total_cmp);
    // Equal frames stay alike, or a still would pass.
    let loose = neighbours.get(neighbours.len() * 9 / 10).map_or(strict, |s| s.min(0.999));
    for kappa in [strict, loose] {
        let mut starts: Vec<u32> = (0..pool.len() as u32).collect();
        stream.shuffle(&mut starts);
        for start in starts {
            let Some(chain) = chain(shape, pool, kappa, start) else { continue };
            let masked = shape.masked as usize;
            let last = chain.len() - masked - CONTEXT as usize;
            let first = stream.range(CONTEXT as i32, last as i32) as usize;
            if let Some(wrong) = distractors(shape, pool, kappa, rate, &chain, first, stream) {
                return Ok(arrange(&chain, first, masked, &wrong, stream));
            }
        }
    }
    Err(TaskError(format!(
        "the video has too few different frames: {} sampled, {} key frames and {} distractors wanted",
        pool.len(),
        shape.frames,
        shape.distractors
    )))
}

/// The key frames from `start` on: each unlike the one kept before it.
fn chain(shape: Shape, pool: &dyn Similarity, kappa: f64, start: u32) -> Option<Vec<u32>> {
    let wanted = (shape.frames + shape.distractors) as usize;
    let mut chain = vec![start];
    for next in start + 1..pool.len() as u32 {
        if chain.len() == wanted {
            break;
        }
        let current = chain[chain.len() - 1];
        if pool.similarity(current as usize, next as usize) <= kappa {
            chain.push(next);
        }
    }
    (chain.len() == wanted).then_some(chain)
}

/// Key frames near the gap, unlike every target and each other, so that no label is ambiguous; on either side enough
/// stay as context, those next to the gap among them.
fn distractors(
    shape: Shape,
    pool: &dyn Similarity,
    kappa: f64,
    rate: u32,
    chain: &[u32],
    first: usize,
    stream: &mut Stream,
) -> Option<Vec<u32>> {
    let masked = shape.masked as usize;
    let targets = &chain[first..first + masked];
    let (before, after) = (&chain[..first - 1], &chain[first + masked + 1..]);
    let step = NEIGHBOURHOOD.saturating_mul(rate.max(1));
    let mut reach = step;
    loop {
        let (low, high) = (chain[first].saturating_sub(reach), targets[masked - 1].saturating_add(reach));
        let mut near: Vec<u32> =
            before.iter().chain(after).copied().filter(|c| (low..=high).contains(c)).collect();
        let all = near.len() == before.len() + after.len();
        stream.shuffle(&mut near);
        let mut chosen: Vec<u32> = Vec::new();
        for candidate in near {
            let alike = |other: &u32| pool.similarity(candidate as usize, *other as usize) > kappa;
            let side = if candidate < targets[0] { before } else { after };
            let left = side.iter().filter(|c| !chosen.contains(c)).count();
            let spare = left as u32 > CONTEXT - 1;
            if chosen.len() < shape.distractors as usize && spare && !targets.iter().chain(&chosen).any(alike)
            {
                chosen.push(candidate);
            }
        }
        if chosen.len() == shape.distractors as usize {
            return Some(chosen);
        }
        if all {
            return None;
        }
        reach = reach.saturating_add(step);
    }
}

fn arrange(chain: &[u32], first: usize, masked: usize, wrong: &[u32], stream: &mut Stream) -> Masked {
    let targets = &chain[first..first + masked];
    let mut candidates: Vec<u32> = targets.iter().chain(wrong).copied().collect();
    stream.shuffle(&mut candidates);
    let place = |t: &u32| candidates.iter().position(|c| c == t).unwrap_or(0) as u8;
    let context = |part: &[u32]| part.iter().copied().filter(|c| !wrong.contains(c)).collect();
    Masked {
        before: context(&chain[..first]),
        after: context(&chain[first + masked..]),
        targets: targets.iter().map(place).collect(),
        candidates,
    }
}

impl Masked {
    /// The answer: labels of the missing frames, from 1, in playing order.
    #[must_use]
    pub fn truth(&self) -> Vec<u32> {
        self.targets.iter().map(|t| u32::from(*t) + 1).collect()
    }

    /// Every place of the pool that is shown: context, then candidates.
    #[must_use]
    pub fn places(&self) -> Vec<u32> {
        [&self.before[..], &self.after, &self.candidates].concat()
    }

    pub(super) fn check(&self) -> Result<(), TaskError> {
        let mut places = self.places();
        places.sort_unstable();
        if let Some(w) = places.windows(2).find(|w| w[0] == w[1]) {
            return Err(TaskError(format!("frame {} is shown twice", w[0])));
        }
        if self.before.is_empty()
            || self.after.is_empty()
            || !self.before.is_sorted()
            || !self.after.is_sorted()
        {
            return Err(TaskError(
                "the context must have frames before and after the gap, in order".to_owned(),
            ));
        }
        if self.candidates.len() > 26 || self.targets.is_empty() {
            return Err(TaskError(format!("{} candidates, not 1 to 26", self.candidates.len())));
        }
        let source: Option<Vec<u32>> =
            self.targets.iter().map(|t| self.candidates.get(usize::from(*t)).copied()).collect();
        let gap = (self.before[self.before.len() - 1], self.after[0]);
        match source {
            Some(s) if s.windows(2).all(|w| w[0] < w[1]) && s.iter().all(|p| (gap.0..gap.1).contains(p)) => {
                Ok(())
            }
            _ => Err(TaskError(format!("the targets {:?} are not frames of the gap in order", self.targets))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Frames on a line: alike when closer than one unit.
    #[derive(Debug)]
    struct Line(Vec<f64>);

    impl Similarity for Line {
        fn len(&self) -> usize {
            self.0.len()
        }

        fn similarity(&self, a: usize, b: usize) -> f64 {
            1.0 - 0.1 * (self.0[a] - self.0[b]).abs()
        }
    }

    proptest! {
        #[test]
        fn sets_are_disjoint_and_the_truth_is_in_order(seed: u64, steps in prop::collection::vec(0.3..3.0, 60..120)) {
            let pool = Line(steps.iter().scan(0.0, |x, s| { *x += s; Some(*x) }).collect());
            let shape = Shape::default();
            let item = draw(shape, &pool, 1, &mut Stream::keyed(seed, "masked", "", 0)).expect("varied");
            prop_assert_eq!(item.check(), Ok(()));
            prop_assert_eq!(item.places().len(), 20);
            prop_assert_eq!(item.truth().len(), 4);
            prop_assert!(item.before.len() >= 2 && item.after.len() >= 2);
            let source: Vec<u32> = item.truth().iter().map(|l| item.candidates[*l as usize - 1]).collect();
            prop_assert!(source.windows(2).all(|w| w[0] < w[1]));
            let mut chain = item.places();
            chain.sort_unstable();
            for w in chain.windows(2) {
                prop_assert!(pool.similarity(w[0] as usize, w[1] as usize) <= 0.9 + 1e-12);
            }
            for d in item.candidates.iter().filter(|c| !source.contains(c)) {
                prop_assert!(source.iter().all(|t| pool.similarity(*t as usize, *d as usize) <= 0.9 + 1e-12));
            }
        }
    }

    /// Choosing the candidates that look least like the context needs no sense of time: it must not pay.
    #[test]
    fn the_odd_ones_out_are_not_the_missing_ones() {
        use crate::similarity::{SMALL, Thumbnails};
        let (mut right, mut all) = (0, 0);
        for family in crate::scene::Family::ALL {
            for seed in 0..12 {
                let scene = crate::scene::Scene::new(family, seed, 960);
                let frames: Vec<_> = (0..80).map(|i| scene.draw(i * 12, SMALL.0, SMALL.1)).collect();
                let pool = Thumbnails::new(&frames);
                let Ok(item) =
                    draw(Shape::default(), &pool, 2, &mut Stream::keyed(seed, "m", family.name(), 0))
                else {
                    continue;
                };
                let context = [&item.before[..], &item.after].concat();
                let nearest = |c: u32| {
                    context.iter().map(|k| pool.similarity(c as usize, *k as usize)).fold(-9.0, f64::max)
                };
                let mut ranked: Vec<usize> = (0..item.candidates.len()).collect();
                ranked.sort_by(|a, b| nearest(item.candidates[*a]).total_cmp(&nearest(item.candidates[*b])));
                right += ranked[..4].iter().filter(|c| item.targets.contains(&(**c as u8))).count();
                all += 4;
            }
        }
        let share = f64::from(right as u32) / f64::from(all);
        println!("{share} of {all}");
        assert!(all > 200 && share < 0.68, "{share} of {all}");
    }

    #[test]
    fn a_still_video_is_refused_and_a_calm_one_is_not() {
        let still = Line(vec![0.0; 100]);
        assert!(draw(Shape::default(), &still, 1, &mut Stream::keyed(0, "", "", 0)).is_err());
        let calm = Line((0..100).map(|i| f64::from(i) * 0.2 + f64::from(i % 7) * 0.05).collect());
        assert!(draw(Shape::default(), &calm, 1, &mut Stream::keyed(0, "", "", 0)).is_ok());
    }
}
