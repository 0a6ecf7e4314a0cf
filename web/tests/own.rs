//! A visitor's film in a dedicated worker of a browser: films whose pictures tell their own time, pixels that FFmpeg
//! made of the same film, and files that are damaged or no films at all.

#![cfg(target_arch = "wasm32")]

use js_sys::{Array, Uint8Array};
use scrubjay_core::frame::Frame;
use scrubjay_core::recipe::Size;
use scrubjay_core::time::Rate;
use scrubjay_web::own::container::ContainerError;
use scrubjay_web::own::{By, Film, OwnError, Progress, Reason, sha256};
use wasm_bindgen_test::{console_log, wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::File;

wasm_bindgen_test_configure!(run_in_dedicated_worker);

macro_rules! media {
    ($name:literal) => {
        (include_bytes!(concat!("../../tests/media/", $name)).as_slice(), $name)
    };
}

fn file((bytes, name): (&[u8], &str)) -> File {
    let parts = Array::of1(&Uint8Array::from(bytes));
    File::new_with_u8_array_sequence(&parts, name).expect("a file")
}

async fn open(media: (&[u8], &str)) -> Result<Film, OwnError> {
    Film::open(file(media), &mut |_| {}).await
}

async fn frames(film: &mut Film, numbers: &[u32], size: Size) -> Result<Vec<Frame>, OwnError> {
    film.frames(numbers, size, &mut |_| {}).await
}

/// Milliseconds that a picture shows: sixteen squares, lowest bit first.
fn shown(frame: &Frame) -> u32 {
    let side = frame.width / 4;
    let bit = |n: u32| {
        let (x, y) = (n % 4 * side + side / 2, n / 4 * side + side / 2);
        u32::from(frame.rgb[((y * frame.width + x) * 3 + 1) as usize] > 127)
    };
    (0..16).map(|n| bit(n) << n).sum()
}

const WHOLE: Size = Size { width: 64, height: 64 };

/// Every frame of a film, and a few in another order, show the time that is told for them.
async fn tells_its_times(media: (&[u8], &str), count: u32, rate: Rate) {
    let name = media.1;
    let mut film = open(media).await.unwrap_or_else(|e| panic!("{name}: {e}"));
    let facts = film.facts().clone();
    assert_eq!((facts.frames, facts.rate, facts.size), (count, rate, WHOLE), "{name}");
    assert_eq!(facts.how.by, By::WebCodecs, "{name}");
    assert_eq!(facts.sha256.len(), 64, "{name}");
    let times = facts.times.expect(name);
    let seconds = |n: u32| times.ticks[n as usize] as f64 / times.rate.fps();
    let whole: Vec<u32> = (0..count).collect();
    let last = count - 1;
    for numbers in [whole, vec![last, 0, last, 7, 40, 41, 7]] {
        let (mut told, mut total) = (0.0, 0.0);
        let mut tell = |p: Progress| (told, total) = (p.done, p.total);
        let decoded = film.frames(&numbers, WHOLE, &mut tell).await.unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(decoded.len(), numbers.len(), "{name}");
        assert!(told > 0.0 && told == total, "{name}: {told} of {total}");
        let start = shown(&frames(&mut film, &[0], WHOLE).await.expect(name)[0]);
        for (n, frame) in numbers.iter().zip(&decoded) {
            let burned = (f64::from(shown(frame)) - f64::from(start)) / 1000.0;
            assert!((seconds(*n) - burned).abs() < 0.0021, "{name} {n}: {} for {burned}", seconds(*n));
        }
    }
    let beyond = frames(&mut film, &[count], WHOLE).await;
    assert_eq!(beyond, Err(OwnError::NoSuchFrame { wanted: count, has: count }), "{name}");
    console_log!("{name}: {count} frames by {}", facts.how.codec);
}

#[wasm_bindgen_test]
async fn mp4_with_frames_out_of_order() {
    tells_its_times(media!("time-24.mp4"), 120, Rate { num: 24, den: 1 }).await;
}

#[wasm_bindgen_test]
async fn mp4_in_fragments() {
    tells_its_times(media!("time-30.mp4"), 150, Rate { num: 30, den: 1 }).await;
}

#[wasm_bindgen_test]
async fn mp4_with_an_edit_list() {
    tells_its_times(media!("time-edit.mp4"), 96, Rate { num: 24, den: 1 }).await;
}

#[wasm_bindgen_test]
async fn mp4_of_uneven_times() {
    tells_its_times(media!("time-vfr.mp4"), 154, Rate { num: 2310, den: 103 }).await;
}

#[wasm_bindgen_test]
async fn mp4_with_open_groups() {
    tells_its_times(media!("open-gop.mp4"), 150, Rate { num: 30, den: 1 }).await;
}

#[wasm_bindgen_test]
async fn mkv_with_h264() {
    tells_its_times(media!("time-25.mkv"), 125, Rate { num: 25, den: 1 }).await;
}

#[wasm_bindgen_test]
async fn mkv_that_begins_late() {
    tells_its_times(media!("time-late.mkv"), 100, Rate { num: 25, den: 1 }).await;
}

#[wasm_bindgen_test]
async fn webm_with_vp9() {
    tells_its_times(media!("time-25.webm"), 75, Rate { num: 25, den: 1 }).await;
}

/// A film's frames, and what FFmpeg made of it at half the size.
async fn pixels_are_nearly(film: (&[u8], &str), expected: &[u8]) {
    let name = film.1;
    let mut film = open(film).await.expect(name);
    let size = Size { width: 48, height: 32 };
    let all: Vec<u32> = (0..film.facts().frames).collect();
    let found = frames(&mut film, &all, size).await.expect(name);
    let expected = expected.chunks_exact(48 * 32 * 3);
    assert_eq!(found.len(), expected.len(), "{name}");
    let off = found.iter().zip(expected).map(|(found, expected)| {
        let off = found.rgb.iter().zip(expected).map(|(a, b)| f64::from(a.abs_diff(*b)));
        off.sum::<f64>() / expected.len() as f64
    });
    let worst = off.fold(0.0, f64::max);
    console_log!("{name}: off by {worst:.3} of 255 on average in the worst frame");
    assert!(worst < 1.5, "{name}: {worst}");
}

#[wasm_bindgen_test]
async fn pixels_of_a_film_that_states_no_colours_are_nearly_those_of_ffmpeg() {
    pixels_are_nearly(media!("colours.mp4"), media!("colours.rgb").0).await;
}

#[wasm_bindgen_test]
async fn pixels_of_a_film_in_bt709_and_full_range_are_nearly_those_of_ffmpeg() {
    pixels_are_nearly(media!("colours-709.mp4"), media!("colours-709.rgb").0).await;
}

#[wasm_bindgen_test]
async fn the_hash_is_that_of_the_bytes() {
    let abc = file((b"abc", "abc"));
    let hash = sha256(&abc, &mut |_| {}).await;
    let published = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(hash.as_deref(), Ok(published));
}

/// What opening a file ends with.
async fn refused(media: (&[u8], &str)) -> OwnError {
    match open(media).await {
        Ok(film) => panic!("{} opened: {:?}", media.1, film.facts()),
        Err(error) => {
            console_log!("{}: {error}", media.1);
            error
        }
    }
}

#[wasm_bindgen_test]
async fn what_is_no_film_is_refused_by_name() {
    assert_eq!(refused((b"", "empty.mp4")).await, ContainerError::Empty.into());
    assert_eq!(refused((b"<html>", "page.mp4")).await, ContainerError::NotAVideo.into());
    assert_eq!(refused(media!("sound_only.m4a")).await, ContainerError::NoVideo.into());
    let avi = OwnError::NeedsElement(Reason::Container("AVI".to_owned()));
    assert_eq!(refused((b"RIFF\0\0\0\0AVI LIST", "old.avi")).await, avi);
    let (whole, _) = media!("time-30.mp4");
    let cut = refused((&whole[..whole.len() - 500], "cut.mp4")).await;
    assert!(matches!(cut, OwnError::Container(ContainerError::Truncated { promised: 150, .. })), "{cut:?}");
}

/// Pictures are right or refused where bytes of the film are overwritten.
#[wasm_bindgen_test]
async fn damaged_pictures_are_refused() {
    let (whole, _) = media!("time-24.mp4");
    let mut film = whole.to_vec();
    let data = film.windows(4).position(|w| w == b"mdat").expect("data") + 4;
    film[data + 40..data + 1200].fill(0xff);
    let error = refused((&film, "damaged.mp4")).await;
    assert!(matches!(error, OwnError::Decode(_) | OwnError::Missing(_)), "{error:?}");
}

#[wasm_bindgen_test]
async fn a_codec_that_no_browser_knows_is_left_to_the_player() {
    let (whole, _) = media!("time-24.mp4");
    let mut film = whole.to_vec();
    let at = film.windows(8).position(|w| w == b"avc1\0\0\0\0").expect("described");
    film[at..at + 4].copy_from_slice(b"mp4v");
    let reason = Reason::Codec("mp4v".to_owned());
    assert_eq!(refused((&film, "old.mp4")).await, OwnError::NeedsElement(reason));
}
