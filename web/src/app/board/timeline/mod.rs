//! The timeline that all boards about times share: the film, a strip of its pictures, spans on it, and their figures.
//!
//! `marks` is the state and all that is done to it; `player`, `strip` with `handle` and `thumbs`, `row` and `keys` are ways to
//! do it, each enough alone. Where edges can lie and what texts say is in [`crate::spans`].

mod handle;
mod keys;
mod marks;
mod player;
mod row;
mod strip;
mod thumbs;

use std::sync::Arc;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use self::keys::{Keys, press};
use self::marks::{Marks, Part};
use self::player::{Controls, Stage, run};
use self::row::Row;
use self::strip::Strip;
use crate::app::puzzle::Puzzle;
use crate::app::round::Round;
use crate::spans::overlap;

/// Puts the focus on an element by its id, once it is drawn.
fn focus_on(id: String) {
    request_animation_frame(move || {
        if let Some(element) =
            document().get_element_by_id(&id).and_then(|e| e.dyn_into::<HtmlElement>().ok())
        {
            element.focus().ok();
        }
    });
}

/// A timeline. Answers have one span or `many`, in seconds with so many `decimals`.
#[component]
pub(super) fn Timeline(puzzle: Arc<Puzzle>, round: Round, many: bool, decimals: usize) -> impl IntoView {
    let marks = Marks::new(puzzle, round, many, decimals);
    run(marks);
    let numbers = Memo::new(move |_| marks.spans.with(Vec::len));
    let done = Memo::new(move |_| round.done());
    let add = move |_| {
        if let Some(k) = marks.add_here() {
            focus_on(handle::id(marks, crate::spans::Side::Start, "", k));
        }
    };
    let offered = move || !done.get() && (many || numbers.get() == 0);
    let rows = move || match (done.get(), many) {
        (true, _) => 0..0,
        (false, true) => 0..numbers.get(),
        (false, false) => 0..1,
    };
    let hint = move || {
        if done.get() {
            return String::new();
        }
        if numbers.get() == 0 {
            return if many { say!("timeline.empty.many") } else { say!("timeline.empty.one") };
        }
        if marks.spans.with(|s| overlap(s)) { say!("timeline.overlap") } else { String::new() }
    };
    let yours = move || {
        marks
            .spans
            .get()
            .into_iter()
            .map(|s| marks.with(|p| [p.seconds(s.start), p.seconds(s.end)]))
            .collect()
    };
    view! {
        <div class="timeline-board" role="group" aria-labelledby="how" on:keydown=move |e| press(marks, &e)>
            <div class="stage">
                <Stage marks/>
                <Strip marks/>
                <Show when=move || done.get()><p class="legend">{move || if marks.round.example { say!("timeline.legend.example") } else { say!("timeline.legend") }}</p></Show>
            </div>
            <Controls marks/>
            <p class="hint" role="status">{hint}</p>
            <Show when=offered>
                <p><button type="button" id="add" class="button" on:click=add>
                    {move || if many { say!("timeline.add.many") } else { say!("timeline.add.one") }}
                </button></p>
            </Show>
            <Show when=move || done.get()>
                <ul class="replays">
                    {(!marks.round.example).then(|| view! {
                        <Replays marks key="timeline.play.you" id="yours" part=Part::Span of=yours()/>
                    })}
                    <Replays marks key="timeline.play.truth" id="truth" part=Part::Truth of=marks.truth()/>
                </ul>
            </Show>
            {(!marks.round.example).then(|| view! {
                <div class="rows" class:many=many>
                    <For each=rows key=|k| *k let:k><Row marks k/></For>
                </div>
            })}
            <Keys many/>
        </div>
    }
}

/// A button for each stretch, given in seconds, that plays it.
#[component]
fn Replays(
    marks: Marks,
    /// What a button says.
    key: &'static str,
    /// Ids are this and a number.
    id: &'static str,
    /// Which part of the film a number means.
    part: fn(usize) -> Part,
    of: Vec<[f64; 2]>,
) -> impl IntoView {
    let button = |(k, [from, to]): (usize, [f64; 2])| {
        let (start, end) = marks.with(|p| (p.text(from), p.text(to)));
        view! {
            <li>
                <button type="button" class="button" id=format!("{id}-{k}") on:click=move |_| marks.play(part(k))>
                    {t!(key, start = start, end = end)}
                </button>
            </li>
        }
    };
    of.into_iter().enumerate().map(button).collect_view()
}
