//! `recipes.jsonl`: one recipe a line, with its id and, for a video, where the file was.

use std::collections::BTreeMap;
use std::io::BufRead as _;
use std::path::{Path, PathBuf};

use scrubjay_core::recipe::Recipe;
use serde::{Deserialize, Serialize};

use crate::error::Error;

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
    let mut lines = Vec::new();
    for (i, text) in std::io::BufReader::new(file).lines().enumerate() {
        let at = |what: String| Error::failed(format!("{}:{}: {what}", path.display(), i + 1));
        let text = text.map_err(|e| at(format!("cannot be read: {e}")))?;
        if text.trim().is_empty() {
            continue;
        }
        let line: Line = serde_json::from_str(&text).map_err(|e| at(format!("not a recipe: {e}")))?;
        line.recipe.timeline().map_err(|e| at(e.to_string()))?;
        if line.id != line.recipe.id() {
            return Err(at("the id is not the recipe's hash: one of them was changed".to_owned()));
        }
        lines.push(line);
    }
    Ok(lines)
}
