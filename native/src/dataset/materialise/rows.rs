//! What a row says in each form.

use std::io::Write as _;

use arrow_schema::Fields;
use serde::Serialize;

use super::Inputs;
use super::place::Place;
use super::record::{Part, Record};
use super::table::{Kind, Row, list, real, table, text, text_or_null, whole, whole_or_null};
use crate::error::Error;

/// Areas in pixels between which VideoSSR's reader leaves a frame as it is (methods of VideoSSR, public scripts).
const PIXELS: (i64, i64) = (128 * 128, 256 * 256);

/// The split that every row belongs to.
const SPLIT: &str = "train";

fn path(file: &str, inputs: &Inputs) -> String {
    match &inputs.path_prefix {
        Some(prefix) => format!("{}/{file}", prefix.trim_end_matches('/')),
        None => file.to_owned(),
    }
}

fn videos(record: &Record, inputs: &Inputs) -> Vec<String> {
    record.clips.iter().flat_map(|c| &c.files).map(|f| path(f, inputs)).collect()
}

/// The system message, unless it is empty, and the user's.
fn messages<'a, T>(record: &'a Record, system: impl FnOnce(&'a str) -> T, user: T) -> Vec<Message<T>> {
    let system = Some(record.system.as_str()).filter(|s| !s.is_empty()).map(system);
    let system = system.map(|content| Message { role: "system", content });
    system.into_iter().chain([Message { role: "user", content: user }]).collect()
}

#[derive(Debug, Serialize)]
struct Message<T> {
    role: &'static str,
    content: T,
}

/// verl's row, with the columns of VideoSSR's public scripts; what they do not have is at the end of `extra_info`.
#[derive(Debug)]
pub(super) struct Verl;

impl Kind for Verl {
    type Row<'a> = VerlRow<'a>;
}

#[derive(Debug, Serialize)]
pub(super) struct VerlRow<'a> {
    data_source: &'a str,
    prompt: Vec<Message<String>>,
    videos: Vec<VerlVideo>,
    ability: &'static str,
    reward_model: RewardModel<'a>,
    extra_info: Extra<'a>,
}

#[derive(Debug, Serialize)]
struct VerlVideo {
    video: Vec<String>,
    sample_fps: f64,
    max_pixels: i64,
    min_pixels: i64,
}

#[derive(Debug, Serialize)]
struct RewardModel<'a> {
    style: &'static str,
    ground_truth: &'a str,
}

#[derive(Debug, Serialize)]
struct Extra<'a> {
    split: &'static str,
    index: usize,
    answer: &'a str,
    question: &'a str,
    video_id: &'a str,
    sampling_fps: f64,
    perturbation_type: Option<&'a str>,
    perturbed_frames_count: Option<u32>,
    start_frame_index: Option<u32>,
    id: &'a str,
    stimulus: &'a str,
    reward: &'a str,
    meta: Option<&'a str>,
    prefix: Option<&'a str>,
    chance: f64,
}

impl<'a> Row<'a> for VerlRow<'a> {
    fn fields() -> Fields {
        let message = table("message", vec![text("role"), text("content")]);
        let video = table(
            "video",
            vec![list("video", &text("frame")), real("sample_fps"), whole("max_pixels"), whole("min_pixels")],
        );
        let extra = vec![
            text("split"),
            whole("index"),
            text("answer"),
            text("question"),
            text("video_id"),
            real("sampling_fps"),
            text_or_null("perturbation_type"),
            whole_or_null("perturbed_frames_count"),
            whole_or_null("start_frame_index"),
            text("id"),
            text("stimulus"),
            text("reward"),
            text_or_null("meta"),
            text_or_null("prefix"),
            real("chance"),
        ];
        Fields::from(vec![
            text("data_source"),
            list("prompt", &message),
            list("videos", &video),
            text("ability"),
            table("reward_model", vec![text("style"), text("ground_truth")]),
            table("extra_info", extra),
        ])
    }

    fn of(record: &'a Record, inputs: &'a Inputs) -> Self {
        // The frames have their size already: the bounds are widened where they would change it.
        let area = i64::from(record.width) * i64::from(record.height);
        let video = |files: &Vec<String>| VerlVideo {
            video: files.iter().map(|f| path(f, inputs)).collect(),
            sample_fps: record.sampling_fps,
            max_pixels: area.max(PIXELS.1),
            min_pixels: area.min(PIXELS.0),
        };
        Self {
            data_source: &record.task,
            prompt: messages(record, str::to_owned, record.marked()),
            videos: record.clips.iter().map(|c| video(&c.files)).collect(),
            ability: "video",
            reward_model: RewardModel { style: "rule", ground_truth: &record.truth },
            extra_info: Extra {
                split: SPLIT,
                index: record.index,
                answer: &record.answer,
                question: &record.question,
                video_id: &record.source,
                sampling_fps: record.sampling_fps,
                perturbation_type: record.perturbation.as_deref(),
                perturbed_frames_count: record.perturbed.map(|p| p[0]),
                start_frame_index: record.perturbed.map(|p| p[1]),
                id: &record.id,
                stimulus: &record.stimulus,
                reward: &record.reward,
                meta: record.meta.as_deref(),
                prefix: record.prefix.as_deref(),
                chance: record.chance,
            },
        }
    }
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
