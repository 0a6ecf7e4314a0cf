//! Materialised datasets: complete, the same however often the work was killed and whoever did it, and honest about
//! what is not there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use scrubjay::dataset::materialise::{Form, Options, Report, holds, materialise};
use scrubjay::dataset::recipes;
use scrubjay_core::frame::{Clip, Frame, stimulus_hash};

/// Three kinds of question on small pictures, one of them often without an answer.
const CONFIG: &str = r#"
    [data]
    sampling = { pick = "uniform", count = 12, clock = "virtual" }
    picture = { fit = "exact", width = 64, height = 48 }
    wording = "plain"
    scene_frames = 240
    scene_fps = 24
    mix = [
        { task = "grounding", kind = "mirror", share = 2 },
        { task = "counting", level = "easy", share = 1 },
        { task = "jigsaw", clips = 4, share = 1 },
    ]"#;

fn synth(folder: &Path, more: &[&str]) -> PathBuf {
    let (config, out) = (folder.join("own.toml"), folder.join("recipes"));
    std::fs::write(&config, CONFIG).expect("written");
    let clips = Path::new(env!("CARGO_MANIFEST_DIR")).join("../public/clips/intel_asl_walk.mkv");
    let status = Command::new(env!("CARGO_BIN_EXE_scrubjay"))
        .args(["synth", "--scenes", "day", "clock", "--videos"])
        .args([&clips, Path::new("--config"), &config, Path::new("--out"), &out])
        .args(["--count", "16"])
        .args(more)
        .stderr(Stdio::null())
        .status();
    assert!(status.expect("starts").success());
    out.join("recipes.jsonl")
}

/// A folder with these recipes and nothing else.
fn with(recipes: &Path, folder: &Path) -> PathBuf {
    std::fs::create_dir_all(folder).expect("made");
    std::fs::copy(recipes, folder.join("recipes.jsonl")).expect("copied");
    folder.to_owned()
}

fn options(workers: usize) -> Options {
    Options { workers, per_shard: Some(6), path_prefix: None }
}

/// Every file and its bytes.
fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).expect("lists") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).expect("within").to_owned();
                files.insert(name, std::fs::read(&path).expect("reads"));
            }
        }
    }
    files
}

fn same(a: &Path, b: &Path, what: &str) {
    let (a, b) = (tree(a), tree(b));
    assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>(), "{what}");
    for (name, bytes) in &a {
        assert!(b[name] == *bytes, "{what}: {} differs", name.display());
    }
}

fn png(bytes: &[u8]) -> Frame {
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().expect("a PNG");
    let mut rgb = vec![0; reader.output_buffer_size().expect("fits")];
    let info = reader.next_frame(&mut rgb).expect("a picture");
    Frame::from_rgb(info.width, info.height, rgb).expect("RGB")
}

const FORMS: [Form; 4] = [Form::Verl, Form::Hf, Form::Swift, Form::Webdataset];

#[test]
fn workers_do_not_matter_and_a_finished_dataset_is_left_alone() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let recipes = synth(folder.path(), &[]);
    for form in FORMS {
        let at = |name: &str| with(&recipes, &folder.path().join(format!("{form}-{name}")));
        let (one, many) = (at("one"), at("many"));
        assert!(!holds(&one), "recipes alone");
        let report = materialise(&one, form, &options(1)).expect("materialises");
        assert!(holds(&one));
        assert_eq!(report, materialise(&many, form, &options(5)).expect("materialises"));
        same(&one, &many, form.name());
        assert!(!one.join(".partial").exists());
        assert_eq!(report.items + report.ledger.len(), 16);
        assert_eq!(report.files.len(), 3, "{:?}", report.files);
        let before = tree(&one);
        assert_eq!(report, materialise(&one, form, &options(2)).expect("is there"));
        assert!(before == tree(&one));
        let other = materialise(&one, form, &Options { path_prefix: Some("/data".to_owned()), ..options(1) });
        assert!(other.expect_err("refused").to_string().contains("another folder"));
    }
}

#[test]
fn frames_in_shards_are_the_items() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let recipes = synth(folder.path(), &[]);
    let out = with(&recipes, &folder.path().join("out"));
    let report = materialise(&out, Form::Webdataset, &options(2)).expect("materialises");
    let loader = scrubjay::loader::Loader::default();
    let lines = recipes::read(&recipes).expect("reads");
    let mut ids = Vec::new();
    for name in &report.files {
        let mut tar = tar::Archive::new(std::fs::File::open(out.join(name)).expect("opens"));
        let mut files = BTreeMap::new();
        let mut json = Vec::new();
        for entry in tar.entries().expect("a tar file") {
            let mut entry = entry.expect("an entry");
            assert_eq!((entry.header().mtime().ok(), entry.header().uid().ok()), (Some(0), Some(0)));
            let name = entry.path().expect("a name").to_str().expect("plain").to_owned();
            let mut bytes = Vec::new();
            std::io::Read::read_to_end(&mut entry, &mut bytes).expect("reads");
            if name.ends_with(".json") {
                json.push(serde_json::from_slice::<serde_json::Value>(&bytes).expect("JSON"));
            } else {
                files.insert(name, bytes);
            }
        }
        for row in json {
            let id = row["id"].as_str().expect("an id");
            let clips: Vec<Clip> = serde_json::from_value::<Vec<Vec<String>>>(row["videos"].clone())
                .expect("lists of names")
                .iter()
                .map(|clip| Clip {
                    frames: clip.iter().map(|f| png(&files[&format!("{id}.{f}")])).collect(),
                    shown: Vec::new(),
                })
                .collect();
            assert_eq!(row["stimulus"], stimulus_hash(&clips), "the pixels of {id}");
            let line = &lines[row["index"].as_u64().expect("a number") as usize];
            let item = loader.item(line).expect("realizes");
            assert_eq!((row["stimulus"].as_str(), line.id.as_str()), (Some(item.stimulus.as_str()), id));
            assert_eq!(row["prompt"].as_str().map(|p| p.matches("<video>").count()), Some(clips.len()));
            ids.push(line.id.clone());
        }
    }
    let gone = |i: usize| report.ledger.iter().any(|d| d.line == i + 1);
    let left: Vec<String> =
        lines.iter().enumerate().filter(|(i, _)| !gone(*i)).map(|(_, l)| l.id.clone()).collect();
    assert_eq!(ids, left, "in the order of the recipes");
}

#[test]
fn what_cannot_be_made_is_named_and_the_rest_is_there() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let recipes = synth(folder.path(), &[]);
    let text = std::fs::read_to_string(&recipes).expect("reads");
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let video = |l: &&mut String| l.contains("intel_asl_walk.mkv");
    let own = |name: &str| folder.path().join(name).to_str().expect("plain").to_owned();
    std::fs::write(own("other.mkv"), "something else").expect("written");
    let mut told = Vec::new();
    for (line, file) in lines.iter_mut().filter(video).zip(["gone.mkv", "other.mkv"]) {
        let mut value: serde_json::Value = serde_json::from_str(line).expect("JSON");
        value["file"] = own(file).into();
        *line = value.to_string();
        told.push(value["id"].as_str().expect("an id").to_owned());
    }
    lines.push(lines[0].clone());
    std::fs::write(&recipes, lines.join("\n")).expect("written");
    let out = with(&recipes, &folder.path().join("out"));
    let report = materialise(&out, Form::Verl, &options(2)).expect("materialises");
    let cause = |id: &str| report.ledger.iter().find(|d| d.id == id).map(|d| d.cause.as_str());
    assert_eq!((cause(&told[0]), cause(&told[1])), (Some("missing"), Some("changed")));
    assert_eq!(report.ledger.last().map(|d| (d.line, d.cause.as_str())), Some((17, "repeated")));
    assert_eq!(report.items + report.ledger.len(), 17);
    let rows = std::fs::File::open(out.join(&report.files[0])).expect("opens");
    let rows = parquet::file::reader::SerializedFileReader::new(rows).expect("a parquet file");
    let first = parquet::file::reader::FileReader::metadata(&rows).file_metadata().num_rows();
    assert_eq!(first as usize, 6 - report.ledger.iter().filter(|d| d.line <= 6).count());

    let full = with(&recipes, &folder.path().join("full"));
    std::fs::write(full.join("README.md"), "mine").expect("written");
    let error = materialise(&full, Form::Verl, &options(2)).expect_err("in the way").to_string();
    assert!(error.contains("README.md") && !holds(&full), "{error}");

    std::fs::write(out.join("recipes.jsonl"), &lines[1]).expect("written");
    let error = materialise(&out, Form::Verl, &options(2)).expect_err("other recipes").to_string();
    assert!(error.contains("other recipes"), "{error}");
}

/// The command on a folder that may hold a part already.
fn start(folder: &Path, form: Form) -> Child {
    Command::new(env!("CARGO_BIN_EXE_scrubjay"))
        .args(["synth", "--scenes", "day", "clock", "--config"])
        .args([&folder.with_file_name("own.toml"), Path::new("--out"), folder])
        .args(["--count", "16", "--materialise", form.name(), "--per-shard", "6"])
        .stderr(Stdio::null())
        .spawn()
        .expect("starts")
}

#[test]
fn killed_at_any_moment_the_work_goes_on() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("own.toml"), CONFIG).expect("written");
    for form in [Form::Verl, Form::Webdataset] {
        let whole = folder.path().join(format!("{form}-whole"));
        let began = Instant::now();
        assert!(start(&whole, form).wait().expect("ends").success());
        // Short, since the machine may have been busier when the time was taken.
        let step = (began.elapsed() / 12).min(Duration::from_millis(60));
        let out = folder.path().join(format!("{form}-killed"));
        // Each life is a little longer than the one before, so that the work is cut at moments all over it.
        let (mut killed, mut life) = (0, Duration::ZERO);
        loop {
            let mut child = start(&out, form);
            std::thread::sleep(life);
            child.kill().expect("is killed or has ended");
            if child.wait().expect("ends").success() {
                break;
            }
            killed += 1;
            life += step;
            assert!(killed < 100, "it never ends");
        }
        assert!(killed > 2, "{form}: killed {killed} times");
        assert!(tree(&out) == tree(&whole), "{form} differs after {killed} kills");
    }
}

#[test]
fn a_full_disk_is_an_error_and_work_goes_on_when_there_is_room() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let recipes = synth(folder.path(), &[]);
    // A limit on the size of a file stands in for the disk: the first shard that does not fit fails as a full disk does.
    let out = with(&recipes, &folder.path().join("out"));
    let run = |limit: &str| {
        let script = format!(
            "ulimit -f {limit}; trap '' XFSZ; exec \"$0\" synth --scenes day clock --config \"$1\" --out \"$2\" \
             --count 16 --materialise webdataset --per-shard 6"
        );
        Command::new("sh")
            .args(["-c", &script, env!("CARGO_BIN_EXE_scrubjay")])
            .args([&folder.path().join("own.toml"), &out])
            .output()
            .expect("starts")
    };
    let failed = run("100");
    let error = String::from_utf8_lossy(&failed.stderr).into_owned();
    assert_eq!(failed.status.code(), Some(1), "{error}");
    assert!(error.contains("cannot be written") && error.contains("run the command again"), "{error}");
    let done = run("unlimited");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let whole = folder.path().join("whole");
    assert!(start(&whole, Form::Webdataset).wait().expect("ends").success());
    same(&out, &whole, "after a full disk");
}

/// Recipes of a preset, or of one with key elements, whose pictures are as small as they can be: for what is about rows
/// and not about pictures.
fn small(folder: &Path, name: &str) -> PathBuf {
    let recipes = folder.join(format!("{name}-data"));
    let mut synth = Command::new(env!("CARGO_BIN_EXE_scrubjay"));
    match name {
        "elements" => {
            let elements = CONFIG.replace("task = \"jigsaw\", clips = 4", "task = \"elements\"");
            std::fs::write(folder.join(name), elements).expect("written");
            synth.arg("synth").arg("--config").arg(folder.join(name))
        }
        preset => synth.args(["synth", "--preset", preset]),
    };
    let status =
        synth.args(["--scenes", "all", "--count", "8", "--out"]).arg(&recipes).stderr(Stdio::null()).status();
    assert!(status.expect("starts").success());
    let mut lines = recipes::read(&recipes.join("recipes.jsonl")).expect("reads");
    for line in &mut lines {
        line.recipe.size = scrubjay_core::recipe::Size { width: 64, height: 36 };
        if name == "mvp" {
            // Masked clips count a frame a second, whatever the pool's clock.
            line.recipe.sampling.clock = scrubjay_core::source::Clock::Fixed { fps: 2 };
        }
        line.id = line.recipe.id();
    }
    let text: Vec<String> = lines.iter().map(|l| serde_json::to_string(l).expect("JSON")).collect();
    std::fs::write(recipes.join("recipes.jsonl"), text.join("\n")).expect("written");
    recipes
}

/// What verl is told of time is so, and what cannot be told it is not there; answers are scored by what rows say of
/// themselves.
#[test]
fn rows_for_verl_say_their_clock_and_their_reward() {
    use scrubjay::dataset::annotations::verl;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let loader = scrubjay::loader::Loader::default();
    let mut rewards = std::collections::BTreeSet::new();
    for name in ["elements", "museg", "mvp"] {
        let data = small(folder.path(), name);
        let lines = recipes::read(&data.join("recipes.jsonl")).expect("reads");
        let report = materialise(&data, Form::Verl, &options(2)).expect("materialises");
        assert!(!report.dropped.contains_key("uneven-clock"), "{name}: {:?}", report.dropped);
        let mut answers = Vec::new();
        for file in &report.files {
            let rows = verl::read(&data.join(file)).expect("reads");
            assert!(rows.dropped.is_empty(), "{:?}", rows.dropped);
            for row in rows.given {
                let item = loader.item(&lines[row.extra["index"].as_u64().expect("a number") as usize]);
                let item = item.expect("realizes");
                for (video, clip) in row.videos.iter().zip(&item.clips) {
                    let fps = video.sample_fps.expect("a rate");
                    // The utilities' frames are the nearest to even times: up to half a frame of a scene, 24 of a second, off.
                    let off = if name == "museg" { 0.5 / 24.0 + 0.001 } else { 0.001 };
                    for (i, shown) in clip.shown.iter().enumerate() {
                        assert!((i as f64 / fps - shown).abs() <= off, "{name}: {i} at {shown}, {fps} fps");
                    }
                    assert!(name != "mvp" || fps == 1.0, "{fps}");
                }
                rewards.insert(row.reward().expect("one of ours").name());
                answers.push((file.clone(), row.row, row.extra["answer"].clone()));
            }
        }
        for file in &report.files {
            let mine = answers.iter().filter(|(of, ..)| of == file);
            let line = |(_, id, said): &(String, usize, serde_json::Value)| {
                serde_json::json!({ "id": id, "prediction": said, "variant": "published" }).to_string()
            };
            let input = data.join("answers.jsonl");
            std::fs::write(&input, mine.map(line).collect::<Vec<_>>().join("\n")).expect("written");
            let scored = Command::new(env!("CARGO_BIN_EXE_scrubjay"))
                .args(["score", "--items"])
                .arg(data.join(file))
                .stdin(std::fs::File::open(&input).expect("opens"))
                .output()
                .expect("starts");
            for line in String::from_utf8(scored.stdout).expect("UTF-8").lines() {
                let score: serde_json::Value = serde_json::from_str(line).expect("JSON");
                // MVP's format term would come on top, for a text around the answer.
                assert!(score["score"].as_f64().is_some_and(|s| s > 0.999), "{name}: {score}");
            }
        }
    }
    assert_eq!(rewards.len(), 5, "{rewards:?}");

    // Frames that begin half a step after the start.
    let data = small(folder.path(), "videoreasoner");
    let error = materialise(&data, Form::Verl, &options(2)).expect_err("none is left").to_string();
    assert!(error.contains("sample_fps") && error.contains("'virtual'"), "{error}");
    let other = with(&data.join("recipes.jsonl"), &folder.path().join("swift"));
    let report = materialise(&other, Form::Swift, &options(2)).expect("materialises");
    let text = std::fs::read_to_string(other.join(&report.files[0])).expect("reads");
    for row in text.lines().map(|l| serde_json::from_str::<serde_json::Value>(l).expect("JSON")) {
        let off = row["clock_error"].as_f64().expect("a number");
        let step = 1.0 / row["sampling_fps"].as_f64().expect("a number");
        assert!(off > step * 0.3 && off < step, "{off} of {step}");
    }
}

#[test]
fn every_truth_in_a_row_scores_one_as_published() {
    use scrubjay_core::reward::Variant;
    use scrubjay_core::reward::table::Reward;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut tasks = std::collections::BTreeSet::new();
    for name in ["elements", "videossr-code", "museg", "mvp", "videoreasoner"] {
        let recipes = small(folder.path(), name);
        let report: Report = materialise(&recipes, Form::Swift, &options(2)).expect("materialises");
        for name in report.files {
            for row in std::fs::read_to_string(recipes.join(name)).expect("reads").lines() {
                let row: serde_json::Value = serde_json::from_str(row).expect("JSON");
                let text = |key: &str| row[key].as_str().unwrap_or_default();
                let json = |t: &str| serde_json::from_str(t).unwrap_or_else(|_| t.into());
                let reward: Reward = text("reward").parse().expect("a reward");
                let truth = if text("reward").starts_with("videossr") {
                    row["ground_truth"].clone()
                } else {
                    json(text("ground_truth"))
                };
                let meta = row["meta"].as_str().map_or(serde_json::Value::Null, json);
                let score =
                    reward.score(Variant::Published, text("solution"), &truth, &meta).expect("scores");
                // MUSEG's public code adds a millionth to what it divides by.
                assert!((score.total - 1.0).abs() < 1e-5, "{row}: {score:?}");
                tasks.insert(text("task").to_owned());
                let user = row["messages"].as_array().and_then(|m| m.last()).expect("a message");
                let marks = user["content"].as_str().map_or(0, |c| c.matches("<video>").count());
                assert_eq!(Some(marks), row["videos"].as_array().map(Vec::len));
                for file in row["videos"].as_array().expect("a list") {
                    assert!(recipes.join(file.as_str().expect("a path")).is_file(), "{file}");
                }
            }
        }
    }
    assert_eq!(tasks.len(), 8, "{tasks:?}");
}
