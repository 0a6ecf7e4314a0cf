//! verl's rows, as VideoSSR's public scripts write them.

use arrow_schema::Fields;
use serde::Serialize;

use super::Inputs;
use super::record::{Record, Shown};
use super::rows::{Message, messages, path};
use super::table::{Kind, Row, list, real, table, text, text_or_null, whole, whole_or_null};

/// Areas in pixels between which VideoSSR's reader leaves a frame as it is (its public scripts).
const PIXELS: (i64, i64) = (128 * 128, 256 * 256);

/// The split that every row belongs to.
const SPLIT: &str = "train";

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
        let video = |clip: &Shown| VerlVideo {
            video: clip.files.iter().map(|f| path(f, inputs)).collect(),
            // Items whose clips have no rate are not among these.
            sample_fps: clip.rate(record.sampling_fps).unwrap_or(record.sampling_fps),
            max_pixels: area.max(PIXELS.1),
            min_pixels: area.min(PIXELS.0),
        };
        Self {
            data_source: &record.task,
            prompt: messages(record, str::to_owned, record.marked()),
            videos: record.clips.iter().map(video).collect(),
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
