//! Links: the site and native code make the same item of them, whoever does the pixel work.

use scrubjay_core::rng::Stream;
use scrubjay_core::task::TaskName;
use serde_json::{Value, json};

use crate::support::{DESK, Session, Setting};
use crate::truth::item;

/// Follows links one after the other, as a visitor would, and notes hash and maker of each puzzle.
const FOLLOW: &str = "
    const [links, done] = arguments;
    (async () => {
      const told = [];
      for (const link of links) {
        const before = document.querySelector('[data-stimulus]')?.dataset.stimulus;
        const a = document.createElement('a');
        a.href = link;
        document.querySelector('main').append(a);
        a.click();
        const until = Date.now() + 60000;
        for (;;) {
          const now = document.querySelector('[data-stimulus]')?.dataset;
          if (now && now.stimulus !== before) { told.push([now.stimulus, now.by]); break; }
          const alert = document.querySelector('main [role=alert]')?.innerText;
          if (alert || Date.now() > until) { told.push(['', alert ?? 'nothing came']); break; }
          await new Promise(r => setTimeout(r, 20));
        }
        a.remove();
      }
      done(told);
    })();";

/// Hash and maker of each link's puzzle.
async fn follow(session: &Session, links: &[String]) -> Vec<(String, String)> {
    let links: Vec<String> = links.iter().map(|l| format!("{}{l}", session.site.base)).collect();
    let told = session.run_async(FOLLOW, vec![json!(links)]).await;
    serde_json::from_value(told).expect("two texts for each link")
}

/// Twenty seeds, the same ones every time, from the whole range.
fn seeds(task: TaskName) -> Vec<u64> {
    let mut stream = Stream::keyed(8, "browser", task.name(), 0);
    (0..20).map(|_| u64::from(stream.bits()) << 32 | u64::from(stream.bits())).collect()
}

async fn twenty(task: TaskName) {
    let session = Session::open("/").await;
    session.wait_for("main h1").await;
    let seeds = seeds(task);
    let links: Vec<String> = seeds.iter().map(|seed| format!("/p/{task}/{seed}")).collect();
    let told = follow(&session, &links).await;
    assert_eq!(told.len(), seeds.len());
    for (seed, (shown, by)) in seeds.iter().zip(told) {
        assert_eq!(shown, item(task, *seed).stimulus, "{task} {seed} ({by})");
    }
    session.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_jigsaws_are_those_of_native_code() {
    twenty(TaskName::Jigsaw).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_changes_are_those_of_native_code() {
    twenty(TaskName::Grounding).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_counts_are_those_of_native_code() {
    twenty(TaskName::Counting).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_gaps_are_those_of_native_code() {
    twenty(TaskName::Masked).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_lists_of_segments_are_those_of_native_code() {
    twenty(TaskName::Segments).await;
}

/// Links to built-in films, as `tests/golden/packs.txt` pins them: native code makes the same of them in its own tests.
#[tokio::test(flavor = "multi_thread")]
async fn built_in_films_are_those_of_native_code() {
    let pinned: Vec<(&str, &str)> = include_str!("../golden/packs.txt")
        .lines()
        .map(|line| {
            let mut parts = line.split(' ');
            (parts.next().expect("a link"), parts.nth(1).expect("a hash"))
        })
        .collect();
    assert_eq!(pinned.len(), 2 * 5 * scrubjay::packs::all().len(), "two links of each task for each film");
    let session = Session::open("/").await;
    session.wait_for("main h1").await;
    let links: Vec<String> = pinned.iter().map(|(link, _)| (*link).to_owned()).collect();
    for ((link, hash), (shown, by)) in pinned.iter().zip(follow(&session, &links).await) {
        assert_eq!(shown, *hash, "{link} ({by})");
    }
    session.close().await;
}

/// Whether it was the GPU in software that worked.
fn software(by: &str) -> bool {
    by.to_lowercase().contains("swiftshader")
}

/// A dozen links with pixel work to do.
fn dozen(pixels: &str) -> Vec<String> {
    let tasks = [TaskName::Grounding, TaskName::Grounding, TaskName::Counting, TaskName::Segments];
    let link = |(i, task): (usize, &TaskName)| format!("/p/{task}/{}?pixels={pixels}", 11 + i);
    tasks.iter().cycle().take(12).enumerate().map(link).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gpu_makes_what_the_processor_makes() {
    let session = Session::with(Setting { gpu: true, ..DESK }, "/").await;
    session.wait_for("main h1").await;
    let (gpu, cpu) = (follow(&session, &dozen("gpu")).await, follow(&session, &dozen("cpu")).await);
    for ((link, by_gpu), by_cpu) in dozen("gpu").iter().zip(&gpu).zip(&cpu) {
        assert!(!by_gpu.0.is_empty(), "{link}: {}", by_gpu.1);
        assert_eq!(by_gpu.0, by_cpu.0, "{link}: {} and {}", by_gpu.1, by_cpu.1);
        assert!(!software(&by_cpu.1), "{link}: the processor was asked, {} worked", by_cpu.1);
        // Where there is no pixel work to do (frames are put elsewhere, or a scene's own events are asked about) nobody is named.
        assert!(by_gpu.1.is_empty() || software(&by_gpu.1), "{link}: {}", by_gpu.1);
    }
    let worked: Vec<&str> = gpu.iter().map(|(_, by)| by.as_str()).filter(|by| software(by)).collect();
    assert!(worked.len() >= 8, "the GPU worked for {} of twelve: {gpu:?}", worked.len());
    println!("pixel work of {} of twelve puzzles by {}", worked.len(), worked[0]);
    session.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_webgpu_the_processor_works_and_says_so() {
    let session = Session::open("/p/grounding/3").await;
    assert_eq!(
        session.attribute("[data-stimulus]", "data-stimulus").await,
        item(TaskName::Grounding, 3).stimulus
    );
    let by = session.attribute("[data-stimulus]", "data-by").await;
    assert!(by.contains("processor"), "{by}");
    session.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_link_says_so() {
    let session = Session::open("/p/chess/1").await;
    let said = session.text("main [role=alert]").await;
    assert!(said.contains("chess"), "{said}");
    session.goto("/p/jigsaw/x").await;
    let said = session.text("main [role=alert]").await;
    assert!(said.contains("seed"), "{said}");
    assert_eq!(
        session.js("document.querySelectorAll('main a').length > 0").await,
        Value::Bool(true),
        "a way on"
    );
    session.close().await;
}
