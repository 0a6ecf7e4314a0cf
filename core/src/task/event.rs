//! VideoReasoner's three capabilities (methods §4.1): where in time an event is, what the key elements of a
//! question are, and the answer itself. Here they are drawn from a scene's event log.

use super::{TaskError, milliseconds};
use crate::rng::Stream;
use crate::scene::{Event, Scene};
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

/// Draws a question with its options, about what the chosen frames show.
///
/// # Errors
/// [`TaskError`] when they show too few kinds of events.
pub fn draw_choice(events: &[Event], timeline: &Timeline, stream: &mut Stream) -> Result<Choice, TaskError> {
    // The first occurrence of each kind, by when it begins; of two that the frames do not tell apart, the first.
    let mut firsts: Vec<(&Event, usize)> = Vec::new();
    for (event, first) in visible(events, timeline) {
        if !firsts.iter().any(|(f, _)| f.kind == event.kind) {
            firsts.push((event, first));
        }
    }
    firsts.dedup_by_key(|(_, first)| *first);
    let kinds: Vec<&Event> = firsts.into_iter().map(|(e, _)| e).collect();
    if kinds.len() < 3 {
        return Err(TaskError(format!("{} kinds of events are too few to ask about", kinds.len())));
    }
    let times = |kind: &str| events.iter().filter(|e| e.kind == kind).count() as u32;
    let form = [Form::First, Form::Last, Form::Count, Form::Order][stream.below(4) as usize];
    Ok(match form {
        Form::First => {
            let some = pick(&kinds, 4, stream);
            choice("Which of these happens first in the video?", &some, some[0], stream)
        }
        Form::Last => {
            // Kinds that come again would make "begins last" ambiguous.
            let once: Vec<&Event> = kinds.iter().copied().filter(|k| times(k.kind) == 1).collect();
            if once.len() < 3 {
                return Ok(order(&kinds, stream));
            }
            let some = pick(&once, 4, stream);
            choice("Which of these is the last to begin in the video?", &some, some[some.len() - 1], stream)
        }
        Form::Count => {
            // What comes again is asked about first: "once" would be too good a guess.
            let again: Vec<&Event> = kinds.iter().copied().filter(|k| times(k.kind) > 1).collect();
            let from = if again.is_empty() { &kinds } else { &again };
            let event = from[stream.below(from.len() as u32) as usize];
            let right = times(event.kind);
            let mut others: Vec<u32> = (1..=5).filter(|n| *n != right).collect();
            stream.shuffle(&mut others);
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
        Form::Order => order(&kinds, stream),
    })
}

/// Up to `most` of the events, in the order of the log.
fn pick<'a>(events: &[&'a Event], most: usize, stream: &mut Stream) -> Vec<&'a Event> {
    let mut places: Vec<usize> = (0..events.len()).collect();
    stream.shuffle(&mut places);
    places.truncate(most);
    places.sort_unstable();
    places.into_iter().map(|i| events[i]).collect()
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

fn order(kinds: &[&Event], stream: &mut Stream) -> Choice {
    let three = pick(kinds, 3, stream);
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
    stream: &mut Stream,
) -> Result<(String, Vec<String>), TaskError> {
    let asked = draw_choice(events, timeline, stream)?;
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
    use crate::scene::Family;
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
                let Ok(asked) = draw_choice(&events, &timeline, stream) else { continue };
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
        assert!(total > 150 && letters[..4].iter().all(|n| *n > total / 8), "{letters:?}");
    }
}
