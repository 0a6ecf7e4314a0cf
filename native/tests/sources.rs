//! The videos of a dataset: copies under other names, copies in other bytes, a bench's, folders of frames, and work that
//! was cut off.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn clip(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../public/clips").join(name)
}

fn clips() -> Vec<PathBuf> {
    let list = std::fs::read_dir(clip("")).expect("the clips").map(|e| e.expect("an entry").path());
    let mut files: Vec<PathBuf> =
        list.filter(|p| p.extension().is_some_and(|e| e == "mp4" || e == "mkv" || e == "webm")).collect();
    files.sort();
    files
}

/// The same film in other bytes: a box at the end that readers pass over.
fn copied(from: &Path, to: &Path) {
    let mut bytes = std::fs::read(from).expect("reads");
    bytes.extend(12_u32.to_be_bytes());
    bytes.extend(b"freeabcd");
    std::fs::write(to, bytes).expect("written");
}

fn synth(out: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scrubjay"));
    command.arg("synth").args(arguments).arg("--out").arg(out).stderr(Stdio::null());
    command
}

fn lines(path: &Path) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(path).expect("written");
    text.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect()
}

fn text(path: &Path) -> &str {
    path.to_str().expect("plain")
}

#[test]
fn copies_look_alike_and_a_bench_is_kept_out() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let at = |name: &str| folder.path().join(name);
    let mp4: Vec<PathBuf> =
        clips().into_iter().filter(|c| c.extension().is_some_and(|e| e == "mp4")).collect();
    let [first, second, ..] = &mp4[..] else { panic!("two clips in MP4") };
    std::fs::create_dir(at("videos")).expect("made");
    copied(first, &at("videos/again.mp4"));
    for file in [first, second] {
        std::fs::copy(file, at("videos").join(file.file_name().expect("named"))).expect("copied");
    }
    std::fs::copy(first, at("videos/same.mp4")).expect("copied");
    let arguments =
        |videos: &str| ["--videos".to_owned(), videos.to_owned(), "--count".to_owned(), "6".to_owned()];
    let run = |out: &str, videos: &str, more: &[&str]| {
        let mut own: Vec<String> = arguments(videos).to_vec();
        own.extend(more.iter().map(|m| (*m).to_owned()));
        let own: Vec<&str> = own.iter().map(String::as_str).collect();
        assert!(synth(&at(out), &own).status().expect("starts").success(), "{own:?}");
    };
    run("all", text(&at("videos")), &[]);
    let alike = lines(&at("all/near-duplicates.jsonl"));
    assert_eq!(alike.len(), 1, "{alike:?}");
    let sources = lines(&at("all/sources.jsonl"));
    let sha = |name: &str| {
        let of = |s: &&serde_json::Value| s["file"].as_str().is_some_and(|f| f.ends_with(name));
        sources.iter().find(of).map(|s| s["source"]["video"]["sha256"].clone())
    };
    let pair = [alike[0]["a"].clone(), alike[0]["b"].clone()];
    assert!(pair.contains(&sha("again.mp4").expect("listed")));
    let ledger = lines(&at("all/ledger.jsonl"));
    assert_eq!(ledger.iter().filter(|l| l["cause"] == "duplicate").count(), 1);

    run("bench", text(first), &[]);
    run("rest", text(&at("videos")), &["--against", text(&at("bench"))]);
    let mut causes: Vec<String> = lines(&at("rest/ledger.jsonl"))
        .iter()
        .map(|l| l["cause"].as_str().expect("a cause").to_owned())
        .collect();
    causes.sort();
    assert_eq!(causes, ["duplicate", "in-bench", "near-bench"]);
    assert_eq!(lines(&at("rest/sources.jsonl")).len(), 1);
}

#[test]
fn a_folder_of_frames_is_found_and_makes_items() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let frames = folder.path().join("films/one");
    let out = Command::new(env!("CARGO_BIN_EXE_scrubjay"))
        .arg("frames")
        .arg(&clips()[0])
        .args(["--sampling", "uniform:64", "--out"])
        .arg(&frames)
        .stdout(Stdio::null())
        .status();
    assert!(out.expect("starts").success());
    let films = folder.path().join("films");
    let made = folder.path().join("data");
    let arguments = ["--videos", text(&films), "--count", "3"];
    assert!(synth(&made, &arguments).status().expect("starts").success());
    let recipes = scrubjay::dataset::recipes::read(&made.join("recipes.jsonl")).expect("reads");
    let loader = scrubjay::loader::Loader::default();
    let item = loader.item(&recipes[0]).expect("realizes");
    assert_eq!(item.clips.iter().map(|c| c.frames.len()).sum::<usize>(), 48);
    std::fs::remove_file(frames.join("005.png")).expect("removed");
    let gone = scrubjay::loader::Loader::default().item(&recipes[0]).expect_err("changed").to_string();
    assert!(gone.contains("one"), "{gone}");
}

/// Everything under a folder.
fn tree(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("lists") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(
                tree(&path)
                    .into_iter()
                    .map(|(p, b)| (PathBuf::from(path.file_name().expect("named")).join(p), b)),
            );
        } else {
            let name = PathBuf::from(path.file_name().expect("named"));
            files.push((name, std::fs::read(&path).expect("reads")));
        }
    }
    files.sort();
    files
}

#[test]
fn work_that_was_cut_off_goes_on_to_the_same_end() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let videos = clip("");
    let arguments = ["--videos", text(&videos), "--scenes", "all", "--count", "9000"];
    let whole = folder.path().join("whole");
    let began = std::time::Instant::now();
    assert!(synth(&whole, &arguments).status().expect("starts").success());
    let (step, out) = (began.elapsed() / 8, folder.path().join("cut"));
    let mut life = step / 4;
    loop {
        let mut child = synth(&out, &arguments).spawn().expect("starts");
        std::thread::sleep(life);
        child.kill().expect("is killed or has ended");
        if child.wait().expect("ends").success() {
            break;
        }
        life += step;
    }
    assert!(tree(&out) == tree(&whole));
}
