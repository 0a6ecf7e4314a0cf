//! The built site in headless Chromium, played by keyboard alone.
//!
//! Needs `dist/` (`./x site`) and a chromedriver on PATH; `./x test` provides both. Nothing here is skipped
//! silently: without them the tests fail.

mod support;

use scrubjay_core::item::realize_scene;
use scrubjay_core::link;
use scrubjay_core::task::{Task, TaskName};
use support::{ARROW_LEFT, ARROW_RIGHT, END, ENTER, HOME, Session};

#[tokio::test(flavor = "multi_thread")]
async fn a_jigsaw_is_solved_by_keyboard_alone() {
    let session = Session::open("/p/jigsaw/5").await;
    let item = realize_scene(&link::recipe(TaskName::Jigsaw, 5).expect("draws")).expect("realizes");
    session.wait_for(".jigsaw li:nth-child(6)").await;

    // Selection sort with arrow keys: bring the clip that belongs at each place there, step by step.
    session.tab_to(".jigsaw button").await;
    let wanted: Vec<String> = item.truth.text().chars().map(|c| c.to_string()).collect();
    let mut at = 0;
    for place in 0..wanted.len() {
        let shown = session.attributes(".jigsaw button", "data-clip").await;
        let from = shown.iter().position(|c| *c == wanted[place]).expect("each clip is somewhere");
        while at < from {
            session.tab().await;
            at += 1;
        }
        while at > from {
            session.shift_tab().await;
            at -= 1;
        }
        for _ in place..from {
            session.press(ARROW_LEFT).await;
            at -= 1;
        }
    }
    assert_eq!(session.attributes(".jigsaw button", "data-clip").await, wanted);
    let said = session.text(".said").await;
    assert!(said.contains("is now at place"), "moves are announced: {said:?}");
    session.tab_to(".button.main").await;
    session.press(ENTER).await;
    assert_eq!(session.attribute(".score", "data-score").await, "1.0000");
    session.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_marked_by_keyboard_alone() {
    let session = Session::open("/p/grounding/3").await;
    let recipe = link::recipe(TaskName::Grounding, 3).expect("draws");
    let Task::Grounding(segment) = recipe.task else { unreachable!("a grounding link") };
    let (start, length) = (segment.start, segment.length);
    session.wait_for("#start").await;

    session.tab_to("#start").await;
    session.press(HOME).await;
    for _ in 0..start {
        session.press(ARROW_RIGHT).await;
    }
    session.tab_to("#end").await;
    session.press(END).await;
    for _ in start + length..48 {
        session.press(ARROW_LEFT).await;
    }
    session.tab_to(".button.main").await;
    session.press(ENTER).await;
    assert_eq!(session.attribute(".score", "data-score").await, "1.0000");
    let said = session.text(".verdict").await;
    assert!(said.contains("100 %"), "{said}");
    session.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_answer_is_not_rewarded() {
    let session = Session::open("/p/jigsaw/5").await;
    session.wait_for(".jigsaw li:nth-child(6)").await;
    session.tab_to(".button.main").await;
    session.press(ENTER).await;
    let recipe = link::recipe(TaskName::Jigsaw, 5).expect("draws");
    let truth = realize_scene(&recipe).expect("realizes").truth;
    let untouched = truth.score("123456").total;
    assert!(untouched < 1.0, "seed 5 is not already in order");
    assert_eq!(session.attribute(".score", "data-score").await, format!("{untouched:.4}"));
    session.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn links_give_the_same_pixels_as_native_code() {
    let session = Session::open("/").await;
    for (task, seed) in
        [(TaskName::Jigsaw, 1), (TaskName::Grounding, 2), (TaskName::Grounding, 4), (TaskName::Grounding, 9)]
    {
        session.goto(&format!("/p/{task}/{seed}")).await;
        let shown = session.attribute(".hash", "data-stimulus").await;
        let item = realize_scene(&link::recipe(task, seed).expect("draws")).expect("realizes");
        assert_eq!(shown, item.stimulus, "{task} {seed}");
    }
    session.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_link_says_so() {
    let session = Session::open("/p/chess/1").await;
    let said = session.text("[role=alert]").await;
    assert!(said.contains("chess"), "{said}");
    session.goto("/p/jigsaw/x").await;
    let said = session.text("[role=alert]").await;
    assert!(said.contains("seed"), "{said}");
    session.close().await;
}

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
    session.tab_to(".after a").await;
    session.press(ENTER).await;
    session.wait_for("[data-stimulus]").await;
    session.wait_until("document.activeElement.tagName == 'H1'").await;
    assert_eq!(session.title().await, "Put the clips in order · Scrubjay");
    session.close().await;
}
