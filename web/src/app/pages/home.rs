//! The front page: what this is, and a way in.

use leptos::prelude::*;
use leptos_router::components::A;
use scrubjay_core::task::TaskName;

use crate::app::screen::Heading;

/// The front page.
#[component]
pub(crate) fn Home() -> impl IntoView {
    view! {
        <Heading text=Signal::derive(t!("home.title"))/>
        <p class="lead">{t!("home.lead")}</p>
        <ul class="cards">
            {TaskName::ALL.map(|task| view! {
                <li><A href=format!("/p/{task}/1")><strong>{t!(&format!("task.{}", task))}</strong></A></li>
            })}
        </ul>
    }
}
