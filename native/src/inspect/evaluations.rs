//! A run's evaluations: what held-out items earned at which point, beside what guessing earns.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use scrubjay_core::metric::{Observation, clustered_mean};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::chart::{Curve, chart};
use super::html::Text;
use super::tables::html_table;
use crate::train::evaluate::Answered;

/// Sources below which an interval would say nothing.
const FEW: usize = 5;

/// What a task's held-out items earned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Held {
    /// How many items.
    pub items: usize,
    /// Of how many sources.
    pub sources: usize,
    /// Mean score, in [0, 1].
    pub mean: f64,
    /// Where its 95 % interval begins (bootstrap over sources); none for fewer than five sources.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    /// Where it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
    /// What a random valid answer earns.
    pub random: f64,
    /// What the best answer that never looks earns.
    pub blind: f64,
    /// Answers that could not be read.
    #[serde(default)]
    pub failed: usize,
}

/// One evaluation: a line of `evaluations.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// What it is called.
    pub name: String,
    /// The phase it was made in, empty where that is not known.
    #[serde(default)]
    pub phase: String,
    /// After which step.
    #[serde(default)]
    pub step: usize,
    /// By task.
    pub by_task: BTreeMap<String, Held>,
}

impl Evaluation {
    /// Reads a line, if it is one.
    #[must_use]
    pub fn read(line: &Value) -> Option<Self> {
        Self::deserialize(line).ok()
    }
}

/// The line of `evaluations.jsonl` for the answers to held-out items: `{"name", "phase", "step", "by_task": {TASK:
/// {"items", "sources", "mean", "low", "high", "random", "blind", "failed"}}}`.
#[must_use]
pub fn line(name: &str, phase: &str, step: usize, answers: &[Answered]) -> Value {
    let mut tasks: BTreeMap<&str, Vec<&Answered>> = BTreeMap::new();
    for answer in answers {
        tasks.entry(answer.task.name()).or_default().push(answer);
    }
    let held = |own: Vec<&Answered>| {
        let values: Vec<Observation<'_>> =
            own.iter().map(|a| Observation { source: &a.source, run: 0, value: a.score }).collect();
        let mean = clustered_mean(&values)?;
        let average = |f: fn(&Answered) -> f64| own.iter().map(|a| f(a)).sum::<f64>() / own.len() as f64;
        let bounds = (mean.sources >= FEW).then_some((mean.low, mean.high));
        Some(Held {
            items: mean.n,
            sources: mean.sources,
            mean: mean.mean,
            low: bounds.map(|b| b.0),
            high: bounds.map(|b| b.1),
            random: average(|a| a.random),
            blind: average(|a| a.blind),
            failed: own.iter().filter(|a| a.failed).count(),
        })
    };
    let by_task: BTreeMap<&str, Held> =
        tasks.into_iter().filter_map(|(task, own)| Some((task, held(own)?))).collect();
    json!({ "name": name, "phase": phase, "step": step, "by_task": by_task })
}

/// The evaluations as HTML: a table, the same as a drawing, and curves where there are many; empty without any.
pub(super) fn section(all: &[Evaluation]) -> String {
    let shown = chosen(all);
    let Some(last) = shown.last() else { return String::new() };
    let mut tasks: Vec<&str> = all.iter().flat_map(|e| e.by_task.keys().map(String::as_str)).collect();
    tasks.sort_unstable();
    tasks.dedup();
    let mut rows = vec![["task", "items", "sources", "chance", "blind"].map(str::to_owned).to_vec()];
    rows[0].extend(shown.iter().map(|e| title(e)));
    let mut drawn = String::new();
    for task in tasks {
        let own: Vec<(&Evaluation, &Held)> =
            shown.iter().filter_map(|e| Some((*e, e.by_task.get(task)?))).collect();
        let Some((_, newest)) = own.last() else { continue };
        let mut row = vec![
            task.to_owned(),
            newest.items.to_string(),
            newest.sources.to_string(),
            format!("{:.3}", newest.random),
            format!("{:.3}", newest.blind),
        ];
        row.extend(shown.iter().map(|e| e.by_task.get(task).map_or_else(|| "-".to_owned(), words)));
        rows.push(row);
        drawn.push_str(&drawing(task, newest, &own));
    }
    let unread: usize = last.by_task.values().map(|h| h.failed).sum();
    let mut out = html_table("Mean score on held-out sources", &rows);
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "<p class=\"hash\">In brackets: 95 % intervals, bootstrap over sources; none for fewer than {FEW} sources. Chance: \
         a random valid answer; blind: the best answer that never looks. An answer that cannot be read counts as 0; of \
         the last evaluation {unread} could not.</p>\n<div class=\"held\">\n{drawn}</div>"
    );
    if all.len() > shown.len() {
        let mut curves: BTreeMap<&str, Vec<(usize, f64)>> = BTreeMap::new();
        for (i, evaluation) in all.iter().enumerate() {
            for (task, held) in evaluation.by_task.iter().filter(|(_, h)| h.mean.is_finite()) {
                curves.entry(task).or_default().push((i, held.mean));
            }
        }
        let curves: Vec<Curve> =
            curves.into_iter().map(|(name, points)| Curve { name: name.to_owned(), points }).collect();
        out.push_str(&chart("Held-out score by task", "evaluations.jsonl", &curves));
    }
    out
}

/// The first evaluation and each phase's last; all where they are few.
fn chosen(all: &[Evaluation]) -> Vec<&Evaluation> {
    if all.len() <= 4 {
        return all.iter().collect();
    }
    let last = |i: usize, e: &Evaluation| !all.iter().skip(i + 1).any(|later| later.phase == e.phase);
    all.iter().enumerate().filter(|(i, e)| *i == 0 || last(*i, e)).map(|(_, e)| e).collect()
}

fn title(e: &Evaluation) -> String {
    if e.phase.is_empty() || e.name.contains(&e.phase) && e.step == 0 {
        e.name.clone()
    } else {
        format!("{} ({} {})", e.name, e.phase, e.step)
    }
}

fn words(held: &Held) -> String {
    match (held.low, held.high) {
        (Some(low), Some(high)) => format!("{:.3} [{low:.3}, {high:.3}]", held.mean),
        _ => format!("{:.3}", held.mean),
    }
}

/// Means and intervals on an axis from 0 to 1, with chance as a dashed line.
fn drawing(task: &str, newest: &Held, own: &[(&Evaluation, &Held)]) -> String {
    let place = |x: f64| if x.is_finite() { x.clamp(0.0, 1.0) * 100.0 } else { 0.0 };
    let mut out = format!("<figure class=\"earned\"><h3>{}</h3>\n<ul>\n", Text(task));
    for (evaluation, held) in own {
        let chance = place(newest.random);
        let _ = write!(
            out,
            "<li><span>{} <strong>{:.3}</strong></span><svg aria-hidden=\"true\" focusable=\"false\"><line class=\"chance\" \
             x1=\"{chance:.2}%\" x2=\"{chance:.2}%\" y1=\"0\" y2=\"100%\"/>",
            Text(title(evaluation)),
            held.mean
        );
        if let (Some(low), Some(high)) = (held.low, held.high) {
            let _ = write!(
                out,
                "<line class=\"spread\" x1=\"{:.2}%\" x2=\"{:.2}%\" y1=\"50%\" y2=\"50%\"/>",
                place(low),
                place(high)
            );
        }
        let _ = writeln!(out, "<circle cx=\"{:.2}%\" cy=\"50%\" r=\"5\"/></svg></li>", place(held.mean));
    }
    let _ = writeln!(
        out,
        "</ul>\n<figcaption>From 0 at the left to 1 at the right; dashed: chance, {:.3}.</figcaption></figure>",
        newest.random
    );
    out
}
