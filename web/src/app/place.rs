//! Where the site stands: under any path of any host, alone or in a frame of another page.

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
