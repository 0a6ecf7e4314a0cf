//! Synthesis: from videos and scenes to a folder of recipes.
//!
//! Item `i` of a dataset depends on the seed, on `i` and on the sources, and on nothing else: not on the number
//! of workers nor on how the work is cut into shards.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use indicatif::{ParallelProgressIterator as _, ProgressStyle};
use rayon::prelude::*;
use scrubjay_core::GENERATOR_VERSION;
use scrubjay_core::frame::hex;
use scrubjay_core::preset::Preset;
use scrubjay_core::recipe::{Draw, Question, Recipe, RecipeError, Size};
use scrubjay_core::rng::Stream;
use scrubjay_core::scene::Family;
use scrubjay_core::similarity::{SMALL, Thumbnails};
use scrubjay_core::source::Source;
use scrubjay_core::time::Rate;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::annotations::Annotated;
use super::recipes::Line;
use crate::error::Error;
use crate::files::{writable_folder, write_atomic};
use crate::video;

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
    /// Where to write.
    pub out: PathBuf,
}

/// A source that was not used, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// The file.
    pub file: PathBuf,
    /// One word.
    pub cause: String,
    /// One sentence.
    pub detail: String,
}

/// An item that no source admitted, and why the last one did not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Undrawn {
    /// Its number in the whole dataset.
    pub item: usize,
    /// One word.
    pub cause: &'static str,
    /// Its task.
    pub task: &'static str,
    /// One sentence.
    pub detail: String,
}

/// What was made.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Made {
    /// Program version.
    pub scrubjay: &'static str,
    /// Generator version.
    pub generator: u32,
    /// Preset name.
    pub preset: String,
    /// Seed.
    pub seed: u64,
    /// Items in the whole dataset.
    pub count: usize,
    /// This part, from 0, of so many.
    pub shard: (usize, usize),
    /// Items in this part.
    pub items: usize,
    /// Items in this part by task.
    pub tasks: BTreeMap<&'static str, usize>,
    /// Videos that are used.
    pub videos: usize,
    /// Scene families that are used.
    pub scenes: Vec<&'static str>,
    /// Videos that were skipped, by cause.
    pub skipped: BTreeMap<String, usize>,
    /// Items of this part that no source admitted, by task; each has its line in the ledger.
    pub undrawn: BTreeMap<&'static str, usize>,
    /// What became of the annotations, where items were made of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annotations: Option<Annotated>,
    /// The whole preset.
    pub config: Preset,
}

/// A usable video.
#[derive(Debug, Clone)]
pub(super) struct Video {
    /// What it is.
    pub(super) source: Source,
    /// Picture size of its items.
    pub(super) size: Size,
    /// The file, absolute.
    pub(super) file: PathBuf,
}

/// Makes the dataset: `recipes.jsonl`, `ledger.jsonl` and `dataset.json` in the plan's folder.
///
/// # Errors
/// [`Error`] when no source can be used or a file cannot be written. Each file is written whole or not at all, and
/// `dataset.json` last: a folder without it is not a dataset.
pub fn synthesize(plan: &Plan) -> Result<Made, Error> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(plan.workers)
        .build()
        .map_err(|e| Error::failed(format!("no worker threads: {e}")))?;
    pool.install(|| run(plan))
}

fn run(plan: &Plan) -> Result<Made, Error> {
    let (videos, skipped) = inspect(plan);
    if videos.is_empty() && plan.scenes.is_empty() {
        let first = skipped.first().map(|s| s.detail.clone());
        let more = skipped.len().saturating_sub(1);
        let reason = match first {
            Some(first) if more == 0 => first,
            Some(first) => format!("{first} (and {more} more)"),
            None => "no videos and no scenes were given; use --videos or --scenes".to_owned(),
        };
        return Err(Error::failed(format!("nothing to make items from: {reason}")));
    }
    let questions = plan.preset.data.schedule(plan.count);
    if let Some(q) = questions.iter().find(|q| q.needs_events() && plan.scenes.is_empty()) {
        return Err(Error::usage(format!(
            "the preset asks {} about events, which only scenes know; add --scenes all",
            q.task()
        )));
    }
    let (index, of) = plan.shard;
    let mine: Vec<usize> = (index..plan.count).step_by(of.max(1)).collect();
    let drawn = mine
        .par_iter()
        .map(|&i| line(plan, &videos, i, questions[i]))
        .collect::<Result<Vec<Result<Line, Undrawn>>, Error>>()?;
    let (mut lines, mut undrawn) = (Vec::with_capacity(drawn.len()), Vec::new());
    for result in drawn {
        match result {
            Ok(line) => lines.push(line),
            Err(u) => undrawn.push(u),
        }
    }
    if let (true, Some(u)) = (lines.is_empty(), undrawn.first()) {
        return Err(Error::failed(format!("no item can be drawn from these sources: {}", u.detail)));
    }

    let mut tasks = BTreeMap::new();
    for line in &lines {
        *tasks.entry(line.recipe.task.name().name()).or_insert(0) += 1;
    }
    let mut lost = BTreeMap::new();
    for u in &undrawn {
        *lost.entry(u.task).or_insert(0) += 1;
    }
    let mut causes = BTreeMap::new();
    for s in &skipped {
        *causes.entry(s.cause.clone()).or_insert(0) += 1;
    }
    let made = Made {
        scrubjay: env!("CARGO_PKG_VERSION"),
        generator: GENERATOR_VERSION,
        preset: plan.preset_name.clone(),
        seed: plan.seed,
        count: plan.count,
        shard: plan.shard,
        items: lines.len(),
        tasks,
        videos: videos.len(),
        scenes: plan.scenes.iter().map(|f| f.name()).collect(),
        skipped: causes,
        undrawn: lost,
        annotations: None,
        config: plan.preset.clone(),
    };
    let ledger = [jsonl(&skipped)?, jsonl(&undrawn)?].concat();
    write(&plan.out, &lines, &ledger, &made)?;
    Ok(made)
}

/// Writes a dataset's three files, `dataset.json` last.
pub(super) fn write(out: &Path, lines: &[Line], ledger: &[u8], made: &Made) -> Result<(), Error> {
    writable_folder(out)?;
    write_atomic(&out.join("recipes.jsonl"), &jsonl(lines)?)?;
    write_atomic(&out.join("ledger.jsonl"), ledger)?;
    let json = serde_json::to_vec_pretty(made).map_err(|e| Error::failed(e.to_string()))?;
    write_atomic(&out.join("dataset.json"), &json)
}

/// Probes all videos; sorted by content so that the order of names does not matter, and each content once.
fn inspect(plan: &Plan) -> (Vec<Video>, Vec<Skipped>) {
    let (mut videos, mut skipped) = inspect_all(plan, &plan.videos);
    videos.sort_by_key(|v| (v.source.key(), v.file.clone()));
    let mut unique: Vec<Video> = Vec::with_capacity(videos.len());
    for video in videos {
        match unique.last() {
            Some(last) if last.source == video.source => skipped.push(Skipped {
                detail: format!("{}: has the same content as {}", video.file.display(), last.file.display()),
                file: video.file,
                cause: "duplicate".to_owned(),
            }),
            _ => unique.push(video),
        }
    }
    skipped.sort_by(|a, b| a.file.cmp(&b.file));
    (unique, skipped)
}

/// Probes files, in their order.
pub(super) fn inspect_all(plan: &Plan, files: &[PathBuf]) -> (Vec<Video>, Vec<Skipped>) {
    let style = ProgressStyle::with_template("looking at videos {wide_bar} {pos}/{len} {eta}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    let results: Vec<Result<Video, Skipped>> =
        files.par_iter().progress_with_style(style).map(|file| inspect_one(plan, file)).collect();
    let (mut videos, mut skipped) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(video) => videos.push(video),
            Err(skip) => skipped.push(skip),
        }
    }
    (videos, skipped)
}

fn inspect_one(plan: &Plan, file: &Path) -> Result<Video, Skipped> {
    let skip =
        |cause: &str, detail: String| Skipped { file: file.to_owned(), cause: cause.to_owned(), detail };
    let probe = video::Video::open(file).map_err(|e| skip(e.cause(), e.to_string()))?;
    let timeline = plan
        .preset
        .data
        .sampling
        .select(probe.frames(), probe.rate().fps())
        .map_err(|e| skip("too-short", format!("{}: {e}", file.display())))?;
    let frames = timeline.indices.len() as u32;
    let size = plan
        .preset
        .data
        .picture
        .size(probe.size().width, probe.size().height, frames)
        .map_err(|e| skip("shape", format!("{}: {e}", file.display())))?;
    let sha256 = content_hash(file).map_err(|e| skip("unreadable", e.to_string()))?;
    // Absolute, so that the recipes can be used from anywhere.
    let path = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    Ok(Video {
        source: Source::Video { sha256, frames: probe.frames(), rate: probe.rate() },
        size,
        file: path,
    })
}

/// Sources that are tried for an item before it is given up.
const ATTEMPTS: usize = 32;

/// Item `i`: of scenes and videos each with equal chance; every scene is its own, a video is drawn. A source that
/// does not admit the question (no event of it is in sight, say) makes place for the next one drawn.
fn line(plan: &Plan, videos: &[Video], i: usize, question: Question) -> Result<Result<Line, Undrawn>, Error> {
    let data = &plan.preset.data;
    // Drawn, not counted off: a turn that kept step with the schedule would tie each source to one question.
    let mut stream = Stream::keyed(plan.seed, "synth", "source", i as u64);
    let mut last = None;
    for _ in 0..ATTEMPTS {
        let (source, size, file) = draw_source(plan, videos, question, &mut stream)?;
        let (other, others) = match question.needs_other() {
            // A video has one frame size of its own; both are read at the item's.
            true => {
                let (other, _, path) = draw_source(plan, videos, question, &mut stream)?;
                let key = match &other {
                    Source::Video { sha256, .. } => path.map(|p| (sha256.clone(), p)),
                    Source::Scene { .. } => None,
                };
                (Some(other), key.into_iter().collect())
            }
            false => (None, BTreeMap::new()),
        };
        if other.as_ref() == Some(&source) {
            last = Some("a swap needs two different sources".to_owned());
            continue;
        }
        let pool = match (&file, question) {
            (Some(path), Question::Masked(_)) => match pool(path, &source, data) {
                Ok(pool) => Some(pool),
                Err(e) => {
                    last = Some(e.to_string());
                    continue;
                }
            },
            _ => None,
        };
        let draw = Draw {
            seed: plan.seed,
            index: i as u64,
            source: &source,
            sampling: data.sampling,
            size,
            question,
            wording: data.wording,
            other: other.as_ref(),
            pool: pool.as_ref().map(|p| p as _),
            times: None,
        };
        match Recipe::draw(&draw) {
            Ok(recipe) => return Ok(Ok(Line { id: recipe.id(), recipe, file, others })),
            Err(e @ (RecipeError::Task(_) | RecipeError::Sampling(_))) => last = Some(e.to_string()),
            Err(e) => return Err(Error::failed(format!("item {i}: {e}"))),
        }
    }
    let detail = format!("item {i}: {}", last.unwrap_or_default());
    Ok(Err(Undrawn { item: i, cause: "unanswerable", task: question.task().name(), detail }))
}

fn draw_source(
    plan: &Plan,
    videos: &[Video],
    question: Question,
    stream: &mut Stream,
) -> Result<(Source, Size, Option<PathBuf>), Error> {
    let data = &plan.preset.data;
    let from_scene = match (plan.scenes.is_empty(), videos.is_empty()) {
        (false, false) => stream.below(2) == 0 || question.needs_events(),
        (scenes_empty, _) => !scenes_empty,
    };
    if from_scene {
        let family = plan.scenes[stream.below(plan.scenes.len() as u32) as usize];
        let seed = u64::from(stream.bits()) << 32 | u64::from(stream.bits());
        let rate = Rate { num: data.scene_fps, den: 1 };
        let source = Source::Scene { family, seed, frames: data.scene_frames, rate };
        // Scenes are drawn at any size; their native aspect is 16:9.
        let fail = |e: RecipeError| Error::failed(format!("{}: {e}", source.key()));
        let sampled = data.sampling.select(source.frames(), rate.fps()).map_err(|e| fail(e.into()))?;
        let size = data.picture.size(1280, 720, sampled.indices.len() as u32).map_err(fail)?;
        Ok((source, size, None))
    } else {
        let v = &videos[stream.below(videos.len() as u32) as usize];
        Ok((v.source.clone(), v.size, Some(v.file.clone())))
    }
}

/// A video's sampled frames as small pictures, to be compared.
fn pool(path: &Path, source: &Source, data: &scrubjay_core::preset::Data) -> Result<Thumbnails, Error> {
    let timeline =
        data.sampling.select(source.frames(), source.rate().fps()).map_err(|e| Error::path(path, e))?;
    let size = Size { width: SMALL.0, height: SMALL.1 };
    let decoded = video::Video::open(path)
        .and_then(|v| v.decode(&timeline.indices, size))
        .map_err(|e| Error::failed(e.to_string()))?;
    Ok(Thumbnails::new(&decoded.into_iter().map(|d| d.frame).collect::<Vec<_>>()))
}

pub(super) fn jsonl<T: Serialize>(values: &[T]) -> Result<Vec<u8>, Error> {
    let mut out = Vec::new();
    for value in values {
        serde_json::to_writer(&mut out, value).map_err(|e| Error::failed(e.to_string()))?;
        out.push(b'\n');
    }
    Ok(out)
}

/// SHA-256 of a file's bytes.
///
/// # Errors
/// [`Error`] when the file cannot be read.
pub fn content_hash(path: &Path) -> Result<String, Error> {
    let fail = |e: std::io::Error| Error::path(path, format!("cannot be read: {e}"));
    let mut file = File::open(path).map_err(fail)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let n = file.read(&mut buffer).map_err(fail)?;
        if n == 0 {
            return Ok(hex(&hash.finalize()));
        }
        hash.update(&buffer[..n]);
    }
}
