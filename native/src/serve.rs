//! Serving the built site on this machine.

use std::net::SocketAddr;
use std::path::Path;

use axum::Router;
use axum::http::{HeaderValue, header};
use tower_http::services::{ServeDir, ServeFile};
use tower_http::set_header::SetResponseHeaderLayer;

use crate::error::Error;

/// The site as a service: files as they are; any other path is the app, which reads it as a link.
pub fn app(site: &Path) -> Router {
    let page = ServeFile::new(site.join("index.html"));
    // Browsers must ask whether a file is still the same: a rebuilt site is seen at the next load.
    let ask = SetResponseHeaderLayer::overriding(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Router::new().fallback_service(ServeDir::new(site).fallback(page)).layer(ask)
}

/// Serves a folder until the process is ended; prints the address once it listens.
///
/// # Errors
/// [`Error`] when the folder holds no site or the address cannot be used.
pub fn serve(site: &Path, addr: SocketAddr) -> Result<(), Error> {
    if !site.join("index.html").is_file() {
        return Err(Error::path(site, "holds no built site (index.html is missing); build it with ./x site"));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| Error::failed(format!("no runtime: {e}")))?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(addr)
            .await
            .map_err(|e| Error::failed(format!("{addr} cannot be listened on: {e}")))?;
        let bound = listener.local_addr().unwrap_or(addr);
        println!("http://{bound}/");
        axum::serve(listener, app(site)).await.map_err(|e| Error::failed(format!("serving stopped: {e}")))
    })
}
