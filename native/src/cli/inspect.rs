//! `scrubjay inspect`: finds out what it was given, writes the page and prints the summary.

mod rows;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use scrubjay_core::prompt::Templates;
use serde_json::{Value, json};

use super::item::find;
use crate::dataset::recipes::{self, Line};
use crate::error::Error;
use crate::files::write_atomic;
use crate::inspect::answers::{Answers, is_answer};
use crate::inspect::page::{self, Held, Items, items};
use crate::inspect::run::{self, Run};
use crate::inspect::run_page::{Built, build};
use crate::inspect::subject::Subject;
use crate::inspect::summary::printable;
use crate::inspect::tables::{answers_table, counts, counts_table, render, table_json};
use crate::lines;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A recipe file (`recipes.jsonl`, or a folder that holds one), with `:LINE` for one item of it; rows for verl
    /// (Parquet), with `:ROW` for one of them, counted from 0 as `scrubjay score --items` counts; a link
    /// `/p/<task>/<seed>`; a file of answers; or the folder of a run.
    what: String,
    /// Answers to draw beside the truth: lines `{"id", "prediction"}`, or as a run writes them. The id of a row is its
    /// number from 0, or the item's that it was written from.
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
            if let Some(own) = &args.recipes {
                recipes::read(own)?;
                run.recipes = vec![own.clone()];
            }
            return of_run(args, path, &mut run);
        }
        let inside = path.join("recipes.jsonl");
        if inside.is_file() {
            return of_recipes(args, &inside, &answers);
        }
        return Err(Error::path(path, "holds neither a run (metrics.jsonl) nor recipes (recipes.jsonl)"));
    }
    if let Some((path, row)) = rows::named(&args.what) {
        return rows::found(args, path, row, &answers);
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
    one(args, Subject::Recipe(&line), &answers)
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
            return lines::json(&line).map_err(fault);
        }
    }
    Err(Error::path(path, "is empty"))
}

fn made(args: &Args, subjects: &[Subject<'_>], answers: &Answers) -> Result<Items, Error> {
    let templates = |line: &Line| -> Result<Templates, Error> {
        super::templates(line.recipe.wording, args.prompts.as_deref())
    };
    items(subjects, answers, &templates)
}

fn one(args: &Args, subject: Subject<'_>, answers: &Answers) -> Result<Found, Error> {
    let items = made(args, &[subject], answers)?;
    let (title, name) = match subject {
        Subject::Recipe(line) => {
            let short: String = line.id.chars().take(12).collect();
            (format!("Item {short}"), format!("item-{short}"))
        }
        Subject::Row(given, _) => (format!("Row {}", given.row), format!("row-{}", given.row)),
    };
    Ok(Found {
        page: page::of_item(&title, &items),
        name,
        text: format!("{}{}", items.texts.concat(), notes(&items, answers, Some(&subject.names()))),
        value: json!({ "kind": "item", "item": items.values.first(), "left_out_lines": answers.left_out }),
    })
}

fn of_recipes(args: &Args, path: &Path, answers: &Answers) -> Result<Found, Error> {
    let lines = recipes::read(path)?;
    if let [line] = lines.as_slice() {
        return one(args, Subject::Recipe(line), answers);
    }
    if lines.is_empty() {
        return Err(Error::path(path, "holds no recipe"));
    }
    let by_task: serde_json::Map<String, Value> =
        counts(&lines).into_iter().map(|(task, c)| (task.name().to_owned(), json!(c))).collect();
    let held = Held {
        all: lines.iter().map(Subject::Recipe).collect(),
        caption: "Recipes by task",
        table: counts_table(&lines),
        left_out: BTreeMap::new(),
    };
    of_file(args, path, &held, answers, json!({ "kind": "recipes", "by_task": by_task }))
}

/// A file of recipes or rows; `value` is what JSON says of it besides.
fn of_file(
    args: &Args,
    path: &Path,
    held: &Held<'_>,
    answers: &Answers,
    mut value: Value,
) -> Result<Found, Error> {
    let shown = &held.all[..held.all.len().min(args.limit as usize)];
    let items = made(args, shown, answers)?;
    let known: HashSet<String> = held.all.iter().flat_map(Subject::names).collect();
    let unknown = answers.list.iter().filter(|a| !known.contains(&a.id)).count();
    let mut text = render(&held.table);
    for (cause, n) in &held.left_out {
        text += &format!("{n} rows left out: {cause}\n");
    }
    text += &notes(&items, answers, None);
    if unknown > 0 {
        text += &format!("{unknown} predictions are of items that this file does not hold\n");
    }
    for (key, of_it) in [
        ("file", json!(path)),
        ("items", json!(held.all.len())),
        ("not_shown", json!(items.left_out)),
        ("left_out_lines", json!(answers.left_out)),
        ("predictions_of_other_items", json!(unknown)),
    ] {
        value[key] = of_it;
    }
    let page = page::of_file(&printable(&path.display().to_string()), held, &items);
    value["shown"] = Value::Array(items.values);
    Ok(Found { page, name: name(path), text, value })
}

/// The items that were answered in a file: those whose recipes are given, or are those of the run that wrote the file, made;
/// and the ids of the others.
fn answered<'a>(args: &Args, answers: &'a Answers, path: &Path) -> Result<(Items, Vec<&'a str>), Error> {
    let chosen = answers.chosen(args.limit as usize);
    let lines = match (&args.recipes, run::of_file(path)) {
        (Some(path), _) => recipes::read(path)?,
        (None, Some(run)) => run::read_recipes(&run, &chosen)?,
        (None, None) => Vec::new(),
    };
    let by_id: HashMap<&str, &Line> = lines.iter().map(|l| (l.id.as_str(), l)).collect();
    let unknown = chosen.iter().copied().filter(|id| !by_id.contains_key(id)).collect();
    let known: Vec<Subject<'_>> =
        chosen.iter().filter_map(|id| by_id.get(id).copied().map(Subject::Recipe)).collect();
    Ok((made(args, &known, answers)?, unknown))
}

fn of_answers(args: &Args, path: &Path, answers: &Answers) -> Result<Found, Error> {
    let (items, unknown) = answered(args, answers, path)?;
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

fn of_run(args: &Args, path: &Path, run: &mut Run) -> Result<Found, Error> {
    let templates = |line: &Line| -> Result<Templates, Error> {
        super::templates(line.recipe.wording, args.prompts.as_deref())
    };
    let title = printable(&path.display().to_string());
    let Built { page, items, unknown } = build(&title, run, args.limit as usize, &templates)?;
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
    for note in &run.notes {
        text += &format!("{}\n", printable(note));
    }
    text += &notes(&items, &run.answers, None);
    // The folder's own name also where it was given as `.` or `run/`.
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    Ok(Found {
        page,
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
fn notes(items: &Items, answers: &Answers, only: Option<&[String]>) -> String {
    let mut out = String::new();
    for (cause, n) in &items.left_out {
        out += &format!("{n} not shown: {}\n", printable(cause));
    }
    for (cause, n) in &answers.left_out {
        out += &format!("{n} lines of answers left out: {cause}\n");
    }
    if let Some(names) = only {
        let others = answers.list.iter().filter(|a| !names.contains(&a.id)).count();
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
