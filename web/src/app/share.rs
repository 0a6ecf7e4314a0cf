//! Giving a puzzle's link to somebody else.

use leptos::prelude::*;
use leptos::task::spawn_local;
use scrubjay_core::link::Link;
use wasm_bindgen_futures::JsFuture;

use super::place;
use crate::wire::{Address, From};

/// The path of a puzzle; a film of the visitor's own has none that others could use.
pub(crate) fn path(address: &Address) -> Option<String> {
    let clip = match &address.from {
        From::Scene => None,
        From::Clip(name) => Some(name.clone()),
        From::Own(_) => return None,
    };
    Some(Link { task: address.task, seed: address.seed, clip }.to_string())
}

/// A button that copies the link, with what came of it beside. The link itself can be followed and copied by hand.
#[component]
pub(crate) fn Share(address: Address) -> impl IntoView {
    let Some(path) = path(&address) else { return ().into_any() };
    let link = format!("{}{}", place::root(), path.trim_start_matches('/'));
    let said = RwSignal::new(None::<bool>);
    let copy = {
        let link = link.clone();
        move |_| {
            let link = link.clone();
            spawn_local(async move {
                // Without a secure origin there is no clipboard.
                let clipboard = web_sys::window().map(|w| w.navigator().clipboard());
                let there = clipboard.filter(|c| !c.is_undefined());
                let fine = match there {
                    Some(clipboard) => JsFuture::from(clipboard.write_text(&link)).await.is_ok(),
                    None => false,
                };
                said.try_set(Some(fine));
            });
        }
    };
    view! {
        <button type="button" id="share" class="button" on:click=copy>{t!("share")}</button>
        <span class="soft" role="status">
            {move || said.get().map(|fine| if fine { say!("share.copied") } else { say!("share.failed", link = link) })}
        </span>
    }
    .into_any()
}
