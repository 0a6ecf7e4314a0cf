//! Where the visitor is: the focus, the language, and what a reload leaves.

use scrubjay_core::task::TaskName;
use serde_json::json;

use crate::solve::{By, clips, place, solve};
use crate::support::{ARROW_RIGHT, ENTER, Session};
use crate::truth::item;

#[tokio::test(flavor = "multi_thread")]
async fn the_focus_goes_where_the_visitor_goes() {
    let session = Session::open("/p/jigsaw/5").await;
    session.wait_for(".jigsaw li:nth-child(6)").await;
    // The skip link keeps the puzzle and moves the focus into it.
    session.tab_to(".skip").await;
    session.press(ENTER).await;
    assert_eq!(session.focused().await, "MAIN");
    assert!(session.text("h1").await.contains("Put the clips in order"));
    // Following a link names the new page and puts the focus on its heading.
    session.enter(".after a").await;
    session.wait_for("[data-stimulus]").await;
    session.wait_until("document.activeElement.tagName == 'H1'").await;
    assert_eq!(session.title().await, "Put the clips in order · Scrubjay");
    session.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_keeps_the_answer_so_far() {
    let session = Session::open("/p/jigsaw/5").await;
    let first = ".jigsaw li:first-child [data-clip]";
    session.tab_to(first).await;
    session.press(ARROW_RIGHT).await;
    let moved = session.attributes(".jigsaw [data-clip]", "data-clip").await;
    assert_eq!(moved[..2], ["2", "1"], "a clip was moved");
    session.reload().await;
    session.wait_for(".jigsaw li:nth-child(6)").await;
    assert_eq!(session.attributes(".jigsaw [data-clip]", "data-clip").await, moved);
    session.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_place_is_as_large_as_a_filled_one() {
    let session = Session::open("/p/masked/2").await;
    session.wait_for(".candidates li").await;
    let height = "Math.round(document.querySelector('.chosen li').getBoundingClientRect().height)";
    let empty = session.js(height).await;
    session.enter(".candidates li:first-child button").await;
    session.wait_for(".chosen [data-chosen]").await;
    assert_eq!(session.js(height).await, empty);
    assert!(empty.as_f64().is_some_and(|h| h > 60.0), "{empty} px");
    session.close().await;
}

/// A clock that the test sets, and a page that it hides: the rest of the time is the test's own.
const HIDE: &str =
    "Object.defineProperty(document, 'hidden', { configurable: true, get: () => arguments[0] });
    const now = Date.now; Date.now = () => now() + 1000 * arguments[1];
    document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));";

#[tokio::test(flavor = "multi_thread")]
async fn the_time_to_an_answer_is_the_time_it_was_looked_at() {
    let session = Session::open("/p/jigsaw/5").await;
    session.tab_to(".jigsaw li:first-child [data-clip]").await;
    session.press(ARROW_RIGHT).await;
    // A thousand seconds are looked at, then the page is hidden for a million.
    session.run(HIDE, vec![json!(true), json!(1_000)]).await;
    session.run(HIDE, vec![json!(false), json!(1_000_000)]).await;
    session.reload().await;
    session.enter("#check").await;
    session.wait_for(".score").await;
    let seconds = session.js("JSON.parse(localStorage.getItem('scrubjay.1.results')).at(-1).seconds").await;
    assert!(seconds.as_f64().is_some_and(|s| (1_000.0..2_000.0).contains(&s)), "{seconds} s");
    let left = session.js("Object.keys(localStorage).filter(k => /time|draft/.test(k))").await;
    assert_eq!(left, json!([]), "an answer leaves no draft");
    session.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_may_ask_for_a_language() {
    let session = Session::open("/p/jigsaw/5?lang=de").await;
    session.wait_for("[data-stimulus]").await;
    assert_eq!(session.attribute("html", "lang").await, "de");
    let german: serde_json::Value =
        serde_json::from_str(include_str!("../../web/locales/de.json")).expect("a message file");
    assert_eq!(session.text("h1").await, german["task.jigsaw"]);
    assert_eq!(session.text("#check").await, german["check"]);
    session.close().await;
}

/// Waits for the puzzle of a link's item.
async fn arrives(session: &Session, task: TaskName, seed: u64) {
    let stimulus = item(task, seed).stimulus;
    let there = format!("document.querySelector('[data-stimulus]')?.dataset.stimulus == '{stimulus}'");
    session.wait_until(&there).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_keeps_place_and_answers_of_a_tour() {
    let task = TaskName::Jigsaw;
    let session = Session::open("/play/jigsaw").await;
    // The worked example is shown solved.
    arrives(&session, task, 1).await;
    assert_eq!(session.score().await, "1.0000");
    session.enter("#next").await;
    // The first for practice is solved, the second begun.
    arrives(&session, task, 2).await;
    solve(&session, By::Keyboard, task, 2).await;
    assert_eq!(session.score().await, "1.0000");
    session.enter("#next").await;
    arrives(&session, task, 3).await;
    session.tab_to(&place(0)).await;
    session.press(ARROW_RIGHT).await;
    let moved = clips(&session).await;
    assert_eq!(moved[..2], ["2", "1"], "a clip was moved");
    session.reload().await;
    arrives(&session, task, 3).await;
    assert_eq!(clips(&session).await, moved, "the answer so far is kept");
    // Gone and come back, too.
    session.enter("header .brand").await;
    session.wait_until("location.pathname == '/'").await;
    session.goto("/play/jigsaw").await;
    arrives(&session, task, 3).await;
    assert_eq!(clips(&session).await, moved);
    // What was answered is known, and that it was for practice.
    let results = session.js("JSON.parse(localStorage.getItem('scrubjay.1.results'))").await;
    let results = results.as_array().expect("a list");
    assert_eq!(results.len(), 1, "the example is nobody's answer");
    assert_eq!((&results[0]["practice"], &results[0]["seed"]), (&json!(true), &json!(2)));
    session.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn language_and_theme_are_chosen_and_kept() {
    let session = Session::open("/p/jigsaw/5").await;
    session.wait_for("[data-stimulus]").await;
    session.tab_to("#language").await;
    session.keys(&['D']).await;
    session.wait_until("document.documentElement.lang == 'de'").await;
    session.tab_to("#theme").await;
    let back = "getComputedStyle(document.body).backgroundColor";
    let light = session.js(back).await;
    let german: serde_json::Value =
        serde_json::from_str(include_str!("../../web/locales/de.json")).expect("a message file");
    session.keys(&[german["theme.dark"].as_str().and_then(|w| w.chars().next()).expect("a word")]).await;
    session.wait_until("document.documentElement.dataset.theme == 'dark'").await;
    assert_ne!(session.js(back).await, light, "it is dark");
    assert_eq!(session.text("#check").await, german["check"]);
    session.reload().await;
    session.wait_for("[data-stimulus]").await;
    assert_eq!(session.attribute("html", "lang").await, "de");
    assert_eq!(session.attribute("html", "data-theme").await, "dark");
    assert_eq!(session.text("#check").await, german["check"]);
    session.close().await;
}
