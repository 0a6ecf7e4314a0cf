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
    /// The chosen frames, where the contract chooses by time and not by number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub frames: Vec<u32>,
}

impl SourceTimes {
    /// Whether frame numbers over `fps` tell the times as well: nowhere off by more than a tick of at most a millisecond,
    /// which is as fine as the container states them.
    #[must_use]
    pub fn even(&self, fps: f64) -> bool {
        let second = self.rate.fps();
        let off = |(n, t): (usize, &i64)| (*t as f64 / second - n as f64 / fps).abs();
        let bound = (1.0 / second).min(0.001) * 1.001;
        self.ticks.iter().enumerate().all(|e| off(e) <= bound)
    }

    /// How long the source lasts, in seconds.
    #[must_use]
    pub fn duration(&self) -> f64 {
        self.ticks.last().map_or(0.0, |t| *t as f64 / self.rate.fps())
    }

    /// The frame that is shown at an instant, in seconds from the start; the first or last one outside.
    #[must_use]
    pub fn frame_at(&self, seconds: f64) -> u32 {
        let second = self.rate.fps();
        // A hair's breadth, so that an instant computed from a frame's own time finds that frame.
        let after = self.ticks.partition_point(|t| *t as f64 / second <= seconds + 1e-9);
        after.saturating_sub(1).min(self.ticks.len().saturating_sub(2)) as u32
    }

    /// The times of chosen frames; `frames` repeats them if they are to be carried.
    pub(super) fn of(&self, indices: &[u32], frames: Vec<u32>) -> Option<Times> {
        let total = self.ticks.len().checked_sub(1)? as u32;
        let chosen = indices.iter().copied().chain([cell_end(indices, total)]);
        let ticks = chosen.map(|i| self.ticks.get(i as usize).copied()).collect::<Option<_>>()?;
        Some(Times { rate: self.rate, ticks, whole: *self.ticks.last()?, frames })
    }
}

impl Times {
    /// Start of every one of `frames` frames and end of the last, in seconds.
    fn seconds(&self, frames: usize) -> Result<Vec<f64>, &'static str> {
        let Self { rate, ticks, whole, .. } = self;
        let second = rate.fps();
        if second.partial_cmp(&0.0) != Some(std::cmp::Ordering::Greater) {
            return Err("their ticks are not a positive number a second");
        }
        if ticks.len() != frames + 1 {
            return Err("they are not one more than the frames");
        }
        // Frames that are shown twice begin at the same time; the whole still lasts.
        let rising = ticks.windows(2).all(|w| w[0] <= w[1]) && ticks.first() < ticks.last();
        if !rising || ticks.first().is_some_and(|t| *t < 0) || ticks.last() > Some(whole) {
            return Err("they fall, or lie outside the source");
        }
        Ok(ticks.iter().map(|t| *t as f64 / second).collect())
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
    /// When the frames are presented, where the clock is even and the source is not.
    own: Option<Vec<f64>>,
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
        Self { indices, sampling_fps, edges: None, own: None }
    }

    /// Frames at their own times in a source of `total` frames at `fps`.
    pub(super) fn own(indices: Vec<u32>, total: u32, fps: f64) -> Self {
        let end = cell_end(&indices, total);
        let at = indices.iter().chain([&end]).map(|&i| f64::from(i) / fps).collect();
        Self::with(indices, Edges { at, whole: f64::from(total) / fps })
    }

    /// Frames at the presentation times that a recipe carries.
    ///
    /// # Errors
    /// What is wrong with the times.
    pub(super) fn presented(indices: Vec<u32>, times: &Times) -> Result<Self, &'static str> {
        let at = times.seconds(indices.len())?;
        Ok(Self::with(indices, Edges { at, whole: times.whole as f64 / times.rate.fps() }))
    }

    /// The same, told on an even clock: the source's own instants are found by the times that a recipe carries.
    pub(super) fn knowing(self, times: &Times) -> Result<Self, &'static str> {
        let own = times.seconds(self.indices.len())?;
        Ok(Self { own: Some(own), ..self })
    }

    fn with(indices: Vec<u32>, edges: Edges) -> Self {
        let lasts = edges.at.last().copied().unwrap_or(0.0) - edges.at[0];
        let sampling_fps = if lasts > 0.0 { indices.len() as f64 / lasts } else { 0.0 };
        Self { indices, sampling_fps, edges: Some(edges), own: None }
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
        match (&self.edges, &self.own) {
            // An instant is shown at itself, held within the frames.
            (Some(Edges { at, .. }), _) => seconds.max(at[0]).min(at.last().copied().unwrap_or(0.0)),
            (None, Some(own)) => {
                let after = own.partition_point(|t| *t <= seconds);
                let Some(i) = after.checked_sub(1) else { return self.edge(0) };
                let lasts = own.get(i + 1).map_or(0.0, |next| next - own[i]);
                let along = if lasts > 0.0 { ((seconds - own[i]) / lasts).min(1.0) } else { 0.0 };
                let (a, b) = (self.edge(i as u32), self.edge(i as u32 + 1));
                a + (b - a) * along
            }
            (None, None) => self.shown(seconds * fps),
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
