//! Being a guest in another page: `?embed=1` shows a puzzle alone, and its result is told to the page around it.

use std::cell::{Cell, RefCell};

use wasm_bindgen::prelude::*;
use web_sys::ResizeObserver;

use super::results::Answered;
use super::{place, share};
use crate::wire::Address;

/// Tells the page around this one what was answered; nobody where there is none or none was asked for.
///
/// The message is an object: `type` is `"scrubjay:result"`, `link` the puzzle's path (its seed to the last digit, which a number of
/// JavaScript has not above 2⁵³), the rest is the answer as it is kept (task, seed, item id, stimulus hash, raw answer, score, chance,
/// seconds). Nothing in it is secret, so that it goes to any origin.
pub(crate) fn tell(answered: &Answered) {
    let Some(window) = web_sys::window().filter(|_| place::embedded()) else { return };
    let Some(parent) = window.parent().ok().flatten().filter(|parent| *parent != window) else { return };
    let Ok(mut value) = serde_json::to_value(answered) else { return };
    if let Some(object) = value.as_object_mut() {
        object.insert("type".to_owned(), "scrubjay:result".into());
        let address = Address { task: answered.task, seed: answered.seed, from: answered.from.clone() };
        object.insert("link".to_owned(), share::path(&address).into());
    }
    let message = js_sys::JSON::parse(&value.to_string()).unwrap_or(JsValue::NULL);
    parent.post_message(&message, "*").ok();
}

/// Who looks at the page's height, and what it then does.
type Watch = (ResizeObserver, Closure<dyn FnMut()>);

thread_local! {
    static WATCH: RefCell<Option<Watch>> = const { RefCell::new(None) };
    static TOLD: Cell<i32> = const { Cell::new(0) };
}

/// Tells the page around this one how tall the puzzle is, now and whenever that changes, so that its frame may fit.
pub(crate) fn tell_height() {
    if !place::embedded() {
        return;
    }
    // At once, since a frame out of view gets no word from an observer.
    height();
    if WATCH.with_borrow(Option::is_some) {
        return;
    }
    let Some(root) = web_sys::window().and_then(|w| w.document()).and_then(|d| d.document_element()) else {
        return;
    };
    let changed = Closure::<dyn FnMut()>::new(height);
    let Ok(observer) = ResizeObserver::new(changed.as_ref().unchecked_ref()) else { return };
    observer.observe(&root);
    WATCH.set(Some((observer, changed)));
}

fn height() {
    let Some(window) = web_sys::window() else { return };
    let Some(parent) = window.parent().ok().flatten().filter(|parent| *parent != window) else { return };
    let document = window.document();
    // Between two puzzles a frame keeps its height.
    if document.as_ref().is_some_and(|d| d.query_selector(".building").is_ok_and(|b| b.is_some())) {
        return;
    }
    // Of what is there: `scrollHeight` is never less than the frame's own height, which then could not shrink.
    let root = document.and_then(|d| d.document_element());
    let height = root.map_or(0, |e| e.get_bounding_client_rect().height().ceil() as i32);
    if TOLD.replace(height) == height {
        return;
    }
    let text = format!(r#"{{"type":"scrubjay:height","height":{height}}}"#);
    parent.post_message(&js_sys::JSON::parse(&text).unwrap_or(JsValue::NULL), "*").ok();
}
