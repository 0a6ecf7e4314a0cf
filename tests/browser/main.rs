//! The built site in headless Chromium.
//!
//! Needs `dist/` (`./x site`), a chromedriver on PATH and axe-core; `./x test` provides all three. Nothing here is
//! skipped silently: without them the tests fail.

#[path = "../support/mod.rs"]
mod support;

mod budgets;
mod embed;
mod hosts;
mod jigsaw;
mod links;
mod looks;
mod own;
mod places;
mod play;
mod solve;
mod truth;
