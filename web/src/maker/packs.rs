//! Built-in films, fetched from the site itself when they are first asked for.

use std::collections::HashMap;

use js_sys::{ArrayBuffer, Uint8Array};
use scrubjay_core::frame::hex;
use scrubjay_core::link::LinkError;
use scrubjay_core::pack::Pack;
use sha2::{Digest as _, Sha256};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{DedicatedWorkerGlobalScope, Response};

use super::fault;
use crate::clips;
use crate::own::words;
use crate::wire::{Fault, Kind};

/// The films that were fetched.
#[derive(Debug, Default)]
pub(super) struct Packs(HashMap<String, Pack<'static>>);

impl Packs {
    /// A film by its name. What is fetched must be what the site was built with; what failed is fetched again when it is
    /// asked for again.
    pub(super) async fn get(&mut self, name: &str) -> Result<&Pack<'static>, Fault> {
        if !self.0.contains_key(name) {
            let all = clips::all();
            let Some(clip) = all.iter().find(|c| c.name == name) else {
                let known: Vec<&str> = all.iter().map(|c| c.name.as_str()).collect();
                let error = LinkError::UnknownClip { name: name.to_owned(), known: known.join(", ") };
                return Err(fault(Kind::Link, error));
            };
            let path = format!("packs/{name}.pack");
            let fits = |bytes: &[u8]| hex(&Sha256::digest(bytes)) == clip.sha256;
            let mut bytes = fetch(&path).await?;
            if !fits(&bytes) {
                // Another version's, kept by the browser or by a service worker that is older than this page: neither
                // knows this address.
                bytes = fetch(&format!("{path}?sha256={}", clip.sha256)).await?;
            }
            if !fits(&bytes) {
                return Err(fault(
                    Kind::Fetch,
                    format!("packs/{name}.pack is not the file that belongs here"),
                ));
            }
            let pack = Pack::read(bytes).map_err(|e| fault(Kind::Fetch, e))?;
            self.0.insert(name.to_owned(), pack);
        }
        self.0.get(name).ok_or_else(|| fault(Kind::Fetch, "the film was not kept"))
    }
}

/// A file of the site, by its path there. Where that is, the worker's loader knows.
async fn fetch(path: &str) -> Result<Vec<u8>, Fault> {
    let failed = |e: JsValue| fault(Kind::Fetch, format_args!("{path} cannot be fetched: {}", words(&e)));
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    let root = js_sys::Reflect::get(&scope, &"ROOT".into()).ok().and_then(|r| r.as_string());
    let address = format!("{}{path}", root.unwrap_or_default());
    let response: Response =
        JsFuture::from(scope.fetch_with_str(&address)).await.map_err(failed)?.unchecked_into();
    if !response.ok() {
        return Err(fault(
            Kind::Fetch,
            format!("{path} cannot be fetched: HTTP status {}", response.status()),
        ));
    }
    let body = response.array_buffer().map_err(failed)?;
    let buffer: ArrayBuffer = JsFuture::from(body).await.map_err(failed)?.unchecked_into();
    Ok(Uint8Array::new(&buffer).to_vec())
}
