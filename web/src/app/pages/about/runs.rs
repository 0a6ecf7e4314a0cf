//! Who does pixel work in this browser: the worker is asked to change a film, and says who did it.

use leptos::prelude::*;
use leptos::task::spawn_local;
use scrubjay_core::task::TaskName;

use crate::app::hand::Hand;
use crate::app::puzzle::Puzzle;
use crate::wire::{Address, Fault, From};

/// Seeds that are tried: a change of time takes no pixel work, so that its puzzle does not tell.
const TRIES: std::ops::RangeInclusive<u64> = 1..=8;

/// What is known so far.
#[derive(Debug, Clone, PartialEq)]
enum Known {
    Asking,
    By(String),
    Nobody,
    Failed(Fault),
}

/// The sentence that says it.
#[component]
pub(super) fn Runs() -> impl IntoView {
    let known = RwSignal::new(Known::Asking);
    let hand = expect_context::<Hand>();
    spawn_local(async move {
        let mut found = Known::Nobody;
        for seed in TRIES {
            let address = Address { task: TaskName::Grounding, seed, from: From::Scene };
            match Puzzle::make(&hand, address).await {
                Ok(puzzle) if puzzle.by.is_empty() => {}
                Ok(puzzle) => {
                    found = Known::By(puzzle.by.clone());
                    break;
                }
                Err(fault) => {
                    found = Known::Failed(fault);
                    break;
                }
            }
            // The visitor may have gone on.
            if known.is_disposed() {
                return;
            }
        }
        known.try_set(found);
    });
    view! {
        <p>{t!("about.runs.lead")}</p>
        <p id="runs" role="status" data-by=move || match known.get() { Known::By(by) => by, _ => String::new() }>
            {move || match known.get() {
                Known::Asking => say!("about.runs.asking"),
                Known::By(by) => match by.strip_prefix("processor: ") {
                    Some(why) => say!("about.runs.cpu", why = why),
                    None => say!("about.runs.gpu", name = by),
                },
                Known::Nobody => say!("about.runs.nobody"),
                Known::Failed(fault) => fault.text,
            }}
        </p>
    }
}
