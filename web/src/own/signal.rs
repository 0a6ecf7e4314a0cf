//! Waiting for whichever comes first: something that a callback tells, or the end of patience.

use std::cell::{Cell, RefCell};

use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen]
extern "C" {
    // Pages and workers have it alike.
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(call: &Function, milliseconds: i32) -> JsValue;
}

/// Something that callbacks raise and one task waits for.
#[derive(Debug, Default)]
pub(super) struct Signal {
    raised: Cell<bool>,
    wake: RefCell<Option<Function>>,
}

impl Signal {
    /// Wakes whoever waits, or lets the next wait end at once.
    pub(super) fn raise(&self) {
        self.raised.set(true);
        let wake = self.wake.borrow_mut().take();
        if let Some(wake) = wake {
            // A promise's own function: it does not throw.
            let _ = wake.call0(&JsValue::UNDEFINED);
        }
    }

    /// Waits until it is raised, or so long; says whether it was.
    pub(super) async fn wait(&self, milliseconds: i32) -> bool {
        if !self.raised.get() {
            let promise = Promise::new(&mut |resolve, _| {
                set_timeout(&resolve, milliseconds);
                *self.wake.borrow_mut() = Some(resolve);
            });
            // It is never rejected.
            let _ = JsFuture::from(promise).await;
            self.wake.borrow_mut().take();
        }
        self.raised.replace(false)
    }
}

/// Lets the browser do what waits, messages among it.
pub(super) async fn breathe() {
    Signal::default().wait(0).await;
}
