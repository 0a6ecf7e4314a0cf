//! One item: realized, encoded, put in its place, and noted as done.

use std::io::Write as _;
use std::path::Path;

use scrubjay_core::frame::{Clip, Frame};
use scrubjay_core::item::RealizeError;
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
    let files: Vec<Vec<String>> =
        item.clips.iter().enumerate().map(|(c, clip)| names(inputs, line, c, clip)).collect();
    let clips = record::order(&item)
        .into_iter()
        .map(|c| Shown { files: files[c].clone(), times: item.clips[c].shown.clone() })
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
    let off = record.clock_error();
    if inputs.form == Form::Verl && off > 0.0 {
        let detail = format!(
            "item {}: a frame is shown {:.0} ms from where sample_fps would say it is; the hf, swift and webdataset \
             forms can carry its time, and a 'virtual' or 'fixed' clock is even",
            line.id,
            (off * 1000.0).ceil()
        );
        return drop("uneven-clock", detail);
    }
    match inputs.form {
        Form::Verl => {
            place.within(&folder(line))?;
            for (name, frame) in files.iter().flatten().zip(item.clips.iter().flat_map(|c| &c.frames)) {
                // Most frames of a video are in several items: they are encoded once.
                if !place.out(name).exists() {
                    let bytes = png(line, frame)?;
                    place.file(name, false, |to| to.write_all(&bytes))?;
                }
            }
        }
        Form::Hf | Form::Swift => {
            for (name, clip) in files.iter().flatten().zip(&item.clips) {
                let bytes = encode::mp4(clip, record.sampling_fps)
                    .map_err(|e| Error::failed(format!("item {}: a clip cannot be encoded: {e}", line.id)))?;
                place.file(name, false, |to| to.write_all(&bytes))?;
            }
        }
        Form::Webdataset => {
            let frames = item.clips.iter().flat_map(|c| &c.frames);
            let named = files.into_iter().flatten().zip(frames);
            let pictures = named
                .map(|(name, frame)| Ok((name, png(line, frame)?)))
                .collect::<Result<Vec<_>, Error>>()?;
            shards::sample(place, &record, &pictures)?;
        }
    }
    place.note(&record)?;
    Ok(Outcome::Done)
}

/// The files of a clip. A frame on its own is named by its pixels, so that neither its place nor what was done to it is
/// in its name.
fn names(inputs: &Inputs, line: &Line, c: usize, clip: &Clip) -> Vec<String> {
    match inputs.form {
        Form::Verl => {
            clip.frames.iter().map(|f| format!("{}/{:032x}.png", folder(line), pixels(f))).collect()
        }
        Form::Hf | Form::Swift => vec![format!("videos/{}-{c:02}.mp4", line.id)],
        Form::Webdataset => (0..clip.frames.len()).map(|f| format!("{c:02}-{f:03}.png")).collect(),
    }
}

/// 128 bits that tell a frame's pixels from those of the same source's other frames.
fn pixels(frame: &Frame) -> u128 {
    let seed = u64::from(frame.width) << 32 | u64::from(frame.height);
    twox_hash::XxHash3_128::oneshot_with_seed(seed, &frame.rgb)
}

/// The folder of a source's frames.
fn folder(line: &Line) -> String {
    match &line.recipe.source {
        Source::Video { sha256, .. } => format!("frames/video-{sha256:.32}"),
        Source::Scene { family, seed, .. } => format!("frames/scene-{family}-{seed}"),
    }
}

fn png(line: &Line, frame: &Frame) -> Result<Vec<u8>, Error> {
    picture::png(frame)
        .map_err(|e| Error::failed(format!("item {}: a frame cannot be encoded: {e}", line.id)))
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
