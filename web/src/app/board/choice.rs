//! A multiple-choice question about the film.

use std::sync::Arc;

use leptos::prelude::*;
use scrubjay_core::item::Truth;
use scrubjay_core::task::Task;

use super::film::{Player, whole};
use super::sign::{self, Judged};
use crate::app::puzzle::Puzzle;
use crate::app::round::Round;

/// The board. The draft is the letter of an option.
#[component]
pub(crate) fn Choice(puzzle: Arc<Puzzle>, round: Round) -> impl IntoView {
    let right = if let Truth::Letter(right) = puzzle.truth { right } else { ' ' };
    let options =
        if let Task::Qa { options, .. } = &puzzle.recipe.task { options.clone() } else { Vec::new() };
    let chosen = Memo::new(move |_| round.draft.with(|d| d.trim().chars().next()));
    let options = options
        .into_iter()
        .zip('A'..='Z')
        .map(|(text, letter)| {
            let judged = move || {
                let mine = chosen.get() == Some(letter);
                match (round.done(), letter == right) {
                    (true, true) if mine => Some(sign::judged(Judged::Right, t!("choice.yours_right"))),
                    (true, true) => Some(sign::judged(Judged::Right, t!("choice.right"))),
                    (true, false) if mine => Some(sign::judged(Judged::Wrong, t!("choice.yours"))),
                    _ => None,
                }
            };
            view! {
                <label class="option">
                    <input type="radio" name="option" value=letter.to_string() disabled=move || round.done()
                        prop:checked=move || chosen.get() == Some(letter)
                        on:change=move |_| round.draft.set(letter.to_string())/>
                    // Scenes tell what is in them in English.
                    <span lang="en">{format!("{letter}. {text}")}</span>
                    {judged}
                </label>
            }
        })
        .collect_view();
    let at = RwSignal::new(0_usize);
    let shots = whole(&puzzle);
    let name = Signal::derive(t!("film"));
    view! {
        <Player puzzle shots at playing=round.playing timed=true name/>
        <div class="options" role="radiogroup" aria-labelledby="how">{options}</div>
    }
}
