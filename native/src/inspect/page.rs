//! Whole pages: one item, several items of a recipe file, answers.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use scrubjay_core::prompt::Templates;
use scrubjay_core::recipe::Size;
use serde_json::Value;

use super::answers::{Answer, Answers};
use super::html::{Text, page};
use super::item::{Seen, see};
use super::section::section;
use super::sheet::side;
use super::subject::{LeftOut, Subject};
use super::summary::{self, item_json};
use super::tables::{answers_table, html_table};
use crate::dataset::recipes::Line;
use crate::error::Error;
use crate::loader::Loader;

/// The items of a page, made one after the other and let go as soon as they are written.
#[derive(Debug, Default)]
pub struct Items {
    sections: String,
    /// How many there are.
    pub count: usize,
    /// Each as text.
    pub texts: Vec<String>,
    /// Each as JSON.
    pub values: Vec<Value>,
    /// Why items are not shown: how many for each cause.
    pub left_out: BTreeMap<String, usize>,
    /// Longest side of a frame on the page, in pixels.
    pub side: u32,
}

/// Makes the items of these recipes or rows with what was said of them. An item that cannot be made is counted with its
/// cause, unless it is the only one.
///
/// # Errors
/// [`Error`] when no item can be made, or they are too many for a page.
pub fn items(
    subjects: &[Subject<'_>],
    answers: &Answers,
    templates: &dyn Fn(&Line) -> Result<Templates, Error>,
) -> Result<Items, Error> {
    let sizes: Vec<(Size, u64)> = subjects.iter().map(Subject::extent).collect();
    let mut items = Items { side: side(&sizes)?, ..Items::default() };
    let loader = Loader::default();
    for subject in subjects {
        match see(&loader, *subject, answers, templates)? {
            Ok(seen) => items.add(&seen)?,
            Err(left_out) if subjects.len() == 1 => {
                return Err(Error::failed(summary::printable(&left_out.detail)));
            }
            Err(left_out) => items.leave_out(left_out),
        }
    }
    if items.count == 0 && !subjects.is_empty() {
        return Err(Error::failed(format!("none of {} items can be shown", subjects.len())));
    }
    Ok(items)
}

impl Items {
    fn add(&mut self, seen: &Seen<'_>) -> Result<(), Error> {
        self.count += 1;
        self.sections.push_str(&section(seen, self.count, self.side)?);
        self.texts.push(summary::item(seen));
        self.values.push(item_json(seen));
        Ok(())
    }

    fn leave_out(&mut self, LeftOut { cause, detail }: LeftOut) {
        eprintln!("left out: {}", summary::printable(&detail));
        *self.left_out.entry(cause).or_default() += 1;
    }

    pub(super) fn notes(&self) -> String {
        let mut out = String::new();
        if self.count > 0 {
            let side = self.side;
            let _ = writeln!(
                out,
                "<p class=\"hash\">Frames are shrunk to fit {side} by {side} pixels for this page where they are larger; \
                 times, truths and hashes are of the full item.</p>"
            );
        }
        for (cause, n) in &self.left_out {
            let _ = writeln!(out, "<p>{n} not shown: {}</p>", Text(cause));
        }
        out
    }
}

/// The page of one item.
#[must_use]
pub fn of_item(title: &str, items: &Items) -> String {
    page(title, &format!("{}{}", items.notes(), items.sections))
}

/// What a file of recipes or rows holds.
#[derive(Debug)]
pub struct Held<'a> {
    /// Each of them.
    pub all: Vec<Subject<'a>>,
    /// What [`Self::table`] shows.
    pub caption: &'static str,
    /// Their counts, first line headings.
    pub table: Vec<Vec<String>>,
    /// Rows that cannot be read: how many for each cause.
    pub left_out: BTreeMap<&'static str, usize>,
}

/// The page of a file of recipes or rows: what it holds, and its first items.
#[must_use]
pub fn of_file(title: &str, held: &Held<'_>, items: &Items) -> String {
    let mut body = html_table(held.caption, &held.table);
    for (cause, n) in &held.left_out {
        let _ = writeln!(body, "<p>{n} rows left out: {cause}</p>");
    }
    let _ = writeln!(
        body,
        "<p>{} of {} items are shown.</p>\n{}{}",
        items.count,
        held.all.len(),
        items.notes(),
        items.sections
    );
    page(title, &body)
}

/// The page of files of answers: what they hold, then items that were answered, played where their recipes are at
/// hand and told where not; `unknown` are those without a recipe.
#[must_use]
pub fn of_answers(title: &str, answers: &Answers, items: &Items, unknown: &[&str]) -> String {
    page(title, &answered(answers, items, unknown))
}

pub(super) fn answered(answers: &Answers, items: &Items, unknown: &[&str]) -> String {
    let mut out =
        html_table("Answers by file and task, with the scores that the files state", &answers_table(answers));
    for (cause, n) in &answers.left_out {
        let _ = writeln!(out, "<p>{n} lines left out: {}</p>", Text(cause));
    }
    let _ = writeln!(out, "{}{}", items.notes(), items.sections);
    if !unknown.is_empty() {
        let _ = writeln!(
            out,
            "<section class=\"item\"><h2>Answers without their recipe</h2><p>Give the recipe file with --recipes to \
             see these items played.</p>"
        );
        for id in unknown {
            let _ = writeln!(out, "<h3>Item {}</h3><ol class=\"answers\">", Text(id));
            answers.of(std::slice::from_ref(id)).take(MOST).for_each(|a| out.push_str(&told(a, answers)));
            out.push_str("</ol>\n");
        }
        out.push_str("</section>\n");
    }
    out
}

/// Answers told of one item without a recipe.
const MOST: usize = 32;

fn told(a: &Answer, answers: &Answers) -> String {
    let mut out = String::from("<li>");
    let score = a.score.map_or_else(|| "no score".to_owned(), |s| format!("{s:.3}"));
    let _ = write!(out, "<strong>{score}</strong> from {}", Text(answers.origin(a)));
    for (name, value) in [("task", &a.task), ("source", &a.source), ("truth", &a.truth)] {
        if let Some(value) = value {
            let _ = write!(out, "; {name} {}", Text(value));
        }
    }
    let _ = writeln!(out, "<pre>{}</pre></li>", Text(&a.text));
    out
}
