//! Charades-STA: `AO8RW 0.0 6.9##a person is putting a book on a shelf.`, seconds, one span a line.

use serde_json::json;

use super::rows::{Fault, Place, Rows};
use super::walk::text_lines;
use super::{Annotation, Ask};

pub(super) fn read(bytes: &[u8], rows: &mut Rows<'_>) {
    for (place, line) in text_lines(bytes) {
        let row = row(line, &place, rows);
        rows.take(&place, row);
    }
}

fn row(line: &[u8], place: &Place, rows: &mut Rows<'_>) -> Result<Annotation, Fault> {
    let line = std::str::from_utf8(line).map_err(|_| Fault::malformed("not UTF-8 text"))?;
    let form = || Fault::malformed("not 'VIDEO START END##SENTENCE'");
    let (head, sentence) = line.split_once("##").ok_or_else(form)?;
    let parts: Vec<&str> = head.split_whitespace().collect();
    let [video, start, end] = parts.as_slice() else { return Err(form()) };
    let spans = rows.spans(place, &[json!([start, end])], 1.0)?;
    Ok(Annotation {
        id: place.to_string(),
        video: (*video).to_owned(),
        ask: Ask::Segments { query: sentence.trim().to_owned(), spans },
        split: None,
        duration_s: None,
        at: String::new(),
    })
}
