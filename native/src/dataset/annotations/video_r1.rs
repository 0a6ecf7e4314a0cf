//! Video-R1: `{"problem_id", "problem", "data_type": "video", "problem_type": "multiple choice", "options": ["A. …"],
//! "solution": "<answer>A</answer>", "path"}`, as a list or one a line. VideoReasoner's rows have `times` and `duration`
//! besides, and are of the types `qa` and `grounding`. Pictures, and questions whose answer is no option, make no item.

use serde_json::Value;

use super::rows::{Fault, Place, Rows, list, name, number, text};
use super::walk::each_json_row;
use super::{Annotation, Ask};
use crate::error::Error;

pub(super) fn read(bytes: &[u8], rows: &mut Rows<'_>) -> Result<(), Error> {
    each_json_row(bytes, rows, row)
}

fn row(row: &Value, place: &Place, rows: &mut Rows<'_>) -> Result<Annotation, Fault> {
    if let Some(kind) = row.get("data_type").and_then(Value::as_str).filter(|k| *k != "video") {
        return Err(Fault::new("not-a-video", format!("data_type is '{kind}'")));
    }
    let times = || match row.get("times") {
        // One span, or a list of them.
        Some(Value::Array(t)) if t.first().is_some_and(Value::is_array) => t.clone(),
        Some(one @ Value::Array(_)) => vec![one.clone()],
        _ => Vec::new(),
    };
    let kind = text(row, "problem_type")?;
    // Some copies say in the problem where the video stands; an item's prompt says it itself.
    let question = text(row, "problem")?.replace("<video>", "").trim().to_owned();
    let ask = match kind.as_str() {
        "grounding" => Ask::Segments { query: question, spans: rows.spans(place, &times(), 1.0)? },
        "multiple choice" | "qa" => {
            let options = options(list(row, "options")?)?;
            let answer = letter(&text(row, "solution")?, options.len())?;
            let evidence = match times() {
                none if none.is_empty() => Vec::new(),
                times => rows.spans(place, &times, 1.0)?,
            };
            Ask::Choice { question, options, answer, evidence }
        }
        other => {
            let detail = format!("problem_type is '{other}'; multiple choice, qa and grounding are taken");
            return Err(Fault::new("other-problem", detail));
        }
    };
    Ok(Annotation {
        id: name(row, "problem_id", place),
        video: text(row, "path").or_else(|_| text(row, "video"))?,
        ask,
        split: None,
        duration_s: number(&row["duration"]),
        at: String::new(),
    })
}

/// The options without their letters, where every one has its own.
fn options(values: &[Value]) -> Result<Vec<String>, Fault> {
    let texts: Option<Vec<&str>> = values.iter().map(|v| v.as_str().map(str::trim)).collect();
    let texts = texts.ok_or_else(|| Fault::malformed("an option is no text"))?;
    if texts.len() > 5 {
        return Err(Fault::new("too-many-options", format!("{} options; 2 to 5 are taken", texts.len())));
    }
    let bare = |(text, letter): (&&str, u8)| {
        let rest = text.strip_prefix('(').unwrap_or(text).strip_prefix(char::from(letter))?;
        rest.strip_prefix(['.', ')', ':']).map(|t| t.trim().to_owned()).filter(|t| !t.is_empty())
    };
    let lettered: Option<Vec<String>> = texts.iter().zip(b'A'..).map(bare).collect();
    Ok(lettered.unwrap_or_else(|| texts.into_iter().map(str::to_owned).collect()))
}

/// The right option's number, from 0, of `<answer>B</answer>`, `B` or `B. …`.
fn letter(solution: &str, options: usize) -> Result<u8, Fault> {
    let inside = solution.strip_prefix("<answer>").unwrap_or(solution);
    let inside = inside.strip_suffix("</answer>").unwrap_or(inside).trim();
    let mut chars = inside.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None | Some('.' | ')' | ':' | ' ')) if c.is_ascii_uppercase() => {
            let n = c as u8 - b'A';
            if usize::from(n) < options {
                return Ok(n);
            }
        }
        _ => {}
    }
    let short: String = solution.chars().take(40).collect();
    Err(Fault::malformed(format!("the solution '{short}' is no letter of {options} options")))
}
