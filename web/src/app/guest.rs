//! Being a guest in another page: `?embed=1` shows a puzzle alone, and its result is told to the page around it.

use wasm_bindgen::JsValue;

use super::place;
use super::results::Answered;

/// Tells the page around this one what was answered; nobody where there is none or none was asked for.
///
/// The message is an object: `type` is `"scrubjay:result"`, the rest is the answer as it is kept (task, seed, item id,
/// stimulus hash, raw answer, score, chance, seconds). Nothing in it is secret, so that it goes to any origin.
pub(crate) fn tell(answered: &Answered) {
    let Some(window) = web_sys::window().filter(|_| place::embedded()) else { return };
    let Some(parent) = window.parent().ok().flatten().filter(|parent| *parent != window) else { return };
    let Ok(mut value) = serde_json::to_value(answered) else { return };
    if let Some(object) = value.as_object_mut() {
        object.insert("type".to_owned(), "scrubjay:result".into());
    }
    let message = js_sys::JSON::parse(&value.to_string()).unwrap_or(JsValue::NULL);
    parent.post_message(&message, "*").ok();
}

/// Tells the page around this one how tall the puzzle is, so that its frame may fit.
pub(crate) fn tell_height() {
    let Some(window) = web_sys::window().filter(|_| place::embedded()) else { return };
    let Some(parent) = window.parent().ok().flatten().filter(|parent| *parent != window) else { return };
    let height = window.document().and_then(|d| d.document_element()).map_or(0, |e| e.scroll_height());
    let text = format!(r#"{{"type":"scrubjay:height","height":{height}}}"#);
    parent.post_message(&js_sys::JSON::parse(&text).unwrap_or(JsValue::NULL), "*").ok();
}
