//! One item of a page: its films, time line, truth, prompt and what was said of it.

use std::fmt::Write as _;

use scrubjay_core::chance::How;
use scrubjay_core::item::Item;
use scrubjay_core::task::Task;
use serde_json::Value;

use super::html::Text;
use super::item::{Said, Seen};
use super::marks::tracks;
use super::player::{caption, player};
use super::sheet::{Sheet, sheet};
use super::summary::shown;
use crate::error::Error;

/// The section of an item, as HTML; `number` tells it apart on the page, from 1.
pub(super) fn section(seen: &Seen<'_>, number: usize, side: u32) -> Result<String, Error> {
    let Seen { of, item, task, timeline, said } = seen;
    let mut out = format!(
        "<section class=\"item\" aria-labelledby=\"item{number}\">\n<h2 id=\"item{number}\">{number}. {}: {}</h2>\n",
        item.task,
        Text(of.title(task))
    );
    // Writing to a String cannot fail.
    let mut add = |text: std::fmt::Arguments<'_>| {
        let _ = out.write_fmt(text);
    };
    let sheets = item.clips.iter().map(|c| sheet(c, side)).collect::<Result<Vec<_>, Error>>()?;
    let tracks = tracks(task, item, timeline, said);
    add(format_args!("{}", player(seen, number, &sheets, &tracks)));

    add(format_args!("<h3>Truth</h3>\n{}", truth(task, item)));
    if !said.is_empty() {
        add(format_args!("<h3>Predictions</h3>\n<ol class=\"answers\">\n"));
        said.iter().for_each(|s| add(format_args!("{}", answer(s))));
        add(format_args!("</ol>\n"));
    }
    add(format_args!("<h3>Prompt</h3>\n"));
    for (name, text) in [("System", &item.prompt.system), ("Answer begins with", &item.prompt.prefix)] {
        if !text.is_empty() {
            add(format_args!("<p>{name}: <code>{}</code></p>\n", Text(text)));
        }
    }
    add(format_args!("<pre>{}</pre>\n<h3>Item</h3>\n<dl class=\"facts\">\n", Text(item.prompt.text())));
    let how = match item.chance.how {
        How::Exact => "exact",
        How::Near => "from a law close to the item's",
        How::Simulated => "simulated, within about 0.02",
        How::None => "no law of answers to guess from",
    };
    let chance = format!(
        "{:.3} for a random valid answer, {:.3} for the best that never looks ({how})",
        item.chance.random, item.chance.blind
    );
    let facts = [("Id", item.id.clone()), ("Source", of.source())];
    let more = [("Shown", shown(seen)), ("Chance", chance), ("Stimulus", item.stimulus.clone())];
    for (name, value) in facts.into_iter().chain(of.place()).chain(more) {
        add(format_args!("<dt>{name}</dt><dd>{}</dd>\n", Text(value)));
    }
    let definition = Text(of.definition_text()?);
    add(format_args!("</dl>\n<details><summary>{}</summary><pre>{definition}</pre></details>\n", of.kind()));
    // The player cuts its frames from these sheets; without a script they show the item by themselves.
    add(format_args!("<details><summary>All frames side by side</summary>\n"));
    for (c, (sheet, clip)) in sheets.iter().zip(&item.clips).enumerate() {
        if let Some(Sheet { address, .. }) = sheet {
            let label = caption(task, c);
            add(format_args!(
                "<p>{}</p><img class=\"sheet\" id=\"sheet{number}-{c}\" alt=\"{} frames, row by row\" src=\"{address}\">\n",
                Text(label),
                clip.frames.len()
            ));
        }
    }
    out.push_str("</details>\n</section>\n");
    Ok(out)
}

fn truth(task: &Task, item: &Item) -> String {
    let words = match task {
        Task::Jigsaw { .. } => Some("the places of the clips in playing order"),
        Task::Masked(_) => Some("the candidates that are missing, in playing order"),
        Task::Counting { .. } => Some("circles, squares, triangles"),
        _ => None,
    };
    let mut out = format!("<pre>{}</pre>\n", Text(item.truth.text()));
    if let Some(words) = words {
        let _ = writeln!(out, "<p class=\"hash\">{words}</p>");
    }
    if let Task::Qa { options, answer, .. } = task {
        out.push_str("<ul>\n");
        for (i, option) in options.iter().enumerate() {
            let letter = char::from(b'A' + (i as u8).min(25));
            let right = if i == usize::from(*answer) { " <strong>(right)</strong>" } else { "" };
            let _ = writeln!(out, "<li>{letter}. {}{right}</li>", Text(option));
        }
        out.push_str("</ul>\n");
    }
    out
}

fn answer(said: &Said) -> String {
    let mut out = format!("<li><strong>{:.3}</strong> from {}", said.score.total, Text(&said.origin));
    let parts: Vec<String> =
        said.score.parts.iter().map(|(name, value)| format!("{name} {value:.3}")).collect();
    let _ = write!(out, "; {}", Text(parts.join(", ")));
    match said.score.failure {
        Some(failure) => {
            let _ = write!(out, "; not read: {}", Text(failure));
        }
        None if said.score.parsed != Value::Null => {
            let _ = write!(out, "; read as <code>{}</code>", Text(&said.score.parsed));
        }
        None => {}
    }
    if !said.training.is_empty() {
        let _ = write!(out, "; in training: {}", Text(&said.training));
    }
    let _ = writeln!(out, "<pre>{}</pre></li>", Text(&said.text));
    out
}
