//! A handle of a span: a slider on the strip, dragged by mouse, pen or finger, or moved by keys.

use leptos::ev::{KeyboardEvent, PointerEvent};
use leptos::html;
use leptos::prelude::*;

use super::marks::Marks;
use crate::spans::{Side, Tick};

/// Places that a big step takes.
const STRIDE: isize = 8;

/// The id of a control of one end: `start`, `end-seconds-2`.
pub(super) fn id(marks: Marks, side: Side, what: &str, k: usize) -> String {
    let side = if side == Side::Start { "start" } else { "end" };
    let number = if marks.many { format!("-{k}") } else { String::new() };
    format!("{side}{what}{number}")
}

/// What one end is called.
pub(super) fn name(marks: Marks, side: Side, k: usize) -> String {
    match (side, marks.many) {
        (Side::Start, false) => say!("timeline.start.one"),
        (Side::End, false) => say!("timeline.end.one"),
        (Side::Start, true) => say!("timeline.start.many", number = k + 1),
        (Side::End, true) => say!("timeline.end.many", number = k + 1),
    }
}

/// The handle. `strip` is what it is dragged along.
#[component]
pub(super) fn Handle(marks: Marks, k: usize, side: Side, strip: NodeRef<html::Div>) -> impl IntoView {
    let this = NodeRef::<html::Div>::new();
    // Where the pointer took hold, in pixels right of the end itself.
    let held = StoredValue::new(None::<f64>);
    let place =
        Memo::new(move |_| marks.span(k).map_or(0, |s| if side == Side::Start { s.start } else { s.end }));
    let seconds = move |tick: Tick| marks.with(|p| p.name(tick));
    let limits = move || {
        let span = marks.span(k);
        marks.with(|p| match (span, side) {
            (None, _) => (p.first(), p.last()),
            (Some(s), Side::Start) => (p.first(), p.step(s.end, -1).max(s.start)),
            (Some(s), Side::End) => (p.step(s.start, 1).min(s.end), p.last()),
        })
    };
    let down = move |e: PointerEvent| {
        let (Some(this), Some(strip)) = (this.get_untracked(), strip.get_untracked()) else { return };
        e.stop_propagation();
        if e.button() != 0 {
            return;
        }
        let bounds = strip.get_bounding_client_rect();
        let part = marks.with(|p| p.part(p.seconds(place.get_untracked())));
        held.set_value(Some(f64::from(e.client_x()) - bounds.left() - part * bounds.width()));
        this.set_pointer_capture(e.pointer_id()).ok();
        this.focus().ok();
        marks.current.set(k);
    };
    let go = move |e: PointerEvent| {
        let (Some(grip), Some(strip)) = (held.get_value(), strip.get_untracked()) else { return };
        let bounds = strip.get_bounding_client_rect();
        if bounds.width() > 0.0 {
            let part = (f64::from(e.client_x()) - grip - bounds.left()) / bounds.width();
            let to = marks.with(|p| p.nearest(p.along(part)));
            if to != place.get_untracked() {
                marks.set(k, side, to, false, false);
            }
        }
    };
    let up = move |_: PointerEvent| {
        if held.get_value().is_some() {
            held.set_value(None);
            marks.tell(k);
        }
    };
    let key = move |e: KeyboardEvent| {
        if e.ctrl_key() || e.alt_key() || e.meta_key() {
            return;
        }
        let stride = if e.shift_key() { STRIDE } else { 1 };
        let by = match e.key().as_str() {
            "ArrowLeft" | "ArrowDown" => -stride,
            "ArrowRight" | "ArrowUp" => stride,
            "PageDown" => -STRIDE,
            "PageUp" => STRIDE,
            "Home" => isize::MIN,
            "End" => isize::MAX,
            "Enter" | " " => {
                e.prevent_default();
                e.stop_propagation();
                marks.show(k, side);
                return;
            }
            "Delete" | "Backspace" if marks.many => {
                e.prevent_default();
                marks.remove(k);
                return;
            }
            _ => return,
        };
        e.prevent_default();
        e.stop_propagation();
        marks.nudge(k, side, by, false);
        // The slider itself tells its value; what was said before no longer holds.
        marks.round.say(String::new());
    };
    view! {
        <div node_ref=this class="handle" class:start=move || side == Side::Start class:end=move || side == Side::End
            class:current=move || marks.current.get() == k
            id=id(marks, side, "", k) role="slider" tabindex="0" aria-orientation="horizontal"
            aria-label=move || name(marks, side, k)
            aria-valuemin=move || seconds(limits().0) aria-valuemax=move || seconds(limits().1)
            aria-valuenow=move || seconds(place.get())
            aria-valuetext=move || say!("timeline.seconds", seconds = seconds(place.get()))
            style:left=move || format!("{:.4}%", marks.with(|p| p.part(p.seconds(place.get()))) * 100.0)
            on:pointerdown=down on:pointermove=go on:pointerup=up on:pointercancel=up
            on:focus=move |_| marks.current.set(k) on:keydown=key>
            <span aria-hidden="true">{if side == Side::Start { "▶" } else { "◀" }}</span>
        </div>
    }
}
