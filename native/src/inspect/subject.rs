//! What becomes an item: a recipe, or a row that is finished already. All that differs between them is here, and pages,
//! texts and JSON are made of items in one way.

use std::path::Path;

use scrubjay_core::item::Item;
use scrubjay_core::prompt::Templates;
use scrubjay_core::recipe::Size;
use scrubjay_core::source::{Source, Timeline};
use scrubjay_core::task::Task;
use scrubjay_core::task::segments::Sought;
use serde_json::{Value, json};

use crate::dataset::annotations::verl::Given;
use crate::dataset::recipes::Line;
use crate::error::Error;
use crate::loader::Loader;

/// What becomes an item.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Subject<'a> {
    /// A line of a recipe file.
    Recipe(&'a Line),
    /// A row for verl, and the folder of its file.
    Row(&'a Given, &'a Path),
}

/// What was made.
#[derive(Debug, Clone, PartialEq)]
pub struct Made {
    /// The item, with the prompt that was asked for.
    pub item: Item,
    /// The task with what it drew; of a row, as far as it tells.
    pub task: Task,
    /// Which frames are shown when.
    pub timeline: Timeline,
}

/// Why an item is not shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// By which it is counted with others.
    pub cause: String,
    /// One sentence that names it.
    pub detail: String,
}

impl<'a> Subject<'a> {
    /// The names under which answers may speak of it. A row is spoken of by its number from 0, as in `scrubjay score`, by
    /// the hash of its content, or by the id of the item that it was written from.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        match self {
            Self::Recipe(line) => vec![line.id.clone()],
            Self::Row(given, _) => {
                let stated = given.extra.get("id").and_then(Value::as_str);
                // Other writers' ids may be numbers that are not the rows'.
                let stated = stated.filter(|id| !id.bytes().all(|b| b.is_ascii_digit()));
                let own = [given.row.to_string(), given.id.clone()];
                own.into_iter().chain(stated.map(str::to_owned)).collect()
            }
        }
    }

    /// The name that tells it apart on a page or in a file's name.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Self::Recipe(line) => format!("item {}", line.id),
            Self::Row(given, _) => format!("row {}", given.row),
        }
    }

    /// What the item is about, in a few words.
    pub(super) fn title(&self, task: &Task) -> String {
        match (self, task) {
            (Self::Row(given, _), Task::Grounding(_)) => {
                let kind = given.extra.get("perturbation_type").and_then(Value::as_str);
                format!("{} hidden in the video", kind.unwrap_or("a perturbation"))
            }
            (Self::Row(..), Task::Counting { .. }) => "shapes on the frames".to_owned(),
            _ => title(task),
        }
    }

    /// Its source, in words.
    pub(super) fn source(&self) -> String {
        match self {
            Self::Recipe(line) => source(&line.recipe.source),
            Self::Row(..) => self.key().unwrap_or_else(|| "not stated".to_owned()),
        }
    }

    /// By which items of one source are known; not every row states one.
    #[must_use]
    pub fn key(&self) -> Option<String> {
        match self {
            Self::Recipe(line) => Some(line.recipe.source.key()),
            Self::Row(given, _) => match given.extra.get("video_id")? {
                Value::Null => None,
                Value::String(key) => Some(key.clone()),
                other => Some(other.to_string()),
            },
        }
    }

    /// Where it is, with what kind of place that is.
    pub(super) fn place(&self) -> Option<(&'static str, String)> {
        match self {
            Self::Recipe(line) => line.file.as_ref().map(|f| ("File", f.display().to_string())),
            Self::Row(given, _) => Some(("Row", given.row.to_string())),
        }
    }

    /// What it is, as a heading.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Recipe(_) => "Recipe",
            Self::Row(..) => "Row",
        }
    }

    /// What it is made of, under its name.
    pub(super) fn definition(&self) -> (&'static str, Value) {
        match self {
            Self::Recipe(line) => ("recipe", json!(line.recipe)),
            Self::Row(given, _) => {
                let video = |v: &crate::dataset::annotations::verl::Shown| {
                    let frames: Vec<String> = v.frames.iter().map(|f| f.display().to_string()).collect();
                    json!({ "video": frames, "sample_fps": v.sample_fps })
                };
                let videos: Vec<Value> = given.videos.iter().map(video).collect();
                let row = json!({
                    "number": given.row, "data_source": given.data_source, "videos": videos,
                    "ground_truth": given.truth, "extra_info": given.extra,
                });
                ("row", row)
            }
        }
    }

    /// The same, as text for a page.
    pub(super) fn definition_text(&self) -> Result<String, Error> {
        match self {
            // In the order of which the id is the hash.
            Self::Recipe(line) => serde_json::to_string_pretty(&line.recipe),
            Self::Row(..) => serde_json::to_string_pretty(&self.definition().1),
        }
        .map_err(|e| Error::failed(format!("{}: {e}", self.label())))
    }

    /// Size and number of the frames that the item shows; nothing where that fails, which is told when it is made.
    pub(super) fn extent(&self) -> (Size, u64) {
        match self {
            Self::Recipe(line) => {
                let frames = match (&line.recipe.task, line.recipe.timeline()) {
                    (Task::Masked(m), _) => (m.before.len() + m.after.len() + m.candidates.len()) as u64,
                    (_, Ok(timeline)) => timeline.indices.len() as u64,
                    (_, Err(_)) => 0,
                };
                (line.recipe.size, frames)
            }
            Self::Row(given, folder) => given.extent(folder).unwrap_or((Size { width: 1, height: 1 }, 0)),
        }
    }

    /// Makes the item. `templates` gives the prompt for a recipe's wording; a row brings its own.
    ///
    /// # Errors
    /// [`Error`] when what was asked for makes no sense whatever the item; otherwise why this one is not shown.
    pub(super) fn make(
        &self,
        loader: &Loader,
        templates: &dyn Fn(&Line) -> Result<Templates, Error>,
    ) -> Result<Result<Made, LeftOut>, Error> {
        let label = self.label();
        match self {
            Self::Recipe(line) => match recipe(loader, line, templates) {
                Ok(made) => Ok(Ok(made)),
                Err(e) if e.exit_code() == 2 => Err(e),
                Err(e) => {
                    let detail = e.to_string();
                    // One cause for all items, not one for each.
                    Ok(Err(LeftOut { cause: detail.replace(&format!("{label}: "), ""), detail }))
                }
            },
            Self::Row(given, folder) => Ok(row(given, folder).map_err(|(cause, detail)| LeftOut {
                cause: cause.to_owned(),
                detail: format!("{label}: {detail}"),
            })),
        }
    }
}

fn recipe(
    loader: &Loader,
    line: &Line,
    templates: &dyn Fn(&Line) -> Result<Templates, Error>,
) -> Result<Made, Error> {
    let fail = |e: &dyn std::fmt::Display| Error::failed(format!("item {}: {e}", line.id));
    let timeline = line.recipe.timeline().map_err(|e| fail(&e))?;
    let mut item = loader.answerable(line)?.ok_or_else(|| fail(&"its frames leave no right answer"))?;
    item.prompt = templates(line)?.prompt(&line.recipe.task);
    Ok(Made { item, task: line.recipe.task.clone(), timeline })
}

fn row(given: &Given, folder: &Path) -> Result<Made, (&'static str, String)> {
    let item = given.load(folder).map_err(|d| (d.cause, d.detail))?;
    let task = given.task().ok_or_else(|| ("other-task", "it is of no task that can be shown".to_owned()))?;
    let frames: u32 = item.clips.iter().map(|c| c.frames.len() as u32).sum();
    let timeline = Timeline::even((0..frames).collect(), item.sampling_fps);
    Ok(Made { item, task, timeline })
}

/// What a task is about, in a few words.
fn title(task: &Task) -> String {
    match task {
        Task::Grounding(s) => format!("{} hidden in the video", s.perturbation.kind()),
        Task::Counting { level, .. } => format!("shapes on the frames, {level}"),
        Task::Jigsaw { order } => format!("{} clips in shuffled order", order.len()),
        Task::Masked(m) => {
            format!("{} missing frames among {} candidates", m.targets.len(), m.candidates.len())
        }
        Task::Segments(Sought::Tampered(list)) => {
            let kind = list.first().map_or("nothing", |s| s.perturbation.kind().name());
            format!("{kind} in {} places", list.len())
        }
        Task::Segments(Sought::Event { query, .. }) | Task::Event { query, .. } => query.clone(),
        Task::Elements { question, .. } | Task::Qa { question, .. } => question.clone(),
    }
}

/// A source in words.
fn source(source: &Source) -> String {
    let fps = (source.rate().fps() * 1000.0).round() / 1000.0;
    format!("{}: {} frames at {fps} frames a second", source.key(), source.frames())
}
