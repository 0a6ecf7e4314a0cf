//! One puzzle, rebuilt from its link.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::{use_location, use_params_map, use_query_map};
use scrubjay_core::link;

use super::failed;
use crate::app::guest;
use crate::app::hand::Hand;
use crate::app::place::{self, A};
use crate::app::puzzle::Puzzle;
use crate::app::share::{Share, path};
use crate::app::table::{Kind, Table};
use crate::wire::{Address, Fault, From, Kind as Cause};

/// What a link to a puzzle from a film of the visitor's ends in: the part of an address that no browser sends to the
/// server, not even when the page is loaded again.
pub(super) fn fragment(sha256: &str) -> String {
    format!("#own={sha256}")
}

fn address(link: &str, own: Option<String>) -> Result<Address, Fault> {
    let link = link::parse(link).map_err(|e| Fault::new(Cause::Link, e))?;
    let from = match (own, link.clip) {
        (Some(own), _) => From::Own(own),
        (None, Some(clip)) => From::Clip(clip),
        (None, None) => From::Scene,
    };
    Ok(Address { task: link.task, seed: link.seed, from })
}

/// The page behind `/p/<task>/<seed>`.
#[component]
pub(crate) fn Item() -> impl IntoView {
    let (params, query, hash) = (use_params_map(), use_query_map(), use_location().hash);
    let wanted = Memo::new(move |_| {
        let path = params.with(|p| {
            format!("/p/{}/{}", p.get("task").unwrap_or_default(), p.get("seed").unwrap_or_default())
        });
        let clip = query.with(|q| q.get("clip").map(|c| format!("?clip={c}")).unwrap_or_default());
        let own = hash.with(|h| h.trim_start_matches('#').strip_prefix("own=").map(str::to_owned));
        (format!("{path}{clip}"), own)
    });
    let hand = expect_context::<Hand>();
    let puzzle: RwSignal<Option<Result<Arc<Puzzle>, Fault>>> = RwSignal::new(None);
    let tries = RwSignal::new(0_u32);
    Effect::new(move |_| {
        tries.get();
        let (link, own) = wanted.get();
        puzzle.set(None);
        let hand = hand.clone();
        spawn_local(async move {
            let made = match address(&link, own.clone()) {
                Ok(address) => Puzzle::make(&hand, address).await,
                Err(fault) => Err(fault),
            };
            // The visitor may have gone on, or away, meanwhile.
            if wanted.try_get_untracked() == Some((link, own)) {
                puzzle.try_set(Some(made));
                set_timeout(guest::tell_height, std::time::Duration::ZERO);
            }
        });
    });
    move || match puzzle.get() {
        None => view! { <p class="building" role="status">{t!("building")}</p> }.into_any(),
        Some(Err(fault)) => {
            let lasting = matches!(fault.kind, Cause::Link | Cause::Absent);
            view! {
                {failed(fault)}
                <p class="after">
                    {(!lasting).then(|| view! {
                        <button type="button" class="button" on:click=move |_| tries.update(|t| *t += 1)>{t!("again")}</button>
                    })}
                    // A guest has no other pages.
                    {(!place::embedded()).then(|| view! { <A href="/" attr:class="button">{t!("missing.back")}</A> })}
                </p>
            }
            .into_any()
        }
        Some(Ok(puzzle)) => {
            // Made from an address, it has one.
            let Some(here) = puzzle.address.clone() else { return ().into_any() };
            let next = Address { seed: here.seed.wrapping_add(1), ..here.clone() };
            let (href, own) = match &next.from {
                From::Own(own) => (format!("/p/{}/{}", next.task, next.seed), fragment(own)),
                _ => (path(&next).unwrap_or_default(), String::new()),
            };
            // What was asked of this puzzle's page is asked of the next one's.
            let names: &[&str] = if place::embedded() { &["embed", "lang", "pixels"] } else { &["pixels"] };
            let value = |name: &&str| {
                let value = place::query(name)?;
                Some(format!("{name}={}", js_sys::encode_uri_component(&value)))
            };
            let asked = names.iter().filter_map(value).collect::<Vec<_>>().join("&");
            let join = match (asked.is_empty(), href.contains('?')) {
                (true, _) => "",
                (false, true) => "&",
                (false, false) => "?",
            };
            let href = format!("{href}{join}{asked}{own}");
            let place = format!("item.{}", puzzle.recipe.id());
            view! {
                <Table puzzle kind=Kind::Real place given=None checked=None heading=None>
                    <p class="after">
                        <A href=href attr:class="button" attr:id="next">{t!("next")}</A>
                        <Share address=here/>
                    </p>
                </Table>
            }
            .into_any()
        }
    }
}
