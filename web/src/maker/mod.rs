//! The worker: makes puzzles where the page does not have to wait for them, on WebGPU where there is one.

mod hands;
mod packs;
mod puzzle;

use std::rc::Rc;

use futures::StreamExt as _;
use futures::channel::mpsc;
use js_sys::Array;
use wasm_bindgen::prelude::*;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

use self::puzzle::Maker;
use crate::wire::{Ask, Fault, Kind, Reply, Request, Told};

/// Listens for what the page asks, one question after the other.
pub fn start() {
    console_error_panic_hook::set_once();
    // A worker's global object is this; anywhere else there is nobody to answer.
    let Ok(scope) = js_sys::global().dyn_into::<DedicatedWorkerGlobalScope>() else { return };
    let (sender, mut questions) = mpsc::unbounded::<MessageEvent>();
    let hear = Closure::<dyn FnMut(MessageEvent)>::new(move |event| {
        sender.unbounded_send(event).ok();
    });
    scope.set_onmessage(Some(hear.as_ref().unchecked_ref()));
    hear.forget();
    let scope = Rc::new(scope);
    // The page waits for this before it asks: what is sent to a worker that does not listen yet is lost.
    say(&scope, &Reply { id: 0, told: Told::Progress { done: 0, all: 0 } }, &Array::new());
    wasm_bindgen_futures::spawn_local(async move {
        let mut maker = Maker::default();
        while let Some(event) = questions.next().await {
            answer(&scope, &mut maker, &event.data()).await;
        }
    });
}

async fn answer(scope: &DedicatedWorkerGlobalScope, maker: &mut Maker, data: &JsValue) {
    let parts: Array = data.clone().unchecked_into();
    let Some(request) = parts.get(0).as_string().and_then(|text| serde_json::from_str::<Request>(&text).ok())
    else {
        return;
    };
    let buffers = Array::new();
    let told = match request.ask {
        Ask::Puzzle { address, hands } => maker.puzzle(&address, hands, &buffers).await.map(Told::Puzzle),
        Ask::Recipe { recipe, hands } => maker.recipe(*recipe, hands, &buffers).await.map(Told::Puzzle),
        Ask::Draw { task, from, count } => puzzle::drawn(task, from, count).map(Told::Drawn),
    };
    say(scope, &Reply { id: request.id, told: told.unwrap_or_else(Told::Failed) }, &buffers);
}

/// Sends a reply with its buffers, which belong to the page from then on.
fn say(scope: &DedicatedWorkerGlobalScope, reply: &Reply, buffers: &Array) {
    let text = serde_json::to_string(reply).unwrap_or_default();
    let message = Array::of1(&text.into());
    let handed = Array::new();
    for buffer in buffers.iter() {
        message.push(&buffer);
        handed.push(&buffer);
    }
    scope.post_message_with_transfer(&message, &handed).ok();
}

/// A fault with its text.
fn fault(kind: Kind, e: impl std::fmt::Display) -> Fault {
    Fault { kind, text: e.to_string() }
}
