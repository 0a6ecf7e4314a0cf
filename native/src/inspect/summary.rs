//! The same as text for a terminal, and as JSON for programs.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::item::Seen;
use super::marks::end;
use super::subject::Subject;

/// How much of it is shown, in words.
#[must_use]
pub fn shown(seen: &Seen<'_>) -> String {
    let clips = &seen.item.clips;
    let counts: Vec<String> = clips.iter().map(|c| c.frames.len().to_string()).collect();
    let size = clips.first().and_then(|c| c.frames.first()).map_or((0, 0), |f| (f.width, f.height));
    let (pieces, timeline) = (if clips.len() == 1 { "one clip" } else { "clips" }, &seen.timeline);
    let span = match clips.as_slice() {
        [_] => format!("{:.2} to {:.2} s on the item's clock", timeline.edge(0), end(timeline)),
        _ => "each from 0 s on".to_owned(),
    };
    format!("{pieces} of {} frames, {}x{} pixels, {span}", counts.join("+"), size.0, size.1)
}

/// Text from a file as a terminal may show it: control characters, which could steer the terminal, are made visible.
#[must_use]
pub fn printable(text: &str) -> String {
    let one =
        |c: char| if c.is_control() && c != '\n' { c.escape_default().to_string() } else { c.to_string() };
    text.chars().map(one).collect()
}

/// One item as text.
#[must_use]
pub fn item(seen: &Seen<'_>) -> String {
    let (item, mut out) = (&seen.item, String::new());
    let mut add = |name: &str, text: &str| {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{name:<9} {}", printable(text).replace('\n', "\n          "));
    };
    add("item", &format!("{} {}", item.task, item.id));
    add("source", &seen.of.source());
    if let Subject::Row(given, _) = seen.of {
        add("row", &given.row.to_string());
    }
    add("shown", &shown(seen));
    add("truth", &item.truth.text());
    add("chance", &format!("{:.3} random, {:.3} blind", item.chance.random, item.chance.blind));
    add("stimulus", &item.stimulus);
    if !item.prompt.system.is_empty() {
        add("system", &item.prompt.system);
    }
    add("prompt", &item.prompt.text());
    if !item.prompt.prefix.is_empty() {
        add("prefix", &item.prompt.prefix);
    }
    for said in &seen.said {
        let fault = said.score.failure.map(|f| format!(" ({f})")).unwrap_or_default();
        add("said", &format!("{:.3}{fault} {}: {}", said.score.total, said.origin, said.text));
    }
    out
}

/// One item as JSON, with the names that `scrubjay item` uses.
#[must_use]
pub fn item_json(seen: &Seen<'_>) -> Value {
    let Seen { of, item, task: _, timeline, said } = seen;
    let clips: Vec<Value> =
        item.clips.iter().map(|c| json!({ "frames": c.frames.len(), "shown_seconds": c.shown })).collect();
    let said: Vec<Value> = said
        .iter()
        .map(|s| {
            let score = &s.score;
            json!({ "from": s.origin, "prediction": s.text, "score": score.total, "parts": score.parts,
                    "parsed": score.parsed, "failure": score.failure })
        })
        .collect();
    let mut value = json!({
        "id": item.id, "task": item.task, "source": of.key(), "clips": clips,
        "end_seconds": end(timeline), "truth": item.truth.text(), "chance": item.chance, "stimulus": item.stimulus,
        "system": item.prompt.system, "prompt": item.prompt.text(), "prefix": item.prompt.prefix,
        "predictions": said,
    });
    let (name, definition) = of.definition();
    value[name] = definition;
    value
}
