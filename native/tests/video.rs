//! Decoding: every picture of the films in `tests/media` carries its own presentation time (see `make.sh` there), so
//! that what was decoded, chosen and told can be compared with what was shown.

use std::path::{Path, PathBuf};

use scrubjay::video::Video;
use scrubjay_core::frame::Frame;
use scrubjay_core::recipe::Size;
use scrubjay_core::source::qwen::{Rule, stamps};
use scrubjay_core::source::{Clock, Pick, Sampling, Windows};

const FILMS: [&str; 8] = [
    "time-24.mp4",
    "time-25.mkv",
    "time-2997.mp4",
    "time-30.mp4",
    "time-60.mp4",
    "time-vfr.mp4",
    "time-late.mkv",
    "time-edit.mp4",
];

fn film(name: &str) -> (PathBuf, Video) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/media").join(name);
    let video = Video::open(&path).expect("a sound film");
    (path, video)
}

/// The milliseconds that a picture shows: sixteen squares, lowest bit first.
fn shown(frame: &Frame) -> u32 {
    let bit = |n: u32| {
        let (x, y) = (n % 4 * 16 + 8, n / 4 * 16 + 8);
        u32::from(frame.rgb[((y * frame.width + x) * 3) as usize] > 127)
    };
    (0..16).map(|n| bit(n) << n).sum()
}

const WHOLE: Size = Size { width: 64, height: 64 };

#[test]
fn a_time_burned_into_the_picture_is_the_time_that_is_told() {
    let clock = Clock::Pts;
    let windows = Windows::try_from(vec![[1000, 2500]]).expect("sound");
    let picks = [
        Pick::Linspace { count: 16 },
        Pick::Qwen { rule: Rule::Processor, rate: 2, per: 1, fewest: 4, count: 768 },
        Pick::Qwen { rule: Rule::Utils, rate: 5, per: 2, fewest: 4, count: 768 },
        Pick::Rate { rate: 4, count: 64 },
        Pick::Focus { count: 16, windows },
    ];
    for name in FILMS {
        let (_, video) = film(name);
        let fps = video.rate().fps();
        for pick in picks {
            let known = video.times().expect("every frame has its time");
            let (timeline, times) =
                Sampling { pick, clock }.choose(video.frames(), fps, Some(&known)).expect("long enough");
            assert_eq!(times.is_some(), name == "time-vfr.mp4", "{name} carries its times only if it must");
            let decoded = video.decode(&timeline.indices, WHOLE).expect("decodes");
            assert_eq!(decoded.len(), timeline.indices.len());
            // The film's own clock may begin anywhere; what is shown counts from its first frame.
            let first = shown(&video.decode(&[0], WHOLE).expect("decodes")[0].frame);
            let burned: Vec<f64> =
                decoded.iter().map(|d| f64::from(shown(&d.frame) - first) / 1000.0).collect();
            let start = video.time(0).expect("timed");
            for (i, (decoded, burned)) in decoded.iter().zip(&burned).enumerate() {
                let told = timeline.edge(i as u32);
                assert!((told - burned).abs() < 0.0021, "{name} {pick:?} {i}: {told} for {burned}");
                let pts = decoded.pts_seconds.expect("timed") - start;
                assert!((pts - burned).abs() < 0.0021, "{name} {pick:?} {i}: {pts} for {burned}");
            }
            match pick {
                // What was asked for by time is there at that time.
                Pick::Rate { rate, .. } => {
                    for (k, told) in burned.iter().enumerate().filter(|_| name != "time-vfr.mp4") {
                        let asked = k as f64 / f64::from(rate);
                        assert!(
                            *told <= asked + 0.002 && asked - told < 1.0 / fps,
                            "{name}: {told}, {asked}"
                        );
                    }
                }
                Pick::Focus { .. } => {
                    let inside = burned.iter().filter(|t| (0.95..=3.001).contains(*t)).count();
                    assert!(inside >= 8, "{name}: {inside} frames in the window");
                }
                _ => {}
            }
            let told: Vec<f64> = (0..burned.len()).map(|i| timeline.edge(i as u32)).collect();
            for (told, burned) in stamps(&told).into_iter().zip(stamps(&burned)) {
                assert!((told - burned).abs() < 0.0021, "{name}: the prompt says {told} for {burned}");
            }
        }
    }
}

#[test]
fn seeking_gives_the_frames_of_decoding_from_the_start() {
    for name in FILMS {
        let (_, video) = film(name);
        assert!(video.seeks(), "{name}");
        let all: Vec<u32> = (0..video.frames()).collect();
        let linear = video.decode(&all, WHOLE).expect("decodes");
        assert!(linear.windows(2).all(|w| shown(&w[0].frame) < shown(&w[1].frame)), "{name}: out of order");
        for chosen in [vec![video.frames() - 1], vec![7, 60, 61], vec![50], vec![0, 0, 71]] {
            let some = video.decode(&chosen, WHOLE).expect("decodes");
            assert_eq!(some.len(), chosen.len());
            for (decoded, i) in some.iter().zip(&chosen) {
                assert!(decoded.frame == linear[*i as usize].frame, "{name}: frame {i} of {chosen:?}");
            }
        }
    }
}

/// A group of pictures that refers across its key frame, whose last frame comes right before the next one.
#[test]
fn frames_next_to_an_open_group_come_out() {
    let (_, video) = film("open-gop.mp4");
    let all: Vec<u32> = (0..video.frames()).collect();
    let linear = video.decode(&all, WHOLE).expect("decodes");
    for i in all {
        let one = video.decode(&[i], WHOLE).expect("decodes");
        assert!(one[0].frame == linear[i as usize].frame, "frame {i}");
    }
}

#[test]
fn an_edit_list_hides_what_it_hides() {
    let (_, whole) = film("time-24.mp4");
    let (_, cut) = film("time-edit.mp4");
    let ms = |v: &Video, i: u32| shown(&v.decode(&[i], WHOLE).expect("decodes")[0].frame);
    let hidden = (0..whole.frames()).find(|i| ms(&whole, *i) == ms(&cut, 0)).expect("a frame of the film");
    assert!(hidden > 0, "something is hidden");
    assert_eq!(whole.frames() - hidden, cut.frames());
}

#[test]
fn a_folder_of_pictures_is_a_video() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (path, video) = film("time-25.mkv");
    let out = std::process::Command::new(env!("CARGO_BIN_EXE_scrubjay"))
        .args(["frames", path.to_str().expect("plain"), "--sampling", "uniform:12", "--out"])
        .arg(folder.path())
        .output()
        .expect("the program starts");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let chosen = Sampling { pick: Pick::Linspace { count: 12 }, clock: Clock::Pts };
    let indices = chosen.select(video.frames(), 25.0).expect("long enough").indices;
    let pictures = Video::open(folder.path()).expect("a folder of pictures");
    assert_eq!((pictures.frames(), pictures.rate().fps()), (12, 2.0));
    let theirs = pictures.decode(&[0, 5, 11], WHOLE).expect("decodes");
    let ours = video.decode(&[indices[0], indices[5], indices[11]], WHOLE).expect("decodes");
    assert!(theirs.iter().zip(&ours).all(|(a, b)| shown(&a.frame) == shown(&b.frame)));
}
