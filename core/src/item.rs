//! Realizing: a recipe and its source frames become what is shown, asked and known.

mod pixels;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::chance;
use crate::frame::{Clip, Frame, stimulus_hash};
use crate::perturb::Perturbation;
use crate::perturb::shape::{Shape, Sprite};
use crate::prompt::{Prompt, Templates};
use crate::recipe::{Recipe, RecipeError, paint};
use crate::reward::table::Reward;
use crate::reward::videoreasoner::{END, START};
use crate::reward::{Score, own};
use crate::source::{Source, Timeline};
use crate::task::{Task, TaskName, counting, grounding, jigsaw, ratio, segments};
use crate::time::Interval;

pub use self::pixels::PixelWork;
pub(crate) use self::pixels::at_once;

/// The known answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Truth {
    /// One interval of shown time.
    Interval(Interval),
    /// Circles, squares, triangles.
    Counts([u32; 3]),
    /// Digits: the places, from 1, in playing order.
    Order(String),
    /// Labels, from 1, of the missing frames in playing order.
    Candidates {
        /// The labels.
        labels: Vec<u32>,
        /// How many candidates were shown.
        of: u32,
    },
    /// Segments of shown time, seconds.
    Segments(Vec<[f64; 2]>),
    /// When something happens. An answer says it as a part of the whole between event tokens, or in seconds.
    Event {
        /// Start and end as parts of the shown time, from 0 to 1, two decimals each.
        ratio: [f64; 2],
        /// The same in seconds of shown time, two decimals each.
        seconds: Interval,
    },
    /// Things, the most important first.
    Elements(Vec<String>),
    /// An option's letter.
    Letter(char),
}

impl Truth {
    /// The truth of a task on a timeline of its source.
    #[must_use]
    pub fn of(task: &Task, source: &Source, timeline: &Timeline) -> Self {
        match task {
            Task::Grounding(s) => Self::Interval(grounding::truth(s.start, s.length, timeline)),
            Task::Counting { groups, .. } => Self::Counts(counting::truth(groups)),
            Task::Jigsaw { order } => Self::Order(jigsaw::truth(order)),
            Task::Masked(m) => Self::Candidates { labels: m.truth(), of: m.candidates.len() as u32 },
            Task::Segments(sought) => Self::Segments(segments::truth(sought, source, timeline)),
            Task::Event { span, .. } => {
                let round = |r: f64| format!("{r:.2}").parse().unwrap_or(r);
                let [start, end] = span.map(|ms| round(crate::task::shown(ms, source, timeline)));
                let ratio = ratio(*span, source, timeline).map(round);
                Self::Event { ratio, seconds: Interval { start, end } }
            }
            Task::Elements { elements, .. } => Self::Elements(elements.clone()),
            Task::Qa { answer, .. } => Self::Letter(char::from(b'A' + (*answer).min(25))),
        }
    }

    /// The truth as the answer text that earns the full score.
    #[must_use]
    pub fn text(&self) -> String {
        let join = |labels: &[u32]| labels.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
        match self {
            Self::Interval(interval) => interval.to_string(),
            Self::Counts(counts) => join(counts),
            Self::Order(order) => order.clone(),
            Self::Candidates { labels, .. } => format!("<answer>{}</answer>", join(labels)),
            Self::Segments(segments) => {
                let one = |[s, e]: &[f64; 2]| format!("{s:.2}-{e:.2}");
                format!("<answer>{}</answer>", segments.iter().map(one).collect::<Vec<_>>().join(" "))
            }
            Self::Event { ratio: [s, e], .. } => format!("{START}[{s:.2},{e:.2}]{END}"),
            Self::Elements(elements) => elements.join(", "),
            Self::Letter(letter) => letter.to_string(),
        }
    }

    /// An answer written by a person, with the tags that the task's reward reads around it.
    #[must_use]
    pub fn tagged(&self, plain: &str) -> String {
        let plain = plain.trim();
        match self {
            Self::Candidates { .. } | Self::Segments(_) if !plain.contains("<answer>") => {
                format!("<answer>{plain}</answer>")
            }
            _ => plain.to_owned(),
        }
    }

    /// The truth as a person reads it, without tags.
    #[must_use]
    pub fn plain(&self) -> String {
        if let Self::Event { seconds, .. } = self {
            return format!("{:.2}-{:.2}", seconds.start, seconds.end);
        }
        let text = self.text();
        let inside = text.strip_prefix("<answer>").and_then(|t| t.strip_suffix("</answer>"));
        inside.unwrap_or(&text).to_owned()
    }

    /// The truth and what else a named reward must know, as it takes them.
    #[must_use]
    pub fn given_to(&self, reward: Reward) -> (Value, Value) {
        match self {
            Self::Interval(_) | Self::Counts(_) => (json!(self.text()), Value::Null),
            // One digit a clip there, a list of numbers here.
            Self::Order(order) if reward == Reward::VisualJigsaw => {
                (order.chars().filter_map(|c| c.to_digit(10)).collect(), Value::Null)
            }
            Self::Order(order) => (json!(order), Value::Null),
            Self::Candidates { labels, of } => (json!(labels), json!({ "candidates": of })),
            Self::Segments(segments) => (json!(segments), Value::Null),
            Self::Event { ratio, .. } => (json!(ratio), Value::Null),
            Self::Elements(elements) => (json!(elements), json!({ "problem_type": "elements" })),
            Self::Letter(letter) if reward == Reward::VideoreasonerFormat => {
                (json!(letter), json!({ "problem_type": "qa" }))
            }
            Self::Letter(letter) => (json!(letter), Value::Null),
        }
    }

    /// Scores a raw answer text by the task's own reward, in `[0, 1]`: VideoSSR's for its three tasks, MVP's without
    /// its format term, the mean of MUSEG's two matchings, VideoReasoner's IoU and accuracy.
    #[must_use]
    pub fn score(&self, answer: &str) -> Score {
        own(answer, self)
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

/// The frames a scene recipe wants, drawn; `None` if any of them belong to a video, which only a decoder has.
///
/// # Errors
/// [`RealizeError::Recipe`] when the recipe is invalid.
pub fn scene_frames(recipe: &Recipe) -> Result<Option<Vec<Vec<Frame>>>, RealizeError> {
    let size = (recipe.size.width, recipe.size.height);
    Ok(recipe.wants()?.iter().map(|want| paint(want.source, &want.indices, size)).collect())
}

/// Makes the item of a scene recipe, from nothing else.
///
/// # Errors
/// [`RealizeError`] when the recipe is invalid or its source is a video.
pub fn realize_scene(recipe: &Recipe) -> Result<Item, RealizeError> {
    let frames = scene_frames(recipe)?.ok_or(RealizeError::NeedsDecoder)?;
    realize(recipe, frames)
}

/// Makes the item. `frames` are those of [`Recipe::wants`], list by list, at the recipe's size.
///
/// # Errors
/// [`RealizeError`] when the recipe is invalid or the frames are not the ones it wants.
pub fn realize(recipe: &Recipe, frames: Vec<Vec<Frame>>) -> Result<Item, RealizeError> {
    at_once(realize_with(recipe, frames, async |work: PixelWork<'_>| work.run()))
}

/// As [`realize`], with pixel work done by somebody else: `work` is called with one piece after another, and must leave
/// the pictures as [`PixelWork::run`] would. What is done to which pictures is decided here all the same.
///
/// # Errors
/// As [`realize`].
pub async fn realize_with(
    recipe: &Recipe,
    frames: Vec<Vec<Frame>>,
    mut work: impl AsyncFnMut(PixelWork<'_>),
) -> Result<Item, RealizeError> {
    let timeline = recipe.timeline()?;
    let wants = recipe.wants()?;
    let (wanted, given) = (wants.iter().map(|w| w.indices.len()).sum(), frames.iter().map(Vec::len).sum());
    if wanted != given || wants.iter().zip(&frames).any(|(w, f)| w.indices.len() != f.len()) {
        return Err(RealizeError::FrameCount { wanted, given });
    }
    let size = (recipe.size.width, recipe.size.height);
    if let Some((index, f)) = frames.iter().flatten().enumerate().find(|(_, f)| (f.width, f.height) != size) {
        return Err(RealizeError::FrameSize { index, width: f.width, height: f.height, size });
    }
    let own = wants[0].indices.clone();
    let mut lists = frames.into_iter();
    // `wants` begins with the recipe's own source.
    let mut pictures = lists.next().unwrap_or_default();
    if let Task::Masked(masked) = &recipe.task {
        let take = |places: &[u32]| -> Vec<Frame> {
            let index = |p: &u32| own.binary_search(&timeline.indices[*p as usize]).unwrap_or(0);
            places.iter().map(|p| pictures[index(p)].clone()).collect()
        };
        // Real times would tell the gap and the order: every clip counts its own frames, one a second.
        let plain = Timeline::even(Vec::new(), 1.0);
        let mut clips = vec![clip(take(&masked.before), &plain), clip(take(&masked.after), &plain)];
        clips.extend(masked.candidates.iter().map(|c| clip(take(&[*c]), &plain)));
        return Ok(finish(recipe, &timeline, clips));
    }
    if own.len() != timeline.indices.len() {
        // A slow segment shows some frames more than once.
        pictures =
            timeline.indices.iter().map(|i| pictures[own.binary_search(i).unwrap_or(0)].clone()).collect();
    }
    for segment in recipe.task.perturbed() {
        // In range: `timeline()` checked the task against the number of frames.
        let place = segment.start as usize..segment.end() as usize;
        let before = pictures[place.clone()].to_vec();
        match &segment.perturbation {
            Perturbation::Swap { .. } => {
                let theirs = lists.next().unwrap_or_default();
                let last = theirs.len().saturating_sub(1);
                for (k, picture) in pictures[place.clone()].iter_mut().enumerate() {
                    *picture = theirs[k.min(last)].clone();
                }
            }
            // These move pictures about without looking into them.
            time @ (Perturbation::Shuffle { .. }
            | Perturbation::StutterHold { .. }
            | Perturbation::Slow { .. }
            | Perturbation::Fast { .. }) => time.apply(&mut pictures[place.clone()]),
            perturbation => {
                work(PixelWork::Perturb { perturbation, pictures: &mut pictures[place.clone()] }).await;
            }
        }
        let steady = matches!(segment.perturbation, Perturbation::Slow { .. } | Perturbation::Fast { .. });
        if !steady && before == pictures[place] {
            return Err(RealizeError::Unchanged);
        }
    }
    let clips = match &recipe.task {
        Task::Jigsaw { order } => {
            let each = pictures.len() / order.len();
            let even = Timeline::even(Vec::new(), timeline.sampling_fps);
            let part = |&c: &u8| pictures[usize::from(c) * each..(usize::from(c) + 1) * each].to_vec();
            order.iter().map(|c| clip(part(c), &even)).collect()
        }
        Task::Counting { groups, .. } => {
            let mut drawn: BTreeMap<usize, Vec<(Shape, Sprite)>> = BTreeMap::new();
            for group in groups {
                let shapes = group.sprites.iter().map(|sprite| (group.shape, *sprite));
                drawn.entry(group.frame as usize).or_default().extend(shapes);
            }
            // Those that shapes are drawn on are handed over alone, and come back to their places.
            let (places, shapes): (Vec<usize>, Vec<_>) = drawn.into_iter().unzip();
            let taken = |place: &usize| std::mem::replace(&mut pictures[*place], Frame::black(0, 0));
            let mut under: Vec<Frame> = places.iter().map(taken).collect();
            work(PixelWork::Draw { shapes: &shapes, pictures: &mut under }).await;
            for (place, picture) in places.into_iter().zip(under) {
                pictures[place] = picture;
            }
            vec![clip(pictures, &timeline)]
        }
        _ => vec![clip(pictures, &timeline)],
    };
    Ok(finish(recipe, &timeline, clips))
}

fn finish(recipe: &Recipe, timeline: &Timeline, clips: Vec<Clip>) -> Item {
    Item {
        id: recipe.id(),
        task: recipe.task.name(),
        stimulus: stimulus_hash(&clips),
        clips,
        sampling_fps: timeline.sampling_fps,
        prompt: Templates::built_in(recipe.wording).prompt(&recipe.task),
        truth: Truth::of(&recipe.task, &recipe.source, timeline),
        chance: chance::of(&recipe.task, timeline.indices.len() as u32),
    }
}

/// Frames with their times; each clip of a jigsaw has a clock of its own that starts at 0, so that no clip tells
/// its place by its times.
fn clip(frames: Vec<Frame>, timeline: &Timeline) -> Clip {
    let shown = (0..frames.len()).map(|i| timeline.edge(i as u32)).collect();
    Clip { frames, shown }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link;

    /// Every task's truth, written as the reward reads it or as a person would, earns the whole.
    #[test]
    fn the_truth_earns_the_whole() {
        for task in TaskName::ALL {
            for seed in 0..12 {
                let recipe = link::recipe(task, seed).expect("draws");
                let timeline = recipe.timeline().expect("sound");
                let truth = Truth::of(&recipe.task, &recipe.source, &timeline);
                for said in [truth.text(), truth.tagged(&truth.plain())] {
                    let score = truth.score(&said);
                    assert!(
                        score.total > 0.999 && score.total <= 1.0,
                        "{task} {seed}: {said} earns {score:?}"
                    );
                    assert!(score.failure.is_none() && !score.parsed.is_null());
                }
            }
        }
    }

    #[test]
    fn frames_outside_the_segments_stay_as_they_are() {
        for seed in 0..6 {
            let recipe = link::recipe(TaskName::Grounding, seed).expect("draws");
            let source = scene_frames(&recipe).expect("sound").expect("a scene").remove(0);
            let wants = recipe.wants().expect("sound")[0].indices.clone();
            let timeline = recipe.timeline().expect("sound");
            let item = realize_scene(&recipe).expect("realizes");
            let Task::Grounding(segment) = &recipe.task else { unreachable!("a grounding link") };
            for (i, frame) in item.clips[0].frames.iter().enumerate() {
                let untouched = &source[wants.binary_search(&timeline.indices[i]).expect("wanted")];
                if !(segment.start..segment.end()).contains(&(i as u32)) {
                    assert!(frame == untouched, "seed {seed}, frame {i}");
                }
            }
        }
    }

    #[test]
    fn a_swap_shows_another_source() {
        use crate::perturb::Kind;
        use crate::recipe::{Draw, Question};
        let recipe = link::recipe(TaskName::Jigsaw, 1).expect("draws");
        let other = link::recipe(TaskName::Jigsaw, 2).expect("draws");
        let draw = |other| {
            Recipe::draw(&Draw {
                seed: 1,
                index: 0,
                source: &recipe.source,
                sampling: recipe.sampling,
                size: recipe.size,
                question: Question::Grounding { kind: Kind::Swap, compat: false },
                wording: recipe.wording,
                other,
                pool: None,
                times: None,
            })
        };
        assert!(draw(None).is_err());
        let swap = draw(Some(&other.source)).expect("draws");
        let json = serde_json::to_string(&swap).expect("serializes");
        assert_eq!(serde_json::from_str::<Recipe>(&json).expect("parses"), swap);
        let item = realize_scene(&swap).expect("realizes");
        let shown = &item.clips[0].frames;
        let theirs = scene_frames(&other).expect("sound").expect("a scene").remove(0);
        let segment = swap.task.perturbed()[0].clone();
        for i in segment.start..segment.end() {
            assert!(shown[i as usize] == theirs[i as usize]);
        }
    }
}
