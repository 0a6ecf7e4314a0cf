//! Built-in films: links to them, recipes of them, and how they are made.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use scrubjay::packs;
use scrubjay::packs::make::Listed;
use scrubjay_core::pack::Pack;
use serde_json::Value;

fn scrubjay(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_scrubjay")).args(arguments).output().expect("the program starts")
}

fn public(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../public").join(name)
}

fn item(what: &str) -> Value {
    let output = scrubjay(&["item", what]);
    assert!(output.status.success(), "{what}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("an item")
}

/// The exit code and the one line of an error.
fn error(output: &Output) -> (Option<i32>, String) {
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(message.lines().filter(|l| l.starts_with("error:")).count(), 1, "{message}");
    assert!(!message.contains("panicked"), "{message}");
    (output.status.code(), message)
}

/// The program prints what core alone makes of the files that the site serves.
#[test]
fn links_to_films_make_the_pinned_items() {
    let golden = include_str!("../../tests/golden/packs.txt");
    let mut checked = 0;
    for line in golden.lines().filter(|l| l.contains("/0?clip=")) {
        let [link, id, stimulus, truth] =
            line.splitn(4, ' ').collect::<Vec<_>>().try_into().expect("four parts");
        let item = item(link);
        let said = ["id", "stimulus", "truth"].map(|key| item[key].as_str().expect("text"));
        assert_eq!(said, [id, stimulus, truth], "{link}");
        checked += 1;
    }
    assert_eq!(checked, 5 * packs::all().len());
}

/// A recipe of a film needs no file beside it: the program knows the film by its content.
#[test]
fn recipes_of_films_are_made_without_a_file() {
    let from_link = item("/p/masked/7?clip=frog");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("recipes.jsonl");
    let write = |change: &dyn Fn(&mut Value)| {
        let mut recipe = from_link["recipe"].clone();
        change(&mut recipe);
        let read: scrubjay_core::recipe::Recipe = serde_json::from_value(recipe.clone()).expect("a recipe");
        let line = serde_json::json!({ "id": read.id(), "recipe": recipe });
        std::fs::write(&path, format!("{line}\n")).expect("writable");
        path.to_str().expect("a plain path").to_owned()
    };
    let same = item(&write(&|_| ()));
    assert_eq!(same, from_link);
    let (code, message) = error(&scrubjay(&["item", &write(&|r| r["size"]["width"] = 100.into())]));
    assert!(code == Some(1) && message.contains("frog has pictures of 264x176"), "{message}");
    let unknown = |r: &mut Value| r["source"]["video"]["sha256"] = "0".repeat(64).into();
    let (code, message) = error(&scrubjay(&["item", &write(&unknown)]));
    assert!(code == Some(1) && message.contains("does not say where the video"), "{message}");
}

#[test]
fn links_that_name_no_film() {
    for (link, words) in [
        ("/p/jigsaw/5?clip=cat", "there are bunny, flower, friday, frog, monster, rabbit"),
        ("/p/jigsaw/5?clip=../frog", "no film's name"),
        ("/p/jigsaw/5?clip=frog&clip=bunny", "two films"),
        ("/p/qa/5?clip=frog", "only a scene knows"),
    ] {
        let (code, message) = error(&scrubjay(&["item", link]));
        assert!(code == Some(2) && message.contains(words), "{link}: {message}");
    }
    assert_eq!(item("/p/jigsaw/5?embed=1"), item("/p/jigsaw/5"));
}

/// The list that the site reads, the packs, and the page of licences say the same.
#[test]
fn what_is_said_of_films_is_true() {
    let index = std::fs::read_to_string(public("packs/index.json")).expect("there");
    let licences = std::fs::read_to_string(public("packs/LICENSES.md")).expect("there");
    let index: Vec<Value> = serde_json::from_str(&index).expect("a list");
    let mut total = 0;
    let mut listed = Vec::new();
    for pack in packs::all() {
        let about = pack.about();
        let file = std::fs::read(public(&format!("packs/{}.pack", about.name))).expect("there");
        assert_eq!(Pack::read(file.as_slice()).as_ref(), Ok(pack), "what is built in is what is served");
        total += file.len();
        listed.push(serde_json::to_value(Listed::of(pack, file.len())).expect("serializes"));
        let row = licences.lines().find(|l| l.starts_with(&format!("| {}.pack |", about.name)));
        let row = row.unwrap_or_else(|| panic!("{} is in LICENSES.md", about.name));
        let credit = about.credit.split(';').next().unwrap_or_default();
        for part in [credit, &about.licence, &about.licence_url] {
            assert!(row.contains(part), "{row} has {part}");
        }
        let clip = row.split(" | ").nth(1).expect("a row's second cell");
        let hash = scrubjay::dataset::synth::content_hash(&public("clips").join(clip)).expect("there");
        assert_eq!(hash, about.origin, "{clip}");
        assert!(pack.times().is_sorted_by(|a, b| a < b) && pack.times().next() == Some(0));
    }
    assert_eq!(index, listed);
    assert!(listed.len() >= 5 && total <= 4 << 20, "{total} bytes");
}

/// The same video gives a pack of the same pace and look, which is read again; its list is written beside it.
#[test]
fn a_pack_is_made_of_a_video() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (out, clip) = (folder.path().join("water.pack"), public("clips/mdn_stream_of_water.mp4"));
    let pack = |out: &Path, video: &Path, more: &[&str]| {
        let (out, video) = (out.to_str().expect("plain"), video.to_str().expect("plain"));
        let licence =
            ["--licence", "CC0-1.0", "--licence-url", "https://creativecommons.org/publicdomain/zero/1.0/"];
        let usual = ["pack", video, "--out", out, "--title", "Water", "--credit", "MDN contributors"];
        scrubjay(&[&usual[..], &licence, more].concat())
    };
    let output = pack(&out, &clip, &["--index", "--rate", "6"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let listed: Value = serde_json::from_slice(&output.stdout).expect("a line");
    let bytes = std::fs::read(&out).expect("written");
    let made = Pack::read(bytes.as_slice()).expect("sound");
    assert_eq!(made.about().name, "water");
    // 3.0 s at 6 a second, 480x360 as about 288 x 162 pixels.
    assert_eq!((made.source().frames(), made.about().size.width, made.about().size.height), (18, 250, 188));
    let video = scrubjay::video::Video::open(&clip).expect("opens");
    let ticks = video.times().expect("stated").ticks;
    for (k, time) in made.times().enumerate() {
        let index = ticks.iter().position(|t| *t == time).expect("a frame of the video");
        let decoded = video.decode(&[index as u32], made.about().size).expect("decodes").remove(0).frame;
        let packed = made.frame(k as u32).expect("decodes");
        let off: u64 = decoded.rgb.iter().zip(&packed.rgb).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
        let mean = off as f64 / decoded.rgb.len() as f64;
        assert!(mean < 12.0, "frame {k} is off by {mean} levels");
    }
    let index: Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("index.json")).expect("written"))
            .expect("JSON");
    assert_eq!(index, serde_json::json!([listed]));
    let wrong = [
        (pack(&folder.path().join("Water.pack"), &clip, &[]), 1, "small letters"),
        (pack(&folder.path().join("water.webp"), &clip, &[]), 2, "NAME.pack"),
        (pack(&out, &folder.path().join("none.mp4"), &[]), 1, "no such file"),
        (pack(&out, &clip, &["--rate", "0"]), 2, "--rate"),
    ];
    for (output, code, words) in wrong {
        let (got, message) = error(&output);
        assert!(got == Some(code) && message.contains(words), "{message}");
    }
    assert_eq!(std::fs::read(&out).expect("still there"), bytes, "nothing was overwritten by what failed");
}
