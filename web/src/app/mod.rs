//! The page: the frame around every page, and which path shows which page.

// First, since its macros are known only to what follows.
#[macro_use]
mod words;

mod board;
mod films;
mod frame;
mod guest;
mod hand;
mod keep;
mod offline;
mod pages;
mod place;
mod puzzle;
mod results;
mod round;
mod screen;
mod share;
mod table;
mod tour;
mod watch;

use leptos::html;
use leptos::prelude::*;
use leptos_router::components::{Route, Router, Routes};
use leptos_router::path;

use self::frame::{Footer, Header};
use self::hand::Hand;
use self::pages::{About, Compare, Gallery, Home, Item, Kinds, Missing, Own, Play};
use self::screen::{begin, focus};

/// Puts the site into the document.
pub fn start() {
    console_error_panic_hook::set_once();
    begin();
    words::choose();
    frame::dress();
    leptos::mount::mount_to_body(App);
}

/// The whole site.
#[component]
fn App() -> impl IntoView {
    provide_context(Hand::new());
    provide_context(films::Films::default());
    let main = NodeRef::<html::Main>::new();
    let embedded = place::embedded();
    view! {
        <Router base=place::base()>
            {(!embedded).then(|| view! {
                <button class="skip" type="button" on:click=move |_| focus(main)>{t!("skip")}</button>
                <Header/>
            })}
            <main id="main" tabindex="-1" node_ref=main class:embedded=embedded>
                <Routes fallback=Missing>
                    <Route path=path!("/") view=Home/>
                    <Route path=path!("/play") view=Kinds/>
                    <Route path=path!("/play/:task") view=Play/>
                    <Route path=path!("/own") view=Own/>
                    <Route path=path!("/p/:task/:seed") view=Item/>
                    <Route path=path!("/gallery") view=Gallery/>
                    <Route path=path!("/compare") view=Compare/>
                    <Route path=path!("/about") view=About/>
                </Routes>
            </main>
            {(!embedded).then(|| view! { <Footer/> })}
        </Router>
    }
}
