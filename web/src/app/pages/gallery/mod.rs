//! The gallery: puzzles of a kind as a list with pictures, narrowed down by scene, by what was done to the film and by
//! difficulty. What is chosen stands in the address, so that a link keeps it.

mod card;
mod easel;
mod shelf;

use std::collections::BTreeSet;

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};
use scrubjay_core::perturb::Kind;
use scrubjay_core::scene::Family;
use scrubjay_core::task::TaskName;

use self::card::{Card, Label};
use self::easel::Easel;
use self::shelf::{Choice, Shelf};
use crate::app::hand::Hand;
use crate::app::pages::failed;
use crate::app::place;
use crate::app::screen::Heading;
use crate::app::tour::PUZZLES;
use crate::clips;
use crate::difficulty::Difficulty;

/// The page.
#[component]
pub(crate) fn Gallery() -> impl IntoView {
    let query = use_query_map();
    let choice = Memo::new(move |_| {
        query.with(|q| {
            let get = |name: &str| q.get(name).unwrap_or_default();
            // An address may ask for what there is not: then for anything.
            let one_of = |name: &str, known: fn(&str) -> bool| {
                Some(get(name)).filter(|n| known(n)).unwrap_or_default()
            };
            Choice {
                task: get("task").parse().unwrap_or(TaskName::Grounding),
                from: one_of("from", is_source),
                sort: one_of("sort", is_sort),
                grade: Difficulty::named(&get("grade")),
            }
        })
    });
    let hand = expect_context::<Hand>();
    provide_context(Easel::new(hand.clone()));
    let shelf = Shelf::new(hand, choice);
    let navigate = use_navigate();
    // The page stays where it is: only its list changes.
    let go = Callback::new(move |choice: Choice| {
        let options = NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() };
        navigate(&place::address(&choice.address()), options);
    });
    let shown = move || {
        let (drawn, wanted) = (shelf.drawn.get(), shelf.wanted.get());
        choice.with(|c| c.shown(&drawn, wanted))
    };
    let status = move || {
        let (shown, looked) = (shown().len(), shelf.drawn.with(Vec::len));
        match (shelf.busy.get(), choice.with(|c| c.clip().is_some())) {
            (true, _) => say!("gallery.looking"),
            (false, true) => say!("gallery.shown", shown = shown),
            (false, false) => say!("gallery.found", shown = shown, looked = looked),
        }
    };
    view! {
        <Heading text=Signal::derive(t!("nav.gallery"))/>
        <p class="lead">{t!("gallery.lead")}</p>
        <Filters choice shelf go/>
        <p class="soft">{t!("gallery.rule")} " " {move || say!(&format!("gallery.rule.{}", choice.get().task))}</p>
        <p id="found" role="status" data-busy=move || shelf.busy.get().to_string()>{status}</p>
        {move || shelf.fault.get().map(failed)}
        <ul class="gallery">
            <For each=shown key=|label: &Label| label.key() let:label>
                <Card label/>
            </For>
        </ul>
        <p>
            <button type="button" id="more" class="button" aria-disabled=move || shelf.busy.get().to_string()
                on:click=move |_| if !shelf.busy.get_untracked() { shelf.more() }>{t!("gallery.more")}</button>
        </p>
    }
}

/// What can have been done to a film, or be sought in it.
fn sort_names() -> impl Iterator<Item = &'static str> {
    Kind::ALL.iter().map(|k| k.name()).chain(["event"])
}

fn is_sort(name: &str) -> bool {
    sort_names().any(|known| known == name)
}

/// Whether a name is that of a kind of scenes or of a built-in film.
fn is_source(name: &str) -> bool {
    Family::ALL.iter().any(|f| f.name() == name) || clips::all().iter().any(|c| c.name == name)
}

/// A choice in a list: value and text.
type Entry = (String, String);

/// What the list is narrowed down to.
#[component]
fn Filters(choice: Memo<Choice>, shelf: Shelf, go: Callback<Choice>) -> impl IntoView {
    let everything = |key: &str| (String::new(), say!(key));
    let tasks = move || {
        let others = TaskName::ALL.into_iter().filter(|t| !PUZZLES.contains(t));
        let named = |t: TaskName| (t.name().to_owned(), say!(&format!("name.{}", t)));
        PUZZLES.into_iter().chain(others).map(named).collect::<Vec<Entry>>()
    };
    let films = move || {
        let scenes = Family::ALL.map(|f| (f.name().to_owned(), say!(&format!("family.{}", f))));
        let clips = if choice.with(|c| PUZZLES.contains(&c.task)) { clips::all() } else { Vec::new() };
        let clips = clips.into_iter().map(|c| (c.name, say!("gallery.film", title = c.title)));
        std::iter::once(everything("gallery.scenes")).chain(scenes).chain(clips).collect()
    };
    // Only what occurs among the puzzles that were drawn, and what is chosen.
    let sorts = move || {
        let mut found: BTreeSet<String> = shelf.drawn.with(|d| d.iter().filter_map(Label::sort).collect());
        let chosen = choice.with(|c| c.sort.clone());
        found.extend((!chosen.is_empty()).then_some(chosen));
        let known = sort_names().filter(|n| found.contains(*n));
        let entries = known.map(|n| (n.to_owned(), say!(&format!("sort.{}", n))));
        std::iter::once(everything("gallery.sorts")).chain(entries).collect()
    };
    let grades = move || {
        let mut found: BTreeSet<Difficulty> =
            shelf.drawn.with(|d| d.iter().filter_map(Label::grade).collect());
        found.extend(choice.with(|c| c.grade));
        let entries = found.into_iter().map(|d| (d.name().to_owned(), say!(&format!("grade.{}", d.name()))));
        std::iter::once(everything("gallery.grades")).chain(entries).collect()
    };
    let change = move |with: fn(&mut Choice, String)| {
        Callback::new(move |value: String| {
            let mut choice = choice.get_untracked();
            with(&mut choice, value);
            go.run(choice);
        })
    };
    // Another task has other sorts, and nothing of a film is known before it is made.
    let task = change(|c, v| {
        *c = Choice {
            task: v.parse().unwrap_or(c.task),
            from: std::mem::take(&mut c.from),
            ..Choice::default()
        };
        if c.clip().is_some() && !PUZZLES.contains(&c.task) {
            c.from.clear();
        }
    });
    let film = change(|c, v| {
        c.from = v;
        if c.clip().is_some() {
            (c.sort, c.grade) = (String::new(), None);
        }
    });
    view! {
        <form class="filters" on:submit=|e| e.prevent_default()>
            <Picker id="task" label="gallery.task" entries=Signal::derive(tasks)
                chosen=Signal::derive(move || choice.get().task.name().to_owned()) pick=task/>
            <Picker id="from" label="gallery.from" entries=Signal::derive(films)
                chosen=Signal::derive(move || choice.get().from) pick=film/>
            <Picker id="sort" label="gallery.sort" entries=Signal::derive(sorts)
                chosen=Signal::derive(move || choice.get().sort) pick=change(|c, v| c.sort = v)/>
            <Picker id="grade" label="gallery.grade" entries=Signal::derive(grades)
                chosen=Signal::derive(move || choice.get().grade.map(Difficulty::name).unwrap_or_default().to_owned())
                pick=change(|c, v| c.grade = Difficulty::named(&v))/>
        </form>
    }
}

/// A labelled list of choices; not there where there is nothing to choose.
#[component]
fn Picker(
    id: &'static str,
    label: &'static str,
    entries: Signal<Vec<Entry>>,
    chosen: Signal<String>,
    pick: Callback<String>,
) -> impl IntoView {
    let options = Memo::new(move |_| entries.get());
    let there = move || options.with(|o| o.len() > 2) || !chosen.get().is_empty();
    view! {
        <label class="filter" class:absent=move || !there()>
            <span>{t!(label)}</span>
            <select id=id on:change=move |e| pick.run(event_target_value(&e))>
                {move || options.get().into_iter().map(|(value, text)| {
                    let this = value.clone();
                    view! { <option value=value prop:selected=move || chosen.get() == this>{text}</option> }
                }).collect_view()}
            </select>
        </label>
    }
}
