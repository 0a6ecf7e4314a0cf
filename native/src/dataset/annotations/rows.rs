//! What the readers share: gathering rows with their places, and reading values.

use std::fmt;
use std::path::Path;

use scrubjay_core::task::Task;
use serde_json::Value;

use super::{Annotation, Ask, Dropped, Format, Read};

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
