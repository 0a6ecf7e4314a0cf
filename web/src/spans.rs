//! Spans of a film's time as an answer can say them: how they are drawn, read, written and compared.
//!
//! Apart from what is drawn, so that it is tested without a browser. What an answer earns is core's business; here is only
//! told which seconds of it were right.

use std::fmt::Write as _;

/// The most spans that one answer may have.
pub const MOST: usize = 8;

/// A time as an answer says it: a whole number of its last decimal, so that an answer's text and its ticks are the same thing.
pub type Tick = i64;

/// A span of time, `start < end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// When it begins.
    pub start: Tick,
    /// When it ends.
    pub end: Tick,
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

/// The places of a film's time: where frames begin, and the end of the last one. What is drawn or nudged goes from place to
/// place; what is typed may lie between them, where what is sought may begin or end.
///
/// An answer is a text with a fixed number of decimals. Edges that it cannot tell apart (frames closer than that, frames
/// that are shown twice) are one place, so that a step always changes the answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Places {
    /// Shown time of each; rising.
    at: Vec<Tick>,
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
        let mut places =
            Self { at: Vec::new(), edges: Vec::new(), frames: edges.len().saturating_sub(1), decimals };
        for (i, edge) in edges.iter().enumerate() {
            // Through the text, whose rounding is what an answer says.
            let Some(seconds) = format!("{edge:.decimals$}").parse().ok().filter(|s: &f64| s.is_finite())
            else {
                continue;
            };
            let tick = places.tick(seconds);
            if places.at.last().is_none_or(|last| *last < tick) {
                places.at.push(tick);
                places.edges.push(i);
            }
        }
        places
    }

    fn scale(&self) -> f64 {
        10_f64.powi(self.decimals as i32)
    }

    /// The tick nearest to a time in seconds.
    fn tick(&self, seconds: f64) -> Tick {
        (seconds * self.scale()).round() as Tick
    }

    /// Where the film begins.
    #[must_use]
    pub fn first(&self) -> Tick {
        self.at.first().copied().unwrap_or(0)
    }

    /// Where it ends.
    #[must_use]
    pub fn last(&self) -> Tick {
        self.at.last().copied().unwrap_or(0)
    }

    /// Seconds.
    #[must_use]
    pub fn seconds(&self, tick: Tick) -> f64 {
        tick as f64 / self.scale()
    }

    /// A time as answers write it.
    #[must_use]
    pub fn text(&self, seconds: f64) -> String {
        format!("{seconds:.*}", self.decimals)
    }

    /// The same of a tick.
    #[must_use]
    pub fn name(&self, tick: Tick) -> String {
        self.text(self.seconds(tick))
    }

    /// The place nearest to a time; the earlier of two.
    #[must_use]
    pub fn nearest(&self, seconds: f64) -> Tick {
        let after = self.at.partition_point(|a| self.seconds(*a) < seconds);
        let (Some(before), Some(after)) = (self.at.get(after.saturating_sub(1)), self.at.get(after)) else {
            return self.last();
        };
        if seconds - self.seconds(*before) <= self.seconds(*after) - seconds { *before } else { *after }
    }

    /// The time that lies so many places on or back, as far as the film goes. From between two places the first step leads to the next
    /// of them.
    #[must_use]
    pub fn step(&self, tick: Tick, by: isize) -> Tick {
        let from = match by {
            0 => return tick,
            1.. => self.at.partition_point(|a| *a <= tick).saturating_sub(1),
            _ => self.at.partition_point(|a| *a < tick),
        };
        self.at.get(from.saturating_add_signed(by)).copied().unwrap_or(self.last())
    }

    /// How many steps lead from one place to another.
    #[must_use]
    pub fn steps(&self, from: Tick, to: Tick) -> isize {
        let number = |tick| self.at.partition_point(|a| *a < tick) as isize;
        number(to) - number(from)
    }

    /// How far along the film a time is, from 0 to 1.
    #[must_use]
    pub fn part(&self, seconds: f64) -> f64 {
        let (first, last) = (self.seconds(self.first()), self.seconds(self.last()));
        if last > first { ((seconds - first) / (last - first)).clamp(0.0, 1.0) } else { 0.0 }
    }

    /// The time that is so far along the film.
    #[must_use]
    pub fn along(&self, part: f64) -> f64 {
        let (first, last) = (self.seconds(self.first()), self.seconds(self.last()));
        first + part.clamp(0.0, 1.0) * (last - first)
    }

    /// When a frame begins.
    #[must_use]
    pub fn begin(&self, frame: usize) -> Tick {
        let number = self.edges.partition_point(|e| *e <= frame).saturating_sub(1);
        self.at.get(number).copied().unwrap_or(0)
    }

    /// The span of one frame: of several where they are one to an answer. `None` where no answer can say any.
    #[must_use]
    pub fn frame(&self, frame: usize) -> Option<Span> {
        self.between(self.begin(frame), self.begin(frame.saturating_add(1)))
    }

    /// The frame that is shown at a time.
    #[must_use]
    pub fn shown(&self, seconds: f64) -> usize {
        let after = self.at.partition_point(|a| self.seconds(*a) <= seconds);
        let first = self.edges.get(after.saturating_sub(1)).copied().unwrap_or(usize::MAX);
        first.min(self.frames.saturating_sub(1))
    }

    /// First and last frame of a stretch of time.
    #[must_use]
    pub fn frames(&self, from: f64, to: f64) -> (usize, usize) {
        let first = self.shown(from);
        let end = self.at.partition_point(|a| self.seconds(*a) < to);
        let last = self.edges.get(end).copied().unwrap_or(self.frames).saturating_sub(1);
        (first, last.max(first).min(self.frames.saturating_sub(1)))
    }

    /// A span to begin with, a twelfth of the film around a frame.
    #[must_use]
    pub fn around(&self, frame: usize) -> Option<Span> {
        let Span { start, end } = self.frame(frame)?;
        let more = (self.at.len() / 24) as isize;
        Some(Span { start: self.step(start, -more), end: self.step(end, more) })
    }

    /// The span between two times, in any order, as far as the film goes; where they are one, to the next place. `None` where no
    /// answer can say any.
    #[must_use]
    pub fn between(&self, a: Tick, b: Tick) -> Option<Span> {
        let within = |tick: Tick| tick.max(self.first()).min(self.last());
        let (start, end) = (within(a.min(b)), within(a.max(b)));
        let span = match (start < end, start < self.last()) {
            (true, _) => Span { start, end },
            (false, true) => Span { start, end: self.step(start, 1) },
            (false, false) => Span { start: self.step(end, -1), end },
        };
        (span.start < span.end).then_some(span)
    }

    /// The span with one end elsewhere. The other end gives way if it must: to `push` it along, or else it stops this one.
    #[must_use]
    pub fn with(&self, span: Span, side: Side, tick: Tick, push: bool) -> Span {
        let (start, end) = match side {
            Side::Start => (tick, span.end),
            Side::End => (span.start, tick),
        };
        let meant = match (start < end, push, side) {
            (true, ..) => self.between(start, end),
            (false, true, Side::Start) => self.between(tick, self.step(tick, 1)),
            (false, true, Side::End) => self.between(self.step(tick, -1), tick),
            (false, false, Side::Start) => self.between(self.step(end, -1).max(span.start), end),
            (false, false, Side::End) => self.between(start, self.step(start, 1).min(span.end)),
        };
        meant.unwrap_or(span)
    }

    /// The span moved by so many places, as far as the film goes.
    #[must_use]
    pub fn moved(&self, span: Span, by: isize) -> Span {
        let before = self.at.partition_point(|a| *a < span.start) as isize;
        let after = (self.at.len() - self.at.partition_point(|a| *a <= span.end)) as isize;
        let by = by.clamp(-before, after);
        self.between(self.step(span.start, by), self.step(span.end, by)).unwrap_or(span)
    }

    /// The time that somebody typed: seconds, with a point or a comma, and no more decimals than an answer has.
    ///
    /// # Errors
    /// [`Typed`] when it is no number, or lies outside the film.
    pub fn typed(&self, text: &str) -> Result<Tick, Typed> {
        let text = text.trim().trim_end_matches('s').trim_end().replace(',', ".");
        let seconds: f64 = text.parse().map_err(|_| Typed::Number)?;
        if !seconds.is_finite() {
            return Err(Typed::Number);
        }
        let tick = self.tick(seconds);
        if (self.first()..=self.last()).contains(&tick) { Ok(tick) } else { Err(Typed::Outside) }
    }

    /// The spans that a draft speaks of, within the film; those that do not last there are left out.
    #[must_use]
    pub fn read(&self, draft: &str) -> Vec<Span> {
        let within = |seconds: f64| self.tick(seconds).max(self.first()).min(self.last());
        let one = |[from, to]: [f64; 2]| Span { start: within(from), end: within(to) };
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
