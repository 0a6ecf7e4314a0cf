//! The videos of a dataset: looked at once each, known by content, and what is wrong with the others.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use indicatif::{ParallelProgressIterator as _, ProgressBar, ProgressStyle};
use rayon::prelude::*;
use scrubjay_core::frame::hex;
use scrubjay_core::recipe::Size;
use scrubjay_core::source::{Source, Times};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::journal::Journal;
use super::near::{self, Fingerprint, Looks};
use super::plan::Plan;
use crate::error::Error;
use crate::say;
use crate::video::Video;

/// A usable video.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Usable {
    /// What it is; a video.
    pub(super) source: Source,
    /// Picture size of its items.
    pub(super) size: Size,
    /// The file, absolute.
    pub(super) file: PathBuf,
    /// When the sampled frames are presented, where the rate is not constant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) times: Option<Times>,
    /// What it looks like.
    pub(super) fingerprint: Fingerprint,
}

impl Usable {
    /// Its content.
    pub(super) fn sha256(&self) -> &str {
        match &self.source {
            Source::Video { sha256, .. } => sha256,
            Source::Scene { .. } => "",
        }
    }
}

/// A source that was not used, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// The file.
    pub file: PathBuf,
    /// One word.
    pub cause: String,
    /// One sentence.
    pub detail: String,
}

/// What became of a file, as it is kept for a run that goes on.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Seen {
    file: PathBuf,
    bytes: u64,
    /// Nanoseconds since 1970.
    modified: u128,
    usable: Option<Usable>,
    skipped: Option<Skipped>,
}

/// Looks at files, in their order: those that can be used, and the others with the cause.
///
/// # Errors
/// [`Error`] when the journal cannot be written.
pub(super) fn look(
    plan: &Plan,
    files: &[PathBuf],
    journal: &Journal,
) -> Result<(Vec<Usable>, Vec<Skipped>), Error> {
    let (log, seen) = journal.log::<Seen>("videos.jsonl")?;
    let known: HashMap<PathBuf, Seen> = seen.into_iter().map(|s| (s.file.clone(), s)).collect();
    let style =
        ProgressStyle::with_template("looking at videos {wide_bar} {pos}/{len}, {per_sec}, {eta} left")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = say::bar(ProgressBar::new(files.len() as u64).with_style(style));
    let results = files
        .par_iter()
        .progress_with(bar.clone())
        .map(|file| {
            if file.to_str().is_none() {
                let name = PathBuf::from(file.to_string_lossy().as_ref());
                let detail = format!("{}: its name is not UTF-8; rename it", name.display());
                let skipped = Some(Skipped { file: name.clone(), cause: "name".to_owned(), detail });
                return Ok(Seen { file: name, bytes: 0, modified: 0, usable: None, skipped });
            }
            let (bytes, modified) = stamp(file);
            if let Some(seen) = known.get(file)
                && (seen.bytes, seen.modified) == (bytes, modified)
            {
                return Ok(seen.clone());
            }
            let (usable, skipped) = match look_at(plan, file) {
                Ok(usable) => (Some(usable), None),
                Err(skipped) => {
                    say::detail(&bar, format_args!("skipped: {}", skipped.detail));
                    (None, Some(skipped))
                }
            };
            let seen = Seen { file: file.clone(), bytes, modified, usable, skipped };
            log.add(&seen).map(|()| seen)
        })
        .collect::<Result<Vec<Seen>, Error>>()?;
    let (mut usable, mut skipped) = (Vec::new(), Vec::new());
    for seen in results {
        usable.extend(seen.usable);
        skipped.extend(seen.skipped);
    }
    Ok((usable, skipped))
}

/// Length and time of change, by which a file is taken for the one that was seen; of a folder of frames, all of them.
fn stamp(file: &Path) -> (u64, u128) {
    let of = |path: &Path| {
        let Ok(meta) = std::fs::metadata(path) else { return (0, 0) };
        let modified = meta.modified().ok().and_then(|t| t.duration_since(UNIX_EPOCH).ok());
        (meta.len(), modified.map_or(0, |t| t.as_nanos()))
    };
    if !file.is_dir() {
        return of(file);
    }
    let frames = crate::video::frames_of(file).unwrap_or_default();
    // Weighted by their place, so that times that change places are told apart.
    frames.iter().zip(1..).fold(of(file), |(bytes, time), (frame, place)| {
        let (b, t) = of(frame);
        (bytes.wrapping_add(b), time.wrapping_add(t.wrapping_mul(place)))
    })
}

fn look_at(plan: &Plan, file: &Path) -> Result<Usable, Skipped> {
    let data = &plan.preset.data;
    let skip =
        |cause: &str, detail: String| Skipped { file: file.to_owned(), cause: cause.to_owned(), detail };
    let at = |e: &dyn std::fmt::Display| format!("{}: {e}", file.display());
    let video = Video::open(file).map_err(|e| skip(e.cause(), e.to_string()))?;
    let fps = video.rate().fps();
    let known = video.times();
    let chosen = data.sampling.choose(video.frames(), fps, known.as_ref());
    let (timeline, times) = chosen.map_err(|e| skip("too-short", at(&e)))?;
    let small = Size { width: near::SMALL.0, height: near::SMALL.1 };
    let looks =
        video.decode(&video.landmarks(LANDMARKS), small).map_err(|e| skip(e.cause(), e.to_string()))?;
    let Some(Size { width, height }) = looks.first().map(|d| d.coded) else {
        return Err(skip("undecodable", at(&"no frame can be decoded")));
    };
    let frames = timeline.indices.len() as u32;
    let size = data.picture.size(width, height, frames).map_err(|e| skip("shape", at(&e)))?;
    if plan.verify {
        video.each(&timeline.indices, small, |_, _| Ok(())).map_err(|e| skip(e.cause(), e.to_string()))?;
    }
    let fingerprint = Fingerprint::of(&looks.into_iter().map(|d| d.frame).collect::<Vec<_>>());
    let sha256 = content_hash(file).map_err(|e| skip("unreadable", e.to_string()))?;
    // Absolute, so that the recipes can be used from anywhere.
    let path = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let source = Source::Video { sha256, frames: video.frames(), rate: video.rate() };
    Ok(Usable { source, size, file: path, times, fingerprint })
}

/// Pictures by which a video is recognised.
const LANDMARKS: usize = 8;

/// Sorts videos by content, so that the order of names does not matter, and keeps each content once.
pub(super) fn unique(mut videos: Vec<Usable>, skipped: &mut Vec<Skipped>) -> Vec<Usable> {
    videos.sort_by(|a, b| (a.sha256(), &a.file).cmp(&(b.sha256(), &b.file)));
    let mut kept: Vec<Usable> = Vec::with_capacity(videos.len());
    for video in videos {
        match kept.last() {
            Some(last) if last.sha256() == video.sha256() => skipped.push(Skipped {
                detail: format!("{}: has the same content as {}", video.file.display(), last.file.display()),
                file: video.file,
                cause: "duplicate".to_owned(),
            }),
            _ => kept.push(video),
        }
    }
    kept
}

/// Takes out videos that a bench holds, by content or by looks.
pub(super) fn without_bench(
    videos: Vec<Usable>,
    bench: &[Usable],
    skipped: &mut Vec<Skipped>,
) -> Vec<Usable> {
    let mut looks = Looks::new();
    bench.iter().for_each(|b| looks.add(b));
    let same: HashMap<&str, &Usable> = bench.iter().map(|b| (b.sha256(), b)).collect();
    let (mut kept, mut out) = (Vec::new(), Vec::new());
    for video in videos {
        let cause = match (same.get(video.sha256()), looks.like(&video)) {
            (Some(b), _) => {
                Some(("in-bench", format!("has the content of the bench's {}", b.file.display())))
            }
            (None, Some((b, _))) => {
                Some(("near-bench", format!("looks like the bench's {}", b.file.display())))
            }
            (None, None) => None,
        };
        match cause {
            None => kept.push(video),
            Some((cause, detail)) => out.push(Skipped {
                detail: format!("{}: {detail}", video.file.display()),
                file: video.file,
                cause: cause.to_owned(),
            }),
        }
    }
    skipped.extend(out);
    kept
}

/// SHA-256 of a file's bytes; of a folder of frames, of the names and bytes of its files in their order.
///
/// # Errors
/// [`Error`] when a file cannot be read.
pub fn content_hash(path: &Path) -> Result<String, Error> {
    let mut hash = Sha256::new();
    if path.is_dir() {
        let frames = crate::video::frames_of(path).map_err(|e| Error::failed(e.to_string()))?;
        for frame in frames {
            let name = frame.file_name().unwrap_or_default().as_encoded_bytes();
            hash.update((name.len() as u64).to_le_bytes());
            hash.update(name);
            let bytes = frame.metadata().map_err(|e| unreadable(&frame, &e))?.len();
            hash.update(bytes.to_le_bytes());
            add(&frame, &mut hash)?;
        }
    } else {
        add(path, &mut hash)?;
    }
    Ok(hex(&hash.finalize()))
}

fn unreadable(path: &Path, e: &std::io::Error) -> Error {
    Error::path(path, format!("cannot be read: {e}"))
}

fn add(path: &Path, hash: &mut Sha256) -> Result<(), Error> {
    let mut file = File::open(path).map_err(|e| unreadable(path, &e))?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        let n = file.read(&mut buffer).map_err(|e| unreadable(path, &e))?;
        if n == 0 {
            return Ok(());
        }
        hash.update(&buffer[..n]);
    }
}
