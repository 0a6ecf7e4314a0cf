//! Temporal jigsaw: bring clips into order by dragging, by tapping two places, by arrow keys, or by two buttons.

use std::sync::Arc;

use leptos::ev::KeyboardEvent;
use leptos::html;
use leptos::prelude::*;

use super::drag::Drag;
use super::sign::{self, Judged};
use crate::app::puzzle::Puzzle;
use crate::app::round::Round;
use crate::app::screen::{focus, paint};
use crate::draft;

/// What the places of a jigsaw share.
#[derive(Clone, Copy)]
struct Board {
    round: Round,
    count: usize,
    /// Which clip, from 0, lies at each place.
    order: Memo<Vec<usize>>,
    /// Which clip belongs at each place.
    truth: StoredValue<Vec<usize>>,
    /// Whether the right order is shown in place of the answer, once that was checked.
    solved: RwSignal<bool>,
    picked: RwSignal<Option<usize>>,
    slots: StoredValue<Vec<NodeRef<html::Button>>>,
    drag: Drag,
}

impl Board {
    fn clip(self, place: usize) -> usize {
        let of = |o: &Vec<usize>| o.get(place).copied().unwrap_or(0);
        if self.solved.get() { self.truth.with_value(of) } else { self.order.with(of) }
    }

    fn swap(self, a: usize, b: usize) {
        if a == b || self.round.done() {
            return;
        }
        let mut now = self.order.get_untracked();
        now.swap(a, b);
        let clip = now.get(b).map_or(0, |c| c + 1);
        self.round.draft.set(draft::order_text(&now));
        self.round.say(say!("jigsaw.moved", clip = clip, place = b + 1, count = self.count));
    }

    fn press(self, place: usize) {
        if self.drag.is_no_press() || self.round.done() {
            return;
        }
        let clip = untrack(|| self.clip(place)) + 1;
        match self.picked.get_untracked() {
            Some(other) => {
                self.picked.set(None);
                self.swap(other, place);
                if other == place {
                    self.round.say(say!("jigsaw.put_down", clip = clip));
                }
            }
            None => {
                self.picked.set(Some(place));
                self.round.say(say!("jigsaw.picked", clip = clip));
            }
        }
    }

    /// How many places lie beside each other on this screen.
    fn columns(self) -> usize {
        self.slots.with_value(|slots| {
            let mut tops =
                slots.iter().map(|s| s.get_untracked().map(|s| s.get_bounding_client_rect().top()));
            let first = tops.next().flatten();
            1 + tops.take_while(|top| *top == first).count()
        })
    }

    fn key(self, event: &KeyboardEvent, place: usize) {
        let key = event.key();
        if key == "Escape" {
            self.drag.cancel();
            self.picked.set(None);
        }
        let arrow = key.starts_with("Arrow") && !event.ctrl_key() && !event.alt_key() && !event.meta_key();
        if !arrow || self.round.done() {
            return;
        }
        event.prevent_default();
        match draft::step(&key, place, self.count, self.columns()) {
            Some(to) => {
                self.picked.set(None);
                self.swap(place, to);
                if let Some(slot) = self.slots.with_value(|s| s.get(to).copied()) {
                    focus(slot);
                }
            }
            None => self.round.say(say!("jigsaw.edge")),
        }
    }

    /// Moves the picked clip, which stays picked, by one place.
    fn nudge(self, key: &str) {
        match self.picked.get_untracked() {
            None => self.round.say(say!("jigsaw.pick_first")),
            Some(place) => match draft::step(key, place, self.count, 1) {
                Some(to) => {
                    self.swap(place, to);
                    self.picked.set(Some(to));
                }
                None => self.round.say(say!("jigsaw.edge")),
            },
        }
    }
}

/// The board. The draft is a digit for each place: the number of the clip that lies there.
#[component]
pub(crate) fn Jigsaw(puzzle: Arc<Puzzle>, round: Round) -> impl IntoView {
    let count = puzzle.films.len();
    let places: Vec<NodeRef<html::Li>> = (0..count).map(|_| NodeRef::new()).collect();
    let board = Board {
        round,
        count,
        order: Memo::new(move |_| round.draft.with(|d| draft::order(d, count))),
        truth: StoredValue::new(draft::order(&puzzle.truth.plain(), count)),
        solved: RwSignal::new(false),
        picked: RwSignal::new(None),
        slots: StoredValue::new((0..count).map(|_| NodeRef::new()).collect()),
        drag: Drag::new(places.clone()),
    };
    let cells = places
        .into_iter()
        .enumerate()
        .map(|(place, li)| cell(board, puzzle.clone(), place, li))
        .collect_view();
    view! {
        <ol class="jigsaw" class:picking=move || board.picked.get().is_some() aria-describedby="how">{cells}</ol>
        {move || if round.done() {
            view! {
                <p class="controls">
                    <button type="button" class="button" id="solved" aria-pressed=move || board.solved.get().to_string()
                        on:click=move |_| board.solved.update(|s| *s = !*s)>{t!("jigsaw.solved")}</button>
                </p>
            }.into_any()
        } else {
            view! {
                <div class="controls" role="group" aria-label=t!("jigsaw.nudge")>
                    <button type="button" class="button" id="earlier"
                        on:click=move |_| board.nudge("ArrowLeft")>{t!("jigsaw.earlier")}</button>
                    <button type="button" class="button" id="later"
                        on:click=move |_| board.nudge("ArrowRight")>{t!("jigsaw.later")}</button>
                </div>
                <p class="hint">{t!("jigsaw.how")}</p>
            }.into_any()
        }}
    }
}

/// A place and the clip that lies there.
fn cell(board: Board, puzzle: Arc<Puzzle>, place: usize, li: NodeRef<html::Li>) -> AnyView {
    let Board { round, count, drag, picked, .. } = board;
    let canvas = NodeRef::<html::Canvas>::new();
    let slot = board.slots.with_value(|s| s.get(place).copied()).unwrap_or_default();
    Effect::new(move |_| {
        if let Some(film) = puzzle.films.get(board.clip(place)) {
            paint(canvas, film, round.tick.get() as usize % film.len());
        }
    });
    let clip = move || board.clip(place) + 1;
    let up = move |event| {
        if let Some((from, to)) = drag.up(&event) {
            picked.set(None);
            board.swap(from, to);
        }
    };
    let judged = move || {
        (round.done() && !board.solved.get()).then(|| {
            let right = board.truth.get_value();
            let here = board.order.with(|o| o.get(place).copied());
            match right.iter().position(|c| Some(*c) == here).filter(|at| *at != place) {
                None => sign::judged(Judged::Right, t!("judged.right")),
                Some(at) => sign::judged(Judged::Wrong, t!("jigsaw.belongs", place = at + 1)),
            }
        })
    };
    let name = move || say!("jigsaw.place", place = place + 1, count = count, clip = clip());
    view! {
        <li node_ref=li class="slot" class:dragged=move || drag.drags(place) class:over=move || drag.is_over(place)
            style=("transform", move || drag.offset(place))
            on:pointerdown=move |e| if !round.done() { drag.down(&e, place) }
            on:pointermove=move |e| drag.moved(&e) on:pointerup=up on:pointercancel=move |_| drag.cancel()>
            <button node_ref=slot class="clip" type="button" aria-label=name
                aria-pressed=move || (picked.get() == Some(place)).to_string()
                aria-keyshortcuts="ArrowLeft ArrowRight ArrowUp ArrowDown"
                data-clip=move || clip().to_string()
                disabled=move || round.done()
                on:click=move |_| board.press(place) on:keydown=move |e| board.key(&e, place)>
                <canvas node_ref=canvas aria-hidden="true"></canvas>
            </button>
            // Not in the button, where some browsers see no pointer; keys have the button.
            <span class="grip" aria-hidden="true" on:click=move |_| board.press(place)>
                <span class="label">{clip}{move || (!round.done()).then(sign::grip)}</span>
            </span>
            {judged}
        </li>
    }
    .into_any()
}
