//! `RUN/report.html`: what a run came to, as one file to keep or to send.

use std::path::{Path, PathBuf};

use scrubjay_core::prompt::Templates;

use crate::error::Error;
use crate::files::write_atomic;
use crate::inspect::run::{self, Run};
use crate::inspect::run_page::build;

/// The file in a run's folder.
pub const FILE: &str = "report.html";

/// Items that are played of each task.
const EACH: usize = 3;

/// Writes the report of a run that has ended, or was stopped: the page that `scrubjay inspect` makes of its folder. `data`
/// are the dataset folders that the run learned from; those in the run's own `data/` and in its `data.json` are found.
/// Items that cannot be played, and why, are told on the page. Returns the file.
///
/// # Errors
/// [`Error`] naming the file that cannot be read or written.
pub fn write(run: &Path, data: &[PathBuf]) -> Result<PathBuf, Error> {
    let mut read = run::read(run)?;
    read.add_recipes(data);
    let tasks: std::collections::BTreeSet<&str> =
        read.answers.list.iter().filter_map(|a| a.task.as_deref()).collect();
    let most = EACH * tasks.len().max(1);
    let page = page(&title(run), &mut read, most)?;
    let path = run.join(FILE);
    write_atomic(&path, page.as_bytes())?;
    Ok(path)
}

/// With as many items as one page can hold.
fn page(title: &str, run: &mut Run, most: usize) -> Result<String, Error> {
    let templates = |line: &crate::dataset::recipes::Line| Ok(Templates::built_in(line.recipe.wording));
    match build(title, run, most, &templates) {
        Ok(built) => Ok(built.page),
        Err(_) if most > 1 => page(title, run, most / 2),
        Err(e) if most > 0 => {
            run.notes.push(format!("No item is played: {e}."));
            page(title, run, 0)
        }
        Err(e) => Err(e),
    }
}

/// The folder's own name, also where it was given as `.`.
fn title(run: &Path) -> String {
    let whole = std::path::absolute(run).unwrap_or_else(|_| run.to_owned());
    let name = whole.file_name().map_or_else(|| "run".to_owned(), |n| n.to_string_lossy().into_owned());
    format!("Run {name}")
}
