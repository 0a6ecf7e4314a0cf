//! `scrubjay item` and `scrubjay frames`: looking at one thing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use scrubjay_core::frame::Frame;
use scrubjay_core::link::{self, FilmError, Link, LinkError};
use scrubjay_core::source::qwen::Rule;
use scrubjay_core::source::{Clock, MAX_FRAMES, Pick, Sampling, Windows};
use serde_json::json;

use crate::dataset::recipes::{self, Line};
use crate::error::Error;
use crate::files::{writable_folder, write_atomic};
use crate::loader::Loader;
use crate::packs;
use crate::video::{Video, VideoError};

/// Arguments of `item`.
#[derive(Debug, Args)]
pub(super) struct ItemArgs {
    /// A recipe file, with `:LINE` for a line other than the first, or a link: `/p/<task>/<seed>` of a scene,
    /// `/p/<task>/<seed>?clip=<name>` of a built-in film.
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
    /// `videossr-48`; `uniform:N`; `fps:F[:MIN-MAX]` as Qwen3-VL's processor takes F frames of a second (4 to 768 of
    /// them), `qwen-vl-utils:F[:MIN-MAX]` as the utilities do; `rate:F` for the frames at 0, 1/F, 2/F ... seconds;
    /// `focus:N:START-END,...` for N frames that are dense in stretches given in seconds.
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
    let numbered = text.rsplit_once(':').and_then(|(path, n)| Some((path, n.parse::<usize>().ok()?)));
    let (path, number) = match numbered {
        Some((path, number)) if !Path::new(text).exists() => (path, Some(number)),
        _ => (text, None),
    };
    // A folder may be named p.
    if text.contains("/p/") && !Path::new(path).exists() {
        let usage = |e: LinkError| Error::usage(e.to_string());
        let Link { task, seed, clip } = link::parse(text).map_err(usage)?;
        let recipe = match clip {
            None => link::recipe(task, seed).map_err(usage)?,
            Some(name) => {
                let pack = packs::named(&name).map_err(usage)?;
                let frames = |numbers: &[u32]| pack.frames(numbers);
                let made = link::film_item_now(task, seed, &pack.film(), frames);
                let (recipe, _) = made.map_err(|e| match e {
                    FilmError::Link(e) => usage(e),
                    e => Error::failed(format!("{text}: {e}")),
                })?;
                recipe
            }
        };
        return Ok(Line { id: recipe.id(), recipe, file: None, others: BTreeMap::new() });
    }
    recipes::read_line(Path::new(path), number)
}

pub(super) fn frames(args: &FramesArgs) -> Result<(), Error> {
    let failed = |e: VideoError| Error::failed(e.to_string());
    let sampling = sampling(&args.sampling)?;
    sampling.check().map_err(|e| Error::usage(format!("--sampling {}: {e}", args.sampling)))?;
    let video = Video::open(&args.video).map_err(failed)?;
    let chosen = sampling.choose(video.frames(), video.rate().fps(), video.times().as_ref());
    let (timeline, _) = chosen.map_err(|e| Error::path(&args.video, e))?;
    if let Some(folder) = &args.out {
        writable_folder(folder)?;
    }
    let size = video.size().map_err(failed)?;
    let mut trouble = Ok(());
    let decoded = video
        .each(&timeline.indices, size, |i, decoded| {
            let line = json!({
                "index": timeline.indices[i],
                "pts_seconds": decoded.pts_seconds,
                "shown_seconds": timeline.edge(i as u32),
                "sha256": decoded.frame.sha256(),
            });
            trouble = super::print(line).and_then(|()| match &args.out {
                Some(folder) => png(&folder.join(format!("{i:03}.png")), &decoded.frame),
                None => Ok(()),
            });
            // What cannot be written ends the decoding, too; its own error is the one to report.
            trouble
                .as_ref()
                .map_or_else(|e| Err(VideoError::Decode(args.video.clone(), e.to_string())), |()| Ok(()))
        })
        .map_err(failed);
    trouble.and(decoded)
}

fn sampling(text: &str) -> Result<Sampling, Error> {
    let own = |pick| Ok(Sampling { pick, clock: Clock::Pts });
    let wrong = || {
        Error::usage(format!(
            "--sampling {text}: write videossr-48, uniform:N, fps:F[:MIN-MAX], qwen-vl-utils:F[:MIN-MAX], rate:F or \
             focus:N:START-END,START-END (seconds); N, MIN and MAX are frames, F frames of a second"
        ))
    };
    let (name, rest) = text.split_once(':').unwrap_or((text, ""));
    let count = |text: &str| text.parse::<u32>().ok().filter(|n| *n > 0);
    match name {
        "videossr-48" if rest.is_empty() => Ok(Sampling::videossr()),
        "uniform" => own(Pick::Linspace { count: count(rest).ok_or_else(wrong)? }),
        "rate" => own(Pick::Rate { rate: count(rest).ok_or_else(wrong)?, count: MAX_FRAMES }),
        "fps" | "qwen-vl-utils" => {
            let (rate, bounds) = rest.split_once(':').unwrap_or((rest, "4-768"));
            let (fewest, most) = bounds.split_once('-').ok_or_else(wrong)?;
            let (fewest, most) = (count(fewest).ok_or_else(wrong)?, count(most).ok_or_else(wrong)?);
            let rule = if name == "fps" { Rule::Processor } else { Rule::Utils };
            let (rate, per) = fraction(rate).ok_or_else(wrong)?;
            own(Pick::Qwen { rule, rate, per, fewest, count: most })
        }
        "focus" => {
            let (n, list) = rest.split_once(':').ok_or_else(wrong)?;
            let span = |text: &str| {
                let (start, end) = text.split_once('-')?;
                let ms = |t: &str| {
                    let seconds = t.parse::<f64>().ok().filter(|s| (0.0..=4e6).contains(s))?;
                    Some((seconds * 1000.0).round() as u32)
                };
                Some([ms(start)?, ms(end)?])
            };
            let spans: Vec<[u32; 2]> = list.split(',').map(span).collect::<Option<_>>().ok_or_else(wrong)?;
            let windows =
                Windows::try_from(spans).map_err(|e| Error::usage(format!("--sampling {text}: {e}")))?;
            own(Pick::Focus { count: count(n).ok_or_else(wrong)?, windows })
        }
        _ => Err(wrong()),
    }
}

/// A rate as so many frames of so many seconds: `0.5` is 1 of 2.
fn fraction(text: &str) -> Option<(u32, u32)> {
    let rate = text.parse::<f64>().ok().filter(|r| (0.001..=1000.0).contains(r))?;
    let exact = (1..=1_000_000).find_map(|per| {
        let frames = rate * f64::from(per);
        ((frames - frames.round()).abs() < 1e-7 && frames.round() >= 1.0)
            .then_some((frames.round() as u32, per))
    });
    // To a millionth where it is no fraction of small numbers.
    exact.or_else(|| Some(((rate * 1e6).round() as u32, 1_000_000)))
}

/// Writes a picture as PNG.
pub(super) fn png(path: &Path, frame: &Frame) -> Result<(), Error> {
    let fail = |e: png::EncodingError| Error::path(path, format!("cannot be encoded: {e}"));
    let bytes = crate::dataset::materialise::png(frame).map_err(fail)?;
    write_atomic(path, &bytes)
}
