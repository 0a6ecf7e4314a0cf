//! Whether the site is kept in this browser, and whether a newer version waits.
//!
//! `public/sw.js` keeps the files; it replaces them only when the visitor says so here, since a reload in the middle of a puzzle is
//! nobody's wish. The state also stands on the document's element (`data-offline`): `ready`, `newer`, `failed`, or `none` where
//! the browser has no service workers.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo::timers::callback::Timeout;
use leptos::prelude::*;
use leptos::task::spawn_local;
use send_wrapper::SendWrapper;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{ServiceWorkerContainer, ServiceWorkerRegistration, ServiceWorkerState};

use super::place;
use crate::own::words;

/// How long after the page the files are fetched, so that they do not stand in the first puzzle's way, in milliseconds.
const LATER: u32 = 1500;

#[derive(Clone, PartialEq)]
enum State {
    /// Not known yet.
    Open,
    /// No service workers here: an old browser, a private window, or a page that came without encryption.
    Never,
    /// Files are being fetched.
    Fetching,
    /// The site works without a network.
    Ready,
    /// Another version than this page's is there.
    Newer,
    /// It could not be kept, and why.
    Failed(String),
}

impl State {
    fn word(&self) -> Option<&'static str> {
        match self {
            Self::Open | Self::Fetching => None,
            Self::Never => Some("none"),
            Self::Ready => Some("ready"),
            Self::Newer => Some("newer"),
            Self::Failed(_) => Some("failed"),
        }
    }
}

/// What is known about the service worker, and how it is listened to. Clones share it.
#[derive(Clone)]
struct Keeper(SendWrapper<Rc<Inner>>);

struct Inner {
    state: RwSignal<State>,
    registration: RefCell<Option<ServiceWorkerRegistration>>,
    hear: RefCell<Option<Closure<dyn FnMut()>>>,
    /// The visitor asked for the new version.
    asked: Cell<bool>,
    /// Another tab let a new version take over.
    replaced: Cell<bool>,
}

impl Keeper {
    fn new(state: RwSignal<State>) -> Self {
        Self(SendWrapper::new(Rc::new(Inner {
            state,
            registration: RefCell::default(),
            hear: RefCell::default(),
            asked: Cell::default(),
            replaced: Cell::default(),
        })))
    }

    fn show(&self, state: State) {
        let root = web_sys::window().and_then(|w| w.document()).and_then(|d| d.document_element());
        if let (Some(root), Some(word)) = (root, state.word()) {
            root.set_attribute("data-offline", word).ok();
        }
        // The page may be gone; the listeners stay.
        if self.0.state.try_get_untracked().is_some_and(|now| now != state) {
            self.0.state.try_set(state);
        }
    }

    async fn start(&self) {
        let Some(container) = container() else { return self.show(State::Never) };
        let hears = self.clone();
        let replaced = Closure::<dyn FnMut()>::new(move || {
            hears.0.replaced.set(true);
            hears.look();
        });
        container.set_oncontrollerchange(Some(replaced.as_ref().unchecked_ref()));
        replaced.forget();

        // Its folder is what it keeps.
        let registered = container.register(&format!("{}sw.js", place::root()));
        match JsFuture::from(registered).await {
            Ok(registration) => {
                let hears = self.clone();
                *self.0.hear.borrow_mut() = Some(Closure::new(move || hears.look()));
                *self.0.registration.borrow_mut() = Some(registration.unchecked_into());
                self.look();
            }
            // Without a network there is nothing to compare with, and what was kept goes on working.
            Err(_) if container.controller().is_some() => self.show(State::Ready),
            Err(e) => self.show(State::Failed(words(&e))),
        }
    }

    /// Reads the state off the workers there are, and listens to each.
    fn look(&self) {
        let registration = self.0.registration.borrow();
        let Some(registration) = registration.as_ref() else { return };
        let (installing, waiting, active) =
            (registration.installing(), registration.waiting(), registration.active());
        if let Some(hear) = self.0.hear.borrow().as_ref() {
            let hear = hear.as_ref().unchecked_ref();
            registration.set_onupdatefound(Some(hear));
            for worker in [&installing, &waiting, &active].into_iter().flatten() {
                worker.set_onstatechange(Some(hear));
            }
        }
        let activated = active.as_ref().is_some_and(|w| w.state() == ServiceWorkerState::Activated);
        if self.0.asked.get() && waiting.is_none() && activated {
            reload();
            return;
        }
        self.show(match (&installing, &waiting, &active) {
            (_, Some(_), Some(_)) => State::Newer,
            (_, _, Some(_)) if self.0.replaced.get() => State::Newer,
            (_, _, Some(_)) if activated => State::Ready,
            (None, None, None) => State::Failed(say!("offline.incomplete")),
            _ => State::Fetching,
        });
    }

    /// Goes over to the newer version.
    fn take(&self) {
        let waiting = self.0.registration.borrow().as_ref().and_then(ServiceWorkerRegistration::waiting);
        match waiting {
            Some(worker) => {
                self.0.asked.set(true);
                if worker.post_message(&"take over".into()).is_err() {
                    reload();
                }
            }
            None => reload(),
        }
    }
}

/// The browser's service workers, if it has any: the property is missing on pages that came without encryption.
fn container() -> Option<ServiceWorkerContainer> {
    let navigator = web_sys::window()?.navigator();
    let found = js_sys::Reflect::get(&navigator, &"serviceWorker".into()).ok()?;
    found.dyn_into().ok()
}

fn reload() {
    if let Some(window) = web_sys::window() {
        window.location().reload().ok();
    }
}

/// Keeps the site for offline use, and tells the visitor how that stands.
#[component]
pub(crate) fn Offline() -> impl IntoView {
    let state = RwSignal::new(State::Open);
    let keeper = Keeper::new(state);
    let later = keeper.clone();
    Timeout::new(LATER, move || spawn_local(async move { later.start().await })).forget();
    view! {
        // A live region must be there before it has something to say.
        <div role="status" class:newer=move || state.get() == State::Newer>
            {move || (state.get() == State::Newer).then(|| {
                let keeper = keeper.clone();
                view! {
                    <p>{t!("offline.newer")}</p>
                    <button class="button" type="button" id="take-newer" on:click=move |_| keeper.take()>
                        {t!("offline.reload")}
                    </button>
                }
            })}
        </div>
        {move || match state.get() {
            State::Open | State::Never | State::Newer => None,
            State::Fetching => Some(view! { <p class="offline">{say!("offline.fetching")}</p> }),
            State::Ready => Some(view! { <p class="offline">{say!("offline.ready")}</p> }),
            State::Failed(why) => Some(view! { <p class="offline">{say!("offline.failed", why = why)}</p> }),
        }}
    }
}
