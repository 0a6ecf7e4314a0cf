//! The table that every puzzle lies on: heading, board, check, verdict, and what to do next.

use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;
use leptos_router::components::A;
use scrubjay_core::chance::How;

use super::board;
use super::keep;
use super::puzzle::Puzzle;
use super::round::{Outcome, Round};
use super::screen::Heading;

/// A puzzle to be solved. `next` is called with the outcome once it is checked.
#[component]
pub(crate) fn Table(
    puzzle: Arc<Puzzle>,
    /// Under what name the answer so far is kept for a reload.
    #[prop(into)]
    place: String,
    /// Called when the answer was checked.
    #[prop(optional)]
    checked: Option<Callback<Outcome>>,
    children: Children,
) -> impl IntoView {
    let kept: Option<String> = keep::get(&format!("draft.{place}"));
    let round = Round::new(kept.unwrap_or_else(|| board::blank(&puzzle)));
    let name = format!("draft.{place}");
    Effect::new(move |_| {
        if round.done() {
            keep::forget(&name);
        } else {
            keep::put(&name, &round.draft.get());
        }
    });
    let check = {
        let puzzle = puzzle.clone();
        move |_| {
            let answer = round.draft.get_untracked();
            if round.outcome.with_untracked(Option::is_some) || answer.trim().is_empty() {
                return;
            }
            let outcome = Outcome { score: puzzle.score(&answer).total, answer };
            round.outcome.set(Some(outcome.clone()));
            if let Some(checked) = checked {
                checked.run(outcome);
            }
        }
    };
    let task = puzzle.task();
    let hash = puzzle.stimulus.clone();
    let (seed, by) = (puzzle.address.seed, puzzle.by.clone());
    let short = hash.get(..12).unwrap_or_default().to_owned();
    view! {
        <Heading text=Signal::derive(t!(&format!("task.{}", task)))/>
        <p id="how">{board::question(&puzzle)}</p>
        {board::view(puzzle.clone(), round)}
        <p class="controls">
            <button type="button" id="check" class="button main" disabled=move || round.done() on:click=check>{t!("check")}</button>
            <button type="button" class="button" on:click=move |_| round.playing.update(|r| *r = !*r)>
                {move || if round.playing.get() { say!("pause") } else { say!("play") }}
            </button>
        </p>
        <p class="said" role="status" aria-live="polite">{round.said}</p>
        <Verdict puzzle=puzzle.clone() round/>
        {children()}
        <p class="hash" data-stimulus=hash data-by=by>
            {t!("hash", seed = seed)} " " <code>{short}</code>
        </p>
    }
}

/// The verdict, which takes the focus when it appears: the button that was pressed is disabled then.
#[component]
fn Verdict(puzzle: Arc<Puzzle>, round: Round) -> impl IntoView {
    let place = NodeRef::<html::Div>::new();
    Effect::new(move |_| {
        if let (true, Some(place)) = (round.done(), place.get()) {
            place.focus().ok();
        }
    });
    view! {
        <div node_ref=place class="verdict" role="status" aria-live="polite" tabindex="-1">
            {move || round.outcome.get().map(|o| {
                let percent = format!("{:.0}", o.score * 100.0);
                let guess = format!("{:.0}", puzzle.chance.random * 100.0);
                let truth = puzzle.truth.plain();
                let why = board::why(&puzzle, &o.answer);
                view! {
                    <p class="score" data-score=format!("{:.4}", o.score)>
                        <strong>{t!("verdict.percent", percent = percent)}</strong>
                        {(o.score >= 1.0).then(|| view! { " " {t!("verdict.right")} })}
                    </p>
                    <p>{t!("verdict.said", answer = o.answer, truth = truth)} " " {why}</p>
                    {(puzzle.chance.how != How::None).then(|| view! { <p>{t!("verdict.chance", percent = guess)}</p> })}
                }
            })}
        </div>
    }
}

/// A button that leads on.
#[component]
pub(crate) fn Next(href: String) -> impl IntoView {
    view! { <p class="after"><A href=href attr:class="button">{t!("next")}</A></p> }
}
