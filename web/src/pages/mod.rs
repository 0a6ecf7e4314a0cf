//! The pages.

mod home;
mod play;

use leptos::prelude::*;
use leptos_router::components::A;

use crate::screen::Heading;

pub(crate) use home::Home;
pub(crate) use play::Play;

/// For a path that is no page.
#[component]
pub(crate) fn Missing() -> impl IntoView {
    view! {
        <Heading text="There is no such page"/>
        <p><A href="/">"Back to the start"</A></p>
    }
}
