//! The front page: what this is, and a way in.

use leptos::prelude::*;
use leptos_router::components::A;

use crate::screen::Heading;

/// The front page.
#[component]
pub(crate) fn Home() -> impl IntoView {
    view! {
        <Heading text="Can you see time?"/>
        <p class="lead">
            "Short films, cut up or tampered with by a program that knows the answer. \
             Video models learn from the same puzzles, scored by the same code."
        </p>
        <ul class="cards">
            <li>
                <A href="/p/jigsaw/1">
                    <strong>"Jigsaw"</strong>
                    <span>"Six clips of one film in the wrong order. Put them right."</span>
                </A>
            </li>
            <li>
                <A href="/p/grounding/1">
                    <strong>"Spot the change"</strong>
                    <span>"For a while something is wrong with the film. From when to when?"</span>
                </A>
            </li>
        </ul>
    }
}
