//! Keys of a timeline board. They work while the focus is inside it, and never where somebody is writing.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::Element;

use super::marks::Marks;
use crate::spans::Side;

/// Whether a key belongs to the element that has the focus.
fn taken(e: &KeyboardEvent) -> bool {
    let Some(target) = e.target().and_then(|t| t.dyn_into::<Element>().ok()) else { return false };
    let slides = target.get_attribute("type").as_deref() == Some("range");
    match target.tag_name().as_str() {
        "INPUT" => !slides,
        "SELECT" | "TEXTAREA" => true,
        // These are pressed by it.
        "BUTTON" | "SUMMARY" | "A" => e.key() == " ",
        _ => false,
    }
}

/// Does what a key asks for.
pub(super) fn press(marks: Marks, e: &KeyboardEvent) {
    if e.ctrl_key() || e.alt_key() || e.meta_key() || taken(e) {
        return;
    }
    let here = |side| {
        let last = marks.spans.with_untracked(Vec::len).saturating_sub(1);
        marks.here(marks.current.get_untracked().min(last), side);
    };
    match e.key().as_str() {
        " " => marks.toggle(),
        "," => marks.step(-1),
        "." => marks.step(1),
        "i" | "I" => here(Side::Start),
        "o" | "O" => here(Side::End),
        _ => return,
    }
    e.prevent_default();
}

/// The list of them.
#[component]
pub(super) fn Keys(many: bool) -> impl IntoView {
    let rows: [(&str, &'static str); 7] = [
        ("␣", "timeline.keys.play"),
        (", .", "timeline.keys.step"),
        ("I O", "timeline.keys.here"),
        ("← →", "timeline.keys.nudge"),
        ("⇧← ⇧→", "timeline.keys.stride"),
        ("⏎", "timeline.keys.show"),
        ("⌦", "timeline.keys.delete"),
    ];
    let count = if many { rows.len() } else { rows.len() - 1 };
    view! {
        <details class="keys">
            <summary>{t!("timeline.keys")}</summary>
            <dl>
                {rows.into_iter().take(count).map(|(key, does)| view! {
                    <dt><kbd aria-hidden="true">{key}</kbd></dt>
                    <dd>{t!(does)}</dd>
                }).collect_view()}
            </dl>
        </details>
    }
}
