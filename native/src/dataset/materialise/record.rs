//! What is noted of a finished item: everything that a row says about it, whatever the form.

use scrubjay_core::item::Item;
use scrubjay_core::prompt::Piece;
use scrubjay_core::reward::table::Reward;
use scrubjay_core::task::TaskName;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::dataset::recipes::Line;

/// Marks that readers of rows take for a place where something is shown.
const MARKS: [&str; 3] = ["<video>", "<image>", "<audio>"];

/// A piece of the user message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Part {
    /// Words.
    Text(String),
    /// The next of the clips.
    Video,
}

/// A clip as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Shown {
    /// Its files, relative to the dataset's folder or, within a tar shard, the ends of their names: a frame each, or one
    /// video file.
    pub(super) files: Vec<String>,
    /// Shown time of each frame in seconds.
    pub(super) times: Vec<f64>,
}

/// How far a frame may be shown from where a row's rate says it is, as a part of the time between two frames: whole frame
/// numbers of the source are a little uneven whatever the rate.
const EVEN: f64 = 0.05;

impl Shown {
    /// How far a frame is at most shown from its number over `fps`, in seconds.
    fn off(&self, fps: f64) -> f64 {
        let off = |(i, t): (usize, &f64)| (t - i as f64 / fps).abs();
        self.times.iter().enumerate().map(off).fold(0.0, f64::max)
    }

    /// Frames per second such that frame `i` is shown at `i` over it, within a twentieth of the time between two; none where there is no such
    /// rate. `fps` is the answer where it is right, as for a single frame.
    pub(super) fn rate(&self, fps: f64) -> Option<f64> {
        let own = self.times.last().map(|last| (self.times.len() - 1) as f64 / last);
        [Some(fps), own].into_iter().flatten().find(|r| r.is_finite() && *r > 0.0 && self.off(*r) * r <= EVEN)
    }
}

/// The note.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) id: String,
    /// Line of `recipes.jsonl`, from 0.
    pub(super) index: usize,
    pub(super) task: String,
    /// The source's key: `video/<sha256>` or `scene/<family>/<seed>`.
    pub(super) source: String,
    pub(super) perturbation: Option<String>,
    /// Perturbed frames in all, and the first of them.
    pub(super) perturbed: Option<[u32; 2]>,
    pub(super) system: String,
    pub(super) user: Vec<Part>,
    /// How the assistant's answer begins before the model goes on.
    pub(super) prefix: Option<String>,
    /// The user message's words alone.
    pub(super) question: String,
    /// The answer that earns the whole reward.
    pub(super) answer: String,
    /// The reward that reads `truth` and `meta`, by its name in `scrubjay score`.
    pub(super) reward: String,
    /// As the reward reads it: a text, or JSON in a text.
    pub(super) truth: String,
    /// JSON of what else the reward must know.
    pub(super) meta: Option<String>,
    pub(super) clips: Vec<Shown>,
    /// Shown frames per second; on average, where [`Self::clock_error`] says that they are not even.
    pub(super) sampling_fps: f64,
    pub(super) width: u32,
    pub(super) height: u32,
    /// Hash of the pixels shown.
    pub(super) stimulus: String,
    /// What a guess that never looks earns on average.
    pub(super) chance: f64,
}

/// The reward of a task in a row. VideoSSR's three are the published ones; the others are the ones whose published form
/// gives the truth 1.
pub(super) fn reward(task: TaskName) -> Reward {
    match task {
        TaskName::Grounding => Reward::VideossrGrounding,
        TaskName::Counting => Reward::VideossrCounting,
        TaskName::Jigsaw => Reward::VideossrJigsaw,
        TaskName::Masked => Reward::Mvp,
        TaskName::Segments => Reward::MusegGlobal,
        TaskName::Event => Reward::VideoreasonerIou,
        TaskName::Elements => Reward::VideoreasonerElements,
        TaskName::Qa => Reward::VideoreasonerAccuracy,
    }
}

/// The clips of an item in the order in which its user message shows them.
pub(super) fn order(item: &Item) -> Vec<usize> {
    let clip = |p: &Piece| if let Piece::Clip(i) = p { Some(*i) } else { None };
    item.prompt.user.iter().filter_map(clip).filter(|i| *i < item.clips.len()).collect()
}

impl Record {
    /// The note of an item whose clips, in the order they are shown, have these files; a word at fault if its texts
    /// contain a mark of their own, since a row's marks are counted.
    pub(super) fn new(
        line: &Line,
        index: usize,
        item: &Item,
        clips: Vec<Shown>,
    ) -> Result<Self, &'static str> {
        let user: Vec<Part> = item
            .prompt
            .user
            .iter()
            .map(|p| match p {
                Piece::Text(text) => Part::Text(text.clone()),
                Piece::Clip(_) => Part::Video,
            })
            .collect();
        let marked = |text: &str| MARKS.into_iter().find(|m| text.contains(m));
        let parts = user.iter().map(|p| if let Part::Text(text) = p { text.as_str() } else { "" });
        if let Some(mark) = parts.chain([item.prompt.system.as_str()]).find_map(marked) {
            return Err(mark);
        }
        let reward = reward(item.task);
        let (truth, meta) = item.truth.given_to(reward);
        let segments = line.recipe.task.perturbed();
        // Clips may have a pace of their own, the same for all of them: masked ones do not tell their real times.
        let longest = clips.iter().max_by_key(|c| c.times.len());
        let sampling_fps = longest.and_then(|c| c.rate(item.sampling_fps)).unwrap_or(item.sampling_fps);
        let json = |v: Value| if let Value::String(text) = v { text } else { v.to_string() };
        Ok(Self {
            id: line.id.clone(),
            index,
            task: item.task.name().to_owned(),
            source: line.recipe.source.key(),
            perturbation: segments.first().map(|s| s.perturbation.kind().name().to_owned()),
            perturbed: segments.first().map(|s| [segments.iter().map(|s| s.length).sum(), s.start]),
            system: item.prompt.system.clone(),
            user,
            prefix: Some(item.prompt.prefix.clone()).filter(|p| !p.is_empty()),
            question: item.prompt.question(),
            answer: item.truth.text(),
            reward: reward.name().to_owned(),
            truth: json(truth),
            meta: Some(meta).filter(|m| !m.is_null()).map(|m| m.to_string()),
            sampling_fps,
            clips,
            width: line.recipe.size.width,
            height: line.recipe.size.height,
            stimulus: item.stimulus.clone(),
            chance: item.chance.random,
        })
    }

    /// How far a frame is at most shown from its number over `sampling_fps`, in seconds; 0 where that is what a row may
    /// say.
    pub(super) fn clock_error(&self) -> f64 {
        let off = self.clips.iter().map(|c| match c.rate(self.sampling_fps) {
            Some(_) => 0.0,
            None => c.off(self.sampling_fps),
        });
        off.fold(0.0, f64::max)
    }

    /// The user message as one text, with a `<video>` mark for each clip.
    pub(super) fn marked(&self) -> String {
        let text = |p: &Part| match p {
            Part::Text(text) => text.clone(),
            Part::Video => "<video>".to_owned(),
        };
        self.user.iter().map(text).collect()
    }
}
