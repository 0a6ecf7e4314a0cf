//! Spans of a film's time as an answer can say them: where their edges can lie, how they are read, written and compared.
//!
//! Apart from what is drawn, so that it is tested without a browser. What an answer earns is core's business; here is only
//! told which seconds of it were right.

use std::fmt::Write as _;

/// The most spans that one answer may have.
pub const MOST: usize = 8;

/// A span between two places, `start < end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// Number of the place where it begins.
    pub start: usize,
    /// Number of the place where it ends.
    pub end: usize,
}

/// One of a span's two ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Where it begins.
    Start,
    /// Where it ends.
    End,
}

/// Why what somebody typed is no time of the film.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Typed {
    /// No number.
    #[error("not a number of seconds")]
    Number,
    /// Before the film or after it.
    #[error("outside the film")]
    Outside,
}

/// Where the edges of an answer can lie: where frames begin, and the end of the last one.
///
/// An answer is a text with a fixed number of decimals. Edges that it cannot tell apart (frames closer than that, frames
/// that are shown twice) are one place, so that places and texts correspond one to one and a step always changes the answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Places {
    /// Shown time of each, seconds, as the text says it; rising.
    at: Vec<f64>,
    /// The first edge that lies there.
    edges: Vec<usize>,
    /// How many frames there are.
    frames: usize,
    decimals: usize,
}

impl Places {
    /// The places of a film whose frames begin at `edges` (shown seconds, never falling; the last is the end of the last
    /// frame), for answers with so many decimals.
    #[must_use]
    pub fn new(edges: &[f64], decimals: usize) -> Self {
        let (mut at, mut first): (Vec<f64>, Vec<usize>) = (Vec::new(), Vec::new());
        for (i, edge) in edges.iter().enumerate() {
            let Some(seconds) = format!("{edge:.decimals$}").parse().ok().filter(|s: &f64| s.is_finite())
            else {
                continue;
            };
            if at.last().is_none_or(|last| *last < seconds) {
                at.push(seconds);
                first.push(i);
            }
        }
        Self { at, edges: first, frames: edges.len().saturating_sub(1), decimals }
    }

    /// The number of the last place.
    #[must_use]
    pub fn last(&self) -> usize {
        self.at.len().saturating_sub(1)
    }

    /// Shown seconds of a place; of the last one past the end.
    #[must_use]
    pub fn seconds(&self, place: usize) -> f64 {
        self.at.get(place).or(self.at.last()).copied().unwrap_or(0.0)
    }

    /// A time as answers write it.
    #[must_use]
    pub fn text(&self, seconds: f64) -> String {
        format!("{seconds:.*}", self.decimals)
    }

    /// A place's time as answers write it.
    #[must_use]
    pub fn name(&self, place: usize) -> String {
        self.text(self.seconds(place))
    }

    /// The place nearest to a time; the earlier of two.
    #[must_use]
    pub fn nearest(&self, seconds: f64) -> usize {
        let after = self.at.partition_point(|a| *a < seconds).min(self.last());
        let before = after.saturating_sub(1);
        if seconds - self.seconds(before) <= self.seconds(after) - seconds { before } else { after }
    }

    /// How far along the film a time is, from 0 to 1.
    #[must_use]
    pub fn part(&self, seconds: f64) -> f64 {
        let whole = self.seconds(self.last()) - self.seconds(0);
        if whole > 0.0 { ((seconds - self.seconds(0)) / whole).clamp(0.0, 1.0) } else { 0.0 }
    }

    /// The time that is so far along the film.
    #[must_use]
    pub fn along(&self, part: f64) -> f64 {
        self.seconds(0) + part.clamp(0.0, 1.0) * (self.seconds(self.last()) - self.seconds(0))
    }

    /// The place where a frame begins.
    #[must_use]
    pub fn begin(&self, frame: usize) -> usize {
        self.edges.partition_point(|e| *e <= frame).saturating_sub(1)
    }

    /// The span of one frame: of several where they are one to an answer. `None` where no answer can say any.
    #[must_use]
    pub fn frame(&self, frame: usize) -> Option<Span> {
        let start = self.begin(frame).min(self.last().checked_sub(1)?);
        Some(Span { start, end: self.begin(frame + 1).max(start + 1) })
    }

    /// The frame that is shown at a time.
    #[must_use]
    pub fn shown(&self, seconds: f64) -> usize {
        let after = self.at.partition_point(|a| *a <= seconds);
        self.first(after.saturating_sub(1))
    }

    /// The frame that begins at a place; the last one at the end.
    #[must_use]
    pub fn first(&self, place: usize) -> usize {
        self.edges.get(place).copied().unwrap_or(usize::MAX).min(self.frames.saturating_sub(1))
    }

    /// First and last frame of a stretch of time.
    #[must_use]
    pub fn frames(&self, from: f64, to: f64) -> (usize, usize) {
        let first = self.shown(from);
        let end = self.at.partition_point(|a| *a < to);
        let last = self.edges.get(end).copied().unwrap_or(self.frames).saturating_sub(1);
        (first, last.max(first).min(self.frames.saturating_sub(1)))
    }

    /// A span to begin with, a twelfth of the film around a frame.
    #[must_use]
    pub fn around(&self, frame: usize) -> Option<Span> {
        let Span { start, end } = self.frame(frame)?;
        let more = self.last() / 24;
        Some(Span { start: start.saturating_sub(more), end: (end + more).min(self.last()) })
    }

    /// The span between two places, in any order; it lasts a place at least.
    #[must_use]
    pub fn between(&self, a: usize, b: usize) -> Option<Span> {
        let start = a.min(b).min(self.last().checked_sub(1)?);
        Some(Span { start, end: a.max(b).clamp(start + 1, self.last()) })
    }

    /// The span with one end elsewhere. The other end gives way if it must: to `push` it along, or else it stops this one.
    #[must_use]
    pub fn with(&self, span: Span, side: Side, place: usize, push: bool) -> Span {
        let last = self.last();
        match side {
            Side::Start => {
                let most = if push { last } else { span.end.min(last) }.saturating_sub(1);
                let start = place.min(most);
                Span { start, end: span.end.max(start + 1) }
            }
            Side::End => {
                let least = if push { 1 } else { span.start + 1 };
                let end = place.max(least).min(last);
                Span { start: span.start.min(end.saturating_sub(1)), end }
            }
        }
    }

    /// The span moved by so many places, as far as the film goes.
    #[must_use]
    pub fn moved(&self, span: Span, by: isize) -> Span {
        let length = span.end.saturating_sub(span.start);
        let start = span.start.saturating_add_signed(by).min(self.last().saturating_sub(length));
        Span { start, end: start + length }
    }

    /// The place that is meant by what somebody typed: seconds, with a point or a comma.
    ///
    /// # Errors
    /// [`Typed`] when it is no number, or lies outside the film.
    pub fn typed(&self, text: &str) -> Result<usize, Typed> {
        let text = text.trim().trim_end_matches('s').trim_end().replace(',', ".");
        let seconds: f64 = text.parse().map_err(|_| Typed::Number)?;
        if !seconds.is_finite() {
            return Err(Typed::Number);
        }
        if seconds < self.seconds(0) || seconds > self.seconds(self.last()) {
            return Err(Typed::Outside);
        }
        Ok(self.nearest(seconds))
    }

    /// The spans that a draft speaks of, each end at the nearest place; those that do not last there are left out.
    #[must_use]
    pub fn read(&self, draft: &str) -> Vec<Span> {
        let one = |[from, to]: [f64; 2]| Span { start: self.nearest(from), end: self.nearest(to) };
        stretches(draft).into_iter().map(one).filter(|s| s.start < s.end).take(MOST).collect()
    }

    /// An answer's text: spans in the order of time, since they are paired with the true ones in order.
    #[must_use]
    pub fn write(&self, spans: &[Span]) -> String {
        let mut sorted = spans.to_vec();
        sorted.sort_unstable();
        let mut text = String::new();
        for (i, span) in sorted.iter().enumerate() {
            let gap = if i == 0 { "" } else { " " };
            // Writing to a text cannot fail.
            let _ = write!(text, "{gap}{}-{}", self.name(span.start), self.name(span.end));
        }
        text
    }
}

/// Whether any two spans share time.
#[must_use]
pub fn overlap(spans: &[Span]) -> bool {
    let mut sorted = spans.to_vec();
    sorted.sort_unstable();
    sorted.windows(2).any(|w| w[0].end > w[1].start)
}

/// The stretches of time in a text of `from-to` with white space between; what is of another form is left out.
#[must_use]
pub fn stretches(text: &str) -> Vec<[f64; 2]> {
    let one = |word: &str| {
        let (from, to) = word.split_once('-')?;
        let (from, to): (f64, f64) = (from.parse().ok()?, to.parse().ok()?);
        (from.is_finite() && to.is_finite() && from <= to).then_some([from, to])
    };
    text.split_whitespace().filter_map(one).collect()
}

/// How much of the time was right. All in seconds; time that several stretches share counts once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Compared {
    /// Said and true.
    pub right: f64,
    /// True and not said.
    pub missed: f64,
    /// Said and not true.
    pub extra: f64,
}

impl Compared {
    /// Compares what was said with what is true.
    #[must_use]
    pub fn new(said: &[[f64; 2]], truth: &[[f64; 2]]) -> Self {
        let (said, truth) = (union(said), union(truth));
        let length = |all: &[[f64; 2]]| all.iter().map(|[a, b]| b - a).sum::<f64>();
        let shared =
            |s: &[f64; 2]| truth.iter().map(|t| (s[1].min(t[1]) - s[0].max(t[0])).max(0.0)).sum::<f64>();
        let right = said.iter().map(shared).sum::<f64>();
        // Sums of parts may differ from the whole by a hair.
        Self { right, missed: (length(&truth) - right).max(0.0), extra: (length(&said) - right).max(0.0) }
    }
}

/// Touching and overlapping stretches become one.
fn union(stretches: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let mut sorted: Vec<[f64; 2]> = stretches.iter().copied().filter(|[a, b]| a < b).collect();
    sorted.sort_by(|a, b| a[0].total_cmp(&b[0]));
    let mut merged: Vec<[f64; 2]> = Vec::new();
    for s in sorted {
        match merged.last_mut() {
            Some(last) if last[1] >= s[0] => last[1] = last[1].max(s[1]),
            _ => merged.push(s),
        }
    }
    merged
}

#[cfg(test)]
mod tests;
