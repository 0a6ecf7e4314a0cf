//! Making a pack of a video: frames at a constant pace, small, each a lossy WebP.

use std::path::Path;

use ffmpeg::format::Pixel;
use ffmpeg::util::frame::Video as Picture;
use ffmpeg_next as ffmpeg;
use scrubjay_core::frame::Frame;
use scrubjay_core::pack::{self, About, Pack};
use scrubjay_core::time::Rate;
use serde::Serialize;

use crate::dataset::synth::content_hash;
use crate::error::Error;
use crate::video::{Decoded, Video, VideoError};

/// What is said of a film, and how it is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The film's name in links.
    pub name: String,
    /// What it is called.
    pub title: String,
    /// Whom it is owed to.
    pub credit: String,
    /// The licence's short name.
    pub licence: String,
    /// Where the licence stands.
    pub licence_url: String,
    /// Frames of a second, at most; fewer where the film has fewer, or would come to more than `most`.
    pub rate: u32,
    /// Frames in all, at most.
    pub most: u32,
    /// Pixels of a picture, about.
    pub pixels: u32,
    /// WebP's quality, 0 to 100.
    pub quality: u32,
}

/// What a list of packs says of one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Listed {
    /// The film's name in links; its file is `NAME.pack`.
    pub name: String,
    /// What it is called.
    pub title: String,
    /// Whom it is owed to.
    pub credit: String,
    /// The licence's short name.
    pub licence: String,
    /// Where the licence stands.
    pub licence_url: String,
    /// Size of the file.
    pub bytes: usize,
    /// SHA-256 of the file.
    pub sha256: String,
    /// Number of frames.
    pub frames: u32,
    /// How long it lasts, in seconds.
    pub seconds: f64,
    /// Width of the pictures.
    pub width: u32,
    /// Height of the pictures.
    pub height: u32,
}

impl Listed {
    /// What is to be said of a pack.
    #[must_use]
    pub fn of(pack: &Pack<'_>, bytes: usize) -> Self {
        let about = pack.about().clone();
        let frames = pack.source().frames();
        Self {
            name: about.name,
            title: about.title,
            credit: about.credit,
            licence: about.licence,
            licence_url: about.licence_url,
            bytes,
            sha256: pack.sha256().to_owned(),
            frames,
            seconds: f64::from(frames) / about.rate.fps(),
            width: about.size.width,
            height: about.size.height,
        }
    }
}

/// The bytes of a pack of a video.
///
/// # Errors
/// [`Error`] when the video cannot be read, is too long or too uneven for the pace, a text is refused, or these FFmpeg
/// libraries write no WebP.
pub fn make(file: &Path, plan: &Plan) -> Result<Vec<u8>, Error> {
    let failed = |e: VideoError| Error::failed(e.to_string());
    let at = |what: String| Error::path(file, what);
    let video = Video::open(file).map_err(failed)?;
    let times = video.times();
    let fps = video.rate().fps();
    let lasts = times.as_ref().map_or(f64::from(video.frames()) / fps, |t| t.duration());
    let paced = |rate: &u32| f64::from(*rate) <= fps && f64::from(*rate) * lasts < f64::from(plan.most) + 1.0;
    let rate = (1..=plan.rate).rev().find(paced).ok_or_else(|| {
        at(format!(
            "{lasts:.1} s at {fps:.1} frames a second cannot be taken in {} frames; cut it",
            plan.most
        ))
    })?;
    // A frame of which the film would show less than half is left out.
    let places = (0..plan.most).map(|k| f64::from(k) / f64::from(rate));
    let places = places.take_while(|t| *t + 0.5 / f64::from(rate) <= lasts);
    let frame_at = |t: f64| match &times {
        Some(times) => times.frame_at(t),
        None => ((t * fps + 1e-6) as u32).min(video.frames().saturating_sub(1)),
    };
    let indices: Vec<u32> = places.map(frame_at).collect();
    if let Some(k) = indices.windows(2).position(|w| w[0] == w[1]) {
        let when = (k + 1) as f64 / f64::from(rate);
        return Err(at(format!("it has no new frame at {when:.2} s; take fewer a second with --rate")));
    }
    let whole = video.size().map_err(failed)?;
    let size = whole.shown(plan.pixels);
    let decoded = video.decode(&indices, size).map_err(failed)?;
    // Where the file states no times, frame numbers are ticks.
    let ticks = times.as_ref().map_or(video.rate(), |t| t.rate);
    let tick = |i: &u32| {
        times.as_ref().and_then(|t| t.ticks.get(*i as usize)).copied().unwrap_or_else(|| i64::from(*i))
    };
    let webp = |(Decoded { frame, .. }, i): (&Decoded, &u32)| {
        let webp = webp(frame, plan.quality).map_err(|e| {
            at(format!("no WebP can be written ({e}): FFmpeg's libavcodec must be built with libwebp"))
        })?;
        Ok(pack::Picture { time: tick(i), webp })
    };
    let pictures = decoded.iter().zip(&indices).map(webp).collect::<Result<Vec<_>, Error>>()?;
    let about = About {
        name: plan.name.clone(),
        title: plan.title.clone(),
        credit: plan.credit.clone(),
        licence: plan.licence.clone(),
        licence_url: plan.licence_url.clone(),
        origin: content_hash(file).map_err(|e| at(e.to_string()))?,
        size,
        rate: Rate { num: rate, den: 1 },
        ticks,
    };
    pack::write(&about, &pictures).map_err(|e| at(e.to_string()))
}

/// A picture as a lossy WebP.
fn webp(frame: &Frame, quality: u32) -> Result<Vec<u8>, ffmpeg::Error> {
    crate::video::start()?;
    let codec = ffmpeg::encoder::find_by_name("libwebp").ok_or(ffmpeg::Error::EncoderNotFound)?;
    let mut encoder = ffmpeg::codec::Context::new_with_codec(codec).encoder().video()?;
    encoder.set_width(frame.width);
    encoder.set_height(frame.height);
    // libwebp turns colours to its own form more finely than the scaler does.
    encoder.set_format(Pixel::RGB32);
    encoder.set_time_base((1, 1));
    let mut options = ffmpeg::Dictionary::new();
    options.set("quality", &quality.to_string());
    options.set("compression_level", "6");
    let mut encoder = encoder.open_with(options)?;
    let mut picture = Picture::new(Pixel::RGB32, frame.width, frame.height);
    let stride = picture.stride(0);
    let rows = frame.rgb.chunks_exact(frame.width as usize * 3);
    for (to, from) in picture.data_mut(0).chunks_mut(stride).zip(rows) {
        for (to, from) in to.chunks_exact_mut(4).zip(from.chunks_exact(3)) {
            to.copy_from_slice(&u32::from_be_bytes([255, from[0], from[1], from[2]]).to_ne_bytes());
        }
    }
    picture.set_pts(Some(0));
    encoder.send_frame(&picture)?;
    encoder.send_eof()?;
    let mut packet = ffmpeg::Packet::empty();
    encoder.receive_packet(&mut packet)?;
    packet.data().map(<[u8]>::to_vec).ok_or(ffmpeg::Error::InvalidData)
}
