//! The film: a neutral stage, a clock, playing and stepping by real frames.

use leptos::html;
use leptos::prelude::*;

use super::marks::Marks;
use crate::app::board::transport::{Does, LOOKS, STAY, Transport};
use crate::app::screen::{clock, paint};

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
        p.edges.windows(2).map(|w| part(w) * count as f64 * STAY).collect()
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
            let due = lasts.get(at).copied().unwrap_or(STAY);
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
pub(super) fn Controls(marks: Marks) -> impl IntoView {
    let count = marks.frames();
    let place = move || {
        let at = marks.at.get();
        let seconds = marks.with(|p| p.name(p.begin(at)));
        say!("timeline.at", frame = at + 1, count = count, seconds = seconds)
    };
    let does = Does {
        look: Callback::new(move |to| marks.look(to)),
        step: Callback::new(move |by| marks.step(by)),
        toggle: Callback::new(move |()| marks.toggle()),
    };
    view! {
        <Transport count at=marks.at place=Signal::derive(place) playing=marks.round.playing speed=marks.speed does prefix=""/>
    }
}
