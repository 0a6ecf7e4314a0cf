//! The frame around every page, and which path shows which page.

use leptos::html;
use leptos::prelude::*;
use leptos_router::components::{A, Route, Router, Routes};
use leptos_router::path;

use crate::pages::{Home, Missing, Play};
use crate::screen::focus;

/// The whole site.
#[component]
pub(crate) fn App() -> impl IntoView {
    let main = NodeRef::<html::Main>::new();
    view! {
        <Router>
            <button class="skip" type="button" on:click=move |_| focus(main)>"Skip to the puzzle"</button>
            <header>
                <A href="/" attr:class="brand">"Scrubjay"</A>
                <nav aria-label="Puzzles">
                    <A href="/p/jigsaw/1">"Jigsaw"</A>
                    <A href="/p/grounding/1">"Spot the change"</A>
                </nav>
            </header>
            <main id="main" tabindex="-1" node_ref=main>
                <Routes fallback=Missing>
                    <Route path=path!("/") view=Home/>
                    <Route path=path!("/p/:task/:seed") view=Play/>
                </Routes>
            </main>
            <footer>
                "Every puzzle is rebuilt in this tab from its link. Nothing is sent anywhere."
            </footer>
        </Router>
    }
}
