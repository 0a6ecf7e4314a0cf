//! Object counting: look at the film closely, and say how many of each shape there were.

use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;
use scrubjay_core::item::Truth;
use scrubjay_core::perturb::shape::Shape;
use scrubjay_core::task::Task;
use scrubjay_core::task::counting::Group;

use super::film::{Player, whole};
use super::sign::{self, Judged};
use crate::app::puzzle::Puzzle;
use crate::app::round::Round;
use crate::draft;

/// The board. The draft is three numbers with commas between: circles, squares, triangles.
#[component]
pub(crate) fn Counting(puzzle: Arc<Puzzle>, round: Round) -> impl IntoView {
    let at = RwSignal::new(0_usize);
    let shots = whole(&puzzle);
    let name = Signal::derive(t!("film"));
    let groups = match &puzzle.recipe.task {
        Task::Counting { groups, .. } => groups.clone(),
        _ => Vec::new(),
    };
    let truth = if let Truth::Counts(truth) = puzzle.truth { truth } else { [0; 3] };
    let steppers = Shape::ALL.into_iter().zip(truth).enumerate();
    let steppers = steppers
        .map(|(index, (shape, right))| {
            let groups: Vec<Group> = groups.iter().filter(|g| g.shape == shape).cloned().collect();
            stepper(round, index, shape, right, groups, at)
        })
        .collect_view();
    view! {
        <div class="counting">
            <Player puzzle shots at playing=round.playing timed=true name/>
            <div class="steppers">{steppers}</div>
        </div>
    }
}

fn stepper(
    round: Round,
    index: usize,
    shape: Shape,
    right: u32,
    mut groups: Vec<Group>,
    at: RwSignal<usize>,
) -> AnyView {
    let word = move || say!(&format!("shape.{}", shape));
    let count = Memo::new(move |_| round.draft.with(|d| draft::counts(d).get(index).copied().unwrap_or(0)));
    let set = move |number: u32| {
        if round.done() {
            return;
        }
        let mut counts = round.draft.with_untracked(|d| draft::counts(d));
        if let Some(count) = counts.get_mut(index) {
            *count = number.min(draft::MOST_SHAPES);
        }
        round.draft.set(draft::commas(&counts));
    };
    let step = move |number: u32| {
        set(number);
        round.say(say!("counting.now", what = word(), number = count.get_untracked()));
    };
    let field = NodeRef::<html::Input>::new();
    // While somebody types, the field may be empty or hold half a number: only what is a number counts.
    let typing = move |text: String| {
        if let Ok(number) = draft::typed(&text) {
            set(number);
        }
    };
    let typed = move |text: String| {
        let told = match draft::typed(&text) {
            Ok(number) => {
                set(number);
                say!("counting.now", what = word(), number = number)
            }
            Err(nearest) => {
                set(nearest.unwrap_or_else(|| count.get_untracked()));
                say!(
                    "counting.typed",
                    what = word(),
                    number = count.get_untracked(),
                    most = draft::MOST_SHAPES
                )
            }
        };
        // What was typed gives way to what counts, also where that did not change ("07").
        if let Some(field) = field.get_untracked() {
            field.set_value(&count.get_untracked().to_string());
        }
        round.say(told);
    };
    groups.sort_by_key(|g| g.frame);
    let plural = format!("{shape}s");
    let id = move |end: &str| format!("{plural}{end}");
    let judged = move || {
        round.done().then(|| {
            let sign = if count.get() == right {
                sign::judged(Judged::Right, t!("judged.right"))
            } else {
                sign::judged(Judged::Wrong, t!("counting.were", number = right))
            };
            let places = groups.iter().map(|g| place(round, at, g)).collect_view();
            view! { <p>{sign}</p> <p class="hint">{t!("counting.places")}</p> <ul class="places">{places}</ul> }
        })
    };
    view! {
        <div class="stepper" role="group" aria-label=word>
            <p class="shape">{sign::shape(shape)} " " {word}</p>
            <div class="number">
                <button type="button" class="button icon" id=id("-less") aria-label=t!("counting.less", what = word())
                    aria-disabled=move || (count.get() == 0).to_string() disabled=move || round.done()
                    on:click=move |_| step(count.get_untracked().saturating_sub(1))>{sign::less()}</button>
                <input node_ref=field type="number" id=id("") min="0" max=draft::MOST_SHAPES.to_string() step="1"
                    inputmode="numeric" autocomplete="off" aria-label=word disabled=move || round.done()
                    prop:value=move || count.get().to_string()
                    on:input=move |e| typing(event_target_value(&e)) on:change=move |e| typed(event_target_value(&e))/>
                <button type="button" class="button icon" id=id("-more") aria-label=t!("counting.more", what = word())
                    aria-disabled=move || (count.get() == draft::MOST_SHAPES).to_string() disabled=move || round.done()
                    on:click=move |_| step(count.get_untracked() + 1)>{sign::more()}</button>
            </div>
            {judged}
        </div>
    }
    .into_any()
}

/// A way to a picture where shapes are.
fn place(round: Round, at: RwSignal<usize>, group: &Group) -> AnyView {
    let (frame, number) = (group.frame as usize, group.sprites.len());
    let jump = move |_| {
        round.playing.set(false);
        at.set(frame);
    };
    view! {
        <li><button type="button" class="button" data-frame=frame.to_string() on:click=jump>
            {t!("counting.place", picture = frame + 1, number = number)}
        </button></li>
    }
    .into_any()
}
