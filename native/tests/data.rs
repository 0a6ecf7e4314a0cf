//! What a run learns from: batches that follow from a cursor alone, whatever is broken among the videos.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use scrubjay::dataset::recipes::{self, Line};
use scrubjay::dataset::synth::{Plan, content_hash, synthesize};
use scrubjay::train::bundled::{CLIPS, Counts, default_data, write};
use scrubjay::train::data::{Cursor, Data, Dropped, Feed, Options, Reading};
use scrubjay_core::preset::Preset;
use scrubjay_core::prompt::{Templates, Wording};
use scrubjay_core::recipe::Picture;
use scrubjay_core::rng::Stream;
use scrubjay_core::scene::Family;
use scrubjay_core::source::Source;
use scrubjay_core::task::TaskName;
use scrubjay_model::toy;

const KEEP_ALL: Options = Options { seed: 5, held_out: 0.0, cache_mb: 16, workers: 2 };

fn toy_preset() -> Preset {
    Preset::built_in("toy").expect("built in")
}

fn reading(max_prompt_tokens: Option<usize>, keep_frames: bool) -> Arc<Reading> {
    let preset = toy_preset();
    let Picture::Exact { width: side, .. } = preset.data.picture else { panic!("the toy's are square") };
    let config = toy::config(&preset.model.expect("has one"), side as usize).expect("sound");
    Arc::new(Reading {
        tasks: Vec::new(),
        held: false,
        prefix_is_learned: false,
        processor: toy::processor(&config).expect("sound"),
        templates: Templates::built_in(Wording::Toy),
        wording: Wording::Toy,
        max_prompt_tokens,
        keep_frames,
    })
}

fn plan(videos: Vec<PathBuf>, scenes: Vec<Family>, count: usize, out: PathBuf) -> Plan {
    Plan {
        videos,
        scenes,
        preset_name: "toy".to_owned(),
        preset: toy_preset(),
        count,
        seed: 1,
        workers: 0,
        shard: (0, 1),
        verify: false,
        against: None,
        out,
    }
}

/// A dataset of scenes alone.
fn scenes(folder: &Path, count: usize) -> Vec<Line> {
    synthesize(&plan(Vec::new(), vec![Family::Day], count, folder.to_owned())).expect("made");
    recipes::read(&folder.join("recipes.jsonl")).expect("reads")
}

/// A dataset of scenes and of videos, of which one is sound; then one goes, one changes, one is not a video at all, and
/// two lines of the list are damaged.
fn broken(folder: &Path) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let video = |from: &str, to: &str| {
        let to = folder.join(to);
        std::fs::copy(root.join(from), &to).expect("copied");
        to
    };
    let videos = vec![
        video("../public/clips/mdn_rabbit320.mp4", "sound.mp4"),
        video("../tests/media/time-24.mp4", "gone.mp4"),
        video("../tests/media/time-25.mkv", "changed.mkv"),
        video("../tests/media/time-60.mp4", "noise.mp4"),
    ];
    let out = folder.join("data");
    synthesize(&plan(videos.clone(), vec![Family::Day], 64, out.clone())).expect("made");
    std::fs::remove_file(&videos[1]).expect("removed");
    std::fs::write(&videos[2], std::fs::read(&videos[0]).expect("reads")).expect("written");
    std::fs::write(&videos[3], "no film").expect("written");
    let noise = content_hash(&videos[3]).expect("reads");
    let mut lines = recipes::read(&out.join("recipes.jsonl")).expect("reads");
    for line in &mut lines {
        if line.file.as_ref() == Some(&videos[3])
            && let Source::Video { sha256, .. } = &mut line.recipe.source
        {
            sha256.clone_from(&noise);
            line.id = line.recipe.id();
        }
    }
    let mut text: Vec<String> = lines.iter().map(|l| serde_json::to_string(l).expect("serializes")).collect();
    text.insert(3, "{\"id\":".to_owned());
    text.insert(9, text[0].replacen(&lines[0].id, "another", 1));
    std::fs::write(out.join("recipes.jsonl"), text.join("\n")).expect("written");
    out
}

fn ids(feed: &mut Feed, from: Cursor, n: usize) -> (Vec<String>, Cursor) {
    let (examples, next) = feed.batch(from, n, None).expect("there are sound ones");
    (examples.into_iter().map(|e| e.id).collect(), next)
}

/// Six batches of seven, where each began, and what was left out.
fn run(data: &Data, prefetch: usize) -> (Vec<(Cursor, Vec<String>)>, Dropped) {
    let mut feed = data.feed(reading(None, false), prefetch);
    let (mut all, mut at) = (Vec::new(), Cursor::default());
    for _ in 0..6 {
        let (batch, next) = ids(&mut feed, at, 7);
        all.push((at, batch));
        at = next;
    }
    (all, data.dropped())
}

#[test]
fn batches_follow_from_the_cursor_alone_whatever_is_broken() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folders = [broken(folder.path())];
    let open = |options: Options| Data::read(&folders, &options).expect("reads");
    let data = open(KEEP_ALL);
    let (plain, dropped) = run(&data, 0);
    assert!(plain.iter().all(|(_, batch)| batch.len() == 7));
    let causes = dropped.by_cause();
    for cause in ["missing", "changed", "not-a-video", "line", "recipe"] {
        assert!(causes.contains_key(cause), "{cause}: {causes:?}");
    }
    assert_eq!((causes["line"], causes["recipe"]), (1, 1));
    let line = dropped.first.iter().find(|l| l.cause == "line").expect("named");
    assert!(line.id.ends_with("recipes.jsonl:4"), "{line:?}");
    // Every place of the order is an example or is counted; two lines never had a place.
    let end = ids(&mut data.feed(reading(None, false), 0), plain[5].0, 7).1;
    assert_eq!(end.at, 42 + dropped.total() - 2);

    // Another number of threads, nothing kept, and made ahead: the same.
    let options = Options { cache_mb: 0, workers: 1, ..KEEP_ALL };
    assert_eq!(run(&open(options), 3), (plain.clone(), dropped));
    // From the middle, ahead and then elsewhere than was foreseen: the same.
    let mut feed = open(KEEP_ALL).feed(reading(None, false), 2);
    for i in [3, 1, 2, 5] {
        assert_eq!(ids(&mut feed, plain[i].0, 7).0, plain[i].1, "batch {i}");
    }
    let other = open(Options { seed: 6, ..KEEP_ALL });
    assert_ne!(run(&other, 0).0, plain, "another seed has another order");
}

#[test]
fn nothing_usable_is_an_error_at_its_batch() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let lines = scenes(folder.path(), 30);
    for prefetch in [0, 2] {
        let data = Data::new(lines.clone(), &KEEP_ALL).expect("sound");
        let mut feed = data.feed(reading(Some(10), false), prefetch);
        let error = feed.batch(Cursor::default(), 4, None).expect_err("all are too long").to_string();
        assert!(error.contains("'too-long'") && error.contains("10 are taken"), "{error}");
    }
    let error = Data::new(lines[..1].to_vec(), &Options::default()).expect_err("one source").to_string();
    assert!(error.contains("more sources"), "{error}");
    assert!(Data::new(lines, &Options { held_out: f64::NAN, ..KEEP_ALL }).is_err());
}

#[test]
fn a_curriculum_passes_over_items_but_not_for_ever() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = Data::new(scenes(folder.path(), 40), &KEEP_ALL).expect("sound");
    let mut feed = data.feed(reading(None, false), 2);
    let plain = ids(&mut feed, Cursor::default(), 40).0;
    let mut asked = Vec::new();
    let mut jigsaws = |id: &str, task| {
        asked.push(id.to_owned());
        task == TaskName::Jigsaw
    };
    let (kept, next) = feed.batch(Cursor::default(), 5, Some(&mut jigsaws)).expect("made");
    assert!(kept.len() == 5 && kept.iter().all(|e| e.task == TaskName::Jigsaw));
    assert_eq!(asked, plain[..next.at as usize], "each once, in their order");
    let (taken, next) = feed.batch(Cursor::default(), 2, Some(&mut |_, _| false)).expect("made");
    assert_eq!((taken.len(), next.at), (2, 18), "after eight that are passed over, one is taken");
    assert_eq!(ids(&mut feed, Cursor::default(), 40).0, plain);
}

#[test]
fn shuffled_frames_change_pictures_and_nothing_else() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = Data::new(scenes(folder.path(), 12), &Options { held_out: 0.3, ..KEEP_ALL }).expect("sound");
    let reading = reading(None, true);
    let (examples, done) = data.held_out(3, &reading).expect("made");
    assert!(done.made == examples.len() && !examples.is_empty() && done.without.is_empty(), "{done:?}");
    let learned: Vec<String> = data
        .feed(reading.clone(), 0)
        .batch(Cursor::default(), 9, None)
        .expect("made")
        .0
        .into_iter()
        .map(|e| e.source)
        .collect();
    for example in &examples {
        assert!(!learned.contains(&example.source));
        let mix = |index| {
            example.shuffled(&mut Stream::keyed(1, "temporal", "", index), &reading.processor).expect("kept")
        };
        let (one, again, other) = (mix(0), mix(0), mix(1));
        assert_eq!(one, again);
        assert_eq!((&one.ids, &one.positions), (&example.prompt.ids, &example.prompt.positions));
        assert!(one.visuals != example.prompt.visuals && one.visuals != other.visuals);
        assert!(example.item.truth.score(&example.completion).total > 0.999);
        assert!(example.place.starts_with("recipes:"));
    }
    let mut in_parts = Vec::new();
    data.each_held_out(3, 2, &reading, &mut |some| {
        assert!(some.len() <= 2);
        in_parts.extend(some.into_iter().map(|e| e.id));
        Ok(())
    })
    .expect("made");
    assert_eq!(in_parts, examples.iter().map(|e| e.id.clone()).collect::<Vec<_>>());
}

#[test]
fn the_default_data_need_no_files_and_are_made_once() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (run, preset) = (folder.path(), toy_preset());
    let counts = Counts { scenes: 20, clips: 20 };
    let make = |seed| default_data("toy", &preset, seed, counts, run).expect("made");
    let made = make(1);
    assert_eq!((made.folders.len(), &made.without_clips), (2, &None));
    let text = |folder: &Path| std::fs::read_to_string(folder.join("recipes.jsonl")).expect("written");
    let first: Vec<String> = made.folders.iter().map(|f| text(f)).collect();
    // What is there is left alone: a line that nobody reads would go if it were written again.
    let touched = made.folders[1].join("ledger.jsonl");
    std::fs::write(&touched, "seen\n").expect("written");
    assert_eq!(make(1), made);
    assert_eq!(std::fs::read_to_string(&touched).expect("there"), "seen\n");
    // Recipes that were changed are not believed.
    std::fs::write(made.folders[0].join("recipes.jsonl"), "").expect("written");
    make(1);
    assert_eq!(text(&made.folders[0]), first[0]);

    let data = Data::read(&made.folders, &Options::default()).expect("reads");
    let mut feed = data.feed(reading(None, false), 0);
    assert_eq!(feed.batch(Cursor::default(), 20, None).expect("made").0.len(), 20);
    let videos = run.join("data/videos");
    std::fs::write(videos.join(CLIPS[0].0), "damaged").expect("written");
    let files = write(&videos).expect("written");
    assert_eq!(std::fs::read(&files[0]).expect("reads"), CLIPS[0].1);
    assert!(videos.join("LICENSES.md").exists());

    // Another seed makes others in their place.
    let scenes = Counts { clips: 0, ..counts };
    assert_eq!(default_data("toy", &preset, 2, scenes, run).expect("made").folders, made.folders[..1]);
    assert_ne!(text(&made.folders[0]), first[0]);

    let asks_events = Preset::built_in("video-r1").expect("built in");
    let out = folder.path().join("events");
    let made = default_data("video-r1", &asks_events, 1, Counts { scenes: 2, clips: 2 }, &out).expect("made");
    assert!(made.folders.len() == 1 && made.without_clips.is_some());
}
