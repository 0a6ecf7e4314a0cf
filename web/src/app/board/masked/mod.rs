//! Masked segment prediction: pick the missing pictures among candidates, and put them into playing order.

mod chosen;

use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;
use scrubjay_core::item::Truth;

use self::chosen::{Places, solution};
use super::drag::Drag;
use super::film::Player;
use crate::app::puzzle::Puzzle;
use crate::app::round::Round;
use crate::app::screen::{focus, paint};
use crate::draft;

/// Films before the candidates: what comes before the gap, and what comes after it.
const CONTEXT: usize = 2;

/// What the parts of the board share.
#[derive(Clone, Copy)]
struct Board {
    round: Round,
    /// The candidates, from 1, that were chosen so far.
    chosen: Memo<Vec<u32>>,
    /// The right ones.
    truth: StoredValue<Vec<u32>>,
    /// How many places there are to fill.
    places: usize,
    candidates: StoredValue<Vec<NodeRef<html::Button>>>,
    slots: StoredValue<Vec<NodeRef<html::Button>>>,
    drag: Drag,
}

impl Board {
    fn write(self, chosen: &[u32]) {
        self.round.draft.set(draft::commas(chosen));
    }

    /// Adds a candidate at the end, or takes it out.
    fn toggle(self, label: u32) {
        if self.round.done() {
            return;
        }
        let mut chosen = self.chosen.get_untracked();
        if let Some(place) = chosen.iter().position(|c| *c == label) {
            self.take_out(place);
        } else if chosen.len() < self.places {
            chosen.push(label);
            self.write(&chosen);
            self.round.say(say!("masked.added", number = label, place = chosen.len(), count = self.places));
        } else {
            self.round.say(say!("masked.full", count = self.places));
        }
    }

    fn take_out(self, place: usize) -> Option<u32> {
        let mut chosen = self.chosen.get_untracked();
        if self.round.done() || place >= chosen.len() {
            return None;
        }
        let label = chosen.remove(place);
        self.write(&chosen);
        self.round.say(say!("masked.removed", number = label));
        Some(label)
    }

    /// Moves a chosen one to another place; those between make room.
    fn carry(self, from: usize, to: usize) -> bool {
        let mut chosen = self.chosen.get_untracked();
        if self.round.done() || from >= chosen.len() || to >= self.places {
            return false;
        }
        let label = chosen.remove(from);
        // Places behind the last chosen one are empty: it goes to the end.
        let to = to.min(chosen.len());
        chosen.insert(to, label);
        self.write(&chosen);
        self.round.say(say!("masked.moved", number = label, place = to + 1, count = self.places));
        true
    }

    fn focus_slot(self, place: usize) {
        if let Some(slot) = self.slots.with_value(|s| s.get(place).copied()) {
            focus(slot);
        }
    }

    fn focus_candidate(self, label: u32) {
        let index = (label as usize).wrapping_sub(1);
        if let Some(candidate) = self.candidates.with_value(|c| c.get(index).copied()) {
            focus(candidate);
        }
    }
}

/// The board. The draft is the chosen candidates' numbers in playing order, with commas between.
#[component]
pub(crate) fn Masked(puzzle: Arc<Puzzle>, round: Round) -> impl IntoView {
    let of = puzzle.films.len().saturating_sub(CONTEXT);
    let truth =
        if let Truth::Candidates { labels, .. } = &puzzle.truth { labels.clone() } else { Vec::new() };
    let places = truth.len();
    let items: Vec<NodeRef<html::Li>> = (0..places).map(|_| NodeRef::new()).collect();
    let board = Board {
        round,
        chosen: Memo::new(move |_| round.draft.with(|d| draft::chosen(d, places, of as u32))),
        truth: StoredValue::new(truth),
        places,
        candidates: StoredValue::new((0..of).map(|_| NodeRef::new()).collect()),
        slots: StoredValue::new((0..places).map(|_| NodeRef::new()).collect()),
        drag: Drag::new(items.clone()),
    };
    let sides = [(0, "masked.before"), (1, "masked.after")]
        .map(|(film, key)| {
            let canvas = NodeRef::<html::Canvas>::new();
            let puzzle = puzzle.clone();
            // Half the pace of the other boards: these pictures lie further apart.
            Effect::new(move |_| {
                if let Some(film) = puzzle.films.get(film) {
                    paint(canvas, film, (round.tick.get() / 2) as usize % film.len());
                }
            });
            view! {
                <figure>
                    <canvas node_ref=canvas role="img" aria-label=t!(key)></canvas>
                    <figcaption class="label" aria-hidden="true">{t!(key)}</figcaption>
                </figure>
            }
        })
        .collect_view();
    let candidates = (1..=of as u32).map(|label| candidate(board, puzzle.clone(), label)).collect_view();
    view! {
        <div class="gap">{sides}</div>
        <p class="controls">
            <button type="button" id="play" class="button" on:click=move |_| round.playing.update(|p| *p = !*p)>
                {move || if round.playing.get() { say!("pause") } else { say!("play") }}
            </button>
        </p>
        <h2 class="part">{t!("masked.chosen", count = places)}</h2>
        <Places board puzzle=puzzle.clone() items/>
        {
            let puzzle = puzzle.clone();
            move || round.done().then(|| view! {
                <h2 class="part">{t!("masked.right")}</h2>
                {solution(board, puzzle.clone())}
            })
        }
        <h2 class="part">{t!("masked.candidates")}</h2>
        <ul class="candidates">{candidates}</ul>
        {move || (!round.done()).then(|| view! { <p class="hint">{t!("masked.how")}</p> })}
        <Through board puzzle/>
    }
}

fn candidate(board: Board, puzzle: Arc<Puzzle>, label: u32) -> AnyView {
    let canvas = NodeRef::<html::Canvas>::new();
    let index = label as usize - 1;
    let button = board.candidates.with_value(|c| c.get(index).copied()).unwrap_or_default();
    still(canvas, puzzle, move || Some(label));
    let taken = Memo::new(move |_| board.chosen.with(|c| c.contains(&label)));
    view! {
        <li>
            <button node_ref=button type="button" class="clip" data-candidate=label.to_string()
                aria-label=t!("masked.candidate", number = label) aria-pressed=move || taken.get().to_string()
                disabled=move || board.round.done() on:click=move |_| board.toggle(label)>
                <canvas node_ref=canvas aria-hidden="true"></canvas>
                <span class="label" aria-hidden="true">{label}{move || taken.get().then_some(" ✓")}</span>
            </button>
        </li>
    }
    .into_any()
}

/// Keeps a candidate's picture on a canvas.
fn still(canvas: NodeRef<html::Canvas>, puzzle: Arc<Puzzle>, label: impl Fn() -> Option<u32> + 'static) {
    Effect::new(move |_| {
        let film = label().and_then(|l| puzzle.films.get(l as usize + CONTEXT - 1));
        if let Some(film) = film {
            paint(canvas, film, 0);
        }
    });
}

/// Which pictures fill the gap when the whole is played.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Filling {
    Chosen,
    Right,
}

/// The parts and what lies between them, as one film.
#[component]
fn Through(board: Board, puzzle: Arc<Puzzle>) -> impl IntoView {
    let open = RwSignal::new(None::<Filling>);
    let (at, playing) = (RwSignal::new(0_usize), RwSignal::new(false));
    let show = move |filling: Filling| {
        let now = open.get_untracked() != Some(filling);
        open.set(now.then_some(filling));
        at.set(0);
        // Somebody who asks to see it play has asked for motion.
        playing.set(now);
    };
    let side = |film: usize| puzzle.films.get(film).map_or(0, |f| f.len());
    let (before, after) = (side(0), side(1));
    let shots = Signal::derive(move || {
        let fill = match open.get() {
            Some(Filling::Right) => board.truth.get_value(),
            _ => board.chosen.get(),
        };
        let fill = fill.into_iter().map(|label| (label as usize + CONTEXT - 1, 0));
        (0..before).map(|i| (0, i)).chain(fill).chain((0..after).map(|i| (1, i))).collect::<Vec<_>>()
    });
    let name = Signal::derive(t!("masked.through"));
    view! {
        <p class="controls">
            <button type="button" class="button" id="through" aria-expanded=move || (open.get() == Some(Filling::Chosen)).to_string()
                on:click=move |_| show(Filling::Chosen)>{t!("masked.play_chosen")}</button>
            {move || board.round.done().then(|| view! {
                <button type="button" class="button" id="through-right"
                    aria-expanded=move || (open.get() == Some(Filling::Right)).to_string()
                    on:click=move |_| show(Filling::Right)>{t!("masked.play_right")}</button>
            })}
        </p>
        {move || open.get().is_some().then(|| {
            view! { <Player puzzle=puzzle.clone() shots at playing timed=false name prefix="through-"/> }
        })}
    }
}
