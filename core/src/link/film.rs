//! Questions about films that know no events: the built-in ones and a visitor's own, by one rule.

use std::fmt::Display;

use super::LinkError;
use crate::frame::Frame;
use crate::item::{Item, PixelWork, RealizeError, at_once, realize_with};
use crate::perturb::{Kind, Perturbation};
use crate::prompt::Wording;
use crate::recipe::{Draw, Question, Recipe, RecipeError, Size};
use crate::rng::Stream;
use crate::similarity::{Similarity, Thumbnails};
use crate::source::{Clock, Pick, Sampling, Source, SourceTimes};
use crate::task::counting::Level;
use crate::task::{TaskName, masked};

/// What a film is.
#[derive(Debug, Clone, Copy)]
pub struct FilmSource<'a> {
    /// A video, by the content of its file.
    pub source: &'a Source,
    /// Size of the pictures that its frames are handed over in.
    pub size: Size,
    /// When its frames are presented, where that is known; a constant rate otherwise.
    pub times: Option<&'a SourceTimes>,
}

/// Fewest frames of a film that questions are asked about; masked prediction is content with 10.
pub const FEWEST: u32 = 12;

/// Questions that are drawn, at most, until one can be answered.
pub const TRIES: u64 = 32;

/// Frames shown of a film, where it has them.
const SHOWN: u32 = 48;

/// The same where several segments are sought, and for masked prediction to choose from.
const MANY: u32 = 96;

/// Key frames of masked prediction, fewer for calm or short films.
const KEYS: masked::Shape = masked::Shape { frames: 12, masked: 3, distractors: 3, kappa: 900 };
const FEW_KEYS: masked::Shape = masked::Shape { frames: 8, masked: 2, distractors: 2, kappa: 900 };

/// Mean difference of a segment's pixels from what they were, in levels of 255: below, a change is not to be seen.
const SEEN: u64 = 2;

/// Why no item is made of a film.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FilmError<E: Display> {
    /// The film, or the task, does not admit a question.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// Every question that was drawn turned out to have no answer to be seen.
    #[error(
        "no {task} puzzle could be made of this film in {TRIES} tries: {last}; take another task or film"
    )]
    Unanswerable {
        /// The task.
        task: TaskName,
        /// What the last try failed by.
        last: String,
    },
    /// The frames that were handed over do not fit.
    #[error(transparent)]
    Realize(#[from] RealizeError),
    /// The frames could not be had.
    #[error("{0}")]
    Frames(E),
}

/// The contract for a film of so many frames.
fn contract(task: TaskName, frames: u32) -> Result<Sampling, LinkError> {
    let wanted = if task == TaskName::Masked { FEW_KEYS.frames + FEW_KEYS.distractors } else { FEWEST };
    if frames < wanted {
        return Err(LinkError::TooShort { task, frames, wanted });
    }
    // Twelfths divide into six clips, and into whole segments of a sixth.
    let twelfths = |most: u32| most.min(frames) / 12 * 12;
    Ok(match task {
        TaskName::Masked => {
            // The whole film and not its first seconds, with all frames of a short one.
            Sampling { pick: Pick::Uniform { count: MANY.min(frames) }, clock: Clock::Fixed { fps: 4 } }
        }
        TaskName::Segments => Sampling { pick: Pick::Uniform { count: twelfths(MANY) }, clock: Clock::Pts },
        TaskName::Jigsaw | TaskName::Grounding | TaskName::Counting => {
            Sampling { pick: Pick::Uniform { count: twelfths(SHOWN) }, clock: Clock::Pts }
        }
        TaskName::Event | TaskName::Elements | TaskName::Qa => {
            return Err(RecipeError::NoEvents(task).into());
        }
    })
}

/// The frames whose pictures [`film_recipe`] must compare, rising: those that masked prediction chooses from, and none for
/// other tasks.
///
/// # Errors
/// [`LinkError`] when the film is too short, states no rate, or the task asks about events.
pub fn film_pool(task: TaskName, film: &FilmSource<'_>) -> Result<Vec<u32>, LinkError> {
    let (frames, fps) = (film.source.frames(), film.source.rate().fps());
    let sampling = contract(task, frames)?;
    if task != TaskName::Masked {
        return Ok(Vec::new());
    }
    let (timeline, _) = sampling.choose(frames, fps, film.times).map_err(RecipeError::from)?;
    Ok(timeline.indices)
}

/// One try at a question about a film: six clips of a jigsaw, any of the paper's perturbations for grounding, easy or hard
/// counting, masked frames, or one perturbation in several places. `pool` are the frames of [`film_pool`].
///
/// 48 frames stand at the middles of equal parts of the film and are shown at their own times; 96 where several segments are
/// sought. Shorter films give as many twelves as they have. [`film_item`] tries until a question can be answered.
///
/// # Errors
/// [`LinkError::TooShort`]; [`LinkError::Recipe`] when the task asks about events, the pool is missing where it is needed, the
/// film states no rate, or this try came to nothing.
pub fn film_recipe(
    task: TaskName,
    seed: u64,
    attempt: u64,
    film: &FilmSource<'_>,
    pool: Option<&Thumbnails>,
) -> Result<Recipe, LinkError> {
    let FilmSource { source, size, times } = *film;
    let frames = source.frames();
    let sampling = contract(task, frames)?;
    let (_, times) = sampling.choose(frames, source.rate().fps(), times).map_err(RecipeError::from)?;
    let shown = sampling.most();
    let mut stream = Stream::keyed(seed, &format!("film/{task}"), &source.key(), attempt);
    let mut kind = |kinds: &[Kind]| kinds[stream.below(kinds.len() as u32) as usize];
    let question = match task {
        TaskName::Jigsaw => Question::Jigsaw(6),
        TaskName::Grounding => {
            // At another speed the frames between the sampled ones are shown; a film that has none would stutter.
            let (timed, all): (Vec<Kind>, _) =
                Kind::PAPER.into_iter().partition(|k| matches!(k, Kind::Slow | Kind::Fast));
            let all: Vec<Kind> =
                if frames / 2 < shown { all } else { all.into_iter().chain(timed).collect() };
            Question::Grounding { kind: kind(&all), compat: false }
        }
        TaskName::Counting => {
            Question::Counting { level: Level::ALL[stream.below(2) as usize], compat: false }
        }
        TaskName::Masked => {
            let few = shown < 2 * KEYS.frames || attempt >= TRIES / 2;
            Question::Masked(if few { FEW_KEYS } else { KEYS })
        }
        _ => Question::Tampered(kind(&[Kind::Mirror, Kind::Grayscale, Kind::ZoomOut, Kind::ChannelSwap])),
    };
    let recipe = Recipe::draw(&Draw {
        seed,
        index: attempt,
        source,
        sampling,
        size,
        question,
        wording: Wording::Videossr,
        other: None,
        pool: pool.map(|p| p as &dyn Similarity),
        times: times.as_ref(),
    })?;
    Ok(recipe)
}

/// Makes the item of a film: questions are drawn until one can be answered on its frames, always the same ones.
///
/// `frames` hands over the film's frames of the given numbers (rising, each once), at the film's size, upright; it is asked
/// again where a try wants others. `work` does the pixel work, as for [`realize_with`].
///
/// # Errors
/// [`FilmError`].
pub async fn film_item<E: Display>(
    task: TaskName,
    seed: u64,
    film: &FilmSource<'_>,
    mut frames: impl AsyncFnMut(&[u32]) -> Result<Vec<Frame>, E>,
    mut work: impl AsyncFnMut(PixelWork<'_>),
) -> Result<(Recipe, Item), FilmError<E>> {
    let mut held = Held { numbers: film_pool(task, film)?, frames: Vec::new() };
    let pool = match held.numbers.as_slice() {
        [] => None,
        numbers => {
            held.frames = frames(numbers).await.map_err(FilmError::Frames)?;
            Some(Thumbnails::new(&held.frames))
        }
    };
    let mut last = String::new();
    for attempt in 0..TRIES {
        let recipe = match film_recipe(task, seed, attempt, film, pool.as_ref()) {
            Ok(recipe) => recipe,
            Err(LinkError::Recipe(e @ RecipeError::Task(_))) => {
                last = e.to_string();
                continue;
            }
            Err(e) => return Err(e.into()),
        };
        let wants = recipe.wants().map_err(RealizeError::from)?;
        let numbers = wants.first().map(|want| want.indices.clone()).unwrap_or_default();
        let own = match held.of(&numbers) {
            Some(own) => own,
            None => {
                let own = frames(&numbers).await.map_err(FilmError::Frames)?;
                held = Held { numbers: numbers.clone(), frames: own.clone() };
                own
            }
        };
        match realize_with(&recipe, vec![own.clone()], &mut work).await {
            Ok(item) if is_seen(&recipe, &numbers, &own, &item) => return Ok((recipe, item)),
            Ok(_) | Err(RealizeError::Unchanged) => last = RealizeError::Unchanged.to_string(),
            Err(e) => return Err(e.into()),
        }
    }
    Err(FilmError::Unanswerable { task, last })
}

/// Frames that were handed over: tries want mostly the same ones.
struct Held {
    numbers: Vec<u32>,
    frames: Vec<Frame>,
}

impl Held {
    /// Those of the given numbers, if all are there.
    fn of(&self, numbers: &[u32]) -> Option<Vec<Frame>> {
        let one = |n: &u32| self.frames.get(self.numbers.binary_search(n).ok()?).cloned();
        numbers.iter().map(one).collect()
    }
}

/// The same where nothing waits.
///
/// # Errors
/// As [`film_item`].
pub fn film_item_now<E: Display>(
    task: TaskName,
    seed: u64,
    film: &FilmSource<'_>,
    mut frames: impl FnMut(&[u32]) -> Result<Vec<Frame>, E>,
) -> Result<(Recipe, Item), FilmError<E>> {
    let frames = async |numbers: &[u32]| frames(numbers);
    at_once(film_item(task, seed, film, frames, async |work: PixelWork<'_>| work.run()))
}

/// Whether an answer is to be seen: a black-and-white film turned grey is the same but for rounding, and clips of a film that
/// stands still are in any order. `own` are the film's frames of these `numbers`.
fn is_seen(recipe: &Recipe, numbers: &[u32], own: &[Frame], item: &Item) -> bool {
    let clips = &item.clips;
    if item.task == TaskName::Jigsaw {
        let same = |a: usize| (0..a).any(|b| clips[a].frames == clips[b].frames);
        return !(0..clips.len()).any(same);
    }
    let segments = recipe.task.perturbed();
    // Another speed is other frames of the film, and not a change of these.
    let speed = |p: &Perturbation| matches!(p, Perturbation::Slow { .. } | Perturbation::Fast { .. });
    let (Ok(timeline), Some(clip)) = (recipe.timeline(), clips.first()) else { return false };
    segments.iter().filter(|s| !speed(&s.perturbation)).all(|segment| {
        let (mut sum, mut bytes) = (0, 0);
        for place in segment.start as usize..segment.end() as usize {
            let index = timeline.indices.get(place).and_then(|i| numbers.binary_search(i).ok());
            let (Some(before), Some(after)) = (index.and_then(|i| own.get(i)), clip.frames.get(place)) else {
                return false;
            };
            let difference = |(a, b): (&u8, &u8)| u64::from(a.abs_diff(*b));
            sum += before.rgb.iter().zip(&after.rgb).map(difference).sum::<u64>();
            bytes += before.rgb.len() as u64;
        }
        sum >= SEEN * bytes
    })
}

#[cfg(test)]
mod tests;
