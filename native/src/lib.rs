//! Scrubjay on the command line: video decoding, dataset synthesis, training, and the site's server.

pub mod cli;
pub mod dataset;
pub mod doctor;
pub mod error;
pub mod files;
pub mod inspect;
pub mod lines;
pub mod loader;
pub mod media;
pub mod model;
pub mod packs;
pub mod pixels;
pub mod say;
pub mod serve;
pub mod train;
pub mod video;
