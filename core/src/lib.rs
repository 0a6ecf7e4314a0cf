//! Scrubjay's rules: what a puzzle is, how it is made from a video, what the right answer is and how an
//! answer is scored.
//!
//! The crate is pure. It has no clock, no input or output, no global random numbers, no GPU and no model,
//! and it compiles to native code and to `wasm32-unknown-unknown` with identical results, bit for bit:
//! random draws are integers from one keyed stream per item ([`rng`]), pictures are drawn and perturbed in
//! integers, and the few floating-point values (seconds, scores, a resampler's weights) use only operations that every target
//! rounds alike.
//!
//! Data walks one road: [`source`] → [`recipe`] → [`item`] → [`answer`] → [`reward`].

#![forbid(unsafe_code)]

pub mod answer;
pub mod chance;
mod columns;
pub mod frame;
pub mod grpo;
pub mod item;
pub mod link;
mod memo;
pub mod metric;
mod named;
pub mod pack;
pub mod perturb;
pub mod preset;
pub mod prompt;
pub mod recipe;
pub mod resample;
pub mod reward;
pub mod rng;
pub mod scene;
pub mod similarity;
pub mod source;
pub mod task;
pub mod time;
mod turn;
pub mod yuv;

/// Version of everything that turns a seed into pixels, truths and prompts.
///
/// It is part of every random stream's key and of every recipe, and changes whenever any output would.
pub const GENERATOR_VERSION: u32 = 3;
