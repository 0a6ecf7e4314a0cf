//! Jigsaws.

use scrubjay_core::task::TaskName;

use crate::support::{ARROW_LEFT, DESK, ENTER, PHONE, Pointer, Session};
use crate::truth::truth;

const LINK: &str = "/p/jigsaw/5";

/// The clip that belongs at each place.
fn wanted() -> Vec<String> {
    truth(TaskName::Jigsaw, 5).text().chars().map(|c| c.to_string()).collect()
}

async fn shown(session: &Session) -> Vec<String> {
    session.attributes(".jigsaw [data-clip]", "data-clip").await
}

fn place(at: usize) -> String {
    format!(".jigsaw li:nth-child({}) [data-clip]", at + 1)
}

#[tokio::test(flavor = "multi_thread")]
async fn by_keyboard_alone() {
    let session = Session::open(LINK).await;
    session.wait_for(".jigsaw li:nth-child(6)").await;
    // Selection sort with arrow keys: bring the clip that belongs at each place there, step by step.
    let wanted = wanted();
    for to in 0..wanted.len() {
        let from =
            shown(&session).await.iter().position(|c| *c == wanted[to]).expect("each clip is somewhere");
        session.tab_to(&place(from)).await;
        session.keys(&vec![ARROW_LEFT; from - to]).await;
    }
    assert_eq!(shown(&session).await, wanted);
    let said = session.text(".said").await;
    assert!(said.contains("is now at place"), "moves are announced: {said:?}");
    session.enter("#check").await;
    assert_eq!(session.score().await, "1.0000");
    session.close().await;
}

/// Taps or clicks on two clips swap them.
async fn by_pressing(session: Session, with: Pointer) {
    session.wait_for(".jigsaw li:nth-child(6)").await;
    let wanted = wanted();
    for to in 0..wanted.len() {
        let now = shown(&session).await;
        let from = now.iter().position(|c| *c == wanted[to]).expect("each clip is somewhere");
        if from != to {
            session.touch(with, &place(from)).await;
            session.touch(with, &place(to)).await;
            let clip = &wanted[to];
            session
                .wait_until(&format!("document.querySelector('{}').dataset.clip == '{clip}'", place(to)))
                .await;
        }
    }
    session.touch(with, "#check").await;
    assert_eq!(session.score().await, "1.0000");
    session.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_taps_on_a_phone() {
    by_pressing(Session::with(PHONE, LINK).await, Pointer::Finger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_mouse_clicks() {
    by_pressing(Session::with(DESK, LINK).await, Pointer::Mouse).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_answer_is_not_rewarded() {
    let session = Session::open(LINK).await;
    session.wait_for(".jigsaw li:nth-child(6)").await;
    session.tab_to("#check").await;
    session.press(ENTER).await;
    let untouched = truth(TaskName::Jigsaw, 5).score("123456").total;
    assert!(untouched < 1.0, "seed 5 is not already in order");
    assert_eq!(session.score().await, format!("{untouched:.4}"));
    session.close().await;
}
