//! The controls of every film that is looked at closely: a scrubber over its pictures, one picture back or on, playing, three
//! speeds.

use leptos::prelude::*;

use super::sign;

/// Looks at a film a second; at the ordinary speed a picture is shown for [`STAY`] of them on average, eight a second as
/// everywhere on the site.
pub(super) const LOOKS: u32 = 16;

/// Looks that a picture stays at the ordinary speed. At the highest it stays for one: no speed passes over a picture, or what is
/// on that picture alone could not be seen.
pub(super) const STAY: f64 = 2.0;

/// The speeds: 1 is the ordinary one.
const SPEEDS: [f64; 3] = [0.5, 1.0, 2.0];

/// What can be done with a film.
#[derive(Clone, Copy)]
pub(super) struct Does {
    /// Shows a picture, by number, and stops there.
    pub(super) look: Callback<usize>,
    /// Goes one picture on or back.
    pub(super) step: Callback<isize>,
    /// Plays or stops.
    pub(super) toggle: Callback<()>,
}

/// The controls. `prefix` goes before their ids.
#[component]
pub(super) fn Transport(
    /// How many pictures there are.
    #[prop(into)]
    count: Signal<usize>,
    /// Which of them is shown, from 0.
    #[prop(into)]
    at: Signal<usize>,
    /// The same in words.
    #[prop(into)]
    place: Signal<String>,
    playing: RwSignal<bool>,
    speed: RwSignal<f64>,
    does: Does,
    prefix: &'static str,
) -> impl IntoView {
    let id = |name: &str| format!("{prefix}{name}");
    let Does { look, step, toggle } = does;
    view! {
        <input type="range" id=id("frame") class="scrubber" min="0" step="1" aria-label=t!("film.scrub")
            max=move || count.get().saturating_sub(1).to_string() aria-valuetext=place
            prop:value=move || at.get().to_string()
            on:input=move |e| if let Ok(to) = event_target_value(&e).parse() { look.run(to) }/>
        <div class="transport">
            <button type="button" class="button icon" id=id("back") aria-label=t!("film.back") on:click=move |_| step.run(-1)>
                {sign::back()}
            </button>
            <button type="button" class="button" id=id("play") on:click=move |_| toggle.run(())>
                {move || if playing.get() { say!("pause") } else { say!("play") }}
            </button>
            <button type="button" class="button icon" id=id("forth") aria-label=t!("film.forth") on:click=move |_| step.run(1)>
                {sign::forth()}
            </button>
            <label class="speed">
                <span>{t!("film.speed")}</span>
                <select id=id("speed") on:change=move |e| {
                    let said = event_target_value(&e).parse().ok();
                    if let Some(chosen) = SPEEDS.into_iter().find(|s| Some(*s) == said) {
                        speed.set(chosen);
                    }
                }>
                    {SPEEDS.map(|s| view! { <option value=s.to_string() selected=s == 1.0>{s.to_string()} " ×"</option> })}
                </select>
            </label>
        </div>
    }
}
