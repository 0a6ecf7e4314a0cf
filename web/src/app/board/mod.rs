//! The boards: one file a way of answering. A board shows a puzzle's films and edits the answer's draft; it decides nothing.

mod jigsaw;
mod written;

use std::sync::Arc;

use leptos::prelude::*;
use scrubjay_core::item::Truth;
use scrubjay_core::task::Task;
use scrubjay_core::task::segments::Sought;

use self::jigsaw::Jigsaw;
use self::written::Written;
use super::puzzle::Puzzle;
use super::round::Round;

/// The answer that a board begins with; empty where nothing can be checked yet.
pub(crate) fn blank(puzzle: &Puzzle) -> String {
    match &puzzle.truth {
        Truth::Order(order) => (1..=order.len()).map(|i| i.to_string()).collect(),
        _ => String::new(),
    }
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
        Task::Qa { question, options, .. } => {
            let lettered = options.iter().zip('A'..).map(|(o, l)| format!("{l}. {o}"));
            std::iter::once(question.clone()).chain(lettered).collect::<Vec<_>>().join("\n")
        }
    }
}

/// The board of a puzzle.
pub(crate) fn view(puzzle: Arc<Puzzle>, round: Round) -> AnyView {
    match puzzle.truth {
        Truth::Order(_) => view! { <Jigsaw puzzle round/> }.into_any(),
        _ => view! { <Written puzzle round/> }.into_any(),
    }
}

/// Whether an answer can be checked; else what is missing, in words.
pub(crate) fn ready(_puzzle: &Puzzle, answer: &str) -> Result<(), String> {
    if answer.trim().is_empty() { Err(say!("check.empty")) } else { Ok(()) }
}

/// Why an answer earned what it did, in words; empty where the figures say it all.
pub(crate) fn why(_puzzle: &Puzzle, _answer: &str) -> String {
    String::new()
}
