//! Pages hold what the item holds, score what was said, and let nothing from a file become markup.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use scrubjay_core::task::TaskName;
use serde_json::{Value, json};

fn scrubjay(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_scrubjay"))
        .current_dir(folder)
        .args(arguments)
        .output()
        .expect("the program starts")
}

fn inspect(folder: &Path, arguments: &[&str]) -> Value {
    let out = scrubjay(folder, &[&["inspect", "--json"], arguments].concat());
    assert!(out.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).expect("JSON")
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// A recipe file of eight tasks' first items of a link.
fn recipes(folder: &Path) -> (PathBuf, Vec<Value>) {
    let path = folder.join("recipes.jsonl");
    let lines: Vec<Value> = TaskName::ALL
        .into_iter()
        .map(|task| {
            let mut recipe = scrubjay_core::link::recipe(task, 3).expect("draws");
            // Small, since drawing is what takes time; the question stays the same.
            if task != TaskName::Counting {
                recipe.size = scrubjay_core::recipe::Size { width: 48, height: 32 };
            }
            json!({ "id": recipe.id(), "recipe": recipe })
        })
        .collect();
    let text: Vec<String> = lines.iter().map(Value::to_string).collect();
    std::fs::write(&path, text.join("\n")).expect("writes");
    (path, lines)
}

fn write(path: &Path, lines: &[Value]) {
    let text: Vec<String> = lines.iter().map(Value::to_string).collect();
    std::fs::write(path, text.join("\n")).expect("writes");
}

#[test]
fn every_task_is_shown_with_its_truth_and_a_true_prediction_earns_the_whole() {
    let at = folder();
    let (_, lines) = recipes(at.path());
    let plain = inspect(at.path(), &["recipes.jsonl", "--no-page"]);
    let shown = plain["shown"].as_array().expect("a list");
    assert_eq!(shown.len(), TaskName::ALL.len());
    let said: Vec<Value> = shown.iter().map(|i| json!({ "id": i["id"], "prediction": i["truth"] })).collect();
    write(&at.path().join("said.jsonl"), &said);

    let told = inspect(at.path(), &["recipes.jsonl", "--predictions", "said.jsonl"]);
    let page = std::fs::read_to_string(at.path().join("scrubjay-recipes.html")).expect("the page it names");
    assert_eq!(told["page"], json!({ "path": "scrubjay-recipes.html", "bytes": page.len() }));
    for (item, line) in told["shown"].as_array().expect("a list").iter().zip(&lines) {
        assert_eq!(item["id"], line["id"]);
        // MUSEG's matching adds a millionth to its denominators.
        let score = item["predictions"][0]["score"].as_f64().expect("a number");
        assert!((0.999..=1.0).contains(&score), "{} {score}", item["task"]);
        let text = |key: &str| item[key].as_str().expect("a text").replace('<', "&lt;").replace('>', "&gt;");
        assert!(page.contains(&text("truth")), "{}", item["task"]);
        assert!(page.contains(&text("stimulus")) && page.contains(&text("id")));
        // The clock of the page is the item's.
        let times: Vec<String> = item["clips"][0]["shown_seconds"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|t| format!("{:.4}", t.as_f64().expect("a number")))
            .collect();
        assert!(page.contains(&format!("data-times=\"{}\"", times.join(","))), "{}", item["task"]);
    }
    assert_eq!(told["by_task"]["jigsaw"]["items"], 1);
    // Nothing is fetched, and no style or script but the page's own runs.
    for outside in ["http://", "https://", "src=\"/", "url(/", " style=\"", " onclick"] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert!(page.contains("default-src 'none'") && !page.contains("unsafe"));
    // The same again, byte for byte.
    inspect(at.path(), &["recipes.jsonl", "--predictions", "said.jsonl", "--out", "again.html"]);
    assert_eq!(page, std::fs::read_to_string(at.path().join("again.html")).expect("written"));
}

#[test]
fn nothing_from_a_file_becomes_markup_and_lines_at_fault_are_counted() {
    let at = folder();
    let mut recipe = scrubjay_core::link::recipe(TaskName::Event, 1).expect("draws");
    recipe.size = scrubjay_core::recipe::Size { width: 48, height: 32 };
    if let scrubjay_core::task::Task::Event { query, .. } = &mut recipe.task {
        *query = "</pre><script>alert(1)</script>\u{1b}[31m".to_owned();
    }
    let id = recipe.id();
    write(&at.path().join("<b>.jsonl"), &[json!({ "id": id, "recipe": recipe })]);
    let said = "<|event_start|>[0.1,0.2]<|event_end|><img src=x onerror=alert(1)>";
    let lines = [
        json!({ "id": id, "prediction": said }),
        json!({ "id": "other", "prediction": "1-2" }),
        json!({ "id": id, "prediction": 7 }),
        json!([1]),
        json!({ "prediction": "1" }),
    ];
    write(&at.path().join("said.jsonl"), &lines);
    let text =
        scrubjay(at.path(), &["inspect", "<b>.jsonl", "--predictions", "said.jsonl", "--out", "page.html"]);
    assert!(text.status.success(), "{}", String::from_utf8_lossy(&text.stderr));
    let told = String::from_utf8(text.stdout).expect("text");
    for part in
        ["1 predictions are of other items", "the prediction is not a text", "no id", "not a JSON object"]
    {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(!told.contains('\u{1b}'), "a terminal is not steered");
    let page = std::fs::read_to_string(at.path().join("page.html")).expect("written");
    assert_eq!(page.matches("<script").count(), 1, "the page's own alone");
    assert!(page.contains("&lt;script&gt;alert(1)") && page.contains("&lt;img src=x onerror"));
    assert!(!page.contains("<img src=x") && !page.contains("\u{1b}"));
    assert!(page.contains("Prediction 1"));
}

#[test]
fn an_item_of_a_file_a_link_and_what_is_neither() {
    let at = folder();
    let (_, lines) = recipes(at.path());
    let third = inspect(at.path(), &["recipes.jsonl:3", "--no-page"]);
    assert_eq!((&third["kind"], &third["item"]["id"]), (&json!("item"), &lines[2]["id"]));
    assert_eq!(std::fs::read_dir(at.path()).expect("lists").count(), 1, "no page was asked for");
    let link = inspect(at.path(), &["/p/jigsaw/7", "--out", "j.html"]);
    assert_eq!(link["item"]["task"], "jigsaw");
    let page = std::fs::read_to_string(at.path().join("j.html")).expect("written");
    assert_eq!(page.matches("<canvas").count(), link["item"]["clips"].as_array().expect("a list").len());

    write(&at.path().join("odd.jsonl"), &[json!({ "x": 1 })]);
    std::fs::write(at.path().join("empty.jsonl"), "\n").expect("writes");
    std::fs::write(at.path().join("bytes.bin"), [0xff, 0, b'\n', 0xfe]).expect("writes");
    std::fs::create_dir(at.path().join("folder")).expect("makes");
    for (what, code, says) in [
        ("recipes.jsonl:9", 2, "has 8 lines"),
        ("odd.jsonl", 1, "neither with a recipe"),
        ("empty.jsonl", 1, "is empty"),
        ("bytes.bin", 1, "bytes.bin:1: not JSON"),
        ("folder", 1, "neither a run"),
        ("nothing.jsonl", 1, "cannot be read"),
        ("/p/chess/1", 2, "chess"),
    ] {
        let out = scrubjay(at.path(), &["inspect", what]);
        let told = String::from_utf8_lossy(&out.stderr);
        assert_eq!(out.status.code(), Some(code), "{what}: {told}");
        assert!(told.contains(says) && out.stdout.is_empty(), "{what}: {told}");
    }
}

#[test]
fn a_run_shows_curves_answers_and_its_items() {
    let at = folder();
    let run = at.path().join("run");
    std::fs::create_dir_all(run.join("data")).expect("makes");
    std::fs::create_dir_all(run.join("rollouts")).expect("makes");
    let (_, lines) = recipes(&run.join("data"));
    let step = |i: u32| {
        json!({ "phase": "grpo", "step": i, "loss": -0.1, "reward": f64::from(i) / 10.0,
                "reward_by_task": { "jigsaw": f64::from(i) / 10.0, "<i>": 0.5 } })
    };
    write(&run.join("metrics.jsonl"), &(0..8).map(step).collect::<Vec<_>>());
    // Killed while a line was written.
    let cut = std::fs::read_to_string(run.join("metrics.jsonl")).expect("reads") + "\n{\"phase\": \"gr";
    std::fs::write(run.join("metrics.jsonl"), cut).expect("writes");
    let answer = |i: usize, said: &str| {
        json!({ "id": lines[i]["id"], "source": "scene/day/3", "task": "jigsaw", "answer": said, "truth": "21",
                "score": 0.25, "failed": false, "random": 0.3, "blind": 0.3 })
    };
    write(&run.join("answers.before.jsonl"), &[answer(2, "123456")]);
    write(&run.join("answers.grpo.jsonl"), &[answer(2, "654321")]);
    write(&run.join("rollouts/step-0.jsonl"), &[json!({ "id": "gone", "completion": "<u>", "reward": 0.5 })]);
    let told = inspect(at.path(), &["run", "--out", "run.html"]);
    assert_eq!(told["kind"], "run");
    assert_eq!(told["phases"], json!([["grpo", 8]]));
    assert_eq!(told["unreadable_metrics"], 1);
    assert_eq!(told["without_recipe"], json!(["gone"]));
    let of: Vec<&str> = told["shown"][0]["predictions"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|p| p["from"].as_str().expect("a text"))
        .collect();
    assert_eq!(of, ["before", "grpo"]);
    let page = std::fs::read_to_string(at.path().join("run.html")).expect("written");
    assert!(page.contains("jigsaw: 0.000 at first, 0.700 at last") && page.contains("&lt;i&gt;: 0.500"));
    assert!(page.contains("<pre>&lt;u&gt;</pre>") && page.contains("Evaluations"));
    // A file of answers alone, without and with its recipes.
    std::fs::copy(run.join("answers.grpo.jsonl"), at.path().join("alone.jsonl")).expect("copies");
    let alone = inspect(at.path(), &["alone.jsonl", "--no-page"]);
    assert_eq!((&alone["kind"], &alone["shown"]), (&json!("answers"), &json!([])));
    let with = inspect(at.path(), &["alone.jsonl", "--no-page", "--recipes", "run/data/recipes.jsonl"]);
    assert_eq!(with["shown"][0]["id"], lines[2]["id"]);
    // In a run's folder they are found.
    let own = inspect(at.path(), &["run/answers.grpo.jsonl", "--no-page"]);
    assert_eq!(own["shown"][0]["id"], lines[2]["id"]);
}

#[test]
fn an_item_whose_video_is_gone_is_counted_among_others_and_an_error_alone() {
    let at = folder();
    let (path, lines) = recipes(at.path());
    let mut recipe = scrubjay_core::link::recipe(TaskName::Jigsaw, 1).expect("draws");
    let (frames, rate) = (recipe.source.frames(), recipe.source.rate());
    recipe.source = scrubjay_core::source::Source::Video { sha256: "0".repeat(64), frames, rate };
    let gone = json!({ "id": recipe.id(), "recipe": recipe, "file": at.path().join("gone.mp4") });
    write(&path, &[lines[0].clone(), gone]);
    let told = inspect(at.path(), &["recipes.jsonl", "--no-page"]);
    assert_eq!(told["shown"].as_array().map(Vec::len), Some(1));
    let causes = told["not_shown"].as_object().expect("causes");
    assert!(
        causes.len() == 1 && causes.iter().all(|(c, n)| c.contains("gone.mp4") && *n == json!(1)),
        "{causes:?}"
    );
    let alone = scrubjay(at.path(), &["inspect", "recipes.jsonl:2"]);
    assert_eq!(alone.status.code(), Some(1));
}

/// Rows for verl of three kinds of question on small pictures of scenes and a clip: the Parquet file.
fn rows(folder: &Path) -> PathBuf {
    let config = r#"
        [data]
        sampling = { pick = "uniform", count = 8, clock = "virtual" }
        picture = { fit = "exact", width = 32, height = 24 }
        wording = "plain"
        scene_frames = 240
        scene_fps = 24
        mix = [
            { task = "grounding", kind = "mirror", share = 1 },
            { task = "counting", level = "easy", share = 1 },
            { task = "jigsaw", clips = 4, share = 1 },
        ]"#;
    std::fs::write(folder.join("own.toml"), config).expect("written");
    let clips = Path::new(env!("CARGO_MANIFEST_DIR")).join("../public/clips/intel_asl_walk.mkv");
    let clips = clips.to_str().expect("plain");
    let out = scrubjay(
        folder,
        &[
            "synth",
            "--scenes",
            "day",
            "--videos",
            clips,
            "--config",
            "own.toml",
            "--out",
            "set",
            "--count",
            "9",
            "--materialise",
            "verl",
        ],
    );
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let data = std::fs::read_dir(folder.join("set/data")).expect("lists");
    let mut files: Vec<PathBuf> = data.map(|e| e.expect("an entry").path()).collect();
    files.retain(|p| p.extension().is_some_and(|e| e == "parquet"));
    assert_eq!(files.len(), 1);
    files.remove(0)
}

#[test]
fn rows_for_verl_are_shown_as_the_recipes_they_were_written_from() {
    let at = folder();
    let file = rows(at.path());
    let file = file.to_str().expect("plain");
    let recipes = inspect(at.path(), &["set/recipes.jsonl", "--out", "recipes.html"]);
    let by_id = |id: &Value| {
        let all = recipes["shown"].as_array().expect("a list");
        all.iter().find(|i| i["id"] == *id).expect("a recipe for each row")
    };
    let plain = inspect(at.path(), &[file, "--no-page"]);
    let shown = plain["shown"].as_array().expect("a list");
    assert!(shown.len() >= 7 && plain["items"] == json!(shown.len()), "{}", shown.len());
    let (page_of, mut said) =
        (|name: &str| std::fs::read_to_string(at.path().join(name)).expect("written"), Vec::new());
    for (i, row) in shown.iter().enumerate() {
        let recipe = by_id(&row["row"]["extra_info"]["id"]);
        // Not a pixel, a time or a word is another.
        for key in
            ["task", "truth", "stimulus", "prompt", "system", "prefix", "clips", "end_seconds", "source"]
        {
            assert_eq!(row[key], recipe[key], "{key}");
        }
        // Spoken of by number or by the item's id.
        let name = if i % 2 == 0 { json!(i) } else { recipe["id"].clone() };
        said.push(json!({ "id": name, "prediction": row["truth"] }));
    }
    assert_eq!(plain["by_data_source"]["grounding"]["rows"].as_u64(), {
        let own = shown.iter().filter(|i| i["task"] == "grounding").count();
        Some(own as u64)
    });

    said.push(json!({ "id": 99, "prediction": "1" }));
    write(&at.path().join("said.jsonl"), &said);
    let told = inspect(at.path(), &[file, "--predictions", "said.jsonl", "--out", "rows.html"]);
    assert_eq!(told["predictions_of_other_items"], 1);
    for row in told["shown"].as_array().expect("a list") {
        assert_eq!(row["predictions"][0]["score"], 1.0, "{}", row["task"]);
    }
    // Where a clip of a jigsaw truly belongs is read from the row alone.
    let captions = |page: &str, stimulus: &str| -> Vec<String> {
        let section = page.split("<section").find(|s| s.contains(stimulus)).expect("a section");
        section.split("Place ").skip(1).map(|s| s.split(['<', '"']).next().unwrap_or("").to_owned()).collect()
    };
    let (ours, theirs) = (page_of("rows.html"), page_of("recipes.html"));
    let jigsaws = shown.iter().filter(|i| i["task"] == "jigsaw");
    let stimuli: Vec<&str> = jigsaws.map(|i| i["stimulus"].as_str().expect("a text")).collect();
    for stimulus in &stimuli {
        assert!(captions(&ours, stimulus).len() >= 4);
        assert_eq!(captions(&ours, stimulus), captions(&theirs, stimulus));
    }
    // Their orders are not all their own inverses, which would say the same either way.
    let truths: Vec<&str> =
        shown.iter().filter_map(|i| i["truth"].as_str().filter(|_| i["task"] == "jigsaw")).collect();
    let twice = |t: &str, p: usize| t.as_bytes().get(usize::from(t.as_bytes()[p] - b'1')).copied();
    let odd = |t: &&str| (0..t.len()).any(|p| twice(t, p) != u8::try_from(p + 1).ok().map(|p| p + b'0'));
    assert!(truths.iter().any(odd), "{truths:?}");
    let few = inspect(at.path(), &[file, "--no-page", "--limit", "2"]);
    assert_eq!((few["shown"].as_array().map(Vec::len), &few["items"]), (Some(2), &plain["items"]));

    // One row, from another folder, and what is none.
    let other = folder();
    let one = inspect(other.path(), &[&format!("{file}:3"), "--out", "row.html"]);
    assert_eq!(
        (&one["kind"], &one["item"]["id"], &one["item"]["row"]["number"]),
        (&json!("item"), &shown[3]["id"], &json!(3))
    );
    let beyond = scrubjay(other.path(), &["inspect", &format!("{file}:40")]);
    assert_eq!(beyond.status.code(), Some(2), "{}", String::from_utf8_lossy(&beyond.stderr));
}

#[test]
fn rows_whose_frames_are_gone_or_changed_are_counted_and_named() {
    let at = folder();
    let file = rows(at.path());
    let file = file.to_str().expect("plain");
    let whole = inspect(at.path(), &[file, "--no-page"]);
    let shown = whole["shown"].as_array().expect("a list");
    let frames = |row: &Value| -> Vec<String> {
        let videos = row["row"]["videos"].as_array().expect("a list");
        let names = videos.iter().flat_map(|v| v["video"].as_array().expect("a list"));
        names.map(|n| n.as_str().expect("a text").to_owned()).collect()
    };
    // Rows of one source share the frames that neither changed.
    let all: Vec<String> = shown.iter().flat_map(frames).collect();
    let own = |name: &String| all.iter().filter(|n| *n == name).count() == 1;
    let alone: Vec<(usize, String)> = shown
        .iter()
        .enumerate()
        .filter_map(|(i, row)| Some((i, frames(row).into_iter().find(|n| own(n))?)))
        .collect();
    let [(without, name), (other, replaced), ..] = alone.as_slice() else { panic!("{alone:?}") };
    let [gone, changed] = [name, replaced].map(|n| at.path().join("set").join(n));
    let another =
        at.path().join("set").join(all.iter().find(|n| *n != name && *n != replaced).expect("more"));
    std::fs::remove_file(gone).expect("removed");
    std::fs::copy(another, changed).expect("replaced");
    let out = scrubjay(at.path(), &["inspect", file, "--no-page", "--json"]);
    let told: Value = serde_json::from_slice(&out.stdout).expect("JSON");
    assert_eq!(told["not_shown"], json!({ "missing": 1, "other-frames": 1 }));
    let named = String::from_utf8_lossy(&out.stderr).into_owned();
    let missing = format!("row {without}: its file {name} is not there");
    assert!(
        named.contains(&missing) && named.contains(&format!("row {other}: its frames are not")),
        "{named}"
    );
    let alone = scrubjay(at.path(), &["inspect", &format!("{file}:{without}")]);
    assert_eq!(alone.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&alone.stderr).contains(name));
}

/// Rows as they come from elsewhere, written as Parquet beside two pictures of unlike size.
fn foreign(folder: &Path, rows: &[Value]) -> PathBuf {
    for (name, width) in [("0.png", 40), ("1.png", 20)] {
        let file = std::fs::File::create(folder.join(name)).expect("made");
        let mut encoder = png::Encoder::new(file, width, 30);
        encoder.set_color(png::ColorType::Rgb);
        let mut writer = encoder.write_header().expect("a header");
        writer.write_image_data(&vec![90; width as usize * 90]).expect("written");
    }
    let text: String = rows.iter().map(|r| format!("{r}\n")).collect();
    let (schema, _) = arrow_json::reader::infer_json_schema(text.as_bytes(), None).expect("a schema");
    let schema = std::sync::Arc::new(schema);
    let reader = arrow_json::ReaderBuilder::new(schema.clone()).build(text.as_bytes()).expect("reads");
    let path = folder.join("rows.parquet");
    let file = std::fs::File::create(&path).expect("made");
    let mut writer = parquet::arrow::ArrowWriter::try_new(file, schema, None).expect("a writer");
    reader.for_each(|batch| writer.write(&batch.expect("rows")).expect("written"));
    writer.close().expect("closed");
    path
}

#[test]
fn nothing_from_a_row_becomes_markup_and_videos_are_sampled() {
    let at = folder();
    let evil = "</pre><script>alert(1)</script>\u{1b}[31m";
    let row = |source: &str, videos: Value, truth: &str, marks: &str| {
        json!({
            "data_source": source, "prompt": [{ "role": "user", "content": format!("{marks}{evil}") }],
            "videos": videos, "reward_model": { "ground_truth": truth },
            "extra_info": { "video_id": evil, "perturbation_type": evil },
        })
    };
    let pictures = |fps: f64| json!([{ "video": ["0.png", "1.png"], "sample_fps": fps }]);
    let clip = Path::new(env!("CARGO_MANIFEST_DIR")).join("../public/clips/intel_asl_walk.mkv");
    let video = json!([{ "video": [clip.to_str().expect("plain")], "sample_fps": 2.0 }]);
    foreign(
        at.path(),
        &[
            row("grounding", pictures(2.0), "0.0-0.5", "<video>"),
            row("grounding", video, "1.0-2.0", "<video>"),
            row(evil, pictures(2.0), "1", "<video>"),
            row("counting", pictures(2.0), "1,2", "<video>"),
            row("counting", pictures(1e-300), "1,2,3", "<video>"),
            row("counting", pictures(2.0), "1,2,3", "<video>"),
            row("jigsaw", pictures(2.0), "12", "<video><video>"),
        ],
    );
    let out = scrubjay(at.path(), &["inspect", "rows.parquet", "--out", "page.html"]);
    let told = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    for part in [
        "1 rows left out: video-marks",
        "1 not shown: other-task",
        "1 not shown: bad-truth",
        "1 not shown: malformed",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(!told.contains('\u{1b}') && !String::from_utf8_lossy(&out.stderr).contains('\u{1b}'));
    let page = std::fs::read_to_string(at.path().join("page.html")).expect("written");
    assert_eq!(page.matches("<script").count(), 1, "the page's own alone");
    assert!(page.contains("&lt;script&gt;alert(1)") && !page.contains('\u{1b}'));
    let alone = scrubjay(at.path(), &["inspect", "rows.parquet:2"]);
    let says = String::from_utf8_lossy(&alone.stderr);
    assert!(
        alone.status.code() == Some(1) && says.contains("row 2: rows of") && !says.contains('\u{1b}'),
        "{says}"
    );

    let told = inspect(at.path(), &["rows.parquet", "--no-page"]);
    let shown = told["shown"].as_array().expect("a list");
    assert_eq!(shown.len(), 3);
    assert_eq!(shown[0]["clips"], json!([{ "frames": 2, "shown_seconds": [0.0, 0.5] }]));
    // 48 frames over the whole length, whatever pace the row states for a list of frames.
    let video = scrubjay::video::Video::open(&clip).expect("opens");
    let seconds = f64::from(video.frames()) / video.rate().fps();
    assert_eq!(shown[1]["clips"][0]["frames"], 48);
    assert!((shown[1]["end_seconds"].as_f64().expect("a number") - seconds).abs() < 1e-9);
    // The rows' own prompts cannot be replaced.
    std::fs::write(at.path().join("own.toml"), "").expect("written");
    let refused = scrubjay(at.path(), &["inspect", "rows.parquet", "--prompts", "own.toml"]);
    assert_eq!(refused.status.code(), Some(2));
}
