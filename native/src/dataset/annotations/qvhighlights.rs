//! QVHighlights: one object a line, whose windows are seconds of the clip `<YouTube id>_<start>_<end>`, not of the video
//! it was cut from. Other moment-retrieval sets are handed round in this form, too.

use serde_json::Value;

use super::rows::{Fault, Place, Rows, list, name, number, text};
use super::walk::each_json_row;
use super::{Annotation, Ask};
use crate::error::Error;

pub(super) fn read(bytes: &[u8], rows: &mut Rows<'_>) -> Result<(), Error> {
    each_json_row(bytes, rows, row)
}

fn row(row: &Value, place: &Place, rows: &mut Rows<'_>) -> Result<Annotation, Fault> {
    if row.get("relevant_windows").is_none() && row.get("query").is_some() {
        return Err(Fault::new("no-spans", "no relevant_windows: the public test split holds them back"));
    }
    let spans = rows.spans(place, list(row, "relevant_windows")?, 1.0)?;
    Ok(Annotation {
        id: name(row, "qid", place),
        video: text(row, "vid")?,
        ask: Ask::Segments { query: text(row, "query")?, spans },
        split: None,
        duration_s: number(&row["duration"]),
        at: String::new(),
    })
}
