//! Counts of recipes and of answers, as tables for terminal, page and JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use scrubjay_core::source::Source;
use scrubjay_core::task::TaskName;
use serde_json::{Value, json};

use super::answers::Answers;
use super::html::Text;
use super::summary::printable;
use crate::dataset::annotations::verl::Given;
use crate::dataset::recipes::Line;

/// How many recipes of a task there are.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Count {
    /// Items in all.
    pub items: usize,
    /// Of these, items whose source is a scene.
    pub scenes: usize,
    /// Of these, items whose source is a video.
    pub videos: usize,
    /// Different sources.
    pub sources: usize,
}

/// Recipes by task, in the tasks' order; without tasks that are not there.
#[must_use]
pub fn counts(lines: &[Line]) -> Vec<(TaskName, Count)> {
    let count = |task: TaskName| {
        let own = lines.iter().filter(|l| l.recipe.task.name() == task);
        let mut count = Count::default();
        let mut sources = BTreeSet::new();
        for line in own {
            count.items += 1;
            match line.recipe.source {
                Source::Scene { .. } => count.scenes += 1,
                Source::Video { .. } => count.videos += 1,
            }
            sources.insert(line.recipe.source.key());
        }
        count.sources = sources.len();
        (count.items > 0).then_some((task, count))
    };
    TaskName::ALL.into_iter().filter_map(count).collect()
}

/// The table of [`counts`], first line headings, cell by cell.
#[must_use]
pub fn counts_table(lines: &[Line]) -> Vec<Vec<String>> {
    let mut rows = vec![["task", "items", "of scenes", "of videos", "sources"].map(str::to_owned).to_vec()];
    let row = |name: &str, c: &Count| {
        let mut row = vec![name.to_owned()];
        row.extend([c.items, c.scenes, c.videos, c.sources].map(|n| n.to_string()));
        row
    };
    let counts = counts(lines);
    rows.extend(counts.iter().map(|(task, c)| row(task.name(), c)));
    let sum = |f: fn(&Count) -> usize| counts.iter().map(|(_, c)| f(c)).sum();
    let sources: BTreeSet<String> = lines.iter().map(|l| l.recipe.source.key()).collect();
    let all = Count {
        items: sum(|c| c.items),
        scenes: sum(|c| c.scenes),
        videos: sum(|c| c.videos),
        sources: sources.len(),
    };
    rows.push(row("all", &all));
    rows
}

/// Rows by the `data_source` that names their reward, in the order of those names: how many there are, and of how many
/// sources; 0 where no row states its own.
#[must_use]
pub fn rows_by_data_source(rows: &[Given]) -> BTreeMap<&str, (usize, usize)> {
    let mut sources: BTreeMap<&str, (usize, BTreeSet<String>)> = BTreeMap::new();
    for row in rows {
        let (n, seen) = sources.entry(&row.data_source).or_default();
        *n += 1;
        seen.extend(row.extra.get("video_id").filter(|v| !v.is_null()).map(Value::to_string));
    }
    sources.into_iter().map(|(name, (n, seen))| (name, (n, seen.len()))).collect()
}

/// The table of [`rows_by_data_source`], first line headings, cell by cell.
#[must_use]
pub fn rows_table(rows: &[Given]) -> Vec<Vec<String>> {
    let row = |(name, (n, sources)): (&str, (usize, usize))| {
        vec![name.to_owned(), n.to_string(), sources.to_string()]
    };
    let head = ["data_source", "rows", "sources"].map(str::to_owned).to_vec();
    std::iter::once(head).chain(rows_by_data_source(rows).into_iter().map(row)).collect()
}

/// What files of answers hold: per file and task how many, their mean stated score, and how many state none.
#[must_use]
pub fn answers_table(answers: &Answers) -> Vec<Vec<String>> {
    let mut rows =
        vec![["answers", "task", "lines", "items", "mean score", "no score"].map(str::to_owned).to_vec()];
    #[derive(Default)]
    struct Group<'a> {
        lines: usize,
        items: BTreeSet<&'a str>,
        scores: Vec<f64>,
    }
    let mut groups: BTreeMap<(usize, &str), Group<'_>> = BTreeMap::new();
    for a in &answers.list {
        let group = groups.entry((a.origin, a.task.as_deref().unwrap_or("-"))).or_default();
        group.lines += 1;
        group.items.insert(&a.id);
        group.scores.extend(a.score);
    }
    for ((origin, task), Group { lines, items, scores }) in groups {
        let mean = match scores.len() {
            0 => "-".to_owned(),
            n => format!("{:.3}", scores.iter().sum::<f64>() / n as f64),
        };
        let origin = answers.origins.get(origin).cloned().unwrap_or_default();
        let numbers = [lines.to_string(), items.len().to_string(), mean, (lines - scores.len()).to_string()];
        rows.push([origin, task.to_owned()].into_iter().chain(numbers).collect());
    }
    rows
}

/// A table as text: columns as wide as they need, numbers to the right.
#[must_use]
pub fn render(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let printable: Vec<Vec<String>> =
        rows.iter().map(|r| r.iter().map(|c| printable(&c.replace('\n', " "))).collect()).collect();
    let width =
        |c: usize| printable.iter().filter_map(|r| r.get(c)).map(|t| t.chars().count()).max().unwrap_or(0);
    let mut out = String::new();
    for row in &printable {
        let mut line = String::new();
        for (c, cell) in row.iter().enumerate().take(columns) {
            let width = width(c);
            let _ = if numeric(rows, c) {
                write!(line, "{cell:>width$}  ")
            } else {
                write!(line, "{cell:<width$}  ")
            };
        }
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out
}

/// Whether a column holds numbers below its heading.
#[must_use]
pub fn numeric(rows: &[Vec<String>], column: usize) -> bool {
    let mut cells = rows.iter().skip(1).filter_map(|r| r.get(column)).filter(|c| *c != "-").peekable();
    cells.peek().is_some() && cells.all(|c| c.parse::<f64>().is_ok())
}

/// A table's rows as objects, by their headings.
#[must_use]
pub fn table_json(rows: &[Vec<String>]) -> Value {
    let Some((head, rows)) = rows.split_first() else { return json!([]) };
    let cell =
        |c: &String| c.parse::<f64>().ok().filter(|n| n.is_finite()).map_or_else(|| json!(c), |n| json!(n));
    let one = |row: &Vec<String>| -> serde_json::Map<String, Value> {
        head.iter().cloned().zip(row.iter().map(cell)).collect()
    };
    rows.iter().map(|r| Value::Object(one(r))).collect()
}

/// A table as HTML, first line headings.
pub(super) fn html_table(caption: &str, rows: &[Vec<String>]) -> String {
    let class = |c: usize| if numeric(rows, c) { " class=\"number\"" } else { "" };
    let mut out = format!(
        "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"{0}\"><table><caption>{0}</caption>\n",
        Text(caption)
    );
    for (r, row) in rows.iter().enumerate() {
        out.push_str("<tr>");
        for (c, cell) in row.iter().enumerate() {
            let (open, close) = match (r, c) {
                (0, _) => (format!("<th scope=\"col\"{}>", class(c)), "</th>"),
                (_, 0) => ("<th scope=\"row\">".to_owned(), "</th>"),
                _ => (format!("<td{}>", class(c)), "</td>"),
            };
            let _ = write!(out, "{open}{}{close}", Text(cell));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</table></div>\n");
    out
}
