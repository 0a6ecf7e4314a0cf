//! The page.

fn main() {
    #[cfg(target_arch = "wasm32")]
    scrubjay_web::app::start();
}
