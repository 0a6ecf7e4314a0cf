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
    let mut single: Vec<(&Event, [u32; 2])> = events
        .iter()
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

/// Draws a question with its options.
///
/// # Errors
/// [`TaskError`] when the log holds too few kinds of events.
pub fn draw_choice(events: &[Event], stream: &mut Stream) -> Result<Choice, TaskError> {
    // The first occurrence of each kind, by when it begins.
    let mut kinds: Vec<&Event> = Vec::new();
    for event in events {
        if !kinds.iter().any(|k| k.kind == event.kind) {
            kinds.push(event);
        }
    }
    if kinds.len() < 3 {
        return Err(TaskError(format!("{} kinds of events are too few to ask about", kinds.len())));
    }
    let form = [Form::First, Form::Last, Form::Count, Form::Order][stream.below(4) as usize];
    Ok(match form {
        Form::First => {
            let some = pick(&kinds, 4, stream);
            choice("Which of these happens first in the video?", &some, some[0], stream)
        }
        Form::Last => {
            // Kinds that come again would make "begins last" ambiguous.
            let once: Vec<&Event> = kinds
                .iter()
                .copied()
                .filter(|k| events.iter().filter(|e| e.kind == k.kind).count() == 1)
                .collect();
            if once.len() < 3 {
                return order(&kinds, stream);
            }
            let some = pick(&once, 4, stream);
            choice("Which of these is the last to begin in the video?", &some, some[some.len() - 1], stream)
        }
        Form::Count => {
            let event = kinds[stream.below(kinds.len() as u32) as usize];
            let times = events.iter().filter(|e| e.kind == event.kind).count() as u32;
            let lowest = times.saturating_sub(stream.below(4)).max(1);
            let options: Vec<String> = (lowest..lowest + 4).map(|n| n.to_string()).collect();
            Choice {
                question: format!("How often does this happen in the video: {}?", event.what),
                options,
                answer: (times - lowest) as u8,
                about: vec![event.element.clone()],
            }
        }
        Form::Order => return order(&kinds, stream),
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
        options: options.iter().map(|e| e.what.clone()).collect(),
        answer,
        about: unique(about),
    }
}

fn order(kinds: &[&Event], stream: &mut Stream) -> Result<Choice, TaskError> {
    let three = pick(kinds, 3, stream);
    let say = |p: &[usize; 3]| p.map(|i| three[i].what.as_str()).join(", then ");
    let mut orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    stream.shuffle(&mut orders[1..]);
    let mut some = [orders[0], orders[1], orders[2], orders[3]];
    stream.shuffle(&mut some);
    Ok(Choice {
        question: "In which order do these begin in the video?".to_owned(),
        answer: some.iter().position(|p| *p == [0, 1, 2]).unwrap_or(0) as u8,
        options: some.iter().map(say).collect(),
        about: unique(three.iter().map(|e| e.element.clone()).collect()),
    })
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
    stream: &mut Stream,
) -> Result<(String, Vec<String>), TaskError> {
    let asked = draw_choice(events, stream)?;
    let mut elements = asked.about;
    elements.extend(events.iter().map(|e| e.element.clone()));
    elements.extend(scene.static_elements());
    let mut elements = unique(elements);
    elements.truncate(*ELEMENTS.end());
    if elements.len() < *ELEMENTS.start() {
        return Err(TaskError(format!("the scene names only {} things", elements.len())));
    }
    Ok((asked.question, elements))
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
