//! A visitor's film by the browser's own player, on a page.

#![cfg(target_arch = "wasm32")]

use js_sys::{Array, Uint8Array};
use scrubjay_core::recipe::Size;
use scrubjay_core::time::Rate;
use scrubjay_web::own::container::ContainerError;
use scrubjay_web::own::{By, OwnError, element};
use wasm_bindgen_test::{console_log, wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{File, FilePropertyBag};

wasm_bindgen_test_configure!(run_in_browser);

macro_rules! media {
    ($name:literal) => {
        include_bytes!(concat!("../../tests/media/", $name)).as_slice()
    };
}

fn file(bytes: &[u8], kind: &str) -> File {
    let options = FilePropertyBag::new();
    options.set_type(kind);
    let parts = Array::of1(&Uint8Array::from(bytes));
    File::new_with_u8_array_sequence_and_options(&parts, "film", &options).expect("a file")
}

const WHOLE: Size = Size { width: 64, height: 64 };

/// Milliseconds that a picture shows: sixteen squares, lowest bit first.
fn shown(rgb: &[u8]) -> u32 {
    let bit = |n: u32| u32::from(rgb[(((n / 4 * 16 + 8) * 64 + n % 4 * 16 + 8) * 3 + 1) as usize] > 127);
    (0..16).map(|n| bit(n) << n).sum()
}

async fn pictures_have_the_time_that_is_told(bytes: &[u8], kind: &str, seconds: f64) {
    let mut last = 0.0;
    let sampled = element::sample(&file(bytes, kind), WHOLE, &mut |p| last = p.done / p.total).await;
    let sampled = sampled.unwrap_or_else(|e| panic!("{kind}: {e}"));
    assert!((sampled.duration - seconds).abs() < 0.1, "{kind}: {}", sampled.duration);
    assert_eq!((sampled.rate, sampled.size, last), (Rate { num: 8, den: 1 }, WHOLE, 1.0), "{kind}");
    let expected = (seconds * 8.0) as usize;
    assert!(sampled.frames.len() + 1 >= expected, "{kind}: {} of {expected}", sampled.frames.len());
    for (frame, told) in sampled.frames.iter().zip(&sampled.seconds) {
        let burned = f64::from(shown(&frame.rgb)) / 1000.0;
        assert!((told - burned).abs() < 0.0021, "{kind}: {told} for {burned}");
    }
    let facts = sampled.facts("00".to_owned());
    assert_eq!((facts.how.by, facts.frames as usize), (By::Element, sampled.frames.len()));
    assert!(facts.times.is_some_and(|t| t.ticks.len() == sampled.frames.len() + 1));
    console_log!("{kind}: {} pictures", sampled.frames.len());
}

#[wasm_bindgen_test]
async fn mp4() {
    pictures_have_the_time_that_is_told(media!("time-24.mp4"), "video/mp4", 5.0).await;
}

#[wasm_bindgen_test]
async fn webm() {
    pictures_have_the_time_that_is_told(media!("time-25.webm"), "video/webm", 3.0).await;
}

#[wasm_bindgen_test]
async fn what_cannot_be_played_says_why() {
    let sample = async |bytes: &[u8]| element::sample(&file(bytes, "video/mp4"), WHOLE, &mut |_| {}).await;
    let error = sample(b"no film at all").await.expect_err("is refused");
    console_log!("{error}");
    assert!(matches!(error, OwnError::CannotPlay(_)), "{error:?}");
    assert_eq!(sample(b"").await, Err(ContainerError::Empty.into()));
    assert_eq!(sample(media!("sound_only.m4a")).await, Err(ContainerError::NoVideo.into()));
}
