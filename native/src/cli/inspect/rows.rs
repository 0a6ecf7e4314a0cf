//! Rows for verl that are looked at: a file of them, or one.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use super::{Args, Found, of_file, one};
use crate::dataset::annotations::{Dropped, verl};
use crate::error::Error;
use crate::inspect::answers::Answers;
use crate::inspect::page::Held;
use crate::inspect::subject::Subject;
use crate::inspect::summary::printable;
use crate::inspect::tables::{rows_by_data_source, rows_table};

/// Rows at fault that are named one by one; the rest are only counted.
const NAMED: usize = 20;

/// A Parquet file, and the number behind its name if the text ends in one.
pub(super) fn named(text: &str) -> Option<(&Path, Option<usize>)> {
    let is = |path: &&Path| {
        let mut begins = [0; 4];
        let magic = |mut f: std::fs::File| std::io::Read::read_exact(&mut f, &mut begins).is_ok();
        path.is_file()
            && (path.extension().is_some_and(|e| e.eq_ignore_ascii_case("parquet"))
                || std::fs::File::open(path).is_ok_and(magic) && begins == *b"PAR1")
    };
    if let Some(path) = Some(Path::new(text)).filter(is) {
        return Some((path, None));
    }
    let (path, number) = text.rsplit_once(':').filter(|_| !Path::new(text).exists())?;
    Some((Some(Path::new(path)).filter(is)?, Some(number.parse().ok()?)))
}

/// What a file of rows holds, or its row of a number.
pub(super) fn found(
    args: &Args,
    path: &Path,
    number: Option<usize>,
    answers: &Answers,
) -> Result<Found, Error> {
    if args.prompts.is_some() {
        return Err(Error::usage(
            "--prompts: rows for verl bring their own prompts, which cannot be replaced",
        ));
    }
    let rows = verl::read(path)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let told = |d: &Dropped| printable(&format!("{}: {}: {}", d.at, d.cause, d.detail));
    if let Some(number) = number {
        if let Some(given) = rows.given.iter().find(|g| g.row == number) {
            return one(args, Subject::Row(given, folder), answers);
        }
        let at = format!("{}: row {number}", path.display());
        if let Some(dropped) = rows.dropped.iter().find(|d| d.at == at) {
            return Err(Error::failed(told(dropped)));
        }
        let count = rows.given.len() + rows.dropped.len();
        let what = format!("{} has {count} rows, from 0 on; row {number} is not one of them", path.display());
        return Err(Error::usage(what));
    }
    let mut left_out: BTreeMap<&str, usize> = BTreeMap::new();
    for (i, dropped) in rows.dropped.iter().enumerate() {
        if i < NAMED {
            eprintln!("left out: {}", told(dropped));
        }
        *left_out.entry(dropped.cause).or_default() += 1;
    }
    match (rows.given.as_slice(), rows.dropped.first()) {
        ([], None) => return Err(Error::path(path, "holds no rows")),
        ([], Some(first)) => {
            let n = rows.dropped.len();
            return Err(Error::failed(format!("none of {n} rows can be read: {}", told(first))));
        }
        ([given], None) => return one(args, Subject::Row(given, folder), answers),
        _ => {}
    }
    let by_source: serde_json::Map<String, Value> = rows_by_data_source(&rows.given)
        .into_iter()
        .map(|(name, (rows, sources))| (name.to_owned(), json!({ "rows": rows, "sources": sources })))
        .collect();
    let value = json!({ "kind": "rows", "by_data_source": by_source, "left_out_rows": left_out });
    let held = Held {
        all: rows.given.iter().map(|g| Subject::Row(g, folder)).collect(),
        caption: "Rows by data_source",
        table: rows_table(&rows.given),
        left_out,
    };
    of_file(args, path, &held, answers, value)
}
