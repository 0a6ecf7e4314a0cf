//! Dragging something from one place to another, by mouse, pen or finger.
//!
//! A mouse may take a thing anywhere. A finger takes it by its grip (`.grip`, where `touch-action` is none), since the page
//! must still scroll when it is pushed up or down on a board that fills a small screen.

use std::time::Duration;

use leptos::ev::PointerEvent;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::Element;

/// How far a pointer goes, in CSS pixels, before it is a drag and no press.
const SLACK: f64 = 6.0;

#[derive(Clone, Copy, Debug, PartialEq)]
struct Held {
    place: usize,
    pointer: i32,
    /// Where it was taken, in CSS pixels of the page, so that scrolling meanwhile does no harm.
    from: [f64; 2],
    /// How far it has been moved.
    by: [f64; 2],
    moving: bool,
}

/// What is being dragged among the places of a board.
#[derive(Clone, Copy, Debug)]
pub(super) struct Drag {
    places: StoredValue<Vec<NodeRef<html::Li>>>,
    held: RwSignal<Option<Held>>,
    over: RwSignal<Option<usize>>,
    /// A drag has just ended: the click that some browsers send after it is none.
    ended: StoredValue<bool>,
}

impl Drag {
    pub(super) fn new(places: Vec<NodeRef<html::Li>>) -> Self {
        Self {
            places: StoredValue::new(places),
            held: RwSignal::new(None),
            over: RwSignal::new(None),
            ended: StoredValue::new(false),
        }
    }

    /// A pointer went down on what lies at a place.
    pub(super) fn down(self, event: &PointerEvent, place: usize) {
        self.ended.set_value(false);
        let grip = || {
            let target = event.target().and_then(|t| t.dyn_into::<Element>().ok());
            target.and_then(|t| t.closest(".grip").ok().flatten()).is_some()
        };
        let takes = event.is_primary() && event.button() == 0 && (event.pointer_type() == "mouse" || grip());
        if takes && self.held.with_untracked(Option::is_none) {
            let from = [f64::from(event.page_x()), f64::from(event.page_y())];
            let pointer = event.pointer_id();
            self.held.set(Some(Held { place, pointer, from, by: [0.0; 2], moving: false }));
        }
    }

    /// A pointer moved.
    pub(super) fn moved(self, event: &PointerEvent) {
        let Some(mut held) = self.held.get_untracked().filter(|h| h.pointer == event.pointer_id()) else {
            return;
        };
        held.by = [f64::from(event.page_x()) - held.from[0], f64::from(event.page_y()) - held.from[1]];
        if !held.moving {
            if held.by.iter().all(|d| d.abs() < SLACK) {
                return;
            }
            held.moving = true;
            // Not before: a captured pointer's press would go to the list's entry instead of the button in it.
            if let Some(place) = self.place(held.place) {
                place.set_pointer_capture(held.pointer).ok();
            }
        }
        event.prevent_default();
        self.held.set(Some(held));
        let under = self.under(f64::from(event.client_x()), f64::from(event.client_y()), held.place);
        if self.over.get_untracked() != under {
            self.over.set(under);
        }
    }

    /// A pointer went up: from where to where something was dragged, if it was.
    pub(super) fn up(self, event: &PointerEvent) -> Option<(usize, usize)> {
        let held = self.held.get_untracked().filter(|h| h.pointer == event.pointer_id())?;
        let over = self.over.get_untracked();
        self.cancel();
        if !held.moving {
            return None;
        }
        self.ended.set_value(true);
        let ended = self.ended;
        let forget = move || {
            // The board may be gone by then.
            ended.try_set_value(false);
        };
        set_timeout(forget, Duration::from_millis(50));
        over.map(|to| (held.place, to))
    }

    /// Lets go of it where it was.
    pub(super) fn cancel(self) {
        self.held.set(None);
        self.over.set(None);
    }

    /// Whether a click is the end of a drag, and no press.
    pub(super) fn is_no_press(self) -> bool {
        self.ended.get_value()
    }

    /// Whether what lies at a place is on its way.
    pub(super) fn drags(self, place: usize) -> bool {
        self.held.with(|h| h.is_some_and(|h| h.moving && h.place == place))
    }

    /// Whether something would fall on a place.
    pub(super) fn is_over(self, place: usize) -> bool {
        self.over.get() == Some(place)
    }

    /// How far what lies at a place has been dragged, as a value of CSS `transform`.
    pub(super) fn offset(self, place: usize) -> String {
        let by = self.held.with(|h| h.filter(|h| h.moving && h.place == place).map(|h| h.by));
        by.map_or_else(|| "none".to_owned(), |[x, y]| format!("translate({x}px, {y}px)"))
    }

    fn place(self, place: usize) -> Option<web_sys::HtmlLiElement> {
        self.places.with_value(|p| p.get(place).and_then(NodeRef::get_untracked))
    }

    /// The place under a point of the window, but for `except`, which moves with the pointer.
    fn under(self, x: f64, y: f64, except: usize) -> Option<usize> {
        let count = self.places.with_value(Vec::len);
        (0..count).filter(|p| *p != except).find(|p| {
            self.place(*p).is_some_and(|place| {
                let r = place.get_bounding_client_rect();
                (r.left()..r.right()).contains(&x) && (r.top()..r.bottom()).contains(&y)
            })
        })
    }
}
