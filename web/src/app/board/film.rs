//! A film that is watched picture by picture: a stage, a scrubber, steps of one picture, three speeds.

use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;

use super::sign;
use crate::app::puzzle::Puzzle;
use crate::app::screen::{clock, paint};

/// Ticks in a second; at full speed every second one shows the next picture, eight a second as everywhere on the site.
/// No speed passes over a picture, or what is on that picture alone could not be seen.
const TICKS: u32 = 16;

/// The speeds, and how many ticks a picture stays.
const SPEEDS: [(&str, u32); 3] = [("0.5", 4), ("1", 2), ("2", 1)];

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
    let pace = RwSignal::new(SPEEDS[1].1);
    let tick = clock(TICKS, playing);
    Effect::new(move |before: Option<u32>| {
        let now = tick.get();
        if before.is_some() && now.is_multiple_of(pace.get_untracked()) {
            at.set((shown.get_untracked() + 1) % count.get_untracked());
        }
        now
    });
    let go = move |to: usize| {
        playing.set(false);
        at.set(to.min(count.get_untracked() - 1));
    };
    // Past an end it goes on at the other.
    let back = move |_| go((shown.get_untracked() + count.get_untracked() - 1) % count.get_untracked());
    let forth = move |_| go((shown.get_untracked() + 1) % count.get_untracked());
    let place = move || {
        let (number, all) = (shown.get() + 1, count.get());
        let seconds = shot.get().and_then(|(f, i)| puzzle.films.get(f)?.shown.get(i).copied());
        match seconds.filter(|_| timed) {
            Some(s) => say!("film.at", number = number, all = all, seconds = format!("{s:.1}")),
            None => say!("film.picture", number = number, all = all),
        }
    };
    let place = Signal::derive(place);
    let id = |name: &str| format!("{prefix}{name}");
    view! {
        <div class="player">
            <div class="stage"><canvas node_ref=canvas role="img" aria-label=name></canvas></div>
            {(count.get_untracked() > 1).then(|| view! {
                <p class="place">{place}</p>
                <input type="range" id=id("frame") min="0" step="1" aria-label=t!("film.scrub")
                    max=move || (count.get() - 1).to_string() aria-valuetext=place
                    prop:value=move || shown.get().to_string()
                    on:input=move |e| if let Ok(to) = event_target_value(&e).parse() { go(to) }/>
                <div class="controls">
                    <button type="button" class="button icon" id=id("back") aria-label=t!("film.back") on:click=back>
                        {sign::back()}
                    </button>
                    <button type="button" class="button" id=id("play") on:click=move |_| playing.update(|p| *p = !*p)>
                        {move || if playing.get() { say!("pause") } else { say!("play") }}
                    </button>
                    <button type="button" class="button icon" id=id("forth") aria-label=t!("film.forth") on:click=forth>
                        {sign::forth()}
                    </button>
                    <label class="speed">{t!("film.speed")} " "
                        <select id=id("speed") on:change=move |e| {
                            let said = event_target_value(&e);
                            if let Some((_, ticks)) = SPEEDS.iter().find(|(name, _)| *name == said) {
                                pace.set(*ticks);
                            }
                        }>
                            {SPEEDS.map(|(name, ticks)| view! {
                                <option value=name selected=ticks == SPEEDS[1].1>{name} " ×"</option>
                            })}
                        </select>
                    </label>
                </div>
            })}
        </div>
    }
}

/// The shots of a puzzle that is one film.
pub(super) fn whole(puzzle: &Puzzle) -> Vec<(usize, usize)> {
    puzzle.films.first().map_or_else(Vec::new, |film| (0..film.len()).map(|i| (0, i)).collect())
}
