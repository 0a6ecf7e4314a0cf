//! TACoS: `{"s13-d21.avi": {"timestamps": [[252, 452]], "fps": 29.4, "num_frames": 2939, "sentences": ["…"]}}`, times in
//! frames; or the list `[["s13-d21", 99.97, [8.57, 15.37], "…"], …]` in seconds, in which it is handed round as well.

use serde_json::Value;

use super::activitynet::sentences;
use super::rows::{Fault, Place, Rows, number};
use super::walk::document;
use super::{Annotation, Ask};
use crate::error::Error;

pub(super) fn read(bytes: &[u8], rows: &mut Rows<'_>) -> Result<(), Error> {
    document(bytes, rows.file, |place, value| {
        if let Value::Array(quad) = &value {
            let row = row(quad, &place, rows);
            rows.take(&place, row);
            return true;
        }
        match number(&value["fps"]).filter(|fps| *fps > 0.0) {
            Some(fps) => {
                let duration = number(&value["num_frames"]).map(|n| n / fps);
                sentences(&place, &value, 1.0 / fps, duration, rows);
            }
            None => rows.drop(&place, Fault::malformed("no fps, by which frames become seconds")),
        }
        true
    })
}

fn row(quad: &[Value], place: &Place, rows: &mut Rows<'_>) -> Result<Annotation, Fault> {
    let [Value::String(video), duration, span, Value::String(sentence)] = quad else {
        return Err(Fault::malformed("not [video, duration, [start, end], sentence]"));
    };
    let spans = rows.spans(place, std::slice::from_ref(span), 1.0)?;
    Ok(Annotation {
        id: place.to_string(),
        video: video.clone(),
        ask: Ask::Segments { query: sentence.trim().to_owned(), spans },
        split: None,
        duration_s: number(duration),
        at: String::new(),
    })
}
