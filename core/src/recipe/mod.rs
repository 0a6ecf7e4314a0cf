//! The recipe: everything that defines an item, in a few hundred bytes of JSON.
//!
//! Synthesis is the writing of recipes; pixels are made when somebody looks.

mod picture;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::GENERATOR_VERSION;
use crate::frame::hex;
use crate::item::Truth;
use crate::perturb::{Kind, Perturbation};
use crate::prompt::Wording;
use crate::rng::Stream;
use crate::scene::{Event, Scene};
use crate::similarity::{SMALL, Similarity, Thumbnails};
use crate::source::{Sampling, SamplingError, Source, Timeline, Times};
use crate::task::event::Habits;
use crate::task::segments::Sought;
use crate::task::{Task, TaskError, TaskName, counting, event, grounding, jigsaw, masked, segments};

pub use picture::{Picture, Size};

/// What defines an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// [`GENERATOR_VERSION`] that drew it.
    pub version: u32,
    /// Where the frames come from.
    pub source: Source,
    /// Which frames, and when they are shown.
    pub sampling: Sampling,
    /// Size of every frame of the item.
    pub size: Size,
    /// The question.
    pub task: Task,
    /// Which prompt texts are used.
    pub wording: Wording,
    /// When the frames are presented, for a source whose rate is not constant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<Times>,
}

/// What is asked for before anything is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Question {
    /// Anomaly grounding with one kind of perturbation.
    Grounding {
        /// The kind.
        kind: Kind,
        /// Strengths drawn as published, anew for each frame.
        compat: bool,
    },
    /// Object counting.
    Counting {
        /// How many shapes there may be.
        level: counting::Level,
        /// Placement as published, hidden shapes included.
        compat: bool,
    },
    /// A temporal jigsaw with this many clips.
    Jigsaw(u32),
    /// Masked segment prediction.
    Masked(masked::Shape),
    /// Several segments perturbed in one way.
    Tampered(Kind),
    /// Every occurrence of a scene's event.
    Events,
    /// One event of a scene, as a part of the whole.
    Event,
    /// The key elements of a question about a scene.
    Elements,
    /// A multiple-choice question about a scene.
    Qa,
}

impl Question {
    /// The task it asks.
    #[must_use]
    pub fn task(self) -> TaskName {
        match self {
            Self::Grounding { .. } => TaskName::Grounding,
            Self::Counting { .. } => TaskName::Counting,
            Self::Jigsaw(_) => TaskName::Jigsaw,
            Self::Masked(_) => TaskName::Masked,
            Self::Tampered(_) | Self::Events => TaskName::Segments,
            Self::Event => TaskName::Event,
            Self::Elements => TaskName::Elements,
            Self::Qa => TaskName::Qa,
        }
    }

    /// Whether only a source that knows its own events can be asked, which is a scene.
    #[must_use]
    pub fn needs_events(self) -> bool {
        matches!(self, Self::Events | Self::Event | Self::Elements | Self::Qa)
    }

    /// Whether a second source is needed, whose frames are shown in the first's place.
    #[must_use]
    pub fn needs_other(self) -> bool {
        matches!(self, Self::Grounding { kind: Kind::Swap, .. } | Self::Tampered(Kind::Swap))
    }
}

/// Everything that an item is drawn from.
#[derive(Debug, Clone, Copy)]
pub struct Draw<'a> {
    /// Seed of the dataset.
    pub seed: u64,
    /// Number of the item in it.
    pub index: u64,
    /// Where the frames come from.
    pub source: &'a Source,
    /// Which frames, and when they are shown.
    pub sampling: Sampling,
    /// Size of every frame.
    pub size: Size,
    /// What is asked.
    pub question: Question,
    /// Which prompt texts are used.
    pub wording: Wording,
    /// Another source, for a swap.
    pub other: Option<&'a Source>,
    /// How alike the sampled frames are, for masked prediction; a scene's frames are painted and compared if absent.
    pub pool: Option<&'a dyn Similarity>,
    /// When a video's sampled frames are presented, where their numbers do not tell it.
    pub times: Option<&'a Times>,
}

/// Frames that must be at hand to realize a recipe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Want<'a> {
    /// Whose frames.
    pub source: &'a Source,
    /// Their numbers, each once, rising.
    pub indices: Vec<u32>,
}

/// Most bytes that the pictures of one item may take: 1 GiB, nearly 48 frames of 4K.
pub const MAX_BYTES: u64 = 1 << 30;

/// Why a recipe cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RecipeError {
    /// Drawn by another generator.
    #[error("the recipe is of generator version {0}, this program is version {GENERATOR_VERSION}")]
    Version(u32),
    /// A picture side is 0 or absurd.
    #[error("a picture of {0}x{1} pixels is outside 1..=8192")]
    Size(u32, u32),
    /// Qwen's processor takes no pictures of such a shape.
    #[error(
        "pictures of {width}x{height}: one side is 0 or more than 200 times the other, or there are too few"
    )]
    Aspect {
        /// Width.
        width: u32,
        /// Height.
        height: u32,
    },
    /// The item's pictures together would not fit in memory.
    #[error("{frames} pictures of {width}x{height} pixels are more than {MAX_BYTES} bytes")]
    TooLarge {
        /// Pictures of the item.
        frames: u32,
        /// Width of each.
        width: u32,
        /// Height of each.
        height: u32,
    },
    /// The source cannot be sampled as asked.
    #[error(transparent)]
    Sampling(#[from] SamplingError),
    /// The task's parameters contradict the item, or cannot be drawn from it.
    #[error(transparent)]
    Task(#[from] TaskError),
    /// A question about events, asked of a source that knows none.
    #[error("{0} asks about events, which only a scene knows; this source is a video")]
    NoEvents(TaskName),
    /// Masked prediction on a video, without its frames being compared.
    #[error("masked prediction is drawn from the frames, which were not given")]
    NoPool,
}

impl Recipe {
    /// Draws an item's parameters from its own stream.
    ///
    /// # Errors
    /// [`RecipeError`] when the source does not admit the question: too short, too uniform, without events.
    pub fn draw(from: &Draw<'_>) -> Result<Self, RecipeError> {
        let Draw { source, sampling, size, question, wording, other, .. } = *from;
        let timeline = sampling.recall(source.frames(), source.rate().fps(), from.times)?;
        let times = from.times.cloned();
        let frames = timeline.indices.len() as u32;
        let stream = &mut Stream::keyed(from.seed, question.task().name(), &source.key(), from.index);
        let task = match question {
            Question::Grounding { kind, compat } => {
                Task::Grounding(grounding::draw(kind, frames, other, compat, stream)?)
            }
            Question::Counting { level, compat } => {
                Task::Counting { level, groups: counting::draw(level, frames, size, compat, stream)? }
            }
            Question::Jigsaw(clips) => jigsaw::draw(clips, stream),
            Question::Masked(shape) => {
                // Sampled frames in a second of the source.
                let span = timeline.indices.last().zip(timeline.indices.first()).map_or(0, |(b, a)| b - a);
                let rate = f64::from(frames.saturating_sub(1)) * source.rate().fps() / f64::from(span.max(1));
                let rate = (rate.round() as u32).max(1);
                let painted;
                let pool = match (from.pool, source) {
                    (Some(pool), _) => pool,
                    (None, Source::Scene { .. }) => {
                        painted =
                            Thumbnails::new(&paint(source, &timeline.indices, SMALL).unwrap_or_default());
                        &painted
                    }
                    (None, Source::Video { .. }) => return Err(RecipeError::NoPool),
                };
                Task::Masked(masked::draw(shape, pool, rate, stream)?)
            }
            Question::Tampered(kind) => Task::Segments(segments::draw_tampered(kind, frames, other, stream)?),
            Question::Events => {
                let (_, events) = log(source, question)?;
                Task::Segments(segments::draw_event(
                    &event::seen(&events, &timeline),
                    source,
                    &timeline,
                    stream,
                )?)
            }
            Question::Event => {
                let (_, events) = log(source, question)?;
                let (query, span) = event::draw_span(&events, source, &timeline, stream)?;
                Task::Event { query, span }
            }
            Question::Elements => {
                let (scene, events) = log(source, question)?;
                let (question, elements) =
                    event::draw_elements(&scene, &events, &timeline, &habits(source), stream)?;
                Task::Elements { question, elements }
            }
            Question::Qa => {
                let (_, events) = log(source, question)?;
                let event::Choice { question, options, answer, .. } =
                    event::draw_choice(&events, &timeline, &habits(source), stream)?;
                Task::Qa { question, options, answer }
            }
        };
        let recipe =
            Self { version: GENERATOR_VERSION, source: source.clone(), sampling, size, task, wording, times };
        recipe.wants()?;
        Ok(recipe)
    }

    /// States an item whose task is known already, from an annotation say: nothing is drawn. `times` are those of the
    /// chosen frames, where the source's rate is not constant.
    ///
    /// # Errors
    /// [`RecipeError`] as [`Self::draw`]; and [`RecipeError::Task`] when the sampled frames pass over a span that is
    /// asked about.
    pub fn stated(
        source: Source,
        sampling: Sampling,
        size: Size,
        task: Task,
        wording: Wording,
        times: Option<Times>,
    ) -> Result<Self, RecipeError> {
        let recipe = Self { version: GENERATOR_VERSION, source, sampling, size, task, wording, times };
        recipe.wants()?;
        let spans = match &recipe.task {
            Task::Event { span, .. } => std::slice::from_ref(span),
            Task::Segments(Sought::Event { spans, .. }) => spans.as_slice(),
            _ => return Ok(recipe),
        };
        // When each chosen frame begins, in milliseconds of the source's own time.
        let begins: Vec<f64> = match &recipe.times {
            Some(Times { rate, ticks, .. }) => {
                // The last tick is the end of the last frame.
                let frames = ticks.split_last().map_or(&[][..], |(_, frames)| frames);
                frames.iter().map(|t| *t as f64 / rate.fps() * 1000.0).collect()
            }
            None => {
                let (frames, fps) = (recipe.source.frames(), recipe.source.rate().fps());
                let indices = sampling.select(frames, fps)?.indices;
                indices.iter().map(|i| f64::from(*i) / fps * 1000.0).collect()
            }
        };
        for [start, end] in spans {
            let first = |ms: u32| begins.partition_point(|b| *b < f64::from(ms));
            if first(*start) == first(*end) {
                return Err(TaskError(format!("no sampled frame lies in the span {start}-{end} ms")).into());
            }
        }
        Ok(recipe)
    }

    /// Checks the recipe and returns its timeline, with the frames of slow and fast segments already chosen.
    ///
    /// # Errors
    /// [`RecipeError`], naming the value at fault.
    pub fn timeline(&self) -> Result<Timeline, RecipeError> {
        if self.version != GENERATOR_VERSION {
            return Err(RecipeError::Version(self.version));
        }
        let side = 1..=8192;
        if !side.contains(&self.size.width) || !side.contains(&self.size.height) {
            return Err(RecipeError::Size(self.size.width, self.size.height));
        }
        let (total, fps) = (self.source.frames(), self.source.rate().fps());
        let mut timeline = self.sampling.recall(total, fps, self.times.as_ref())?;
        let frames = match &self.task {
            Task::Masked(masked) => masked.places().len(),
            _ => timeline.indices.len(),
        } as u32;
        let Size { width, height } = self.size;
        if u64::from(frames) * u64::from(width) * u64::from(height) * 3 > MAX_BYTES {
            return Err(RecipeError::TooLarge { frames, width, height });
        }
        self.task.check(timeline.indices.len() as u32)?;
        let perturbed = self.task.perturbed();
        grounding::play_speed(&perturbed, &mut timeline)?;
        let lasts = |start: f64, end: f64, what: &dyn std::fmt::Display| {
            if start < end { Ok(()) } else { Err(TaskError(format!("{what} is not in sight for a moment"))) }
        };
        match &self.task {
            Task::Grounding(s) => {
                let truth = grounding::truth(s.start, s.length, &timeline);
                lasts(truth.start, truth.end, &format_args!("the segment {}+{}", s.start, s.length))?;
            }
            Task::Segments(sought) => {
                for [start, end] in segments::truth(sought, &self.source, &timeline) {
                    lasts(start, end, &format_args!("the segment at {start} s"))?;
                }
            }
            Task::Event { span, .. } => {
                // As it is written: both forms of the truth must last.
                if let Truth::Event { ratio, seconds } = Truth::of(&self.task, &self.source, &timeline) {
                    let what = format_args!("the span {}-{} ms", span[0], span[1]);
                    lasts(ratio[0], ratio[1], &what)?;
                    lasts(seconds.start, seconds.end, &what)?;
                }
            }
            _ => {}
        }
        Ok(timeline)
    }

    /// The frames that realizing it takes: its own source's first, then those of every swap.
    ///
    /// # Errors
    /// [`RecipeError`] as [`Self::timeline`], for a swap's other source too.
    pub fn wants(&self) -> Result<Vec<Want<'_>>, RecipeError> {
        let timeline = self.timeline()?;
        let mut own = match &self.task {
            Task::Masked(m) => m.places().iter().map(|p| timeline.indices[*p as usize]).collect(),
            _ => timeline.indices,
        };
        own.sort_unstable();
        own.dedup();
        let mut wants = vec![Want { source: &self.source, indices: own }];
        for segment in self.task.perturbed() {
            if let Perturbation::Swap { other } = &segment.perturbation {
                let theirs = self.sampling.select(other.frames(), other.rate().fps())?.indices;
                let Some(shown) = theirs.get(segment.start as usize..segment.end() as usize) else {
                    return Err(
                        TaskError(format!("{} has fewer sampled frames than the item", other.key())).into()
                    );
                };
                let mut indices = shown.to_vec();
                indices.dedup();
                wants.push(Want { source: other, indices });
            }
        }
        Ok(wants)
    }

    /// The item's id: SHA-256 of the recipe's JSON, lower-case hexadecimal.
    #[must_use]
    pub fn id(&self) -> String {
        // A recipe is plain numbers, names and lists: it always serializes.
        let json = serde_json::to_string(self).unwrap_or_default();
        hex(&Sha256::digest(json))
    }
}

/// What is usual in a source's family.
fn habits(source: &Source) -> Arc<Habits> {
    match source {
        Source::Scene { family, .. } => Habits::of(*family),
        Source::Video { .. } => Arc::default(),
    }
}

/// A scene and its event log.
fn log(source: &Source, question: Question) -> Result<(Scene, Vec<Event>), RecipeError> {
    let Source::Scene { family, seed, frames, .. } = source else {
        return Err(RecipeError::NoEvents(question.task()));
    };
    let scene = Scene::new(*family, *seed, *frames);
    let events = scene.events();
    Ok((scene, events))
}

/// Frames of a scene, painted at a size in pixels; `None` for a video, whose frames only a decoder has.
#[must_use]
pub fn paint(source: &Source, indices: &[u32], size: (u32, u32)) -> Option<Vec<crate::frame::Frame>> {
    let Source::Scene { family, seed, frames, .. } = source else { return None };
    let scene = Scene::new(*family, *seed, *frames);
    Some(indices.iter().map(|&i| scene.draw(i, size.0, size.1)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_that_would_not_fit_in_memory_are_refused() {
        let mut recipe = crate::link::recipe(TaskName::Jigsaw, 1).expect("draws");
        recipe.size = Size { width: 8192, height: 8192 };
        assert!(matches!(recipe.timeline(), Err(RecipeError::TooLarge { frames: 48, .. })));
        recipe.size = Size { width: 0, height: 180 };
        assert_eq!(recipe.timeline(), Err(RecipeError::Size(0, 180)));
    }

    #[test]
    fn what_is_stated_must_be_in_sight() {
        use crate::source::{Clock, Pick};
        use crate::time::Rate;
        let source = Source::Video { sha256: "0".repeat(64), frames: 100, rate: Rate { num: 10, den: 1 } };
        let sampling = Sampling { pick: Pick::Uniform { count: 5 }, clock: Clock::Pts };
        let size = Size { width: 32, height: 32 };
        let state = |task| Recipe::stated(source.clone(), sampling, size, task, Wording::Plain, None);
        let event = |span| state(Task::Event { query: "it rains".to_owned(), span });
        let all = |spans| state(Task::Segments(Sought::Event { query: "it rains".to_owned(), spans }));
        // Frames at 1, 3, 5, 7 and 9 seconds.
        let recipe = event([1000, 4000]).expect("two frames of it are shown");
        assert_eq!(recipe.timeline().expect("sound").indices, [10, 30, 50, 70, 90]);
        for span in [[1100, 2900], [0, 900], [9100, 10_000], [3000, 3000], [4000, 3000]] {
            assert!(matches!(event(span), Err(RecipeError::Task(_))), "{span:?}");
        }
        let late = Times {
            rate: Rate { num: 1000, den: 1 },
            ticks: vec![0, 1200, 1400, 9000, 9500, 10_000],
            whole: 10_000,
            frames: Vec::new(),
        };
        let task = Task::Event { query: "it rains".to_owned(), span: [5000, 9100] };
        let timed = Recipe::stated(source.clone(), sampling, size, task, Wording::Plain, Some(late.clone()));
        assert!(timed.is_ok(), "a frame at 9 s");
        let task = Task::Event { query: "it rains".to_owned(), span: [5000, 8900] };
        assert!(Recipe::stated(source.clone(), sampling, size, task, Wording::Plain, Some(late)).is_err());
        assert!(all(vec![[0, 2000], [6500, 8000]]).is_ok());
        assert!(all(vec![[0, 2000], [5500, 6500]]).is_err(), "one of them is not in sight");
        let answer = Task::Qa {
            question: "Does it rain?".to_owned(),
            options: vec!["yes".to_owned(), "no".to_owned()],
            answer: 2,
        };
        assert!(state(answer).is_err(), "as strict as what is drawn");
    }

    #[test]
    fn areas_keep_the_aspect_within_bounds() {
        let rule = Picture::Area { min_pixels: 128 * 128, max_pixels: 256 * 256 };
        let size = |rule: Picture, width, height| rule.size(width, height, 48).expect("a usual shape");
        assert_eq!(size(rule, 640, 360), Size { width: 320, height: 192 });
        assert_eq!(size(rule, 100, 100), Size { width: 128, height: 128 });
        assert_eq!(size(rule, 256, 256), Size { width: 256, height: 256 });
        let exact = Picture::Exact { width: 32, height: 32 };
        assert_eq!(size(exact, 9, 9), Size { width: 32, height: 32 });
    }
}
