//! Packs: what is written is read, and damage is an error.

use super::*;
use proptest::prelude::*;

const FRIDAY: &[u8] = include_bytes!("../../../public/packs/friday.pack");

/// The first frames of a built-in film as pictures.
fn pictures(count: usize) -> (About, Vec<Picture>) {
    let pack = Pack::read(FRIDAY).expect("built in");
    let picture =
        |(place, time): (&Range<usize>, i64)| Picture { time, webp: pack.bytes[place.clone()].to_vec() };
    (pack.about().clone(), pack.places.iter().zip(pack.times()).take(count).map(picture).collect())
}

/// A pack of three frames, and they.
fn small() -> (Vec<u8>, Vec<Frame>) {
    let (about, pictures) = pictures(3);
    let bytes = write(&about, &pictures).expect("sound");
    let frames = Pack::read(bytes.as_slice()).expect("sound").frames(&[0, 1, 2]).expect("sound");
    (bytes, frames)
}

#[test]
fn what_is_written_is_read() {
    let (bytes, frames) = small();
    let pack = Pack::read(bytes.clone()).expect("sound");
    let whole = Pack::read(FRIDAY).expect("built in");
    assert_eq!(whole.frames(&[0, 1, 2]).expect("sound"), frames);
    assert_eq!(pack.frames(&[2, 0]).expect("any order"), [frames[2].clone(), frames[0].clone()]);
    assert_eq!(pack.frame(3), Err(PackError::Index { index: 3, frames: 3 }));
    assert_eq!(
        (pack.about(), pack.times().collect::<Vec<_>>()),
        (whole.about(), whole.times().take(3).collect())
    );
    assert_eq!(pack.sha256(), hex(&Sha256::digest(&bytes)));
    assert_eq!(pack.source().key(), format!("video/{}", pack.sha256()));
    assert_ne!(pack.sha256(), whole.sha256());
}

#[test]
fn a_pack_that_is_cut_off_anywhere_is_refused() {
    let (bytes, _) = small();
    for end in 0..bytes.len() {
        assert!(Pack::read(&bytes[..end]).is_err(), "{end}");
    }
    let longer = [bytes.as_slice(), b"!"].concat();
    assert!(matches!(Pack::read(longer), Err(PackError::Length { .. })));
}

/// One bit of a byte is turned. Where the pack is still taken, its pictures are as they were.
#[test]
fn turned_bits_are_noticed() {
    let (bytes, frames) = small();
    let header = bytes.len() - pictures(3).1.iter().map(|p| p.webp.len()).sum::<usize>();
    let (mut refused, mut changed, mut undecodable) = (0, 0, 0);
    for at in (0..header).chain((header..bytes.len()).step_by(5)) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << (at % 8);
        match Pack::read(damaged.as_slice()).and_then(|p| p.frames(&[0, 1, 2])) {
            Ok(taken) => assert_eq!(taken, frames, "byte {at}"),
            Err(PackError::Changed { .. }) => changed += 1,
            Err(PackError::Picture { .. }) => undecodable += 1,
            Err(_) => refused += 1,
        }
    }
    assert!(refused > 100 && changed > 100 && undecodable > 5, "{refused} {changed} {undecodable}");
}

/// The decoder itself, without a hash to hold it up.
#[test]
fn damaged_pictures_are_no_danger() {
    let (about, pictures) = pictures(1);
    let picture = |webp: Vec<u8>| write(&about, &[Picture { time: 0, webp }]);
    let webp = &pictures[0].webp;
    for end in (0..64).chain((64..webp.len()).step_by(11)) {
        assert!(picture(webp[..end].to_vec()).is_err(), "{end}");
    }
    let mut taken = 0;
    for at in (0..64).chain((64..webp.len()).step_by(3)) {
        let mut damaged = webp.clone();
        damaged[at] ^= 0x80 >> (at % 8);
        taken += usize::from(picture(damaged).is_ok());
    }
    assert!(taken > 100, "{taken} pictures with another bit are pictures");
}

#[test]
fn other_pictures_are_refused() {
    let (about, pictures) = pictures(1);
    let refusal = |about: &About, webp: Vec<u8>| match write(about, &[Picture { time: 0, webp }]) {
        Err(PackError::Picture { index: 0, what }) => what,
        other => panic!("{other:?}"),
    };
    let mut lossless = Vec::new();
    let Size { width, height } = about.size;
    let black = Frame::black(width, height);
    let encoder = image_webp::WebPEncoder::new(&mut lossless);
    encoder.encode(&black.rgb, width, height, image_webp::ColorType::Rgb8).expect("encodes");
    assert!(refusal(&about, lossless).contains("no plain lossy"));
    let other = About { size: Size { width: width - 2, height }, ..about.clone() };
    assert!(refusal(&other, pictures[0].webp.clone()).contains("250x188 and not 248x188"));
    assert!(refusal(&about, Vec::new()).contains("no plain lossy"));
}

#[test]
fn impossible_headers_are_refused() {
    let pack = Pack::read(FRIDAY).expect("built in");
    let refused = |change: &dyn Fn(&mut Header)| {
        let mut header = pack.header.clone();
        change(&mut header);
        let json = serde_json::to_vec(&header).expect("serializes");
        let pictures = &pack.bytes[pack.places[0].start..];
        let read = Pack::read([MAGIC, &json, b"\n", pictures].concat());
        read.expect_err("refused")
    };
    let value = |change: &dyn Fn(&mut Header), words: &str| {
        let error = refused(change);
        assert!(matches!(&error, PackError::Value(what) if what.contains(words)), "{words}: {error}");
    };
    value(&|h| h.about.name = "Friday".to_owned(), "Friday");
    value(&|h| h.about.title = " ".to_owned(), "title");
    value(&|h| h.about.credit = "x".repeat(513), "credit");
    value(&|h| h.about.licence = "CC0\nMIT".to_owned(), "licence");
    value(&|h| h.about.licence_url = "javascript:alert(1)".to_owned(), "https://");
    value(&|h| h.about.licence_url = "https://a\"b".to_owned(), "https://");
    value(&|h| h.about.origin = "F".repeat(64), "hexadecimal");
    value(&|h| h.about.size.width = 0, "0x188");
    value(&|h| h.about.size.height = u32::MAX, "sides");
    value(&|h| h.about.rate.num = 0, "rate");
    value(&|h| h.about.ticks.den = 0, "ticks");
    value(&|h| h.frames.clear(), "0 frames");
    value(&|h| h.frames = vec![h.frames[0].clone(); 769], "769 frames");
    value(&|h| h.frames[1].time = 0, "rise");
    value(&|h| h.frames[3].bytes = 0, "no bytes");
    value(&|h| h.frames[3].bytes = u32::MAX, "more than");
    value(&|h| h.frames[3].sha256.truncate(63), "hexadecimal");
    let longer = refused(&|h| h.frames[3].bytes += 1);
    assert!(matches!(longer, PackError::Length { .. }), "{longer}");
    let fewer = refused(&|h| h.frames.truncate(5));
    assert!(matches!(fewer, PackError::Length { .. }), "{fewer}");
    for (bytes, words) in [
        (&b"RIFF"[..], "scrubjay pack 1"),
        (b"scrubjay pack 2\n{}\n", "scrubjay pack 1"),
        (b"scrubjay pack 1\n{}\n", "about"),
        (b"scrubjay pack 1\n[1e999]\n", "header"),
        (b"scrubjay pack 1\n{}", "does not end"),
    ] {
        let error = Pack::read(bytes).expect_err("refused").to_string();
        assert!(error.contains(words), "{error}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>, json: String) {
        let _ = Pack::read(bytes.as_slice());
        let headed = [MAGIC, &bytes, b"\n", &bytes].concat();
        prop_assert!(Pack::read(headed).is_err());
        let headed = [MAGIC, json.as_bytes(), b"\n"].concat();
        prop_assert!(Pack::read(headed).is_err());
    }
}
