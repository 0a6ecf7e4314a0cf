//! Play: the kinds of puzzles, and a tour through each.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_params_map;
use scrubjay_core::task::TaskName;

use super::{Missing, failed};
use crate::app::hand::Hand;
use crate::app::place::A;
use crate::app::puzzle::Puzzle;
use crate::app::round::Outcome;
use crate::app::screen::Heading;
use crate::app::share::Share;
use crate::app::table::{Kind, Table};
use crate::app::tour::{PRACTICE, PUZZLES, SET, Tour};
use crate::wire::{Address, Fault};

/// `/play`: which kind?
#[component]
pub(crate) fn Kinds() -> impl IntoView {
    view! {
        <Heading text=Signal::derive(t!("play.title"))/>
        <p class="lead">{t!("play.lead", practice = PRACTICE, set = SET)}</p>
        <ul class="cards">
            {PUZZLES.map(|task| {
                let tour = Tour::resume(task);
                let (done, begun) = (tour.answered(), tour.place > 0);
                view! {
                    <li><A href=format!("/play/{task}")>
                        <strong>{t!(&format!("name.{}", task))}</strong>
                        <span>{t!(&format!("invite.{}", task))}</span>
                        {begun.then(|| view! { <span class="soft">{t!("play.done", done = done, set = SET)}</span> })}
                    </A></li>
                }
            })}
            <li><A href="/own"><strong>{t!("own.name")}</strong><span>{t!("own.invite")}</span></A></li>
        </ul>
    }
}

/// `/play/<task>`: a tour.
#[component]
pub(crate) fn Play() -> impl IntoView {
    let params = use_params_map();
    let task = Memo::new(move |_| {
        let task = params.with(|p| p.get("task").unwrap_or_default().parse::<TaskName>().ok());
        task.filter(|t| PUZZLES.contains(t))
    });
    move || match task.get() {
        Some(task) => view! { <Through task/> }.into_any(),
        None => view! { <Missing/> }.into_any(),
    }
}

/// A puzzle that was made ahead of its turn.
type Ahead = Option<(Address, Arc<Puzzle>)>;

#[component]
fn Through(task: TaskName) -> impl IntoView {
    let hand = expect_context::<Hand>();
    let tour = RwSignal::new(Tour::resume(task));
    let place = Memo::new(move |_| tour.with(|t| t.place));
    let puzzle: RwSignal<Option<Result<Arc<Puzzle>, Fault>>> = RwSignal::new(None);
    let ahead: RwSignal<Ahead> = RwSignal::new(None);
    let tries = RwSignal::new(0_u32);
    Effect::new(move |_| {
        tries.get();
        let now = place.get();
        tour.update_untracked(|t| t.keep(task));
        puzzle.set(None);
        if Tour::kind(now).is_none() {
            return;
        }
        let hand = hand.clone();
        let wanted = tour.with_untracked(|t| t.address(task, now));
        let next = tour.with_untracked(|t| t.address(task, now + 1));
        spawn_local(async move {
            let ready = ahead.try_update(Option::take).flatten().filter(|(address, _)| *address == wanted);
            let made = match ready {
                Some((_, puzzle)) => Ok(puzzle),
                None => Puzzle::make(&hand, wanted).await,
            };
            if place.try_get_untracked() != Some(now) {
                return;
            }
            let fine = made.is_ok();
            puzzle.try_set(Some(made));
            // While the visitor is at this one.
            if fine
                && Tour::kind(now + 1).is_some()
                && let Ok(made) = Puzzle::make(&hand, next.clone()).await
            {
                ahead.try_set(Some((next, made)));
            }
        });
    });
    let go = move |to: u32| tour.update(|t| t.place = to);
    move || {
        let now = place.get();
        let Some(kind) = Tour::kind(now) else {
            return view! { <End task tour/> }.into_any();
        };
        let stage = move || match kind {
            Kind::Example => say!("play.example"),
            Kind::Practice => say!("play.practice", number = now, of = PRACTICE),
            _ => say!("play.real", number = now - PRACTICE, of = SET),
        };
        let body = match puzzle.get() {
            None => view! { <p class="building" role="status">{t!("building")}</p> }.into_any(),
            Some(Err(fault)) => view! {
                {failed(fault)}
                <p><button type="button" class="button" on:click=move |_| tries.update(|t| *t += 1)>{t!("again")}</button></p>
            }
            .into_any(),
            Some(Ok(puzzle)) => {
                let given = tour.with_untracked(|t| t.answers.get(&now).cloned());
                let solved = RwSignal::new(given.is_some() || kind == Kind::Example);
                let checked = Callback::new(move |o: Outcome| {
                    tour.update(|t| {
                        t.answers.insert(now, o.answer);
                        t.keep(task);
                    });
                    solved.set(true);
                });
                let address = puzzle.address.clone();
                // By the item: another round of the tour has other puzzles at the same places.
                let draft = format!("tour.{}", puzzle.recipe.id());
                view! {
                    {(kind == Kind::Example).then(|| view! { <p class="example">{t!(&format!("example.{}", task))}</p> })}
                    <Table puzzle kind place=draft given checked=Some(checked) heading=None>
                        <p class="after">
                            {move || if solved.get() {
                                view! { <button type="button" id="next" class="button main" on:click=move |_| go(now + 1)>{t!("play.next")}</button> }.into_any()
                            } else {
                                view! { <button type="button" id="next" class="button" on:click=move |_| go(now + 1)>{t!("play.skip")}</button> }.into_any()
                            }}
                            {address.map(|address| view! { <Share address/> })}
                        </p>
                    </Table>
                }
                .into_any()
            }
        };
        view! {
            <nav class="stages" aria-label=t!("play.stages")>
                <p>{stage}</p>
                <progress max=PRACTICE + SET + 1 value=now aria-label=stage></progress>
                {(kind != Kind::Example).then(|| view! {
                    <button type="button" class="link" on:click=move |_| go(0)>{t!("play.show")}</button>
                })}
            </nav>
            {body}
        }
        .into_any()
    }
}

/// What comes after the last puzzle of a set.
#[component]
fn End(task: TaskName, tour: RwSignal<Tour>) -> impl IntoView {
    let done = tour.with_untracked(Tour::answered);
    view! {
        <Heading text=Signal::derive(t!("end.title"))/>
        <p>{t!("end.done", done = done, set = SET)}</p>
        <p class="after">
            <button type="button" class="button main" on:click=move |_| tour.set(Tour::again())>{t!("end.again")}</button>
            <A href="/compare" attr:class="button">{t!("end.compare")}</A>
            <A href="/play" attr:class="button">{t!("end.other")}</A>
        </p>
        <p class="soft">{t!(&format!("name.{}", task))}</p>
    }
}
