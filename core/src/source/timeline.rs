//! The frames that were chosen, on the clock that the viewer is told.

use serde::{Deserialize, Serialize};

use crate::time::Rate;

/// When every frame of a source is presented, in whole ticks from the first frame's own time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceTimes {
    /// Ticks of a second.
    pub rate: Rate,
    /// Start of every frame, rising from 0, and the end of the last: one more than there are frames.
    pub ticks: Vec<i64>,
}

/// The presentation times of an item's frames, carried in its recipe where the source's rate is not constant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Times {
    /// Ticks of a second.
    pub rate: Rate,
    /// Start of every chosen frame and end of the last, in ticks from the start of the source: one more than frames.
    pub ticks: Vec<i64>,
    /// Length of the whole source in ticks.
    pub whole: i64,
}

impl SourceTimes {
    /// The times of the chosen frames, or nothing where the frame number over `fps` tells them as well: nowhere off by
    /// more than a tick of at most a millisecond, which is as fine as the container states it.
    #[must_use]
    pub fn of(&self, indices: &[u32], fps: f64) -> Option<Times> {
        let (ticks, total) = (&self.ticks, self.ticks.len().checked_sub(1)?);
        let second = self.rate.fps();
        let off = |(n, t): (usize, &i64)| (*t as f64 / second - n as f64 / fps).abs();
        let bound = (1.0 / second).min(0.001) * 1.001;
        if ticks.iter().enumerate().all(|e| off(e) <= bound) {
            return None;
        }
        let end = (cell_end(indices, total as u32) as usize).min(total);
        let at = |i: &usize| ticks.get(*i).copied();
        let chosen = indices.iter().map(|i| *i as usize).chain([end]);
        Some(Times {
            rate: self.rate,
            ticks: chosen.map(|i| at(&i)).collect::<Option<_>>()?,
            whole: *ticks.last()?,
        })
    }
}

/// The frame at which the last chosen one stops being shown: it lasts as long as the longest before it.
fn cell_end(indices: &[u32], total: u32) -> u32 {
    let step = indices.windows(2).map(|w| w[1] - w[0]).max().unwrap_or(1);
    indices.last().map_or(0, |last| last.saturating_add(step).min(total))
}

/// The frames a contract chose from one source.
#[derive(Debug, Clone, PartialEq)]
pub struct Timeline {
    /// Source frame numbers, never falling.
    pub indices: Vec<u32>,
    /// Shown frames per second, on average.
    pub sampling_fps: f64,
    /// Where the clock is not even.
    edges: Option<Edges>,
}

/// Times of a clock that is not even.
#[derive(Debug, Clone, PartialEq)]
struct Edges {
    /// Shown time of every edge: one more than there are frames.
    at: Vec<f64>,
    /// How long the source lasts on that clock.
    whole: f64,
}

impl Timeline {
    /// Frames on an even clock: frame `i` is shown at `i / sampling_fps` seconds.
    #[must_use]
    pub fn even(indices: Vec<u32>, sampling_fps: f64) -> Self {
        Self { indices, sampling_fps, edges: None }
    }

    /// Frames at their own times in a source of `total` frames at `fps`.
    pub(super) fn own(indices: Vec<u32>, total: u32, fps: f64) -> Self {
        let end = cell_end(&indices, total);
        let at = indices.iter().chain([&end]).map(|&i| f64::from(i) / fps).collect();
        Self::with(indices, Edges { at, whole: f64::from(total) / fps })
    }

    /// The same frames at the times that a recipe carries.
    ///
    /// # Errors
    /// One sentence naming what is wrong with the times.
    pub fn timed(self, times: &Times) -> Result<Self, String> {
        let Times { rate, ticks, whole } = times;
        let second = rate.fps();
        if second.partial_cmp(&0.0) != Some(std::cmp::Ordering::Greater) {
            return Err(format!("{}/{} ticks of a second", rate.num, rate.den));
        }
        if ticks.len() != self.indices.len() + 1 {
            return Err(format!("{} times for {} frames, not one more", ticks.len(), self.indices.len()));
        }
        // Frames that are shown twice begin at the same time; the whole still lasts.
        let rising = ticks.windows(2).all(|w| w[0] <= w[1]) && ticks.first() < ticks.last();
        if !rising || ticks.first().is_some_and(|t| *t < 0) || ticks.last() > Some(whole) {
            return Err("the times fall, or lie outside the source".to_owned());
        }
        let at = ticks.iter().map(|t| *t as f64 / second).collect();
        Ok(Self::with(self.indices, Edges { at, whole: *whole as f64 / second }))
    }

    fn with(indices: Vec<u32>, edges: Edges) -> Self {
        let lasts = edges.at.last().copied().unwrap_or(0.0) - edges.at[0];
        let sampling_fps = if lasts > 0.0 { indices.len() as f64 / lasts } else { 0.0 };
        Self { indices, sampling_fps, edges: Some(edges) }
    }

    /// Shown time of an edge (frame `i` begins at edge `i`), in seconds.
    #[must_use]
    pub fn edge(&self, i: u32) -> f64 {
        match &self.edges {
            Some(Edges { at, .. }) => at.get(i as usize).or(at.last()).copied().unwrap_or(0.0),
            None if self.sampling_fps > 0.0 => f64::from(i) / self.sampling_fps,
            None => 0.0,
        }
    }

    /// How long the whole lasts on the shown clock, in seconds: what parts of the whole are parts of.
    #[must_use]
    pub fn duration(&self) -> f64 {
        match &self.edges {
            Some(Edges { whole, .. }) => *whole,
            None => self.edge(self.indices.len() as u32),
        }
    }

    /// Shown time of an instant of the source, given in seconds from its start; `fps` is the source's rate.
    #[must_use]
    pub fn shown_at(&self, seconds: f64, fps: f64) -> f64 {
        match &self.edges {
            // An instant is shown at itself, held within the frames.
            Some(Edges { at, .. }) => seconds.max(at[0]).min(at.last().copied().unwrap_or(0.0)),
            _ => self.shown(seconds * fps),
        }
    }

    /// Shown time of a place in the source, given as a frame number that may lie between frames: linear between
    /// the chosen frames, and held within them.
    #[must_use]
    pub fn shown(&self, place: f64) -> f64 {
        let n = self.indices.len();
        let after = self.indices.partition_point(|&i| f64::from(i) <= place);
        let Some(i) = after.checked_sub(1) else { return self.edge(0) };
        let from = f64::from(self.indices[i]);
        let step = match self.indices.get(i + 1) {
            Some(&next) => f64::from(next) - from,
            // Past the last frame: as long as the frame before it.
            None if n > 1 => from - f64::from(self.indices[n - 2]),
            None => 1.0,
        };
        let along = if step > 0.0 { ((place - from) / step).clamp(0.0, 1.0) } else { 0.0 };
        let (a, b) = (self.edge(i as u32), self.edge(i as u32 + 1));
        a + (b - a) * along
    }
}
