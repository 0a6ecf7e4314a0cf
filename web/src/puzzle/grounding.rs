//! Anomaly grounding: watch, then mark on the timeline from when to when the film was changed.

use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;
use scrubjay_core::frame::Frame;
use scrubjay_core::item::{Item, Truth};
use scrubjay_core::resample::{Filter, resize};
use scrubjay_core::time::Interval;

use super::{Outcome, Verdict};
use crate::screen::{Heading, clock, paint, reduced_motion};

/// Frames per second at which the film is played.
const PACE: u32 = 8;
/// Pictures on the timeline.
const THUMBS: usize = 8;

/// The puzzle.
#[component]
pub(crate) fn Grounding(item: Arc<Item>, question: String) -> impl IntoView {
    let count = item.clips[0].frames.len();
    let chance = item.chance;
    let fps = item.sampling_fps;
    let seconds = move |edge: usize| edge as f64 / fps;
    let (start, end) = (RwSignal::new(0_usize), RwSignal::new(count));
    let at = RwSignal::new(0_usize);
    let outcome = RwSignal::new(None::<Outcome>);
    let running = RwSignal::new(!reduced_motion());
    let tick = clock(PACE, running);
    Effect::new(move |before: Option<u32>| {
        let now = tick.get();
        if before.is_some_and(|b| b != now) {
            at.update(|a| *a = (*a + 1) % count);
        }
        now
    });

    let (screen, strip) = (NodeRef::<html::Canvas>::new(), NodeRef::<html::Canvas>::new());
    {
        let item = item.clone();
        Effect::new(move |_| paint(screen, &item.clips[0].frames[at.get()]));
    }
    {
        let thumbs = thumbnails(&item.clips[0].frames);
        Effect::new(move |_| paint(strip, &thumbs));
    }
    let truth = match &item.truth {
        Truth::Interval(i) => *i,
        _ => Interval { start: 0.0, end: 0.0 },
    };
    let submit = {
        let item = item.clone();
        move |_| {
            let marked =
                Interval { start: seconds(start.get_untracked()), end: seconds(end.get_untracked()) };
            let answer = marked.to_string();
            let score = item.truth.score(&answer).total;
            outcome.set(Some(Outcome { score, answer, truth: item.truth.text() }));
        }
    };
    let done = Signal::derive(move || outcome.with(Option::is_some));
    let whole = seconds(count);
    let bar = move |from: f64, to: f64| {
        format!("left: {:.2}%; width: {:.2}%", from / whole * 100.0, (to - from) / whole * 100.0)
    };
    // One handle never passes the other.
    let set_start = move |v: usize| start.set(v.min(end.get_untracked().saturating_sub(1)));
    let set_end = move |v: usize| end.set(v.clamp(start.get_untracked() + 1, count));
    let parse = |e: leptos::ev::Event| event_target_value(&e).parse::<usize>().unwrap_or(0);

    view! {
        <Heading text="When was the film changed?"/>
        <p id="how">{question} " Mark from when to when."</p>
        <div class="grounding">
            <canvas node_ref=screen class="screen" role="img"
                aria-label=move || format!("The film at {:.1} seconds", seconds(at.get()))></canvas>
            <label class="scrub">
                <span>"Look at " {move || format!("{:.1} s", seconds(at.get()))}</span>
                <input type="range" id="scrub" aria-label="Look at" min="0" max=count - 1 prop:value=move || at.get().to_string()
                    aria-valuetext=move || format!("{:.1} seconds", seconds(at.get()))
                    on:input=move |e| { running.set(false); at.set(parse(e).min(count - 1)); }/>
            </label>
            <div class="timeline">
                <canvas node_ref=strip aria-hidden="true"></canvas>
                <div class="mark" style=move || bar(seconds(start.get()), seconds(end.get()))><span>"you"</span></div>
                {move || done.get().then(|| view! {
                    <div class="mark truth" style=bar(truth.start, truth.end)><span>"truth"</span></div>
                })}
            </div>
            <div class="handles">
                <Handle id="start" name="Starts at" edge=start count fps done set=Callback::new(set_start)/>
                <Handle id="end" name="Ends at" edge=end count fps done set=Callback::new(set_end)/>
            </div>
        </div>
        <p class="controls">
            <button type="button" class="button main" disabled=move || done.get() on:click=submit>"Check"</button>
            <button type="button" class="button" on:click=move |_| running.update(|r| *r = !*r)>
                {move || if running.get() { "Pause" } else { "Play" }}
            </button>
            <button type="button" class="button" disabled=move || done.get() on:click=move |_| set_start(at.get_untracked())>
                "Start here"
            </button>
            <button type="button" class="button" disabled=move || done.get() on:click=move |_| set_end(at.get_untracked() + 1)>
                "End here"
            </button>
        </p>
        <Verdict outcome chance/>
    }
}

/// A slider for one end of the answer, in edges between frames.
#[component]
fn Handle(
    id: &'static str,
    name: &'static str,
    edge: RwSignal<usize>,
    count: usize,
    fps: f64,
    done: Signal<bool>,
    set: Callback<usize>,
) -> impl IntoView {
    let seconds = move || edge.get() as f64 / fps;
    view! {
        <label>
            <span>{name} " " {move || format!("{:.1} s", seconds())}</span>
            <input type="range" id=id aria-label=name min="0" max=count prop:value=move || edge.get().to_string()
                aria-valuetext=move || format!("{:.1} seconds", seconds()) disabled=move || done.get()
                on:input=move |e| set.run(event_target_value(&e).parse().unwrap_or(0))/>
        </label>
    }
}

/// Evenly spaced frames side by side, as one picture.
fn thumbnails(frames: &[Frame]) -> Frame {
    let (width, height) = (80, 45);
    let mut out = Frame::black(width * THUMBS as u32, height);
    let row = out.width as usize * 3;
    for k in 0..THUMBS {
        let small = resize(&frames[(2 * k + 1) * frames.len() / (2 * THUMBS)], width, height, Filter::Box);
        for (y, line) in small.rgb.chunks_exact(width as usize * 3).enumerate() {
            let at = y * row + k * line.len();
            out.rgb[at..at + line.len()].copy_from_slice(line);
        }
    }
    out
}
