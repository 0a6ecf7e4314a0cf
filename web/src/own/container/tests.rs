//! Films whose times are known: `tests/media` is made by its `make.sh`, and every picture there tells its own time.

use std::fs::File;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use scrubjay_core::time::Rate;

use super::{Colours, ContainerError, Track, Turn, read};

fn media(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/media").join(name)
}

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(media(name)).expect(name)
}

fn of(bytes: &[u8]) -> Result<Track, ContainerError> {
    read(&mut Cursor::new(bytes), bytes.len() as u64)
}

fn track(name: &str) -> Track {
    let mut file = File::open(media(name)).expect(name);
    let length = file.metadata().expect(name).len();
    read(&mut file, length).unwrap_or_else(|e| panic!("{name}: {e}"))
}

#[test]
fn frames_rates_and_times_are_those_the_films_were_made_with() {
    let rate = |num, den| Rate { num, den };
    for (name, frames, fps, step) in [
        ("time-24.mp4", 120, rate(24, 1), 512),
        ("time-2997.mp4", 150, rate(30_000, 1001), 1001),
        ("time-30.mp4", 150, rate(30, 1), 512),
        ("time-60.mp4", 240, rate(60, 1), 256),
        ("time-edit.mp4", 96, rate(24, 1), 512),
        ("open-gop.mp4", 150, rate(30, 1), 512),
        ("time-25.mkv", 125, rate(25, 1), 40),
        ("time-late.mkv", 100, rate(25, 1), 40),
        ("time-25.webm", 75, rate(25, 1), 40),
    ] {
        let track = track(name);
        assert_eq!((track.shown.len(), track.rate), (frames, fps), "{name}");
        let times = track.times().expect(name);
        let expected: Vec<i64> = (0..=frames as i64).map(|i| i * step).collect();
        assert_eq!(times.ticks, expected, "{name}");
        assert!(times.even(fps.fps()), "{name}");
        assert!((track.duration() - frames as f64 / fps.fps()).abs() < 1e-9, "{name}");
        assert_eq!((track.coded, track.turn), ((64, 64), Turn::default()), "{name}");
        let (codec, described) = if name.ends_with(".webm") { ("vp09.", false) } else { ("avc1.", true) };
        assert!(track.codec.name.starts_with(codec), "{name}: {}", track.codec.name);
        assert_eq!(track.codec.description.is_some(), described, "{name}");
    }
}

#[test]
fn colours_are_those_that_the_film_states() {
    let of = |name: &str| track(name).codec.colours;
    assert_eq!(of("time-24.mp4"), Some(Colours { matrix: 2, full: false }));
    assert_eq!(of("colours.mp4"), Some(Colours { matrix: 2, full: false }));
    assert_eq!(of("colours-709.mp4"), Some(Colours { matrix: 1, full: true }));
    assert_eq!(of("time-25.webm"), Some(Colours { matrix: 2, full: false }));
}

#[test]
fn uneven_times_are_told_frame_by_frame() {
    let track = track("time-vfr.mp4");
    let times = track.times().expect("times");
    assert_eq!((track.shown.len(), track.rate), (154, Rate { num: 2310, den: 103 }));
    // As make.sh has it: every seventh frame is left out from the fourth on, and each 40 that stay come 0.3 s later.
    let kept = (0..180_i64).filter(|n| n % 7 != 3).zip(0_i64..).map(|(n, k)| n * 3000 + k / 40 * 27_000);
    let start: Vec<i64> = kept.collect();
    assert_eq!(times.ticks[..154], start[..]);
    assert!(!times.even(track.rate.fps()));
}

#[test]
fn runs_begin_at_a_key_frame_that_is_shown_before() {
    let track = track("open-gop.mp4");
    for number in 0..track.shown.len() as u32 {
        let runs = track.runs(&[number]);
        let [run] = &runs[..] else { panic!("{number}: {runs:?}") };
        let sample = |n: u32| track.samples[n as usize];
        assert!(sample(run.first).key && run.first <= run.last, "{number}");
        assert!(sample(run.first).time <= sample(run.last).time, "{number}");
        assert_eq!(run.wanted, [track.shown[number as usize].sample], "{number}");
    }
    let all: Vec<u32> = (0..track.shown.len() as u32).collect();
    let wanted: usize = track.runs(&all).iter().map(|r| r.wanted.len()).sum();
    assert_eq!(wanted, all.len());
    assert!(track.runs(&[9999]).is_empty());
    let late = &track.runs(&[140])[0];
    assert!(track.from_further_back(late).is_some_and(|run| run.first < late.first));
}

#[test]
fn ranks_rise_with_time_and_are_all_different() {
    let track = track("time-24.mp4");
    let ranks = track.ranks();
    let mut of_shown: Vec<u32> = track.shown.iter().map(|s| ranks[s.sample as usize]).collect();
    assert!(of_shown.is_sorted());
    of_shown.dedup();
    assert_eq!(of_shown.len(), track.samples.len());
}

#[test]
fn what_is_no_film_is_named() {
    assert_eq!(of(b""), Err(ContainerError::Empty));
    assert_eq!(of(b"<!doctype html>"), Err(ContainerError::NotAVideo));
    assert_eq!(of(b"\x89PNG\r\n\x1a\n"), Err(ContainerError::NotAVideo));
    assert_eq!(of(b"RIFF\0\0\0\0AVI LIST"), Err(ContainerError::Foreign("AVI".to_owned())));
    assert_eq!(of(&bytes("sound_only.m4a")), Err(ContainerError::NoVideo));
}

/// Where a box or a name begins.
fn place(of: &[u8], what: &[u8]) -> usize {
    of.windows(what.len()).position(|w| w == what).expect("is there")
}

#[test]
fn what_is_cut_off_is_refused_and_says_so() {
    let whole = bytes("time-24.mp4");
    // The index is behind the pictures in this file.
    assert!(matches!(of(&whole[..4000]), Err(ContainerError::Damaged(_))));
    let fragments = bytes("time-30.mp4");
    let cut = of(&fragments[..fragments.len() - 500]);
    assert!(
        matches!(cut, Err(ContainerError::Truncated { promised: 150, present }) if present < 150),
        "{cut:?}"
    );
    let mkv = bytes("time-25.mkv");
    let part = of(&mkv[..mkv.len() / 2]).expect("what is there can be shown");
    assert!((10..125).contains(&part.shown.len()), "{}", part.shown.len());
}

#[test]
fn encryption_and_unknown_codecs_are_named() {
    let mut film = bytes("time-24.mp4");
    let at = place(&film, b"avc1\0\0\0\0\0\0");
    film[at..at + 4].copy_from_slice(b"encv");
    assert_eq!(of(&film), Err(ContainerError::Encrypted));
    film[at..at + 4].copy_from_slice(b"mp4v");
    assert_eq!(of(&film), Err(ContainerError::Codec("mp4v".to_owned())));
}

#[test]
fn pictures_that_lie_are_known_to() {
    let mut film = bytes("time-24.mp4");
    let matrix = place(&film, b"tkhd") + 4 + 40;
    let turned: [i32; 9] = [0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30];
    for (k, cell) in turned.iter().enumerate() {
        film[matrix + 4 * k..matrix + 4 * k + 4].copy_from_slice(&cell.to_be_bytes());
    }
    assert_eq!(of(&film).map(|t| t.turn), Ok(Turn { quarters: 1, mirrored: false }));
}

/// Whatever is changed, the answer is a list or an error, soon.
#[test]
fn any_damage_is_an_error_or_a_list_and_never_a_panic() {
    for name in ["time-24.mp4", "time-30.mp4", "time-edit.mp4", "time-25.mkv"] {
        let whole = bytes(name);
        let (mut refused, mut listed) = (0, 0);
        let mut count = |film: &[u8]| match of(film) {
            Ok(track) => {
                assert!(track.samples.len() <= super::MOST && !track.shown.is_empty());
                let _ = (track.times(), track.runs(&[0, 7, u32::MAX]), track.duration());
                listed += 1;
            }
            Err(_) => refused += 1,
        };
        for at in 0..whole.len() {
            for value in [0, 1, 0x7f, 0xff] {
                let mut film = whole.clone();
                film[at] = value;
                count(&film);
            }
            count(&whole[..at]);
        }
        assert!(refused > 100 && listed > 100, "{name}: {refused} refused, {listed} listed");
    }
}
