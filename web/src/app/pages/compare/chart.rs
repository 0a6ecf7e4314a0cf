//! A table of scores with a bar beside every figure. The figures say all that the bars show.

use leptos::prelude::*;

use crate::app::words;

/// Whose score a line is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Who {
    /// The visitor, on scenes and built-in films.
    You,
    /// The visitor, on films of their own.
    YouOnOwn,
    /// Blind answers: at random, or the best fixed one; `of` names some of the task's puzzles.
    Chance {
        /// The best fixed one.
        blind: bool,
        /// Which puzzles.
        of: String,
    },
    /// The toy, before and after reinforcement.
    Toy {
        /// After.
        trained: bool,
    },
    /// Random answers as a benchmark reports them.
    Random,
    /// A published model.
    Model(String),
}

impl Who {
    /// In the visitor's language.
    fn name(&self) -> String {
        match self {
            Self::You => say!("compare.you"),
            Self::YouOnOwn => say!("compare.you.own"),
            Self::Chance { blind, of } => {
                let who = if *blind { say!("compare.blind") } else { say!("compare.random") };
                if of.is_empty() { who } else { format!("{who}, {}", say!(&format!("compare.of.{}", of))) }
            }
            Self::Toy { trained: false } => say!("compare.toy.cold"),
            Self::Toy { trained: true } => say!("compare.toy.grpo"),
            Self::Random => say!("compare.bench.random"),
            Self::Model(name) => name.clone(),
        }
    }

    /// The class of its bar.
    fn class(&self) -> &'static str {
        match self {
            Self::You | Self::YouOnOwn => "you",
            Self::Chance { .. } | Self::Random => "guess",
            Self::Toy { .. } => "toy",
            Self::Model(_) => "model",
        }
    }
}

/// A line.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    /// Whose.
    pub(super) who: Who,
    /// The mean, from 0 to 1.
    pub(super) mean: f64,
    /// Its 95 % interval, if there is one.
    pub(super) range: Option<[f64; 2]>,
    /// Over how many puzzles, if that is known.
    pub(super) count: Option<usize>,
}

impl Line {
    /// A line of a mean alone.
    pub(super) fn new(who: Who, mean: f64) -> Self {
        Self { who, mean, range: None, count: None }
    }
}

/// Lines under a title of their own.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Group {
    /// The title's key.
    pub(super) title: &'static str,
    /// The lines.
    pub(super) lines: Vec<Line>,
}

/// Points of 100 with one decimal, as the visitor's language writes them.
fn points(score: f64) -> String {
    let text = format!("{:.1}", score * 100.0);
    if words::language().tag == "de" { text.replace('.', ",") } else { text }
}

/// A table of groups; those without lines are left out.
#[component]
pub(super) fn Chart(
    /// Key of what is measured.
    caption: &'static str,
    groups: Vec<Group>,
) -> impl IntoView {
    let bodies = groups.into_iter().filter(|g| !g.lines.is_empty()).map(|Group { title, lines }| {
        view! {
            <tbody>
                <tr class="group"><th colspan="3" scope="rowgroup">{t!(title)}</th></tr>
                {lines.into_iter().map(row).collect_view()}
            </tbody>
        }
    });
    view! {
        <table class="chart">
            <caption>{t!(caption)}</caption>
            <thead>
                <tr>
                    <th scope="col">{t!("compare.who")}</th>
                    <th scope="col">{t!("compare.points")}</th>
                    <th scope="col" class="number">{t!("compare.items")}</th>
                </tr>
            </thead>
            {bodies.collect_view()}
        </table>
    }
}

fn row(line: Line) -> impl IntoView {
    let Line { who, mean, range, count } = line;
    let class = who.class();
    let percent = |x: f64| format!("{:.2}", x.clamp(0.0, 1.0) * 100.0);
    let span = range.map(|[low, high]| {
        view! { <rect class="span" x=percent(low) y="3" width=percent(high - low) height="2"></rect> }
    });
    view! {
        <tr data-who=class>
            <th scope="row">{move || who.name()}</th>
            <td>
                <strong>{move || points(mean)}</strong>
                {range.map(|[low, high]| view! {
                    " " <span class="soft">{move || say!("compare.range", low = points(low), high = points(high))}</span>
                })}
                <svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                    <rect class="rail" width="100" height="8"></rect>
                    <rect class=class width=percent(mean) height="8"></rect>
                    {span}
                </svg>
            </td>
            <td class="number">{count.map(|c| c.to_string())}</td>
        </tr>
    }
}
