//! One item: realized, encoded, put in its place, and noted as done.

use std::path::Path;

use scrubjay_core::frame::Clip;
use scrubjay_core::item::{Item, RealizeError};
use scrubjay_core::source::Source;

use super::place::Place;
use super::record::{self, Record, Shown};
use super::{Dropped, Form, Inputs, encode, picture, shards};
use crate::dataset::recipes::Line;
use crate::dataset::synth::content_hash;
use crate::error::Error;
use crate::loader::Loader;

/// What became of an item.
pub(super) enum Outcome {
    /// It is there.
    Done,
    /// It cannot be made.
    Dropped(Dropped),
}

/// Makes the item of a line, `index` from 0.
pub(super) fn item(
    place: &Place,
    inputs: &Inputs,
    loader: &Loader,
    line: &Line,
    index: usize,
) -> Result<Outcome, Error> {
    let drop = |cause: &str, detail: String| {
        Ok(Outcome::Dropped(Dropped {
            line: index + 1,
            id: line.id.clone(),
            cause: cause.to_owned(),
            detail,
        }))
    };
    let item = match loader.answerable(line) {
        Ok(Some(item)) => item,
        Ok(None) => return drop("unchanged", format!("item {}: {}", line.id, RealizeError::Unchanged)),
        Err(e) => return drop(cause(line), e.to_string()),
    };
    let order = record::order(&item);
    let names = |clip: usize, video: &dyn Fn(usize) -> String, frame: &dyn Fn(usize, usize) -> String| {
        if inputs.form.has_videos() {
            vec![video(clip)]
        } else {
            (0..item.clips[clip].frames.len()).map(|f| frame(clip, f)).collect()
        }
    };
    let video = |c: usize| format!("videos/{}-{c:02}.mp4", line.id);
    let frame = |c: usize, f: usize| match inputs.form {
        Form::Webdataset => frame_name(c, f),
        _ => format!("frames/{}/{}", line.id, frame_name(c, f)),
    };
    let clips = order
        .iter()
        .map(|&c| Shown { files: names(c, &video, &frame), times: item.clips[c].shown.clone() })
        .collect();
    let record = match Record::new(line, index, &item, clips) {
        Ok(record) => record,
        Err(mark) => {
            return drop(
                "unmarkable",
                format!("item {}: its text contains {mark}, which rows reserve", line.id),
            );
        }
    };
    match inputs.form {
        Form::Verl => place.folder(&format!("frames/{}", line.id), pictures(line, &item)?.into_iter())?,
        Form::Hf | Form::Swift => {
            for (c, clip) in item.clips.iter().enumerate() {
                let bytes = mp4(line, clip, item.sampling_fps)?;
                place.file(&video(c), false, |to| std::io::Write::write_all(to, &bytes))?;
            }
        }
        Form::Webdataset => shards::sample(place, &record, &pictures(line, &item)?)?,
    }
    place.note(&record)?;
    Ok(Outcome::Done)
}

/// A frame's file: its clip and its place there, both from 0.
fn frame_name(clip: usize, frame: usize) -> String {
    format!("{clip:02}-{frame:03}.png")
}

/// All frames as files.
fn pictures(line: &Line, item: &Item) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let mut files = Vec::new();
    for (c, clip) in item.clips.iter().enumerate() {
        for (f, frame) in clip.frames.iter().enumerate() {
            let bytes = picture::png(frame)
                .map_err(|e| Error::failed(format!("item {}: a frame cannot be encoded: {e}", line.id)))?;
            files.push((frame_name(c, f), bytes));
        }
    }
    Ok(files)
}

fn mp4(line: &Line, clip: &Clip, sampling_fps: f64) -> Result<Vec<u8>, Error> {
    encode::mp4(clip, sampling_fps)
        .map_err(|e| Error::failed(format!("item {}: a clip cannot be encoded: {e}", line.id)))
}

/// Why an item's frames cannot be had, in one word.
fn cause(line: &Line) -> &'static str {
    let own = match (&line.recipe.source, &line.file) {
        (Source::Video { sha256, .. }, Some(file)) => Some((sha256, file)),
        _ => None,
    };
    let mut files = own.into_iter().chain(&line.others).peekable();
    if files.peek().is_none() {
        return "unrealizable";
    }
    files.find_map(|(sha256, file)| fault(sha256, file)).unwrap_or("undecodable")
}

fn fault(sha256: &str, file: &Path) -> Option<&'static str> {
    match content_hash(file) {
        Err(_) => Some("missing"),
        Ok(found) if found != sha256 => Some("changed"),
        Ok(_) => None,
    }
}
