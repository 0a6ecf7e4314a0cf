//! What a row says to TRL, `datasets` and ms-swift, and what all rows have in common.

use std::io::Write as _;

use arrow_schema::Fields;
use serde::Serialize;

use super::Inputs;
use super::place::Place;
use super::record::{Part, Record};
use super::table::{Kind, Row, list, real, table, text, text_or_null, whole};
use crate::error::Error;

/// A file's path as rows have it.
pub(super) fn path(file: &str, inputs: &Inputs) -> String {
    match &inputs.path_prefix {
        Some(prefix) => format!("{}/{file}", prefix.trim_end_matches('/')),
        None => file.to_owned(),
    }
}

fn videos(record: &Record, inputs: &Inputs) -> Vec<String> {
    record.clips.iter().flat_map(|c| &c.files).map(|f| path(f, inputs)).collect()
}

/// The system message, unless it is empty, and the user's.
pub(super) fn messages<'a, T>(
    record: &'a Record,
    system: impl FnOnce(&'a str) -> T,
    user: T,
) -> Vec<Message<T>> {
    let system = Some(record.system.as_str()).filter(|s| !s.is_empty()).map(system);
    let system = system.map(|content| Message { role: "system", content });
    system.into_iter().chain([Message { role: "user", content: user }]).collect()
}

/// A chat message.
#[derive(Debug, Serialize)]
pub(super) struct Message<T> {
    role: &'static str,
    content: T,
}

/// A row for TRL and `datasets`: messages whose content is a list of texts and videos.
#[derive(Debug)]
pub(super) struct Hf;

impl Kind for Hf {
    type Row<'a> = HfRow<'a>;
}

#[derive(Debug, Serialize)]
pub(super) struct HfRow<'a> {
    prompt: Vec<Message<Vec<Content<'a>>>>,
    videos: Vec<String>,
    #[serde(flatten)]
    known: Known<'a>,
}

#[derive(Debug, Serialize)]
struct Content<'a> {
    r#type: &'static str,
    text: Option<&'a str>,
}

impl<'a> Row<'a> for HfRow<'a> {
    fn fields() -> Fields {
        let content = table("content", vec![text("type"), text_or_null("text")]);
        let message = table("message", vec![text("role"), list("content", &content)]);
        let mut fields = vec![list("prompt", &message), list("videos", &text("file"))];
        fields.extend(Known::fields());
        Fields::from(fields)
    }

    fn of(record: &'a Record, inputs: &'a Inputs) -> Self {
        let words = |text| Content { r#type: "text", text: Some(text) };
        let part = |p: &'a Part| match p {
            Part::Text(text) => words(text.as_str()),
            Part::Video => Content { r#type: "video", text: None },
        };
        let user = record.user.iter().map(part).collect();
        Self {
            prompt: messages(record, |text| vec![words(text)], user),
            videos: videos(record, inputs),
            known: Known::of(record),
        }
    }
}

/// What rows say besides prompt and videos.
#[derive(Debug, Serialize)]
struct Known<'a> {
    solution: &'a str,
    task: &'a str,
    reward: &'a str,
    ground_truth: &'a str,
    meta: Option<&'a str>,
    prefix: Option<&'a str>,
    sampling_fps: f64,
    clock_error: f64,
    video_id: &'a str,
    perturbation_type: Option<&'a str>,
    index: usize,
    id: &'a str,
    stimulus: &'a str,
    chance: f64,
}

impl<'a> Known<'a> {
    fn fields() -> Vec<arrow_schema::Field> {
        vec![
            text("solution"),
            text("task"),
            text("reward"),
            text("ground_truth"),
            text_or_null("meta"),
            text_or_null("prefix"),
            real("sampling_fps"),
            real("clock_error"),
            text("video_id"),
            text_or_null("perturbation_type"),
            whole("index"),
            text("id"),
            text("stimulus"),
            real("chance"),
        ]
    }

    fn of(record: &'a Record) -> Self {
        Self {
            solution: &record.answer,
            task: &record.task,
            reward: &record.reward,
            ground_truth: &record.truth,
            meta: record.meta.as_deref(),
            prefix: record.prefix.as_deref(),
            sampling_fps: record.sampling_fps,
            clock_error: record.clock_error(),
            video_id: &record.source,
            perturbation_type: record.perturbation.as_deref(),
            index: record.index,
            id: &record.id,
            stimulus: &record.stimulus,
            chance: record.chance,
        }
    }
}

/// ms-swift's line: what it does not know itself it hands to the reward function.
#[derive(Debug, Serialize)]
struct SwiftLine<'a> {
    messages: Vec<Message<String>>,
    videos: Vec<String>,
    #[serde(flatten)]
    known: Known<'a>,
}

/// Writes ms-swift's lines of the items of these ids.
pub(super) fn lines(place: &Place, name: &str, ids: &[&str], inputs: &Inputs) -> Result<(), Error> {
    place.file(name, true, |to| {
        for id in ids {
            let record = place.record(id).map_err(std::io::Error::other)?;
            let line = SwiftLine {
                messages: messages(&record, str::to_owned, record.marked()),
                videos: videos(&record, inputs),
                known: Known::of(&record),
            };
            serde_json::to_writer(&mut *to, &line)?;
            to.write_all(b"\n")?;
        }
        Ok(())
    })
}
