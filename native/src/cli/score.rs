//! `scrubjay score`: answers in, scores out, one JSON object a line.

use std::collections::HashMap;
use std::io::{BufRead as _, Write as _};
use std::path::PathBuf;

use clap::Args as ClapArgs;
use scrubjay_core::reward::Variant;
use scrubjay_core::reward::table::Reward;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::dataset::annotations::verl::{self, Given};
use crate::error::Error;
use crate::lines;

/// Arguments.
#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// Rows for verl (Parquet) that the answers are to: a line then needs only an `id`, the row's number from 0, and a
    /// `prediction`; reward and truth are the row's.
    #[arg(long, value_name = "FILE")]
    items: Option<PathBuf>,
}

/// The rows that answers are to, by number.
type Items = HashMap<u64, Given>;

/// One line of input.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    #[serde(default)]
    id: Value,
    reward: String,
    #[serde(default)]
    variant: Variant,
    prediction: Value,
    truth: Value,
    /// The source that the item was made from; handed on for comparisons that count sources.
    #[serde(default)]
    source: Value,
    /// What some rewards must know besides the truth.
    #[serde(default)]
    meta: Value,
}

/// Scores standard input line by line, in order. A line at fault yields an object with its number and the reason,
/// and does not stop the rest.
pub(super) fn run(args: &Args) -> Result<(), Error> {
    let items = args.items.as_deref().map(items).transpose()?;
    let (input, mut output) = (std::io::stdin().lock(), std::io::stdout().lock());
    for (i, bytes) in input.split(b'\n').enumerate() {
        let bytes = bytes.map_err(|e| Error::failed(format!("stdin: {e}")))?;
        let scored = score(&bytes, items.as_ref()).unwrap_or_else(|(id, reason)| {
            json!({ "id": id, "score": null, "parts": {}, "parsed": null, "error": reason, "line": i + 1 })
        });
        match writeln!(output, "{scored}") {
            Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => return Ok(()),
            written => written.map_err(|e| Error::failed(format!("stdout: {e}")))?,
        }
    }
    Ok(())
}

fn items(path: &std::path::Path) -> Result<Items, Error> {
    let rows = verl::read(path)?;
    for row in &rows.dropped {
        eprintln!("warning: {}: {}: {}", row.at, row.cause, row.detail);
    }
    Ok(rows.given.into_iter().map(|g| (g.row as u64, g)).collect())
}

/// A line as it would stand without `--items`: what it says itself goes before what its row says.
fn filled(line: Value, items: &Items) -> Result<Value, String> {
    let id = line.get("id").and_then(Value::as_u64);
    let row = id.and_then(|id| items.get(&id)).ok_or("its id is no row's number, from 0, in the items")?;
    let prediction = line.get("prediction").ok_or("there is no prediction")?;
    let mut full = row.score_line(prediction)?;
    if let (Value::Object(full), Value::Object(line)) = (&mut full, line) {
        full.extend(line);
    }
    Ok(full)
}

fn score(bytes: &[u8], items: Option<&Items>) -> Result<Value, (Value, String)> {
    let value: Value = lines::json(bytes).map_err(|e| (Value::Null, format!("not JSON: {e}")))?;
    let id = value.get("id").cloned().unwrap_or_default();
    let fail = |reason: String| (id.clone(), reason);
    if !value.is_object() {
        return Err(fail("not a JSON object".to_owned()));
    }
    let value = match items {
        Some(items) => filled(value, items).map_err(&fail)?,
        None => value,
    };
    let line: Line = serde_json::from_value(value).map_err(|e| fail(e.to_string()))?;
    if !(line.meta.is_null() || line.meta.is_object()) {
        return Err(fail("meta must be an object".to_owned()));
    }
    let reward: Reward =
        line.reward.parse().map_err(|e: scrubjay_core::reward::table::UnknownReward| fail(e.to_string()))?;
    let score = reward
        .score_any(line.variant, &line.prediction, &line.truth, &line.meta)
        .map_err(|e| fail(e.to_string()))?;
    let mut out = json!({
        "id": line.id,
        "score": score.total,
        "parts": score.parts,
        "parsed": score.parsed,
        "failure": score.failure,
        "error": null,
    });
    if !line.source.is_null() {
        out["source"] = line.source;
    }
    Ok(out)
}
