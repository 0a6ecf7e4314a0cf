//! Films of the visitor's that are open in this tab.

use js_sys::{Array, Uint8Array};
use leptos::prelude::*;
use scrubjay_core::recipe::Size;
use wasm_bindgen::JsValue;
use web_sys::File;

use super::hand::Hand;
use crate::own::element;
use crate::wire::{Ask, Fault, Kind, Opened, Told};

/// The films, the last one opened first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Films(RwSignal<Vec<Named>>);

/// A film with the name of its file, which no link tells.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Named {
    /// The file's name.
    pub(crate) name: String,
    /// What the worker knows of it.
    pub(crate) film: Opened,
}

impl Default for Films {
    fn default() -> Self {
        Self(RwSignal::new(Vec::new()))
    }
}

/// The pictures of a `<video>` are taken within this size: what puzzles show is smaller.
const WITHIN: Size = Size { width: 480, height: 480 };

impl Films {
    /// All of them.
    pub(crate) fn all(self) -> Vec<Named> {
        self.0.get()
    }

    /// Opens a file: frame by frame where the browser can, else by playing it. `progress` hears how much is done, from
    /// 0 to 1.
    pub(crate) async fn open(
        self,
        hand: &Hand,
        file: File,
        progress: impl Fn(f64) + Clone + 'static,
    ) -> Result<Opened, Fault> {
        let hear = progress.clone();
        let part = move |done: u32, all: u32| hear(f64::from(done) / f64::from(all.max(1)));
        let beside = [JsValue::from(file.clone())];
        let told = match hand.ask_with(Ask::Open, &beside, part.clone()).await {
            Err(fault) if fault.kind == Kind::Element => self.play(hand, &file, progress, part).await,
            other => other.map(|(told, _)| told),
        };
        let Told::Film(film) = told? else {
            return Err(Fault::new(Kind::Worker, "something else was answered"));
        };
        let named = Named { name: file.name(), film: film.clone() };
        self.0.update(|films| {
            films.retain(|f| f.film.sha256 != named.film.sha256 && !film.closed.contains(&f.film.sha256));
            films.insert(0, named);
        });
        Ok(film)
    }

    async fn play(
        self,
        hand: &Hand,
        file: &File,
        progress: impl Fn(f64),
        part: impl Fn(u32, u32) + 'static,
    ) -> Result<Told, Fault> {
        let mut hear = |p: crate::own::Progress| progress(p.done / p.total.max(1.0));
        let sampled = element::sample(file, WITHIN, &mut hear).await.map_err(|e| {
            let words = Some((e.key().to_owned(), e.detail()));
            Fault { kind: Kind::Film, text: e.to_string(), words }
        })?;
        let first = sampled.frames.first().map_or((0, 0), |f| (f.width, f.height));
        let ask = Ask::Played {
            size: Size { width: first.0, height: first.1 },
            seconds: sampled.seconds,
            rate: sampled.rate,
            duration: sampled.duration,
            film: sampled.size,
        };
        let beside = Array::of1(file);
        for frame in &sampled.frames {
            beside.push(&Uint8Array::from(frame.rgb.as_slice()).buffer());
        }
        let beside: Vec<JsValue> = beside.iter().collect();
        hand.ask_with(ask, &beside, part).await.map(|(told, _)| told)
    }
}
