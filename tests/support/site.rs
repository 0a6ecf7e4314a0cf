//! The built site, served the ways that a host may serve it, by a server that remembers what it was asked.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tower_http::services::{ServeDir, ServeFile};

/// How the site is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Serving {
    /// By `scrubjay serve`, at the root.
    Root,
    /// By `scrubjay serve`'s service, as a part of another site.
    Under(&'static str),
    /// As files: what is no file is `404.html`, with that status.
    Files(&'static str),
}

/// What the server was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Bytes that were sent along.
    pub(crate) body: usize,
}

type Log = Arc<Mutex<Vec<Asked>>>;

/// A server on a free port of this machine.
pub(crate) struct Site {
    /// Its address, without a slash at the end.
    pub(crate) base: String,
    port: u16,
    log: Log,
    stop: Option<oneshot::Sender<()>>,
    done: Option<JoinHandle<()>>,
}

/// Where `./x site` leaves the site, or where `SCRUBJAY_SITE` says it is.
pub(crate) fn dist() -> PathBuf {
    let built = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../dist");
    let dist = std::env::var_os("SCRUBJAY_SITE").map_or_else(built, PathBuf::from);
    assert!(dist.join("index.html").is_file(), "the site is not built: run ./x site");
    dist
}

impl Site {
    pub(crate) async fn start(serving: Serving) -> Self {
        let dist = dist();
        let (prefix, router) = match serving {
            Serving::Root => ("", scrubjay::serve::app(&dist)),
            Serving::Under(prefix) => {
                (prefix, Router::new().nest_service(prefix, scrubjay::serve::app(&dist)))
            }
            Serving::Files(prefix) => {
                let files = ServeDir::new(&dist).not_found_service(ServeFile::new(dist.join("404.html")));
                let router = match prefix {
                    "" => Router::new().fallback_service(files),
                    prefix => Router::new().nest_service(prefix, files),
                };
                (prefix, router)
            }
        };
        Self::of(router, prefix).await
    }

    /// A server of anything, at a prefix.
    pub(crate) async fn of(router: Router, prefix: &str) -> Self {
        let log = Log::default();
        let remember = log.clone();
        let router = router.layer(from_fn(move |request, next| note(remember.clone(), request, next)));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let (stop, stopped) = oneshot::channel::<()>();
        let done = tokio::spawn(async move {
            let server = axum::serve(listener, router).with_graceful_shutdown(async {
                stopped.await.ok();
            });
            server.await.expect("the server runs");
        });
        let base = format!("http://127.0.0.1:{port}{prefix}");
        Self { base, port, log, stop: Some(stop), done: Some(done) }
    }

    /// Its origin: address without a path.
    pub(crate) fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// All that it was asked so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Goes away: from then on nobody listens at its address.
    pub(crate) async fn stop(&mut self) {
        if let (Some(stop), Some(done)) = (self.stop.take(), self.done.take()) {
            stop.send(()).ok();
            done.await.expect("the server ends");
        }
    }
}

async fn note(log: Log, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, 64 << 20).await.unwrap_or_default();
    let path = parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let asked = Asked { method: parts.method.to_string(), path, body: bytes.len() };
    log.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
    next.run(Request::from_parts(parts, Body::from(bytes))).await
}
