//! Drawing items from sources: each by itself, from its number and the seed, in pieces that a killed run leaves behind.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use indicatif::{ProgressBar, ProgressStyle};
use rayon::prelude::*;
use scrubjay_core::frame::hex;
use scrubjay_core::recipe::{Draw, Question, Recipe, RecipeError, Size};
use scrubjay_core::rng::Stream;
use scrubjay_core::similarity::{SMALL, Thumbnails};
use scrubjay_core::source::{Source, Times};
use scrubjay_core::time::Rate;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::account::{by_task, jsonl};
use super::journal::Journal;
use super::plan::Plan;
use super::recipes::Line;
use super::sources::Usable;
use crate::error::Error;
use crate::say;
use crate::video::Video;

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

/// What items are drawn from.
pub(super) struct Sources<'a> {
    plan: &'a Plan,
    videos: &'a [Usable],
    /// For each item which video's turn it is, counted through all of them; none for items of scenes.
    turns: Vec<Option<usize>>,
    /// Videos' frames for masked prediction, or why they cannot be had; kept while there is room.
    pools: Mutex<HashMap<PathBuf, Arc<Result<Thumbnails, String>>>>,
    /// In which order the videos take their turns, by round; the last ones are kept.
    orders: Mutex<HashMap<usize, Vec<usize>>>,
}

/// Rounds whose order is kept: items are drawn in their order, more or less.
const ORDERS: usize = 4;

/// Videos of which frames for masked prediction are kept: a third of a megabyte each at most.
const POOLS: usize = 256;

/// Items that are drawn, and kept for a run that goes on, at a time.
const PIECE: usize = 4096;

/// What was drawn: the recipe lines are in the journal.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Drawing {
    /// Names of the journal's pieces, in order.
    pub(super) pieces: Vec<String>,
    /// Items by task.
    pub(super) tasks: BTreeMap<String, usize>,
    /// Items that no source admitted.
    pub(super) undrawn: Vec<Undrawn>,
}

impl Drawing {
    /// How many were drawn.
    pub(super) fn items(&self) -> usize {
        self.tasks.values().sum()
    }
}

/// All items of the plan's shard, in their order.
pub(super) fn draw_all(
    sources: &Sources<'_>,
    questions: &[Question],
    journal: &Journal,
) -> Result<Drawing, Error> {
    let plan = sources.plan;
    let (index, of) = plan.shard;
    let mine: Vec<usize> = (index..plan.count).step_by(of.max(1)).collect();
    let style = ProgressStyle::with_template("drawing items {wide_bar} {pos}/{len}, {per_sec}, {eta} left")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = say::bar(ProgressBar::new(mine.len() as u64).with_style(style));
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
                        Err(u) => {
                            say::detail(&bar, format_args!("not drawn: {}", u.detail));
                            undrawn.push(u);
                        }
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

/// Item `i`: of scenes and videos each with equal chance; every scene is its own, and of videos it is one's turn. A source that
/// does not admit the question (no event of it is in sight, say) makes place for one that is drawn.
fn line(sources: &Sources<'_>, i: usize, question: Question) -> Result<Result<Line, Undrawn>, Error> {
    let Sources { plan, videos, .. } = *sources;
    let data = &plan.preset.data;
    let mut stream = Stream::keyed(plan.seed, "synth", "source", i as u64);
    let mut last = None;
    for attempt in 0..ATTEMPTS {
        let first = (attempt == 0).then(|| sources.first(i)).flatten();
        let drawn = draw_source(plan, videos, question, &mut stream, first);
        let Drawn { source, size, file, times } = drawn.map_err(|e| Error::failed(e.to_string()))?;
        let (other, others) = match question.needs_other() {
            // A video has one frame size of its own; both are read at the item's.
            true => {
                let other = draw_source(plan, videos, question, &mut stream, None);
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

/// What an item is tried on first.
#[derive(Debug, Clone, Copy)]
enum First {
    /// Any scene.
    Scene,
    /// This video.
    Video(usize),
}

/// Whether a question is asked of a scene or of a video: each with equal chance where both are there and will do.
fn is_of_scene(plan: &Plan, videos: &[Usable], question: Question, stream: &mut Stream) -> bool {
    match (plan.scenes.is_empty(), videos.is_empty()) {
        (false, false) => stream.below(2) == 0 || question.needs_events(),
        (no_scenes, _) => !no_scenes,
    }
}

/// A scene or a video: what is to be `first`, or any.
fn draw_source<'a>(
    plan: &Plan,
    videos: &'a [Usable],
    question: Question,
    stream: &mut Stream,
    first: Option<First>,
) -> Result<Drawn<'a>, RecipeError> {
    let data = &plan.preset.data;
    let from_scene = match first {
        Some(first) => matches!(first, First::Scene),
        None => is_of_scene(plan, videos, question, stream),
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
        let v = match first {
            Some(First::Video(number)) => &videos[number],
            _ => &videos[stream.below(videos.len() as u32) as usize],
        };
        Ok(Drawn {
            source: v.source.clone(),
            size: v.size,
            file: Some(v.file.clone()),
            times: v.times.as_ref(),
        })
    }
}

impl<'a> Sources<'a> {
    /// A plan's, with the videos that can be used and what is asked, item by item.
    pub(super) fn new(plan: &'a Plan, videos: &'a [Usable], questions: &[Question]) -> Self {
        let mut turn = 0;
        let turns = (0..).zip(questions).map(|(i, question)| {
            let scene =
                is_of_scene(plan, videos, *question, &mut Stream::keyed(plan.seed, "synth", "kind", i));
            (!scene).then(|| {
                turn += 1;
                turn - 1
            })
        });
        Self { plan, videos, turns: turns.collect(), pools: Mutex::default(), orders: Mutex::default() }
    }

    /// Which source item `i` is tried on first. Each video is used once before any is used again (methods §1.8), but for those that
    /// take the place of one that admits no question. Their order is shuffled anew for every round, since turns that kept step
    /// with the schedule would tie each source to one question.
    fn first(&self, i: usize) -> Option<First> {
        let Some(turn) = *self.turns.get(i)? else { return Some(First::Scene) };
        let count = self.videos.len();
        let (round, place) = (turn.checked_div(count)?, turn.checked_rem(count)?);
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        if orders.len() >= ORDERS && !orders.contains_key(&round) {
            orders.clear();
        }
        let order = orders.entry(round).or_insert_with(|| {
            let mut order: Vec<usize> = (0..count).collect();
            Stream::keyed(self.plan.seed, "synth", "videos", round as u64).shuffle(&mut order);
            order
        });
        order.get(place).copied().map(First::Video)
    }

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
