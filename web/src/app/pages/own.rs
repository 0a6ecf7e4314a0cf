//! Puzzles from a film of the visitor's own, which never leaves the tab.

use leptos::ev::{self, DragEvent};
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::File;

use super::item::fragment;
use super::told;
use crate::app::films::{Films, Named};
use crate::app::hand::Hand;
use crate::app::place::A;
use crate::app::screen::Heading;
use crate::app::tour::PUZZLES;
use crate::wire::Fault;

/// `/own`.
#[component]
pub(crate) fn Own() -> impl IntoView {
    let (hand, films) = (expect_context::<Hand>(), expect_context::<Films>());
    let progress = RwSignal::new(None::<f64>);
    let failed = RwSignal::new(None::<Fault>);
    // What came of it: the film's name, and how many others had to be closed for it.
    let ready = RwSignal::new(None::<(String, usize)>);
    let over = RwSignal::new(false);
    let input = NodeRef::<html::Input>::new();
    let open = move |file: File| {
        // One after the other: the worker has one pair of hands.
        if progress.get_untracked().is_some() {
            return;
        }
        progress.set(Some(0.0));
        failed.set(None);
        ready.set(None);
        let hand = hand.clone();
        let name = file.name();
        spawn_local(async move {
            let hear = move |done: f64| {
                progress.try_set(Some(done));
            };
            let outcome = films.open(&hand, file, hear).await;
            progress.try_set(None);
            match outcome {
                Ok(film) => ready.try_set(Some((name, film.closed.len()))).map(|_| ()),
                Err(fault) => failed.try_set(Some(fault)).map(|_| ()),
            };
        });
    };
    let picked = {
        let open = open.clone();
        move |_| {
            let Some(input) = input.get_untracked() else { return };
            if let Some(file) = input.files().and_then(|f| f.get(0)) {
                open(file);
            }
            // So that the same file may be picked again.
            input.set_value("");
        }
    };
    // A film that is dropped beside the field is meant for it, too: the browser would leave the site and play it.
    let dropped = window_event_listener(ev::drop, move |e: DragEvent| {
        e.prevent_default();
        over.set(false);
        if let Some(file) = e.data_transfer().and_then(|d| d.files()).and_then(|f| f.get(0)) {
            open(file);
        }
    });
    let drag = window_event_listener(ev::dragover, |e: DragEvent| e.prevent_default());
    on_cleanup(move || {
        dropped.remove();
        drag.remove();
    });
    let busy = move || progress.get().is_some();
    // Not `disabled`, which would take the focus away from whoever came by keyboard.
    let hold = move |e: ev::MouseEvent| {
        if progress.get_untracked().is_some() {
            e.prevent_default();
        }
    };
    view! {
        <Heading text=Signal::derive(t!("own.name"))/>
        <p class="lead">{t!("own.lead")}</p>
        <div class="drop" class:over=move || over.get() on:dragover=move |_| over.set(true) on:dragleave=move |_| over.set(false)>
            <label for="file">{t!("own.pick")}</label>
            <input node_ref=input type="file" id="file" accept="video/*,.mkv,.mov,.webm,.mp4,.m4v"
                aria-disabled=move || busy().then_some("true") on:click=hold on:change=picked/>
            <p class="soft">{t!("own.kinds")}</p>
        </div>
        <div role="status" aria-live="polite">
            {move || progress.get().map(|done| view! {
                <p>{t!("own.looking")} " "
                    <progress max="1" value=done.to_string() aria-label=t!("own.looking")></progress>
                </p>
            })}
            {move || ready.get().map(|(name, closed)| view! {
                <p>{t!("own.ready", name = name)}</p>
                {(closed > 0).then(|| view! { <p>{t!("own.closed", count = closed)}</p> })}
            })}
        </div>
        {move || failed.get().map(|fault| view! {
            <div role="alert" class="fault">
                <p><strong>{t!("own.failed")}</strong></p>
                {told(&fault)}
            </div>
        })}
        {move || films.all().into_iter().map(|named| view! { <Ready named/> }).collect_view()}
    }
}

/// A film that is open, and what can be played with it.
#[component]
fn Ready(named: Named) -> impl IntoView {
    let Named { name, film } = named;
    let seconds = format!("{:.1}", film.duration);
    let fps = format!("{:.2}", film.fps);
    let (frames, width, height) = (film.frames, film.size.width, film.size.height);
    let how = {
        let codec = film.codec.clone();
        move || match &codec {
            Some(codec) => say!("own.exact", codec = codec),
            None => say!("own.played"),
        }
    };
    let sha256 = film.sha256;
    view! {
        <section class="film" data-film=sha256.clone() data-by=if film.codec.is_some() { "webcodecs" } else { "element" }>
            <h2>{name}</h2>
            <p>{t!("own.facts", seconds = seconds, frames = frames, fps = fps, width = width, height = height)} " " {how}</p>
            <ul class="cards">
                {PUZZLES.map(|task| view! {
                    <li><A href=format!("/p/{task}/1{}", fragment(&sha256))>
                        <strong>{t!(&format!("name.{}", task))}</strong>
                        <span>{t!(&format!("invite.{}", task))}</span>
                    </A></li>
                })}
            </ul>
        </section>
    }
}
