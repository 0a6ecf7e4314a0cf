//! The pages.

mod about;
mod compare;
mod gallery;
mod home;
mod item;
mod own;
mod play;

use leptos::prelude::*;

use super::screen::Heading;
use crate::app::place::A;
use crate::wire::{Fault, Kind};

pub(crate) use about::About;
pub(crate) use compare::Compare;
pub(crate) use gallery::Gallery;
pub(crate) use home::Home;
pub(crate) use item::Item;
pub(crate) use own::Own;
pub(crate) use play::{Kinds, Play};

/// For a path that is no page.
#[component]
pub(crate) fn Missing() -> impl IntoView {
    view! {
        <Heading text=Signal::derive(t!("missing.title"))/>
        <p><A href="/">{t!("missing.back")}</A></p>
    }
}

/// What went wrong, what can be done, and the exact words for whoever reports it.
pub(crate) fn failed(fault: Fault) -> impl IntoView {
    let advice = match fault.kind {
        Kind::Link => "fault.link",
        Kind::Absent => "fault.absent",
        Kind::Film | Kind::Element => "fault.film",
        Kind::Fetch => "fault.fetch",
        Kind::Worker => "fault.worker",
    };
    view! {
        <Heading text=Signal::derive(t!("fault.title"))/>
        <div role="alert">
            <p>{t!(advice)}</p>
            {told(&fault)}
        </div>
        {(fault.kind == Kind::Absent).then(|| view! { <p><A href="/own" attr:class="button">{t!("own.open")}</A></p> })}
    }
}

/// A fault's own words: in the visitor's language where there are such, else in English.
fn told(fault: &Fault) -> AnyView {
    match fault.words.clone() {
        Some((key, detail)) => view! { <p>{t!(&key, detail = detail)}</p> }.into_any(),
        None => view! { <p class="soft" lang="en">{fault.text.clone()}</p> }.into_any(),
    }
}
