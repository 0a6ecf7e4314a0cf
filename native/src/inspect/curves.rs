//! The numbers of a run's metrics as curves: whatever its lines hold, the best known first.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use super::chart::{Curve, chart};
use super::html::Text;
use super::run::{Run, phase};

/// What is drawn first, in this order; everything else follows by name.
const FIRST: [&str; 16] = [
    "reward",
    "zero_advantage_groups",
    "parse_failures",
    "truncated",
    "resampled",
    "loss",
    "kl",
    "entropy",
    "grad_norm",
    "learning_rate",
    "clip_low",
    "clip_high",
    "clip_region",
    "rollouts",
    "tokens",
    "items",
];

/// The file that they come from.
const FILE: &str = "metrics.jsonl";

type Points = Vec<(usize, f64)>;

/// A number's points by phase, and by part where its value has parts.
type Parts<'a> = BTreeMap<usize, BTreeMap<&'a str, Points>>;

/// The run's curves as HTML: reward per task, then each number phase by phase, on an axis of its own, since a loss of one
/// phase says nothing beside another's. What never changes is told instead.
pub(super) fn curves(run: &Run) -> String {
    let mut all: BTreeMap<(usize, &str), Parts<'_>> = BTreeMap::new();
    let mut tasks: BTreeMap<&str, Points> = BTreeMap::new();
    let phases = run.phases();
    for (at, line) in run.metrics.iter().enumerate() {
        let own = phases.iter().position(|p| p.0 == phase(line)).unwrap_or(0);
        for (key, value) in line.as_object().into_iter().flatten() {
            if matches!(key.as_str(), "step" | "dropped") {
                continue;
            }
            let parts: Vec<(&str, f64)> = match value {
                Value::Object(parts) => {
                    parts.iter().filter_map(|(p, v)| Some((p.as_str(), v.as_f64()?))).collect()
                }
                _ => value.as_f64().map(|v| ("", v)).into_iter().collect(),
            };
            if key == "reward_by_task" {
                parts.iter().for_each(|(task, v)| tasks.entry(task).or_default().push((at, *v)));
                continue;
            }
            let rank = FIRST.iter().position(|f| f == key).unwrap_or(FIRST.len());
            for (part, value) in parts {
                let of_key = all.entry((rank, key)).or_default();
                of_key.entry(own).or_default().entry(part).or_default().push((at, value));
            }
        }
    }
    let curve = |(name, points): (&str, Points)| Curve { name: name.to_owned(), points };
    let mut out = chart("Reward by task", FILE, &tasks.into_iter().map(curve).collect::<Vec<_>>());
    let mut same: Vec<String> = Vec::new();
    for ((_, key), by_phase) in all {
        let name = key.replace('_', " ");
        for (own, parts) in by_phase {
            let phase = phases.get(own).map_or("-", |p| p.0.as_str());
            let mut moving = Vec::new();
            for (part, points) in parts {
                let label =
                    if part.is_empty() { name.clone() } else { format!("{name} {}", part.replace('_', " ")) };
                match points.first() {
                    Some((_, first)) if points.iter().all(|p| p.1 == *first) => {
                        same.push(format!("{label} {first} ({phase})"));
                    }
                    _ => moving.push(Curve { name: label, points }),
                }
            }
            out.push_str(&chart(&format!("{name}, {phase}"), FILE, &moving));
        }
    }
    let mut whole =
        if out.is_empty() { String::new() } else { format!("<div class=\"charts\">\n{out}</div>\n") };
    if !same.is_empty() {
        // Writing to a String cannot fail.
        let _ = writeln!(whole, "<p class=\"hash\">The same at every step: {}.</p>", Text(same.join(", ")));
    }
    whole
}

/// What was left out while the run went on: how much for each cause, over all steps.
pub(super) fn dropped(run: &Run) -> BTreeMap<String, f64> {
    fn add(out: &mut BTreeMap<String, f64>, name: &str, value: &Value) {
        match value {
            Value::Object(parts) => parts.iter().for_each(|(part, value)| {
                let name = if name.is_empty() { part.clone() } else { format!("{name}: {part}") };
                add(out, &name, value);
            }),
            _ => {
                if let Some(n) = value.as_f64() {
                    *out.entry(if name.is_empty() { "left out".to_owned() } else { name.to_owned() })
                        .or_default() += n;
                }
            }
        }
    }
    let mut out = BTreeMap::new();
    run.metrics.iter().filter_map(|l| l.get("dropped")).for_each(|d| add(&mut out, "", d));
    out.retain(|_, n| *n > 0.0);
    out
}
