//! Films of the visitor's own: each puzzle of each, files that cannot be used, and that nothing of a film goes anywhere.

use std::path::{Path, PathBuf};

use scrubjay::video::Video;
use scrubjay_core::item::Truth;
use scrubjay_core::link::{FilmSource, film_item_now};
use scrubjay_core::recipe::Recipe;
use scrubjay_core::source::Source;
use scrubjay_core::task::TaskName;
use sha2::{Digest as _, Sha256};

use crate::solve::{By, answer, edges};
use crate::support::{Session, site::Asked};

/// The puzzles that a film can be made into.
const PUZZLES: [TaskName; 5] =
    [TaskName::Jigsaw, TaskName::Grounding, TaskName::Counting, TaskName::Masked, TaskName::Segments];

fn media(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("media").join(name)
}

/// What native code asks about a film that is as small as the pictures of puzzles may be.
fn native(file: &Path, sha256: &str, task: TaskName, seed: u64) -> (Recipe, Truth) {
    let video = Video::open(file).expect("opens");
    let size = video.size().expect("has a size");
    let source = Source::Video { sha256: sha256.to_owned(), frames: video.frames(), rate: video.rate() };
    let times = video.times();
    let film = FilmSource { source: &source, size, times: times.as_ref() };
    let frames = |numbers: &[u32]| {
        video.decode(numbers, size).map(|decoded| decoded.into_iter().map(|d| d.frame).collect())
    };
    let made = film_item_now(task, seed, &film, frames);
    let (recipe, item) = made.unwrap_or_else(|e| panic!("{task} {seed}: {e}"));
    (recipe, item.truth)
}

/// Opens a film on the site's page for that, and tells the hash by which the site knows it.
async fn open(session: &Session, file: &Path) -> String {
    session.goto("/own").await;
    // What the site fetches for later is not the film's doing.
    session.settled().await;
    session.choose("#file", file).await;
    session.attribute("[data-film]", "data-film").await
}

async fn each_puzzle(name: &str) {
    let file = media(name);
    let session = Session::open("/").await;
    let sha256 = open(&session, &file).await;
    let expected = Sha256::digest(std::fs::read(&file).expect("readable"));
    let expected: String = expected.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(sha256, expected, "a film is known by the hash of its file, as native code knows it");
    assert_eq!(
        session.attribute("[data-film]", "data-by").await,
        "webcodecs",
        "{name} is read frame by frame"
    );
    let before = session.site.asked();
    for task in PUZZLES {
        session.enter(&format!("[data-film] a[href*='/p/{task}/']")).await;
        let (recipe, truth) = native(&file, &sha256, task, 1);
        answer(&session, By::Keyboard, &truth, &edges(&recipe)).await;
        assert_eq!(session.score().await, "1.0000", "{task} of {name}");
        session.client().back().await.expect("goes back");
    }
    nothing_was_asked(&before, &session);
    session.close().await;
}

/// Nothing at all was asked since a film was opened: not even of the site's own server. But for one thing: now and then, when
/// it likes, the browser itself asks whether the service worker is still the same file, and says nothing but its name.
fn nothing_was_asked(before: &[Asked], session: &Session) {
    let after = session.site.asked();
    let browsers = Asked { method: "GET".to_owned(), path: "/sw.js".to_owned(), body: 0 };
    let since: Vec<&Asked> = after.iter().skip(before.len()).filter(|asked| **asked != browsers).collect();
    assert!(since.is_empty(), "asked after a film was opened: {since:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_puzzle_of_an_mp4() {
    each_puzzle("film.mp4").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_puzzle_of_a_webm() {
    each_puzzle("film.webm").await;
}

/// Files that are no films, or films no more, each with what the visitor is told.
fn unusable(folder: &Path) -> Vec<(PathBuf, &'static str)> {
    let whole = std::fs::read(media("film.mp4")).expect("readable");
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        std::fs::write(&path, bytes).expect("writable");
        path
    };
    vec![
        (write("cut.mp4", &whole[..whole.len() / 2]), "own.error.truncated"),
        (write("empty.mp4", &[]), "own.error.empty"),
        (
            write("text.mp4", b"This is a letter to my aunt, and no film.\n".repeat(40).as_slice()),
            "own.error.not-a-video",
        ),
        (media("sound_only.m4a"), "own.error.no-video"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_film_is_refused_and_nothing_is_lost() {
    let words: serde_json::Value =
        serde_json::from_str(include_str!("../../web/locales/en.json")).expect("a message file");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let session = Session::open("/own").await;
    let sha256 = open(&session, &media("film.mp4")).await;
    let before = session.site.asked();
    for (file, key) in unusable(folder.path()) {
        session.choose("#file", &file).await;
        // The words before what differs from file to file.
        let expected =
            words[key].as_str().and_then(|w| w.split('{').next()).expect("has words").trim_end_matches(" (");
        let script = format!("document.querySelector('main [role=alert]')?.innerText.includes({expected:?})");
        session.wait_until(&script).await;
        assert_eq!(
            session.attribute("[data-film]", "data-film").await,
            sha256,
            "the film before is still there"
        );
    }
    // It is still whole.
    session.enter("[data-film] a[href*='/p/jigsaw/']").await;
    session.wait_for("[data-stimulus]").await;
    nothing_was_asked(&before, &session);
    session.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_to_a_film_that_is_not_open_says_so() {
    let session = Session::open(&format!("/p/jigsaw/1#own={}", "0".repeat(64))).await;
    session.wait_for("main [role=alert]").await;
    session.enter("main a[href$='/own']").await;
    session.wait_for("#file").await;
    session.close().await;
}
