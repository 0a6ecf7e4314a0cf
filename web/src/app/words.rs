//! The words of the site, one message file a language.
//!
//! A message file is flat JSON, the form that translation tools read: key to text, `{name}` for what is filled in. The files
//! are part of the program; `web/src/messages.rs` checks that each has the keys that are used, and the same blanks.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::fmt::Display;

use leptos::prelude::*;

use crate::app::{keep, place};
use crate::messages::{LANGUAGES, Language};

thread_local! {
    static CHOSEN: OnceCell<ArcRwSignal<usize>> = const { OnceCell::new() };
    static TEXTS: OnceCell<Vec<HashMap<String, String>>> = const { OnceCell::new() };
}

fn chosen() -> ArcRwSignal<usize> {
    CHOSEN.with(|c| c.get_or_init(|| ArcRwSignal::new(0)).clone())
}

/// Chooses the language that the address, an earlier choice or the browser asks for.
pub(crate) fn choose() {
    let of = |tag: &str| {
        let tag = tag.to_lowercase();
        LANGUAGES.iter().position(|l| tag == l.tag || tag.starts_with(&format!("{}-", l.tag)))
    };
    let browser = || {
        let tags = web_sys::window()?.navigator().languages();
        tags.iter().filter_map(|t| t.as_string()).find_map(|t| of(&t))
    };
    let asked = place::query("lang").and_then(|t| of(&t));
    let kept = || keep::get::<String>("language").and_then(|t| of(&t));
    show(asked.or_else(kept).or_else(browser).unwrap_or(0));
}

/// Speaks a language from now on, here and at the next visit.
pub(crate) fn speak(index: usize) {
    if let Some(language) = LANGUAGES.get(index) {
        keep::put("language", &language.tag);
        show(index);
    }
}

fn show(index: usize) {
    let Some(language) = LANGUAGES.get(index) else { return };
    chosen().set(index);
    if let Some(root) = web_sys::window().and_then(|w| w.document()).and_then(|d| d.document_element()) {
        root.set_attribute("lang", language.tag).ok();
    }
}

/// The language that is spoken; it is listened to where it is asked for.
pub(crate) fn language() -> &'static Language {
    LANGUAGES.get(chosen().get()).unwrap_or(&LANGUAGES[0])
}

/// The text of a key with its blanks filled in; the key itself where there is no text, which a test rules out.
pub(crate) fn tell(key: &str, values: &[(&str, &dyn Display)]) -> String {
    let index = chosen().get();
    TEXTS.with(|texts| {
        let texts = texts.get_or_init(|| LANGUAGES.iter().map(|l| l.texts().unwrap_or_default()).collect());
        let text = texts.get(index).and_then(|t| t.get(key));
        let mut text = text.map_or_else(|| key.to_owned(), Clone::clone);
        for (name, value) in values {
            text = text.replace(&format!("{{{name}}}"), &value.to_string());
        }
        text
    })
}

/// Whether a score is the whole. MUSEG's matching divides by a little more than it should (its epsilon), so that the truth
/// itself earns a hair less than 1 there.
pub(crate) fn whole(score: f64) -> bool {
    score > 1.0 - 5e-5
}

/// A share from 0 to 1 in whole percent; 100 is said of the whole alone, and not of what is almost all.
pub(crate) fn percent(share: f64) -> String {
    let rounded = (share * 100.0).round();
    format!("{:.0}", if whole(share) { rounded } else { rounded.min(99.0) })
}

/// A closure that tells a message, for use in a view: `t!("key")`, `t!("key", count = n)`. It follows the language.
macro_rules! t {
    ($key:expr) => { move || $crate::app::words::tell($key, &[]) };
    ($key:expr, $($name:ident = $value:expr),+ $(,)?) => {
        move || $crate::app::words::tell($key, &[$((stringify!($name), &$value as &dyn std::fmt::Display)),+])
    };
}

/// A message as it is now: `say!("key", count = n)`.
macro_rules! say {
    ($key:expr) => { $crate::app::words::tell($key, &[]) };
    ($key:expr, $($name:ident = $value:expr),+ $(,)?) => {
        $crate::app::words::tell($key, &[$((stringify!($name), &$value as &dyn std::fmt::Display)),+])
    };
}
