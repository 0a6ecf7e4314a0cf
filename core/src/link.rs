//! Links: `/p/<task>/<seed>` names one scene item for ever (within a generator version), and with `?clip=<name>` an item
//! of a built-in film.

mod film;

use std::fmt;

use crate::perturb::Kind;
use crate::prompt::Wording;
use crate::recipe::{Draw, Question, Recipe, RecipeError, Size};
use crate::rng::Stream;
use crate::scene::Family;
use crate::source::{Clock, Pick, Sampling, Source};
use crate::task::counting::Level;
use crate::task::{TaskName, masked};
use crate::time::Rate;

pub use film::{FEWEST, FilmError, FilmSource, TRIES, film_item, film_item_now, film_pool, film_recipe};

/// What a link says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The task.
    pub task: TaskName,
    /// The seed.
    pub seed: u64,
    /// The name of a built-in film; a scene where there is none.
    pub clip: Option<String>,
}

impl fmt::Display for Link {
    /// The path and the query that [`parse`] reads.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/p/{}/{}", self.task, self.seed)?;
        self.clip.iter().try_for_each(|clip| write!(f, "?clip={clip}"))
    }
}

/// Longest name of a film in bytes.
const NAME: usize = 64;

/// Whether a text can be a built-in film's name: small letters, digits and hyphens, which every address carries as they are.
#[must_use]
pub fn is_clip_name(name: &str) -> bool {
    (1..=NAME).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// Why a link names no item.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum LinkError {
    /// Not of the form `/p/<task>/<seed>`.
    #[error("'{0}' is not a link of the form /p/<task>/<seed> or /p/<task>/<seed>?clip=<name>")]
    Form(String),
    /// No such task.
    #[error(transparent)]
    Task(#[from] crate::task::UnknownTask),
    /// The seed is not a whole number.
    #[error("'{0}' is not a seed: a whole number from 0 to 18446744073709551615")]
    Seed(String),
    /// No film can have this name.
    #[error("clip '{0}' is no film's name: 1 to {NAME} small letters, digits and hyphens")]
    Clip(String),
    /// More than one film is named.
    #[error("the link names two films, '{0}' and '{1}'; leave one of them out")]
    Clips(String, String),
    /// There is no built-in film of this name.
    #[error("there is no built-in film '{name}'; there are {known}")]
    UnknownClip {
        /// The name.
        name: String,
        /// The names that there are.
        known: String,
    },
    /// A film has too few frames for any question of the task.
    #[error("the film has {frames} frames and {task} takes at least {wanted}; take a longer one")]
    TooShort {
        /// The task.
        task: TaskName,
        /// Frames of the film.
        frames: u32,
        /// Frames that are needed.
        wanted: u32,
    },
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

/// Reads `/p/<task>/<seed>` or `/p/<task>/<seed>?clip=<name>`, with anything (a site's address) before it. Other
/// parameters are somebody else's and are passed over, as is what follows a `#`.
///
/// # Errors
/// [`LinkError`], naming the part at fault. Whether there is a film of that name is for whoever has the films to say.
pub fn parse(link: &str) -> Result<Link, LinkError> {
    let form = || LinkError::Form(link.to_owned());
    let (address, query) = link.split_once('?').unwrap_or((link, ""));
    let (_, path) = address.rsplit_once("/p/").ok_or_else(form)?;
    // Behind the path, an anchor of the page.
    let before_anchor = |text: &'_ str| text.find('#').unwrap_or(text.len());
    let (path, query) = (&path[..before_anchor(path)], &query[..before_anchor(query)]);
    let (task, seed) = path.trim_end_matches('/').split_once('/').ok_or_else(form)?;
    let digits = !seed.is_empty() && seed.bytes().all(|b| b.is_ascii_digit());
    let seed = seed.parse().ok().filter(|_| digits).ok_or_else(|| LinkError::Seed(seed.to_owned()))?;
    let task = task.parse()?;
    let mut clip: Option<String> = None;
    for pair in query.split('&') {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        if key != "clip" {
            continue;
        }
        if !is_clip_name(value) {
            return Err(LinkError::Clip(value.to_owned()));
        }
        if let Some(first) = clip {
            return Err(LinkError::Clips(first, value.to_owned()));
        }
        clip = Some(value.to_owned());
    }
    Ok(Link { task, seed, clip })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_read_and_refused_by_part() {
        let link = |task, seed, clip: Option<&str>| Ok(Link { task, seed, clip: clip.map(str::to_owned) });
        let jigsaw = link(TaskName::Jigsaw, 7, None);
        assert_eq!(parse("/p/jigsaw/7"), jigsaw);
        assert_eq!(parse("https://example.org/x/p/grounding/12/"), link(TaskName::Grounding, 12, None));
        for ignored in ["?", "?embed=1&lang=de", "#top", "?pixels=/p/chess/1#clip=x", "?clips=a", "?%63lip=a"]
        {
            assert_eq!(parse(&format!("/p/jigsaw/7{ignored}")), jigsaw, "{ignored}");
        }
        let frog = link(TaskName::Jigsaw, 7, Some("frog-2"));
        assert_eq!(parse("/p/jigsaw/7?clip=frog-2"), frog);
        assert_eq!(parse("x#/p/jigsaw/7/?embed=1&clip=frog-2#there"), frog);
        assert_eq!(frog.map(|l| l.to_string()), Ok("/p/jigsaw/7?clip=frog-2".to_owned()));
        assert_eq!(jigsaw.map(|l| l.to_string()), Ok("/p/jigsaw/7".to_owned()));
        let long = "a".repeat(65);
        for wrong in ["", "Frog", "fr%6fg", "a/b", "..", "frö", &long] {
            let read = parse(&format!("/p/jigsaw/7?clip={wrong}"));
            assert_eq!(read, Err(LinkError::Clip(wrong.to_owned())));
        }
        assert!(matches!(parse("/p/jigsaw/7?clip"), Err(LinkError::Clip(_))));
        assert!(matches!(parse("/p/jigsaw/7?clip=a&clip=a"), Err(LinkError::Clips(..))));
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
