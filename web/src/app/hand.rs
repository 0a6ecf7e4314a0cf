//! The page's hand to the worker: questions out, answers in.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use futures::channel::oneshot;
use js_sys::{Array, ArrayBuffer};
use send_wrapper::SendWrapper;
use wasm_bindgen::prelude::*;
use web_sys::{ErrorEvent, MessageEvent, Worker};

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
    listens: bool,
    /// What was asked before it listened, by number.
    early: Vec<(u32, Array)>,
    _hear: Closure<dyn FnMut(MessageEvent)>,
    _fail: Closure<dyn FnMut(ErrorEvent)>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.worker.terminate();
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
                state.worker = Some(self.start()?);
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

    fn start(&self) -> Result<Running, Fault> {
        let program = web_sys::window()
            .and_then(|w| w.document())
            .and_then(|d| d.query_selector("meta[name=maker]").ok().flatten())
            .and_then(|m| m.get_attribute("content"))
            .unwrap_or_else(|| "maker_loader.js".to_owned());
        let worker = Worker::new(&format!("{}{program}", place::root()))
            .map_err(|e| stopped(&format!("it cannot be started: {}", words(&e))))?;
        let state = Rc::downgrade(&self.0);
        let hear = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(state) = state.upgrade() {
                heard(&state, &event.data());
            }
        });
        let state = Rc::downgrade(&self.0);
        let fail = Closure::<dyn FnMut(ErrorEvent)>::new(move |event: ErrorEvent| {
            event.prevent_default();
            if let Some(state) = state.upgrade() {
                // Everybody who waits is told; the next question starts another worker.
                let (worker, waiting) = {
                    let mut state = state.borrow_mut();
                    (state.worker.take(), std::mem::take(&mut state.waiting))
                };
                for (_, one) in waiting {
                    one.answer.send(Err(stopped(&event.message()))).ok();
                }
                // Not before this closure, which belongs to it, has returned.
                gloo::timers::callback::Timeout::new(0, move || drop(worker)).forget();
            }
        });
        worker.set_onmessage(Some(hear.as_ref().unchecked_ref()));
        worker.set_onerror(Some(fail.as_ref().unchecked_ref()));
        Ok(Running { worker, listens: false, early: Vec::new(), _hear: hear, _fail: fail })
    }
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
