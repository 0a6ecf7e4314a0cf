//! Datasets: recipes on disk, and making them from sources.

pub mod annotations;
pub mod recipes;
pub mod synth;
