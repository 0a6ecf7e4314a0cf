//! A puzzle as a guest in somebody else's page.

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use scrubjay_core::task::TaskName;
use serde_json::{Value, json};

use crate::support::{ENTER, Session, Site};
use crate::truth::{item, truth};

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_tells_its_host_the_result() {
    let mut session = Session::open("/").await;
    let guest = session.site.base.clone();
    let page = format!(
        "<!doctype html><html lang=en><link rel=icon href=data:,><title>Host</title><h1>Host</h1>\
         <iframe src='{guest}/p/jigsaw/5?embed=1' width=600 height=800 title=Puzzle></iframe>"
    );
    let host = Site::of(Router::new().route("/", get(move || async move { Html(page) })), "").await;
    session.befriend(&host);
    assert_ne!(host.origin(), session.site.origin());
    session.visit(&host.base).await;

    let frame = session.wait_for("iframe").await;
    frame.enter_frame().await.expect("the guest is there");
    session.wait_for(".jigsaw li:nth-child(6)").await;
    assert_eq!(
        session.js("document.querySelectorAll('header, footer').length").await,
        json!(0),
        "a puzzle alone"
    );
    session.tab_to("#check").await;
    session.press(ENTER).await;
    session.wait_for(".score").await;
    session.client().enter_parent_frame().await.expect("the host is there");
    session.wait_until("witness.messages.some(m => m.data.type == 'scrubjay:result')").await;
    let told = session.js("witness.messages.find(m => m.data.type == 'scrubjay:result')").await;
    assert_eq!(told["origin"], session.site.origin());
    let right = truth(TaskName::Jigsaw, 5);
    let result = &told["data"];
    assert_eq!(result["task"], "jigsaw");
    assert_eq!((&result["seed"], &result["link"]), (&json!(5), &json!("/p/jigsaw/5")));
    assert_eq!(result["stimulus"], item(TaskName::Jigsaw, 5).stimulus);
    let answer = result["answer"].as_str().expect("a raw answer");
    let score = right.score(&right.tagged(answer)).total;
    assert!((result["score"].as_f64().expect("a score") - score).abs() < 1e-9, "{result}");
    let height = "witness.messages.find(m => m.data.type == 'scrubjay:height')?.data.height";
    assert!(session.js(height).await.as_f64().is_some_and(|h| h > 100.0), "it tells how tall it is");
    session.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_told_where_nobody_asked() {
    let session = Session::open("/p/jigsaw/5").await;
    session.wait_for(".jigsaw li:nth-child(6)").await;
    session.enter("#check").await;
    session.wait_for(".score").await;
    assert_eq!(
        session.js("witness.messages.filter(m => String(m.data?.type).startsWith('scrubjay')).length").await,
        json!(0)
    );
    assert_ne!(session.js("document.querySelector('header')").await, Value::Null);
    session.close().await;
}
