//! Where the site stands: under any path of any host, alone or in a frame of another page.
//!
//! The script in `web/index.html` finds the path and makes it the document's base before anything is loaded. Its list of pages is the
//! one of `App`'s routes.

use leptos::prelude::*;
use leptos_router::components::{A as Link, ToHref};

/// What the address asks for after its `?`.
pub(crate) fn query(name: &str) -> Option<String> {
    let search = web_sys::window()?.location().search().ok()?;
    web_sys::UrlSearchParams::new_with_str(&search).ok()?.get(name)
}

/// Whether the site is a guest in another page, which shows puzzles alone.
pub(crate) fn embedded() -> bool {
    query("embed").is_some_and(|v| v != "0")
}

/// The document's base as a full address, ending in a slash.
pub(crate) fn root() -> String {
    let base = web_sys::window().and_then(|w| w.document()).and_then(|d| d.base_uri().ok().flatten());
    base.unwrap_or_else(|| "/".to_owned())
}

/// The path under which the site lies, without a slash at its end; empty at a host's root.
pub(crate) fn base() -> String {
    let path = web_sys::Url::new(&root()).map(|url| url.pathname()).unwrap_or_default();
    path.rsplit_once('/').map_or_else(String::new, |(folder, _)| folder.to_owned())
}

/// The address of one of the site's own pages, wherever the site lies: `/about` is `/any/sub/about` there. Anything that
/// does not begin with a `/` stays as it is.
pub(crate) fn address(page: &str) -> String {
    if page.starts_with('/') { base() + page } else { page.to_owned() }
}

/// A link to one of the site's own pages, by its path in the site. To be used in place of the router's, which takes a path that begins
/// with a `/` for one of the host's.
#[component]
pub(crate) fn A<H>(
    /// Path in the site, as in `/p/jigsaw/1`.
    href: H,
    /// Marked as the current page on this very page alone, and not on those below it.
    #[prop(optional)]
    exact: bool,
    /// What it says.
    children: Children,
) -> impl IntoView
where
    H: ToHref + Send + Sync + 'static,
{
    view! { <Link href=move || address(&href.to_href()()) exact=exact>{children()}</Link> }
}
