//! Datasets: recipes on disk, making them from sources, and writing their items for others to read.

pub mod annotations;
mod journal;
pub mod materialise;
mod near;
pub mod recipes;
mod sources;
pub mod synth;
