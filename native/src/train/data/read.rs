//! Recipes to learn from, read line by line: a line that cannot be used is left out, and the rest is used.

use std::collections::{BTreeSet, HashSet};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::sync::Arc;

use scrubjay_core::perturb::Perturbation;
use scrubjay_core::source::Source;
use sha2::{Digest as _, Sha256};

use super::dropped::Left;
use crate::dataset::recipes::Line;
use crate::error::Error;
use crate::lines;

/// A recipe line and where it stands.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) line: Line,
    file: Arc<str>,
    /// From 1.
    number: usize,
}

impl Listed {
    /// The place as `FILE:LINE`.
    pub(super) fn place(&self) -> String {
        format!("{}:{}", self.file, self.number)
    }

    /// A line that stands in no file.
    pub(super) fn nowhere((index, line): (usize, Line)) -> Self {
        Self { line, file: Arc::from("recipes"), number: index + 1 }
    }
}

/// Reads a recipe file; lines that are no sound recipe are told apart.
///
/// # Errors
/// [`Error`] when the file cannot be read.
pub(super) fn read(path: &Path) -> Result<(Vec<Listed>, Vec<Left>), Error> {
    let fail = |e: std::io::Error| Error::path(path, format!("cannot be read: {e}"));
    let mut file = BufReader::new(std::fs::File::open(path).map_err(fail)?);
    let name: Arc<str> = Arc::from(path.display().to_string());
    let (mut listed, mut left) = (Vec::new(), Vec::new());
    let mut bytes = Vec::new();
    for number in 1.. {
        bytes.clear();
        if file.read_until(b'\n', &mut bytes).map_err(fail)? == 0 {
            break;
        }
        if bytes.trim_ascii().is_empty() {
            continue;
        }
        match sound(lines::unmarked(&bytes)) {
            Ok(line) => listed.push(Listed { line, file: name.clone(), number }),
            Err((line, cause, what)) => left.push(Left {
                id: line.as_ref().map_or_else(|| format!("{name}:{number}"), |l| l.id.clone()),
                task: line.map(|l| l.recipe.task.name()),
                cause: cause.to_owned(),
                detail: format!("{name}:{number}: {what}"),
            }),
        }
    }
    Ok((listed, left))
}

/// A line, if it is a recipe that agrees with itself; else what it is, as far as it can be read, and why not.
fn sound(bytes: &[u8]) -> Result<Line, (Option<Box<Line>>, &'static str, String)> {
    let line: Line =
        serde_json::from_slice(bytes).map_err(|e| (None, "line", format!("is not a recipe: {e}")))?;
    if let Err(e) = line.recipe.timeline() {
        return Err((Some(Box::new(line)), "recipe", e.to_string()));
    }
    if line.id != line.recipe.id() {
        let what = "the id is not the recipe's hash: one of them was changed".to_owned();
        return Err((Some(Box::new(line)), "recipe", what));
    }
    Ok(line)
}

/// Splits recipes into those to learn from and those of sources that are held out. What would show frames of a source that
/// is held out is neither.
pub(super) fn split(lines: Vec<Listed>, share: f64) -> (Vec<Listed>, Vec<Listed>, Vec<Left>) {
    let apart = held_out_keys(&lines, share);
    let (mut train, mut held_out, mut left) = (Vec::new(), Vec::new(), Vec::new());
    for listed in lines {
        let recipe = &listed.line.recipe;
        if apart.contains(&recipe.source.key()) {
            held_out.push(listed);
            continue;
        }
        let shown = recipe.task.perturbed().into_iter().find_map(|s| match &s.perturbation {
            Perturbation::Swap { other } => Some(other.key()).filter(|key| apart.contains(key)),
            _ => None,
        });
        match shown {
            None => train.push(listed),
            Some(key) => left.push(Left {
                id: listed.line.id.clone(),
                task: Some(recipe.task.name()),
                cause: "shows-held-out".to_owned(),
                detail: format!("item {}: it shows frames of {key}, which is held out", listed.line.id),
            }),
        }
    }
    (train, held_out, left)
}

/// The sources that are held out: of the scenes and of the videos, a share each, chosen by the hash of their keys, so that
/// no item of them is ever learned from. Of two or more sources at least one is held out and at least one is not.
fn held_out_keys(lines: &[Listed], share: f64) -> HashSet<String> {
    let mut kinds: [BTreeSet<([u8; 32], String)>; 2] = Default::default();
    for listed in lines {
        let source = &listed.line.recipe.source;
        let key = source.key();
        let kind = usize::from(matches!(source, Source::Video { .. }));
        kinds[kind].insert((Sha256::digest(key.as_bytes()).into(), key));
    }
    kinds
        .into_iter()
        .flat_map(|keys| {
            // A hair less, so that a fifth of five is one, whatever a fifth is in binary.
            let part = (keys.len() as f64 * share - 1e-9).ceil() as usize;
            let most = keys.len().saturating_sub(1);
            let take = if share > 0.0 { part.clamp(most.min(1), most) } else { 0 };
            keys.into_iter().take(take).map(|(_, key)| key)
        })
        .collect()
}
