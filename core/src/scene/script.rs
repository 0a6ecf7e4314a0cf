//! A scene's script: who does what, from when to when.
//!
//! Painters ask the script whether somebody is on stage and the event log is read from it, so each interval is
//! written in one place. Times are phases: 0 is the first frame, 65535 the last.

use crate::rng::Stream;

/// The phase after the last.
pub(super) const END: i32 = 65_536;

/// One percent of a scene.
pub(super) const PERCENT: i32 = 655;

/// Starts of two acts are at least this far apart, so that "which begins first" has an answer (2.4 %).
const BETWEEN_STARTS: i32 = 1_580;

/// Two acts of one kind or lane have at least this pause between them (3.4 %).
const PAUSE: i32 = 2_230;

/// An act lasts at least this long (4.3 %) …
pub(super) const SHORTEST: i32 = 2_820;

/// … and at most this long (39 %).
pub(super) const LONGEST: i32 = 25_560;

/// Most acts in a script.
const MOST: usize = 9;

/// From a phase, inclusive, to a phase, exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) from: i32,
    pub(super) to: i32,
}

impl Span {
    /// How far the span has run at a phase: 0 at its start and before, 4096 at its end and after.
    pub(super) fn part(self, phase: i32) -> i32 {
        let length = i64::from((self.to - self.from).max(1));
        (i64::from(phase - self.from) * 4096 / length).clamp(0, 4096) as i32
    }
}

/// Somebody or something with a role.
#[derive(Debug, Clone)]
pub(super) struct Actor {
    /// Stable id within the family.
    pub(super) kind: &'static str,
    /// What happens, as a clause.
    pub(super) what: String,
    /// The physical thing.
    pub(super) element: String,
    /// Where.
    pub(super) place: &'static str,
    /// Acts that share a lane never overlap; none when empty.
    pub(super) lane: &'static str,
}

impl Actor {
    /// An actor without a lane: `what` is told of `element`, with `{}` in `what` standing for it.
    pub(super) fn new(kind: &'static str, element: &str, what: &str, place: &'static str) -> Self {
        Self { kind, what: what.replace("{}", element), element: element.to_owned(), place, lane: "" }
    }

    /// The same actor in a lane.
    pub(super) fn lane(self, lane: &'static str) -> Self {
        Self { lane, ..self }
    }
}

/// An actor's time on stage.
#[derive(Debug, Clone)]
pub(super) struct Act {
    pub(super) actor: Actor,
    pub(super) span: Span,
}

/// All acts of a scene.
#[derive(Debug, Clone, Default)]
pub(super) struct Script {
    pub(super) acts: Vec<Act>,
}

impl Script {
    /// Whether an act would keep the rules beside those already written.
    fn fits(&self, actor: &Actor, span: Span) -> bool {
        let inside = span.from >= 0 && span.to <= END;
        let length = (SHORTEST..=LONGEST).contains(&(span.to - span.from));
        let apart = self.acts.iter().all(|other| {
            let related =
                other.actor.kind == actor.kind || !actor.lane.is_empty() && other.actor.lane == actor.lane;
            let clear = span.from >= other.span.to + PAUSE || other.span.from >= span.to + PAUSE;
            (span.from - other.span.from).abs() >= BETWEEN_STARTS && (clear || !related)
        });
        inside && length && apart && self.acts.len() < MOST
    }

    /// Writes an act at exactly this time if the rules allow it.
    pub(super) fn at(&mut self, actor: Actor, from: i32, to: i32) -> Option<Span> {
        let span = Span { from, to };
        self.fits(&actor, span).then(|| {
            self.acts.push(Act { actor, span });
            span
        })
    }

    /// Writes an act of a drawn length at a drawn time inside `window`; `None` where there is no room.
    pub(super) fn put(
        &mut self,
        s: &mut Stream,
        actor: Actor,
        window: (i32, i32),
        length: (i32, i32),
    ) -> Option<Span> {
        let length = s.range(length.0, length.1).clamp(SHORTEST, LONGEST).min(window.1 - window.0);
        let room = (window.1 - window.0 - length).max(0);
        // Two dozen throws, then the first place from a drawn start that is free, if any.
        let throws: Vec<i32> = (0..24).map(|_| s.range(0, room)).collect();
        let sweep = (0..=room / 400).map(|k| (throws[0] + k * 400) % (room + 1));
        let from = throws.iter().copied().chain(sweep).map(|t| window.0 + t).find(|&from| {
            let to = from + length;
            to <= window.1 && self.fits(&actor, Span { from, to })
        })?;
        self.at(actor, from, from + length)
    }

    /// Writes the same act up to `count` times inside `window`.
    pub(super) fn repeat(
        &mut self,
        s: &mut Stream,
        actor: &Actor,
        count: i32,
        window: (i32, i32),
        length: (i32, i32),
    ) {
        for _ in 0..count {
            self.put(s, actor.clone(), window, length);
        }
    }

    /// The spans of all acts of a kind, in the order in which they were written.
    pub(super) fn spans(&self, kind: &'static str) -> impl Iterator<Item = Span> {
        self.acts.iter().filter(move |a| a.actor.kind == kind).map(|a| a.span)
    }

    /// How far (0..=4096) the act of a kind has run that is on stage at a phase; `None` while none is.
    pub(super) fn now(&self, kind: &'static str, phase: i32) -> Option<i32> {
        self.spans(kind).find(|s| s.from <= phase && phase < s.to).map(|s| s.part(phase))
    }
}

/// One of a list, which must not be empty.
pub(super) fn pick<'a, T>(s: &mut Stream, list: &'a [T]) -> &'a T {
    &list[s.below(list.len() as u32) as usize]
}

/// `true` in `n` of 100 draws.
pub(super) fn chance(s: &mut Stream, n: u32) -> bool {
    s.below(100) < n
}

/// From 0 before `from` to 256 after `to`.
pub(super) fn ramp(phase: i32, from: i32, to: i32) -> i32 {
    let length = i64::from((to - from).max(1));
    (i64::from(phase - from) * 256 / length).clamp(0, 256) as i32
}

/// 256 inside an act and less near its ends, where `part` is how far it has run: it comes in and goes out over
/// a twelfth of its time, and is never below 80, so that it can be seen whenever it is on stage.
pub(super) fn fade(part: i32) -> i32 {
    80 + ramp(part.min(4096 - part), 0, 340) * 176 / 256
}

/// Whereabouts a place along the width is.
pub(super) fn side(x: i32) -> &'static str {
    match x {
        ..1_500 => "left",
        1_500..2_600 => "middle",
        _ => "right",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acts_of_one_kind_or_lane_never_meet() {
        for seed in 0..200 {
            let mut s = Stream::keyed(seed, "script", "", 0);
            let mut script = Script::default();
            let actor = |kind| Actor::new(kind, "hare", "a {} runs", "ground").lane("road");
            script.repeat(&mut s, &actor("hare"), 3, (0, END), (4_000, 8_000));
            script.repeat(&mut s, &actor("fox"), 3, (20_000, END), (4_000, 8_000));
            assert!(script.acts.len() >= 3);
            for phase in (0..END).step_by(50) {
                let on = |k| usize::from(script.now(k, phase).is_some());
                assert!(on("hare") + on("fox") <= 1);
            }
        }
    }

    #[test]
    fn there_is_no_act_where_there_is_no_room() {
        let mut s = Stream::keyed(1, "script", "", 0);
        let mut script = Script::default();
        let actor = Actor::new("hare", "hare", "a {} runs", "ground");
        assert_eq!(actor.what, "a hare runs");
        assert_eq!(script.put(&mut s, actor.clone(), (0, SHORTEST - 1), (0, 0)), None);
        assert!(script.put(&mut s, actor.clone(), (0, 4_000), (3_000, 3_000)).is_some());
        assert_eq!(script.put(&mut s, actor.clone(), (0, 4_000), (3_000, 3_000)), None);
        assert_eq!(script.at(actor, 60_000, END + 1), None);
    }
}
