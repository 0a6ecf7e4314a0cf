//! Pictures for cards in view, one after the other: a puzzle is made for its first frame alone, and only as long as somebody
//! may see it.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

use js_sys::Array;
use leptos::prelude::*;
use leptos::task::spawn_local;
use send_wrapper::SendWrapper;
use wasm_bindgen::prelude::*;
use web_sys::{Element, IntersectionObserver, IntersectionObserverEntry, IntersectionObserverInit};

use crate::app::hand::Hand;
use crate::app::puzzle::Puzzle;
use crate::wire::{Address, Fault};

type Done = Box<dyn FnOnce(Result<Arc<Puzzle>, Fault>)>;

/// Whoever paints. Clones share the queue.
#[derive(Clone)]
pub(super) struct Easel(SendWrapper<Rc<State>>);

struct State {
    hand: Hand,
    queue: RefCell<VecDeque<(Address, Done)>>,
    busy: RefCell<bool>,
}

impl Easel {
    /// An easel that ends its work with the page that it belongs to.
    pub(super) fn new(hand: Hand) -> Self {
        let state = State { hand, queue: RefCell::default(), busy: RefCell::new(false) };
        let easel = Self(SendWrapper::new(Rc::new(state)));
        let mine = easel.clone();
        on_cleanup(move || mine.0.queue.borrow_mut().clear());
        easel
    }

    /// Wants a puzzle's picture; `done` is called with it unless it is cancelled.
    pub(super) fn want(&self, address: Address, done: Done) {
        self.0.queue.borrow_mut().push_back((address, done));
        if self.0.busy.replace(true) {
            return;
        }
        let state = self.0.clone();
        spawn_local(async move {
            loop {
                let next = state.queue.borrow_mut().pop_front();
                let Some((address, done)) = next else { break };
                done(Puzzle::make(&state.hand, address).await);
            }
            state.busy.replace(false);
        });
    }

    /// Wants it no longer.
    pub(super) fn cancel(&self, address: &Address) {
        self.0.queue.borrow_mut().retain(|(a, _)| a != address);
    }
}

/// Tells whether an element is in view, or nearly, until it is dropped.
pub(super) struct Watch {
    observer: IntersectionObserver,
    _told: Closure<dyn FnMut(Array)>,
}

impl Watch {
    /// `None` where the browser cannot tell.
    pub(super) fn new(element: &Element, mut seen: impl FnMut(bool) + 'static) -> Option<Self> {
        let told = Closure::<dyn FnMut(Array)>::new(move |entries: Array| {
            // The last entry is how it is now.
            let last = entries.get(entries.length().saturating_sub(1));
            seen(last.unchecked_into::<IntersectionObserverEntry>().is_intersecting());
        });
        let options = IntersectionObserverInit::new();
        options.set_root_margin("100px");
        let observer =
            IntersectionObserver::new_with_options(told.as_ref().unchecked_ref(), &options).ok()?;
        observer.observe(element);
        Some(Self { observer, _told: told })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}
