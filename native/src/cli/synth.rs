//! `scrubjay synth`.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use clap::Args as ClapArgs;
use scrubjay_core::scene::Family;

use crate::dataset::annotations::{self, Format};
use crate::dataset::materialise::{Form, Options, materialise_by};
use crate::dataset::synth::{Plan, synthesize};
use crate::error::Error;
use crate::pixels::Pixels;
use crate::say;
use crate::video::is_picture;

/// Arguments.
#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// Video files, folders (searched through; one that holds pictures and no videos is a video cut into frames), globs, or list
    /// files (.txt, one path a line).
    #[arg(long, num_args = 1..)]
    videos: Vec<String>,
    /// Scene families, by name, or `all`.
    #[arg(long, num_args = 1..)]
    scenes: Vec<String>,
    /// Annotation files that others made (moments, actions, questions); items are made of them, on the videos that they
    /// name.
    #[arg(long, num_args = 1.., value_name = "FILE", requires = "videos", conflicts_with = "scenes")]
    annotations: Vec<PathBuf>,
    /// The annotations' format; recognized from what is in them if not given.
    #[arg(long, requires = "annotations")]
    format: Option<Format>,
    /// A built-in preset.
    #[arg(long, default_value = "videossr")]
    preset: String,
    /// A preset of your own, as a TOML file.
    #[arg(long, conflicts_with = "preset")]
    config: Option<PathBuf>,
    /// How many items: 1000, or of annotations as many as they give.
    #[arg(long)]
    count: Option<usize>,
    /// Seed.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Worker threads; 0 for one per core.
    #[arg(long, default_value_t = 0)]
    workers: usize,
    /// Make only part I (from 0) of N.
    #[arg(long, value_name = "I/N", default_value = "0/1")]
    shard: String,
    /// Decode all frames that items may show before a video is used, and not only a few.
    #[arg(long)]
    verify: bool,
    /// A dataset, a bench say, whose videos must not be used: neither the same files nor what looks like them.
    #[arg(long, value_name = "DATASET")]
    against: Option<PathBuf>,
    /// Write the items, too, as files that other programs train from.
    #[arg(long, value_enum, value_name = "FORM")]
    materialise: Option<Form>,
    /// Items of a shard of these files.
    #[arg(long, value_name = "N", requires = "materialise")]
    per_shard: Option<usize>,
    /// Put before every path in these files; without it they start in the folder written into.
    #[arg(long, value_name = "FOLDER", requires = "materialise")]
    path_prefix: Option<String>,
    /// What works on the pictures of these files: `cpu`, `wgpu` (a GPU, or software in its place), `auto` (a GPU if there is
    /// one). The files are the same; what a device does not do is done on the CPU.
    #[arg(long, default_value = "cpu", requires = "materialise")]
    device: String,
    /// Folder to write into.
    #[arg(long)]
    out: PathBuf,
}

/// Most items of one dataset.
const MOST: usize = 10_000_000;

pub(super) fn run(args: Args) -> Result<(), Error> {
    if args.count == Some(0) {
        return Err(Error::usage("--count 0: a dataset has at least one item"));
    }
    if args.count.is_some_and(|n| n > MOST) {
        return Err(Error::usage(format!("--count: at most {MOST} items are made in one dataset")));
    }
    if args.workers > 1024 {
        return Err(Error::usage(format!("--workers {}: at most 1024", args.workers)));
    }
    if args.per_shard == Some(0) {
        return Err(Error::usage("--per-shard 0: a shard has at least one item"));
    }
    if args.against.as_ref().is_some_and(|a| *a == args.out) {
        return Err(Error::usage("--against and --out are the same folder: the bench would be written over"));
    }
    let pixels = Pixels::open(&args.device)?;
    let (preset_name, preset) = super::preset(&args.preset, args.config.as_deref())?;
    let plan = Plan {
        videos: videos(&args.videos)?,
        scenes: families(&args.scenes)?,
        preset_name,
        preset,
        count: args.count.unwrap_or(1000),
        seed: args.seed,
        workers: args.workers,
        shard: shard(&args.shard)?,
        verify: args.verify,
        against: args.against,
        out: args.out,
    };
    let made = match args.annotations.as_slice() {
        [] => synthesize(&plan)?,
        files => annotations::synthesize(&plan, &annotations::gather(files, args.format)?, args.count)?,
    };
    if let Some(annotated) = &made.annotations {
        for (cause, n) in &annotated.dropped {
            eprintln!(
                "warning: {n} annotation{} dropped: {cause} (see ledger.jsonl)",
                if *n == 1 { "" } else { "s" }
            );
        }
    }
    for (cause, n) in &made.skipped {
        eprintln!("warning: {n} video{} skipped: {cause} (see ledger.jsonl)", if *n == 1 { "" } else { "s" });
    }
    if made.near_duplicates > 0 {
        let n = made.near_duplicates;
        let s = if n == 1 { "" } else { "s" };
        say::note(format_args!("note: {n} pair{s} of videos look alike (see near-duplicates.jsonl)"));
    }
    for (task, n) in &made.undrawn {
        eprintln!("warning: {n} {task} item{} not drawn (see ledger.jsonl)", if *n == 1 { "" } else { "s" });
    }
    say::note(format_args!("{} recipes in {}", made.items, plan.out.display()));
    if let Some(form) = args.materialise {
        let options =
            Options { workers: plan.workers, per_shard: args.per_shard, path_prefix: args.path_prefix };
        if let Some(adapter) = pixels.adapter() {
            say::note(format_args!("note: pictures are worked on by {adapter}"));
        }
        let report = materialise_by(&plan.out, form, &options, &pixels);
        tell(&pixels, &args.device);
        let report = report?;
        for (cause, n) in &report.dropped {
            eprintln!("warning: {n} item{} dropped: {cause}", if *n == 1 { "" } else { "s" });
        }
        say::note(format_args!("{} items as {form} in {}", report.items, plan.out.display()));
    }
    Ok(())
}

/// Says who did the pixel work, where a device was asked for.
fn tell(pixels: &Pixels, asked: &str) {
    let account = pixels.account();
    let pieces = |n: u64| format!("{n} piece{} of pixel work", if n == 1 { "" } else { "s" });
    if pixels.adapter().is_some() {
        say::note(format_args!("note: the GPU did {}", pieces(account.gpu)));
    }
    for (cause, excuse) in account.excuses() {
        // Who leaves the choice to the program is not warned of it.
        if asked == "auto" && cause == "refused" {
            say::note(format_args!("note: {excuse}"));
        } else {
            eprintln!("warning: {excuse}");
        }
    }
    if let (Some(refusal), true) = (pixels.refusal(), account.core.is_empty()) {
        say::note(format_args!("note: no GPU worked: {refusal}"));
    }
}

fn shard(text: &str) -> Result<(usize, usize), Error> {
    let parts = text.split_once('/').and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
    match parts {
        Some((i, n)) if i < n => Ok((i, n)),
        _ => Err(Error::usage(format!("--shard {text}: write I/N with I from 0 to N-1"))),
    }
}

fn families(names: &[String]) -> Result<Vec<Family>, Error> {
    let mut families = Vec::new();
    for name in names {
        if name == "all" {
            families.extend(Family::ALL);
        } else {
            families.push(Family::from_str(name).map_err(|e| Error::usage(e.to_string()))?);
        }
    }
    families.dedup();
    Ok(families)
}

/// Endings that are taken when a folder is searched. A file named on its own is taken whatever its name.
#[rustfmt::skip]
const ENDINGS: [&str; 33] = [
    "3g2", "3gp", "264", "265", "asf", "av1", "avi", "divx", "f4v", "flv", "gif", "h264", "h265", "hevc", "ivf", "m2ts", "m2v", "m4v",
    "mkv", "mov", "mp4", "mpeg", "mpg", "mts", "mxf", "obu", "ogm", "ogv", "ts", "vob", "webm", "wmv", "y4m",
];

fn videos(arguments: &[String]) -> Result<Vec<PathBuf>, Error> {
    let (mut files, mut seen) = (Vec::new(), HashSet::new());
    for argument in arguments {
        let path = Path::new(argument);
        if path.exists() {
            one(path, &mut files, &mut seen)?;
        } else if argument.contains(['*', '?', '[']) {
            let found = glob::glob(argument).map_err(|e| Error::usage(format!("{argument}: {e}")))?;
            let before = files.len();
            for path in found {
                one(&path.map_err(|e| Error::failed(e.to_string()))?, &mut files, &mut seen)?;
            }
            if files.len() == before {
                return Err(Error::failed(format!("{argument}: no file matches")));
            }
        } else {
            return Err(Error::path(path, "no such file or folder"));
        }
    }
    files.sort();
    files.dedup();
    Ok(files)
}

/// A folder, a list, or a file that is taken whatever its name.
fn one(path: &Path, files: &mut Vec<PathBuf>, seen: &mut HashSet<PathBuf>) -> Result<(), Error> {
    if path.is_dir() {
        search(path, files, seen)
    } else if path.extension().is_some_and(|e| e == "txt") {
        list(path, files)
    } else {
        files.push(path.to_owned());
        Ok(())
    }
}

fn list(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), Error> {
    let text =
        std::fs::read_to_string(path).map_err(|e| Error::path(path, format!("cannot be read: {e}")))?;
    let base = path.parent().unwrap_or(Path::new("."));
    files.extend(
        text.trim_start_matches('\u{feff}')
            .lines()
            .map(str::trim)
            .filter(|l| !l.is_empty())
            .map(|l| base.join(l)),
    );
    Ok(())
}

/// Searches a folder and those in it, each once, whatever links lead there.
fn search(folder: &Path, files: &mut Vec<PathBuf>, seen: &mut HashSet<PathBuf>) -> Result<(), Error> {
    let fail = |e: std::io::Error| Error::path(folder, format!("cannot be listed: {e}"));
    if !seen.insert(folder.canonicalize().map_err(fail)?) {
        return Ok(());
    }
    let (before, mut pictures) = (files.len(), false);
    // Folders that cannot be looked into are told with the videos that cannot be used.
    let mut closed = Vec::new();
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(fail)? {
        paths.push(entry.map_err(fail)?.path());
    }
    // In the order of names, so that of two ways to a folder always the same one is taken.
    paths.sort();
    for path in paths {
        if path.is_dir() {
            if search(&path, files, seen).is_err() {
                closed.push(path);
            }
        } else if path.extension().is_some_and(|e| ENDINGS.iter().any(|x| e.eq_ignore_ascii_case(x))) {
            files.push(path);
        } else {
            pictures |= is_picture(&path);
        }
    }
    // A folder that holds pictures and no videos is a video cut into frames.
    if pictures && files.len() == before {
        files.push(folder.to_owned());
    }
    files.extend(closed);
    Ok(())
}
