//! Links: `/p/<task>/<seed>` names one scene item for ever (within a generator version).

use crate::perturb::Kind;
use crate::prompt::Wording;
use crate::recipe::{Question, Recipe, RecipeError, Size};
use crate::rng::Stream;
use crate::scene::Family;
use crate::source::{Sampling, Source};
use crate::task::TaskName;
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

/// The perturbations that links ask about.
const KINDS: [Kind; 5] = [Kind::ChannelSwap, Kind::Mirror, Kind::Rotate180, Kind::ZoomOut, Kind::Shuffle];

/// The recipe behind a task's name and a seed: a scene of 24 seconds at 24 frames per second, sampled as
/// VideoSSR does, 320 × 180 pixels; six clips for a jigsaw, one of five perturbations for grounding.
///
/// # Errors
/// [`LinkError::Recipe`], which would be a fault of this function.
pub fn recipe(task: TaskName, seed: u64) -> Result<Recipe, LinkError> {
    let question = match task {
        TaskName::Jigsaw => Question::Jigsaw(6),
        TaskName::Grounding => {
            let mut stream = Stream::keyed(seed, "link", task.name(), 0);
            Question::Grounding(KINDS[stream.below(KINDS.len() as u32) as usize])
        }
    };
    let source = Source::Scene { family: Family::Day, seed, frames: 576, rate: Rate { num: 24, den: 1 } };
    let size = Size { width: 320, height: 180 };
    Ok(Recipe::draw(seed, 0, source, Sampling::videossr(), size, question, Wording::Videossr)?)
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
