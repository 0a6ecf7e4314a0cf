//! Comparing: what the visitor earned so far, what chance earns, what this project's toy learned and what others published,
//! task by task. A table holds one measure; where a published figure comes from other puzzles, it says so.

mod chart;
mod keeping;
mod yours;

use crate::app::place::A;
use leptos::prelude::*;
use leptos::task::spawn_local;
use scrubjay_core::metric::viubench::{self, SubType};
use scrubjay_core::task::TaskName;

use self::chart::{Chart, Group, Line, Who};
use self::keeping::Keeping;
use self::yours::Yours;
use crate::app::hand::Hand;
use crate::app::screen::Heading;
use crate::app::tour::PUZZLES;
use crate::figures::Figures;

/// The page.
#[component]
pub(crate) fn Compare() -> impl IntoView {
    // Rises when the answers are forgotten.
    let changed = RwSignal::new(0_u32);
    let figures = StoredValue::new(Figures::read());
    view! {
        <Heading text=Signal::derive(t!("nav.compare"))/>
        <p class="lead">{t!("compare.lead")}</p>
        <p>{t!("compare.how")}</p>
        {PUZZLES.map(|task| view! {
            <section aria-labelledby=format!("compare-{task}")>
                <h2 id=format!("compare-{task}")>{t!(&format!("name.{}", task))}</h2>
                {move || {
                    changed.get();
                    figures.with_value(|f| tables(task, f))
                }}
            </section>
        })}
        <section aria-labelledby="compare-keep">
            <h2 id="compare-keep">{t!("compare.keep")}</h2>
            <Keeping changed/>
        </section>
        <section aria-labelledby="compare-come">
            <h2 id="compare-come">{t!("compare.come")}</h2>
            <p>{t!("compare.come.text")}</p>
        </section>
    }
}

/// The tables of a task: one of the score that is played for, and one of the benchmark's where that is another.
fn tables(task: TaskName, figures: &Figures) -> impl IntoView + use<> {
    let yours = Yours::read(task);
    let nothing = yours.none().then(|| {
        view! { <p>{t!("compare.nothing")} " " <A href=format!("/play/{task}")>{t!(&format!("name.{}", task))}</A></p> }
    });
    let chance = chance(task, figures);
    let toy = toy(task, figures);
    let (play, bench) = match task {
        // Both are the mean of the same overlap, so that they share a table.
        TaskName::Grounding => {
            let published = published(task, figures, "compare.grounding.bench");
            (vec![chance, toy, published], None)
        }
        TaskName::Jigsaw => (vec![chance, toy], Some(published(task, figures, "compare.jigsaw.bench"))),
        TaskName::Counting => (vec![chance], Some(published(task, figures, "compare.counting.bench"))),
        _ => (vec![chance, toy], None),
    };
    let note = match task {
        TaskName::Grounding => Some("compare.grounding.note"),
        TaskName::Jigsaw => Some("compare.jigsaw.note"),
        TaskName::Counting => Some("compare.counting.note"),
        TaskName::Masked => Some("compare.masked.note"),
        TaskName::Segments => Some("compare.segments.note"),
        _ => None,
    };
    let played = yours.played();
    let bench = bench.map(|published| match task {
        TaskName::Jigsaw => {
            view! { <Chart caption="compare.jigsaw.exact" groups=vec![yours.whole(), published]/> }.into_any()
        }
        _ => {
            let group = RwSignal::new(None::<Group>);
            let hand = expect_context::<Hand>();
            spawn_local(async move {
                group.try_set(Some(yours.counted(hand).await));
            });
            let groups = move || group.get().into_iter().chain([published.clone()]).collect::<Vec<_>>();
            view! { {move || view! { <Chart caption="compare.counting.exact" groups=groups()/> }} }.into_any()
        }
    });
    let caption = match task {
        TaskName::Jigsaw => "compare.jigsaw.measure",
        TaskName::Counting => "compare.counting.measure",
        TaskName::Masked => "compare.masked.measure",
        TaskName::Segments => "compare.segments.measure",
        _ => "compare.grounding.measure",
    };
    let play = std::iter::once(played).chain(play).collect::<Vec<_>>();
    view! {
        {nothing}
        <Chart caption=caption groups=play/>
        {bench}
        {note.map(|note| view! { <p class="soft">{t!(note)}</p> })}
    }
}

/// What blind answers earn.
fn chance(task: TaskName, figures: &Figures) -> Group {
    let lines = figures.chance.iter().filter(|c| c.task == task).flat_map(|c| {
        let of = c.of.clone();
        let random = Line::new(Who::Chance { blind: false, of: of.clone() }, c.random);
        // Where no fixed answer does better than another, one line says it all.
        let blind = (c.blind - c.random > 5e-4).then(|| Line::new(Who::Chance { blind: true, of }, c.blind));
        std::iter::once(random).chain(blind)
    });
    Group { title: "compare.chance", lines: lines.collect() }
}

/// What the toy earned.
fn toy(task: TaskName, figures: &Figures) -> Group {
    let lines = figures.toy.iter().filter(|t| t.task == task).map(|t| {
        let who = Who::Toy { trained: t.stage == "grpo" };
        Line { range: Some([t.low, t.high]), count: Some(t.items as usize), ..Line::new(who, t.mean) }
    });
    Group { title: "compare.toy", lines: lines.collect() }
}

/// What others published, the best first. Of the jigsaw the six clips that are played here; of the rest all sorts alike.
fn published(task: TaskName, figures: &Figures, title: &'static str) -> Group {
    let score = |scores: &[f64; 9]| match task {
        TaskName::Grounding => viubench::task_average(scores, viubench::Task::Grounding),
        TaskName::Counting => viubench::task_average(scores, viubench::Task::Counting),
        _ => SubType::ALL
            .into_iter()
            .zip(scores)
            .find(|(s, _)| *s == SubType::JigsawEasy)
            .map_or(0.0, |(_, x)| *x),
    };
    let mut lines: Vec<Line> = figures
        .viubench
        .iter()
        .map(|row| {
            let who = match row.model.as_str() {
                "random" => Who::Random,
                model => Who::Model(model.to_owned()),
            };
            Line::new(who, score(&row.scores) / 100.0)
        })
        .collect();
    lines.sort_by(|a, b| b.mean.total_cmp(&a.mean));
    Group { title, lines }
}
