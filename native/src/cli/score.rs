//! `scrubjay score`: answers in, scores out, one JSON object a line.

use std::io::{BufRead as _, Write as _};

use scrubjay_core::reward::Variant;
use scrubjay_core::reward::table::Reward;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::Error;

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
pub(super) fn run() -> Result<(), Error> {
    let (input, mut output) = (std::io::stdin().lock(), std::io::stdout().lock());
    for (i, bytes) in input.split(b'\n').enumerate() {
        let bytes = bytes.map_err(|e| Error::failed(format!("stdin: {e}")))?;
        let scored = score(&bytes).unwrap_or_else(|(id, reason)| {
            json!({ "id": id, "score": null, "parts": {}, "parsed": null, "error": reason, "line": i + 1 })
        });
        match writeln!(output, "{scored}") {
            Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => return Ok(()),
            written => written.map_err(|e| Error::failed(format!("stdout: {e}")))?,
        }
    }
    Ok(())
}

fn score(bytes: &[u8]) -> Result<Value, (Value, String)> {
    let value: Value = serde_json::from_slice(bytes).map_err(|e| (Value::Null, format!("not JSON: {e}")))?;
    let id = value.get("id").cloned().unwrap_or_default();
    let fail = |reason: String| (id.clone(), reason);
    if !value.is_object() {
        return Err(fail("not a JSON object".to_owned()));
    }
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
