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

/// Looks at a file: which stream, how many frames, how fast, which way up.
///
/// Every frame is decoded once, since neither an index nor the number of packets says how many frames come out
/// (edit lists hide some) or whether one of them is damaged.
///
/// # Errors
/// [`VideoError`].
pub fn probe(path: &Path) -> Result<Probe, VideoError> {
    let (mut input, index) = open(path)?;
    let (promised, average, turn) = input
        .stream(index)
        .map_or((0, ffmpeg::Rational(0, 1), Turn::None), |s| (s.frames(), s.avg_frame_rate(), Turn::of(&s)));
    let mut packets = 0_u32;
    let mut frames = 0_u32;
    let mut size = (0, 0);
    each_frame(path, &mut input, index, &mut packets, |frame| {
        if frames == 0 {
            size = turn.size(frame.width(), frame.height());
        }
        frames += 1;
        Ok(true)
    })?;
    let promised = u32::try_from(promised).unwrap_or(0);
    if packets < promised {
        return Err(VideoError::Truncated { path: path.to_owned(), promised, present: packets });
    }
    if frames == 0 {
        return Err(VideoError::Decode(path.to_owned(), "no frame can be decoded".to_owned()));
    }
    let part = |v: i32| u32::try_from(v).ok().filter(|v| *v > 0);
    let rate = match (part(average.numerator()), part(average.denominator())) {
        (Some(num), Some(den)) => Rate { num, den },
        _ => return Err(VideoError::Decode(path.to_owned(), "the stream states no frame rate".to_owned())),
    };
    Ok(Probe { frames, rate, width: size.0, height: size.1 })
}

/// Decodes the frames of the given numbers (rising, in presentation order), upright, at the given size.
///
/// # Errors
/// [`VideoError`] when the file cannot be decoded that far.
pub fn decode(path: &Path, indices: &[u32], size: Size) -> Result<Vec<Decoded>, VideoError> {
    let (mut input, index) = open(path)?;
    let (base, turn) =
        input.stream(index).map_or((ffmpeg::Rational(0, 1), Turn::None), |s| (s.time_base(), Turn::of(&s)));
    let mut picker = Picker {
        path,
        indices,
        size,
        base,
        turn,
        out: Vec::with_capacity(indices.len()),
        at: 0,
        scaler: None,
    };
    each_frame(path, &mut input, index, &mut 0, |frame| picker.take(frame))?;
    if picker.done() {
        return Ok(picker.out);
    }
    let (got, want) = (picker.at, indices.last().copied().unwrap_or(0) + 1);
    Err(VideoError::Decode(path.to_owned(), format!("{got} frames can be decoded and {want} are needed")))
}

/// Seconds by which a presentation time may fall behind the one before it; more is another recording.
const LARGEST_FALL: f64 = 1.0;

/// Hands over every frame in the decoder's order of presentation until `visit` answers false; counts the packets read.
///
/// A packet that cannot be decoded is an error once frames have come, since it would shift every later frame's
/// number; before that it is the broken start of a recording. Times that fall far back are an error, too.
fn each_frame(
    path: &Path,
    input: &mut Input,
    index: usize,
    packets: &mut u32,
    mut visit: impl FnMut(&Video) -> Result<bool, VideoError>,
) -> Result<(), VideoError> {
    let mut decoder = decoder(input, index, path)?;
    let base = input.stream(index).map_or(ffmpeg::Rational(0, 1), |s| s.time_base());
    let mut frame = Video::empty();
    let (mut seen, mut last) = (0_u32, None);
    let mut drain = |decoder: &mut ffmpeg::decoder::Video, seen: &mut u32| -> Result<bool, VideoError> {
        while decoder.receive_frame(&mut frame).is_ok() {
            let fault = |what: &str| VideoError::Decode(path.to_owned(), format!("frame {seen} {what}"));
            if frame.is_corrupt() && *seen > 0 {
                return Err(fault("is damaged"));
            }
            if let (Some(now), Some(before)) = (frame.timestamp(), last)
                && (before - now) as f64 * f64::from(base) > LARGEST_FALL
            {
                return Err(fault("is to be shown long before the one that precedes it"));
            }
            last = frame.timestamp().or(last);
            *seen += 1;
            if !visit(&frame)? {
                return Ok(false);
            }
        }
        Ok(true)
    };
    for (stream, packet) in input.packets() {
        if stream.index() != index {
            continue;
        }
        *packets += 1;
        if let Err(e) = decoder.send_packet(&packet)
            && seen > 0
        {
            return Err(VideoError::Decode(path.to_owned(), format!("packet {packets} is damaged: {e}")));
        }
        if !drain(&mut decoder, &mut seen)? {
            return Ok(());
        }
    }
    if decoder.send_eof().is_ok() {
        drain(&mut decoder, &mut seen)?;
    }
    Ok(())
}

/// How a decoded picture must be turned to stand upright, clockwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    None,
    Quarter,
    Half,
    ThreeQuarters,
}

impl Turn {
    /// From the stream's display matrix; one that is not a turn by quarters is left alone.
    fn of(stream: &ffmpeg::Stream) -> Self {
        let matrix =
            stream.side_data().find(|d| d.kind() == ffmpeg::codec::packet::side_data::Type::DisplayMatrix);
        let Some(matrix) = matrix else { return Self::None };
        let cell = |i: usize| {
            let bytes = matrix.data().get(i * 4..i * 4 + 4).and_then(|b| b.try_into().ok());
            bytes.map_or(0, i32::from_ne_bytes).signum()
        };
        // Rows of the matrix are three numbers long; the first two of the first two rows hold the turn.
        match (cell(0), cell(1), cell(3), cell(4)) {
            (0, 1, -1, 0) => Self::Quarter,
            (-1, 0, 0, -1) => Self::Half,
            (0, -1, 1, 0) => Self::ThreeQuarters,
            _ => Self::None,
        }
    }

    /// Width and height after the turn.
    fn size(self, width: u32, height: u32) -> (u32, u32) {
        match self {
            Self::None | Self::Half => (width, height),
            Self::Quarter | Self::ThreeQuarters => (height, width),
        }
    }

    fn apply(self, frame: Frame) -> Frame {
        match self {
            Self::None => frame,
            Self::Quarter => frame.quarter_turn(),
            Self::Half => frame.quarter_turn().quarter_turn(),
            Self::ThreeQuarters => frame.quarter_turn_back(),
        }
    }
}

/// Takes the wanted frames out of the decoder's stream and scales them.
struct Picker<'a> {
    path: &'a Path,
    indices: &'a [u32],
    size: Size,
    base: ffmpeg::Rational,
    turn: Turn,
    out: Vec<Decoded>,
    at: u32,
    scaler: Option<(scaling::Context, (Pixel, u32, u32))>,
}

impl Picker<'_> {
    fn done(&self) -> bool {
        self.out.len() == self.indices.len()
    }

    /// Takes the frame if it is wanted; whether more are.
    fn take(&mut self, frame: &Video) -> Result<bool, VideoError> {
        while self.indices.get(self.out.len()) == Some(&self.at) {
            let picture = self.scale(frame)?;
            let pts_seconds = frame.timestamp().map(|t| t as f64 * f64::from(self.base));
            self.out.push(Decoded { frame: self.turn.apply(picture), pts_seconds });
        }
        self.at += 1;
        Ok(!self.done())
    }

    fn scale(&mut self, frame: &Video) -> Result<Frame, VideoError> {
        let fail = |e: ffmpeg::Error| VideoError::Decode(self.path.to_owned(), e.to_string());
        let form = (frame.format(), frame.width(), frame.height());
        let (width, height) = self.turn.size(self.size.width, self.size.height);
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
