//! The places between the two parts: filled, emptied and reordered; and what belongs there, once it was checked.

use std::sync::Arc;

use leptos::ev::KeyboardEvent;
use leptos::html;
use leptos::prelude::*;

use super::super::sign::{self, Judged};
use super::{Board, still};
use crate::app::puzzle::Puzzle;
use crate::draft;

/// The row of places. All are there from the start, so that the focus stays where it is when one is filled or emptied.
#[component]
pub(super) fn Places(board: Board, puzzle: Arc<Puzzle>, items: Vec<NodeRef<html::Li>>) -> impl IntoView {
    let places = items.into_iter().enumerate().map(|(place, li)| slot(board, puzzle.clone(), place, li));
    let places = places.collect_view();
    view! { <ol class="chosen">{places}</ol> }
}

fn slot(board: Board, puzzle: Arc<Puzzle>, place: usize, li: NodeRef<html::Li>) -> AnyView {
    let Board { round, drag, places, .. } = board;
    let canvas = NodeRef::<html::Canvas>::new();
    let button = board.slots.with_value(|s| s.get(place).copied()).unwrap_or_default();
    let label = Memo::new(move |_| board.chosen.with(|c| c.get(place).copied()));
    // An empty place is as large as a filled one.
    let (width, height) = puzzle.films.first().map_or((16, 9), |f| (f.width, f.height));
    still(canvas, puzzle, move || label.get());
    let name = move || match label.get() {
        Some(number) => say!("masked.place", place = place + 1, count = places, number = number),
        None => say!("masked.empty", place = place + 1, count = places),
    };
    let take_out = move || {
        let taken = board.take_out(place);
        // The next one has come here; behind the last one the focus goes back to its candidate.
        if let (Some(taken), None) = (taken, label.get_untracked()) {
            board.focus_candidate(taken);
        }
    };
    let key = move |e: KeyboardEvent| {
        let key = e.key();
        let other = e.ctrl_key() || e.alt_key() || e.meta_key();
        match key.as_str() {
            "Escape" => drag.cancel(),
            "Delete" | "Backspace" if !other => {
                e.prevent_default();
                take_out();
            }
            "ArrowLeft" | "ArrowRight" | "ArrowUp" | "ArrowDown"
                if !other && label.get_untracked().is_some() =>
            {
                e.prevent_default();
                let filled = board.chosen.with_untracked(Vec::len);
                match draft::step(&key, place, filled, 1) {
                    Some(to) if board.carry(place, to) => board.focus_slot(to),
                    _ => round.say(say!("jigsaw.edge")),
                }
            }
            _ => {}
        }
    };
    let press = move || {
        if !drag.is_no_press() {
            take_out();
        }
    };
    let up = move |event| {
        if let Some((from, to)) = drag.up(&event) {
            board.carry(from, to);
        }
    };
    let judged = move || {
        round.done().then(|| {
            let at = label.get().and_then(|l| board.truth.with_value(|t| t.iter().position(|r| *r == l)));
            match at {
                Some(at) if at == place => sign::judged(Judged::Right, t!("judged.right")),
                Some(at) => sign::judged(Judged::Partly, t!("masked.elsewhere", place = at + 1)),
                None => sign::judged(Judged::Wrong, t!("masked.wrong")),
            }
        })
    };
    let filled = move || label.get().is_some();
    view! {
        <li node_ref=li class="slot" class:dragged=move || drag.drags(place) class:over=move || drag.is_over(place)
            style=("transform", move || drag.offset(place))
            on:pointerdown=move |e| if filled() && !round.done() { drag.down(&e, place) }
            on:pointermove=move |e| drag.moved(&e) on:pointerup=up on:pointercancel=move |_| drag.cancel()>
            <button node_ref=button type="button" class="clip" class:empty=move || !filled() aria-label=name
                data-chosen=move || label.get().map(|l| l.to_string())
                aria-keyshortcuts="ArrowLeft ArrowRight Delete"
                disabled=move || round.done() || !filled()
                on:click=move |_| press() on:keydown=key>
                <canvas node_ref=canvas aria-hidden="true" width=width.to_string() height=height.to_string()></canvas>
            </button>
            <span class="grip" class:still=move || !filled() aria-hidden="true" on:click=move |_| press()>
                <span class="label">
                    {move || match label.get() {
                        Some(number) => number.to_string(),
                        None => say!("masked.free", place = place + 1),
                    }}
                    {move || (filled() && !round.done()).then(sign::grip)}
                </span>
            </span>
            {judged}
        </li>
    }
    .into_any()
}

/// The right pictures in playing order, each with what was made of it.
pub(super) fn solution(board: Board, puzzle: Arc<Puzzle>) -> AnyView {
    let truth = board.truth.get_value();
    let entry = move |(place, label): (usize, u32)| {
        let canvas = NodeRef::<html::Canvas>::new();
        still(canvas, puzzle.clone(), move || Some(label));
        let found = board.chosen.with_untracked(|c| c.iter().position(|c| *c == label));
        let judged = match found {
            Some(at) if at == place => sign::judged(Judged::Right, t!("judged.right")),
            Some(at) => sign::judged(Judged::Partly, t!("masked.put", place = at + 1)),
            None => sign::judged(Judged::Wrong, t!("masked.missed")),
        };
        view! {
            <li class="slot">
                <canvas node_ref=canvas role="img" aria-label=t!("masked.candidate", number = label)></canvas>
                <span class="grip still" aria-hidden="true"><span class="label">{label}</span></span>
                {judged}
            </li>
        }
    };
    let entries = truth.into_iter().enumerate().map(entry).collect_view();
    view! { <ol class="chosen solution" data-solution="">{entries}</ol> }.into_any()
}
