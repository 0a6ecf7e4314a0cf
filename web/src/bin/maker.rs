//! The worker beside the page.

fn main() {
    #[cfg(target_arch = "wasm32")]
    scrubjay_web::maker::start();
}
