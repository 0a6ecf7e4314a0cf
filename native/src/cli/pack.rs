//! `scrubjay pack`: a built-in film from a video.

use std::path::{Path, PathBuf};

use clap::Args;
use scrubjay_core::pack::Pack;

use crate::error::Error;
use crate::files::write_atomic;
use crate::packs::make::{Listed, Plan, make};

/// Arguments of `pack`.
#[derive(Debug, Args)]
pub(super) struct PackArgs {
    /// The video: a short one, whose licence lets its frames be passed on.
    video: PathBuf,
    /// The pack, `NAME.pack`; NAME is the film's name in links: small letters, digits and hyphens.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// What the film is called.
    #[arg(long)]
    title: String,
    /// Who made it; shown wherever the film is, with the licence.
    #[arg(long)]
    credit: String,
    /// The licence's short name, such as CC0-1.0.
    #[arg(long)]
    licence: String,
    /// Where the licence stands: an address that begins with https://.
    #[arg(long, value_name = "URL")]
    licence_url: String,
    /// Frames of a second, at most; a longer film gets fewer, so that it has no more than 96 in all.
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..=60))]
    rate: u32,
    /// Quality of the pictures, 0 to 100.
    #[arg(long, default_value_t = 65, value_parser = clap::value_parser!(u32).range(0..=100))]
    quality: u32,
    /// List all packs of the pack's folder in its index.json, too.
    #[arg(long)]
    index: bool,
}

/// Frames of a pack, at most: a contract's most where several segments are sought.
const MOST: u32 = 96;

/// Pixels of a picture, about.
const PIXELS: u32 = 288 * 162;

pub(super) fn run(args: PackArgs) -> Result<(), Error> {
    let name = args.out.file_stem().and_then(|n| n.to_str()).unwrap_or_default().to_owned();
    if args.out.extension().is_none_or(|e| e != "pack") {
        return Err(Error::usage(format!("--out {}: a pack is called NAME.pack", args.out.display())));
    }
    let plan = Plan {
        name,
        title: args.title,
        credit: args.credit,
        licence: args.licence,
        licence_url: args.licence_url,
        rate: args.rate,
        most: MOST,
        pixels: PIXELS,
        quality: args.quality,
    };
    let bytes = make(&args.video, &plan)?;
    let pack = Pack::read(bytes.as_slice()).map_err(|e| Error::failed(e.to_string()))?;
    let line = json(&Listed::of(&pack, bytes.len()))?;
    write_atomic(&args.out, &bytes)?;
    if args.index {
        list(args.out.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")))?;
    }
    super::print(line)
}

/// Writes a folder's `index.json`: its packs by name.
fn list(folder: &Path) -> Result<(), Error> {
    let unreadable = |e: std::io::Error| Error::path(folder, format!("cannot be read: {e}"));
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|e| e == "pack") {
            files.push(path);
        }
    }
    files.sort();
    let mut listed = Vec::new();
    for path in files {
        let bytes = std::fs::read(&path).map_err(|e| Error::path(&path, format!("cannot be read: {e}")))?;
        let pack = Pack::read(bytes.as_slice()).map_err(|e| Error::path(&path, e))?;
        listed.push(Listed::of(&pack, bytes.len()));
    }
    let mut text = serde_json::to_string_pretty(&listed).map_err(|e| Error::failed(e.to_string()))?;
    text.push('\n');
    write_atomic(&folder.join("index.json"), text.as_bytes())
}

fn json(listed: &Listed) -> Result<String, Error> {
    serde_json::to_string(listed).map_err(|e| Error::failed(e.to_string()))
}
