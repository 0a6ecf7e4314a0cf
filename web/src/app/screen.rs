//! Putting pictures on a canvas, the clock that turns them into film, and where the focus goes.

use std::cell::{Cell, OnceCell};

use gloo::timers::callback::Interval;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, HtmlElement};

use super::puzzle::Film;

/// Shows a frame; a canvas that is not there yet, or a browser without 2D drawing, shows nothing.
pub(crate) fn paint(canvas: NodeRef<html::Canvas>, film: &Film, frame: usize) {
    let Some(canvas) = canvas.get() else { return };
    if (canvas.width(), canvas.height()) != (film.width, film.height) {
        canvas.set_width(film.width);
        canvas.set_height(film.height);
    }
    let Some(context) = canvas.get_context("2d").ok().flatten() else { return };
    let Ok(context) = context.dyn_into::<CanvasRenderingContext2d>() else { return };
    if let Some(image) = film.image(frame) {
        context.put_image_data(&image, 0.0, 0.0).ok();
    }
}

/// Puts the focus on an element, if it is there.
pub(crate) fn focus<E>(element: NodeRef<E>)
where
    E: html::ElementType,
    E::Output: JsCast + Clone + AsRef<HtmlElement> + 'static,
{
    if let Some(element) = element.get_untracked() {
        let element: &HtmlElement = element.as_ref();
        element.focus().ok();
    }
}

thread_local! {
    static BEGAN_AT: OnceCell<String> = const { OnceCell::new() };
    static SHOWN: Cell<bool> = const { Cell::new(false) };
}

fn address_now() -> String {
    web_sys::window().and_then(|w| w.location().href().ok()).unwrap_or_default()
}

/// Notes at which page the visit begins.
pub(crate) fn begin() {
    BEGAN_AT.with(|b| b.set(address_now()).ok());
}

/// Whether this is the first page's heading. The browser has the visitor at that page's beginning, before the way past the
/// header; and a page around this one must keep its own focus and place.
fn is_first() -> bool {
    !SHOWN.replace(true) && BEGAN_AT.with(|b| b.get() == Some(&address_now()))
}

/// A page's heading: it names the tab, and takes the focus when the page replaces another one, so that a screen
/// reader says where the visitor has arrived.
#[component]
pub(crate) fn Heading(#[prop(into)] text: Signal<String>) -> impl IntoView {
    let heading = NodeRef::<html::H1>::new();
    Effect::new(move |shown: Option<bool>| {
        document().set_title(&format!("{} · Scrubjay", text.get()));
        let there = heading.get().is_some();
        // The link that was followed is gone with its page and has left the focus on nothing.
        let lost = || document().active_element().is_none_or(|e| e.tag_name() == "BODY");
        if there && shown != Some(true) && !is_first() && lost() {
            focus(heading);
        }
        there
    });
    view! { <h1 node_ref=heading tabindex="-1">{text}</h1> }
}

/// Whether the visitor asked for less motion.
pub(crate) fn reduced_motion() -> bool {
    web_sys::window()
        .and_then(|w| w.match_media("(prefers-reduced-motion: reduce)").ok().flatten())
        .is_some_and(|m| m.matches())
}

/// A count that rises `per_second` times a second while `running`.
pub(crate) fn clock(per_second: u32, running: RwSignal<bool>) -> RwSignal<u32> {
    let tick = RwSignal::new(0_u32);
    let interval = Interval::new(1000 / per_second.max(1), move || {
        if running.try_get_untracked() == Some(true) {
            tick.try_update(|t| *t = t.wrapping_add(1));
        }
    });
    // Dropped, and so stopped, with the component that asked for it.
    StoredValue::new_local(interval);
    tick
}
