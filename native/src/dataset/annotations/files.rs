//! From the name an annotation gives its video to the file that holds it.
//!
//! Names come with or without folders and endings. ActivityNet's begin with `v_` in some files and not in others;
//! QVHighlights' clips say their cut as `_60.0_210.0` or `_60_210`; TACoS' videos are handed round with `-cam-002`.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Files by the names that annotations may give them.
#[derive(Debug, Clone, Default)]
pub struct Files<'a> {
    exact: HashMap<String, Vec<&'a Path>>,
    loose: HashMap<String, Vec<&'a Path>>,
}

/// What a name was found to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found<'a> {
    /// This file.
    One(&'a Path),
    /// One of several, and the name does not say which; two of them.
    Several(&'a Path, &'a Path),
    /// None of the files.
    None,
}

impl<'a> Files<'a> {
    /// Files, or folders of frames, to be found.
    #[must_use]
    pub fn new(files: &'a [PathBuf]) -> Self {
        let mut known = Self::default();
        for file in files {
            let stem = stem(&parts(&file.to_string_lossy()));
            known.loose.entry(loose(&stem)).or_default().push(file);
            known.exact.entry(stem).or_default().push(file);
        }
        known
    }

    /// The file of a name; of files with the same name, the one that shares most folders with it, or its ending.
    #[must_use]
    pub fn find(&self, name: &str) -> Found<'a> {
        let wanted = parts(name);
        let stem = stem(&wanted);
        let found = self.exact.get(&stem).or_else(|| self.loose.get(&loose(&stem)));
        let Some(found) = found else { return Found::None };
        let shared = |file: &Path| {
            let has = parts(&file.to_string_lossy());
            let folders = |p: &[String]| p.iter().rev().skip(1).cloned().collect::<Vec<_>>();
            let same = folders(&wanted).iter().zip(folders(&has)).take_while(|(a, b)| **a == *b).count();
            (same, wanted.last() == has.last())
        };
        let mut best: Vec<((usize, bool), &'a Path)> = found.iter().map(|f| (shared(f), *f)).collect();
        best.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
        match best.as_slice() {
            [] => Found::None,
            [(first, a), (second, b), ..] if first == second && a != b => Found::Several(a, b),
            [(_, file), ..] => Found::One(file),
        }
    }
}

/// The file of a name among a few; [`Files`] is for many names.
#[must_use]
pub fn find<'a>(name: &str, files: &'a [PathBuf]) -> Option<&'a Path> {
    match Files::new(files).find(name) {
        Found::One(file) => Some(file),
        _ => None,
    }
}

fn parts(name: &str) -> Vec<String> {
    name.split(['/', '\\']).filter(|p| !p.is_empty() && *p != ".").map(str::to_owned).collect()
}

/// The last part without its ending. An ending has a letter in it: that of `x_60.0_210.0` is none.
fn stem(parts: &[String]) -> String {
    let Some(last) = parts.last() else { return String::new() };
    match last.rsplit_once('.') {
        Some((stem, ending))
            if !stem.is_empty()
                && ending.len() <= 5
                && ending.chars().all(|c| c.is_ascii_alphanumeric())
                && ending.chars().any(|c| c.is_ascii_alphabetic()) =>
        {
            stem.to_owned()
        }
        _ => last.clone(),
    }
}

/// A stem without what one copy of a data set writes and another does not.
fn loose(stem: &str) -> String {
    let stem = stem.strip_prefix("v_").unwrap_or(stem);
    let stem = stem.strip_suffix("-cam-002").unwrap_or(stem);
    let cut = |text: &str| text.parse::<f64>().ok().filter(|n| n.is_finite());
    let tail: Vec<&str> = stem.rsplitn(3, '_').collect();
    match tail.as_slice() {
        [end, start, video] if !video.is_empty() => match (cut(start), cut(end)) {
            (Some(start), Some(end)) => format!("{video}_{start}_{end}"),
            _ => stem.to_owned(),
        },
        _ => stem.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_find_their_files() {
        let files: Vec<PathBuf> = [
            "/d/charades/AO8RW.mp4",
            "/d/anet/v_uqiMw7tQ1Cc.mkv",
            "/d/anet/bare.mp4",
            "/d/qv/_6hnl_BrFvs_360.0_510.0.mp4",
            "/d/qv/RoripwjYFp8_60_210.mp4",
            "/d/tacos/s13-d21-cam-002.avi",
            "/d/a/same.mp4",
            "/d/b/same.mp4",
            "/d/c/twice.mp4",
            "/d/c/twice.webm",
        ]
        .map(PathBuf::from)
        .into();
        for (name, file) in [
            ("AO8RW", Some(0)),
            ("videos/charades/AO8RW.mp4", Some(0)),
            ("uqiMw7tQ1Cc", Some(1)),
            ("v_uqiMw7tQ1Cc.mp4", Some(1)),
            ("v_bare", Some(2)),
            ("_6hnl_BrFvs_360.0_510.0", Some(3)),
            ("_6hnl_BrFvs_360_510.mp4", Some(3)),
            ("RoripwjYFp8_60.0_210.0", Some(4)),
            ("RoripwjYFp8_60.0_360.0", None),
            ("RoripwjYFp8", None),
            ("s13-d21.avi", Some(5)),
            ("./b/same.mp4", Some(7)),
            ("x\\a\\same.mp4", Some(6)),
            ("same.mp4", None),
            ("twice", None),
            ("twice.webm", Some(9)),
            ("", None),
            ("/", None),
        ] {
            assert_eq!(find(name, &files), file.map(|i: usize| files[i].as_path()), "{name}");
        }
        assert_eq!(Files::new(&files).find("same"), Found::Several(&files[6], &files[7]));
    }
}
