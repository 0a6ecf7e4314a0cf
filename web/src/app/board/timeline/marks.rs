//! What is marked and what is shown: the state that film, strip, handles and fields share, and all that is done to it.

use std::sync::Arc;

use leptos::prelude::*;
use scrubjay_core::item::Truth;

use crate::app::puzzle::Puzzle;
use crate::app::round::Round;
use crate::spans::{MOST, Places, Side, Span, Tick, Typed};

/// Which part of the film plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it, round and round.
    Whole,
    /// A marked span, by number.
    Span(usize),
    /// A true span, by number, once the truth is shown.
    Truth(usize),
}

/// The state of a board.
#[derive(Debug, Clone, Copy)]
pub(super) struct Marks {
    /// The attempt.
    pub(super) round: Round,
    /// Whether an answer may have several spans.
    pub(super) many: bool,
    /// What is marked, in the order in which it was: rows keep their places while ends are dragged past each other.
    pub(super) spans: RwSignal<Vec<Span>>,
    /// The span that was worked on last.
    pub(super) current: RwSignal<usize>,
    /// The frame that is shown.
    pub(super) at: RwSignal<usize>,
    /// What plays.
    pub(super) part: RwSignal<Part>,
    /// How fast: 1 shows eight frames a second on average.
    pub(super) speed: RwSignal<f64>,
    puzzle: StoredValue<Arc<Puzzle>>,
    places: StoredValue<Places>,
}

impl Marks {
    /// The marks of an attempt, as its draft has them. `many` allows several spans; times have so many `decimals`.
    pub(super) fn new(puzzle: Arc<Puzzle>, round: Round, many: bool, decimals: usize) -> Self {
        let places = Places::new(&puzzle.edges, decimals);
        let marks = Self {
            round,
            many,
            spans: RwSignal::new(Vec::new()),
            current: RwSignal::new(0),
            at: RwSignal::new(0),
            part: RwSignal::new(Part::Whole),
            speed: RwSignal::new(1.0),
            puzzle: StoredValue::new(puzzle),
            places: StoredValue::new(places),
        };
        // A draft from before a reload, or set by somebody else, is shown as far as it can be read, and then is what is shown.
        Effect::new(move |_| {
            let draft = round.draft.get();
            if draft == marks.spans.with_untracked(|s| marks.with(|p| p.write(s))) {
                return;
            }
            let mut spans = marks.with(|p| p.read(&draft));
            spans.truncate(marks.most());
            marks.spans.set(spans);
            if !round.outcome.with_untracked(Option::is_some) {
                marks.write();
            }
        });
        marks
    }

    /// How many spans there may be.
    pub(super) fn most(self) -> usize {
        if self.many { MOST } else { 1 }
    }

    /// Asks where edges can lie.
    pub(super) fn with<T>(self, ask: impl FnOnce(&Places) -> T) -> T {
        self.places.with_value(ask)
    }

    /// Asks the puzzle.
    pub(super) fn puzzle<T>(self, ask: impl FnOnce(&Puzzle) -> T) -> T {
        self.puzzle.with_value(|p| ask(p))
    }

    /// How many frames there are.
    pub(super) fn frames(self) -> usize {
        self.puzzle(|p| p.films.first().map_or(1, |f| f.len()))
    }

    /// A span by number, as it is from now on.
    pub(super) fn span(self, k: usize) -> Option<Span> {
        self.spans.with(|s| s.get(k).copied())
    }

    fn now(self, k: usize) -> Option<Span> {
        self.spans.with_untracked(|s| s.get(k).copied())
    }

    fn closed(self) -> bool {
        self.round.outcome.with_untracked(Option::is_some)
    }

    fn write(self) {
        let text = self.spans.with_untracked(|s| self.with(|p| p.write(s)));
        self.round.draft.set(text);
    }

    /// The true spans, in shown seconds.
    pub(super) fn truth(self) -> Vec<[f64; 2]> {
        self.puzzle(|p| match &p.truth {
            Truth::Interval(i) | Truth::Event { seconds: i, .. } => vec![[i.start, i.end]],
            Truth::Segments(all) => all.clone(),
            _ => Vec::new(),
        })
    }

    /// First and last frame of what plays.
    pub(super) fn range(self) -> (usize, usize) {
        let seconds = match self.part.get_untracked() {
            Part::Whole => None,
            Part::Span(k) => self.now(k).map(|s| self.with(|p| [p.seconds(s.start), p.seconds(s.end)])),
            Part::Truth(k) => self.truth().get(k).copied(),
        };
        seconds.map_or((0, self.frames() - 1), |[from, to]| self.with(|p| p.frames(from, to)))
    }

    /// Stops the film at a frame.
    pub(super) fn look(self, frame: usize) {
        self.round.playing.set(false);
        self.part.set(Part::Whole);
        self.at.set(frame.min(self.frames() - 1));
    }

    /// One frame on or back; past an end it goes on at the other.
    pub(super) fn step(self, by: isize) {
        let count = self.frames() as isize;
        self.look((self.at.get_untracked() as isize + by).rem_euclid(count) as usize);
        let at = self.at.get_untracked();
        let seconds = self.with(|p| p.name(p.begin(at)));
        self.round.say(say!("timeline.at", frame = at + 1, count = count, seconds = seconds));
    }

    /// Plays the whole film, or stops what plays.
    pub(super) fn toggle(self) {
        self.part.set(Part::Whole);
        self.round.playing.update(|p| *p = !*p);
    }

    /// Plays a part from its beginning; the same part again goes back to the whole film.
    pub(super) fn play(self, part: Part) {
        if self.part.get_untracked() == part && self.round.playing.get_untracked() {
            self.round.playing.set(false);
            self.part.set(Part::Whole);
            return;
        }
        self.part.set(part);
        self.at.set(self.range().0);
        self.round.playing.set(true);
    }

    /// Adds a span and tells its number; `None`, said aloud, where no more can be added.
    pub(super) fn add(self, span: Option<Span>) -> Option<usize> {
        let Some(span) = span.filter(|_| !self.closed()) else {
            self.round.say(say!("timeline.short"));
            return None;
        };
        let k = self.spans.with_untracked(Vec::len);
        if k >= self.most() {
            self.round.say(say!("timeline.full", most = self.most()));
            return None;
        }
        self.spans.update(|s| s.push(span));
        self.current.set(k);
        self.write();
        Some(k)
    }

    /// Adds a span around the frame that is shown.
    pub(super) fn add_here(self) -> Option<usize> {
        let k = self.add(self.with(|p| p.around(self.at.get_untracked())))?;
        self.tell(k);
        Some(k)
    }

    /// Takes a span away.
    pub(super) fn remove(self, k: usize) {
        if self.closed() || self.now(k).is_none() {
            return;
        }
        self.spans.update(|s| {
            s.remove(k);
        });
        self.part.set(Part::Whole);
        self.current.set(k.saturating_sub(1));
        self.write();
        let left = self.spans.with_untracked(Vec::len);
        self.round.say(say!("timeline.removed", number = k + 1, left = left));
    }

    /// Replaces a span.
    pub(super) fn put(self, k: usize, span: Span) {
        if self.closed() || self.now(k).is_none() {
            return;
        }
        self.current.set(k);
        if self.now(k) != Some(span) {
            self.spans.update(|s| s[k] = span);
            self.write();
        }
    }

    /// Puts one end of a span at a time, shows the frame there, and tells it if `aloud`. A span that is not there
    /// yet begins as what lies between there and the next place.
    pub(super) fn set(self, k: usize, side: Side, tick: Tick, push: bool, aloud: bool) {
        if self.closed() {
            return;
        }
        match self.now(k) {
            Some(span) => self.put(k, self.with(|p| p.with(span, side, tick, push))),
            None => {
                let by = if side == Side::Start { 1 } else { -1 };
                if self.add(self.with(|p| p.between(tick, p.step(tick, by)))).is_none() {
                    return;
                }
            }
        }
        self.show(k, side);
        if aloud {
            self.tell(k);
        }
    }

    /// Moves one end by so many places.
    pub(super) fn nudge(self, k: usize, side: Side, by: isize, aloud: bool) {
        if let Some(span) = self.now(k) {
            let tick = if side == Side::Start { span.start } else { span.end };
            self.set(k, side, self.with(|p| p.step(tick, by)), false, aloud);
        }
    }

    /// Puts one end where the film is: the frame that is shown becomes the first or the last of the span.
    pub(super) fn here(self, k: usize, side: Side) {
        let at = self.at.get_untracked();
        if let Some(frame) = self.with(|p| p.frame(at)) {
            let tick = if side == Side::Start { frame.start } else { frame.end };
            self.set(k, side, tick, true, true);
        }
    }

    /// Reads what was typed for one end.
    pub(super) fn typed(self, k: usize, side: Side, text: &str) -> Result<(), Typed> {
        let tick = self.with(|p| p.typed(text))?;
        self.set(k, side, tick, true, true);
        Ok(())
    }

    /// Shows the first or the last frame of a span.
    pub(super) fn show(self, k: usize, side: Side) {
        if let Some(span) = self.now(k) {
            let (first, last) = self.with(|p| p.frames(p.seconds(span.start), p.seconds(span.end)));
            self.look(if side == Side::Start { first } else { last });
        }
    }

    /// Says where a span lies now.
    pub(super) fn tell(self, k: usize) {
        let Some(span) = self.now(k) else { return };
        let (start, end) = self.with(|p| (p.name(span.start), p.name(span.end)));
        let text = if self.many {
            say!("timeline.now.many", number = k + 1, start = start, end = end)
        } else {
            say!("timeline.now.one", start = start, end = end)
        };
        self.round.say(text);
    }
}
