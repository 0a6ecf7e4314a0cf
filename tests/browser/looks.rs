//! Every page in every state, as it looks: axe finds nothing wrong with it, nothing is cut off at the side, and with
//! `SCRUBJAY_SCREENSHOTS` set to a folder (`./x screenshots` does) its picture is kept there.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use scrubjay_core::item::Truth;
use scrubjay_core::task::TaskName;
use scrubjay_core::time::Interval;
use serde_json::{Value, json};

use crate::solve::{edge, edges};
use crate::support::{DESK, PHONE, Session, Setting};
use crate::truth::{recipe, truth};

/// A page in a state.
struct State {
    name: String,
    path: String,
    /// What is there when the page is.
    there: &'static str,
    then: Then,
}

/// How a page comes into its state.
enum Then {
    /// It is in it.
    Nothing,
    /// This answer, which lies on the board of the item with this id, is checked.
    Checked { id: String, answer: String },
    /// A film is opened.
    Film,
    /// Its pictures are drawn, as far as they are in view.
    Drawn,
}

fn page(name: &str, path: &str, there: &'static str) -> State {
    State { name: name.to_owned(), path: path.to_owned(), there, then: Then::Nothing }
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
        let (right, edges) = (truth(task, seed), edges(&recipe(task, seed)));
        // As a timeline can have it, and begun a frame too late.
        let late = |[start, end]: [f64; 2]| [edges[edge(&edges, start) + 1], edges[edge(&edges, end)]];
        let answer = match right {
            Truth::Order(text) => swapped(&text),
            Truth::Counts([circles, ..]) => format!("{circles},1,0"),
            Truth::Interval(Interval { start, end }) => {
                let [start, end] = late([start, end]);
                Truth::Interval(Interval { start, end }).plain()
            }
            Truth::Event { seconds: Interval { start, end }, .. } => {
                Truth::Segments(vec![late([start, end])]).plain()
            }
            Truth::Segments(spans) => Truth::Segments(spans.into_iter().map(late).collect()).plain(),
            other => other.plain(),
        };
        (task, seed, answer)
    })
    .into()
}

fn states() -> Vec<State> {
    let mut states = vec![
        page("home", "/", "[data-stimulus]"),
        page("play", "/play", "main .cards"),
        page("example", "/play/grounding", "[data-stimulus]"),
        State { then: Then::Drawn, ..page("gallery", "/gallery", "#found[data-busy=false] ~ .gallery li") },
        page("compare", "/compare", "main table"),
        page("own", "/own", "#file"),
        State { then: Then::Film, ..page("own-open", "/own", "#file") },
        page("about", "/about", "#runs:not([data-by=''])"),
        page("embedded", "/p/jigsaw/5?embed=1", "[data-stimulus]"),
        page("no-such-page", "/nowhere", "main h1"),
        page("wrong-link", "/p/chess/1", "main [role=alert]"),
        page("absent-film", "/p/jigsaw/1#own=0", "main [role=alert]"),
    ];
    for (task, seed, answer) in puzzles() {
        let path = format!("/p/{task}/{seed}");
        states.push(page(task.name(), &path, "[data-stimulus]"));
        let then = Then::Checked { id: recipe(task, seed).id(), answer };
        states.push(State { then, ..page(&format!("{task}-checked"), &path, "[data-stimulus]") });
    }
    states
}

/// Where pictures are to go, if they are to be kept.
fn folder() -> Option<PathBuf> {
    std::env::var_os("SCRUBJAY_SCREENSHOTS").map(PathBuf::from)
}

async fn arrange(session: &Session, state: &State) {
    session.run("localStorage.clear()", Vec::new()).await;
    if let Then::Checked { id, answer } = &state.then {
        // An answer so far lies where the site itself keeps it; it is read when the page is opened.
        let keep =
            "localStorage.setItem(`scrubjay.1.draft.item.${arguments[0]}`, JSON.stringify(arguments[1]))";
        session.run(keep, vec![json!(id), json!(answer)]).await;
    }
    session.goto(&state.path).await;
    session.wait_for(state.there).await;
    match &state.then {
        Then::Nothing => {}
        Then::Checked { answer, .. } => {
            session.run("document.querySelector('#check').click()", Vec::new()).await;
            session.wait_for(".score").await;
            let said =
                session.js("JSON.parse(localStorage.getItem('scrubjay.1.results')).at(-1).answer").await;
            assert_eq!(said, json!(answer), "{}: the answer that was laid there is checked", state.name);
        }
        Then::Film => {
            session.choose("#file", &film()).await;
            session.wait_for("[data-film]").await;
        }
        Then::Drawn => {
            let drawn = "[...document.querySelectorAll('.gallery canvas')].every(c => \
                c.dataset.painted == 'true' || c.getBoundingClientRect().top > innerHeight)";
            session.wait_until(drawn).await;
        }
    }
    // The state is what is shown, not where the focus is.
    session.run("document.activeElement?.blur(); scrollTo(0, 0)", Vec::new()).await;
}

fn film() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("media/film.mp4")
}

/// Shows every state in a setting.
async fn look(name: &str, setting: Setting) {
    let session = Session::with(setting, "/about").await;
    session.wait_for("main h1").await;
    // What the site leaves to chance is the same every time.
    let fixed = "Math.random = () => 0.4";
    session.cdp("Page.addScriptToEvaluateOnNewDocument", json!({ "source": fixed })).await;
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
            let picture = session.picture(2000).await;
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
