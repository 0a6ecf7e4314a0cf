//! The page's hand to the worker: questions out, answers in.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use futures::channel::oneshot;
use js_sys::{Array, ArrayBuffer};
use send_wrapper::SendWrapper;
use wasm_bindgen::prelude::*;
use web_sys::{Blob, ErrorEvent, MessageEvent, Url, Worker};

use super::place;
use crate::own::words;
use crate::wire::{Ask, Fault, Kind, Reply, Request, Told};

/// An answer with its buffers.
pub(crate) type Answer = Result<(Told, Vec<ArrayBuffer>), Fault>;

/// The worker, started when it is first asked and again after it stopped. Clones share it.
#[derive(Clone)]
pub(crate) struct Hand(SendWrapper<Rc<RefCell<State>>>);

#[derive(Default)]
struct State {
    worker: Option<Running>,
    number: u32,
    waiting: HashMap<u32, Waiting>,
}

struct Waiting {
    answer: oneshot::Sender<Answer>,
    progress: Box<dyn Fn(u32, u32)>,
}

struct Running {
    worker: Worker,
    road: Road,
    listens: bool,
    /// What was asked before it listened, by number.
    early: Vec<(u32, Array)>,
    _hear: Closure<dyn FnMut(MessageEvent)>,
    _fail: Closure<dyn FnMut(ErrorEvent)>,
}

/// How a worker is started.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Road {
    /// From a script of this page's own, at this address, which loads the program: so the page's policy is the worker's too, whatever
    /// headers the program's file comes with.
    Held(String),
    /// From the program's file, under the policy of its headers: where the browser did not take the other.
    Plain,
}

impl Road {
    fn held(root: &str, program: &str) -> Option<Self> {
        // As JSON, a text is a text of JavaScript too.
        let (root, address) =
            (serde_json::to_string(root).ok()?, serde_json::to_string(&format!("{root}{program}")).ok()?);
        let script = format!("self.ROOT = {root}; importScripts({address});");
        let blob = Blob::new_with_str_sequence(&Array::of1(&script.into())).ok()?;
        Url::create_object_url_with_blob(&blob).ok().map(Self::Held)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.worker.terminate();
        if let Road::Held(address) = &self.road {
            Url::revoke_object_url(address).ok();
        }
    }
}

impl Hand {
    pub(crate) fn new() -> Self {
        Self(SendWrapper::new(Rc::default()))
    }

    /// Asks, and waits for the answer.
    pub(crate) async fn ask(&self, ask: Ask) -> Answer {
        self.ask_with(ask, &[], |_, _| {}).await
    }

    /// Asks with things beside the question (a file, say), and is told how far it is.
    pub(crate) async fn ask_with(
        &self,
        ask: Ask,
        beside: &[JsValue],
        progress: impl Fn(u32, u32) + 'static,
    ) -> Answer {
        let (sender, receiver) = oneshot::channel();
        {
            let mut state = self.0.borrow_mut();
            state.number += 1;
            let id = state.number;
            let text = serde_json::to_string(&Request { id, ask })
                .map_err(|e| Fault::new(Kind::Worker, format_args!("the question cannot be written: {e}")))?;
            let message = Array::of1(&text.into());
            for thing in beside {
                message.push(thing);
            }
            if state.worker.is_none() {
                state.worker = Some(start(&self.0, true)?);
            }
            if let Some(running) = &mut state.worker {
                if running.listens {
                    running.worker.post_message(&message).map_err(unsent)?;
                } else {
                    running.early.push((id, message));
                }
            }
            state.waiting.insert(id, Waiting { answer: sender, progress: Box::new(progress) });
        }
        receiver.await.unwrap_or_else(|_| Err(stopped("it was ended")))
    }
}

/// Starts a worker; under the page's policy if it is to be `held` to it.
fn start(state: &Rc<RefCell<State>>, held: bool) -> Result<Running, Fault> {
    let program = web_sys::window()
        .and_then(|w| w.document())
        .and_then(|d| d.query_selector("meta[name=maker]").ok().flatten())
        .and_then(|m| m.get_attribute("content"))
        .unwrap_or_else(|| "maker_loader.js".to_owned());
    let root = place::root();
    let road = held.then(|| Road::held(&root, &program)).flatten().unwrap_or(Road::Plain);
    let worker = match &road {
        Road::Held(address) => Worker::new(address),
        Road::Plain => Worker::new(&format!("{root}{program}")),
    };
    let worker = match (worker, &road) {
        (Ok(worker), _) => worker,
        (Err(_), Road::Held(address)) => {
            Url::revoke_object_url(address).ok();
            return start(state, false);
        }
        (Err(e), Road::Plain) => return Err(stopped(&format!("it cannot be started: {}", words(&e)))),
    };
    let hears = Rc::downgrade(state);
    let hear = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        if let Some(state) = hears.upgrade() {
            heard(&state, &event.data());
        }
    });
    let fails = Rc::downgrade(state);
    let fail = Closure::<dyn FnMut(ErrorEvent)>::new(move |event: ErrorEvent| {
        event.prevent_default();
        if let Some(state) = fails.upgrade() {
            failed(&state, &event.message());
        }
    });
    worker.set_onmessage(Some(hear.as_ref().unchecked_ref()));
    worker.set_onerror(Some(fail.as_ref().unchecked_ref()));
    Ok(Running { worker, road, listens: false, early: Vec::new(), _hear: hear, _fail: fail })
}

/// A worker stopped. One that never listened is started in the other way; else everybody who waits is told, and the next question
/// starts another.
fn failed(state: &Rc<RefCell<State>>, why: &str) {
    let Some(mut old) = state.borrow_mut().worker.take() else { return };
    let again = !old.listens && old.road != Road::Plain;
    match again.then(|| start(state, false)) {
        Some(Ok(mut running)) => {
            running.early = std::mem::take(&mut old.early);
            state.borrow_mut().worker = Some(running);
        }
        _ => {
            let waiting = std::mem::take(&mut state.borrow_mut().waiting);
            for (_, one) in waiting {
                one.answer.send(Err(stopped(why))).ok();
            }
        }
    }
    // Not before the closure that called this, which belongs to it, has returned.
    gloo::timers::callback::Timeout::new(0, move || drop(old)).forget();
}

fn stopped(why: &str) -> Fault {
    Fault::new(Kind::Worker, format_args!("the part of this site that makes puzzles stopped: {why}"))
}

/// A question that the browser does not hand over, such as one whose file it cannot copy: nobody would ever answer it.
fn unsent(error: JsValue) -> Fault {
    Fault::new(Kind::Worker, format_args!("the question could not be handed over: {}", words(&error)))
}

fn heard(state: &RefCell<State>, data: &JsValue) {
    let parts: Array = data.clone().unchecked_into();
    let Some(reply) = parts.get(0).as_string().and_then(|t| serde_json::from_str::<Reply>(&t).ok()) else {
        return;
    };
    let answer = match reply.told {
        // Its first word.
        Told::Progress { .. } if reply.id == 0 => {
            let mut state = state.borrow_mut();
            let State { worker, waiting, .. } = &mut *state;
            if let Some(running) = worker {
                running.listens = true;
                for (id, message) in running.early.drain(..) {
                    if let Err(e) = running.worker.post_message(&message)
                        && let Some(one) = waiting.remove(&id)
                    {
                        one.answer.send(Err(unsent(e))).ok();
                    }
                }
            }
            return;
        }
        Told::Progress { done, all } => {
            if let Some(waiting) = state.borrow().waiting.get(&reply.id) {
                (waiting.progress)(done, all);
            }
            return;
        }
        Told::Failed(fault) => Err(fault),
        told => Ok((told, parts.iter().skip(1).map(JsCast::unchecked_into).collect())),
    };
    let waiting = state.borrow_mut().waiting.remove(&reply.id);
    if let Some(waiting) = waiting {
        waiting.answer.send(answer).ok();
    }
}
