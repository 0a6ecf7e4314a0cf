//! The front page: what this is, and a way in.

use leptos::prelude::*;
use leptos_router::components::A;
use scrubjay_core::task::TaskName;

use crate::screen::Heading;

/// Task, name and invitation of each puzzle.
const PUZZLES: [(TaskName, &str, &str); 8] = [
    (TaskName::Jigsaw, "Jigsaw", "Six clips of one film in the wrong order. Put them right."),
    (
        TaskName::Grounding,
        "Spot the change",
        "For a while something is wrong with the film. From when to when?",
    ),
    (TaskName::Counting, "Count the shapes", "Circles, squares and triangles flash up. How many of each?"),
    (TaskName::Masked, "Fill the gap", "Some pictures are missing. Which are they, and in what order?"),
    (TaskName::Segments, "Every time", "Find each moment at which something is to be seen."),
    (TaskName::Event, "Just once", "From when to when does it happen?"),
    (TaskName::Qa, "Questions", "What came first, how often, in what order?"),
    (TaskName::Elements, "What matters", "Name the things that one must look at."),
];

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
            {PUZZLES.map(|(task, name, what)| view! {
                <li><A href=format!("/p/{task}/1")><strong>{name}</strong><span>{what}</span></A></li>
            })}
        </ul>
    }
}
