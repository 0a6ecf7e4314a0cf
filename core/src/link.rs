//! Links: `/p/<task>/<seed>` names one scene item for ever (within a generator version).

use crate::perturb::Kind;
use crate::prompt::Wording;
use crate::recipe::{Draw, Question, Recipe, RecipeError, Size};
use crate::rng::Stream;
use crate::scene::Family;
use crate::source::{Clock, Pick, Sampling, Source};
use crate::task::counting::Level;
use crate::task::{TaskName, masked};
use crate::time::Rate;

/// Why a link names no item.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum LinkError {
    /// Not of the form `/p/<task>/<seed>`.
    #[error("'{0}' is not a link of the form /p/<task>/<seed>")]
    Form(String),
    /// No such task.
    #[error(transparent)]
    Task(#[from] crate::task::UnknownTask),
    /// The seed is not a whole number.
    #[error("'{0}' is not a seed: a whole number from 0 to 18446744073709551615")]
    Seed(String),
    /// The recipe could not be drawn.
    #[error(transparent)]
    Recipe(#[from] RecipeError),
}

/// The recipe behind a task's name and a seed: a scene of 24 seconds at 24 frames per second, of any family, 320 × 180
/// pixels; six clips for a jigsaw, any of the paper's perturbations for grounding, easy or hard counting.
///
/// A seed whose scene does not admit the question moves on to the next scene of its own list.
///
/// # Errors
/// [`LinkError::Recipe`], which would be a fault of this function.
pub fn recipe(task: TaskName, seed: u64) -> Result<Recipe, LinkError> {
    let mut stream = Stream::keyed(seed, "link", task.name(), 0);
    let question = question(task, &mut stream);
    let sampling = match task {
        TaskName::Masked => {
            Sampling { pick: Pick::Rate { rate: 4, count: 96 }, clock: Clock::Fixed { fps: 4 } }
        }
        TaskName::Segments | TaskName::Event | TaskName::Elements | TaskName::Qa => {
            Sampling { pick: Pick::Uniform { count: 96 }, clock: Clock::Pts }
        }
        _ => Sampling::videossr(),
    };
    let size = Size { width: 320, height: 180 };
    let mut last = None;
    for attempt in 0..32 {
        let family = Family::ALL[stream.below(Family::ALL.len() as u32) as usize];
        let scene = u64::from(stream.bits()) << 32 | u64::from(stream.bits());
        let source = Source::Scene { family, seed: scene, frames: 576, rate: Rate { num: 24, den: 1 } };
        let draw = Draw {
            seed,
            index: attempt,
            source: &source,
            sampling,
            size,
            question,
            wording: Wording::Videossr,
            other: None,
            pool: None,
            times: None,
        };
        match Recipe::draw(&draw) {
            Ok(recipe) => return Ok(recipe),
            Err(e) => last = Some(e),
        }
    }
    Err(last.map_or_else(|| LinkError::Form(task.to_string()), LinkError::Recipe))
}

fn question(task: TaskName, stream: &mut Stream) -> Question {
    let mut kind = |kinds: &[Kind]| kinds[stream.below(kinds.len() as u32) as usize];
    match task {
        TaskName::Jigsaw => Question::Jigsaw(6),
        TaskName::Grounding => Question::Grounding { kind: kind(&Kind::PAPER), compat: false },
        TaskName::Counting => {
            Question::Counting { level: Level::ALL[stream.below(2) as usize], compat: false }
        }
        TaskName::Masked => Question::Masked(masked::Shape {
            frames: 12,
            masked: 3,
            distractors: 3,
            ..masked::Shape::default()
        }),
        TaskName::Segments => {
            let kind = kind(&[Kind::Mirror, Kind::Grayscale, Kind::ZoomOut, Kind::ChannelSwap]);
            if stream.below(2) == 0 { Question::Events } else { Question::Tampered(kind) }
        }
        TaskName::Event => Question::Event,
        TaskName::Elements => Question::Elements,
        TaskName::Qa => Question::Qa,
    }
}

/// Reads `/p/<task>/<seed>`, with anything (a site's address) before it.
///
/// # Errors
/// [`LinkError`], naming the part at fault.
pub fn parse(link: &str) -> Result<(TaskName, u64), LinkError> {
    let form = || LinkError::Form(link.to_owned());
    let (_, path) = link.rsplit_once("/p/").ok_or_else(form)?;
    let (task, seed) = path.trim_end_matches('/').split_once('/').ok_or_else(form)?;
    let digits = !seed.is_empty() && seed.bytes().all(|b| b.is_ascii_digit());
    let seed = seed.parse().ok().filter(|_| digits).ok_or_else(|| LinkError::Seed(seed.to_owned()))?;
    Ok((task.parse()?, seed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_read_and_refused_by_part() {
        assert_eq!(parse("/p/jigsaw/7"), Ok((TaskName::Jigsaw, 7)));
        assert_eq!(parse("https://example.org/x/p/grounding/12/"), Ok((TaskName::Grounding, 12)));
        assert!(matches!(parse("/p/chess/7"), Err(LinkError::Task(_))));
        assert!(matches!(parse("/p/jigsaw/-7"), Err(LinkError::Seed(_))));
        assert!(matches!(parse("/p/jigsaw/+7"), Err(LinkError::Seed(_))));
        assert!(matches!(parse("jigsaw"), Err(LinkError::Form(_))));
    }

    #[test]
    fn every_seed_draws() {
        for seed in 0..200 {
            for task in TaskName::ALL {
                assert!(recipe(task, seed).is_ok());
            }
        }
    }
}
