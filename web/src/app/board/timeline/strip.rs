//! The strip: the film's pictures with marked and true spans on them. Tapping looks there, drawing marks.

use leptos::ev::{self, PointerEvent};
use leptos::html;
use leptos::prelude::*;

use super::handle::Handle;
use super::marks::Marks;
use super::thumbs;
use crate::spans::{Side, Span, Tick};

/// Pixels that a finger may slip while it taps.
const SLIP: f64 = 6.0;

/// What the pointer is doing on the strip.
#[derive(Debug, Clone, Copy)]
enum Gesture {
    /// Down at this x, nothing else yet.
    Tap(f64),
    /// Drawing a span from this place.
    Draw(usize, Tick),
    /// Moving a span, as it was, from this place.
    Move(usize, Span, Tick),
    /// Scrubbing the film.
    Scrub,
}

/// The strip.
#[component]
pub(super) fn Strip(marks: Marks) -> impl IntoView {
    let strip = NodeRef::<html::Div>::new();
    let pictures = NodeRef::<html::Canvas>::new();
    Effect::new(move |_| {
        thumbs::draw(pictures, marks);
    });
    // A phone that is turned.
    let turned = window_event_listener(ev::resize, move |_| {
        thumbs::draw(pictures, marks);
    });
    on_cleanup(move || turned.remove());

    let gesture = StoredValue::new(None::<Gesture>);
    let time = move |x: f64| {
        let bounds = strip.get_untracked()?.get_bounding_client_rect();
        (bounds.width() > 0.0).then(|| marks.with(|p| p.along((x - bounds.left()) / bounds.width())))
    };
    let x = |e: &PointerEvent| f64::from(e.client_x());
    let down = move |e: PointerEvent| {
        if let (0, Some(strip)) = (e.button(), strip.get_untracked()) {
            strip.set_pointer_capture(e.pointer_id()).ok();
            gesture.set_value(Some(Gesture::Tap(x(&e))));
        }
    };
    let begin = move |from: f64| {
        let Some(seconds) = time(from) else { return Gesture::Scrub };
        let place = marks.with(|p| p.nearest(seconds));
        let spans = marks.spans.get_untracked();
        let within = |s: &Span| marks.with(|p| p.seconds(s.start) <= seconds && seconds < p.seconds(s.end));
        if marks.round.outcome.with_untracked(Option::is_some) {
            Gesture::Scrub
        } else if let Some(k) = spans.iter().rposition(within) {
            Gesture::Move(k, spans[k], place)
        } else if marks.many || spans.is_empty() {
            marks
                .add(marks.with(|p| p.between(place, place)))
                .map_or(Gesture::Scrub, |k| Gesture::Draw(k, place))
        } else {
            Gesture::Scrub
        }
    };
    let go = move |e: PointerEvent| {
        let doing = match gesture.get_value() {
            None => return,
            Some(Gesture::Tap(from)) if (x(&e) - from).abs() < SLIP => return,
            Some(Gesture::Tap(from)) => begin(from),
            Some(doing) => doing,
        };
        gesture.set_value(Some(doing));
        let Some(seconds) = time(x(&e)) else { return };
        let (place, frame) = marks.with(|p| (p.nearest(seconds), p.shown(seconds)));
        match doing {
            Gesture::Draw(k, from) => {
                if let Some(span) = marks.with(|p| p.between(from, place)) {
                    marks.put(k, span);
                    marks.show(k, if place < from { Side::Start } else { Side::End });
                }
            }
            Gesture::Move(k, was, from) => {
                marks.put(k, marks.with(|p| p.moved(was, p.steps(from, place))));
                marks.show(k, Side::Start);
            }
            Gesture::Scrub | Gesture::Tap(_) => marks.look(frame),
        }
    };
    let up = move |e: PointerEvent| {
        let Some(done) = gesture.get_value() else { return };
        gesture.set_value(None);
        match done {
            Gesture::Tap(from) if e.type_() == "pointerup" => {
                let Some(seconds) = time(from) else { return };
                marks.look(marks.with(|p| p.shown(seconds)));
                let free = !marks.round.outcome.with_untracked(Option::is_some);
                if free && marks.spans.with_untracked(Vec::is_empty) {
                    marks.add_here();
                }
            }
            Gesture::Draw(k, _) | Gesture::Move(k, ..) => marks.tell(k),
            // A page that was scrolled.
            Gesture::Tap(_) | Gesture::Scrub => {}
        }
    };
    let part = move |seconds: f64| marks.with(|p| p.part(seconds)) * 100.0;
    // In an example the one who answered is the truth.
    let numbers = Memo::new(move |_| if marks.round.example { 0 } else { marks.spans.with(Vec::len) });
    let done = Memo::new(move |_| marks.round.done());
    let bounds = move |k: usize| {
        marks.span(k).map_or([0.0; 2], |s| marks.with(|p| [p.seconds(s.start), p.seconds(s.end)]))
    };
    view! {
        <div class="lanes" class:checked=move || done.get()>
            <div node_ref=strip class="strip" on:pointerdown=down on:pointermove=go on:pointerup=up on:pointercancel=up>
                <canvas node_ref=pictures aria-hidden="true"></canvas>
                <For each=move || 0..numbers.get() key=|k| *k let:k>
                    <div class="span you" aria-hidden="true" class:current=move || marks.current.get() == k
                        style:left=move || format!("{:.4}%", part(bounds(k)[0]))
                        style:width=move || { let [a, b] = bounds(k); format!("{:.4}%", part(b) - part(a)) }>
                        <span>{move || match (done.get(), marks.many) {
                            (true, _) => say!("timeline.you"),
                            (false, true) => (k + 1).to_string(),
                            (false, false) => String::new(),
                        }}</span>
                    </div>
                </For>
                {move || done.get().then(|| marks.truth().into_iter().map(|[a, b]| view! {
                    <div class="span truth" aria-hidden="true" style:left=format!("{:.4}%", part(a))
                        style:width=format!("{:.4}%", part(b) - part(a))>
                        <span>{t!("timeline.truth")}</span>
                    </div>
                }).collect_view())}
                <div class="head" aria-hidden="true"
                    style:left=move || format!("{:.4}%", part(marks.with(|p| p.seconds(p.begin(marks.at.get())))))></div>
                <For each=move || 0..(if done.get() { 0 } else { numbers.get() }) key=|k| *k let:k>
                    <Handle marks k side=Side::Start strip/>
                    <Handle marks k side=Side::End strip/>
                </For>
            </div>
        </div>
    }
}
