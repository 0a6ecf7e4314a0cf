//! Annotation files are read as they are, row by row, and what they say becomes the truth of items.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use scrubjay::dataset::annotations::{Ask, Format, Read, read, verl};
use scrubjay::dataset::recipes;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/annotations")
}

/// Every fixture, its format, how many annotations it holds, and the causes of what is dropped, in order.
const FIXTURES: [(&str, Format, usize, &[&str]); 11] = [
    ("charades_sta_test.txt", Format::CharadesSta, 5, &["bad-span", "malformed", "malformed", "malformed"]),
    (
        "activitynet_captions.json",
        Format::Activitynet,
        2,
        &["bad-span", "malformed", "malformed", "malformed", "malformed"],
    ),
    ("qvhighlights_val.jsonl", Format::Qvhighlights, 3, &["malformed", "no-spans"]),
    ("tacos_test.json", Format::Tacos, 2, &["bad-span", "malformed"]),
    ("tacos_list.json", Format::Tacos, 2, &["malformed", "malformed"]),
    ("CleanAndJerk_val.txt", Format::Thumos, 2, &["malformed", "bad-span"]),
    ("thumos_14_anno.json", Format::Thumos, 2, &["ambiguous", "malformed", "no-spans"]),
    ("nextgqa/val.csv", Format::NextGqa, 3, &["malformed", "two-right-options", "malformed"]),
    (
        "video_r1.json",
        Format::VideoR1,
        3,
        &["other-problem", "not-a-video", "malformed", "too-many-options", "malformed"],
    ),
    ("museg_stage_1.jsonl", Format::Museg, 3, &["bad-span", "no-spans", "malformed", "malformed"]),
    ("museg_eval.json", Format::Museg, 1, &["malformed"]),
];

fn fixture(name: &str) -> Read {
    read(&fixtures().join(name), None).unwrap_or_else(|e| panic!("{name}: {e}"))
}

#[test]
fn every_format_is_recognized_and_bad_rows_are_named() {
    for (name, format, kept, causes) in FIXTURES {
        let read = fixture(name);
        assert_eq!(read.format, format, "{name}");
        assert_eq!(read.annotations.len(), kept, "{name}: {:#?}", read.dropped);
        let found: Vec<&str> = read.dropped.iter().map(|d| d.cause).collect();
        assert_eq!(found, causes, "{name}: {:#?}", read.dropped);
        assert!(read.dropped.iter().all(|d| d.at.contains(name) && !d.detail.is_empty()));
    }
}

#[test]
fn times_and_words_are_what_the_files_say() {
    let segments = |name: &str, i: usize| match &fixture(name).annotations[i].ask {
        Ask::Segments { query, spans } => (query.clone(), spans.clone()),
        other => panic!("{name}: {other:?}"),
    };
    let s = |query: &str, spans: &[[u32; 2]]| (query.to_owned(), spans.to_vec());
    assert_eq!(segments("charades_sta_test.txt", 1), s("the rabbit turns its head", &[[2500, 5000]]));
    assert_eq!(segments("activitynet_captions.json", 0), s("A rabbit is seen in a meadow.", &[[280, 4150]]));
    assert_eq!(segments("qvhighlights_val.jsonl", 0), s("A rabbit chews grass.", &[[0, 2000], [4000, 6000]]));
    assert_eq!(segments("tacos_test.json", 1), s("A pear is rinsed.", &[[3000, 5000]]));
    assert_eq!(segments("tacos_list.json", 1), s("A pear is washed", &[[3500, 5200]]));
    let twice = &[[500, 2000], [4900, 6700]];
    assert_eq!(segments("CleanAndJerk_val.txt", 0), s("clean and jerk", twice));
    assert_eq!(segments("thumos_14_anno.json", 0), s("cliff diving", twice));
    assert_eq!(segments("museg_stage_1.jsonl", 0), s("chewing grass", &[[500, 2070], [4000, 6500]]));
    assert_eq!(segments("museg_stage_1.jsonl", 1), s("the rabbit's ear moves", &[[1900, 5300]]));
    assert_eq!(segments("museg_eval.json", 0), s("billiards", twice));

    let questions = fixture("nextgqa/val.csv");
    let Ask::Choice { options, answer, evidence, .. } = &questions.annotations[0].ask else { panic!() };
    assert_eq!((options[4].as_str(), *answer), ("wanted, perhaps, to play", 1));
    assert_eq!(evidence, &[[1200, 3800]]);
    assert_eq!(questions.annotations[0].id, "4882821564_1");
    assert_eq!(questions.annotations[0].split.as_deref(), Some("val"));
    let Ask::Choice { evidence, .. } = &questions.annotations[2].ask else { panic!() };
    assert!(evidence.is_empty(), "a question without spans");

    let r1 = fixture("video_r1.json");
    let Ask::Choice { options, answer, .. } = &r1.annotations[0].ask else { panic!() };
    assert_eq!((options[1].as_str(), *answer), ("It eats", 1));
    let Ask::Choice { options, evidence, .. } = &r1.annotations[1].ask else { panic!() };
    assert_eq!((options[0].as_str(), evidence.as_slice()), ("in a field", &[[1000, 4000]][..]));
    assert!(matches!(&r1.annotations[2].ask, Ask::Segments { .. }));
}

/// The answer to a question about numbers is a number either way: other rows of the file say which.
#[test]
fn numbers_among_options_are_read_as_their_file_means_them() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("val.csv");
    let header = "video,frame_count,width,height,question,answer,qid,type,a0,a1,a2,a3,a4\n";
    let (how_many, same) = ("1,9,9,9,how many,1,1,DC,1,2,3,4,5\n", "1,9,9,9,how few,1,2,DC,0,1,2,3,4\n");
    let (by_number, by_text) = ("1,9,9,9,who,2,3,DC,a,b,c,d,e\n", "1,9,9,9,who else,b,4,DC,a,b,c,d,e\n");
    for (rows, answers, causes) in [
        (vec![how_many, same, by_number], vec![1, 1, 2], vec![]),
        (vec![how_many, same, by_text], vec![0, 1, 1], vec![]),
        (vec![how_many, same], vec![1], vec!["ambiguous-answer"]),
        (vec![by_text, how_many, same, by_number], vec![1, 1, 2], vec!["ambiguous-answer"]),
    ] {
        std::fs::write(&path, [header, &rows.concat()].concat()).expect("written");
        let read = read(&path, None).expect("reads");
        let answer = |ask: &Ask| if let Ask::Choice { answer, .. } = ask { *answer } else { 99 };
        let found: Vec<u8> = read.annotations.iter().map(|a| answer(&a.ask)).collect();
        let dropped: Vec<&str> = read.dropped.iter().map(|d| d.cause).collect();
        assert_eq!((found, dropped), (answers, causes), "{rows:?}");
    }
}

#[test]
fn a_file_of_another_kind_is_an_error_that_says_what_is_known() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text, wanted) in [
        ("empty.json", "", "museg"),
        ("list.json", "[1, 2, 3]", "known are charades-sta, activitynet"),
        ("note.txt", "this is a note\nof two lines\n", "--format"),
        ("cut.json", r#"[["a", 1, [0, 1], "b"], ["a","#, "cut off"),
        ("gsub_val.json", r#"{"1": {"duration": 3, "location": {"1": [[0, 1]]}, "fps": 30}}"#, "val.csv"),
        ("all_bad.jsonl", "{\"qid\": 1, \"query\": \"q\", \"vid\": \"v\"}\n", "none of its 1 rows"),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("written");
        let error = read(&path, None).expect_err(name).to_string();
        assert!(error.contains(wanted) && error.contains(name), "{error}");
    }
    let unsure = read(&fixtures().join("Ambiguous_val.txt"), None).expect("one of THUMOS' own files");
    assert_eq!((unsure.annotations.len(), unsure.dropped.len()), (0, 2));
    assert!(read(Path::new("/nowhere/at/all.json"), None).is_err());
}

/// Cut off anywhere, or with any byte changed, a file is read or refused, under its own format and every other.
#[test]
fn damaged_files_are_read_or_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut refused = 0;
    for (name, own, ..) in FIXTURES {
        let bytes = std::fs::read(fixtures().join(name)).expect("there");
        let path = folder.path().join(Path::new(name).file_name().expect("a name"));
        let mut attempt = |bytes: &[u8], format| {
            std::fs::write(&path, bytes).expect("written");
            refused += usize::from(read(&path, format).is_err());
        };
        for cut in (0..bytes.len()).step_by(41) {
            attempt(&bytes[..cut], None);
            attempt(&bytes[..cut], Some(own));
            let mut changed = bytes.clone();
            changed[cut] = [b'"', b'{', 0xFF, b'9', b',', 0][cut % 6];
            attempt(&changed, Some(own));
        }
        for (_, other, ..) in FIXTURES {
            attempt(&bytes, Some(other));
        }
    }
    assert!(refused > 60, "{refused}");
}

/// A folder in which one short video has every name that the fixtures use.
fn videos(folder: &Path) -> PathBuf {
    let clip = Path::new(env!("CARGO_MANIFEST_DIR")).join("../public/clips/mdn_rabbit320.mp4");
    let videos = folder.join("videos");
    std::fs::create_dir(&videos).expect("made");
    for name in [
        "AO8RW",
        "uqiMw7tQ1Cc",
        "_6hnl_BrFvs_360_510",
        "s13-d21-cam-002",
        "video_validation_0000151",
        "4882821564",
        "rabbit",
        "F54PZypvzCc",
    ] {
        std::fs::copy(&clip, videos.join(name).with_extension("mp4")).expect("copied");
    }
    std::fs::write(videos.join("video_validation_0000153.mp4"), b"not a video").expect("written");
    videos
}

struct Made {
    lines: Vec<recipes::Line>,
    ledger: BTreeMap<String, usize>,
    dataset: serde_json::Value,
}

fn synth(out: &Path, videos: &Path, arguments: &[&str]) -> Made {
    let run = Command::new(env!("CARGO_BIN_EXE_scrubjay"))
        .arg("synth")
        .args(arguments)
        .arg("--videos")
        .arg(videos)
        .arg("--out")
        .arg(out)
        .output()
        .expect("the program starts");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let mut ledger = BTreeMap::new();
    for line in std::fs::read_to_string(out.join("ledger.jsonl")).expect("written").lines() {
        let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
        *ledger.entry(line["cause"].as_str().expect("a cause").to_owned()).or_insert(0) += 1;
    }
    let dataset = std::fs::read(out.join("dataset.json")).expect("written");
    Made {
        lines: recipes::read(&out.join("recipes.jsonl")).expect("reads"),
        ledger,
        dataset: serde_json::from_slice(&dataset).expect("JSON"),
    }
}

#[test]
fn annotated_items_know_their_answers() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let videos = videos(folder.path());
    let mut files: Vec<String> = Vec::new();
    for (name, ..) in FIXTURES {
        let path = fixtures().join(name).to_str().expect("plain").to_owned();
        if !files.contains(&path) {
            files.push(path);
        }
    }
    let config = folder.path().join("own.toml");
    let text = r#"
        [data]
        sampling = { pick = "uniform", count = 40, clock = "pts" }
        picture = { fit = "exact", width = 64, height = 48 }
        wording = "plain"
        scene_frames = 480
        scene_fps = 24
        mix = [{ task = "event", share = 1 }, { task = "qa", share = 1 }]"#;
    std::fs::write(&config, text).expect("written");
    let config = config.to_str().expect("plain");
    let mut arguments = vec!["--config", config, "--annotations"];
    arguments.extend(files.iter().map(String::as_str));
    let made = synth(&folder.path().join("data"), &videos, &arguments);

    // Copies of one video: the recipes know it by content, and two sets may say the same of it.
    let mut tasks = BTreeMap::new();
    let loader = scrubjay::loader::Loader::default();
    for line in &made.lines {
        let item = loader.item(line).expect("realizes");
        let score = item.truth.score(&item.truth.text());
        assert!(score.total > 0.999, "{}: {score:?}", item.truth.text());
        *tasks.entry(item.task.name()).or_insert(0) += 1;
    }
    let event = |query: &str| {
        made.lines
            .iter()
            .find(|l| serde_json::to_string(&l.recipe).expect("JSON").contains(query))
            .expect(query)
    };
    let truth = |query: &str| loader.item(event(query)).expect("realizes").truth.plain();
    assert_eq!(truth("the rabbit turns its head"), "2.50-5.00", "seconds of the source's own time");
    let late = serde_json::to_string(&event("ends after the video").recipe).expect("JSON");
    assert!(late.contains("[3000,7800]"), "cut off at the video's end: {late}");
    assert_eq!(truth("chewing grass"), "0.50-2.07 4.00-6.50");

    assert_eq!(made.ledger["no-video-file"], 2, "{:?}", made.ledger);
    assert_eq!(made.ledger["video-unusable"], 1, "{:?}", made.ledger);
    assert_eq!(made.ledger["outside-video"], 1, "{:?}", made.ledger);
    assert_eq!(made.ledger["not-a-video"], 2, "the picture among the rows, and the file that is none");
    assert_eq!((tasks["event"], tasks["segments"], tasks["qa"]), (15, 6, 5), "{tasks:?} {:?}", made.ledger);
    let annotated = &made.dataset["annotations"];
    assert_eq!(annotated["read"], 28);
    assert_eq!(annotated["cut"], 1);
    assert_eq!(annotated["files"].as_array().map(Vec::len), Some(11));
}

#[test]
fn shards_and_counts_cut_annotated_items() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let videos = videos(folder.path());
    let file = fixtures().join("charades_sta_test.txt");
    let arguments =
        ["--preset", "museg", "--annotations", file.to_str().expect("plain"), "--format", "charades-sta"];
    let with = |name: &str, more: &[&str]| {
        synth(&folder.path().join(name), &videos, &[&arguments[..], more].concat())
    };
    let whole = with("whole", &[]);
    assert_eq!(whole.lines.len(), 3);
    let parts = [with("a", &["--shard", "0/2"]), with("b", &["--shard", "1/2", "--workers", "3"])];
    assert_eq!(parts[0].lines, [whole.lines[0].clone(), whole.lines[2].clone()]);
    assert_eq!(parts[1].lines, [whole.lines[1].clone()]);
    let few = with("few", &["--count", "2"]);
    assert_eq!(few.lines, whole.lines[..2]);
    assert_eq!(few.dataset["annotations"]["beyond"], 1);
}

/// The rows of the fixture, written as Parquet.
fn parquet(folder: &Path) -> PathBuf {
    let text = std::fs::read(fixtures().join("videossr_rows.jsonl")).expect("there");
    let (schema, _) =
        arrow_json::reader::infer_json_schema(text.as_slice(), None).expect("a schema of the rows");
    let schema = std::sync::Arc::new(schema);
    let reader = arrow_json::ReaderBuilder::new(schema.clone()).build(text.as_slice()).expect("reads");
    let path = folder.join("rows.parquet");
    let file = std::fs::File::create(&path).expect("made");
    let mut writer =
        parquet::arrow::ArrowWriter::try_new(file, schema, None).expect("a writer of this schema");
    reader.for_each(|batch| writer.write(&batch.expect("rows")).expect("written"));
    writer.close().expect("closed");
    path
}

#[test]
fn rows_for_verl_are_finished_items() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = parquet(folder.path());
    let rows = verl::read(&path).expect("reads");
    let causes: Vec<&str> = rows.dropped.iter().map(|d| d.cause).collect();
    assert_eq!(causes, ["video-marks", "no-truth", "malformed"], "{:#?}", rows.dropped);
    assert_eq!(rows.given.iter().map(|g| g.row).collect::<Vec<_>>(), [0, 1, 2, 5]);
    let jigsaw = &rows.given[2];
    assert_eq!(jigsaw.videos.len(), 3);
    assert_eq!(jigsaw.videos[1].frames[3], Path::new("frames/c1/frame_03.png"));
    assert_eq!(rows.given[0].extra["perturbation_type"], "Mirror");
    assert!(read(&path, None).expect_err("no annotations").to_string().contains("score --items"));

    // As items, on frames of any picture: prompt, clips and truth hang together.
    for given in &rows.given[..3] {
        let black = |n: usize| vec![scrubjay_core::frame::Frame::black(32, 32); n];
        let item = given.item(given.videos.iter().map(|v| black(v.frames.len())).collect()).expect("an item");
        assert_eq!(item.prompt.text(), given.user);
        assert_eq!(item.clips.len(), given.videos.len());
        assert_eq!(item.clips[0].shown[1], 0.5);
        assert_eq!(item.truth.score(given.truth.as_str().expect("text")).total, 1.0, "{}", given.data_source);
        assert!(item.chance.blind > 0.0 && item.chance.blind < 1.0);
        assert!(given.item(Vec::new()).is_err());
    }
    assert!(rows.given[3].item(vec![vec![scrubjay_core::frame::Frame::black(8, 8); 2]]).is_err(), "chess");
}

#[test]
fn answers_to_rows_for_verl_are_scored_by_their_own_reward() {
    use std::io::Write as _;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = parquet(folder.path());
    let mut child = Command::new(env!("CARGO_BIN_EXE_scrubjay"))
        .args(["score", "--items"])
        .arg(&path)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("the program starts");
    let lines = r#"{"id":0,"prediction":"1.5-3.0","variant":"published"}
{"id":1,"prediction":"3,1,4"}
{"id":2,"prediction":"321"}
{"id":3,"prediction":"1,0,0"}
{"id":5,"prediction":"e4"}
{"prediction":"e4"}
"#;
    child.stdin.take().expect("piped").write_all(lines.as_bytes()).expect("written");
    let out = child.wait_with_output().expect("ends");
    let scored: Vec<serde_json::Value> = String::from_utf8(out.stdout)
        .expect("UTF-8")
        .lines()
        .map(|l| serde_json::from_str(l).expect("JSON"))
        .collect();
    assert_eq!(scored.len(), 6);
    assert_eq!((&scored[0]["score"], &scored[0]["source"]), (&1.0.into(), &"rabbit".into()));
    assert_eq!(scored[1]["score"], 1.0);
    assert!(scored[2]["score"].as_f64().is_some_and(|s| s > 0.0 && s < 1.0), "{}", scored[2]);
    for (line, why) in [(3, "row's number"), (4, "chess"), (5, "row's number")] {
        assert!(scored[line]["error"].as_str().is_some_and(|e| e.contains(why)), "{}", scored[line]);
    }
}

/// Cut off anywhere, or with any byte changed, Parquet is read or refused.
#[test]
fn damaged_parquet_is_read_or_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let bytes = std::fs::read(parquet(folder.path())).expect("written");
    let path = folder.path().join("damaged.parquet");
    let mut refused = 0;
    for at in (0..bytes.len()).step_by(bytes.len() / 150) {
        let mut changed = bytes.clone();
        changed[at] ^= 1 << (at % 8);
        for bytes in [&bytes[..at], &changed] {
            std::fs::write(&path, bytes).expect("written");
            refused += usize::from(verl::read(&path).is_err());
        }
    }
    assert!(refused > 150, "{refused}");
}
