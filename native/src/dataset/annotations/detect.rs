//! Telling the formats apart by what is in them.

use std::path::Path;

use serde_json::Value;

use super::Format;
use super::walk::{document, json_rows, keys, text_lines};
use crate::error::Error;

/// Rows that are looked at before a file is given up: the first ones may be damaged.
const TRIES: usize = 20;

/// Recognizes a file.
///
/// # Errors
/// [`Error`] listing what there is.
pub(super) fn format(bytes: &[u8], path: &Path) -> Result<Format, Error> {
    if bytes.starts_with(b"PAR1") {
        return Ok(Format::Verl);
    }
    let found = match bytes.trim_ascii_start().first() {
        Some(b'[') => by_rows(bytes, path),
        Some(b'{') => by_rows(bytes, path).or_else(|| by_members(bytes, path)),
        _ => by_lines(bytes),
    };
    if let Some(format) = found {
        return Ok(format);
    }
    let mut gsub = false;
    let _ = document(bytes, path, |_, value| {
        gsub = value.get("location").is_some();
        false
    });
    Err(match gsub {
        true => Error::path(
            path,
            "holds only the spans of NExT-GQA; name the table of its questions (val.csv, test.csv), \
             which finds this file beside it",
        ),
        false => Error::path(
            path,
            format!("is of no known kind of annotation; known are {}, chosen by --format", Format::known()),
        ),
    })
}

fn by_rows(bytes: &[u8], path: &Path) -> Option<Format> {
    let (mut found, mut seen) = (None, 0);
    // A fault is left to the reader, which names it.
    let _ = json_rows(bytes, path, |_, value| {
        found = value.ok().as_ref().and_then(by_row);
        seen += 1;
        found.is_none() && seen < TRIES
    });
    found
}

fn by_row(row: &Value) -> Option<Format> {
    let has = |key: &str| row.get(key).is_some();
    if let Value::Array(row) = row {
        let quad =
            matches!(row.as_slice(), [Value::String(_), Value::Number(_), Value::Array(_), Value::String(_)]);
        return quad.then_some(Format::Tacos);
    }
    if has("relevant_windows") || (has("vid") && has("query")) {
        Some(Format::Qvhighlights)
    } else if (has("video") && has("question") && has("groundtruth"))
        || (has("problem") && row.get("solution").is_some_and(Value::is_array))
    {
        Some(Format::Museg)
    } else if has("problem") && (has("problem_type") || has("options")) {
        Some(Format::VideoR1)
    } else {
        None
    }
}

fn by_members(bytes: &[u8], path: &Path) -> Option<Format> {
    if keys(bytes, TRIES).iter().any(|k| k == "database") {
        return Some(Format::Thumos);
    }
    let (mut found, mut seen) = (None, 0);
    let _ = document(bytes, path, |_, value| {
        if value.get("timestamps").is_some() && value.get("sentences").is_some() {
            let frames = value.get("fps").is_some() || value.get("num_frames").is_some();
            found = Some(if frames { Format::Tacos } else { Format::Activitynet });
        }
        seen += 1;
        found.is_none() && seen < TRIES
    });
    found
}

fn by_lines(bytes: &[u8]) -> Option<Format> {
    let mut lines = text_lines(bytes).map(|(_, l)| String::from_utf8_lossy(l)).take(TRIES).peekable();
    let header = lines.peek()?;
    let columns: Vec<&str> = header.split(',').map(str::trim).collect();
    if ["question", "answer", "a0", "a1"].iter().all(|c| columns.contains(c)) {
        return Some(Format::NextGqa);
    }
    lines.find_map(|line| {
        let timed = |text: &str| {
            let parts: Vec<&str> = text.split_whitespace().collect();
            parts.len() == 3 && parts[1..].iter().all(|p| p.parse::<f64>().is_ok())
        };
        match line.split_once("##") {
            Some((before, _)) => timed(before).then_some(Format::CharadesSta),
            None => timed(&line).then_some(Format::Thumos),
        }
    })
}
