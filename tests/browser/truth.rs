//! What is right, as core knows it without the site.

use scrubjay_core::item::{Item, Truth, realize_scene};
use scrubjay_core::link;
use scrubjay_core::recipe::Recipe;
use scrubjay_core::task::TaskName;

/// The recipe behind a link.
pub(crate) fn recipe(task: TaskName, seed: u64) -> Recipe {
    link::recipe(task, seed).unwrap_or_else(|e| panic!("{task} {seed}: {e}"))
}

/// The whole item behind a link, pixels too.
pub(crate) fn item(task: TaskName, seed: u64) -> Item {
    realize_scene(&recipe(task, seed)).unwrap_or_else(|e| panic!("{task} {seed}: {e}"))
}

/// The right answer of a link.
pub(crate) fn truth(task: TaskName, seed: u64) -> Truth {
    let recipe = recipe(task, seed);
    let timeline = recipe.timeline().unwrap_or_else(|e| panic!("{task} {seed}: {e}"));
    Truth::of(&recipe.task, &recipe.source, &timeline)
}
