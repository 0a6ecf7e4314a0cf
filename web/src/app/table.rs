//! The table that every puzzle lies on: heading, board, check, verdict.

use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;
use scrubjay_core::chance::How;

use super::board;
use super::guest;
use super::keep;
use super::puzzle::Puzzle;
use super::results;
use super::round::{Outcome, Round};
use super::screen::{Heading, focus};
use super::watch::Watch;
use super::words::{percent, whole};

/// What an attempt is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It counts.
    Real,
    /// It is kept and does not count.
    Practice,
    /// It is shown solved.
    Example,
    /// It is not kept.
    Taste,
}

/// A puzzle to be solved; `children` are what comes after it.
#[component]
pub(crate) fn Table(
    puzzle: Arc<Puzzle>,
    kind: Kind,
    /// Under what name the answer so far is kept for a reload.
    #[prop(into)]
    place: String,
    /// The answer, where it was given before.
    #[prop(optional_no_strip)]
    given: Option<String>,
    /// Told once the answer is checked.
    #[prop(optional_no_strip)]
    checked: Option<Callback<Outcome>>,
    /// What the page is named, where not by the task.
    #[prop(optional_no_strip)]
    heading: Option<Signal<String>>,
    children: Children,
) -> impl IntoView {
    let score = {
        let puzzle = puzzle.clone();
        move |answer: String| Outcome { score: puzzle.score(&answer).total, answer }
    };
    let given = if kind == Kind::Example { Some(puzzle.truth.plain()) } else { given };
    let (name, time) = (format!("draft.{place}"), format!("time.{place}"));
    let blank = board::blank(&puzzle);
    let draft = given.clone().or_else(|| keep::get(&name)).unwrap_or_else(|| blank.clone());
    let round = Round::new(draft, kind == Kind::Example);
    round.outcome.set(given.map(&score));
    // Of what was not begun nothing is kept, not even the time.
    let begun = RwSignal::new(false);
    let spent = keep::get::<f64>(&time).filter(|s| s.is_finite() && *s >= 0.0).unwrap_or(0.0);
    let watch = {
        let time = time.clone();
        Watch::new(spent, move |seconds| {
            if begun.get_untracked() {
                keep::put(&time, &seconds);
            }
        })
    };
    Effect::new(move |_| {
        let draft = round.draft.get();
        begun.set(!round.done() && draft != blank);
        if begun.get_untracked() {
            keep::put(&name, &draft);
            keep::put(&time, &watch.seconds());
        } else {
            keep::forget(&name);
            keep::forget(&time);
        }
    });
    let fresh = RwSignal::new(false);
    let check = {
        let puzzle = puzzle.clone();
        move |_| {
            let answer = round.draft.get_untracked();
            if round.outcome.with_untracked(Option::is_some) {
                return;
            }
            if let Some(lacks) = board::lacks(&puzzle, &answer) {
                round.say(lacks);
                return;
            }
            // What was said last is about an answer that can no more be changed.
            round.say(String::new());
            let outcome = score(answer);
            fresh.set(true);
            round.outcome.set(Some(outcome.clone()));
            // With the verdict the puzzle is taller.
            request_animation_frame(guest::tell_height);
            if kind != Kind::Taste {
                guest::tell(&results::add(&puzzle, &outcome, kind == Kind::Practice, watch.seconds()));
            }
            if let Some(checked) = checked {
                checked.run(outcome);
            }
        }
    };
    // Once it is in the document; a frame out of view would wait for ever for its next picture.
    set_timeout(guest::tell_height, std::time::Duration::ZERO);
    let task = puzzle.task();
    let heading = heading.unwrap_or_else(|| Signal::derive(t!(&format!("task.{}", task))));
    let plays = board::plays(&puzzle);
    let hash = puzzle.stimulus.clone();
    let short = hash.get(..12).unwrap_or_default().to_owned();
    let (seed, by) = (puzzle.address.as_ref().map(|a| a.seed), puzzle.by.clone());
    view! {
        <Heading text=heading/>
        <p id="how" class="question">{board::question(&puzzle)}</p>
        {board::view(puzzle.clone(), round)}
        <p class="controls">
            {(kind != Kind::Example).then(|| view! {
                <button type="button" id="check" class="button main" disabled=move || round.done() on:click=check>{t!("check")}</button>
            })}
            {(!plays).then(|| view! {
                <button type="button" id="play" class="button" on:click=move |_| round.playing.update(|r| *r = !*r)>
                    {move || if round.playing.get() { say!("pause") } else { say!("play") }}
                </button>
            })}
        </p>
        <p class="said" role="status" aria-live="polite">{round.said}</p>
        <Verdict puzzle=puzzle.clone() round kind fresh/>
        {children()}
        <p class="hash" data-stimulus=hash data-by=by>
            {seed.map(|seed| view! { {t!("hash.seed", seed = seed)} " · " })}
            {t!("hash.pixels")} " " <code>{short}</code>
        </p>
    }
}

/// The verdict. It takes the focus when an answer was checked just now: the button that was pressed is disabled then.
#[component]
fn Verdict(puzzle: Arc<Puzzle>, round: Round, kind: Kind, fresh: RwSignal<bool>) -> impl IntoView {
    let place = NodeRef::<html::Div>::new();
    Effect::new(move |_| {
        if fresh.get() && round.done() && place.get().is_some() {
            focus(place);
        }
    });
    view! {
        <div node_ref=place class="verdict" role="status" aria-live="polite" tabindex="-1">
            {move || round.outcome.get().map(|o| {
                let (percent, guess) = (percent(o.score), percent(puzzle.chance.random));
                let truth = puzzle.truth.plain();
                let why = board::why(&puzzle, &o.answer);
                let said = match kind {
                    Kind::Example => say!("verdict.example", truth = truth),
                    _ => say!("verdict.said", answer = o.answer, truth = truth),
                };
                view! {
                    <p class="score" data-score=format!("{:.4}", o.score)>
                        <strong>{t!("verdict.percent", percent = percent)}</strong>
                        {whole(o.score).then(|| view! { " " {t!("verdict.right")} })}
                    </p>
                    <p>{said} " " {why}</p>
                    {(puzzle.chance.how != How::None).then(|| view! { <p class="soft">{t!("verdict.chance", percent = guess)}</p> })}
                }
            })}
        </div>
    }
}
