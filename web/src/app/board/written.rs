//! Things to name: watch, read the question, write them.

use std::sync::Arc;

use leptos::prelude::*;

use super::film::{Player, whole};
use crate::app::puzzle::Puzzle;
use crate::app::round::Round;

/// The board.
#[component]
pub(crate) fn Written(puzzle: Arc<Puzzle>, round: Round) -> impl IntoView {
    let at = RwSignal::new(0_usize);
    let shots = whole(&puzzle);
    let name = Signal::derive(t!("film"));
    view! {
        <Player puzzle shots at playing=round.playing timed=true name/>
        <label class="written">
            <span>{t!("written.label")} " " {t!("hint.elements")}</span>
            <input type="text" id="answer" autocomplete="off" disabled=move || round.done()
                prop:value=move || round.draft.get() on:input=move |e| round.draft.set(event_target_value(&e))/>
        </label>
    }
}
