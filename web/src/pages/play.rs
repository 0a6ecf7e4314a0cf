//! One puzzle, rebuilt from its link.

use std::sync::Arc;
use std::time::Duration;

use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::use_params_map;
use scrubjay_core::item::{Item, realize_scene};
use scrubjay_core::link;
use scrubjay_core::prompt::{Templates, Wording};
use scrubjay_core::task::TaskName;

use crate::puzzle::{Grounding, Jigsaw, Written};
use crate::screen::Heading;

/// A puzzle and the seed it came from.
#[derive(Clone)]
struct Puzzle {
    item: Arc<Item>,
    /// What is asked, in words for people.
    question: String,
    seed: u64,
}

fn build(path: &str) -> Result<Puzzle, String> {
    let (task, seed) = link::parse(path).map_err(|e| e.to_string())?;
    let recipe = link::recipe(task, seed).map_err(|e| e.to_string())?;
    let item = realize_scene(&recipe).map_err(|e| e.to_string())?;
    let question = Templates::built_in(Wording::People).prompt(&recipe.task).question();
    Ok(Puzzle { item: Arc::new(item), question, seed })
}

/// The page behind `/p/<task>/<seed>`.
#[component]
pub(crate) fn Play() -> impl IntoView {
    let params = use_params_map();
    let path = Memo::new(move |_| {
        params.with(|p| {
            format!("/p/{}/{}", p.get("task").unwrap_or_default(), p.get("seed").unwrap_or_default())
        })
    });
    let puzzle: RwSignal<Option<Result<Puzzle, String>>> = RwSignal::new(None);
    Effect::new(move |_| {
        let wanted = path.get();
        puzzle.set(None);
        // Building takes a moment: let the page show that it has begun.
        set_timeout(
            move || {
                if path.get_untracked() == wanted {
                    puzzle.set(Some(build(&wanted)));
                }
            },
            Duration::from_millis(20),
        );
    });
    move || match puzzle.get() {
        None => view! { <p class="building" role="status">"Building the puzzle …"</p> }.into_any(),
        Some(Err(error)) => view! {
            <Heading text="This link names no puzzle"/>
            <p role="alert">{error}</p>
            <p><A href="/">"Back to the start"</A></p>
        }
        .into_any(),
        Some(Ok(puzzle)) => show(puzzle).into_any(),
    }
}

fn show(Puzzle { item, question, seed }: Puzzle) -> impl IntoView {
    let next = format!("/p/{}/{}", item.task, seed.wrapping_add(1));
    let hash = item.stimulus.clone();
    let short = hash.get(..12).unwrap_or_default().to_owned();
    let board = match item.task {
        TaskName::Jigsaw => view! { <Jigsaw item=item.clone()/> }.into_any(),
        TaskName::Grounding => view! { <Grounding item=item.clone() question/> }.into_any(),
        _ => view! { <Written item=item.clone() question/> }.into_any(),
    };
    view! {
        {board}
        <p class="after">
            <A href=next attr:class="button">"Next puzzle"</A>
            <span class="hash" data-stimulus=hash>
                "Puzzle " {seed.to_string()} ", pixels " <code>{short}</code>
            </span>
        </p>
    }
}
