//! The front page: a small puzzle that explains the rest, and the ways on.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use scrubjay_core::GENERATOR_VERSION;
use scrubjay_core::prompt::Wording;
use scrubjay_core::recipe::{Recipe, Size};
use scrubjay_core::scene::Family;
use scrubjay_core::source::{Sampling, Source};
use scrubjay_core::task::Task;
use scrubjay_core::time::Rate;

use crate::app::hand::Hand;
use crate::app::pages::failed;
use crate::app::place::A;
use crate::app::puzzle::Puzzle;
use crate::app::round::Outcome;
use crate::app::table::{Kind, Table};
use crate::app::tour::PUZZLES;
use crate::wire::Fault;

/// Families in which three clips are told apart at a glance, each with a scene and an order.
const TASTES: [(Family, u64, [u8; 3]); 3] =
    [(Family::Day, 11, [2, 0, 1]), (Family::Tower, 4, [1, 2, 0]), (Family::Garden, 7, [2, 1, 0])];

/// A jigsaw of three clips.
fn taste((family, seed, order): (Family, u64, [u8; 3])) -> Recipe {
    Recipe {
        version: GENERATOR_VERSION,
        source: Source::Scene { family, seed, frames: 576, rate: Rate { num: 24, den: 1 } },
        sampling: Sampling::videossr(),
        size: Size { width: 320, height: 180 },
        task: Task::Jigsaw { order: order.to_vec() },
        wording: Wording::Videossr,
        times: None,
    }
}

/// The front page.
#[component]
pub(crate) fn Home() -> impl IntoView {
    let hand = expect_context::<Hand>();
    let puzzle: RwSignal<Option<Result<Arc<Puzzle>, Fault>>> = RwSignal::new(None);
    let solved = RwSignal::new(false);
    spawn_local(async move {
        let chosen = (js_sys::Math::random() * TASTES.len() as f64) as usize;
        let made = Puzzle::of(&hand, taste(TASTES[chosen.min(TASTES.len() - 1)])).await;
        puzzle.try_set(Some(made));
    });
    let heading = Signal::derive(t!("home.title"));
    view! {
        <div class="hero">
            {move || match puzzle.get() {
                None => view! { <p class="building" role="status">{t!("building")}</p> }.into_any(),
                Some(Err(fault)) => failed(fault).into_any(),
                Some(Ok(puzzle)) => view! {
                    <Table place=format!("home.{}", puzzle.recipe.id()) puzzle kind=Kind::Taste heading=Some(heading) given=None
                        checked=Some(Callback::new(move |_: Outcome| solved.set(true)))>
                        <p class="after" class:found=move || solved.get()>
                            <A href="/play" attr:class="button">{t!("home.on")}</A>
                        </p>
                    </Table>
                }
                .into_any(),
            }}
        </div>
        <section aria-labelledby="kinds">
            <h2 id="kinds">{t!("home.kinds")}</h2>
            <p class="lead">{t!("home.lead")}</p>
            <ul class="cards">
                {PUZZLES.map(|task| view! {
                    <li><A href=format!("/play/{task}")>
                        <strong>{t!(&format!("name.{}", task))}</strong>
                        <span>{t!(&format!("invite.{}", task))}</span>
                    </A></li>
                })}
                <li><A href="/own"><strong>{t!("own.name")}</strong><span>{t!("own.invite")}</span></A></li>
            </ul>
        </section>
    }
}
