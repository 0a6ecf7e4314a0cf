//! What stays in this browser between visits. Nothing of it is sent anywhere.

use gloo::storage::{LocalStorage, Storage as _};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Before every key, so that other sites of the same host are left alone; the number changes with what is kept.
const PREFIX: &str = "scrubjay.1.";

/// What is kept under a name; `None` where there is nothing, or nothing that can be read.
pub(crate) fn get<T: DeserializeOwned>(name: &str) -> Option<T> {
    LocalStorage::get(format!("{PREFIX}{name}")).ok()
}

/// Keeps something. A browser that keeps nothing (a private window, a full disk) is no reason to stop.
pub(crate) fn put<T: Serialize + ?Sized>(name: &str, value: &T) -> bool {
    LocalStorage::set(format!("{PREFIX}{name}"), value).is_ok()
}

/// Forgets something.
pub(crate) fn forget(name: &str) {
    LocalStorage::delete(format!("{PREFIX}{name}"));
}
