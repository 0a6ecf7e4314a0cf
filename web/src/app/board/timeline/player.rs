//! The film: a neutral stage, a clock, playing, stepping and scrubbing by real frames.

use leptos::html;
use leptos::prelude::*;

use super::marks::Marks;
use crate::app::screen::{clock, paint};

/// Looks at the film a second; a frame is shown for two of them on average at the ordinary speed.
const LOOKS: u32 = 16;

/// The picture with its clock.
#[component]
pub(super) fn Stage(marks: Marks) -> impl IntoView {
    let screen = NodeRef::<html::Canvas>::new();
    Effect::new(move |_| {
        let at = marks.at.get();
        marks.puzzle(|p| {
            if let Some(film) = p.films.first() {
                paint(screen, film, at);
            }
        });
    });
    let seconds = move || marks.with(|p| p.name(p.begin(marks.at.get())));
    let whole = move || marks.with(|p| p.name(p.last()));
    view! {
        <div class="film">
            <canvas node_ref=screen role="img" aria-label=move || say!("timeline.film", seconds = seconds())></canvas>
            <span class="clock" aria-hidden="true">{move || format!("{} / {} s", seconds(), whole())}</span>
        </div>
    }
}

/// Lets the film run: every frame for as long as the item's clock says, all sped up alike so that a film of any rate shows
/// eight frames a second on average. Past an end of what plays it goes on at the other.
pub(super) fn run(marks: Marks) {
    let tick = clock(LOOKS, marks.round.playing);
    let count = marks.frames();
    // How long each frame lasts, in looks at the ordinary speed.
    let lasts: Vec<f64> = marks.puzzle(|p| {
        let whole = p.edges.last().copied().unwrap_or(0.0) - p.edges.first().copied().unwrap_or(0.0);
        let part = |w: &[f64]| if whole > 0.0 { (w[1] - w[0]) / whole } else { 1.0 / count as f64 };
        p.edges.windows(2).map(|w| part(w) * count as f64 * 2.0).collect()
    });
    Effect::new(move |before: Option<(u32, f64)>| {
        let now = tick.get();
        let Some((last, waited)) = before else { return (now, 0.0) };
        if last == now {
            return (now, waited);
        }
        let mut waited = waited + marks.speed.get_untracked();
        let (first, end) = marks.range();
        let mut at = marks.at.get_untracked();
        // At most one round a look, whatever the clock.
        for _ in 0..count {
            let due = lasts.get(at).copied().unwrap_or(2.0);
            if waited < due {
                break;
            }
            waited -= due;
            at = if (first..end).contains(&at) { at + 1 } else { first };
        }
        if at != marks.at.get_untracked() {
            marks.at.set(at);
        }
        (now, waited)
    });
}

/// Play, step, speed and scrubber.
#[component]
pub(super) fn Transport(marks: Marks) -> impl IntoView {
    let count = marks.frames();
    let playing = marks.round.playing;
    let place = move || {
        let at = marks.at.get();
        let seconds = marks.with(|p| p.name(p.begin(at)));
        say!("timeline.at", frame = at + 1, count = count, seconds = seconds)
    };
    let scrub = move |e| {
        if let Ok(frame) = event_target_value(&e).parse() {
            marks.look(frame);
        }
    };
    let speed = move |e| {
        if let Ok(speed) = event_target_value(&e).parse() {
            marks.speed.set(speed);
        }
    };
    view! {
        <input type="range" id="frame" min="0" max=count.saturating_sub(1).to_string() step="1"
            aria-label=t!("timeline.frame") aria-valuetext=place
            prop:value=move || marks.at.get().to_string() on:input=scrub/>
        <div class="transport">
            <button type="button" class="button step" aria-label=t!("film.back") on:click=move |_| marks.step(-1)>
                <span aria-hidden="true">"❮"</span>
            </button>
            <button type="button" id="play" class="button" on:click=move |_| marks.toggle()>
                {move || if playing.get() { say!("pause") } else { say!("play") }}
            </button>
            <button type="button" class="button step" aria-label=t!("film.forth") on:click=move |_| marks.step(1)>
                <span aria-hidden="true">"❯"</span>
            </button>
            <label class="speed">
                <span>{t!("film.speed")}</span>
                <select id="speed" on:change=speed>
                    <option value="0.5">"0.5×"</option>
                    <option value="1" selected=true>"1×"</option>
                    <option value="2">"2×"</option>
                </select>
            </label>
        </div>
    }
}
