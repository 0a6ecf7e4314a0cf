//! ActivityNet Captions: `{"v_…": {"duration": 55.15, "timestamps": [[0.28, 55.15]], "sentences": ["…"]}}`, seconds.

use serde_json::Value;

use super::rows::{Fault, Place, Rows, list, number};
use super::walk::document;
use super::{Annotation, Ask};
use crate::error::Error;

pub(super) fn read(bytes: &[u8], rows: &mut Rows<'_>) -> Result<(), Error> {
    document(bytes, rows.file, |place, value| {
        sentences(&place, &value, 1.0, number(&value["duration"]), rows);
        true
    })
}

/// The sentences of one video, each with the span of the same number, in `unit`s of a second.
pub(super) fn sentences(
    place: &Place,
    video: &Value,
    unit: f64,
    duration_s: Option<f64>,
    rows: &mut Rows<'_>,
) {
    let name = place.to_string();
    let both = list(video, "timestamps").and_then(|t| Ok((t, list(video, "sentences")?)));
    let (times, sentences) = match both {
        Ok((times, sentences)) if times.len() == sentences.len() => (times, sentences),
        Ok((times, sentences)) => {
            let detail = format!("{} timestamps and {} sentences", times.len(), sentences.len());
            return rows.drop(place, Fault::malformed(detail));
        }
        Err(fault) => return rows.drop(place, fault),
    };
    if times.is_empty() {
        rows.drop(place, Fault::new("no-spans", "no sentence is given"));
    }
    for (i, (time, sentence)) in times.iter().zip(sentences).enumerate() {
        let part = Place::Part(name.clone(), i + 1);
        let row = rows.spans(&part, std::slice::from_ref(time), unit).and_then(|spans| {
            let query = sentence.as_str().ok_or_else(|| Fault::malformed("the sentence is no text"))?;
            Ok(Annotation {
                id: part.to_string(),
                video: name.clone(),
                ask: Ask::Segments { query: query.trim().to_owned(), spans },
                split: None,
                duration_s,
                at: String::new(),
            })
        });
        rows.take(&part, row);
    }
}
