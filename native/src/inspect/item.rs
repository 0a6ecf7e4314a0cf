//! An item with what was said of it.

use scrubjay_core::item::Item;
use scrubjay_core::prompt::Templates;
use scrubjay_core::reward::Score;
use scrubjay_core::source::Timeline;

use super::answers::Answers;
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
}

/// An item that is looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// Its recipe.
    pub line: Line,
    /// The item, with the prompt that was asked for.
    pub item: Item,
    /// Which frames are shown when.
    pub timeline: Timeline,
    /// What was said of it.
    pub said: Vec<Said>,
}

/// Makes an item and scores what was said of it. `templates` gives the prompt for the recipe's wording. `None` when
/// these frames leave the question without an answer.
///
/// # Errors
/// [`Error`] naming the item, the file or the templates at fault.
pub fn see(
    loader: &Loader,
    line: &Line,
    answers: &Answers,
    templates: &dyn Fn(&Line) -> Result<Templates, Error>,
) -> Result<Option<Seen>, Error> {
    let fail = |e: &dyn std::fmt::Display| Error::failed(format!("item {}: {e}", line.id));
    let timeline = line.recipe.timeline().map_err(|e| fail(&e))?;
    let Some(mut item) = loader.answerable(line)? else { return Ok(None) };
    item.prompt = templates(line)?.prompt(&line.recipe.task);
    let said = answers
        .of(&line.id)
        .map(|a| Said {
            origin: answers.origin(a).to_owned(),
            text: a.text.clone(),
            score: item.truth.score(&a.text),
        })
        .collect();
    Ok(Some(Seen { line: line.clone(), item, timeline, said }))
}
