//! `scrubjay inspect`: finds out what it was given, writes the page and prints the summary.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use scrubjay_core::prompt::Templates;
use serde_json::{Value, json};

use super::item::find;
use crate::dataset::recipes::{self, Line};
use crate::error::Error;
use crate::files::write_atomic;
use crate::inspect::answers::{Answers, is_answer};
use crate::inspect::page::{self, Items, items};
use crate::inspect::run::{self, Run};
use crate::inspect::summary::printable;
use crate::inspect::tables::{answers_table, counts, counts_table, render, table_json};

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A recipe file (`recipes.jsonl`, or a folder that holds one), with `:LINE` for one item of it; a link
    /// `/p/<task>/<seed>`; a file of answers; or the folder of a run.
    what: String,
    /// Answers to draw beside the truth: lines `{"id", "prediction"}`, or as a run writes them.
    #[arg(long)]
    predictions: Option<PathBuf>,
    /// The recipes of answered items, where they are not in the run's own folder.
    #[arg(long)]
    recipes: Option<PathBuf>,
    /// The page; without it, a name in the current folder that is printed.
    #[arg(long, value_name = "PAGE.html")]
    out: Option<PathBuf>,
    /// Write no page, only the summary.
    #[arg(long, conflicts_with = "out")]
    no_page: bool,
    /// Most items on a page.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
    /// A template file (TOML) whose texts replace the prompts'.
    #[arg(long)]
    prompts: Option<PathBuf>,
    /// Print one JSON object instead of text.
    #[arg(long)]
    json: bool,
}

/// What was found: a page, and the same as text and as JSON.
struct Found {
    name: String,
    page: String,
    text: String,
    value: Value,
}

pub(super) fn run(args: &Args) -> Result<(), Error> {
    let mut answers = Answers::default();
    if let Some(path) = &args.predictions {
        answers.read(path, &name(path))?;
    }
    let mut found = look(args, answers)?;
    if !args.no_page {
        let path = args.out.clone().unwrap_or_else(|| PathBuf::from(format!("scrubjay-{}.html", found.name)));
        write_atomic(&path, found.page.as_bytes())?;
        found.value["page"] = json!({ "path": path, "bytes": found.page.len() });
        let mega = found.page.len() as f64 / 1e6;
        found.text += &format!("page      {} ({mega:.1} MB)\n", path.display());
    }
    if args.json {
        return super::print(format_args!("{:#}", found.value));
    }
    super::print(found.text.trim_end())
}

fn look(args: &Args, mut answers: Answers) -> Result<Found, Error> {
    let path = Path::new(&args.what);
    if path.is_dir() {
        if run::is_run(path) {
            let mut run = run::read(path)?;
            run.answers.add(answers);
            return of_run(args, path, &run);
        }
        let inside = path.join("recipes.jsonl");
        if inside.is_file() {
            return of_recipes(args, &inside, &answers);
        }
        return Err(Error::path(path, "holds neither a run (metrics.jsonl) nor recipes (recipes.jsonl)"));
    }
    if path.is_file() {
        return match first_line(path)? {
            line if line.get("recipe").is_some() => of_recipes(args, path, &answers),
            line if is_answer(&line) => {
                answers.read(path, &name(path))?;
                of_answers(args, path, &answers)
            }
            _ => Err(Error::path(
                path,
                "begins neither with a recipe ({\"id\", \"recipe\"}) nor with an answer ({\"id\", \"answer\"})",
            )),
        };
    }
    let line = find(&args.what)?;
    let id = line.id.clone();
    let items = made(args, &[&line], &answers)?;
    one(&id, &items, &answers)
}

/// The first line that is not empty, as JSON.
fn first_line(path: &Path) -> Result<Value, Error> {
    use std::io::BufRead as _;
    let fail = |e: std::io::Error| Error::path(path, format!("cannot be read: {e}"));
    for (i, line) in
        std::io::BufReader::new(std::fs::File::open(path).map_err(fail)?).split(b'\n').enumerate()
    {
        let line = line.map_err(fail)?;
        if !line.iter().all(u8::is_ascii_whitespace) {
            let fault = |e| Error::failed(format!("{}:{}: not JSON: {e}", path.display(), i + 1));
            return serde_json::from_slice(&line).map_err(fault);
        }
    }
    Err(Error::path(path, "is empty"))
}

fn made(args: &Args, lines: &[&Line], answers: &Answers) -> Result<Items, Error> {
    let templates = |line: &Line| -> Result<Templates, Error> {
        super::templates(line.recipe.wording, args.prompts.as_deref())
    };
    items(lines, answers, &templates)
}

fn one(id: &str, items: &Items, answers: &Answers) -> Result<Found, Error> {
    let short: String = id.chars().take(12).collect();
    Ok(Found {
        page: page::of_item(&format!("Item {short}"), items),
        name: format!("item-{short}"),
        text: format!("{}{}", items.texts.concat(), notes(items, answers, Some(id))),
        value: json!({ "kind": "item", "item": items.values.first(), "left_out_lines": answers.left_out }),
    })
}

fn of_recipes(args: &Args, path: &Path, answers: &Answers) -> Result<Found, Error> {
    let lines = recipes::read(path)?;
    let shown: Vec<&Line> = lines.iter().take(args.limit as usize).collect();
    let items = made(args, &shown, answers)?;
    if let ([line], 1) = (lines.as_slice(), items.count) {
        return one(&line.id, &items, answers);
    }
    if lines.is_empty() {
        return Err(Error::path(path, "holds no recipe"));
    }
    let by_task: serde_json::Map<String, Value> =
        counts(&lines).into_iter().map(|(task, c)| (task.name().to_owned(), json!(c))).collect();
    let known: std::collections::HashSet<&str> = lines.iter().map(|l| l.id.as_str()).collect();
    let unknown = answers.list.iter().filter(|a| !known.contains(a.id.as_str())).count();
    let mut text = render(&counts_table(&lines));
    text += &notes(&items, answers, None);
    if unknown > 0 {
        text += &format!("{unknown} predictions are of items that this file does not hold\n");
    }
    Ok(Found {
        page: page::of_recipes(&printable(&path.display().to_string()), &lines, &items),
        name: name(path),
        text,
        value: json!({
            "kind": "recipes", "file": path, "items": lines.len(), "by_task": by_task, "shown": items.values,
            "not_shown": items.left_out, "left_out_lines": answers.left_out, "predictions_of_other_items": unknown,
        }),
    })
}

/// The items that were answered: those whose recipes are at hand, made, and the ids of the others.
fn answered<'a>(
    args: &Args,
    answers: &'a Answers,
    recipes: Option<&Path>,
) -> Result<(Items, Vec<&'a str>), Error> {
    let chosen = answers.chosen(args.limit as usize);
    let lines = match args.recipes.as_deref().or(recipes) {
        Some(path) => recipes::read(path)?,
        None => Vec::new(),
    };
    let by_id: HashMap<&str, &Line> = lines.iter().map(|l| (l.id.as_str(), l)).collect();
    let unknown = chosen.iter().copied().filter(|id| !by_id.contains_key(id)).collect();
    let known: Vec<&Line> = chosen.iter().filter_map(|id| by_id.get(id).copied()).collect();
    Ok((made(args, &known, answers)?, unknown))
}

fn of_answers(args: &Args, path: &Path, answers: &Answers) -> Result<Found, Error> {
    let (items, unknown) = answered(args, answers, None)?;
    Ok(Found {
        page: page::of_answers(&printable(&path.display().to_string()), answers, &items, &unknown),
        name: name(path),
        text: render(&answers_table(answers)) + &notes(&items, answers, None),
        value: json!({
            "kind": "answers", "files": answers.origins, "lines": answers.list.len(),
            "table": table_json(&answers_table(answers)), "shown": items.values, "without_recipe": unknown,
            "not_shown": items.left_out, "left_out_lines": answers.left_out,
        }),
    })
}

fn of_run(args: &Args, path: &Path, run: &Run) -> Result<Found, Error> {
    let (items, unknown) = answered(args, &run.answers, run.recipes.as_deref())?;
    let mut text = String::new();
    for (phase, steps) in run.phases() {
        text += &format!("phase     {}: {steps} steps\n", printable(&phase));
    }
    if run.unreadable > 0 {
        text += &format!("{} lines of metrics.jsonl cannot be read\n", run.unreadable);
    }
    text += &match &run.table {
        Some(table) => format!("{table}\n"),
        None if run.answers.list.is_empty() => "no answers\n".to_owned(),
        None => render(&answers_table(&run.answers)),
    };
    text += &notes(&items, &run.answers, None);
    // The folder's own name also where it was given as `.` or `run/`.
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    Ok(Found {
        page: page::of_run(&printable(&path.display().to_string()), run, &items, &unknown),
        name: format!("run-{}", name(&whole)),
        text,
        value: json!({
            "kind": "run", "folder": path, "phases": run.phases(), "unreadable_metrics": run.unreadable,
            "last": run.metrics.last(), "answers": table_json(&answers_table(&run.answers)), "shown": items.values,
            "without_recipe": unknown, "not_shown": items.left_out, "left_out_lines": run.answers.left_out,
        }),
    })
}

/// What is not shown, and answers that name no item here.
fn notes(items: &Items, answers: &Answers, only: Option<&str>) -> String {
    let mut out = String::new();
    for (cause, n) in &items.left_out {
        out += &format!("{n} not shown: {}\n", printable(cause));
    }
    for (cause, n) in &answers.left_out {
        out += &format!("{n} lines of answers left out: {cause}\n");
    }
    if let Some(id) = only {
        let others = answers.list.iter().filter(|a| a.id != id).count();
        if others > 0 {
            out += &format!("{others} predictions are of other items\n");
        }
    }
    out
}

/// A file's name without its ending.
fn name(path: &Path) -> String {
    path.file_stem().map_or_else(|| "page".to_owned(), |n| n.to_string_lossy().into_owned())
}
