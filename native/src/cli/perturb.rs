//! `scrubjay perturb`: one perturbation on one picture, to look at and to compare with other programs.

use std::io::{BufReader, Cursor};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use scrubjay_core::frame::Frame;
use scrubjay_core::perturb::{Kind, Perturbation, Strength, UnknownKind, Work, exactly};
use scrubjay_core::rng::Stream;

use crate::error::Error;
use crate::video::{Video, VideoError, is_picture};

/// Arguments of `perturb`.
#[derive(Debug, Args)]
pub(super) struct PerturbArgs {
    /// grayscale, invert, channel-swap, rotate90, rotate180, rotate270, mirror, blur, saturation, zoom-in, zoom-out or
    /// noise.
    kind: String,
    /// The picture: a PNG of any kind, whose transparency is left out and whose 16 bits become 8; or a JPEG, WebP or BMP, as
    /// FFmpeg decodes it.
    #[arg(long = "in", value_name = "IMG")]
    input: PathBuf,
    /// Where the perturbed picture goes, as 8-bit RGB PNG.
    #[arg(long, value_name = "IMG")]
    out: PathBuf,
    /// As another program does it: pillow turns by a quarter without shrinking to fit, and shrinks what is more than twice as high
    /// as wide across its rows first. All else is alike.
    #[arg(long)]
    compat: Option<Compat>,
    /// A parameter, instead of drawing it: scale for the zooms, radius for blur, factor for saturation, sigma (or
    /// intensity) for noise. Saturation's factor is rounded to thousandths, sigma to tenths.
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Seed of what is drawn.
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

/// Which program's ways are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Compat {
    Pillow,
}

/// Kinds that are about several frames or about time.
const NOT_OF_A_PICTURE: [Kind; 5] = [Kind::Slow, Kind::Fast, Kind::StutterHold, Kind::Shuffle, Kind::Swap];

pub(super) fn run(args: &PerturbArgs) -> Result<(), Error> {
    let (perturbation, strength) = perturbation(args)?;
    if is_picture(&args.out) && !is_png(&args.out) {
        return Err(Error::usage(format!("--out {}: PNG is written; name it .png", args.out.display())));
    }
    let frame = if is_png(&args.input) || !is_picture(&args.input) {
        read(&args.input)?
    } else {
        decode(&args.input)?
    };
    let apply = |frame| {
        let mut segment = [frame];
        // As it was given, where a recipe would round it.
        let done = strength.is_some_and(|s| exactly(perturbation.kind(), &mut segment[0], s));
        if !done {
            perturbation.apply(&mut segment);
        }
        let [frame] = segment;
        frame
    };
    let size = (frame.width, frame.height);
    let work = strength
        .and_then(|s| Work::exactly(perturbation.kind(), size, s))
        .or_else(|| perturbation.work(0, size));
    let frame = match (args.compat, perturbation.expand(&frame)) {
        (Some(Compat::Pillow), Some(expanded)) => expanded,
        (Some(Compat::Pillow), None) if work.is_some_and(|w| upright_first(w, size)) => {
            transposed(&apply(transposed(&frame)))
        }
        _ => apply(frame),
    };
    super::item::png(&args.out, &frame)
}

/// Whether Pillow (13.0) shrinks a picture across its rows first, as it does where that spares it more than the other way round;
/// what lies between the two passes is rounded, so that their order shows.
fn upright_first(work: Work, (width, height): (u32, u32)) -> bool {
    let Work::Fit { quarters: 0, to, .. } = work else { return false };
    let spared = |from: u32, to: u32| i64::from(from) - i64::from(to);
    to.height < height && spared(height, to.height) > 2 * spared(width, to.width)
}

/// A picture with rows for columns.
fn transposed(frame: &Frame) -> Frame {
    let mut segment = [frame.quarter_turn()];
    Perturbation::Mirror.apply(&mut segment);
    let [frame] = segment;
    frame
}

/// What is drawn or set, and the number that was set for it.
fn perturbation(args: &PerturbArgs) -> Result<(Perturbation, Option<f64>), Error> {
    // Names of the public generator's functions are understood, too.
    let name = match args.kind.replace('_', "-") {
        name if name == "rotate" => "rotate180".to_owned(),
        name => name,
    };
    let kind: Kind = name.parse().map_err(|e: UnknownKind| Error::usage(e.to_string()))?;
    if NOT_OF_A_PICTURE.contains(&kind) {
        return Err(Error::usage(format!("{kind} is about several frames; it does nothing to one picture")));
    }
    let mut stream = Stream::keyed(args.seed, "perturb", kind.name(), 0);
    let mut perturbation = Perturbation::draw(kind, 1, None, false, &mut stream)
        .map_err(|e| Error::usage(format!("{kind}: {e}")))?;
    let mut strength = None;
    for setting in &args.set {
        let usage = |what: String| Error::usage(format!("--set {setting}: {what}"));
        let (key, value) =
            setting.split_once('=').ok_or_else(|| usage("write it as KEY=VALUE".to_owned()))?;
        let (known, units) = match kind {
            Kind::ZoomIn | Kind::ZoomOut => (&["scale"][..], 1000.0),
            Kind::Saturation => (&["factor"][..], 1000.0),
            Kind::Blur => (&["radius"][..], 10.0),
            Kind::Noise => (&["sigma", "intensity"][..], 10.0),
            _ => (&[][..], 1.0),
        };
        if !known.contains(&key) {
            let there_are = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            return Err(usage(format!("{kind} has no parameter '{key}'; it has: {there_are}")));
        }
        let number: f64 = value.parse().map_err(|_| usage(format!("'{value}' is not a number")))?;
        let rounded = (number * units).round();
        if !(0.0..=f64::from(u32::MAX)).contains(&rounded) {
            return Err(usage(format!("{value} is out of range")));
        }
        let rounded = rounded as u32;
        match &mut perturbation {
            Perturbation::ZoomIn { permille } | Perturbation::ZoomOut { permille } => {
                *permille = Strength::Steady(rounded);
            }
            Perturbation::Noise { tenths, .. } => *tenths = Strength::Steady(rounded),
            Perturbation::Saturation { permille } => *permille = rounded,
            Perturbation::Blur { tenths } => *tenths = rounded,
            _ => {}
        }
        perturbation.check(1).map_err(usage)?;
        strength = Some(number);
    }
    Ok((perturbation, strength))
}

fn is_png(path: &Path) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case("png"))
}

/// Reads a picture of another format than PNG, at its own size.
fn decode(path: &Path) -> Result<Frame, Error> {
    let failed = |e: VideoError| Error::failed(e.to_string());
    let picture = Video::of_picture(path).map_err(failed)?;
    let size = picture.size().map_err(failed)?;
    if size.width > LARGEST || size.height > LARGEST {
        let (width, height) = (size.width, size.height);
        return Err(Error::path(path, format!("{width}x{height} pixels are more than {LARGEST} a side")));
    }
    let mut decoded = picture.decode(&[0], size).map_err(failed)?;
    decoded.pop().map(|d| d.frame).ok_or_else(|| Error::path(path, "no picture can be decoded"))
}

/// Largest side of a picture, as in recipes.
const LARGEST: u32 = 8192;

/// Reads a PNG as 8-bit RGB.
fn read(path: &Path) -> Result<Frame, Error> {
    let bytes = std::fs::read(path).map_err(|e| Error::path(path, format!("cannot be read: {e}")))?;
    let bad = |e: png::DecodingError| Error::path(path, format!("is not a PNG that can be read: {e}"));
    let limits = png::Limits { bytes: 1 << 30 };
    let mut decoder = png::Decoder::new_with_limits(BufReader::new(Cursor::new(bytes)), limits);
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(bad)?;
    let (width, height) = (reader.info().width, reader.info().height);
    if width > LARGEST || height > LARGEST {
        return Err(Error::path(path, format!("{width}x{height} pixels are more than {LARGEST} a side")));
    }
    let size = reader.output_buffer_size().ok_or_else(|| Error::path(path, "is too large"))?;
    let mut pixels = vec![0; size];
    let info = reader.next_frame(&mut pixels).map_err(bad)?;
    pixels.truncate(info.buffer_size());
    let rgb = match info.color_type {
        png::ColorType::Rgb => pixels,
        png::ColorType::Rgba => pixels.chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]).collect(),
        png::ColorType::Grayscale => pixels.iter().flat_map(|&v| [v; 3]).collect(),
        png::ColorType::GrayscaleAlpha => pixels.chunks_exact(2).flat_map(|p| [p[0]; 3]).collect(),
        png::ColorType::Indexed => return Err(Error::path(path, "has a palette that cannot be read")),
    };
    Frame::from_rgb(width, height, rgb).ok_or_else(|| Error::path(path, "lacks pixels"))
}
