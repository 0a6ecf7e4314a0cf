//! Clips as video files, encoded by FFmpeg's libraries in this process.
//!
//! Every frame is a picture of its own at one constant quantiser: equal frames become equal pictures wherever they stand,
//! and no frame is told from its neighbours by how it was compressed. The files' times are the shown times, so a reader
//! that keeps every frame and its time tells the viewer the clock that the truth is written in. The same frames give the
//! same bytes with the same version of the encoder, which writes itself and its settings into the stream.

use std::io::{self, Cursor, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex, PoisonError};

use ffmpeg::codec::threading;
use ffmpeg::format::Pixel;
use ffmpeg::software::scaling;
use ffmpeg::util::frame::Video;
use ffmpeg_next as ffmpeg;
use scrubjay_core::frame::{Clip, Frame};

use crate::error::Error;

const ENCODER: &str = "libx264";
/// Near the limit of what is visible, for pictures of this size.
const QUANTISER: &str = "18";
/// Ticks of a second: MPEG's own, in which usual frame rates are whole numbers.
const TICKS: f64 = 90_000.0;
/// Longest clip in seconds; what a shown clock may at most say.
const LONGEST: f64 = 1e9;

/// Whether video files can be written at all.
pub(super) fn check() -> Result<(), Error> {
    crate::video::start().map_err(|e| Error::failed(format!("FFmpeg cannot be started: {e}")))?;
    match ffmpeg::encoder::find_by_name(ENCODER) {
        Some(_) => Ok(()),
        None => Err(Error::failed(format!(
            "FFmpeg's libraries here have no {ENCODER} encoder, which video files need: install a build with it, or \
             materialise as verl or webdataset, whose frames are PNG files"
        ))),
    }
}

/// An MP4 file's bytes. An odd number of frames ends with its last one shown twice, since Qwen's readers take frames by
/// pairs and would leave one out.
pub(super) fn mp4(clip: &Clip, sampling_fps: f64) -> Result<Vec<u8>, String> {
    let ticks = ticks(&clip.shown, sampling_fps)?;
    let first = clip.frames.first().ok_or("it has no frames")?;
    if clip.shown.len() != clip.frames.len() {
        return Err(format!("{} frames have {} times", clip.frames.len(), clip.shown.len()));
    }
    encode(clip, first, &ticks).map_err(|e| format!("FFmpeg: {e}"))
}

/// When each frame begins and the last one ends, in ticks, rising.
fn ticks(shown: &[f64], sampling_fps: f64) -> Result<Vec<i64>, String> {
    let mut times = shown.to_vec();
    let last = match *shown {
        [.., a, b] => b - a,
        _ => 1.0 / sampling_fps,
    };
    for _ in 0..=shown.len() % 2 {
        times.push(times.last().copied().unwrap_or(0.0) + last);
    }
    let mut ticks: Vec<i64> = Vec::with_capacity(times.len());
    for time in times {
        if !(0.0..=LONGEST).contains(&time) {
            return Err(format!("a frame is shown at {time} seconds"));
        }
        let tick = (time * TICKS).round() as i64;
        ticks.push(ticks.last().map_or(tick, |before| tick.max(before + 1)));
    }
    Ok(ticks)
}

fn encode(clip: &Clip, first: &Frame, ticks: &[i64]) -> Result<Vec<u8>, ffmpeg::Error> {
    crate::video::start()?;
    let (width, height) = (first.width, first.height);
    // Chroma is halved where it can be, which every reader expects; a picture with an odd side keeps all of it.
    let format = if width % 2 == 0 && height % 2 == 0 { Pixel::YUV420P } else { Pixel::YUV444P };
    let base = ffmpeg::Rational(1, TICKS as i32);
    let codec = ffmpeg::encoder::find_by_name(ENCODER).ok_or(ffmpeg::Error::EncoderNotFound)?;
    let shared = Shared::default();
    let io = ffmpeg::format::context::StreamIo::from_write_seek(shared.clone())?;
    let mut output = ffmpeg::format::output_to_stream(io, None, Some("mp4"))?;
    let mut context = ffmpeg::codec::Context::new_with_codec(codec);
    context.set_threading(threading::Config::count(1));
    let mut video = context.encoder().video()?;
    video.set_width(width);
    video.set_height(height);
    video.set_format(format);
    video.set_time_base(base);
    video.set_gop(1);
    video.set_max_b_frames(0);
    video.set_colorspace(ffmpeg::color::Space::SMPTE170M);
    video.set_color_range(ffmpeg::color::Range::MPEG);
    video.set_flags(ffmpeg::codec::Flags::GLOBAL_HEADER | ffmpeg::codec::Flags::BITEXACT);
    let mut options = ffmpeg::Dictionary::new();
    // At one quantiser effort only changes sizes: the least leaves the larger part of the work to decoding.
    options.set("preset", "ultrafast");
    options.set("qp", QUANTISER);
    let mut encoder = video.open_as_with(codec, options)?;
    {
        let mut stream = output.add_stream(codec)?;
        stream.set_parameters(&encoder);
        stream.set_time_base(base);
    }
    let mut muxing = ffmpeg::Dictionary::new();
    // No version of the libraries in the file's own metadata.
    muxing.set("fflags", "+bitexact");
    output.write_header_with(muxing)?;
    let target = output.stream(0).map_or(base, |s| s.time_base());
    let mut scaler = scaling::Context::get(
        Pixel::RGB24,
        width,
        height,
        format,
        width,
        height,
        scaling::Flags::AREA | scaling::Flags::ACCURATE_RND,
    )?;
    let mut packet = ffmpeg::Packet::empty();
    let mut written = 0;
    let mut drain = |encoder: &mut ffmpeg::encoder::Video| -> Result<(), ffmpeg::Error> {
        while encoder.receive_packet(&mut packet).is_ok() {
            packet.set_stream(0);
            packet.set_duration(ticks.get(written + 1).map_or(1, |end| end - ticks[written]));
            packet.rescale_ts(base, target);
            packet.write_interleaved(&mut output)?;
            written += 1;
        }
        Ok(())
    };
    let frames = clip.frames.iter().chain(clip.frames.last());
    for (frame, tick) in frames.zip(&ticks[..ticks.len() - 1]) {
        let mut yuv = Video::empty();
        scaler.run(&picture(frame, width, height)?, &mut yuv)?;
        yuv.set_pts(Some(*tick));
        encoder.send_frame(&yuv)?;
        drain(&mut encoder)?;
    }
    encoder.send_eof()?;
    drain(&mut encoder)?;
    output.write_trailer()?;
    drop(output);
    let bytes = std::mem::take(shared.lock().get_mut());
    Ok(bytes)
}

/// A frame as FFmpeg holds it, lines padded.
fn picture(frame: &Frame, width: u32, height: u32) -> Result<Video, ffmpeg::Error> {
    if (frame.width, frame.height) != (width, height) || width == 0 {
        return Err(ffmpeg::Error::InvalidData);
    }
    let mut rgb = Video::new(Pixel::RGB24, width, height);
    let stride = rgb.stride(0).max(1);
    let row = width as usize * 3;
    for (to, from) in rgb.data_mut(0).chunks_mut(stride).zip(frame.rgb.chunks_exact(row)) {
        to[..row].copy_from_slice(from);
    }
    Ok(rgb)
}

/// A file in memory that is still at hand when FFmpeg has let go of it: whether it fits on the disk is then known where
/// it is written.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Cursor<Vec<u8>>>>);

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, Cursor<Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.lock().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Shared {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.lock().seek(to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_rise_and_odd_numbers_become_even() {
        assert_eq!(ticks(&[0.0, 0.5], 2.0), Ok(vec![0, 45_000, 90_000]));
        assert_eq!(ticks(&[0.0], 2.0), Ok(vec![0, 45_000, 90_000]));
        assert_eq!(ticks(&[1.0, 1.0, 1.0], 2.0), Ok(vec![90_000, 90_001, 90_002, 90_003, 90_004]));
        assert!(ticks(&[f64::NAN], 2.0).is_err() && ticks(&[0.0], 0.0).is_err());
    }

    /// Two frames in turn: each has the same bytes wherever it stands, and what is read back is near what was written,
    /// at its time.
    #[test]
    fn frames_are_encoded_alike_and_shown_at_their_times() {
        // Grey, since colour is kept at half the size.
        let rgb = |s: u8| (0..64 * 48 * 3).map(|i: u32| (i / 3 % 64) as u8 + s).collect();
        let shade = |s: u8| Frame { width: 64, height: 48, rgb: rgb(s) };
        let frames: Vec<Frame> = (0..9).map(|i| shade(if i % 3 == 0 { 150 } else { 20 })).collect();
        let clip = Clip { frames, shown: (0..9).map(|i| f64::from(i) / 1.6).collect() };
        let bytes = mp4(&clip, 1.6).expect("encodes");
        assert_eq!(bytes, mp4(&clip, 1.6).expect("encodes"), "the same again");
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("Lavf") && !text.contains("Lavc"), "versions of the libraries");
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), bytes).expect("written");
        let size = scrubjay_core::recipe::Size { width: 64, height: 48 };
        let indices: Vec<u32> = (0..10).collect();
        let video = crate::video::Video::open(file.path()).expect("opens");
        let read = video.decode(&indices, size).expect("decodes");
        for (i, decoded) in read.iter().enumerate() {
            let k = i.min(8);
            let time = decoded.pts_seconds.expect("a time");
            assert!((time - i as f64 / 1.6).abs() < 1e-4, "frame {i} at {time}");
            let same = read.iter().zip(&clip.frames).find(|(_, f)| **f == clip.frames[k]).expect("itself");
            assert_eq!(decoded.frame, same.0.frame, "frame {i} differs from its like");
            let far = decoded.frame.rgb.iter().zip(&clip.frames[k].rgb).map(|(a, b)| a.abs_diff(*b)).max();
            assert!(far < Some(8), "frame {i} is off by {far:?}");
        }
        // Times that are not even, and do not begin at 0, are in the file as well.
        let shown = vec![0.17, 0.21, 0.5, 1.3];
        let uneven = Clip { frames: clip.frames[..4].to_vec(), shown: shown.clone() };
        let other = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(other.path(), mp4(&uneven, 1.6).expect("encodes")).expect("written");
        let mut input = ffmpeg::format::input(&other.path()).expect("opens");
        let found: Vec<f64> =
            input.packets().filter_map(|(s, p)| Some(p.pts()? as f64 * f64::from(s.time_base()))).collect();
        assert!(found.len() == 4 && found.iter().zip(&shown).all(|(f, s)| (f - s).abs() < 1e-4), "{found:?}");
        let mut input = ffmpeg::format::input(&file.path()).expect("opens");
        let sizes: Vec<usize> = input.packets().map(|(_, p)| p.size()).collect();
        let rate = f64::from(input.streams().next().expect("one").avg_frame_rate());
        assert!(sizes.len() == 10 && (rate - 1.6).abs() < 1e-3, "{} frames at {rate}", sizes.len());
        // A picture's number, odd or even, is in its header; the rest is the same for the same picture.
        assert!(sizes[1].abs_diff(sizes[2]) < 2 && sizes[3].abs_diff(sizes[6]) < 2, "{sizes:?}");
    }
}
