//! A card of the gallery: a puzzle's first picture, where it is from, what it is about and how hard it may be.

use crate::app::place::A;
use leptos::html;
use leptos::prelude::*;
use scrubjay_core::recipe::Recipe;
use scrubjay_core::scene::Family;
use scrubjay_core::source::Source;
use scrubjay_core::task::segments::Sought;
use scrubjay_core::task::{Task, TaskName};

use super::easel::{Easel, Watch};
use crate::app::screen::paint;
use crate::app::share::path;
use crate::clips;
use crate::difficulty::{self, Difficulty};
use crate::wire::{Address, From};

/// What stands on a card.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Label {
    /// The task.
    pub(super) task: TaskName,
    seed: u64,
    from: From,
    known: Option<Known>,
}

/// What a recipe tells.
#[derive(Debug, Clone, PartialEq)]
struct Known {
    family: Option<Family>,
    about: About,
    grade: Difficulty,
}

/// What a puzzle is about, as far as its question says it anyway.
#[derive(Debug, Clone, PartialEq)]
enum About {
    /// A change of this kind.
    Change(&'static str),
    /// Something that happens; core says it in English.
    Event(String),
    /// So many clips.
    Clips(usize),
    /// So many pictures missing.
    Missing(usize),
    /// What the task's name says.
    Task,
}

impl Label {
    /// The label of a recipe.
    pub(super) fn of(seed: u64, from: From, recipe: &Recipe) -> Self {
        let family = match &recipe.source {
            Source::Scene { family, .. } => Some(*family),
            Source::Video { .. } => None,
        };
        let about = match &recipe.task {
            Task::Grounding(segment) => About::Change(segment.perturbation.kind().name()),
            Task::Segments(Sought::Tampered(segments)) => {
                segments.first().map_or(About::Task, |s| About::Change(s.perturbation.kind().name()))
            }
            Task::Segments(Sought::Event { query, .. }) | Task::Event { query, .. } => {
                About::Event(query.clone())
            }
            Task::Elements { question, .. } | Task::Qa { question, .. } => About::Event(question.clone()),
            Task::Jigsaw { order } => About::Clips(order.len()),
            Task::Masked(masked) => About::Missing(masked.targets.len()),
            Task::Counting { .. } => About::Task,
        };
        let known = Known { family, about, grade: difficulty::of(recipe) };
        Self { task: recipe.task.name(), seed, from, known: Some(known) }
    }

    /// The label of a puzzle that nobody has drawn yet.
    pub(super) fn unknown(task: TaskName, seed: u64, from: From) -> Self {
        Self { task, seed, from, known: None }
    }

    /// What tells cards apart.
    pub(super) fn key(&self) -> Address {
        Address { task: self.task, seed: self.seed, from: self.from.clone() }
    }

    /// The family of its scene.
    pub(super) fn family(&self) -> Option<Family> {
        self.known.as_ref()?.family
    }

    /// What was done to the film, by name, or `event`; `None` where that is not asked.
    pub(super) fn sort(&self) -> Option<String> {
        match &self.known.as_ref()?.about {
            About::Change(kind) => Some((*kind).to_owned()),
            About::Event(_) if self.task == TaskName::Segments => Some("event".to_owned()),
            _ => None,
        }
    }

    /// How hard it may be.
    pub(super) fn grade(&self) -> Option<Difficulty> {
        self.known.as_ref().map(|k| k.grade)
    }

    /// What its film shows, in the visitor's language.
    fn film(&self) -> String {
        match (&self.from, self.family()) {
            (From::Clip(name), _) => {
                let title = clips::all().into_iter().find(|c| c.name == *name).map(|c| c.title);
                say!("gallery.film", title = title.unwrap_or_else(|| name.clone()))
            }
            (_, Some(family)) => say!(&format!("family.{}", family)),
            _ => String::new(),
        }
    }
}

/// A card, which is a link to its puzzle.
#[component]
pub(super) fn Card(label: Label) -> impl IntoView {
    let address = label.key();
    let Some(href) = path(&address) else { return ().into_any() };
    let seed = label.seed;
    let label = RwSignal::new(label);
    let canvas = NodeRef::<html::Canvas>::new();
    let (painted, broken) = (RwSignal::new(false), RwSignal::new(false));
    let easel = expect_context::<Easel>();
    // Dropped, and so disconnected, with the card.
    let watch = StoredValue::new_local(None::<Watch>);
    {
        let (easel, address) = (easel.clone(), address.clone());
        on_cleanup(move || easel.cancel(&address));
    }
    Effect::new(move |_| {
        let Some(element) = canvas.get() else { return };
        let (easel, address) = (easel.clone(), address.clone());
        let see = move |inside: bool| {
            easel.cancel(&address);
            if !inside || painted.try_get_untracked() != Some(false) {
                return;
            }
            let from = address.from.clone();
            easel.want(
                address.clone(),
                Box::new(move |made| match made {
                    Ok(puzzle) if painted.try_get_untracked().is_some() => {
                        if let Some(film) = puzzle.films.first() {
                            paint(canvas, film, 0);
                        }
                        label.set(Label::of(seed, from, &puzzle.recipe));
                        painted.set(true);
                    }
                    Ok(_) => {}
                    Err(_) => {
                        broken.try_set(true);
                    }
                }),
            );
        };
        let there = Watch::new(&element, see.clone());
        if there.is_none() {
            see(true);
        }
        watch.set_value(there);
    });
    let about = move || match label.get().known.map(|k| k.about) {
        Some(About::Change(kind)) => view! { <span>{t!(&format!("sort.{}", kind))}</span> }.into_any(),
        Some(About::Event(what)) => view! { <span lang="en">{what}</span> }.into_any(),
        Some(About::Clips(count)) => view! { <span>{t!("gallery.clips", count = count)}</span> }.into_any(),
        Some(About::Missing(count)) => {
            view! { <span>{t!("gallery.missing", count = count)}</span> }.into_any()
        }
        Some(About::Task) | None => ().into_any(),
    };
    let grade = move || {
        label.get().grade().map(|grade| {
            let dots = match grade {
                Difficulty::Easy => "●○○",
                Difficulty::Middle => "●●○",
                Difficulty::Hard => "●●●",
            };
            view! {
                <span class="grade" data-grade=grade.name()>
                    <span aria-hidden="true">{dots}</span> " " {t!(&format!("grade.{}", grade.name()))}
                </span>
            }
        })
    };
    view! {
        <li>
            <A href=href>
                <canvas node_ref=canvas class="shot" width="320" height="180" role="img"
                    data-painted=move || painted.get().to_string()
                    aria-label=move || {
                        let film = label.with(Label::film);
                        if broken.get() { say!("gallery.nopicture") } else { say!("gallery.picture", film = film) }
                    }></canvas>
                <strong>{move || label.with(Label::film)}</strong>
                {about}
                {grade}
                <span class="soft">{t!("hash.seed", seed = seed)}</span>
            </A>
        </li>
    }
    .into_any()
}
