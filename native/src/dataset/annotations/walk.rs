//! Walking through a file row by row. Such files hold up to hundreds of thousands of rows: the file's bytes and what is
//! taken from it are held, but of the JSON in between, many times larger, one row at a time.

use std::fmt;
use std::path::Path;

use serde::de::{DeserializeSeed, Deserializer as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::Annotation;
use super::rows::{Fault, Place, Rows};
use crate::error::Error;

/// The lines of a text file with their numbers, without those that are blank.
pub(super) fn text_lines(bytes: &[u8]) -> impl Iterator<Item = (Place, &[u8])> {
    let lines = bytes.split(|b| *b == b'\n').zip(1..);
    lines.map(|(l, n)| (Place::Line(n), l.trim_ascii())).filter(|(_, l)| !l.is_empty())
}

/// Every row of a file with one JSON object a line, or with one list of them. The callback says whether to go on.
///
/// # Errors
/// [`Error`] when a list is not JSON or is cut off; a bad line is handed on as a fault.
pub(super) fn json_rows(
    bytes: &[u8],
    file: &Path,
    mut row: impl FnMut(Place, Result<Value, Fault>) -> bool,
) -> Result<(), Error> {
    if bytes.trim_ascii_start().starts_with(b"[") {
        return document(bytes, file, |place, value| row(place, Ok(value)));
    }
    for (place, line) in text_lines(bytes) {
        let value = serde_json::from_slice(line).map_err(|e| Fault::malformed(format!("not JSON: {e}")));
        if !row(place, value) {
            break;
        }
    }
    Ok(())
}

/// Every member of the list or object that a file holds, one at a time: parsed whole, such files take many times their
/// own size.
/// The callback says whether to go on.
///
/// # Errors
/// [`Error`] when the file is not JSON or is cut off.
pub(super) fn document(
    bytes: &[u8],
    file: &Path,
    row: impl FnMut(Place, Value) -> bool,
) -> Result<(), Error> {
    walk(bytes, file, None, row).map(|_| ())
}

/// As [`document`], of the one member of the file's object that has this name; says whether there is one.
///
/// # Errors
/// [`Error`] when the file is not JSON or is cut off.
pub(super) fn member(
    bytes: &[u8],
    file: &Path,
    name: &'static str,
    row: impl FnMut(Place, Value) -> bool,
) -> Result<bool, Error> {
    walk(bytes, file, Some(name), row)
}

fn walk(
    bytes: &[u8],
    file: &Path,
    inside: Option<&'static str>,
    row: impl FnMut(Place, Value) -> bool,
) -> Result<bool, Error> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let mut walk = Walk { row, inside, found: false, stopped: false };
    let walked = Members(&mut walk).deserialize(&mut json).and_then(|()| json.end());
    match walked {
        Err(e) if !walk.stopped => Err(Error::path(file, format!("not JSON, or cut off: {e}"))),
        _ => Ok(walk.found),
    }
}

struct Walk<F> {
    row: F,
    /// The member of the outer object whose members are the rows.
    inside: Option<&'static str>,
    /// Whether there was one.
    found: bool,
    stopped: bool,
}

struct Members<'w, F>(&'w mut Walk<F>);

impl<'de, F: FnMut(Place, Value) -> bool> DeserializeSeed<'de> for Members<'_, F> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de, F: FnMut(Place, Value) -> bool> Visitor<'de> for Members<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list or an object")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let mut n = 0;
        while let Some(value) = list.next_element()? {
            n += 1;
            if !(self.0.row)(Place::Entry(n), value) {
                self.0.stopped = true;
                return Ok(());
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        while let Some(key) = object.next_key::<String>()? {
            if let Some(name) = self.0.inside {
                if name == key {
                    (self.0.inside, self.0.found) = (None, true);
                    object.next_value_seed(Members(self.0))?;
                    self.0.inside = Some(name);
                } else {
                    object.next_value::<IgnoredAny>()?;
                }
                continue;
            }
            let value = object.next_value()?;
            if !(self.0.row)(Place::Key(key), value) {
                self.0.stopped = true;
                return Ok(());
            }
        }
        Ok(())
    }
}

/// The names at the top of an object, without what they name.
pub(super) fn keys(bytes: &[u8], most: usize) -> Vec<String> {
    struct Keys(Vec<String>, usize);
    impl<'de> Visitor<'de> for &mut Keys {
        type Value = ();
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
            while let Some(key) = object.next_key::<String>()? {
                self.0.push(key);
                if self.0.len() >= self.1 {
                    break;
                }
                object.next_value::<IgnoredAny>()?;
            }
            Ok(())
        }
    }
    let mut keys = Keys(Vec::new(), most);
    // What was read before a fault is enough to tell the kind; the reader names the fault.
    let _ = serde_json::Deserializer::from_slice(bytes).deserialize_any(&mut keys);
    keys.0
}

/// Reads every row of a document as an annotation, and takes what it is or why it is none.
pub(super) fn each_json_row(
    bytes: &[u8],
    rows: &mut Rows<'_>,
    row: impl Fn(&Value, &Place, &mut Rows<'_>) -> Result<Annotation, Fault>,
) -> Result<(), Error> {
    json_rows(bytes, rows.file, |place, value| {
        let row = value.and_then(|v| row(&v, &place, rows));
        rows.take(&place, row);
        true
    })
}
