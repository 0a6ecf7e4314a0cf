//! A visitor's own film: read, decoded and made into frames in the tab, from which nothing leaves.
//!
//! Two roads. [`Film`] reads the container itself and lets WebCodecs decode: frames have exact numbers and times, as
//! `scrubjay`'s native reader has them. Where that cannot be ([`OwnError::NeedsElement`]), the page plays the film in a
//! hidden `<video>` (`element`) and takes what it shows at a fixed pace: [`Sampled`].
//!
//! [`container`] is plain Rust and is tested natively; the rest runs in a browser, in a dedicated worker but for
//! `element`, which needs a page.

pub mod container;
mod facts;
mod fault;
mod sampled;

#[cfg(target_arch = "wasm32")]
mod blob;
#[cfg(target_arch = "wasm32")]
mod codecs;
#[cfg(target_arch = "wasm32")]
mod convert;
#[cfg(target_arch = "wasm32")]
mod decode;
#[cfg(target_arch = "wasm32")]
pub mod element;
#[cfg(target_arch = "wasm32")]
mod film;
#[cfg(target_arch = "wasm32")]
mod signal;

pub use facts::{By, Facts, How, Progress, Stage};
pub use fault::{OwnError, Reason};
pub use sampled::Sampled;

#[cfg(target_arch = "wasm32")]
pub use blob::sha256;
#[cfg(target_arch = "wasm32")]
pub(crate) use codecs::words;
#[cfg(target_arch = "wasm32")]
pub use film::Film;
