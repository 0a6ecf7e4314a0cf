//! A film that is watched picture by picture: a stage and its controls.

use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;

use super::transport::{Does, LOOKS, STAY, Transport};
use crate::app::puzzle::Puzzle;
use crate::app::screen::{clock, paint};

/// A film with what is needed to look at it closely. `prefix` goes before the ids of its controls.
#[component]
pub(super) fn Player(
    puzzle: Arc<Puzzle>,
    /// What is shown one after the other: which film, and which of its pictures.
    #[prop(into)]
    shots: Signal<Vec<(usize, usize)>>,
    /// Which of the shots is shown, from 0.
    at: RwSignal<usize>,
    /// Whether it plays.
    playing: RwSignal<bool>,
    /// Whether the pictures' times mean anything.
    timed: bool,
    /// What it is, for those who do not see it.
    #[prop(into)]
    name: Signal<String>,
    #[prop(optional)] prefix: &'static str,
) -> impl IntoView {
    let canvas = NodeRef::<html::Canvas>::new();
    let count = Memo::new(move |_| shots.with(Vec::len).max(1));
    let shown = Memo::new(move |_| at.get().min(count.get() - 1));
    let shot = Memo::new(move |_| shots.with(|s| s.get(shown.get()).copied()));
    {
        let puzzle = puzzle.clone();
        Effect::new(move |_| {
            if let Some((film, frame)) = shot.get()
                && let Some(film) = puzzle.films.get(film)
            {
                paint(canvas, film, frame);
            }
        });
    }
    let speed = RwSignal::new(1.0);
    let tick = clock(LOOKS, playing);
    let on = move |by: isize| {
        // Past an end it goes on at the other.
        let (now, count) = (shown.get_untracked() as isize, count.get_untracked() as isize);
        at.set((now + by).rem_euclid(count) as usize);
    };
    Effect::new(move |before: Option<u32>| {
        let now = tick.get();
        if before.is_some() && now.is_multiple_of((STAY / speed.get_untracked()) as u32) {
            on(1);
        }
        now
    });
    let does = Does {
        look: Callback::new(move |to: usize| {
            playing.set(false);
            at.set(to.min(count.get_untracked() - 1));
        }),
        step: Callback::new(move |by| {
            playing.set(false);
            on(by);
        }),
        toggle: Callback::new(move |()| playing.update(|p| *p = !*p)),
    };
    let place = move || {
        let (number, all) = (shown.get() + 1, count.get());
        let seconds = shot.get().and_then(|(f, i)| puzzle.films.get(f)?.shown.get(i).copied());
        match seconds.filter(|_| timed) {
            Some(s) => say!("film.at", number = number, all = all, seconds = format!("{s:.1}")),
            None => say!("film.picture", number = number, all = all),
        }
    };
    let place = Signal::derive(place);
    view! {
        <div class="player">
            <div class="stage"><canvas node_ref=canvas role="img" aria-label=name></canvas></div>
            {(count.get_untracked() > 1).then(|| view! {
                <p class="place">{place}</p>
                <Transport count at=shown place playing speed does prefix/>
            })}
        </div>
    }
}

/// The shots of a puzzle that is one film.
pub(super) fn whole(puzzle: &Puzzle) -> Vec<(usize, usize)> {
    puzzle.films.first().map_or_else(Vec::new, |film| (0..film.len()).map(|i| (0, i)).collect())
}
