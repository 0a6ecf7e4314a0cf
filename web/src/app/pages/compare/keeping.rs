//! What is kept of the visitor's answers: taking it away as a file, and forgetting it.

use js_sys::Array;
use leptos::prelude::*;
use scrubjay_core::GENERATOR_VERSION;
use serde::Serialize;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, Url};

use crate::app::keep;
use crate::app::results::{self, Answered};

/// The file's name.
const FILE: &str = "scrubjay-answers.json";

/// What is in the file.
#[derive(Serialize)]
struct Kept {
    /// What wrote it.
    program: &'static str,
    /// Items are the same within a version.
    generator_version: u32,
    /// All answers, practice too, the oldest first.
    answers: Vec<Answered>,
}

/// The buttons. `changed` rises when the answers are forgotten.
#[component]
pub(super) fn Keeping(changed: RwSignal<u32>) -> impl IntoView {
    let count = move || {
        changed.get();
        results::all().len()
    };
    let (sure, said) = (RwSignal::new(false), RwSignal::new(None::<&'static str>));
    let save = move |_| said.set(Some(if save().is_ok() { "compare.saved" } else { "compare.notsaved" }));
    let forget = move |_| {
        if sure.get_untracked() {
            results::forget();
            sure.set(false);
            said.set(Some("compare.forgotten"));
            changed.update(|c| *c += 1);
        } else {
            sure.set(true);
            said.set(Some("compare.sure"));
        }
    };
    view! {
        <p>{move || say!("compare.kept", count = count())}</p>
        {(!keep::lasts()).then(|| view! { <p class="fault">{t!("compare.passing")}</p> })}
        <p class="controls">
            // Not disabled where there is nothing: a button that was just pressed must keep the focus.
            <button type="button" id="save" class="button" on:click=save>{t!("compare.save")}</button>
            <button type="button" id="forget" class="button" on:click=forget on:blur=move |_| sure.set(false)>
                {move || if sure.get() { say!("compare.forget.sure") } else { say!("compare.forget") }}
            </button>
        </p>
        <p class="said" role="status">{move || said.get().map(|key| say!(key))}</p>
    }
}

/// Hands the answers to the browser as a file to be kept.
fn save() -> Result<(), JsValue> {
    let kept = Kept { program: "scrubjay", generator_version: GENERATOR_VERSION, answers: results::all() };
    let text = serde_json::to_string_pretty(&kept).map_err(|e| JsValue::from_str(&e.to_string()))?;
    let options = BlobPropertyBag::new();
    options.set_type("application/json");
    let blob = Blob::new_with_str_sequence_and_options(&Array::of1(&text.into()), &options)?;
    let address = Url::create_object_url_with_blob(&blob)?;
    let link: HtmlAnchorElement = document().create_element("a")?.unchecked_into();
    link.set_href(&address);
    link.set_download(FILE);
    link.click();
    // Not before the browser has begun to read it.
    set_timeout(
        move || {
            Url::revoke_object_url(&address).ok();
        },
        std::time::Duration::from_secs(60),
    );
    Ok(())
}
