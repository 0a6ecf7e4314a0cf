//! `recipes.jsonl`: one recipe a line, with its id and, for a video, where the file was.

use std::collections::BTreeMap;
use std::io::BufRead as _;
use std::path::{Path, PathBuf};

use scrubjay_core::recipe::Recipe;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::lines;

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// The item's id: the hash of the recipe.
    pub id: String,
    /// The recipe.
    pub recipe: Recipe,
    /// Where the video file was found; a hint, since the recipe knows it by content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
    /// Where other videos were found whose frames the item shows, by content.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub others: BTreeMap<String, PathBuf>,
}

/// Reads a recipe file.
///
/// # Errors
/// [`Error`] naming the file and the line at fault.
pub fn read(path: &Path) -> Result<Vec<Line>, Error> {
    let file = std::fs::File::open(path).map_err(|e| Error::path(path, format!("cannot be read: {e}")))?;
    let mut all = Vec::new();
    for (i, text) in std::io::BufReader::new(file).lines().enumerate() {
        all.extend(parse(path, i, text)?);
    }
    Ok(all)
}

/// Reads one line of a recipe file, counted from 1, whatever the others are; without a number, the first that is not empty.
///
/// # Errors
/// [`Error`] naming the file and the line at fault, or that there is no such line.
pub fn read_line(path: &Path, number: Option<usize>) -> Result<Line, Error> {
    if number == Some(0) {
        return Err(Error::usage(format!("{}:0: lines are counted from 1", path.display())));
    }
    let fail = |e: std::io::Error| Error::path(path, format!("cannot be read: {e}"));
    let file = std::fs::File::open(path).map_err(fail)?;
    let mut count = 0;
    for (i, text) in std::io::BufReader::new(file).lines().enumerate() {
        count = i + 1;
        if number.is_some_and(|n| n != count) {
            // What is no text is another line's affair; what cannot be read ends it.
            if let Some(error) = text.err().filter(|e| e.kind() != std::io::ErrorKind::InvalidData) {
                return Err(fail(error));
            }
            continue;
        }
        match (parse(path, i, text)?, number) {
            (Some(line), _) => return Ok(line),
            (None, Some(n)) => {
                return Err(Error::usage(format!("{}:{n}: the line is empty", path.display())));
            }
            (None, None) => {}
        }
    }
    Err(Error::usage(match number {
        Some(n) => format!("{} has {count} lines; line {n} is not one of them", path.display()),
        None => format!("{} has no recipe", path.display()),
    }))
}

/// The recipe on a line, counted from 0; none on an empty one.
fn parse(path: &Path, i: usize, text: std::io::Result<String>) -> Result<Option<Line>, Error> {
    let at = |what: String| Error::failed(format!("{}:{}: {what}", path.display(), i + 1));
    let text = text.map_err(|e| at(format!("cannot be read: {e}")))?;
    let text = lines::unmarked(text.as_bytes());
    if text.trim_ascii().is_empty() {
        return Ok(None);
    }
    let line: Line = serde_json::from_slice(text).map_err(|e| at(format!("not a recipe: {e}")))?;
    line.recipe.timeline().map_err(|e| at(e.to_string()))?;
    if line.id != line.recipe.id() {
        return Err(at("the id is not the recipe's hash: one of them was changed".to_owned()));
    }
    Ok(Some(line))
}
