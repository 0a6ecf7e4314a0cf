//! NExT-GQA: a table `video_id,frame_count,width,height,question,answer,qid,type,a0,…,a4` whose answer is the right
//! option's text, and beside it `gsub_<split>.json` with the spans in which the answer is to be seen. NExT-QA's tables
//! have the same columns; their answer is the option's number.

use std::collections::HashMap;

use csv::StringRecord;
use serde_json::Value;

use super::rows::{Fault, Place, Rows, number};
use super::walk::document;
use super::{Annotation, Ask};
use crate::error::Error;

/// Spans of a video by question, and its length.
type Evidence = HashMap<String, (HashMap<String, Vec<Value>>, Option<f64>)>;

pub(super) fn read(bytes: &[u8], rows: &mut Rows<'_>) -> Result<(), Error> {
    let split = rows.file.file_stem().and_then(|s| s.to_str()).unwrap_or_default().to_owned();
    let evidence = evidence(&split, rows)?;
    let mut table = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
    let header = table.headers().map_err(|e| Error::path(rows.file, format!("no table: {e}")))?.clone();
    let column = |names: &[&str]| header.iter().position(|h| names.contains(&h.trim()));
    let columns = (column(&["video_id", "video"]), column(&["question"]), column(&["answer"]));
    let options: Vec<usize> = (0..9).map_while(|i| column(&[&format!("a{i}")])).collect();
    let (Some(video), Some(question), Some(answer)) = columns else {
        return Err(Error::path(
            rows.file,
            "a table of questions has the columns video_id, question and answer",
        ));
    };
    let columns = Columns { video, question, answer, qid: column(&["qid"]), options };
    let mut record = StringRecord::new();
    loop {
        // The line at which the next row begins.
        let line = table.position().line();
        let read = table.read_record(&mut record);
        let place = Place::Line(record.position().map_or(line, csv::Position::line));
        match read {
            Ok(false) => return Ok(()),
            Ok(true) => {
                let row = row(&record, &columns, &evidence, &split, &place, rows);
                rows.take(&place, row);
            }
            Err(e) if e.is_io_error() => return Err(Error::path(rows.file, e)),
            Err(_) => rows.drop(&Place::Line(line), Fault::malformed("not UTF-8 text")),
        }
    }
}

struct Columns {
    video: usize,
    question: usize,
    answer: usize,
    qid: Option<usize>,
    options: Vec<usize>,
}

fn row(
    record: &StringRecord,
    columns: &Columns,
    evidence: &Evidence,
    split: &str,
    place: &Place,
    rows: &mut Rows<'_>,
) -> Result<Annotation, Fault> {
    let field = |i: usize| {
        let text = record.get(i).map(str::trim).filter(|t| !t.is_empty());
        text.map(str::to_owned).ok_or_else(|| Fault::malformed(format!("column {} is empty", i + 1)))
    };
    let (video, question, right) = (field(columns.video)?, field(columns.question)?, field(columns.answer)?);
    let options = columns.options.iter().map(|i| field(*i)).collect::<Result<Vec<_>, _>>()?;
    let by_text = options.iter().position(|o| *o == right);
    let by_number = || right.parse::<usize>().ok().filter(|n| *n < options.len());
    let answer = by_text
        .or_else(by_number)
        .ok_or_else(|| Fault::malformed(format!("the answer '{right}' is none of the options")))?;
    let qid = columns.qid.and_then(|i| field(i).ok());
    let known = evidence.get(&video);
    let spans = known.zip(qid.as_ref()).and_then(|((spans, _), qid)| spans.get(qid));
    let evidence = match spans {
        Some(spans) => rows.spans(place, spans, 1.0)?,
        None => Vec::new(),
    };
    Ok(Annotation {
        id: qid.map_or_else(|| place.to_string(), |q| format!("{video}_{q}")),
        ask: Ask::Choice { question, options, answer: answer as u8, evidence },
        split: Some(split.to_owned()).filter(|s| ["train", "val", "test"].contains(&s.as_str())),
        duration_s: known.and_then(|(_, duration)| *duration),
        video,
        at: String::new(),
    })
}

/// The spans beside the table, if they are there.
fn evidence(split: &str, rows: &Rows<'_>) -> Result<Evidence, Error> {
    let path = rows.file.with_file_name(format!("gsub_{split}.json"));
    let mut evidence = Evidence::new();
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(evidence),
        Err(e) => return Err(Error::path(&path, format!("cannot be read: {e}"))),
    };
    document(&bytes, &path, |place, value| {
        let spans = value.get("location").and_then(Value::as_object).into_iter().flatten();
        let spans = spans.map(|(qid, s)| (qid.clone(), s.as_array().cloned().unwrap_or_default()));
        evidence.insert(place.to_string(), (spans.collect(), number(&value["duration"])));
        true
    })?;
    Ok(evidence)
}
