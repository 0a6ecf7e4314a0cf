//! The recipe: everything that defines an item, in a few hundred bytes of JSON.
//!
//! Synthesis is the writing of recipes; pixels are made when somebody looks.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::GENERATOR_VERSION;
use crate::frame::hex;
use crate::perturb::Kind;
use crate::prompt::Wording;
use crate::rng::Stream;
use crate::source::{Sampling, SamplingError, Source, Timeline};
use crate::task::{Task, TaskName, grounding, jigsaw};

/// A picture size in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Size {
    /// Width, 1..=8192.
    pub width: u32,
    /// Height, 1..=8192.
    pub height: u32,
}

/// How the size of an item's pictures follows from its source's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "fit", deny_unknown_fields)]
pub enum Picture {
    /// This size, whatever the source's aspect.
    Exact {
        /// Width.
        width: u32,
        /// Height.
        height: u32,
    },
    /// The source's aspect, sides multiples of 32 (Qwen3-VL's patch times merge), area within bounds.
    Area {
        /// Smallest area in pixels.
        min_pixels: u32,
        /// Largest area in pixels.
        max_pixels: u32,
    },
}

impl Picture {
    /// The size for a source of `width` × `height` pixels (Qwen's `smart_resize` for one picture).
    #[must_use]
    pub fn size(self, width: u32, height: u32) -> Size {
        match self {
            Self::Exact { width, height } => Size { width, height },
            Self::Area { min_pixels, max_pixels } => {
                let (w, h) = (f64::from(width.max(1)), f64::from(height.max(1)));
                let unit = 32.0;
                let round = |x: f64| ((x / unit).round_ties_even() * unit).max(unit);
                let (mut a, mut b) = (round(w), round(h));
                if a * b > f64::from(max_pixels) {
                    let shrink = (w * h / f64::from(max_pixels)).sqrt();
                    let down = |x: f64| ((x / shrink / unit).floor() * unit).max(unit);
                    (a, b) = (down(w), down(h));
                } else if a * b < f64::from(min_pixels) {
                    let grow = (f64::from(min_pixels) / (w * h)).sqrt();
                    let up = |x: f64| (x * grow / unit).ceil() * unit;
                    (a, b) = (up(w), up(h));
                }
                Size { width: a as u32, height: b as u32 }
            }
        }
    }
}

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
}

/// What is asked for before anything is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Question {
    /// Anomaly grounding with one kind of perturbation.
    Grounding(Kind),
    /// A temporal jigsaw with this many clips.
    Jigsaw(u32),
}

impl Question {
    /// The task it asks.
    #[must_use]
    pub fn task(self) -> TaskName {
        match self {
            Self::Grounding(_) => TaskName::Grounding,
            Self::Jigsaw(_) => TaskName::Jigsaw,
        }
    }
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
    /// The task's parameters contradict the item.
    #[error("{0}")]
    Task(String),
}

impl Recipe {
    /// Draws an item's parameters from its own stream.
    ///
    /// # Errors
    /// [`RecipeError`] when the source is too short or the clips do not divide the frames.
    pub fn draw(
        seed: u64,
        index: u64,
        source: Source,
        sampling: Sampling,
        size: Size,
        question: Question,
        wording: Wording,
    ) -> Result<Self, RecipeError> {
        let mut stream = Stream::keyed(seed, question.task().name(), &source.key(), index);
        let task = match question {
            Question::Grounding(kind) => grounding::draw(kind, sampling.count(), &mut stream)
                .map_err(|e| RecipeError::Task(e.to_string()))?,
            Question::Jigsaw(clips) => jigsaw::draw(clips, &mut stream),
        };
        let recipe = Self { version: GENERATOR_VERSION, source, sampling, size, task, wording };
        recipe.timeline()?;
        Ok(recipe)
    }

    /// Checks the recipe and returns the frames it wants.
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
        let (frames, Size { width, height }) = (self.sampling.count(), self.size);
        if u64::from(frames) * u64::from(width) * u64::from(height) * 3 > MAX_BYTES {
            return Err(RecipeError::TooLarge { frames, width, height });
        }
        self.task.check(self.sampling.count()).map_err(RecipeError::Task)?;
        let timeline = self.sampling.select(self.source.frames(), self.source.rate().fps())?;
        if let Task::Grounding { start, length, .. } = self.task {
            let truth = grounding::truth(start, length, &timeline);
            if truth.start >= truth.end {
                return Err(RecipeError::Task(format!(
                    "the segment {start}+{length} lasts no tenth of a second"
                )));
            }
        }
        Ok(timeline)
    }

    /// The item's id: SHA-256 of the recipe's JSON, lower-case hexadecimal.
    #[must_use]
    pub fn id(&self) -> String {
        // A recipe is plain numbers, names and lists: it always serializes.
        let json = serde_json::to_string(self).unwrap_or_default();
        hex(&Sha256::digest(json))
    }
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
    fn areas_keep_the_aspect_within_bounds() {
        let rule = Picture::Area { min_pixels: 128 * 128, max_pixels: 256 * 256 };
        assert_eq!(rule.size(640, 360), Size { width: 320, height: 192 });
        assert_eq!(rule.size(100, 100), Size { width: 128, height: 128 });
        assert_eq!(rule.size(256, 256), Size { width: 256, height: 256 });
        assert_eq!(Picture::Exact { width: 32, height: 32 }.size(9, 9), Size { width: 32, height: 32 });
    }
}
