//! Several segments: every time that something is to be seen.

use std::sync::Arc;

use leptos::prelude::*;
use scrubjay_core::item::Truth;

use super::timeline::Timeline;
use crate::app::puzzle::Puzzle;
use crate::app::round::Round;
use crate::spans::{Compared, stretches};

/// The board.
#[component]
pub(crate) fn Segments(puzzle: Arc<Puzzle>, round: Round) -> impl IntoView {
    view! { <Timeline puzzle round many=true decimals=2/> }
}

/// How much of the time was right, and the two figures of which the score is the mean.
pub(super) fn why(puzzle: &Puzzle, answer: &str) -> String {
    let Truth::Segments(truth) = &puzzle.truth else { return String::new() };
    let said = stretches(answer);
    let compared = Compared::new(&said, truth);
    let score = puzzle.score(answer);
    let part = |name: &str| format!("{:.2}", score.parts.get(name).copied().unwrap_or(0.0));
    say!(
        "why.segments",
        right = format!("{:.2}", compared.right),
        missed = format!("{:.2}", compared.missed),
        extra = format!("{:.2}", compared.extra),
        said = said.len(),
        count = truth.len(),
        global = part("global"),
        local = part("local")
    )
}
