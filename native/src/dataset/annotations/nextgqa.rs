//! NExT-GQA: a table `video_id,frame_count,width,height,question,answer,qid,type,a0,…,a4` whose answer is the right
//! option's text, and beside it `gsub_<split>.json` with the spans in which the answer is to be seen. NExT-QA's tables
//! have the same columns; their answer is the option's number, from 0. Where options are numbers themselves (how many…),
//! a row does not say which is meant, and the other rows of its file do.

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
    let open = || csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
    let mut table = open();
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
    let mut columns = Columns { video, question, answer, qid: column(&["qid"]), options, by: None };
    columns.by = columns.kind(open());
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
    /// How answers are meant, where the file's rows say so.
    by: Option<By>,
}

/// How a table says which option is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Text,
    Number,
}

/// The option, from 0, that an answer is, read as an option's text and as its number.
fn readings(right: &str, options: &[impl AsRef<str>]) -> [Option<usize>; 2] {
    let number = right.parse::<usize>().ok().filter(|n| *n < options.len());
    [options.iter().position(|o| o.as_ref() == right), number]
}

impl Columns {
    /// How a file's answers are meant, by those rows that can be read in one way only; none where there are no such
    /// rows, or of both kinds.
    fn kind(&self, mut table: csv::Reader<&[u8]>) -> Option<By> {
        let (mut record, mut text, mut number) = (StringRecord::new(), false, false);
        loop {
            match table.read_record(&mut record) {
                Ok(true) => {}
                Ok(false) => break,
                Err(e) if e.is_io_error() => break,
                // The row is named when it is read for what it says.
                Err(_) => continue,
            }
            let field = |i: &usize| record.get(*i).map(str::trim);
            let Some(options) = self.options.iter().map(field).collect::<Option<Vec<_>>>() else { continue };
            match field(&self.answer).map(|right| readings(right, &options)) {
                Some([Some(_), None]) => text = true,
                Some([None, Some(_)]) => number = true,
                _ => {}
            }
        }
        match (text, number) {
            (true, false) => Some(By::Text),
            (false, true) => Some(By::Number),
            _ => None,
        }
    }
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
    let answer = match (readings(&right, &options), columns.by) {
        ([Some(text), Some(number)], None) if text != number => {
            let detail = format!("the answer '{right}' is one option's text and another's number, from 0");
            return Err(Fault::new("ambiguous-answer", detail));
        }
        ([_, Some(number)], Some(By::Number)) => number,
        ([Some(text), _], _) => text,
        ([None, Some(number)], _) => number,
        _ => return Err(Fault::malformed(format!("the answer '{right}' is none of the options"))),
    };
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
