//! Datasets: recipes on disk, and making them from sources.

mod journal;
mod near;
pub mod recipes;
mod sources;
pub mod synth;
