//! One puzzle, rebuilt from its link.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::components::A;
use leptos_router::hooks::use_params_map;
use scrubjay_core::link;

use crate::app::hand::Hand;
use crate::app::place;
use crate::app::puzzle::Puzzle;
use crate::app::screen::Heading;
use crate::app::table::{Next, Table};
use crate::wire::{Address, Fault, From, Hands, Kind};

fn address(path: &str) -> Result<Address, Fault> {
    let (task, seed) = link::parse(path).map_err(|e| Fault { kind: Kind::Link, text: e.to_string() })?;
    Ok(Address { task, seed, from: From::Scene })
}

/// Who is to do pixel work, as the address says: `?pixels=gpu` or `cpu`.
fn hands() -> Hands {
    match place::query("pixels").as_deref() {
        Some("gpu") => Hands::Gpu,
        Some("cpu") => Hands::Cpu,
        _ => Hands::Auto,
    }
}

/// The page behind `/p/<task>/<seed>`.
#[component]
pub(crate) fn Play() -> impl IntoView {
    let params = use_params_map();
    let path = Memo::new(move |_| {
        params.with(|p| {
            format!("/p/{}/{}", p.get("task").unwrap_or_default(), p.get("seed").unwrap_or_default())
        })
    });
    let hand = expect_context::<Hand>();
    let puzzle: RwSignal<Option<Result<Arc<Puzzle>, Fault>>> = RwSignal::new(None);
    Effect::new(move |_| {
        let wanted = path.get();
        puzzle.set(None);
        let hand = hand.clone();
        spawn_local(async move {
            let made = match address(&wanted) {
                Ok(address) => Puzzle::make(&hand, address, hands()).await,
                Err(fault) => Err(fault),
            };
            // The visitor may have gone on, or away, meanwhile.
            if path.try_get_untracked().is_some_and(|now| now == wanted) {
                puzzle.set(Some(made));
            }
        });
    });
    move || match puzzle.get() {
        None => view! { <p class="building" role="status">{t!("building")}</p> }.into_any(),
        Some(Err(fault)) => view! {
            <Heading text=Signal::derive(t!("fault.title"))/>
            <p role="alert">{fault.text}</p>
            <p><A href="/">{t!("missing.back")}</A></p>
        }
        .into_any(),
        Some(Ok(puzzle)) => {
            let Address { task, seed, .. } = puzzle.address;
            view! {
                <Table puzzle place=format!("{task}/{seed}")>
                    <Next href=format!("/p/{task}/{}", seed.wrapping_add(1))/>
                </Table>
            }
            .into_any()
        }
    }
}
