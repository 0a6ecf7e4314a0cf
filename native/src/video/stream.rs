//! A file opened for reading: its video stream, and a decoder for it.

use std::path::Path;
use std::sync::Once;

use ffmpeg::codec::threading;
use ffmpeg::format::context::Input;
use ffmpeg::format::stream::Disposition;
use ffmpeg::media::Type;
use ffmpeg::util::frame::Video as Picture;
use ffmpeg_next as ffmpeg;

use super::VideoError;

/// FFmpeg is set up once; it reports through our errors, not on the terminal.
pub(crate) fn start() -> Result<(), ffmpeg::Error> {
    static ONCE: Once = Once::new();
    let mut result = Ok(());
    ONCE.call_once(|| {
        result = ffmpeg::init();
        ffmpeg::log::set_level(ffmpeg::log::Level::Quiet);
    });
    result
}

/// Formats that hold no pictures of their own: what they name could change unseen.
const PLAYLISTS: [&str; 7] = ["concat", "hls", "applehttp", "dash", "sdp", "rtsp", "imf"];

/// Opens a file and chooses its video stream: the first that is not a cover picture, by its number in the file, as
/// most players do.
///
/// # Errors
/// [`VideoError`] when there is no such file, it is no container that FFmpeg knows, or it holds no video.
pub(super) fn open(path: &Path) -> Result<(Input, usize), VideoError> {
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
    // The bindings take text alone.
    let Some(text) = path.to_str() else {
        return Err(VideoError::Unreadable(path.to_owned(), "its name is not UTF-8; rename it".to_owned()));
    };
    // The `file:` prefix keeps a colon in a name from being read as a protocol, and the option a `%` from being read as a
    // pattern of many pictures' names.
    let mut options = ffmpeg::Dictionary::new();
    options.set("pattern_type", "none");
    let input = ffmpeg::format::input_with_dictionary(&format!("file:{text}"), options).map_err(container)?;
    let format = input.format().name().to_owned();
    if PLAYLISTS.iter().any(|p| format.split(',').any(|f| f == *p)) {
        let what = format!("a list of other files ({format})");
        return Err(VideoError::Container(path.to_owned(), what));
    }
    let index = input
        .streams()
        .filter(|s| s.parameters().medium() == Type::Video)
        .find(|s| !s.disposition().contains(Disposition::ATTACHED_PIC))
        .map(|s| s.index())
        .ok_or_else(|| VideoError::NoVideo(path.to_owned()))?;
    Ok((input, index))
}

/// A decoder for one stream, held to one thread so that parallelism stays with the caller.
///
/// # Errors
/// [`VideoError::Decode`] when FFmpeg has no decoder for it.
pub(super) fn decoder(
    input: &Input,
    index: usize,
    path: &Path,
) -> Result<ffmpeg::decoder::Video, VideoError> {
    let fail = |e: ffmpeg::Error| VideoError::Decode(path.to_owned(), e.to_string());
    let stream = input.stream(index).ok_or_else(|| VideoError::NoVideo(path.to_owned()))?;
    let mut context = ffmpeg::codec::Context::from_parameters(stream.parameters()).map_err(fail)?;
    context.set_threading(threading::Config::count(1));
    context.decoder().video().map_err(fail)
}

/// Seconds by which a presentation time may fall behind the one before it; more is another recording.
pub(super) const LARGEST_FALL: f64 = 1.0;

/// Decodes the whole stream and hands over every frame in the order in which the decoder gives them, until `visit`
/// answers false; counts the packets read.
///
/// A packet that cannot be decoded is an error once frames have come, since it would shift every later frame's
/// number; before that it is the broken start of a recording. Times that fall far back are an error, too.
///
/// # Errors
/// [`VideoError::Decode`], naming the frame or packet at fault, and those of `visit`.
pub(super) fn each_frame(
    path: &Path,
    packets: &mut u32,
    mut visit: impl FnMut(&Picture) -> Result<bool, VideoError>,
) -> Result<(), VideoError> {
    let (mut input, index) = open(path)?;
    let mut decoder = decoder(&input, index, path)?;
    let base = input.stream(index).map_or(ffmpeg::Rational(0, 1), |s| s.time_base());
    let mut frame = Picture::empty();
    let (mut seen, mut last) = (0_u32, None);
    let mut drain = |decoder: &mut ffmpeg::decoder::Video, seen: &mut u32| -> Result<bool, VideoError> {
        while decoder.receive_frame(&mut frame).is_ok() {
            let fault = |what: &str| VideoError::Decode(path.to_owned(), format!("frame {seen} {what}"));
            if frame.is_corrupt() && *seen > 0 {
                return Err(fault("is damaged"));
            }
            if let (Some(now), Some(before)) = (frame.timestamp(), last)
                && (before as f64 - now as f64) * f64::from(base) > LARGEST_FALL
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
        *packets = packets.saturating_add(1);
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
