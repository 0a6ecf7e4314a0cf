//! Temporal jigsaw: swap clips until they are in order, by mouse, touch or keyboard.

use std::sync::Arc;

use leptos::ev::KeyboardEvent;
use leptos::html;
use leptos::prelude::*;

use crate::app::puzzle::Puzzle;
use crate::app::round::Round;
use crate::app::screen::paint;

/// The board. The draft is a digit for each place: the number of the clip that lies there.
#[component]
pub(crate) fn Jigsaw(puzzle: Arc<Puzzle>, round: Round) -> impl IntoView {
    let count = puzzle.films.len();
    // Which shown clip (from 0) lies at each place; a draft that is no order is as good as none.
    let order = Memo::new(move |_| {
        let read: Vec<usize> = round
            .draft
            .get()
            .chars()
            .filter_map(|c| Some(c.to_digit(10)? as usize).and_then(|d| d.checked_sub(1)))
            .collect();
        let whole = read.len() == count && (0..count).all(|c| read.contains(&c));
        if whole { read } else { (0..count).collect() }
    });
    let picked = RwSignal::new(None::<usize>);
    let slots: Vec<NodeRef<html::Button>> = (0..count).map(|_| NodeRef::new()).collect();
    let focus = {
        let slots = slots.clone();
        move |place: usize| {
            if let Some(slot) = slots.get(place).and_then(NodeRef::get) {
                slot.focus().ok();
            }
        }
    };
    let swap = move |a: usize, b: usize| {
        if a == b || round.done() {
            return;
        }
        let mut now = order.get_untracked();
        now.swap(a, b);
        let clip = now.get(b).map_or(0, |c| c + 1);
        round.draft.set(now.iter().map(|c| (c + 1).to_string()).collect());
        round.say(say!("jigsaw.moved", clip = clip, place = b + 1, count = count));
    };
    let press = move |place: usize| match picked.get_untracked() {
        Some(other) => {
            picked.set(None);
            swap(other, place);
        }
        None => {
            picked.set(Some(place));
            let clip = order.with_untracked(|o| o[place]) + 1;
            round.say(say!("jigsaw.picked", clip = clip));
        }
    };
    let cells = slots
        .into_iter()
        .enumerate()
        .map(|(place, slot)| {
            let canvas = NodeRef::<html::Canvas>::new();
            let puzzle = puzzle.clone();
            Effect::new(move |_| {
                let film = &puzzle.films[order.with(|o| o[place])];
                paint(canvas, film, round.tick.get() as usize % film.len());
            });
            let focus = focus.clone();
            let key = move |e: KeyboardEvent| {
                let to = match e.key().as_str() {
                    "ArrowLeft" | "ArrowUp" => place.checked_sub(1),
                    "ArrowRight" | "ArrowDown" => Some(place + 1).filter(|p| *p < count),
                    _ => return,
                };
                e.prevent_default();
                if let Some(to) = to {
                    picked.set(None);
                    swap(place, to);
                    focus(to);
                }
            };
            let clip = move || order.with(|o| o[place]) + 1;
            view! {
                <li>
                    <button node_ref=slot class="clip" type="button"
                        aria-label=t!("jigsaw.place", place = place + 1, count = count, clip = clip())
                        aria-pressed=move || (picked.get() == Some(place)).to_string()
                        data-clip=move || clip().to_string()
                        disabled=move || round.done()
                        on:click=move |_| press(place) on:keydown=key>
                        <canvas node_ref=canvas aria-hidden="true"></canvas>
                        <span class="label" aria-hidden="true">{clip}</span>
                    </button>
                </li>
            }
        })
        .collect_view();
    view! { <ol class="jigsaw" aria-describedby="how">{cells}</ol> }
}
