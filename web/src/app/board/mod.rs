//! The boards: one file a way of answering. A board shows a puzzle's films and edits the answer's draft; it decides nothing.

mod choice;
mod counting;
mod drag;
mod film;
mod interval;
mod jigsaw;
mod masked;
mod segments;
mod sign;
mod timeline;
mod transport;
mod why;
mod written;

use std::sync::Arc;

use leptos::prelude::*;
use scrubjay_core::item::Truth;
use scrubjay_core::task::Task;
use scrubjay_core::task::segments::Sought;

use self::choice::Choice;
use self::counting::Counting;
use self::interval::Interval;
use self::jigsaw::Jigsaw;
use self::masked::Masked;
use self::segments::Segments;
use self::written::Written;
use super::puzzle::Puzzle;
use super::round::Round;
use crate::draft;

/// The answer that a board begins with; empty where nothing can be checked yet.
pub(crate) fn blank(puzzle: &Puzzle) -> String {
    match &puzzle.truth {
        Truth::Order(order) => (1..=order.len()).map(|i| i.to_string()).collect(),
        // None at all may be meant.
        Truth::Counts(_) => draft::commas(&[0; 3]),
        _ => String::new(),
    }
}

/// What an answer still lacks before it can be checked, as a sentence; `None` where it is complete.
pub(crate) fn lacks(puzzle: &Puzzle, answer: &str) -> Option<String> {
    match &puzzle.truth {
        Truth::Candidates { labels, of } => {
            let filled = draft::chosen(answer, labels.len(), *of).len();
            (filled < labels.len())
                .then(|| say!("lacks.places", left = labels.len() - filled, count = labels.len()))
        }
        Truth::Letter(_) if answer.trim().is_empty() => Some(say!("lacks.option")),
        _ => answer.trim().is_empty().then(|| say!("lacks.answer")),
    }
}

/// Whether a puzzle's board has its own controls for playing.
pub(crate) fn plays(puzzle: &Puzzle) -> bool {
    !matches!(puzzle.truth, Truth::Order(_))
}

/// What is asked, in the visitor's language.
pub(crate) fn question(puzzle: &Puzzle) -> impl Fn() -> String + Send + use<> {
    let task = puzzle.recipe.task.clone();
    move || match &task {
        Task::Grounding(s) => {
            say!("ask.grounding", what = say!(&format!("kind.{}", s.perturbation.kind())))
        }
        Task::Counting { .. } => say!("ask.counting"),
        Task::Jigsaw { order } => say!("ask.jigsaw", count = order.len()),
        Task::Masked(m) => say!("ask.masked", count = m.targets.len()),
        Task::Segments(Sought::Tampered(segments)) => {
            let kind = segments.first().map(|s| s.perturbation.kind());
            say!("ask.segments", what = kind.map(|k| say!(&format!("kind.{}", k))).unwrap_or_default())
        }
        Task::Segments(Sought::Event { query, .. }) => say!("ask.segments", what = query),
        Task::Event { query, .. } => say!("ask.event", what = query),
        Task::Elements { question, .. } => say!("ask.elements", what = question),
        Task::Qa { question, .. } => question.clone(),
    }
}

/// The board of a puzzle.
pub(crate) fn view(puzzle: Arc<Puzzle>, round: Round) -> AnyView {
    match puzzle.truth {
        Truth::Order(_) => view! { <Jigsaw puzzle round/> }.into_any(),
        Truth::Counts(_) => view! { <Counting puzzle round/> }.into_any(),
        Truth::Candidates { .. } => view! { <Masked puzzle round/> }.into_any(),
        Truth::Letter(_) => view! { <Choice puzzle round/> }.into_any(),
        Truth::Interval(_) | Truth::Event { .. } => view! { <Interval puzzle round/> }.into_any(),
        Truth::Segments(_) => view! { <Segments puzzle round/> }.into_any(),
        Truth::Elements(_) => view! { <Written puzzle round/> }.into_any(),
    }
}

/// Why an answer earned what it did, in words; empty where the figures say it all.
pub(crate) fn why(puzzle: &Puzzle, answer: &str) -> String {
    match puzzle.truth {
        Truth::Interval(_) | Truth::Event { .. } => interval::why(puzzle, answer),
        Truth::Segments(_) => segments::why(puzzle, answer),
        _ => why::why(puzzle, answer),
    }
}
