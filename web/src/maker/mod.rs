//! The worker: makes puzzles where the page does not have to wait for them, on WebGPU where there is one.

mod films;
mod hands;
mod packs;
mod puzzle;
mod seldom;

use std::rc::Rc;

use futures::StreamExt as _;
use futures::channel::mpsc;
use js_sys::Array;
use wasm_bindgen::prelude::*;
use web_sys::{DedicatedWorkerGlobalScope, File, MessageEvent};

use self::puzzle::Maker;
use self::seldom::Seldom;
use crate::own::Sampled;
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
    let text = parts.get(0).as_string().unwrap_or_default();
    let request = match serde_json::from_str::<Request>(&text) {
        Ok(request) => request,
        Err(e) => {
            // A page of another version than the worker: whoever asked is waiting all the same.
            let value: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
            let id = value.get("id").and_then(serde_json::Value::as_u64).unwrap_or(0) as u32;
            let told = Told::Failed(fault(Kind::Worker, format_args!("the question cannot be read: {e}")));
            say(scope, &Reply { id, told }, &Array::new());
            return;
        }
    };
    let buffers = Array::new();
    let id = request.id;
    let progress = |done: f64, all: f64| {
        // In thousandths, and seldom enough not to drown the page.
        let done = (done / all.max(1.0) * 1000.0) as u32;
        say(scope, &Reply { id, told: Told::Progress { done, all: 1000 } }, &Array::new());
    };
    let mut progress = Seldom::new(progress);
    let file =
        || parts.get(1).dyn_into::<File>().map_err(|_| fault(Kind::Film, "no file came with the question"));
    let told = match request.ask {
        Ask::Puzzle { address, hands } => {
            maker.puzzle(&address, hands, &buffers, &mut progress).await.map(Told::Puzzle)
        }
        Ask::Recipe { recipe, hands } => maker.recipe(*recipe, hands, &buffers).await.map(Told::Puzzle),
        Ask::Open => match file() {
            Ok(file) => maker.films.open(file, &mut progress).await.map(Told::Film),
            Err(fault) => Err(fault),
        },
        Ask::Played { size, seconds, rate, duration, film } => match file() {
            Ok(file) => {
                let frames = films::frames(&parts, size);
                let sampled = Sampled { frames, seconds, rate, duration, size: film };
                maker.films.played(&file, sampled, &mut progress).await.map(Told::Film)
            }
            Err(fault) => Err(fault),
        },
        Ask::Draw { task, from, count } => puzzle::drawn(task, from, count).map(Told::Drawn),
    };
    say(scope, &Reply { id, told: told.unwrap_or_else(Told::Failed) }, &buffers);
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
    Fault::new(kind, e)
}
