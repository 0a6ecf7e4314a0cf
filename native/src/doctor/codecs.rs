//! Versions, and what FFmpeg's libraries were built with.

use ffmpeg_next as ffmpeg;

use super::{Check, State};

/// How to get FFmpeg's libraries with every codec that is asked for here.
const LIBRARIES: &str = "apt-get install ffmpeg libavcodec-dev libavformat-dev libswscale-dev libdav1d-dev; a \
     libavcodec built without it must be replaced or rebuilt with it enabled";

/// The program's own versions and those of the libraries that are loaded.
pub(super) fn versions() -> Vec<Check> {
    let info = |name: &str, detail: String| Check::new("versions", name, State::Info, detail);
    let library = |name: &str, version: u32, license: &str| {
        // Three numbers in one, as FFmpeg packs them.
        let [major, minor, micro] = [version >> 16, (version >> 8) & 255, version & 255];
        info(name, format!("{major}.{minor}.{micro}, {license}"))
    };
    let scaling = (ffmpeg::software::scaling::version(), ffmpeg::software::scaling::license());
    vec![
        info("scrubjay", env!("CARGO_PKG_VERSION").to_owned()),
        info("generator", scrubjay_core::GENERATOR_VERSION.to_string()),
        info("rust needed to build", format!("{} or newer", env!("CARGO_PKG_RUST_VERSION"))),
        library("libavcodec", ffmpeg::codec::version(), ffmpeg::codec::license()),
        library("libavformat", ffmpeg::format::version(), ffmpeg::format::license()),
        library("libavutil", ffmpeg::util::version(), ffmpeg::util::license()),
        library("libswscale", scaling.0, scaling.1),
        info("FFmpeg configuration", ffmpeg::codec::configuration().to_owned()),
    ]
}

/// Decoders that corpora need: a name for people, and the decoders that will do, the best first.
const DECODERS: [(&str, &[&str]); 9] = [
    ("h264", &["h264", "libopenh264"]),
    ("hevc", &["hevc"]),
    ("vp8", &["vp8", "libvpx"]),
    ("vp9", &["vp9", "libvpx-vp9"]),
    ("av1", &["libdav1d", "libaom-av1"]),
    ("mpeg4", &["mpeg4"]),
    ("mjpeg", &["mjpeg"]),
    ("prores", &["prores"]),
    ("gif", &["gif"]),
];

pub(super) fn decoders() -> Vec<Check> {
    let there = |name: &str| ffmpeg::decoder::find_by_name(name).is_some();
    DECODERS.into_iter().map(|(codec, names)| decoder(codec, names, &there)).collect()
}

fn decoder(codec: &str, names: &[&str], there: &dyn Fn(&str) -> bool) -> Check {
    let check = |state, detail: String| Check::new("decoders", codec, state, detail).get(LIBRARIES).needed();
    let found: Vec<&str> = names.iter().copied().filter(|n| there(n)).collect();
    if !found.is_empty() {
        return check(State::Ok, found.join(", "));
    }
    // FFmpeg's own AV1 decoder only hands the work to a graphics card.
    if codec == "av1" && there("av1") {
        return check(State::Missing, "only av1, which decodes nothing without a graphics card".to_owned());
    }
    check(State::Missing, format!("none of {}", names.join(", ")))
}

pub(super) fn encoders() -> Vec<Check> {
    let there = ffmpeg::encoder::find_by_name("libx264").is_some();
    let (state, detail) = if there {
        (State::Ok, "there, for writing video files")
    } else {
        (State::Missing, "not there: reading works, datasets with video files cannot be written")
    };
    let get = "a libavcodec with libx264 (GPL): apt-get install ffmpeg libavcodec-extra";
    vec![Check::new("encoders", "libx264", state, detail).get(get)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_decoder_stops_and_av1_needs_software() {
        assert!(decoder("h264", &["h264"], &|_| false).stops_decoding());
        assert!(decoder("h264", &["h264"], &|_| false).get.is_some());
        assert!(!decoder("vp8", &["vp8", "libvpx"], &|n| n == "libvpx").stops_decoding());
        assert!(decoder("av1", &["libdav1d"], &|n| n == "av1").stops_decoding());
    }
}
