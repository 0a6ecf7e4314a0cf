//! An item with what was said of it.

use scrubjay_core::item::Item;
use scrubjay_core::prompt::Templates;
use scrubjay_core::reward::Score;
use scrubjay_core::source::Timeline;
use scrubjay_core::task::Task;

use super::answers::Answers;
use super::subject::{LeftOut, Made, Subject};
use crate::dataset::recipes::Line;
use crate::error::Error;
use crate::loader::Loader;

/// One answer, scored by the item's own reward.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// Where it comes from.
    pub origin: String,
    /// The raw text.
    pub text: String,
    /// What it earns.
    pub score: Score,
    /// What training made of it, in words; empty for what is no rollout.
    pub training: String,
}

/// An item that is looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen<'a> {
    /// What it was made of.
    pub of: Subject<'a>,
    /// The item, with the prompt that was asked for.
    pub item: Item,
    /// The task with what it drew; of a row, as far as it tells.
    pub task: Task,
    /// Which frames are shown when.
    pub timeline: Timeline,
    /// What was said of it.
    pub said: Vec<Said>,
}

/// Makes an item and scores what was said of it. `templates` gives the prompt for a recipe's wording.
///
/// # Errors
/// [`Error`] when what was asked for makes no sense whatever the item; otherwise why this one is not shown.
pub fn see<'a>(
    loader: &Loader,
    of: Subject<'a>,
    answers: &Answers,
    templates: &dyn Fn(&Line) -> Result<Templates, Error>,
) -> Result<Result<Seen<'a>, LeftOut>, Error> {
    Ok(of.make(loader, templates)?.map(|Made { item, task, timeline }| {
        let said = answers
            .of(&of.names())
            .map(|a| Said {
                origin: answers.origin(a).to_owned(),
                text: a.text.clone(),
                score: item.truth.score(&a.text),
                training: a.training.clone(),
            })
            .collect();
        Seen { of, item, task, timeline, said }
    }))
}
