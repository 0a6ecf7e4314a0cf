//! The site: a page that draws and listens (`app`), and a worker beside it that makes puzzles (`maker`), so that the page
//! never waits. Every rule and every score comes from `scrubjay-core`.

#![forbid(unsafe_code)]
#![cfg_attr(
    target_arch = "wasm32",
    expect(unreachable_pub, reason = "the component macro makes its functions and their properties public")
)]

#[cfg(target_arch = "wasm32")]
pub mod app;
pub mod clips;
pub mod difficulty;
pub mod draft;
pub mod figures;
#[cfg(target_arch = "wasm32")]
pub mod maker;
pub mod messages;
pub mod own;
pub mod spans;
pub mod wire;
