//! What a dataset is to be made of, and what that depends on.

use std::path::PathBuf;

use scrubjay_core::GENERATOR_VERSION;
use scrubjay_core::preset::Preset;
use scrubjay_core::scene::Family;
use serde::Serialize;

use super::sources::Usable;
use crate::error::Error;

/// What to make.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Video files.
    pub videos: Vec<PathBuf>,
    /// Scene families.
    pub scenes: Vec<Family>,
    /// The preset's name, for the record.
    pub preset_name: String,
    /// The preset.
    pub preset: Preset,
    /// Items in the whole dataset.
    pub count: usize,
    /// Seed.
    pub seed: u64,
    /// Worker threads; 0 for one per core.
    pub workers: usize,
    /// This part, from 0, of so many.
    pub shard: (usize, usize),
    /// Decode every frame that items may show before a video is used, and not a few.
    pub verify: bool,
    /// A dataset whose videos must not be used, and its videos, as its `sources.jsonl` lists them.
    pub against: Option<PathBuf>,
    /// Where to write.
    pub out: PathBuf,
}

/// What the unfinished work belongs to, as text; `more` is what it depends on besides the plan.
pub(super) fn identity(plan: &Plan, more: &impl Serialize) -> Result<String, Error> {
    // Workers do not matter to the result, nor where it is written.
    let Plan { videos, scenes, preset, count, seed, shard, against, verify, .. } = plan;
    // Names need not be text; those that are not are skipped for it.
    let videos: Vec<_> = videos.iter().map(|v| v.to_string_lossy()).collect();
    let against = against.as_ref().map(|a| a.to_string_lossy());
    let scenes: Vec<&str> = scenes.iter().map(|f| f.name()).collect();
    let value = serde_json::json!({
        "scrubjay": env!("CARGO_PKG_VERSION"), "generator": GENERATOR_VERSION, "videos": videos, "scenes": scenes,
        "preset": preset, "count": count, "seed": seed, "shard": shard, "against": against,
        "verify": verify, "more": more,
    });
    serde_json::to_string(&value).map_err(|e| Error::failed(e.to_string()))
}

/// The bench's videos.
pub(super) fn bench(plan: &Plan) -> Result<Vec<Usable>, Error> {
    let Some(folder) = &plan.against else { return Ok(Vec::new()) };
    let path = folder.join("sources.jsonl");
    let text = std::fs::read_to_string(&path).map_err(|e| {
        Error::path(&path, format!("cannot be read ({e}); --against takes a dataset's folder"))
    })?;
    let line = |(i, line): (usize, &str)| {
        serde_json::from_str(line).map_err(|e| Error::path(&path, format!("line {}: {e}", i + 1)))
    };
    text.lines().enumerate().map(line).collect()
}

/// So many worker threads; 0 for one per core.
pub(super) fn workers(count: usize) -> Result<rayon::ThreadPool, Error> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(count)
        .build()
        .map_err(|e| Error::failed(format!("no worker threads: {e}")))
}
