//! The page of a run: evaluations, curves, what was left out, the memory that was planned, answers as they were played.

use std::fmt::Write as _;

use scrubjay_core::prompt::Templates;

use super::curves::{curves, dropped};
use super::evaluations;
use super::html::{Text, page};
use super::page::{Items, answered, items};
use super::run::Run;
use super::samples::{chosen, thinned};
use super::subject::Subject;
use super::tables::html_table;
use crate::dataset::recipes::Line;
use crate::error::Error;

/// Answers of an item that are drawn from each evaluation and each step: of a group of rollouts, its first.
const EACH: usize = 4;

/// The page, and what it shows of single items.
#[derive(Debug, Default)]
pub struct Built {
    /// The page.
    pub page: String,
    /// The items that are played.
    pub items: Items,
    /// Chosen items whose recipes are not at hand.
    pub unknown: Vec<String>,
}

/// Makes the page of a run with up to `most` items played; `templates` gives the prompt for a recipe's wording. What keeps
/// items from being played is said on the page.
///
/// # Errors
/// [`Error`] when what was asked for makes no sense, as more items than a page can hold.
pub fn build(
    title: &str,
    run: &mut Run,
    most: usize,
    templates: &dyn Fn(&Line) -> Result<Templates, Error>,
) -> Result<Built, Error> {
    let ids = chosen(run, most);
    let lines = run.held(&ids.iter().map(String::as_str).collect::<Vec<_>>());
    // As they were chosen, not as the files have them.
    let line = |id: &String| lines.iter().find(|l| l.id == *id);
    let subjects: Vec<Subject<'_>> = ids.iter().filter_map(line).map(Subject::Recipe).collect();
    let unknown: Vec<String> = ids.iter().filter(|id| line(id).is_none()).cloned().collect();
    let drawn = thinned(&run.answers, &ids, EACH);
    let items = match items(&subjects, &drawn, templates) {
        Ok(items) => items,
        Err(e) if e.exit_code() == 2 => return Err(e),
        Err(e) => {
            run.notes.push(format!("No item is played: {e}."));
            Items::default()
        }
    };
    let page = page(title, &body(run, &items, &unknown));
    Ok(Built { page, items, unknown })
}

fn body(run: &Run, items: &Items, unknown: &[String]) -> String {
    let sections = [
        ("evaluations", "Evaluations", scores(run)),
        ("curves", "Curves", curves(run)),
        ("left-out", "Left out", left_out(run)),
        ("memory", "Memory", plain(&run.plan)),
        ("answers", "Answers", samples(run, items, unknown)),
        ("configuration", "Configuration", folded("The resolved configuration", &run.config)),
    ];
    let mut out = facts(run);
    let there = || sections.iter().filter(|s| !s.2.is_empty());
    out.push_str("<nav aria-label=\"Sections\" class=\"sections\">");
    for (id, heading, _) in there() {
        // Writing to a String cannot fail.
        let _ = write!(out, "<a href=\"#{id}\">{heading}</a> ");
    }
    out.push_str("</nav>\n");
    for (id, heading, html) in there() {
        let _ = writeln!(out, "<h2 id=\"{id}\">{heading}</h2>\n{html}");
    }
    out
}

fn facts(run: &Run) -> String {
    let phases: Vec<String> = run.phases().iter().map(|(name, n)| format!("{name} {n}")).collect();
    let phases = if phases.is_empty() { "none".to_owned() } else { phases.join(", ") };
    let mut out = format!("<p>Steps by phase: {}.</p>\n", Text(phases));
    if let Some(hang) = &run.hang {
        let _ = writeln!(
            out,
            "<p><strong>The last process hung</strong> and was ended by its watchdog (hang.json):</p>\n<pre>{}</pre>",
            Text(format!("{hang:#}"))
        );
    }
    if run.unreadable > 0 {
        let n = run.unreadable;
        let _ = writeln!(out, "<p>{n} lines of metrics.jsonl cannot be read and are left out.</p>");
    }
    for note in &run.notes {
        let _ = writeln!(out, "<p>{}</p>", Text(note));
    }
    out
}

fn scores(run: &Run) -> String {
    let mut out = evaluations::section(&run.evaluations);
    if let Some(table) = &run.table {
        let _ = writeln!(
            out,
            "<details><summary>With scenes and videos apart, and the gain</summary><pre class=\"wide\" \
             tabindex=\"0\">{}</pre></details>",
            Text(table)
        );
    }
    out
}

/// Empty where no line of the metrics says anything of it.
fn left_out(run: &Run) -> String {
    let dropped = dropped(run);
    if dropped.is_empty() {
        let told = run.metrics.iter().any(|l| l.get("dropped").is_some());
        return if told { "<p>Nothing was left out.</p>\n".to_owned() } else { String::new() };
    }
    let mut rows = vec![vec!["cause".to_owned(), "items".to_owned()]];
    rows.extend(dropped.into_iter().map(|(cause, n)| vec![cause, n.to_string()]));
    html_table("Items that were left out, over all steps", &rows)
}

fn samples(run: &Run, items: &Items, unknown: &[String]) -> String {
    if run.answers.list.is_empty() && run.answers.left_out.is_empty() {
        return String::new();
    }
    let mut out = String::new();
    if !run.rollouts.is_empty() {
        let _ = writeln!(
            out,
            "<p>Rollouts are those of the first and the last kept step of each phase: {} of {} files. Up to {EACH} answers \
             of an item are drawn from each step; items are chosen by their place, not by what they earned.</p>",
            run.rollouts.len(),
            run.rollout_files
        );
    }
    out.push_str(&answered(&run.answers, items, &unknown.iter().map(String::as_str).collect::<Vec<_>>()));
    out
}

fn plain(text: &str) -> String {
    if text.trim().is_empty() {
        return String::new();
    }
    format!("<pre class=\"wide\" tabindex=\"0\">{}</pre>\n", Text(text.trim_end()))
}

fn folded(summary: &str, text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    format!("<details><summary>{summary}</summary><pre>{}</pre></details>\n", Text(text))
}
