//! Probing and decoding with FFmpeg.

use std::path::Path;
use std::sync::Once;

use ffmpeg::codec::threading;
use ffmpeg::format::Pixel;
use ffmpeg::format::context::Input;
use ffmpeg::format::stream::Disposition;
use ffmpeg::media::Type;
use ffmpeg::software::scaling;
use ffmpeg::util::frame::Video;
use ffmpeg_next as ffmpeg;
use scrubjay_core::frame::Frame;
use scrubjay_core::recipe::Size;
use scrubjay_core::time::Rate;

use super::{Decoded, Probe, VideoError};

/// FFmpeg is set up once; it reports through our errors, not on the terminal.
fn start() -> Result<(), ffmpeg::Error> {
    static ONCE: Once = Once::new();
    let mut result = Ok(());
    ONCE.call_once(|| {
        result = ffmpeg::init();
        ffmpeg::log::set_level(ffmpeg::log::Level::Quiet);
    });
    result
}

fn open(path: &Path) -> Result<(Input, usize), VideoError> {
    let meta = std::fs::metadata(path).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => VideoError::Missing(path.to_owned()),
        _ => VideoError::Unreadable(path.to_owned(), e.to_string()),
    })?;
    if !meta.is_file() {
        return Err(VideoError::Unreadable(path.to_owned(), "not a file".to_owned()));
    }
    if meta.len() == 0 {
        return Err(VideoError::Empty(path.to_owned()));
    }
    std::fs::File::open(path).map_err(|e| VideoError::Unreadable(path.to_owned(), e.to_string()))?;
    let container = |e: ffmpeg::Error| VideoError::Container(path.to_owned(), e.to_string());
    start().map_err(container)?;
    // The `file:` prefix keeps a colon in a name from being read as a protocol.
    let mut name = std::ffi::OsString::from("file:");
    name.push(path);
    let input = ffmpeg::format::input(&name).map_err(container)?;
    let index = input
        .streams()
        .filter(|s| s.parameters().medium() == Type::Video)
        .find(|s| !s.disposition().contains(Disposition::ATTACHED_PIC))
        .map(|s| s.index())
        .ok_or_else(|| VideoError::NoVideo(path.to_owned()))?;
    Ok((input, index))
}

/// A decoder for one stream, held to one thread so that parallelism stays with the caller.
fn decoder(input: &Input, index: usize, path: &Path) -> Result<ffmpeg::decoder::Video, VideoError> {
    let fail = |e: ffmpeg::Error| VideoError::Decode(path.to_owned(), e.to_string());
    let stream = input.stream(index).ok_or_else(|| VideoError::NoVideo(path.to_owned()))?;
    let mut context = ffmpeg::codec::Context::from_parameters(stream.parameters()).map_err(fail)?;
    context.set_threading(threading::Config::count(1));
    context.decoder().video().map_err(fail)
}

/// Looks at a file: which stream, how many frames, how fast. Decodes one frame to be sure that it can.
///
/// # Errors
/// [`VideoError`].
pub fn probe(path: &Path) -> Result<Probe, VideoError> {
    let (mut input, index) = open(path)?;
    let (promised, average) =
        input.stream(index).map_or((0, ffmpeg::Rational(0, 1)), |s| (s.frames(), s.avg_frame_rate()));
    let mut decoder = decoder(&input, index, path)?;
    let mut frames = 0_u32;
    let mut first = Video::empty();
    let mut seen = false;
    for (stream, packet) in input.packets() {
        if stream.index() != index {
            continue;
        }
        frames += 1;
        // A packet that cannot be decoded is only an error when no frame comes at all.
        if !seen && decoder.send_packet(&packet).is_ok() {
            seen = decoder.receive_frame(&mut first).is_ok();
        }
    }
    if !seen && decoder.send_eof().is_ok() {
        seen = decoder.receive_frame(&mut first).is_ok();
    }
    let promised = u32::try_from(promised).unwrap_or(0);
    if frames < promised {
        return Err(VideoError::Truncated { path: path.to_owned(), promised, present: frames });
    }
    if !seen {
        return Err(VideoError::Decode(path.to_owned(), "no frame could be decoded".to_owned()));
    }
    let part = |v: i32| u32::try_from(v).ok().filter(|v| *v > 0);
    let rate = match (part(average.numerator()), part(average.denominator())) {
        (Some(num), Some(den)) => Rate { num, den },
        _ => return Err(VideoError::Decode(path.to_owned(), "the stream states no frame rate".to_owned())),
    };
    Ok(Probe { frames, rate, width: first.width(), height: first.height() })
}

/// Decodes the frames of the given numbers (rising, in presentation order) at the given size.
///
/// # Errors
/// [`VideoError`] when the file cannot be decoded that far.
pub fn decode(path: &Path, indices: &[u32], size: Size) -> Result<Vec<Decoded>, VideoError> {
    let (mut input, index) = open(path)?;
    let mut decoder = decoder(&input, index, path)?;
    let base = input.stream(index).map_or(ffmpeg::Rational(0, 1), |s| s.time_base());
    let mut picker =
        Picker { path, indices, size, base, out: Vec::with_capacity(indices.len()), at: 0, scaler: None };
    for (stream, packet) in input.packets() {
        if stream.index() != index {
            continue;
        }
        // A damaged packet loses its own frame; whether enough are left is decided at the end.
        if decoder.send_packet(&packet).is_ok() {
            picker.drain(&mut decoder)?;
        }
        if picker.done() {
            return Ok(picker.out);
        }
    }
    if decoder.send_eof().is_ok() {
        picker.drain(&mut decoder)?;
    }
    if picker.done() {
        return Ok(picker.out);
    }
    let (got, want) = (picker.at, indices.last().copied().unwrap_or(0) + 1);
    Err(VideoError::Decode(path.to_owned(), format!("{got} frames could be decoded and {want} are needed")))
}

/// Takes the wanted frames out of the decoder's stream and scales them.
struct Picker<'a> {
    path: &'a Path,
    indices: &'a [u32],
    size: Size,
    base: ffmpeg::Rational,
    out: Vec<Decoded>,
    at: u32,
    scaler: Option<(scaling::Context, (Pixel, u32, u32))>,
}

impl Picker<'_> {
    fn done(&self) -> bool {
        self.out.len() == self.indices.len()
    }

    fn drain(&mut self, decoder: &mut ffmpeg::decoder::Video) -> Result<(), VideoError> {
        let mut frame = Video::empty();
        while !self.done() && decoder.receive_frame(&mut frame).is_ok() {
            while self.indices.get(self.out.len()) == Some(&self.at) {
                let picture = self.scale(&frame)?;
                let pts_seconds = frame.timestamp().map(|t| t as f64 * f64::from(self.base));
                self.out.push(Decoded { frame: picture, pts_seconds });
            }
            self.at += 1;
        }
        Ok(())
    }

    fn scale(&mut self, frame: &Video) -> Result<Frame, VideoError> {
        let fail = |e: ffmpeg::Error| VideoError::Decode(self.path.to_owned(), e.to_string());
        let form = (frame.format(), frame.width(), frame.height());
        let Size { width, height } = self.size;
        // The form may change within a stream.
        let mut scaler = match self.scaler.take() {
            Some((scaler, old)) if old == form => scaler,
            _ => scaling::Context::get(
                form.0,
                form.1,
                form.2,
                Pixel::RGB24,
                width,
                height,
                scaling::Flags::AREA,
            )
            .map_err(fail)?,
        };
        let mut rgb = Video::empty();
        scaler.run(frame, &mut rgb).map_err(fail)?;
        self.scaler = Some((scaler, form));
        let row = width as usize * 3;
        let mut bytes = Vec::with_capacity(row * height as usize);
        for line in rgb.data(0).chunks(rgb.stride(0).max(1)).take(height as usize) {
            bytes.extend_from_slice(&line[..row.min(line.len())]);
        }
        Frame::from_rgb(width, height, bytes).ok_or_else(|| {
            VideoError::Decode(self.path.to_owned(), "a scaled frame has the wrong size".to_owned())
        })
    }
}
