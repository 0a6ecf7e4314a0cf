//! The puzzles: one file each.

mod grounding;
mod jigsaw;
mod written;

use leptos::html;
use leptos::prelude::*;
use scrubjay_core::chance::{Chance, How};

pub(crate) use grounding::Grounding;
pub(crate) use jigsaw::Jigsaw;
pub(crate) use written::Written;

/// What the visitor is told after answering.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outcome {
    /// Score from 0 to 1.
    score: f64,
    /// The raw answer.
    answer: String,
    /// The right answer.
    truth: String,
}

/// The verdict, announced to screen readers when it appears.
#[component]
fn Verdict(outcome: RwSignal<Option<Outcome>>, chance: Chance) -> impl IntoView {
    let place = NodeRef::<html::Div>::new();
    // The button that was pressed is now disabled; without this the focus would fall off the page.
    Effect::new(move |_| {
        if let (true, Some(place)) = (outcome.with(Option::is_some), place.get()) {
            place.focus().ok();
        }
    });
    view! {
        <div node_ref=place class="verdict" role="status" aria-live="polite" tabindex="-1">
            {move || outcome.get().map(|o| view! {
                <p class="score" data-score=format!("{:.4}", o.score)>
                    <strong>{format!("{:.0} %", o.score * 100.0)}</strong>
                    {if o.score >= 1.0 { " — exactly right." } else { "" }}
                </p>
                <p>
                    "You said " <code>{o.answer}</code> ", it was " <code>{o.truth}</code>
                    {match chance.how {
                        How::None => ".".to_owned(),
                        _ => format!(". Guessing earns {:.0} % on average.", chance.random * 100.0),
                    }}
                </p>
            })}
        </div>
    }
}
