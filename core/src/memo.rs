//! Results that are worked out once and kept: functions of a key and of nothing else, so keeping them changes no result.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// What is known so far, by key.
pub(crate) type Known<K, V> = Mutex<BTreeMap<K, V>>;

/// The value of a key, made if it is not known yet. The lock is not held meanwhile: two callers may make the same.
pub(crate) fn keep<K: Ord, V: Clone>(known: &Known<K, V>, key: K, make: impl FnOnce(&K) -> V) -> V {
    // Entries are whole: a panic elsewhere cannot have left one half-written.
    let lock = || known.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(value) = lock().get(&key) {
        return value.clone();
    }
    let value = make(&key);
    lock().insert(key, value.clone());
    value
}
