//! What the readers share: gathering rows with their places, walking through JSON row by row, and reading values.

use std::fmt;
use std::path::Path;

use scrubjay_core::task::Task;
use serde::de::{DeserializeSeed, Deserializer as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::{Annotation, Ask, Dropped, Format, Read};
use crate::error::Error;

/// Why a row cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// One word.
    pub(super) cause: &'static str,
    /// One sentence.
    pub(super) detail: String,
}

impl Fault {
    pub(super) fn new(cause: &'static str, detail: impl Into<String>) -> Self {
        Self { cause, detail: detail.into() }
    }

    /// The row is not what its format says.
    pub(super) fn malformed(detail: impl Into<String>) -> Self {
        Self::new("malformed", detail)
    }
}

/// The rows of a file as they are read.
pub(super) struct Rows<'a> {
    /// The file.
    pub(super) file: &'a Path,
    read: Read,
}

impl<'a> Rows<'a> {
    pub(super) fn new(file: &'a Path, format: Format) -> Self {
        Self { file, read: Read { format, annotations: Vec::new(), dropped: Vec::new() } }
    }

    /// How a place in the file is written.
    pub(super) fn at(&self, place: &Place) -> String {
        match place {
            Place::Line(n) => format!("{}:{n}", self.file.display()),
            other => format!("{}: {other}", self.file.display()),
        }
    }

    /// Keeps what a row says, or notes why it cannot be used.
    pub(super) fn take(&mut self, place: &Place, row: Result<Annotation, Fault>) {
        match row.and_then(checked) {
            Ok(annotation) => {
                self.read.annotations.push(Annotation { at: self.at(place), ..annotation });
            }
            Err(fault) => self.drop(place, fault),
        }
    }

    pub(super) fn drop(&mut self, place: &Place, fault: Fault) {
        let at = self.at(place);
        self.read.dropped.push(Dropped { at, cause: fault.cause, detail: fault.detail });
    }

    /// Spans in seconds, given in `unit`s of a second each: sorted, each once. One that does not last is dropped and
    /// the others are kept.
    pub(super) fn spans(
        &mut self,
        place: &Place,
        spans: &[Value],
        unit: f64,
    ) -> Result<Vec<[u32; 2]>, Fault> {
        if spans.is_empty() {
            return Err(Fault::new("no-spans", "no time is given"));
        }
        let (mut kept, mut faults) = (Vec::new(), Vec::new());
        for value in spans {
            match span(value, unit) {
                Ok(span) => kept.push(span),
                Err(fault) => faults.push(fault),
            }
        }
        if kept.is_empty() {
            return Err(faults.swap_remove(0));
        }
        for Fault { cause, detail } in faults {
            self.drop(place, Fault::new(cause, format!("{detail}; the row's other spans are kept")));
        }
        kept.sort_unstable();
        kept.dedup();
        Ok(kept)
    }

    pub(super) fn done(self) -> Read {
        self.read
    }
}

/// What core's own rules say of the text, the spans and the options.
fn checked(annotation: Annotation) -> Result<Annotation, Fault> {
    let frames = u32::MAX;
    if annotation.video.trim().is_empty() {
        return Err(Fault::malformed("no video is named"));
    }
    let texts = match &annotation.ask {
        Ask::Segments { query, .. } => std::slice::from_ref(query).iter().chain(&[]),
        Ask::Choice { question, options, .. } => std::slice::from_ref(question).iter().chain(options),
    };
    if let Some(text) = texts.into_iter().find(|t| t.contains("<video>")) {
        return Err(Fault::malformed(format!("'{text}' holds the mark of a video, <video>")));
    }
    for task in super::tasks::all(&annotation) {
        task.check(frames).map_err(|e| Fault::malformed(e.to_string()))?;
        if let (Task::Qa { options, answer, .. }, Ask::Choice { .. }) = (&task, &annotation.ask) {
            let right = &options[usize::from(*answer)];
            if options.iter().filter(|o| *o == right).count() > 1 {
                return Err(Fault::new("two-right-options", format!("two options are '{right}'")));
            }
        }
    }
    Ok(annotation)
}

/// Start and end, in `unit`s of a second each, as milliseconds.
fn span(value: &Value, unit: f64) -> Result<[u32; 2], Fault> {
    let pair = value.as_array().filter(|p| p.len() == 2);
    let Some([start, end]) = pair.and_then(|p| Some([number(&p[0])? * unit, number(&p[1])? * unit])) else {
        return Err(Fault::malformed(format!("{} is no [start, end]", short(value))));
    };
    let ms = |s: f64| {
        let ms = (s * 1000.0).round();
        (ms >= 0.0 && ms <= f64::from(u32::MAX)).then_some(ms as u32)
    };
    match (ms(start), ms(end)) {
        (Some(a), Some(b)) if a < b => Ok([a, b]),
        _ => Err(Fault::new("bad-span", format!("the span from {start} s to {end} s does not last"))),
    }
}

/// A number, also where it is written as text.
pub(super) fn number(value: &Value) -> Option<f64> {
    let number = match value {
        Value::String(s) => s.trim().parse().ok(),
        other => other.as_f64(),
    };
    number.filter(|n: &f64| n.is_finite())
}

/// A text that must be there.
pub(super) fn text(row: &Value, key: &str) -> Result<String, Fault> {
    match row.get(key).and_then(Value::as_str).map(str::trim) {
        Some("") => Err(Fault::malformed(format!("{key} is empty"))),
        Some(text) => Ok(text.to_owned()),
        None => Err(Fault::malformed(format!("there is no text '{key}'"))),
    }
}

/// A list that must be there.
pub(super) fn list<'v>(row: &'v Value, key: &str) -> Result<&'v [Value], Fault> {
    row.get(key)
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .ok_or_else(|| Fault::malformed(format!("there is no list '{key}'")))
}

/// A row's own name, text or number; its place if it has none.
pub(super) fn name(row: &Value, key: &str, place: &Place) -> String {
    match row.get(key) {
        Some(Value::String(s)) if !s.trim().is_empty() => s.trim().to_owned(),
        Some(Value::Number(n)) => n.to_string(),
        _ => place.to_string(),
    }
}

/// A value as far as an error has room for it.
pub(super) fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// Where a row stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// A line, from 1.
    Line(u64),
    /// The member of the file's list with this number, from 1.
    Entry(usize),
    /// The member of the file's object with this name.
    Key(String),
    /// One of several annotations of such a member, from 1.
    Part(String, usize),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(n) => write!(f, "line {n}"),
            Self::Entry(n) => write!(f, "entry {n}"),
            Self::Key(key) => f.write_str(key),
            Self::Part(key, n) => write!(f, "{key}#{n}"),
        }
    }
}

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

/// Every member of the list or object that a file holds, one at a time: such files are too large to be held whole.
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
