//! Datasets: recipes on disk, making them from sources, and writing their items for others to read.

mod account;
pub mod annotations;
mod draw;
mod journal;
pub mod materialise;
mod near;
mod plan;
pub mod recipes;
mod sources;
pub mod synth;
