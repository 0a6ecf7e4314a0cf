//! A span in figures: fields in seconds, steps of one frame, and what the film shows now. Enough without the strip.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

use super::focus_on;
use super::handle::{id, name};
use super::marks::{Marks, Part};
use crate::spans::{Side, Typed};

/// A span.
#[component]
pub(super) fn Row(marks: Marks, k: usize) -> impl IntoView {
    let done = move || marks.round.done();
    let there = Memo::new(move |_| marks.span(k).is_some());
    let playing = move || marks.part.get() == Part::Span(k) && marks.round.playing.get();
    let remove = move |_| {
        marks.remove(k);
        focus_on("add".to_owned());
    };
    view! {
        <fieldset class="row" class:current=move || marks.many && marks.current.get() == k
            on:focusin=move |_| marks.current.set(k)>
            <legend>{move || if marks.many { say!("timeline.segment", number = k + 1) } else { say!("timeline.answer") }}</legend>
            <div class="ends">
                <Ends marks k side=Side::Start/>
                <Ends marks k side=Side::End/>
            </div>
            <div class="tools">
                <button type="button" class="button" id=if marks.many { format!("selection-{k}") } else { "selection".to_owned() }
                    disabled=move || !there.get() on:click=move |_| marks.play(Part::Span(k))>
                    {move || if playing() { say!("timeline.stop") } else { say!("timeline.selection") }}
                </button>
                {marks.many.then(|| view! {
                    <button type="button" class="button" id=format!("remove-{k}") disabled=done
                        aria-label=move || say!("timeline.remove.many", number = k + 1) on:click=remove>
                        {t!("timeline.remove")}
                    </button>
                })}
            </div>
        </fieldset>
    }
}

/// One end of a span.
#[component]
fn Ends(marks: Marks, k: usize, side: Side) -> impl IntoView {
    // What was typed and is not taken over yet, and why it could not be.
    let draft = RwSignal::new(None::<String>);
    let wrong = RwSignal::new(None::<Typed>);
    let place = Memo::new(move |_| marks.span(k).map(|s| if side == Side::Start { s.start } else { s.end }));
    let shown = move || place.get().map(|p| marks.with(|all| all.name(p))).unwrap_or_default();
    // An end that was moved otherwise is what counts.
    Effect::new(move |_| {
        place.track();
        draft.set(None);
        wrong.set(None);
    });
    let take = move || {
        let Some(text) = draft.get_untracked() else { return };
        // A field that is emptied changes nothing: its end is shown again.
        let result = if text.trim().is_empty() { Ok(()) } else { marks.typed(k, side, &text) };
        match result {
            Ok(()) => {
                draft.set(None);
                wrong.set(None);
            }
            Err(fault) => wrong.set(Some(fault)),
        }
    };
    let key = move |e: KeyboardEvent| {
        if e.key() == "Enter" {
            e.prevent_default();
            take();
        }
    };
    let done = move || marks.round.done();
    let stuck = move || done() || place.get().is_none();
    let field = id(marks, side, "-seconds", k);
    let error = id(marks, side, "-wrong", k);
    let limits = move || marks.with(|p| (p.name(p.first()), p.name(p.last())));
    let why = move || {
        wrong.get().map(|w| match w {
            Typed::Number => say!("timeline.wrong.number"),
            Typed::Outside => say!("timeline.wrong.outside", from = limits().0, to = limits().1),
        })
    };
    let step = move |key: &'static str| move || say!(key, name = name(marks, side, k));
    view! {
        <div class="end">
            <label for=field.clone()>
                {move || if side == Side::Start { say!("timeline.start.one") } else { say!("timeline.end.one") }}
            </label>
            <div class="stepper">
                <button type="button" class="button step" id=id(marks, side, "-less", k) disabled=stuck
                    aria-label=step("timeline.earlier") on:click=move |_| marks.nudge(k, side, -1, true)>"−"</button>
                <input type="text" inputmode="decimal" autocomplete="off" id=field disabled=done
                    aria-label=move || say!("timeline.field", name = name(marks, side, k))
                    aria-invalid=move || wrong.get().is_some().to_string() aria-describedby=error.clone()
                    prop:value=move || draft.get().unwrap_or_else(shown)
                    on:input=move |e| draft.set(Some(event_target_value(&e)))
                    on:change=move |_| take() on:keydown=key/>
                <button type="button" class="button step" id=id(marks, side, "-more", k) disabled=stuck
                    aria-label=step("timeline.later") on:click=move |_| marks.nudge(k, side, 1, true)>"+"</button>
                <button type="button" class="button" id=id(marks, side, "-here", k) disabled=done
                    on:click=move |_| marks.here(k, side)>
                    {move || if side == Side::Start { say!("timeline.here.start") } else { say!("timeline.here.end") }}
                </button>
            </div>
            <p class="wrong" id=error role="alert">{why}</p>
        </div>
    }
}
