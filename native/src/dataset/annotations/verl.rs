//! Rows for verl in Parquet, as VideoSSR publishes them (methods §1.8): finished items.
//!
//! Their frames are listed files that are perturbed already, and prompt and truth are given: nothing is left to be drawn,
//! so they become no recipes. They can be looked at ([`Given::item`]), and answers to them are scored by the reward that
//! they name ([`Given::score_line`]).

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use arrow_json::LineDelimitedWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use scrubjay_core::frame::hex;
use scrubjay_core::reward::table::Reward;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::Dropped;
use super::rows::{Fault, list, number, short, text};
use crate::error::Error;

/// What a row shows in one place of its prompt.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// The frames' files, in order; or one video file, which is sampled when it is shown.
    pub frames: Vec<PathBuf>,
    /// Shown frames per second, where the row says so.
    pub sample_fps: Option<f64>,
}

/// A row: a finished item.
#[derive(Debug, Clone, PartialEq)]
pub struct Given {
    /// SHA-256 of the row's own JSON, lower-case hexadecimal.
    pub id: String,
    /// Its number in the file, from 0.
    pub row: usize,
    /// Where it comes from, by which verl chooses its reward.
    pub data_source: String,
    /// The system message; may be empty.
    pub system: String,
    /// The user message, with a `<video>` for each of the videos.
    pub user: String,
    /// What is shown, in the order of the marks.
    pub videos: Vec<Shown>,
    /// What is right, as the row has it.
    pub truth: Value,
    /// `extra_info` as it is: from which video, how perturbed, how fast.
    pub extra: Value,
}

/// A file of rows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rows {
    /// The rows that are items, in their order.
    pub given: Vec<Given>,
    /// The others.
    pub dropped: Vec<Dropped>,
}

/// Rows that are held at once as columns.
const BATCH: usize = 64;

/// Reads a Parquet file of rows for verl.
///
/// # Errors
/// [`Error`] when the file cannot be read, is no Parquet or is damaged.
pub fn read(path: &Path) -> Result<Rows, Error> {
    // The Parquet reader panics on some damaged files, where it should say so.
    catch_unwind(AssertUnwindSafe(|| read_rows(path)))
        .unwrap_or_else(|_| Err(Error::path(path, "is damaged: its Parquet contradicts itself")))
}

fn read_rows(path: &Path) -> Result<Rows, Error> {
    let bad = |e: &dyn std::fmt::Display| Error::path(path, format!("no readable Parquet: {e}"));
    let file = File::open(path).map_err(|e| Error::path(path, format!("cannot be read: {e}")))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| bad(&e))?;
    let missing: Vec<&str> = ["data_source", "prompt", "videos", "reward_model"]
        .into_iter()
        .filter(|c| builder.schema().column_with_name(c).is_none())
        .collect();
    if !missing.is_empty() {
        return Err(Error::path(
            path,
            format!("no rows for verl: the columns {} are missing", missing.join(", ")),
        ));
    }
    let mut rows = Rows::default();
    let mut number = 0;
    for batch in builder.with_batch_size(BATCH).build().map_err(|e| bad(&e))? {
        let mut writer = LineDelimitedWriter::new(Vec::new());
        writer.write(&batch.map_err(|e| bad(&e))?).map_err(|e| bad(&e))?;
        writer.finish().map_err(|e| bad(&e))?;
        for line in writer.into_inner().split(|b| *b == b'\n').filter(|l| !l.is_empty()) {
            match serde_json::from_slice(line)
                .map_err(|e| Fault::malformed(e.to_string()))
                .and_then(|v| row(&v))
            {
                Ok(given) => {
                    rows.given.push(Given { id: hex(&Sha256::digest(line)), row: number, ..given });
                }
                Err(Fault { cause, detail }) => {
                    let at = format!("{}: row {number}", path.display());
                    rows.dropped.push(Dropped { at, cause, detail });
                }
            }
            number += 1;
        }
    }
    Ok(rows)
}

/// Where a video stands in a user message.
pub(super) const MARK: &str = "<video>";

fn row(row: &Value) -> Result<Given, Fault> {
    let (mut system, mut user) = (String::new(), None);
    for message in list(row, "prompt")? {
        let content = text(message, "content")?;
        match text(message, "role")?.as_str() {
            "system" => system = content,
            "user" if user.is_none() => user = Some(content),
            other => return Err(Fault::malformed(format!("a second turn, of '{other}', in the prompt"))),
        }
    }
    let user = user.ok_or_else(|| Fault::malformed("nobody asks anything in the prompt"))?;
    let videos = list(row, "videos")?.iter().map(shown).collect::<Result<Vec<_>, _>>()?;
    let marks = user.matches(MARK).count();
    if videos.is_empty() || marks != videos.len() {
        let detail = format!("{} videos for {marks} marks {MARK} in the prompt", videos.len());
        return Err(Fault::new("video-marks", detail));
    }
    let truth = row["reward_model"].get("ground_truth").cloned().unwrap_or_default();
    if truth.is_null() {
        return Err(Fault::new("no-truth", "reward_model has no ground_truth"));
    }
    let data_source = text(row, "data_source")?;
    let extra = row.get("extra_info").cloned().unwrap_or_default();
    Ok(Given { id: String::new(), row: 0, data_source, system, user, videos, truth, extra })
}

fn shown(video: &Value) -> Result<Shown, Fault> {
    let path = |v: &Value| v.as_str().map(|p| PathBuf::from(p.strip_prefix("file://").unwrap_or(p)));
    let frames = match video.get("video").unwrap_or(video) {
        Value::Array(frames) => frames.iter().map(path).collect(),
        one => path(one).map(|p| vec![p]),
    };
    match frames {
        Some(frames) if !frames.is_empty() => {
            let sample_fps = number(&video["sample_fps"]).filter(|fps| *fps > 0.0);
            Ok(Shown { frames, sample_fps })
        }
        _ => Err(Fault::malformed(format!("{} lists no files of frames", short(video)))),
    }
}

/// Whether a reward's truth is a list; a text that looks like one is left alone for the others.
fn takes_lists(reward: Reward) -> bool {
    use Reward::{
        MusegFormatNoTimestamp, MusegFormatTimestamp, MusegGlobal, MusegLocal, MusegSegment, Mvp,
        VideoreasonerElements, VideoreasonerIou, VisualJigsaw,
    };
    matches!(
        reward,
        MusegFormatTimestamp
            | MusegFormatNoTimestamp
            | MusegGlobal
            | MusegLocal
            | MusegSegment
            | VideoreasonerIou
            | VideoreasonerElements
            | VisualJigsaw
            | Mvp
    )
}

impl Given {
    /// The reward that the row names: in `extra_info.reward`, as Scrubjay's own rows do, or by its `data_source`, by
    /// itself or as one of VideoSSR's three.
    #[must_use]
    pub fn reward(&self) -> Option<Reward> {
        if let Some(reward) = self.extra["reward"].as_str().and_then(|r| r.parse().ok()) {
            return Some(reward);
        }
        match self.data_source.as_str() {
            "grounding" => Some(Reward::VideossrGrounding),
            "counting" => Some(Reward::VideossrCounting),
            // As the public generator calls its jigsaws.
            "jigsaw" | "shuffled" => Some(Reward::VideossrJigsaw),
            other => other.parse().ok(),
        }
    }

    /// An answer to the row as a line that `scrubjay score` takes.
    ///
    /// # Errors
    /// One sentence when no reward is known for the row's `data_source`.
    pub fn score_line(&self, prediction: &Value) -> Result<Value, String> {
        let reward = self.reward().ok_or_else(|| {
            format!("row {}: no reward is known for the data_source '{}'", self.row, self.data_source)
        })?;
        // Columns have one type for all rows: what is no text for its reward stands there as JSON in a text.
        let json = |v: &Value| v.as_str().and_then(|t| serde_json::from_str::<Value>(t).ok());
        let list = json(&self.truth).filter(|t| takes_lists(reward) && t.is_array());
        let mut line = json!({
            "id": self.row,
            "reward": reward.name(),
            "prediction": prediction,
            "truth": list.unwrap_or_else(|| self.truth.clone()),
        });
        match &self.extra["meta"] {
            meta @ Value::Object(_) => line["meta"] = meta.clone(),
            text => {
                if let Some(meta) = json(text).filter(Value::is_object) {
                    line["meta"] = meta;
                }
            }
        }
        if let Some(video) = self.extra.get("video_id").filter(|v| !v.is_null()) {
            line["source"] = video.clone();
        }
        Ok(line)
    }
}
