//! The pages.

mod home;
mod item;

use leptos::prelude::*;
use leptos_router::components::A;

use super::screen::Heading;

pub(crate) use home::Home;
pub(crate) use item::Play;

/// For a path that is no page.
#[component]
pub(crate) fn Missing() -> impl IntoView {
    view! {
        <Heading text=Signal::derive(t!("missing.title"))/>
        <p><A href="/">{t!("missing.back")}</A></p>
    }
}
