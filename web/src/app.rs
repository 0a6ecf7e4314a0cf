//! The frame around every page, and which path shows which page.

use leptos::prelude::*;
use leptos_router::components::{A, Route, Router, Routes};
use leptos_router::path;

use crate::pages::{Home, Missing, Play};

/// The whole site.
#[component]
pub(crate) fn App() -> impl IntoView {
    view! {
        <Router>
            <a class="skip" href="#main">"Skip to the puzzle"</a>
            <header>
                <A href="/" attr:class="brand">"Scrubjay"</A>
                <nav aria-label="Puzzles">
                    <A href="/p/jigsaw/1">"Jigsaw"</A>
                    <A href="/p/grounding/1">"Spot the change"</A>
                </nav>
            </header>
            <main id="main" tabindex="-1">
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
