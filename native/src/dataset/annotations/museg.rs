//! MUSEG: lines `{"idx", "problem", "solution": [[s, e], …], "video", "task": "tvg" | "tal", "duration"?}` in seconds; its
//! evaluation files are lists of `{"video", "question", "groundtruth"}`.
//!
//! The problem is a whole instruction around the query. The query alone is taken, since an item brings its own words.

use serde_json::Value;

use super::rows::{Fault, Place, Rows, list, name, number, text};
use super::walk::each_json_row;
use super::{Annotation, Ask};
use crate::error::Error;

pub(super) fn read(bytes: &[u8], rows: &mut Rows<'_>) -> Result<(), Error> {
    each_json_row(bytes, rows, row)
}

fn row(row: &Value, place: &Place, rows: &mut Rows<'_>) -> Result<Annotation, Fault> {
    let (problem, spans) = match row.get("groundtruth") {
        Some(_) => ("question", "groundtruth"),
        None => ("problem", "solution"),
    };
    let spans = rows.spans(place, list(row, spans)?, 1.0)?;
    Ok(Annotation {
        id: name(row, "idx", place),
        video: text(row, "video")?,
        ask: Ask::Segments { query: query(&text(row, problem)?).to_owned(), spans },
        split: None,
        duration_s: number(&row["duration"]),
        at: String::new(),
    })
}

/// What is looked for: between the outermost quotes, or after "sentence:"; else the whole problem.
fn query(problem: &str) -> &str {
    // A quote opens after a space: an apostrophe does not.
    let open = problem.find(" '").map(|i| i + 2);
    let close = problem.rfind('\'');
    if let (Some(open), Some(close)) = (open, close)
        && open < close
    {
        return problem[open..close].trim();
    }
    match problem.rsplit_once("sentence:") {
        Some((_, said)) if !said.trim().is_empty() => said.trim().trim_end_matches('.'),
        _ => problem,
    }
}

#[cfg(test)]
mod tests {
    use super::query;

    #[test]
    fn the_query_is_taken_out_of_its_instruction() {
        for (problem, wanted) in [
            ("Where is the action 'beer pong' to be seen? Give the times.", "beer pong"),
            (
                "The query 'a person's cup is on the other's desk' is given. When?",
                "a person's cup is on the other's desk",
            ),
            ("This is the sentence: a lamp is lit.", "a lamp is lit"),
            ("person opens the door", "person opens the door"),
            ("it's the person's", "it's the person's"),
            ("a '", "a '"),
        ] {
            assert_eq!(query(problem), wanted);
        }
    }
}
