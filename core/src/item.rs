//! Realizing: a recipe and its source frames become what is shown, asked and known.

use crate::frame::{Clip, Frame, stimulus_hash};
use crate::prompt::{Prompt, prompt};
use crate::recipe::{Recipe, RecipeError};
use crate::reward::Score;
use crate::source::{Source, Timeline};
use crate::task::{Task, TaskName, grounding, jigsaw};
use crate::time::Interval;
use crate::{chance, reward, scene};

/// The known answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Truth {
    /// One interval of shown time.
    Interval(Interval),
    /// Digits: the places, from 1, in playing order.
    Order(String),
}

impl Truth {
    /// The truth of a task on a timeline.
    #[must_use]
    pub fn of(task: &Task, timeline: &Timeline) -> Self {
        match task {
            Task::Grounding { start, length, .. } => {
                Self::Interval(grounding::truth(*start, *length, timeline))
            }
            Task::Jigsaw { order } => Self::Order(jigsaw::truth(order)),
        }
    }

    /// The truth as the answer text that earns the full score.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Interval(interval) => interval.to_string(),
            Self::Order(order) => order.clone(),
        }
    }

    /// Scores a raw answer text.
    #[must_use]
    pub fn score(&self, answer: &str) -> Score {
        match self {
            Self::Interval(truth) => reward::videossr::grounding(answer, *truth),
            Self::Order(truth) => reward::videossr::jigsaw(answer, truth),
        }
    }
}

/// One puzzle, ready to be shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// The recipe's id.
    pub id: String,
    /// Which task it is.
    pub task: TaskName,
    /// What is shown; a grounding item has one clip, a jigsaw as many as it has places.
    pub clips: Vec<Clip>,
    /// Shown frames per second, the same in every clip.
    pub sampling_fps: f64,
    /// What is asked.
    pub prompt: Prompt,
    /// What is right.
    pub truth: Truth,
    /// Hash of the pixels shown.
    pub stimulus: String,
    /// Score that a guess which never looks at the video earns on average.
    pub chance: chance::Chance,
}

/// Why frames do not fit a recipe.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RealizeError {
    /// The recipe itself is at fault.
    #[error(transparent)]
    Recipe(#[from] RecipeError),
    /// The wrong number of frames was handed over.
    #[error("the recipe wants {wanted} frames, {given} were given")]
    FrameCount {
        /// Frames of the sampling contract.
        wanted: usize,
        /// Frames handed over.
        given: usize,
    },
    /// A frame has the wrong size.
    #[error("frame {index} is {width}x{height}, the recipe says {size:?}")]
    FrameSize {
        /// Which frame.
        index: usize,
        /// Its width.
        width: u32,
        /// Its height.
        height: u32,
        /// The recipe's size.
        size: (u32, u32),
    },
    /// The perturbation leaves these frames as they are (a mirrored grey wall, say).
    #[error("the perturbation changes no pixel of these frames: there is no right answer")]
    Unchanged,
    /// The source is a video, which only a decoder can read.
    #[error("the source is a video file; its frames must be decoded")]
    NeedsDecoder,
}

/// The frames a scene recipe wants, drawn; `None` for a video, whose frames only a decoder has.
///
/// # Errors
/// [`RealizeError::Recipe`] when the recipe is invalid.
pub fn scene_frames(recipe: &Recipe) -> Result<Option<Vec<Frame>>, RealizeError> {
    let timeline = recipe.timeline()?;
    let Source::Scene { family, seed, frames, .. } = recipe.source else {
        return Ok(None);
    };
    let painter = scene::Scene::new(family, seed, frames);
    let draw = |&i: &u32| painter.draw(i, recipe.size.width, recipe.size.height);
    Ok(Some(timeline.indices.iter().map(draw).collect()))
}

/// Makes the item of a scene recipe, from nothing else.
///
/// # Errors
/// [`RealizeError`] when the recipe is invalid or its source is a video.
pub fn realize_scene(recipe: &Recipe) -> Result<Item, RealizeError> {
    let frames = scene_frames(recipe)?.ok_or(RealizeError::NeedsDecoder)?;
    realize(recipe, frames)
}

/// Makes the item: `frames` are the sampled source frames, in source order, at the recipe's size.
///
/// # Errors
/// [`RealizeError`] when the recipe is invalid or the frames are not the ones it wants.
pub fn realize(recipe: &Recipe, mut frames: Vec<Frame>) -> Result<Item, RealizeError> {
    let timeline = recipe.timeline()?;
    if frames.len() != timeline.indices.len() {
        return Err(RealizeError::FrameCount { wanted: timeline.indices.len(), given: frames.len() });
    }
    let size = (recipe.size.width, recipe.size.height);
    if let Some((index, f)) = frames.iter().enumerate().find(|(_, f)| (f.width, f.height) != size) {
        return Err(RealizeError::FrameSize { index, width: f.width, height: f.height, size });
    }
    let clips = match &recipe.task {
        Task::Grounding { start, length, perturbation } => {
            // In range: `timeline()` checked the task against the number of frames.
            let segment = &mut frames[*start as usize..(*start + *length) as usize];
            let before = segment.to_vec();
            perturbation.apply(segment);
            if before == segment {
                return Err(RealizeError::Unchanged);
            }
            vec![clip(frames, &timeline)]
        }
        Task::Jigsaw { order } => {
            let each = frames.len() / order.len();
            let part = |&c: &u8| frames[usize::from(c) * each..(usize::from(c) + 1) * each].to_vec();
            order.iter().map(|c| clip(part(c), &timeline)).collect()
        }
    };
    Ok(Item {
        id: recipe.id(),
        task: recipe.task.name(),
        stimulus: stimulus_hash(&clips),
        clips,
        sampling_fps: timeline.sampling_fps,
        prompt: prompt(&recipe.task, recipe.wording),
        truth: Truth::of(&recipe.task, &timeline),
        chance: chance::of(&recipe.task, recipe.sampling.count()),
    })
}

/// A clip's clock starts at 0, so that no shuffled clip tells its place by its times.
fn clip(frames: Vec<Frame>, timeline: &Timeline) -> Clip {
    let shown = (0..frames.len()).map(|i| timeline.edge(i as u32)).collect();
    Clip { frames, shown }
}
