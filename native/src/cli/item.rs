//! `scrubjay item` and `scrubjay frames`: looking at one thing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use scrubjay_core::frame::Frame;
use scrubjay_core::link;
use scrubjay_core::recipe::Size;
use scrubjay_core::source::{Clock, MAX_FRAMES, Pick, Sampling};
use serde_json::json;

use crate::dataset::recipes::{self, Line};
use crate::error::Error;
use crate::files::{writable_folder, write_atomic};
use crate::loader::Loader;
use crate::video;

/// Arguments of `item`.
#[derive(Debug, Args)]
pub(super) struct ItemArgs {
    /// A recipe file, with `:LINE` for a line other than the first, or a link `/p/<task>/<seed>`.
    item: String,
    /// Write the frames here, as PNG.
    #[arg(long)]
    out: Option<PathBuf>,
    /// A template file (TOML) whose texts replace the prompt's.
    #[arg(long)]
    prompts: Option<PathBuf>,
}

/// Arguments of `frames`.
#[derive(Debug, Args)]
pub(super) struct FramesArgs {
    /// The video.
    video: PathBuf,
    /// `videossr-48`, `uniform:N`, or `fps:F` for F frames of every second.
    #[arg(long, default_value = "videossr-48")]
    sampling: String,
    /// Write the frames here, as PNG.
    #[arg(long)]
    out: Option<PathBuf>,
}

pub(super) fn item(args: &ItemArgs) -> Result<(), Error> {
    let line = find(&args.item)?;
    let item = Loader::default().item(&line)?;
    let prompt = super::templates(line.recipe.wording, args.prompts.as_deref())?.prompt(&line.recipe.task);
    let value = json!({
        "id": item.id,
        "task": item.task,
        "system": prompt.system,
        "prompt": prompt.text(),
        "prefix": prompt.prefix,
        "truth": item.truth.text(),
        "stimulus": item.stimulus,
        "chance": item.chance,
        "sampling_fps": item.sampling_fps,
        "recipe": line.recipe,
    });
    if let Some(folder) = &args.out {
        writable_folder(folder)?;
        for (c, clip) in item.clips.iter().enumerate() {
            for (i, frame) in clip.frames.iter().enumerate() {
                png(&folder.join(format!("clip{}-{i:03}.png", c + 1)), frame)?;
            }
        }
    }
    super::print(format_args!("{value:#}"))
}

/// The line that a recipe file with `:LINE`, or a link, names.
pub(super) fn find(text: &str) -> Result<Line, Error> {
    if text.contains("/p/") && !Path::new(text).exists() {
        let usage = |e: link::LinkError| Error::usage(e.to_string());
        let (task, seed) = link::parse(text).map_err(usage)?;
        let recipe = link::recipe(task, seed).map_err(usage)?;
        return Ok(Line { id: recipe.id(), recipe, file: None, others: BTreeMap::new() });
    }
    let (path, number) = match text.rsplit_once(':').and_then(|(p, n)| Some((p, n.parse::<usize>().ok()?))) {
        Some((path, number)) if !Path::new(text).exists() => (path, number),
        _ => (text, 1),
    };
    let lines = recipes::read(Path::new(path))?;
    let count = lines.len();
    number
        .checked_sub(1)
        .and_then(|i| lines.into_iter().nth(i))
        .ok_or_else(|| Error::usage(format!("{path} has {count} lines; line {number} is not one of them")))
}

pub(super) fn frames(args: &FramesArgs) -> Result<(), Error> {
    let failed = |e: video::VideoError| Error::failed(e.to_string());
    let sampling = sampling(&args.sampling)?;
    let probe = video::probe(&args.video).map_err(failed)?;
    let timeline =
        sampling.select(probe.frames, probe.rate.fps()).map_err(|e| Error::path(&args.video, e))?;
    let size = Size { width: probe.width, height: probe.height };
    let pictures = video::decode(&args.video, &timeline.indices, size).map_err(failed)?;
    if let Some(folder) = &args.out {
        writable_folder(folder)?;
    }
    for (i, (index, decoded)) in timeline.indices.iter().zip(&pictures).enumerate() {
        let line = json!({
            "index": index,
            "pts_seconds": decoded.pts_seconds,
            "shown_seconds": timeline.edge(i as u32),
            "sha256": decoded.frame.sha256(),
        });
        super::print(line)?;
        if let Some(folder) = &args.out {
            png(&folder.join(format!("{i:03}.png")), &decoded.frame)?;
        }
    }
    Ok(())
}

fn sampling(text: &str) -> Result<Sampling, Error> {
    if text == "videossr-48" {
        return Ok(Sampling::videossr());
    }
    if let Some(rate) = text.strip_prefix("fps:").and_then(|n| n.parse().ok()).filter(|n| *n > 0) {
        return Ok(Sampling { pick: Pick::Rate { rate, count: MAX_FRAMES }, clock: Clock::Pts });
    }
    let count = text.strip_prefix("uniform:").and_then(|n| n.parse().ok()).filter(|n| *n > 0);
    let count = count.ok_or_else(|| {
        Error::usage(format!(
            "--sampling {text}: write videossr-48, uniform:N or fps:F, N and F whole numbers"
        ))
    })?;
    Ok(Sampling { pick: Pick::Uniform { count }, clock: Clock::Virtual })
}

/// Writes a picture as PNG.
pub(super) fn png(path: &Path, frame: &Frame) -> Result<(), Error> {
    let fail = |e: png::EncodingError| Error::path(path, format!("cannot be encoded: {e}"));
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, frame.width, frame.height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header().and_then(|mut w| w.write_image_data(&frame.rgb)).map_err(fail)?;
    write_atomic(path, &bytes)
}
