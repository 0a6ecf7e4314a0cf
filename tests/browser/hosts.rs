//! Hosts: one build works wherever it lies, by a server or as files, and without any once it was there.

use axum::Router;
use axum::http::header;
use axum::routing::any;
use scrubjay_core::task::TaskName;
use serde_json::{Value, json};

use crate::support::{DESK, Serving, Session, Setting, Site};
use crate::truth::item;

/// Opens a deep link, follows a link from there, loads again, and goes back.
async fn walk(serving: Serving) -> Session {
    let session = Session::with(Setting { serving, ..DESK }, "/p/jigsaw/5").await;
    let shown = session.attribute("[data-stimulus]", "data-stimulus").await;
    assert_eq!(shown, item(TaskName::Jigsaw, 5).stimulus);
    session.enter(".after a").await;
    session.wait_until("location.pathname.endsWith('/p/jigsaw/6')").await;
    let base = session.site.base.clone();
    let at = session.client().current_url().await.expect("an address").to_string();
    assert_eq!(at, format!("{base}/p/jigsaw/6"));
    let next = item(TaskName::Jigsaw, 6).stimulus;
    let there = format!("document.querySelector('[data-stimulus]')?.dataset.stimulus == '{next}'");
    session.wait_until(&there).await;
    session.reload().await;
    session.wait_until(&there).await;
    session.client().back().await.expect("goes back");
    session
        .wait_until(&format!("document.querySelector('[data-stimulus]')?.dataset.stimulus == '{shown}'"))
        .await;
    session.enter("header .brand").await;
    session.wait_until("!location.pathname.includes('/p/')").await;
    assert_eq!(session.client().current_url().await.expect("an address").to_string(), format!("{base}/"));
    session
}

#[tokio::test(flavor = "multi_thread")]
async fn at_the_root() {
    walk(Serving::Root).await.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn under_a_path() {
    walk(Serving::Under("/any/sub")).await.close().await;
}

/// What such hosts answer to a deep link is 404 with the page, and the console tells the number.
const DEEP: &[&str] = &["status of 404"];

#[tokio::test(flavor = "multi_thread")]
async fn as_files() {
    walk(Serving::Files("")).await.close_forgiving(DEEP).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn as_files_under_a_path() {
    walk(Serving::Files("/any/sub")).await.close_forgiving(DEEP).await;
}

async fn without_a_server(serving: Serving) {
    let mut session = Session::with(Setting { serving, ..DESK }, "/").await;
    session.settled().await;
    session.site.stop().await;
    for (task, seed) in [(TaskName::Grounding, 3), (TaskName::Jigsaw, 5)] {
        session.goto(&format!("/p/{task}/{seed}")).await;
        let shown = session.attribute("[data-stimulus]", "data-stimulus").await;
        assert_eq!(shown, item(task, seed).stimulus);
    }
    session.reload().await;
    session.wait_for("[data-stimulus]").await;
    session.enter("#check").await;
    session.wait_for(".score").await;
    // That nobody answers is the browser's own word for a server that is gone.
    session.close_forgiving(&["ERR_CONNECTION_REFUSED", "Failed to update a ServiceWorker"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn offline_after_a_visit() {
    without_a_server(Serving::Root).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn offline_under_a_path_of_files() {
    without_a_server(Serving::Files("/any/sub")).await;
}

/// Tries every way out that a page has, and tells which of them did not fail.
const WAYS_OUT: &str = "
    const [other, done] = arguments;
    const out = [];
    const tries = {
      fetch: () => fetch(other + '/fetch', { mode: 'no-cors' }),
      post: () => fetch(other + '/post', { mode: 'no-cors', method: 'POST', body: 'x' }),
      image: () => new Promise((yes, no) => {
        const i = new Image(); i.onload = yes; i.onerror = no; i.src = other + '/image';
      }),
      script: () => new Promise((yes, no) => {
        const s = document.createElement('script'); s.onload = yes; s.onerror = no; s.src = other + '/script';
        document.head.append(s);
      }),
      inline: () => new Promise((yes, no) => {
        const s = document.createElement('script'); s.textContent = 'globalThis.inlined = true';
        document.head.append(s); globalThis.inlined ? yes() : no();
      }),
      style: () => new Promise((yes, no) => {
        const l = document.createElement('link'); l.rel = 'stylesheet'; l.onload = yes; l.onerror = no;
        l.href = other + '/style'; document.head.append(l);
      }),
      frame: () => new Promise((yes, no) => {
        const f = document.createElement('iframe'); f.src = other + '/frame';
        document.body.append(f); setTimeout(no, 500);
      }),
      socket: () => new Promise((yes, no) => {
        const s = new WebSocket(other.replace('http', 'ws') + '/socket'); s.onopen = yes; s.onerror = no;
      }),
      eval: async () => new Function('return 1')(),
    };
    (async () => {
      navigator.sendBeacon(other + '/beacon', 'x');
      for (const [name, attempt] of Object.entries(tries)) {
        try { await attempt(); out.push(name); } catch {}
      }
      done(out);
    })();";

/// Has every worker of the page's, before its own first line, try to reach a stranger, and then tell the site that it did.
const WORKER_OUT: &str = "
    const Plain = globalThis.Blob;
    globalThis.Blob = class extends Plain {
      constructor(parts, ...more) {
        const out = `fetch('STRANGER/fetch', { mode: 'no-cors' }).catch(() => {});
          try { importScripts('STRANGER/script'); } catch {}
          try { new WebSocket('STRANGER/socket'.replace('http', 'ws')); } catch {}
          fetch('SITE/tried').catch(() => {});`;
        super([out, ...parts], ...more);
      }
    };";

/// Plain files come without headers: what holds the worker is the page's own policy.
#[tokio::test(flavor = "multi_thread")]
async fn the_policy_holds_the_worker_of_plain_files_too() {
    let open = [(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")];
    let stranger = Site::of(Router::new().fallback(any(move || async move { (open, "") })), "").await;
    let session = Session::with(Setting { serving: Serving::Files(""), ..DESK }, "/about").await;
    let script = WORKER_OUT.replace("STRANGER", &stranger.origin()).replace("SITE", &session.site.origin());
    session.cdp("Page.addScriptToEvaluateOnNewDocument", json!({ "source": script })).await;
    session.goto("/p/jigsaw/5").await;
    let shown = session.attribute("[data-stimulus]", "data-stimulus").await;
    assert_eq!(shown, item(TaskName::Jigsaw, 5).stimulus, "the worker works");
    assert!(session.site.asked().iter().any(|a| a.path == "/tried"), "and it did try");
    assert_eq!(stranger.asked(), [], "a stranger heard of it");
    session.close_forgiving(&["status of 404", "Content Security Policy", "WebSocket"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policy_lets_nothing_in_or_out() {
    // A stranger who would take anything from anybody.
    let open = [(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")];
    let stranger = Site::of(Router::new().fallback(any(move || async move { (open, "") })), "").await;
    let session = Session::open("/p/jigsaw/5").await;
    session.wait_for("[data-stimulus]").await;
    let out = session.run_async(WAYS_OUT, vec![json!(stranger.origin())]).await;
    assert_eq!(out, json!([]), "these ways lead out");
    assert_eq!(stranger.asked(), [], "a stranger heard of it");
    // These tries are all that the policy had to refuse, and it did refuse them.
    let refused =
        session.run("const all = witness.refused; witness.refused = []; return all", Vec::new()).await;
    assert!(refused.as_array().is_some_and(|r| r.len() >= 8), "{refused:#}");
    assert_eq!(session.js("globalThis.inlined").await, Value::Null);
    session.close_forgiving(&["Content Security Policy"]).await;
}
