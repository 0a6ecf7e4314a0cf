//! Datasets: recipes on disk, making them from sources, and writing their items for others to read.

pub mod materialise;
pub mod recipes;
pub mod synth;
