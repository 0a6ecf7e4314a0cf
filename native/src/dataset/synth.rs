//! Synthesis: from videos and scenes to a folder of recipes.
//!
//! Item `i` of a dataset depends on the seed, on `i` and on the sources, and on nothing else: not on the number
//! of workers nor on how the work is cut into shards.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use indicatif::{ProgressBar, ProgressStyle};
use rayon::prelude::*;
use scrubjay_core::GENERATOR_VERSION;
use scrubjay_core::frame::hex;
use scrubjay_core::preset::Preset;
use scrubjay_core::recipe::{Draw, Question, Recipe, RecipeError, Size};
use scrubjay_core::rng::Stream;
use scrubjay_core::scene::Family;
use scrubjay_core::similarity::{SMALL, Thumbnails};
use scrubjay_core::source::{Source, Times};
use scrubjay_core::time::Rate;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::annotations::Annotated;
use super::journal::Journal;
use super::materialise::holds;
use super::near;
use super::recipes::Line;
pub use super::sources::{Skipped, content_hash};
use super::sources::{Usable, look, unique, without_bench};
use crate::error::Error;
use crate::video::Video;

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

/// An item that no source admitted, and why the last one did not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undrawn {
    /// Its number in the whole dataset.
    pub item: usize,
    /// One word.
    pub cause: String,
    /// Its task.
    pub task: String,
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
    pub tasks: BTreeMap<String, usize>,
    /// Videos that are used.
    pub videos: usize,
    /// Scene families that are used.
    pub scenes: Vec<&'static str>,
    /// Pairs of videos that look alike; each has its line in `near-duplicates.jsonl`.
    pub near_duplicates: usize,
    /// Videos that were skipped, by cause.
    pub skipped: BTreeMap<String, usize>,
    /// Items of this part that no source admitted, by task; each has its line in the ledger.
    pub undrawn: BTreeMap<String, usize>,
    /// What became of the annotations, where items were made of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annotations: Option<Annotated>,
    /// The whole preset.
    pub config: Preset,
}

/// Makes the dataset in the plan's folder: `recipes.jsonl`, `sources.jsonl`, `near-duplicates.jsonl`, `ledger.jsonl`,
/// and `dataset.json` last: a folder without it is not a dataset. Work that was cut off goes on where it was.
///
/// # Errors
/// [`Error`] when no source can be used or a file cannot be written. Each file is written whole or not at all.
pub fn synthesize(plan: &Plan) -> Result<Made, Error> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(plan.workers)
        .build()
        .map_err(|e| Error::failed(format!("no worker threads: {e}")))?;
    pool.install(|| run(plan))
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

fn run(plan: &Plan) -> Result<Made, Error> {
    let bench = bench(plan)?;
    let journal = Journal::open(&plan.out, &identity(plan, &())?)?;
    let (videos, mut skipped) = look(plan, &plan.videos, &journal)?;
    let videos = unique(videos, &mut skipped);
    let videos = without_bench(videos, &bench, &mut skipped);
    skipped.sort_by(|a, b| a.file.cmp(&b.file));
    if videos.is_empty() && plan.scenes.is_empty() {
        let first = skipped.first().map(|s| s.detail.clone());
        let more = skipped.len().saturating_sub(1);
        let reason = match first {
            Some(first) if more == 0 => first,
            Some(first) => format!("{first} (and {more} more)"),
            None => "no videos and no scenes were given; use --videos or --scenes".to_owned(),
        };
        journal.abandon(&plan.out);
        return Err(Error::failed(format!("nothing to make items from: {reason}")));
    }
    let questions = plan.preset.data.schedule(plan.count);
    if let Some(q) = questions.iter().find(|q| q.needs_events() && plan.scenes.is_empty()) {
        journal.abandon(&plan.out);
        return Err(Error::usage(format!(
            "the preset asks {} about events, which only scenes know; add --scenes all",
            q.task()
        )));
    }
    let sources = Sources { plan, videos: &videos, pools: Mutex::default() };
    let drawn = draw_all(&sources, &questions, &journal)?;
    if let (0, Some(u)) = (drawn.items(), drawn.undrawn.first()) {
        let error = Error::failed(format!("no item can be drawn from these sources: {}", u.detail));
        journal.abandon(&plan.out);
        return Err(error);
    }
    let mut made = Made::of(plan, drawn.tasks);
    for u in &drawn.undrawn {
        *made.undrawn.entry(u.task.clone()).or_insert(0) += 1;
    }
    finish(plan, journal, &videos, &skipped, &drawn.pieces, &jsonl(&drawn.undrawn)?, &mut made)?;
    Ok(made)
}

impl Made {
    /// The account of a plan's items by task, without what was left out.
    pub(super) fn of(plan: &Plan, tasks: BTreeMap<String, usize>) -> Self {
        Self {
            scrubjay: env!("CARGO_PKG_VERSION"),
            generator: GENERATOR_VERSION,
            preset: plan.preset_name.clone(),
            seed: plan.seed,
            count: plan.count,
            shard: plan.shard,
            items: tasks.values().sum(),
            tasks,
            videos: 0,
            scenes: plan.scenes.iter().map(|f| f.name()).collect(),
            near_duplicates: 0,
            skipped: BTreeMap::new(),
            undrawn: BTreeMap::new(),
            annotations: None,
            config: plan.preset.clone(),
        }
    }
}

/// Items by task.
pub(super) fn by_task(lines: &[Line]) -> BTreeMap<String, usize> {
    let mut tasks = BTreeMap::new();
    for line in lines {
        *tasks.entry(line.recipe.task.name().name().to_owned()).or_insert(0) += 1;
    }
    tasks
}

/// Writes a dataset's files, the account last, and closes the journal. `pieces` are the journal's recipe lines, `lost` is
/// the ledger after the skipped videos.
pub(super) fn finish(
    plan: &Plan,
    journal: Journal,
    videos: &[Usable],
    skipped: &[Skipped],
    pieces: &[String],
    lost: &[u8],
    made: &mut Made,
) -> Result<(), Error> {
    let alike = near::pairs(videos);
    (made.videos, made.near_duplicates) = (videos.len(), alike.len());
    for s in skipped {
        *made.skipped.entry(s.cause.clone()).or_insert(0) += 1;
    }
    let (account, recipes) = (plan.out.join("dataset.json"), plan.out.join("recipes.jsonl"));
    let other = |new: &Path| {
        if holds(&plan.out) && content_hash(new)? != content_hash(&recipes).unwrap_or_default() {
            let what = "holds the written items of other recipes; choose another folder or remove it";
            return Err(Error::path(&plan.out, what));
        }
        if account.exists() {
            std::fs::remove_file(&account)
                .map_err(|e| Error::path(&account, format!("cannot be replaced: {e}")))?;
        }
        Ok(())
    };
    journal.join(pieces, &recipes, other)?;
    let write = |name: &str, bytes: &[u8]| journal.publish(&plan.out.join(name), bytes);
    write("sources.jsonl", &jsonl(videos)?)?;
    write("near-duplicates.jsonl", &jsonl(&alike)?)?;
    write("ledger.jsonl", &[&jsonl(skipped)?, lost].concat())?;
    write("dataset.json", &serde_json::to_vec_pretty(made).map_err(|e| Error::failed(e.to_string()))?)?;
    journal.close()
}

/// What items are drawn from.
struct Sources<'a> {
    plan: &'a Plan,
    videos: &'a [Usable],
    /// Videos' frames for masked prediction, or why they cannot be had; kept while there is room.
    pools: Mutex<HashMap<PathBuf, Arc<Result<Thumbnails, String>>>>,
}

/// Videos of which frames for masked prediction are kept: a third of a megabyte each at most.
const POOLS: usize = 256;

/// Items that are drawn, and kept for a run that goes on, at a time.
const PIECE: usize = 4096;

/// What was drawn: the recipe lines are in the journal.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Drawing {
    /// Names of the journal's pieces, in order.
    pieces: Vec<String>,
    tasks: BTreeMap<String, usize>,
    undrawn: Vec<Undrawn>,
}

impl Drawing {
    fn items(&self) -> usize {
        self.tasks.values().sum()
    }
}

/// All items of the plan's shard, in their order.
fn draw_all(sources: &Sources<'_>, questions: &[Question], journal: &Journal) -> Result<Drawing, Error> {
    let plan = sources.plan;
    let (index, of) = plan.shard;
    let mine: Vec<usize> = (index..plan.count).step_by(of.max(1)).collect();
    let style = ProgressStyle::with_template("drawing items {wide_bar} {pos}/{len}, {per_sec}, {eta} left")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::new(mine.len() as u64).with_style(style);
    // Pieces that were drawn from other videos, since changed or kept out, are not these.
    let videos: String = hex(&Sha256::digest(jsonl(sources.videos)?)).chars().take(16).collect();
    let mut all = Drawing::default();
    for (number, part) in mine.chunks(PIECE).enumerate() {
        let name = format!("items-{videos}-{number:06}");
        let (lines, account) = (format!("{name}.jsonl"), format!("{name}.json"));
        let kept = journal.piece(&account).and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let piece: Drawing = match kept {
            Some(piece) => piece,
            None => {
                let drawn = part
                    .par_iter()
                    .map(|&i| {
                        let line = line(sources, i, questions[i]);
                        bar.inc(1);
                        line
                    })
                    .collect::<Result<Vec<Result<Line, Undrawn>>, Error>>()?;
                let (mut done, mut undrawn) = (Vec::new(), Vec::new());
                for result in drawn {
                    match result {
                        Ok(line) => done.push(line),
                        Err(u) => undrawn.push(u),
                    }
                }
                let piece = Drawing { pieces: vec![lines.clone()], tasks: by_task(&done), undrawn };
                // The account last: without it the lines are not believed.
                journal.keep(&lines, &jsonl(&done)?)?;
                let json = serde_json::to_vec(&piece).map_err(|e| Error::failed(e.to_string()))?;
                journal.keep(&account, &json)?;
                piece
            }
        };
        bar.set_position(((number + 1) * PIECE).min(mine.len()) as u64);
        all.pieces.extend(piece.pieces);
        all.undrawn.extend(piece.undrawn);
        for (task, n) in piece.tasks {
            *all.tasks.entry(task).or_insert(0) += n;
        }
    }
    bar.finish_and_clear();
    Ok(all)
}

/// Sources that are tried for an item before it is given up.
const ATTEMPTS: usize = 32;

/// Item `i`: of scenes and videos each with equal chance; every scene is its own, a video is drawn. A source that
/// does not admit the question (no event of it is in sight, say) makes place for the next one drawn.
fn line(sources: &Sources<'_>, i: usize, question: Question) -> Result<Result<Line, Undrawn>, Error> {
    let Sources { plan, videos, .. } = *sources;
    let data = &plan.preset.data;
    // Drawn, not counted off: a turn that kept step with the schedule would tie each source to one question.
    let mut stream = Stream::keyed(plan.seed, "synth", "source", i as u64);
    let mut last = None;
    for _ in 0..ATTEMPTS {
        let drawn = draw_source(plan, videos, question, &mut stream);
        let Drawn { source, size, file, times } = drawn.map_err(|e| Error::failed(e.to_string()))?;
        let (other, others) = match question.needs_other() {
            // A video has one frame size of its own; both are read at the item's.
            true => {
                let other = draw_source(plan, videos, question, &mut stream);
                let Drawn { source: other, file: path, .. } =
                    other.map_err(|e| Error::failed(e.to_string()))?;
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
            (Some(path), Question::Masked(_)) => Some(sources.pool(path, &source, times)),
            _ => None,
        };
        if let Some(Err(e)) = pool.as_deref() {
            last = Some(e.clone());
            continue;
        }
        let draw = Draw {
            seed: plan.seed,
            index: i as u64,
            source: &source,
            sampling: data.sampling,
            size,
            question,
            wording: data.wording,
            other: other.as_ref(),
            pool: pool.as_deref().and_then(|p| p.as_ref().ok()).map(|p| p as _),
            times,
        };
        match Recipe::draw(&draw) {
            Ok(recipe) => return Ok(Ok(Line { id: recipe.id(), recipe, file, others })),
            Err(e @ (RecipeError::Task(_) | RecipeError::Sampling(_))) => last = Some(e.to_string()),
            Err(e) => return Err(Error::failed(format!("item {i}: {e}"))),
        }
    }
    let detail = format!("item {i}: {}", last.unwrap_or_default());
    let (cause, task) = ("unanswerable".to_owned(), question.task().name().to_owned());
    Ok(Err(Undrawn { item: i, cause, task, detail }))
}

/// A source that was drawn.
struct Drawn<'a> {
    source: Source,
    size: Size,
    /// Where it is, if it is a video.
    file: Option<PathBuf>,
    times: Option<&'a Times>,
}

fn draw_source<'a>(
    plan: &Plan,
    videos: &'a [Usable],
    question: Question,
    stream: &mut Stream,
) -> Result<Drawn<'a>, RecipeError> {
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
        let frames = data.sampling.select(source.frames(), rate.fps())?.indices.len() as u32;
        // Scenes are drawn at any size; their native aspect is 16:9.
        let size = data.picture.size(1280, 720, frames)?;
        Ok(Drawn { source, size, file: None, times: None })
    } else {
        let v = &videos[stream.below(videos.len() as u32) as usize];
        Ok(Drawn {
            source: v.source.clone(),
            size: v.size,
            file: Some(v.file.clone()),
            times: v.times.as_ref(),
        })
    }
}

impl Sources<'_> {
    /// A video's sampled frames as small pictures, to be compared.
    fn pool(&self, path: &Path, source: &Source, times: Option<&Times>) -> Arc<Result<Thumbnails, String>> {
        let lock = || self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pool) = lock().get(path) {
            return pool.clone();
        }
        let make = || {
            let sampling = self.plan.preset.data.sampling;
            let timeline = sampling.recall(source.frames(), source.rate().fps(), times);
            let timeline = timeline.map_err(|e| format!("{}: {e}", path.display()))?;
            let size = Size { width: SMALL.0, height: SMALL.1 };
            let decoded = Video::open(path).and_then(|v| v.decode(&timeline.indices, size));
            let frames: Vec<_> = decoded.map_err(|e| e.to_string())?.into_iter().map(|d| d.frame).collect();
            Ok(Thumbnails::new(&frames))
        };
        let pool = Arc::new(make());
        let mut pools = lock();
        if pools.len() >= POOLS {
            pools.clear();
        }
        pools.insert(path.to_owned(), pool.clone());
        pool
    }
}

pub(super) fn jsonl<T: Serialize>(values: &[T]) -> Result<Vec<u8>, Error> {
    let mut out = Vec::new();
    for value in values {
        serde_json::to_writer(&mut out, value).map_err(|e| Error::failed(e.to_string()))?;
        out.push(b'\n');
    }
    Ok(out)
}
