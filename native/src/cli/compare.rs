//! `scrubjay compare`: two files of scores on the same items; which is better, and could that be chance?

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use scrubjay_core::metric::Estimate;
use scrubjay_core::metric::paired::{Comparison, Scored, compare};
use serde::Serialize;
use serde_json::{Value, json};

use crate::error::Error;
use crate::lines;

/// Lines at fault that are named one by one; the rest are only counted.
const NAMED: usize = 20;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Lines `{"id", "score", "source"?}`, as `scrubjay score` prints them. A score of null counts as 0.
    a: PathBuf,
    /// The same for what it is compared with.
    b: PathBuf,
    /// Print one JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

/// What a file holds, line by line.
#[derive(Debug, Default, Serialize)]
struct Results {
    #[serde(skip)]
    lines: Vec<Line>,
    /// Lines with an item's score.
    read: usize,
    /// Of these, those whose score is null: 0 in the means.
    without_score: usize,
    /// Of the others, those whose answer could not be read, as the scorer says.
    unparsed: usize,
    /// Lines that are no result and are left out.
    malformed: usize,
}

#[derive(Debug)]
struct Line {
    id: String,
    source: Option<String>,
    score: f64,
}

pub(super) fn run(args: &Args) -> Result<(), Error> {
    let (a, b) = (read(&args.a)?, read(&args.b)?);
    let result = compare(&a.scored(), &b.scored()).map_err(|e| {
        Error::failed(format!("{} and {} cannot be compared: {e}", args.a.display(), args.b.display()))
    })?;
    if args.json {
        let files = [(&args.a, &a), (&args.b, &b)].map(|(path, r)| json!({ "path": path, "lines": r }));
        return super::print(format_args!("{:#}", json!({ "files": files, "comparison": result })));
    }
    super::print(render(args, [&a, &b], &result).trim_end())
}

impl Results {
    fn scored<'a>(&'a self) -> Vec<Scored<'a>> {
        let one = |l: &'a Line| Scored { id: &l.id, source: l.source.as_deref(), value: l.score };
        self.lines.iter().map(one).collect()
    }
}

/// Reads a file. A line at fault is named on standard error, counted and left out.
fn read(path: &Path) -> Result<Results, Error> {
    let bytes = std::fs::read(path).map_err(|e| Error::path(path, format!("cannot be read: {e}")))?;
    let mut results = Results::default();
    for (i, bytes) in bytes.split(|b| *b == b'\n').enumerate() {
        if bytes.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        if let Err(reason) = results.take(bytes) {
            results.malformed += 1;
            if results.malformed <= NAMED {
                eprintln!("{}:{}: left out: {reason}", path.display(), i + 1);
            }
        }
    }
    if results.malformed > NAMED {
        eprintln!("{}: {} more lines left out", path.display(), results.malformed - NAMED);
    }
    Ok(results)
}

impl Results {
    fn take(&mut self, bytes: &[u8]) -> Result<(), String> {
        let line = lines::json(bytes).map_err(|e| format!("not JSON: {e}"))?;
        let line = line.as_object().ok_or("not a JSON object")?;
        let id = key(line.get("id")).map_err(|v| format!("the id is {v}, not a text or number"))?;
        let id = id.ok_or("no id")?;
        let source =
            key(line.get("source")).map_err(|v| format!("the source is {v}, not a text or number"))?;
        let score = match line.get("score").ok_or("no score")? {
            Value::Null => None,
            v => Some(v.as_f64().ok_or_else(|| format!("the score is {v}, not a number or null"))?),
        };
        let failed = line.get("failure").is_some_and(|f| !f.is_null());
        let unparsed = failed || line.get("parsed") == Some(&Value::Bool(false));
        self.read += 1;
        self.without_score += usize::from(score.is_none());
        self.unparsed += usize::from(score.is_some() && unparsed);
        self.lines.push(Line { id, source, score: score.unwrap_or(0.0) });
        Ok(())
    }
}

/// A text or number as a key; 1 and "1" stay different, as they are to whoever wrote them. The value where it is
/// neither.
fn key(value: Option<&Value>) -> Result<Option<String>, &Value> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(v @ (Value::String(_) | Value::Number(_))) => Ok(Some(v.to_string())),
        Some(v) => Err(v),
    }
}

fn render(args: &Args, files: [&Results; 2], c: &Comparison) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let mut line = |text: std::fmt::Arguments<'_>| {
        let _ = writeln!(out, "{text}");
    };
    let row = |name: &str, e: &Estimate| format!("{name:<8}{:>8.4}  [{:.4}, {:.4}]", e.mean, e.low, e.high);
    line(format_args!("{:<8}{:>8}  95 % interval, {} items of {} sources", "", "mean", c.a.n, c.a.sources));
    line(format_args!("{}  {}", row("A", &c.a), args.a.display()));
    line(format_args!("{}  {}", row("B", &c.b), args.b.display()));
    let test = if c.exact { "all sign flips" } else { "10,000 sign flips" };
    line(format_args!("{}  p = {:.4} ({test} of sources)", row("B - A", &c.difference), c.p));
    line(format_args!("items: {} in both, {} only in A, {} only in B", c.a.n, c.only_a, c.only_b));
    if c.repeated_a + c.repeated_b > 0 {
        let (a, b) = (c.repeated_a, c.repeated_b);
        line(format_args!("items given several times, their scores averaged: {a} in A, {b} in B"));
    }
    if c.other_source > 0 {
        line(format_args!("items with different sources, the first one taken: {}", c.other_source));
    }
    for (name, f) in ["A", "B"].iter().zip(files) {
        line(format_args!(
            "lines of {name}: {} read, of which {} without a score (counted as 0) and {} with an unreadable \
             answer; {} malformed",
            f.read, f.without_score, f.unparsed, f.malformed
        ));
    }
    out
}
