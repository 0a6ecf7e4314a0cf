//! What stays in this browser between visits. Nothing of it is sent anywhere.
//!
//! A browser may keep nothing: storage is forbidden (by a setting, or to a guest in another page) or full. Then it stays in this tab,
//! so that the site works until that is closed, and [`lasts`] is false.

use std::cell::RefCell;
use std::collections::HashMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use web_sys::Storage;

/// Before every key, so that other sites of the same host are left alone; the number changes with what is kept.
const PREFIX: &str = "scrubjay.1.";

thread_local! {
    /// What the browser did not take.
    static HERE: RefCell<HashMap<String, String>> = RefCell::default();
}

/// The browser's storage. Where it is forbidden, already asking for it is an error.
fn storage() -> Option<Storage> {
    web_sys::window()?.local_storage().ok().flatten()
}

/// What is kept under a name; `None` where there is nothing, or nothing that can be read.
pub(crate) fn get<T: DeserializeOwned>(name: &str) -> Option<T> {
    let here = HERE.with_borrow(|h| h.get(name).cloned());
    let text = here.or_else(|| storage()?.get_item(&format!("{PREFIX}{name}")).ok().flatten())?;
    serde_json::from_str(&text).ok()
}

/// Keeps something. A browser that keeps nothing is no reason to stop.
pub(crate) fn put<T: Serialize + ?Sized>(name: &str, value: &T) {
    let Ok(text) = serde_json::to_string(value) else { return };
    let taken = storage().is_some_and(|s| s.set_item(&format!("{PREFIX}{name}"), &text).is_ok());
    HERE.with_borrow_mut(|h| if taken { h.remove(name) } else { h.insert(name.to_owned(), text) });
}

/// Forgets something.
pub(crate) fn forget(name: &str) {
    HERE.with_borrow_mut(|h| h.remove(name));
    if let Some(storage) = storage() {
        storage.remove_item(&format!("{PREFIX}{name}")).ok();
    }
}

/// Forgets everything whose name begins so.
pub(crate) fn forget_all(start: &str) {
    HERE.with_borrow_mut(|h| h.retain(|name, _| !name.starts_with(start)));
    let Some(storage) = storage() else { return };
    let start = format!("{PREFIX}{start}");
    let keys = (0..storage.length().unwrap_or(0)).filter_map(|i| storage.key(i).ok().flatten());
    // All names first: numbers change as entries go.
    for key in keys.filter(|key| key.starts_with(&start)).collect::<Vec<_>>() {
        storage.remove_item(&key).ok();
    }
}

/// Whether all that was to be kept outlasts this tab.
pub(crate) fn lasts() -> bool {
    storage().is_some() && HERE.with_borrow(HashMap::is_empty)
}
