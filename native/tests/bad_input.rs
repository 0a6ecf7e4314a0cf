//! Bad input gives one clear error and a non-zero exit code, and leaves nothing half-written.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn scrubjay(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_scrubjay")).args(arguments).output().expect("the program starts")
}

fn clip(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../public/clips").join(name)
}

/// Runs `synth` on one video and checks that it fails as it should; returns the message.
fn refused(video: &Path) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("out");
    let text = |p: &Path| p.to_str().expect("a plain path").to_owned();
    let result = scrubjay(&["synth", "--videos", &text(video), "--count", "4", "--out", &text(&out)]);
    let message = String::from_utf8_lossy(&result.stderr).into_owned();
    assert_eq!(result.status.code(), Some(1), "{message}");
    assert_eq!(message.lines().filter(|l| l.starts_with("error:")).count(), 1, "{message}");
    assert!(!message.contains("panicked"), "{message}");
    assert!(!out.exists(), "nothing is left in {}", out.display());
    message
}

fn with_bytes(name: &str, bytes: &[u8], check: impl Fn(&str)) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).expect("writable");
    check(&refused(&path));
}

#[test]
fn a_missing_video() {
    assert!(refused(Path::new("no/such/clip.mp4")).contains("no such file"));
}

#[test]
fn an_empty_video() {
    with_bytes("empty.mp4", b"", |m| assert!(m.contains("the file is empty"), "{m}"));
}

#[test]
fn a_text_file_named_as_a_video() {
    with_bytes("text.mp4", b"This is not a film.\n".repeat(99).as_slice(), |m| {
        assert!(m.contains("not a readable video file"), "{m}");
    });
}

#[test]
fn a_video_cut_off_anywhere() {
    for name in ["mdn_flower.mp4", "mdn_friday.mp4"] {
        let whole = std::fs::read(clip(name)).expect("bundled");
        for part in [1, 5, 9] {
            let cut = &whole[..whole.len() * part / 10];
            with_bytes(name, cut, |m| {
                assert!(
                    ["cut off", "not a readable video", "is damaged"].iter().any(|w| m.contains(w)),
                    "{name} {part}/10: {m}"
                );
            });
        }
    }
}

#[test]
fn a_file_with_sound_only() {
    let sound = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/media/sound_only.m4a");
    assert!(refused(&sound).contains("no video stream"));
}

#[test]
fn a_bad_video_among_good_ones_is_skipped_and_listed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let videos = folder.path().join("videos");
    std::fs::create_dir(&videos).expect("writable");
    std::fs::copy(clip("mdn_flower.mp4"), videos.join("good.mp4")).expect("copied");
    std::fs::copy(clip("mdn_flower.mp4"), videos.join("same.mp4")).expect("copied");
    std::fs::write(videos.join("bad.mp4"), b"no").expect("written");
    let out = folder.path().join("out");
    let result = scrubjay(&[
        "synth",
        "--videos",
        videos.to_str().expect("plain"),
        "--count",
        "12",
        "--out",
        out.to_str().expect("plain"),
    ]);
    assert!(result.status.success(), "{}", String::from_utf8_lossy(&result.stderr));
    let lines = |name: &str| std::fs::read_to_string(out.join(name)).expect("written").lines().count();
    assert_eq!((lines("recipes.jsonl"), lines("ledger.jsonl")), (12, 2));
    let ledger = std::fs::read_to_string(out.join("ledger.jsonl")).expect("written");
    assert!(ledger.contains("\"not-a-video\"") && ledger.contains("\"duplicate\""), "{ledger}");
}

#[test]
fn wrong_names_are_refused_before_any_work() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("out");
    let out = out.to_str().expect("plain");
    for (arguments, said) in [
        (vec!["synth", "--scenes", "all", "--preset", "videosr", "--out", out], "unknown preset 'videosr'"),
        (vec!["synth", "--scenes", "sea", "--out", out], "unknown scene family 'sea'"),
        (vec!["synth", "--scenes", "all", "--shard", "3/3", "--out", out], "--shard 3/3"),
        (vec!["train", "--preset", "nope", "--out", out], "unknown preset 'nope'"),
        (vec!["train", "--set", "grpo.groups=2", "--out", out], "groups"),
        (vec!["item", "/p/chess/1"], "unknown task 'chess'"),
        (vec!["item", "/p/jigsaw/x"], "not a seed"),
    ] {
        let result = scrubjay(&arguments);
        let message = String::from_utf8_lossy(&result.stderr);
        assert_eq!(result.status.code(), Some(2), "{arguments:?}: {message}");
        assert!(message.contains(said), "{arguments:?}: {message}");
    }
    assert!(!Path::new(out).exists());
}

#[test]
fn a_folder_that_cannot_be_written() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    // A file where the folder should be: refused for every user, root included.
    let blocked = folder.path().join("blocked");
    std::fs::write(&blocked, b"in the way").expect("written");
    let out = blocked.join("out");
    let out = out.to_str().expect("plain");
    for arguments in [
        vec!["synth", "--scenes", "all", "--count", "4", "--out", out],
        vec!["train", "--steps", "1", "--out", out],
    ] {
        let result = scrubjay(&arguments);
        let message = String::from_utf8_lossy(&result.stderr);
        assert_eq!(result.status.code(), Some(1), "{arguments:?}: {message}");
        assert!(message.contains("blocked"), "{arguments:?}: {message}");
    }
    assert_eq!(std::fs::read(&blocked).expect("still there"), b"in the way");
}

#[test]
fn a_changed_recipe_is_noticed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("out");
    let made = scrubjay(&["synth", "--scenes", "all", "--count", "2", "--out", out.to_str().expect("plain")]);
    assert!(made.status.success());
    let file = out.join("recipes.jsonl");
    let text = std::fs::read_to_string(&file).expect("written");
    std::fs::write(&file, text.replacen("\"seed\":", "\"seed\":1", 1)).expect("written");
    let result = scrubjay(&["item", file.to_str().expect("plain")]);
    let message = String::from_utf8_lossy(&result.stderr);
    assert_eq!(result.status.code(), Some(1), "{message}");
    assert!(message.contains("recipes.jsonl:1"), "{message}");
}

#[test]
fn a_wrong_configuration_is_refused_before_any_work() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (config, out) = (folder.path().join("mine.toml"), folder.path().join("run"));
    let (_, toy) = scrubjay_core::preset::BUILT_IN[0];
    let train = |text: &str, set: &[&str]| {
        std::fs::write(&config, text).expect("writable");
        let mut command = Command::new(env!("CARGO_BIN_EXE_train"));
        command.arg("--config").arg(&config).arg("--out").arg(&out);
        let result =
            command.args(set.iter().flat_map(|s| ["--set", s])).output().expect("the program starts");
        let message = String::from_utf8_lossy(&result.stderr).into_owned();
        assert_eq!(result.status.code(), Some(2), "{message}");
        assert!(!out.exists(), "nothing is made: {message}");
        message
    };
    let line = 1 + toy.lines().position(|l| l.starts_with("group")).expect("there");
    let message = train(&toy.replace("group = 8", "num_generations = 8"), &[]);
    assert!(
        message.contains(&format!("mine.toml: line {line}: unknown key 'grpo.num_generations'")),
        "{message}"
    );
    assert!(message.contains("did you mean 'grpo.group'?"), "{message}");
    let message = train(toy, &["grpo.loss_type=gspo", "grpo.importance=token"]);
    assert!(message.contains("--set grpo.importance=token: grpo.importance = "), "{message}");
}
