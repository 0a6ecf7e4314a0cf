//! Temporal jigsaw: swap clips until they are in order, by mouse, touch or keyboard.

use std::sync::Arc;

use leptos::ev::KeyboardEvent;
use leptos::html;
use leptos::prelude::*;
use scrubjay_core::item::Item;

use super::{Outcome, Verdict};
use crate::screen::{Heading, clock, paint, reduced_motion};

/// Frames per second at which the clips loop.
const PACE: u32 = 6;

/// The puzzle.
#[component]
pub(crate) fn Jigsaw(item: Arc<Item>) -> impl IntoView {
    let count = item.clips.len();
    let chance = item.chance;
    // Which shown clip (from 0) lies at each place.
    let order = RwSignal::new((0..count).collect::<Vec<usize>>());
    let picked = RwSignal::new(None::<usize>);
    let said = RwSignal::new(String::new());
    let outcome = RwSignal::new(None::<Outcome>);
    let running = RwSignal::new(!reduced_motion());
    let tick = clock(PACE, running);
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
        if a == b || outcome.with_untracked(Option::is_some) {
            return;
        }
        order.update(|o| o.swap(a, b));
        let clip = order.with_untracked(|o| o[b]) + 1;
        said.set(format!("Clip {clip} is now at place {} of {count}.", b + 1));
    };
    let press = move |place: usize| match picked.get_untracked() {
        Some(other) => {
            picked.set(None);
            swap(other, place);
        }
        None => {
            picked.set(Some(place));
            let clip = order.with_untracked(|o| o[place]) + 1;
            said.set(format!("Clip {clip} picked. Choose the place to swap it with."));
        }
    };
    let submit = {
        let item = item.clone();
        move |_| {
            let answer: String = order.with_untracked(|o| o.iter().map(|c| (c + 1).to_string()).collect());
            let score = item.truth.score(&answer).total;
            picked.set(None);
            outcome.set(Some(Outcome { score, answer, truth: item.truth.text() }));
        }
    };

    let cells = slots
        .into_iter()
        .enumerate()
        .map(|(place, slot)| {
            let canvas = NodeRef::<html::Canvas>::new();
            let item = item.clone();
            Effect::new(move |_| {
                let frames = &item.clips[order.with(|o| o[place])].frames;
                paint(canvas, &frames[tick.get() as usize % frames.len()]);
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
            let name =
                move || format!("Place {} of {count}: clip {}", place + 1, order.with(|o| o[place]) + 1);
            view! {
                <li>
                    <button node_ref=slot class="clip" type="button" aria-label=name
                        aria-pressed=move || (picked.get() == Some(place)).to_string()
                        data-clip=move || (order.with(|o| o[place]) + 1).to_string()
                        disabled=move || outcome.with(Option::is_some)
                        on:click=move |_| press(place) on:keydown=key>
                        <canvas node_ref=canvas aria-hidden="true"></canvas>
                        <span class="label" aria-hidden="true">{move || order.with(|o| o[place]) + 1}</span>
                    </button>
                </li>
            }
        })
        .collect_view();

    view! {
        <Heading text="Put the clips in order"/>
        <p id="how">
            "One film was cut into " {count} " clips and shuffled. Put them back in order, row by row, the first part first. "
            "Tap two clips to swap them, or focus one and move it with the arrow keys."
        </p>
        <ol class="jigsaw" aria-describedby="how">{cells}</ol>
        <p class="controls">
            <button type="button" class="button main" disabled=move || outcome.with(Option::is_some) on:click=submit>
                "Check"
            </button>
            <button type="button" class="button" on:click=move |_| running.update(|r| *r = !*r)>
                {move || if running.get() { "Pause" } else { "Play" }}
            </button>
        </p>
        <p class="said" role="status" aria-live="polite">{said}</p>
        <Verdict outcome chance/>
    }
}
