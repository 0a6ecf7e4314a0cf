//! The site. It draws and listens; every rule and every score comes from `scrubjay-core`.

#![forbid(unsafe_code)]
#![expect(unreachable_pub, reason = "the component macro makes its functions and their properties public")]

mod app;
mod pages;
mod puzzle;
mod screen;

fn main() {
    console_error_panic_hook::set_once();
    leptos::mount::mount_to_body(app::App);
}
