//! Every page in every state, as it looks: axe finds nothing wrong with it, nothing is cut off at the side, and with
//! `SCRUBJAY_SCREENSHOTS` set to a folder (`./x screenshots` does) its picture is kept there.

use std::fmt::Write as _;
use std::path::PathBuf;

use scrubjay_core::task::TaskName;
use serde_json::{Value, json};

use crate::support::{DESK, PHONE, Session, Setting};
use crate::truth::truth;

/// A page in a state.
struct State {
    name: String,
    path: String,
    /// What is there when the page is.
    there: &'static str,
    /// An answer that lies on the board.
    draft: Option<String>,
    checked: bool,
}

fn page(name: &str, path: &str, there: &'static str) -> State {
    State { name: name.to_owned(), path: path.to_owned(), there, draft: None, checked: false }
}

/// Links of puzzles, each with an answer that is partly right.
fn puzzles() -> Vec<(TaskName, u64, String)> {
    let swapped = |text: &str| {
        let mut digits: Vec<char> = text.chars().collect();
        digits.swap(0, 1);
        digits.into_iter().collect::<String>()
    };
    [
        (TaskName::Jigsaw, 5),
        (TaskName::Grounding, 3),
        (TaskName::Counting, 3),
        (TaskName::Masked, 2),
        (TaskName::Segments, 2),
        (TaskName::Event, 1),
        (TaskName::Elements, 1),
        (TaskName::Qa, 1),
    ]
    .map(|(task, seed)| {
        let right = truth(task, seed).plain();
        let answer = match task {
            TaskName::Jigsaw => swapped(&right),
            TaskName::Counting => "3,1,0".to_owned(),
            _ => right,
        };
        (task, seed, answer)
    })
    .into()
}

fn states() -> Vec<State> {
    let mut states = vec![
        page("home", "/", "main h1"),
        page("no-such-page", "/nowhere", "main h1"),
        page("wrong-link", "/p/chess/1", "[role=alert]"),
    ];
    for (task, seed, answer) in puzzles() {
        let path = format!("/p/{task}/{seed}");
        states.push(page(task.name(), &path, "[data-stimulus]"));
        let checked = page(&format!("{task}-checked"), &path, "[data-stimulus]");
        states.push(State { draft: Some(answer), checked: true, ..checked });
    }
    states
}

/// Where pictures are to go, if they are to be kept.
fn folder() -> Option<PathBuf> {
    std::env::var_os("SCRUBJAY_SCREENSHOTS").map(PathBuf::from)
}

async fn arrange(session: &Session, state: &State) {
    // A draft lies where the site itself keeps it; it is read when the page is opened.
    let name = state.path.trim_start_matches("/p/");
    let keep = "localStorage.clear(); if (arguments[1] !== null) \
        localStorage.setItem(`scrubjay.1.draft.${arguments[0]}`, JSON.stringify(arguments[1]))";
    session.run(keep, vec![name.into(), json!(state.draft)]).await;
    session.goto(&state.path).await;
    session.wait_for(state.there).await;
    if state.checked {
        session.run("document.querySelector('#check').click()", Vec::new()).await;
        session.wait_for(".score").await;
    }
    // The state is what is shown, not where the focus is.
    session.run("document.activeElement?.blur(); scrollTo(0, 0)", Vec::new()).await;
}

/// Shows every state in a setting.
async fn look(name: &str, setting: Setting) {
    let session = Session::with(setting, "/").await;
    session.wait_for("main h1").await;
    let mut wrong = String::new();
    for state in states() {
        arrange(&session, &state).await;
        for line in session.axe().await {
            writeln!(wrong, "{}: {line}", state.name).ok();
        }
        let wide = session.js("document.documentElement.scrollWidth").await;
        if wide.as_u64().is_none_or(|w| w > u64::from(session.size().0)) {
            writeln!(wrong, "{}: the page is {wide} pixels wide", state.name).ok();
        }
        if let Some(folder) = folder() {
            let picture = session.picture(2400).await;
            let file = folder.join(format!("{}-{name}.webp", state.name));
            std::fs::write(&file, picture).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        }
    }
    assert!(wrong.is_empty(), "{name}:\n{wrong}");
    session.close().await;
}

// Films stand still, so that pictures are the same every time.
const LIGHT: &[(&str, &str)] = &[("prefers-color-scheme", "light"), ("prefers-reduced-motion", "reduce")];
const DARK: &[(&str, &str)] = &[("prefers-color-scheme", "dark"), ("prefers-reduced-motion", "reduce")];

#[tokio::test(flavor = "multi_thread")]
async fn wide_and_light() {
    if let Some(folder) = folder() {
        std::fs::write(folder.join("README.md"), index()).expect("the index is written");
    }
    look("wide-light", Setting { media: LIGHT, ..DESK }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wide_and_dark() {
    look("wide-dark", Setting { media: DARK, ..DESK }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn narrow_and_light() {
    look("360-light", Setting { media: LIGHT, ..PHONE }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn narrow_and_dark() {
    look("360-dark", Setting { media: DARK, ..PHONE }).await;
}

/// The list of pictures.
fn index() -> String {
    let mut text = "# Screenshots\n\nEvery page in every state, made by `./x screenshots`: at a desk (1280 pixels wide) \
        and on a phone (360), light and dark, with the preference for less motion, so that films stand still. \
        The same states are what the tests in `tests/browser/looks.rs` run axe on.\n"
        .to_owned();
    for state in states() {
        let State { name, path, .. } = &state;
        write!(text, "\n## {name}\n\n`{path}`\n\n").ok();
        for look in ["wide-light", "wide-dark", "360-light", "360-dark"] {
            let width = if look.starts_with("wide") { 380 } else { 107 };
            writeln!(text, "<img src=\"{name}-{look}.webp\" width=\"{width}\" alt=\"{name}, {look}\">").ok();
        }
    }
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_would_be_found() {
    let session = Session::open("/p/jigsaw/5").await;
    session.wait_for("[data-stimulus]").await;
    assert_eq!(session.axe().await, [""; 0]);
    let spoil = "document.querySelector('main').append(document.createElement('button'))";
    session.run(spoil, Vec::new()).await;
    let found = session.axe().await;
    assert!(found.len() == 1 && found[0].starts_with("button-name"), "{found:?}");
    session.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn forced_colours_leave_everything_visible() {
    let session = Session::with(Setting { media: &[("forced-colors", "active")], ..DESK }, "/").await;
    let seen = "[...document.querySelectorAll('main button, main input')].filter(e => e.checkVisibility()).every(e => {
        const s = getComputedStyle(e), b = s.backgroundColor;
        return s.color !== b || parseFloat(s.borderTopWidth) > 0; })";
    for (task, seed, _) in puzzles() {
        session.goto(&format!("/p/{task}/{seed}")).await;
        session.wait_for("[data-stimulus]").await;
        assert_eq!(
            session.js(seen).await,
            Value::Bool(true),
            "{task}: a control cannot be told from what is behind it"
        );
    }
    session.close().await;
}
