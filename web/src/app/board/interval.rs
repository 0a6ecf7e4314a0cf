//! One interval: when the film was changed, or when something happens.

use std::sync::Arc;

use leptos::prelude::*;
use scrubjay_core::item::Truth;

use super::timeline::Timeline;
use crate::app::puzzle::Puzzle;
use crate::app::round::Round;
use crate::spans::{Compared, stretches};

/// Decimals of the answer: the papers' grounding has one, events have two.
fn decimals(puzzle: &Puzzle) -> usize {
    if matches!(puzzle.truth, Truth::Interval(_)) { 1 } else { 2 }
}

/// The board.
#[component]
pub(crate) fn Interval(puzzle: Arc<Puzzle>, round: Round) -> impl IntoView {
    let decimals = decimals(&puzzle);
    view! { <Timeline puzzle round many=false decimals/> }
}

/// How much of the time was right; the score is the last figure.
pub(super) fn why(puzzle: &Puzzle, answer: &str) -> String {
    let (Truth::Interval(truth) | Truth::Event { seconds: truth, .. }) = &puzzle.truth else {
        return String::new();
    };
    let compared = Compared::new(&stretches(answer), &[[truth.start, truth.end]]);
    let n = decimals(puzzle);
    let seconds = |s: f64| format!("{s:.n$}");
    say!(
        "why.interval",
        right = seconds(compared.right),
        missed = seconds(compared.missed),
        extra = seconds(compared.extra),
        iou = format!("{:.2}", puzzle.score(answer).total)
    )
}
