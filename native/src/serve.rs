//! Serving the built site: on this machine, or behind another server.
//!
//! The site is plain files and needs no server of its own. This one adds what a good host does: headers that hold the policy which the
//! page also carries, gzip, and how long a file may be kept.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{Redirect, Response};
use tower_http::services::{ServeDir, ServeFile};

use crate::error::Error;

/// For a file whose name changes with its content.
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// Browsers must ask whether the file is still the same: a rebuilt site is seen at the next load.
const ASK: HeaderValue = HeaderValue::from_static("no-cache");

/// The site as a service: files as they are; any other path is the app, which reads it as a link. What looks like a file (a dot in
/// its last part) and is not there is answered with 404.
pub fn app(site: &Path) -> Router {
    let page = ServeFile::new(site.join("index.html")).precompressed_gzip();
    let files = ServeDir::new(site).precompressed_gzip().redirect_to_trailing_slash(false).fallback(page);
    Router::new().fallback_service(files).layer(from_fn_with_state(Arc::from(site), finish))
}

/// The site under a path such as `/name/`; anything else leads there.
///
/// # Errors
/// [`Error`] when `base` is not a path of letters, digits, `-`, `_`, `.` and `/`.
pub fn app_under(site: &Path, base: &str) -> Result<Router, Error> {
    let name = base.trim_matches('/');
    if name.is_empty() {
        return Ok(app(site));
    }
    let plain = |part: &str| {
        let mut letters = part.chars();
        part.chars().any(|c| c != '.') && letters.all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    };
    if !name.split('/').all(plain) {
        return Err(Error::failed(format!(
            "{base:?} is no base path: it is made of letters, digits, '-', '_' and '.', with '/' between, as in /name/"
        )));
    }
    let root = format!("/{name}/");
    let go = move || async move { Redirect::temporary(&root) };
    Ok(Router::new().nest_service(&format!("/{name}/"), app(site)).fallback(go))
}

/// Adds the headers, and makes a page in a file's place a 404.
async fn finish(State(site): State<Arc<Path>>, request: Request, next: Next) -> Response {
    let name = request.uri().path().rsplit('/').next().unwrap_or_default().to_owned();
    let mut response = next.run(request).await;
    let is = |headers: &HeaderMap, kind: &str| {
        headers.get(header::CONTENT_TYPE).is_some_and(|t| t.as_bytes().starts_with(kind.as_bytes()))
    };
    let page = is(response.headers(), "text/html");
    if page && name.contains('.') && !name.ends_with(".html") && response.status() == StatusCode::OK {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    let keep = named_by_content(&name) && !page && response.status() != StatusCode::NOT_FOUND;
    // Read each time, since the site may be built anew meanwhile; it is one small file.
    let policy = policy(&site).await;
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, if keep { FOREVER } else { ASK });
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    // What the site never asks for is not there to be asked for by anything that might get into it.
    headers.insert(
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), microphone=(), geolocation=()"),
    );
    if let Some(policy) = policy {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// Whether a name holds its content's hash after a `-`, as the build gives it: 16 hexadecimal digits, fewer where it begins with zeros.
fn named_by_content(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default();
    let stem = stem.trim_end_matches("_bg").trim_end_matches("_loader");
    stem.rsplit_once('-').is_some_and(|(_, hash)| {
        (12..=16).contains(&hash.len())
            && hash.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    })
}

/// The policy that the site's page carries, for the files that are no page: workers have their own.
async fn policy(site: &Path) -> Option<HeaderValue> {
    let page = tokio::fs::read_to_string(site.join("index.html")).await.ok()?;
    let (_, rest) = page.split_once(r#"http-equiv="Content-Security-Policy" content=""#)?;
    let (policy, _) = rest.split_once('"')?;
    HeaderValue::from_str(policy).ok()
}

/// Serves a folder until the process is ended, under `base` (`/` for a host of its own); prints the address once it listens.
///
/// # Errors
/// [`Error`] when the folder holds no site, or the base or the address cannot be used.
pub fn serve(site: &Path, addr: SocketAddr, base: &str) -> Result<(), Error> {
    if !site.join("index.html").is_file() {
        return Err(Error::path(site, "holds no built site (index.html is missing); build it with ./x site"));
    }
    let service = app_under(site, base)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| Error::failed(format!("no runtime: {e}")))?;
    runtime.block_on(async {
        if policy(site).await.is_none() {
            let index: PathBuf = site.join("index.html");
            return Err(Error::path(&index, "holds no policy; build the site with ./x site"));
        }
        let listener = tokio::net::TcpListener::bind(addr)
            .await
            .map_err(|e| Error::failed(format!("{addr} cannot be listened on: {e}")))?;
        let bound = listener.local_addr().unwrap_or(addr);
        let name = base.trim_matches('/');
        println!("http://{bound}/{name}{}", if name.is_empty() { "" } else { "/" });
        axum::serve(listener, service).await.map_err(|e| Error::failed(format!("serving stopped: {e}")))
    })
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use super::*;

    /// Asks a served folder of a few files for paths, as a browser does that takes gzip; gives status line and headers, and the body.
    fn ask(base: &str, asked: &[(&str, &str)]) -> Vec<(String, String)> {
        let site = tempfile::tempdir().expect("a folder");
        let page = r#"<meta http-equiv="Content-Security-Policy" content="default-src 'none'"><p>page"#;
        let files = [
            ("index.html", page),
            ("style-123456789abcdef.css", "css"),
            ("maker-0123456789abcdef_bg.wasm", "wasm"),
            ("maker-0123456789abcdef_bg.wasm.gz", "packed"),
            ("maker-0123456789abcdef_loader.js", "loader"),
            ("sw.js", "sw"),
            ("manifest.webmanifest", "{}"),
            ("packs/frog.pack", "frog"),
        ];
        std::fs::create_dir(site.path().join("packs")).expect("a folder");
        for (name, text) in files {
            std::fs::write(site.path().join(name), text).expect("written");
        }
        let service = app_under(site.path(), base).expect("a service");
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a port");
        let addr = listener.local_addr().expect("bound");
        runtime.spawn(async move { axum::serve(listener, service).await });
        let answers = asked.iter().map(|(path, more)| {
            let mut stream = std::net::TcpStream::connect(addr).expect("connects");
            write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{more}\r\n")
                .expect("asks");
            let mut answer = String::new();
            stream.read_to_string(&mut answer).expect("answers");
            let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
            (head.to_lowercase(), body.to_owned())
        });
        answers.collect()
    }

    #[test]
    fn every_answer_holds_the_policy_and_how_long_it_lasts() {
        let asked = [
            ("/", "no-cache", "text/html", "200"),
            ("/p/jigsaw/5", "no-cache", "text/html", "200"),
            ("/style-123456789abcdef.css", "immutable", "text/css", "200"),
            ("/maker-0123456789abcdef_bg.wasm", "immutable", "application/wasm", "200"),
            ("/maker-0123456789abcdef_loader.js", "immutable", "javascript", "200"),
            ("/style-fedcba9876543210.css", "no-cache", "text/html", "404"),
            ("/sw.js", "no-cache", "javascript", "200"),
            ("/manifest.webmanifest", "no-cache", "application/manifest+json", "200"),
            ("/packs/frog.pack", "no-cache", "application/octet-stream", "200"),
            ("/packs", "no-cache", "text/html", "200"),
        ];
        let answers = ask("/", &asked.map(|(path, ..)| (path, "")));
        for ((path, lasts, kind, status), (head, _)) in asked.iter().zip(&answers) {
            assert!(head.starts_with(&format!("http/1.1 {status}")), "{path}: {head}");
            for wanted in [
                "content-security-policy: default-src 'none'",
                "x-content-type-options: nosniff",
                "referrer-policy: no-referrer",
                lasts,
                kind,
            ] {
                assert!(head.contains(wanted), "{path} lacks {wanted}: {head}");
            }
        }
    }

    #[test]
    fn packed_files_are_sent_to_those_who_take_them() {
        let path = "/maker-0123456789abcdef_bg.wasm";
        let answers = ask("/", &[(path, "Accept-Encoding: gzip\r\n"), (path, "")]);
        assert!(answers[0].0.contains("content-encoding: gzip") && answers[0].1 == "packed", "{answers:?}");
        assert!(answers[0].0.contains("application/wasm"), "{answers:?}");
        assert!(!answers[1].0.contains("content-encoding") && answers[1].1 == "wasm", "{answers:?}");
    }

    #[test]
    fn a_site_under_a_path_is_all_that_is_there() {
        let paths = ["/any/sub/", "/any/sub/p/jigsaw/5", "/any/sub/sw.js", "/", "/any/sub", "/any/other"];
        let answers = ask("any/sub", &paths.map(|path| (path, "")));
        assert!(answers[0].1.contains("<p>page") && answers[1].1.contains("<p>page"), "{answers:?}");
        assert_eq!(answers[2].1, "sw");
        for (head, _) in &answers[3..] {
            assert!(head.starts_with("http/1.1 307") && head.contains("location: /any/sub/"), "{head}");
        }
        for base in ["/a b/", "/{x}/", "/../", "/a//b/", "/ä/"] {
            assert!(app_under(Path::new("."), base).is_err(), "{base}");
        }
    }
}
