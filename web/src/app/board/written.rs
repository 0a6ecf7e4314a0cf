//! Any puzzle without a board of its own: watch, read the question, write the answer.

use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;
use scrubjay_core::task::TaskName;

use crate::app::puzzle::Puzzle;
use crate::app::round::Round;
use crate::app::screen::paint;

/// The board.
#[component]
pub(crate) fn Written(puzzle: Arc<Puzzle>, round: Round) -> impl IntoView {
    let task = puzzle.task();
    let films = (0..puzzle.films.len())
        .map(|c| {
            let canvas = NodeRef::<html::Canvas>::new();
            let count = puzzle.films[c].len();
            let at = Memo::new(move |_| round.tick.get() as usize % count);
            {
                let puzzle = puzzle.clone();
                Effect::new(move |_| paint(canvas, &puzzle.films[c], at.get()));
            }
            let puzzle = puzzle.clone();
            // A gap's parts count their own pictures: their times say nothing.
            let timed = count > 1 && task != TaskName::Masked;
            let name = move || match (task, c) {
                (TaskName::Masked, 0) => say!("masked.before"),
                (TaskName::Masked, 1) => say!("masked.after"),
                (TaskName::Masked, _) => say!("masked.candidate", number = c - 1),
                _ => say!("film"),
            };
            view! {
                <li class:wide=count.gt(&1)>
                    <canvas node_ref=canvas role="img" aria-label=name></canvas>
                    <span class="label">{name}
                        {timed.then(|| view! {
                            <span>{move || format!(" · {:.1} s", puzzle.films[c].shown.get(at.get()).copied().unwrap_or(0.0))}</span>
                        })}
                    </span>
                </li>
            }
        })
        .collect_view();
    view! {
        <ul class="films">{films}</ul>
        <label class="written">
            <span>{t!("written.label")} " " {t!(&format!("hint.{}", task))}</span>
            <input type="text" id="answer" autocomplete="off" disabled=move || round.done()
                prop:value=move || round.draft.get() on:input=move |e| round.draft.set(event_target_value(&e))/>
        </label>
    }
}
