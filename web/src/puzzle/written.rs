//! Any puzzle without a board of its own: watch, read the question, write the answer.

use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;
use scrubjay_core::item::Item;
use scrubjay_core::task::TaskName;

use super::{Outcome, Verdict};
use crate::screen::{Heading, clock, paint, reduced_motion};

/// Frames per second at which films are played.
const PACE: u32 = 8;

fn heading(task: TaskName) -> &'static str {
    match task {
        TaskName::Grounding => "When was the film changed?",
        TaskName::Jigsaw => "Put the clips in order",
        TaskName::Counting => "How many shapes were there?",
        TaskName::Masked => "Which pictures are missing?",
        TaskName::Segments => "Find every time it happens",
        TaskName::Event => "When does it happen?",
        TaskName::Elements => "What would you look at?",
        TaskName::Qa => "What did you see?",
    }
}

/// How an answer is written here; tags that a model must add are added for people.
fn hint(task: TaskName) -> &'static str {
    match task {
        TaskName::Grounding | TaskName::Event => "start-end in seconds, as in 4.5-9.0",
        TaskName::Jigsaw => "the clips' numbers one after the other, as in 341562",
        TaskName::Counting => "circles,squares,triangles, as in 3,1,4",
        TaskName::Masked => "the candidates' numbers in playing order, as in 3,1,4",
        TaskName::Segments => "each as start-end in seconds, with a space between, as in 2.0-8.0 10.5-12.0",
        TaskName::Elements => "things with commas between, the most important first",
        TaskName::Qa => "the letter of one option",
    }
}

/// The puzzle.
#[component]
pub(crate) fn Written(item: Arc<Item>, question: String) -> impl IntoView {
    let chance = item.chance;
    let task = item.task;
    let outcome = RwSignal::new(None::<Outcome>);
    let written = RwSignal::new(String::new());
    let running = RwSignal::new(!reduced_motion());
    let tick = clock(PACE, running);
    let done = Signal::derive(move || outcome.with(Option::is_some));
    let films = (0..item.clips.len())
        .map(|c| {
            let canvas = NodeRef::<html::Canvas>::new();
            let at = RwSignal::new(0_usize);
            let count = item.clips[c].frames.len();
            {
                let item = item.clone();
                Effect::new(move |_| {
                    let i = tick.get() as usize % count;
                    at.set(i);
                    paint(canvas, &item.clips[c].frames[i]);
                });
            }
            let item = item.clone();
            let name = match (task, c) {
                (TaskName::Masked, 0) => "Before the gap".to_owned(),
                (TaskName::Masked, 1) => "After the gap".to_owned(),
                (TaskName::Masked, _) => format!("Candidate {}", c - 1),
                _ => "The film".to_owned(),
            };
            let wide = count > 1;
            // A gap's parts count their own pictures: their times say nothing.
            let timed = wide && task != TaskName::Masked;
            let label = name.clone();
            view! {
                <li class:wide=wide>
                    <canvas node_ref=canvas role="img" aria-label=name></canvas>
                    <span class="label">{label}
                        {timed.then(|| view! {
                            <span>{move || format!(" · {:.1} s", item.clips[c].shown[at.get().min(count - 1)])}</span>
                        })}
                    </span>
                </li>
            }
        })
        .collect_view();
    let submit = {
        let item = item.clone();
        move |e: leptos::ev::SubmitEvent| {
            e.prevent_default();
            let answer = written.get_untracked();
            if done.get_untracked() || answer.trim().is_empty() {
                return;
            }
            let score = item.truth.score(&item.truth.tagged(&answer)).total;
            outcome.set(Some(Outcome { score, answer, truth: item.truth.plain() }));
        }
    };
    view! {
        <Heading text=heading(task)/>
        <p id="how" class="question">{question}</p>
        <ul class="films">{films}</ul>
        <form class="controls" on:submit=submit>
            <label class="written">
                <span>"Your answer: " {hint(task)}</span>
                <input type="text" id="answer" autocomplete="off" disabled=move || done.get()
                    prop:value=move || written.get() on:input=move |e| written.set(event_target_value(&e))/>
            </label>
            <button type="submit" class="button main" disabled=move || done.get()>"Check"</button>
            <button type="button" class="button" on:click=move |_| running.update(|r| *r = !*r)>
                {move || if running.get() { "Pause" } else { "Play" }}
            </button>
        </form>
        <Verdict outcome chance/>
    }
}
