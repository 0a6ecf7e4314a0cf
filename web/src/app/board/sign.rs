//! Small drawings: what is on buttons, what a shape looks like, what is right and what is wrong. Each stands beside its word,
//! or on a button that has one for those who do not see it.

use leptos::prelude::*;
use scrubjay_core::perturb::shape::Shape;

fn drawing(path: &'static str) -> AnyView {
    view! {
        <svg class="sign" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
            <path d=path fill="currentColor"></path>
        </svg>
    }
    .into_any()
}

/// One picture back.
pub(super) fn back() -> AnyView {
    drawing("M5 5h3v14H5zM19 5v14l-9-7z")
}

/// One picture on.
pub(super) fn forth() -> AnyView {
    drawing("M16 5h3v14h-3zM5 5v14l9-7z")
}

/// One less.
pub(super) fn less() -> AnyView {
    drawing("M5 10.5h14v3H5z")
}

/// One more.
pub(super) fn more() -> AnyView {
    drawing("M5 10.5h5.5V5h3v5.5H19v3h-5.5V19h-3v-5.5H5z")
}

/// Something to take hold of.
pub(super) fn grip() -> AnyView {
    drawing("M7 4h4v4H7zM13 4h4v4h-4zM7 10h4v4H7zM13 10h4v4h-4zM7 16h4v4H7zM13 16h4v4h-4z")
}

/// A shape as it is to be counted.
pub(super) fn shape(shape: Shape) -> AnyView {
    drawing(match shape {
        Shape::Circle => "M12 2a10 10 0 1 0 0 20 10 10 0 1 0 0-20z",
        Shape::Square => "M3 3h18v18H3z",
        Shape::Triangle => "M12 3l10.4 18H1.6z",
    })
}

/// How a part of an answer was judged: a sign and its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Judged {
    /// As it should be.
    Right,
    /// Partly.
    Partly,
    /// Not as it should be.
    Wrong,
}

/// The sign of a judgement and what is said beside it.
pub(super) fn judged(how: Judged, words: impl Fn() -> String + Send + 'static) -> AnyView {
    let (class, path) = match how {
        Judged::Right => ("judged right", "M9 16.2 4.8 12l-2 2L9 20.2 21.2 8l-2-2z"),
        Judged::Partly => ("judged partly", "M7 7v3h10V7l5 5-5 5v-3H7v3l-5-5z"),
        Judged::Wrong => (
            "judged wrong",
            "M6.4 4.3 4.3 6.4 9.9 12l-5.6 5.6 2.1 2.1L12 14.1l5.6 5.6 2.1-2.1-5.6-5.6 5.6-5.6-2.1-2.1L12 9.9z",
        ),
    };
    view! { <span class=class>{drawing(path)} <span>{words}</span></span> }.into_any()
}
