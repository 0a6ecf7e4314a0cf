//! VideoReasoner's three capabilities (methods §4.1): where in time an event is, what the key elements of a
//! question are, and the answer itself. Here they are drawn from a scene's event log.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{TaskError, milliseconds};
use crate::memo::{Known, keep};
use crate::rng::Stream;
use crate::scene::{Event, Family, Scene};
use crate::source::{Source, Timeline};

/// A multiple-choice question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The question.
    pub question: String,
    /// The options, in the order of their letters.
    pub options: Vec<String>,
    /// The right one, from 0.
    pub answer: u8,
    /// The physical things that it is about, the most important first.
    pub about: Vec<String>,
    /// What "these" are in the question, where it speaks of any.
    pub named: Vec<String>,
}

/// The events that the chosen frames show: kinds of which every occurrence is to be seen on a frame, with at least one
/// frame without it before it comes again. What the frames pass over cannot be asked.
fn visible<'a>(events: &'a [Event], timeline: &Timeline) -> Vec<(&'a Event, usize)> {
    let frames = |e: &Event| {
        let first = timeline.indices.partition_point(|i| *i < e.from);
        let after = timeline.indices.partition_point(|i| *i < e.to);
        first..after
    };
    let shown = |kind: &str| {
        let mut last = None;
        events.iter().filter(|e| e.kind == kind).all(|e| {
            let f = frames(e);
            let apart = last.is_none_or(|l| f.start > l);
            last = Some(f.end);
            apart && !f.is_empty()
        })
    };
    events.iter().filter(|e| shown(e.kind)).map(|e| (e, frames(e).start)).collect()
}

/// The events of a log that the chosen frames show.
pub(crate) fn seen(events: &[Event], timeline: &Timeline) -> Vec<Event> {
    visible(events, timeline).into_iter().map(|(e, _)| e.clone()).collect()
}

/// Most options: letters A to E, as NExT-GQA has them.
pub const OPTIONS: std::ops::RangeInclusive<usize> = 2..=5;

/// Draws an event that occurs once, with its span in milliseconds of the source's own time.
///
/// # Errors
/// [`TaskError`] when no event of the log occurs just once within the shown frames.
pub fn draw_span(
    events: &[Event],
    source: &Source,
    timeline: &Timeline,
    stream: &mut Stream,
) -> Result<(String, [u32; 2]), TaskError> {
    let whole = timeline.edge(timeline.indices.len() as u32) - timeline.edge(0);
    let mut single: Vec<(&Event, [u32; 2])> = visible(events, timeline)
        .into_iter()
        .map(|(e, _)| e)
        .filter(|e| events.iter().filter(|o| o.kind == e.kind).count() == 1)
        .map(|e| (e, [milliseconds(e.from, source), milliseconds(e.to, source)]))
        .filter(|(_, span)| {
            let [s, e] = span.map(|ms| super::shown(ms, source, timeline));
            // A hundredth is the finest that the answer can say.
            e - s > 0.02 * whole
        })
        .collect();
    stream.shuffle(&mut single);
    single.first().map(|(e, span)| (e.what.clone(), *span)).ok_or_else(|| {
        TaskError("no event of this scene occurs just once within the shown frames".to_owned())
    })
}

/// The forms of question that an event log can answer.
#[derive(Clone, Copy)]
enum Form {
    First,
    Last,
    Count,
    Order,
}

/// What is usual in a family: which kind begins first, and how often each happens. Questions keep away from what the
/// words alone would tell (the stars always come last).
#[derive(Debug, Default)]
pub struct Habits {
    /// For two kinds: scenes in which the first begins first, and scenes with both.
    orders: BTreeMap<(&'static str, &'static str), (u32, u32)>,
    /// For a kind: scenes by how often it happens.
    counts: BTreeMap<&'static str, BTreeMap<u32, u32>>,
}

impl Habits {
    /// The habits of a family, from many of its scenes; worked out once and kept.
    #[must_use]
    pub fn of(family: Family) -> Arc<Self> {
        static KNOWN: Known<Family, Arc<Habits>> = Known::new(BTreeMap::new());
        keep(&KNOWN, family, |family| Arc::new(Self::watch(*family)))
    }

    fn watch(family: Family) -> Self {
        let mut habits = Self::default();
        for seed in 0..150 {
            let mut firsts: Vec<(&'static str, u32)> = Vec::new();
            for event in Scene::new(family, seed, 600).events() {
                match firsts.iter_mut().find(|f| f.0 == event.kind) {
                    Some(first) => first.1 += 1,
                    None => firsts.push((event.kind, 1)),
                }
            }
            for (i, &(a, times)) in firsts.iter().enumerate() {
                *habits.counts.entry(a).or_default().entry(times).or_default() += 1;
                for &(b, _) in &firsts[i + 1..] {
                    let ahead = habits.orders.entry((a, b)).or_default();
                    *ahead = (ahead.0 + 1, ahead.1 + 1);
                    habits.orders.entry((b, a)).or_default().1 += 1;
                }
            }
        }
        habits
    }

    /// How often, of 1, `a` begins before `b` where both happen; nothing if that is hardly ever.
    fn ahead(&self, a: &str, b: &str) -> Option<f64> {
        let find = self.orders.iter().find(|((x, y), _)| *x == a && *y == b);
        find.filter(|(_, n)| n.1 >= 10).map(|(_, n)| f64::from(n.0) / f64::from(n.1))
    }

    /// Whether either may well begin first.
    fn open(&self, a: &Event, b: &Event) -> bool {
        self.ahead(a.kind, b.kind).is_some_and(|share| (0.25..=0.75).contains(&share))
    }

    /// Whether a kind's number is not nearly always the same.
    fn varies(&self, kind: &str) -> bool {
        let Some(counts) = self.counts.get(kind) else { return false };
        let all: u32 = counts.values().sum();
        counts.values().max().is_some_and(|most| most * 10 <= all * 7)
    }

    /// Of `events`, in drawn order, as many as are open among each other, at most `most`.
    fn pick<'a>(&self, events: &[&'a Event], most: usize, stream: &mut Stream) -> Vec<&'a Event> {
        let mut places: Vec<usize> = (0..events.len()).collect();
        stream.shuffle(&mut places);
        let mut kept: Vec<usize> = Vec::new();
        for place in places {
            if kept.len() < most && kept.iter().all(|k| self.open(events[*k], events[place])) {
                kept.push(place);
            }
        }
        kept.sort_unstable();
        kept.into_iter().map(|i| events[i]).collect()
    }
}

/// Draws a question with its options, about what the chosen frames show and what is not settled by habit.
///
/// # Errors
/// [`TaskError`] when nothing of that kind can be asked.
pub fn draw_choice(
    events: &[Event],
    timeline: &Timeline,
    habits: &Habits,
    stream: &mut Stream,
) -> Result<Choice, TaskError> {
    // The first occurrence of each kind, by when it begins; of two that the frames do not tell apart, the first.
    let mut firsts: Vec<(&Event, usize)> = Vec::new();
    for (event, first) in visible(events, timeline) {
        if !firsts.iter().any(|(f, _)| f.kind == event.kind) {
            firsts.push((event, first));
        }
    }
    firsts.dedup_by_key(|(_, first)| *first);
    let kinds: Vec<&Event> = firsts.into_iter().map(|(e, _)| e).collect();
    let times = |kind: &str| events.iter().filter(|e| e.kind == kind).count() as u32;
    let mut forms = [Form::First, Form::Last, Form::Count, Form::Order];
    stream.shuffle(&mut forms);
    for form in forms {
        match form {
            Form::First => {
                let some = habits.pick(&kinds, 4, stream);
                if some.len() > 1 {
                    return Ok(choice("Which of these happens first in the video?", &some, some[0], stream));
                }
            }
            Form::Last => {
                // Kinds that come again would make "begins last" ambiguous.
                let once: Vec<&Event> = kinds.iter().copied().filter(|k| times(k.kind) == 1).collect();
                let some = habits.pick(&once, 4, stream);
                if some.len() > 1 {
                    let last = some[some.len() - 1];
                    return Ok(choice(
                        "Which of these is the last to begin in the video?",
                        &some,
                        last,
                        stream,
                    ));
                }
            }
            Form::Count => {
                let varied: Vec<&Event> = kinds.iter().copied().filter(|k| habits.varies(k.kind)).collect();
                if !varied.is_empty() {
                    let event = varied[stream.below(varied.len() as u32) as usize];
                    return Ok(count(event, times(event.kind), habits, stream));
                }
            }
            Form::Order => {
                let three = habits.pick(&kinds, 3, stream);
                if three.len() == 3 {
                    return Ok(order(&three, stream));
                }
            }
        }
    }
    Err(TaskError(
        "no question about this scene is open: what its frames show is what always happens".to_owned(),
    ))
}

/// How often something happens; the other numbers are ones that its kind is known for, where there are enough.
fn count(event: &Event, right: u32, habits: &Habits, stream: &mut Stream) -> Choice {
    let usual = habits.counts.get(event.kind);
    let known = |n: &u32| usual.is_some_and(|u| u.contains_key(n));
    let mut others: Vec<u32> = (1..=5).filter(|n| *n != right).collect();
    stream.shuffle(&mut others);
    others.sort_by_key(|n| !known(n));
    let mut numbers = vec![right, others[0], others[1], others[2]];
    stream.shuffle(&mut numbers);
    Choice {
        question: format!("How often does this happen in the video: {}?", event.what),
        answer: numbers.iter().position(|n| *n == right).unwrap_or(0) as u8,
        options: numbers.iter().map(u32::to_string).collect(),
        about: vec![event.element.clone()],
        named: Vec::new(),
    }
}

fn choice(question: &str, some: &[&Event], right: &Event, stream: &mut Stream) -> Choice {
    let mut options: Vec<&&Event> = some.iter().collect();
    stream.shuffle(&mut options);
    let answer = options.iter().position(|e| e.kind == right.kind).unwrap_or(0) as u8;
    let mut about = vec![right.element.clone()];
    about.extend(some.iter().map(|e| e.element.clone()));
    Choice {
        question: question.to_owned(),
        named: options.iter().map(|e| e.what.clone()).collect(),
        options: options.iter().map(|e| e.what.clone()).collect(),
        answer,
        about: unique(about),
    }
}

/// In which order three things begin; `three` are in the right one.
fn order(three: &[&Event], stream: &mut Stream) -> Choice {
    let say = |p: &[usize; 3]| p.map(|i| three[i].what.as_str()).join(", then ");
    let mut orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    stream.shuffle(&mut orders[1..]);
    let mut some = [orders[0], orders[1], orders[2], orders[3]];
    stream.shuffle(&mut some);
    let mut named: Vec<String> = three.iter().map(|e| e.what.clone()).collect();
    stream.shuffle(&mut named);
    Choice {
        question: "In which order do these begin in the video?".to_owned(),
        answer: some.iter().position(|p| *p == [0, 1, 2]).unwrap_or(0) as u8,
        options: some.iter().map(say).collect(),
        about: unique(three.iter().map(|e| e.element.clone()).collect()),
        named,
    }
}

/// Fewest and most key elements that are asked for (methods §4.1).
pub const ELEMENTS: std::ops::RangeInclusive<usize> = 4..=10;

/// Draws a question and its key elements: what it is about first, then whatever else is there to be seen.
///
/// # Errors
/// [`TaskError`] as [`draw_choice`], or when the scene names too few things.
pub fn draw_elements(
    scene: &Scene,
    events: &[Event],
    timeline: &Timeline,
    habits: &Habits,
    stream: &mut Stream,
) -> Result<(String, Vec<String>), TaskError> {
    let asked = draw_choice(events, timeline, habits, stream)?;
    let mut elements = asked.about;
    elements.extend(visible(events, timeline).iter().map(|(e, _)| e.element.clone()));
    elements.extend(scene.static_elements());
    let mut elements = unique(elements);
    elements.truncate(*ELEMENTS.end());
    if elements.len() < *ELEMENTS.start() {
        return Err(TaskError(format!("the scene names only {} things", elements.len())));
    }
    let question = match asked.named.as_slice() {
        [] => asked.question,
        named => format!("{} ({})", asked.question, named.join("; ")),
    };
    Ok((question, elements))
}

fn unique(values: Vec<String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for value in values {
        if !kept.contains(&value) {
            kept.push(value);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Clock, Pick, Sampling};
    use crate::time::Rate;

    /// What the log says must follow from the frames alone: the truth is worked out anew from which sampled frames
    /// show which event.
    #[test]
    fn questions_can_be_answered_from_the_frames() {
        let mut letters = [0; 5];
        for family in Family::ALL {
            for seed in 0..40 {
                let source = Source::Scene { family, seed, frames: 720, rate: Rate { num: 24, den: 1 } };
                let events = Scene::new(family, seed, 720).events();
                let sampling = Sampling { pick: Pick::Uniform { count: 16 }, clock: Clock::Pts };
                let timeline = sampling.select(source.frames(), 24.0).expect("long enough");
                let stream = &mut Stream::keyed(seed, "qa", family.name(), 0);
                let Ok(asked) = draw_choice(&events, &timeline, &Habits::of(family), stream) else {
                    continue;
                };
                letters[usize::from(asked.answer)] += 1;
                let right = &asked.options[usize::from(asked.answer)];
                let seen = |what: &str| -> Vec<bool> {
                    let during =
                        |i: &u32| events.iter().any(|e| e.what == what && (e.from..e.to).contains(i));
                    timeline.indices.iter().map(during).collect()
                };
                let first = |what: &str| seen(what).iter().position(|s| *s).expect("it is to be seen");
                if let Some(what) = asked.question.strip_prefix("How often does this happen in the video: ") {
                    let shown = seen(what.trim_end_matches('?'));
                    let runs = shown.windows(2).filter(|w| !w[0] && w[1]).count() + usize::from(shown[0]);
                    assert_eq!(right, &runs.to_string());
                } else if asked.question.contains("order") {
                    let places: Vec<usize> = right.split(", then ").map(first).collect();
                    assert!(places.windows(2).all(|w| w[0] < w[1]), "{asked:?}");
                } else {
                    let others = asked.options.iter().filter(|o| *o != right).map(|o| first(o));
                    let earliest = asked.question.contains("first");
                    for other in others {
                        assert!(
                            if earliest { first(right) < other } else { first(right) > other },
                            "{asked:?}"
                        );
                    }
                }
            }
        }
        let total: i32 = letters.iter().sum();
        assert!(total > 100 && letters[..2].iter().all(|n| *n > total / 8), "{letters:?}");
    }

    /// Whoever knows the habits of every family, but never looks, must not do well.
    #[test]
    fn words_and_habits_are_not_enough() {
        let (mut right, mut all, mut by_form) = (0.0, 0.0, BTreeMap::<String, (f64, f64)>::new());
        let sampling = Sampling { pick: Pick::Uniform { count: 80 }, clock: Clock::Pts };
        for family in Family::ALL {
            let habits = Habits::of(family);
            for seed in 1_000..1_120 {
                let source = Source::Scene { family, seed, frames: 720, rate: Rate { num: 24, den: 1 } };
                let events = Scene::new(family, seed, 720).events();
                let timeline = sampling.select(720, 24.0).expect("long enough");
                let stream = &mut Stream::keyed(seed, "qa", &source.key(), 0);
                let Ok(asked) = draw_choice(&events, &timeline, &habits, stream) else { continue };
                let kind = |what: &str| events.iter().find(|e| e.what == what).map_or("", |e| e.kind);
                let ahead = |a: &str, b: &str| habits.ahead(kind(a), kind(b)).unwrap_or(0.5);
                let likely = |option: &str| -> f64 {
                    if let Some(what) =
                        asked.question.strip_prefix("How often does this happen in the video: ")
                    {
                        let usual = habits.counts.get(kind(what.trim_end_matches('?')));
                        let n: u32 = option.parse().expect("a number");
                        return usual.and_then(|u| u.get(&n)).copied().map_or(0.0, f64::from);
                    }
                    if asked.question.contains("order") {
                        let whats: Vec<&str> = option.split(", then ").collect();
                        return ahead(whats[0], whats[1])
                            * ahead(whats[1], whats[2])
                            * ahead(whats[0], whats[2]);
                    }
                    let others = asked.options.iter().filter(|o| *o != option);
                    if asked.question.contains("first") {
                        others.map(|o| ahead(option, o)).product()
                    } else {
                        others.map(|o| ahead(o, option)).product()
                    }
                };
                let guess = (0..asked.options.len())
                    .max_by(|a, b| likely(&asked.options[*a]).total_cmp(&likely(&asked.options[*b])))
                    .expect("options");
                let hit = f64::from(u8::from(guess == usize::from(asked.answer)));
                let chance = 1.0 / asked.options.len() as f64;
                let form = by_form.entry(asked.question.chars().take(24).collect()).or_default();
                *form = (form.0 + hit, form.1 + 1.0);
                right += hit - chance;
                all += 1.0;
            }
        }
        let gain = right / all;
        println!("{gain:.3} above chance on {all}; {by_form:?}");
        assert!(all > 500.0 && gain < 0.25, "{gain} above chance on {all}; {by_form:?}");
    }
}
