//! THUMOS: a text file for each class (`Billiards_val.txt`) with lines `video_validation_0000051  67.5 75.9`; or
//! `{"database": {video: {"subset", "duration", "annotations": [{"segment": [67.5, 75.9], "label": "Billiards"}]}}}` as
//! ActivityNet's detection files have it. Every occurrence of a class in a video is one annotation.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::rows::{Fault, Place, Rows, list, number, text};
use super::walk::{member, text_lines};
use super::{Annotation, Ask};
use crate::error::Error;

pub(super) fn read(bytes: &[u8], rows: &mut Rows<'_>) -> Result<(), Error> {
    if !bytes.trim_ascii_start().starts_with(b"{") {
        lines(bytes, rows);
        return Ok(());
    }
    let found = member(bytes, rows.file, "database", |place, video| {
        database(&place.to_string(), &video, rows);
        true
    })?;
    if found { Ok(()) } else { Err(Error::path(rows.file, "there is no 'database' in it")) }
}

/// Segments of one video and class.
struct Group {
    place: Place,
    video: String,
    label: String,
    segments: Vec<Value>,
}

/// The groups, in the order in which they were first met, and where each stands in it.
#[derive(Default)]
struct Groups {
    met: Vec<Group>,
    at: HashMap<(String, String), usize>,
}

fn gather(groups: &mut Groups, place: Place, video: &str, label: &str, segment: Value) {
    let (video, label) = (video.to_owned(), label.to_owned());
    let next = groups.met.len();
    let at = *groups.at.entry((video.clone(), label.clone())).or_insert(next);
    match groups.met.get_mut(at) {
        Some(group) => group.segments.push(segment),
        None => groups.met.push(Group { place, video, label, segments: vec![segment] }),
    }
}

fn finish(groups: Groups, split: Option<&str>, duration_s: Option<f64>, rows: &mut Rows<'_>) {
    for Group { place, video, label, segments } in groups.met {
        let row = rows.spans(&place, &segments, 1.0).map(|spans| Annotation {
            id: format!("{video}/{label}"),
            video,
            ask: Ask::Segments { query: words(&label), spans },
            split: split.map(str::to_owned),
            duration_s,
            at: String::new(),
        });
        rows.take(&place, row);
    }
}

/// The cause for segments that the annotators put under no class.
pub(super) const AMBIGUOUS: &str = "ambiguous";

fn ambiguous() -> Fault {
    Fault::new(AMBIGUOUS, "the annotators were not sure of this one")
}

fn lines(bytes: &[u8], rows: &mut Rows<'_>) {
    let stem = rows.file.file_stem().and_then(|s| s.to_str()).unwrap_or_default().to_owned();
    let (label, split) = match stem.rsplit_once('_') {
        Some((label, split)) => (label, Some(split)),
        None => (stem.as_str(), None),
    };
    let mut groups = Groups::default();
    for (place, line) in text_lines(bytes) {
        let line = String::from_utf8_lossy(line);
        let parts: Vec<&str> = line.split_whitespace().collect();
        match parts.as_slice() {
            [_, _, _] if label == "Ambiguous" => rows.drop(&place, ambiguous()),
            [video, start, end] if [start, end].iter().all(|t| number(&json!(t)).is_some()) => {
                gather(&mut groups, place, video, label, json!([start, end]));
            }
            _ => rows.drop(&place, Fault::malformed("not 'VIDEO START END'")),
        }
    }
    finish(groups, split, None, rows);
}

fn database(name: &str, video: &Value, rows: &mut Rows<'_>) {
    let place = Place::Key(name.to_owned());
    let split = video.get("subset").and_then(Value::as_str);
    let annotations = match list(video, "annotations") {
        Ok([]) => {
            return rows.drop(&place, Fault::new("no-spans", "no annotation: test splits hold them back"));
        }
        Ok(annotations) => annotations,
        Err(fault) => return rows.drop(&place, fault),
    };
    let mut groups = Groups::default();
    for (i, annotation) in annotations.iter().enumerate() {
        let place = Place::Part(name.to_owned(), i + 1);
        match (text(annotation, "label"), annotation.get("segment")) {
            (Ok(label), _) if label == "Ambiguous" => {
                rows.drop(&place, ambiguous());
            }
            (Ok(label), Some(segment)) => gather(&mut groups, place, name, &label, segment.clone()),
            (Err(fault), _) => rows.drop(&place, fault),
            (_, None) => rows.drop(&place, Fault::malformed("there is no 'segment'")),
        }
    }
    finish(groups, split, number(&video["duration"]), rows);
}

/// A class name as words: `CleanAndJerk` is "clean and jerk"; what has spaces of its own stays as it is.
fn words(label: &str) -> String {
    if label.contains(char::is_whitespace) {
        return label.to_owned();
    }
    let mut words = String::new();
    for c in label.chars() {
        if c == '_' {
            words.push(' ');
            continue;
        }
        if c.is_uppercase() && words.chars().last().is_some_and(char::is_lowercase) {
            words.push(' ');
        }
        words.extend(c.to_lowercase());
    }
    words
}
