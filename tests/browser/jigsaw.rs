//! What jigsaws have beside the ways of solving them.

use scrubjay_core::task::TaskName;

use crate::solve::{clips, place};
use crate::support::{ARROW_LEFT, ENTER, Pointer, Session};
use crate::truth::truth;

const LINK: &str = "/p/jigsaw/5";

#[tokio::test(flavor = "multi_thread")]
async fn moves_are_announced() {
    let session = Session::open(LINK).await;
    session.tab_to(&place(1)).await;
    session.press(ARROW_LEFT).await;
    assert_eq!(clips(&session).await[..2], ["2", "1"]);
    let said = session.text(".said").await;
    assert!(said.contains("is now at place"), "{said:?}");
    session.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_clicks_swap_two_clips() {
    let session = Session::open(LINK).await;
    session.touch(Pointer::Mouse, &place(0)).await;
    session.touch(Pointer::Mouse, &place(4)).await;
    session.wait_until(&format!("document.querySelector('{}').dataset.clip == '5'", place(0))).await;
    assert_eq!(clips(&session).await, ["5", "2", "3", "4", "1", "6"]);
    session.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_answer_is_not_rewarded() {
    let session = Session::open(LINK).await;
    session.wait_for(&place(5)).await;
    session.tab_to("#check").await;
    session.press(ENTER).await;
    let untouched = truth(TaskName::Jigsaw, 5).score("123456").total;
    assert!(untouched < 1.0, "seed 5 is not already in order");
    assert_eq!(session.score().await, format!("{untouched:.4}"));
    session.close().await;
}
