//! The frame around every page: the way to the pages, language and theme, and what stands below.

use crate::app::place::A;
use leptos::prelude::*;
use scrubjay_core::GENERATOR_VERSION;

use super::offline::Offline;
use super::{keep, words};
use crate::messages::LANGUAGES;

/// The pages of the navigation: path, and key of the name.
const PAGES: [(&str, &str); 5] = [
    ("/play", "nav.play"),
    ("/gallery", "nav.gallery"),
    ("/compare", "nav.compare"),
    ("/own", "own.name"),
    ("/about", "nav.about"),
];

/// A theme by name: the system's own, or one of ours whatever the system says.
const THEMES: [&str; 3] = ["auto", "light", "dark"];

/// Puts on the theme that was chosen at an earlier visit.
pub(crate) fn dress() {
    wear(&keep::get::<String>("theme").unwrap_or_default());
}

/// Marks the document with a theme; the styles do the rest. Anything but a name of [`THEMES`] is the system's own.
fn wear(theme: &str) {
    let Some(root) = document().document_element() else { return };
    let chosen = theme != "auto" && THEMES.contains(&theme);
    if chosen {
        root.set_attribute("data-theme", theme).ok();
    } else {
        root.remove_attribute("data-theme").ok();
    }
    // The browser's own frame goes along.
    for scheme in ["light", "dark"] {
        let media = match chosen {
            true if scheme == theme => "all".to_owned(),
            true => "not all".to_owned(),
            false => format!("(prefers-color-scheme: {scheme})"),
        };
        let named = document().query_selector(&format!("meta[data-scheme={scheme}]")).ok().flatten();
        if let Some(meta) = named {
            meta.set_attribute("media", &media).ok();
        }
    }
}

/// What stands above every page.
#[component]
pub(crate) fn Header() -> impl IntoView {
    view! {
        <header class="top">
            <A href="/" attr:class="brand" exact=true>"Scrubjay"</A>
            <nav aria-label=t!("nav.name")>
                <ul>
                    {PAGES.map(|(path, name)| view! { <li><A href=path>{t!(name)}</A></li> })}
                </ul>
            </nav>
            <div class="choices"><Tongue/><Theme/></div>
        </header>
    }
}

/// Which language is spoken.
#[component]
fn Tongue() -> impl IntoView {
    let chosen = move || LANGUAGES.iter().position(|l| l.tag == words::language().tag).unwrap_or(0);
    view! {
        <label class="choice">
            <span class="hidden">{t!("choose.language")}</span>
            <select id="language" prop:value=move || chosen().to_string()
                on:change=move |e| if let Ok(index) = event_target_value(&e).parse() { words::speak(index) }>
                {LANGUAGES.iter().enumerate().map(|(index, language)| view! {
                    <option value=index.to_string() lang=language.tag selected=move || chosen() == index>{language.name}</option>
                }).collect_view()}
            </select>
        </label>
    }
}

/// Light, dark, or as the system has it.
#[component]
fn Theme() -> impl IntoView {
    let kept = keep::get::<String>("theme").filter(|t| THEMES.contains(&t.as_str()));
    let theme = RwSignal::new(kept.unwrap_or_else(|| THEMES[0].to_owned()));
    let choose = move |name: String| {
        keep::put("theme", &name);
        wear(&name);
        theme.set(name);
    };
    view! {
        <label class="choice">
            <span class="hidden">{t!("choose.theme")}</span>
            <select id="theme" prop:value=move || theme.get() on:change=move |e| choose(event_target_value(&e))>
                {THEMES.map(|name| view! {
                    <option value=name selected=move || theme.get() == name>{t!(&format!("theme.{}", name))}</option>
                })}
            </select>
        </label>
    }
}

/// What stands below every page.
#[component]
pub(crate) fn Footer() -> impl IntoView {
    view! {
        <footer>
            <Offline/>
            <p>{t!("footer")}</p>
            <p>{t!("footer.version", version = env!("CARGO_PKG_VERSION"), generator = GENERATOR_VERSION)}</p>
        </footer>
    }
}
