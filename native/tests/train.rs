//! The trainer from outside: a run that is killed says and learns what it would have, configurations at fault are
//! refused before any work, and numbers that are none end it with the item's name.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A model and a run that take a second.
const TINY: &str = r#"
[data]
sampling = { pick = "uniform", count = 6, clock = "fixed", fps = 2 }
picture = { fit = "exact", width = 16, height = 16 }
wording = "toy"
scene_frames = 48
scene_fps = 24
mix = [
    { task = "grounding", kind = "channel-swap", share = 1 },
    { task = "jigsaw", clips = 3, share = 1 },
]

[model]
hidden = 16
layers = 2
heads = 2
kv_heads = 1
intermediate = 32
vision_hidden = 16
vision_layers = 1
vision_heads = 2
patch = 8

[sft]
steps = 6
batch = 4
learning_rate = 1e-3

[grpo]
steps = 16
prompts = 3
group = 4
temperature = 1.0
learning_rate = 1e-3
schedule = "cosine"
weight_decay = 0.01
max_grad_norm = 1.0
clip = 0.2
kl = 1e-2
advantage_epsilon = 1e-6
max_tokens = 9
hold_to_grammar = true
updates = 2
resample = 1
scale_rewards = "none"
scale_by_task = 0.9
curriculum = { decay = 0.5, most = 0.5 }

[train]
tower = "trained"
checkpoint_every = 3
eval_every = 5
eval_items = 4
"#;

fn scrubjay(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scrubjay"));
    command.args(args).env("RAYON_NUM_THREADS", "1").stdin(Stdio::null());
    command
}

fn ran(args: &[&str]) -> Output {
    scrubjay(args).output().expect("starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A configuration and data in a folder of their own.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("tiny.toml"), TINY).expect("written");
        let place = Self { folder };
        let made = ran(&[
            "synth",
            "--config",
            &place.at("tiny.toml"),
            "--scenes",
            "day",
            "--count",
            "60",
            "--seed",
            "1",
            "--out",
            &place.at("data"),
        ]);
        assert!(made.status.success(), "{}", text(&made.stderr));
        place
    }

    fn at(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn train(&self, out: &str, more: &[&str]) -> Command {
        let (config, data, out) = (self.at("tiny.toml"), self.at("data"), self.at(out));
        let mut args = vec!["train", "--config", &config, "--data", &data, "--out", &out, "--quiet"];
        args.extend(more);
        scrubjay(&args)
    }

    fn trained(&self, out: &str, more: &[&str]) {
        let done = self.train(out, more).output().expect("starts");
        assert!(done.status.success(), "{}", text(&done.stderr));
    }

    fn refused(&self, out: &str, more: &[&str]) -> (Option<i32>, String) {
        let done = self.train(out, more).output().expect("starts");
        assert!(!done.status.success(), "{more:?} was not refused");
        (done.status.code(), text(&done.stderr))
    }

    fn file(&self, run: &str, name: &str) -> Vec<u8> {
        let path = self.folder.path().join(run).join(name);
        std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    }

    /// What two runs must have in common.
    fn same(&self, a: &str, b: &str) {
        for name in [
            "metrics.jsonl",
            "evaluations.jsonl",
            "answers.cold-start.jsonl",
            "answers.grpo.jsonl",
            "model/model.safetensors",
        ] {
            assert!(self.file(a, name) == self.file(b, name), "{name} of {a} and {b} differ");
        }
        assert_eq!(self.listed(a, "rollouts"), self.listed(b, "rollouts"));
        for name in self.listed(a, "rollouts") {
            let name = format!("rollouts/{name}");
            assert!(self.file(a, &name) == self.file(b, &name), "{name} of {a} and {b} differ");
        }
    }

    fn listed(&self, run: &str, folder: &str) -> Vec<String> {
        let path: PathBuf = Path::new(&self.at(run)).join(folder);
        let mut names: Vec<String> = std::fs::read_dir(&path)
            .expect("a folder")
            .map(|e| e.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

/// Kills runs at moments spread over them until so many kills are done and the last run has ended; each must end as one
/// that was never stopped.
fn killed(place: &Place, more: &[&str], kills: u32) {
    let begun = Instant::now();
    place.trained("whole", more);
    let whole = begun.elapsed();
    let (mut done, mut runs) = (0, 0);
    while done < kills {
        let run = format!("killed-{runs}");
        runs += 1;
        loop {
            let mut command = place.train(&run, more);
            let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("starts");
            // By the golden ratio; what is left of a run after a kill is shorter.
            let share = (f64::from(done) * 0.618_034).fract();
            let until = Instant::now() + whole.mul_f64(0.02 + 0.5 * share);
            let mut ended = None;
            while Instant::now() < until && ended.is_none() {
                std::thread::sleep(Duration::from_millis(2));
                ended = child.try_wait().expect("waits");
            }
            if ended.is_none() {
                child.kill().expect("killed");
            }
            let out = child.wait_with_output().expect("waits");
            match ended {
                Some(status) => {
                    assert!(status.success(), "{}", text(&out.stderr));
                    break;
                }
                None => done += 1,
            }
        }
        place.same("whole", &run);
    }
    eprintln!("{done} kills over {runs} runs");
}

#[test]
fn a_run_killed_at_any_moment_ends_as_one_that_was_never_stopped() {
    // 22 steps in two stages, with a curriculum, scales by task, two updates a step, and groups that are replaced.
    killed(&Place::new(), &[], 30);
}

#[test]
fn so_does_one_with_adapters_and_an_early_end() {
    let more = [
        "--set",
        "train.tower=frozen",
        "--set",
        "train.lora={rank = 2, alpha = 4}",
        "--set",
        "train.recompute=true",
        "--set",
        "train.micro_tokens=90",
        "--set",
        "train.patience=1",
        "--set",
        "train.eval_every=4",
    ];
    killed(&Place::new(), &more, 6);
}

#[test]
fn two_steps_are_one_and_one() {
    let place = Place::new();
    // The rate must not depend on how many steps are to come.
    let constant = ["--set", "grpo.schedule=constant"];
    place.trained("two", &[&constant[..], &["--steps", "2"]].concat());
    place.trained("one", &[&constant[..], &["--steps", "1"]].concat());
    place.trained("one", &[&constant[..], &["--steps", "2"]].concat());
    assert!(place.file("one", "metrics.jsonl") == place.file("two", "metrics.jsonl"));
    assert!(place.file("one", "model/model.safetensors") == place.file("two", "model/model.safetensors"));
}

#[test]
fn a_run_goes_on_from_where_it_is_told() {
    let place = Place::new();
    let keep = ["--set", "train.keep_last=99", "--set", "grpo.schedule=constant"];
    place.trained("whole", &keep);
    // From an older checkpoint of its own: what came later is forgotten, and comes again.
    place.trained("again", &keep);
    let older = place.at("again/checkpoints/000009");
    place.trained("again", &[&keep[..], &["--resume", &older]].concat());
    place.same("whole", "again");
    // From another run's: what that run said before is not said again.
    let theirs = place.at("whole/checkpoints/000009");
    place.trained("other", &[&keep[..], &["--resume", &theirs]].concat());
    assert!(place.file("whole", "model/model.safetensors") == place.file("other", "model/model.safetensors"));
    let (whole, other) = (place.file("whole", "metrics.jsonl"), place.file("other", "metrics.jsonl"));
    assert!(!other.is_empty() && whole.ends_with(&other));
    let (_, told) = place.refused("again", &["--set", "train.keep_last=99", "--resume", &theirs]);
    assert!(told.contains("already holds a run"), "{told}");
    // A stage that had no steps is given some.
    place.trained("none", &[&keep[..], &["--steps", "0"]].concat());
    place.trained("none", &keep);
    assert!(place.file("none", "model/model.safetensors") == place.file("whole", "model/model.safetensors"));
}

#[test]
fn a_phase_that_ended_by_its_plateau_stays_so() {
    let place = Place::new();
    let phases = "grpo.phases=[{name = \"a\", steps = 8, until_plateau = {window = 1, gain = 10}}, {name = \"b\", steps = \
                  8, until_plateau = {window = 2, gain = 10}}]";
    place.trained("run", &["--set", phases]);
    let metrics = place.file("run", "metrics.jsonl");
    let of = |phase: &str| text(&metrics).matches(&format!("\"phase\":\"{phase}\"")).count();
    assert_eq!((of("sft"), of("a"), of("b")), (6, 2, 4));
    place.trained("run", &["--set", phases]);
    assert!(place.file("run", "metrics.jsonl") == metrics);
}

#[test]
fn a_run_goes_on_only_as_it_began() {
    let place = Place::new();
    place.trained("run", &["--steps", "1"]);
    let (code, told) = place.refused("run", &["--steps", "2", "--set", "grpo.learning_rate=0.5"]);
    assert_eq!(code, Some(2), "{told}");
    assert!(
        told.contains("grpo.learning_rate") && told.contains("0.5") && told.contains("config.toml"),
        "{told}"
    );
    let other = place.at("other");
    let made = ran(&[
        "synth",
        "--config",
        &place.at("tiny.toml"),
        "--scenes",
        "day",
        "--count",
        "60",
        "--seed",
        "2",
        "--out",
        &other,
    ]);
    assert!(made.status.success());
    let (config, run) = (place.at("tiny.toml"), place.at("run"));
    let done = ran(&["train", "--config", &config, "--data", &other, "--out", &run, "--steps", "1", "-q"]);
    assert!(done.status.code() == Some(2) && text(&done.stderr).contains("--data"), "{}", text(&done.stderr));
    // Nor without its checkpoints, unless it is the same run that begins anew.
    std::fs::remove_dir_all(place.at("run/checkpoints")).expect("removed");
    let (code, told) = place.refused("run", &["--steps", "1", "--set", "grpo.clip=0.3"]);
    assert!(code == Some(2) && told.contains("grpo.clip"), "{told}");
    place.trained("run", &["--steps", "1"]);
    let (_, told) = place.refused("run", &["--resume", "never"]);
    assert!(told.contains("already holds a run"), "{told}");
    let (code, told) = place.refused("run", &["--resume", "nowhere"]);
    assert!(code == Some(2) && told.contains("nowhere"), "{told}");
    // The run's own configuration is one to go on with.
    let config = place.at("run/config.toml");
    let done =
        ran(&["train", "--config", &config, "--data", &place.at("data"), "--out", &place.at("run"), "-q"]);
    assert!(done.status.success(), "{}", text(&done.stderr));
}

#[test]
fn configurations_at_fault_are_refused_before_any_work() {
    let place = Place::new();
    for (set, words) in [
        ("grpo.groups=4", &["grpo.groups", "did you mean", "grpo.group"][..]),
        ("grpo.num_generations=4", &["num_generations", "grpo.group"]),
        ("grpo.group=many", &["grpo.group", "many"]),
        ("grpo.clip=-1", &["grpo.clip"]),
        ("grpo.max_tokens=9223372036854775807", &["grpo.max_tokens"]),
        ("train.prefetch=9223372036854775807", &["train.prefetch"]),
        ("grpo.loss_type=dpao", &["loss_type", "dapo"]),
        ("grpo.top_p=1.5", &["grpo.top_p"]),
        ("train.lora={rank=4, alpha=8}", &["train.lora", "train.tower"]),
        ("model.heads=3", &["heads"]),
        ("data.picture={fit=\"area\", min_pixels=1, max_pixels=9000}", &["data.picture"]),
    ] {
        let (code, told) = place.refused("refused", &["--set", set]);
        assert_eq!(code, Some(2), "{set}: {told}");
        for word in words {
            assert!(told.contains(word), "{set}: {told}");
        }
        assert!(!Path::new(&place.at("refused/metrics.jsonl")).exists(), "{set}: work was begun");
    }
    for (args, word) in [
        (&["--data", "nowhere"][..], "nowhere"),
        (&["--model", "nowhere"], "nowhere"),
        (&["--device", "tpu"], "tpu"),
        (&["--preset", "videosr"], "videosr"),
    ] {
        let done = ran(&[&["train", "--out", &place.at("refused")][..], args].concat());
        let told = text(&done.stderr);
        assert!(!done.status.success() && told.contains(word), "{args:?}: {told}");
    }
}

#[test]
fn what_cannot_fit_into_memory_is_refused_before_the_first_step() {
    let place = Place::new();
    let huge = ["--set", "grpo.prompts=1000000", "--set", "train.micro_tokens=0", "--set", "grpo.group=64"];
    let (code, told) = place.refused("huge", &huge);
    assert_eq!(code, Some(1), "{told}");
    assert!(
        told.contains("grpo: ") && told.contains("would take") && told.contains("train.micro_tokens"),
        "{told}"
    );
    let plan = text(&place.file("huge", "plan.txt"));
    assert!(plan.contains("optimiser") && plan.contains("keys and values"), "{plan}");
    assert!(place.file("huge", "metrics.jsonl").is_empty());
}

#[test]
fn a_number_that_is_none_ends_the_run_with_the_item_and_the_tensor() {
    let place = Place::new();
    let wild =
        ["--set", "sft.learning_rate=1e30", "--set", "sft.max_grad_norm=1e30", "--checkpoint-every", "1"];
    let (code, told) = place.refused("fault", &wild);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("not finite") && told.contains("items"), "{told}");
    let dump = place
        .listed("fault", ".")
        .into_iter()
        .find(|n| n.starts_with("fault-sft-"))
        .unwrap_or_else(|| panic!("no dump: {told}"));
    let dump: serde_json::Value = serde_json::from_slice(&place.file("fault", &dump)).expect("JSON");
    assert!(dump["what"].as_str().is_some_and(|w| w.contains('.')), "{dump}");
    // No checkpoint holds such numbers: going on ends as it ended, and not at reading one.
    let (_, again) = place.refused("fault", &wild);
    assert!(again.contains("not finite") && again.contains("sft step"), "{again}");
}

/// Every number of a run's metrics.
fn numbers(metrics: &[u8]) -> Vec<f64> {
    fn walk(value: &serde_json::Value, out: &mut Vec<f64>) {
        match value {
            serde_json::Value::Number(n) => out.extend(n.as_f64()),
            serde_json::Value::Object(map) => map.values().for_each(|v| walk(v, out)),
            _ => {}
        }
    }
    let mut out = Vec::new();
    for line in text(metrics).lines() {
        walk(&serde_json::from_str(line).expect("JSON"), &mut out);
    }
    out
}

#[test]
fn what_spares_memory_or_time_changes_no_result() {
    let place = Place::new();
    let short = ["--set", "sft.steps=2", "--steps", "3"];
    let train = |name: &str, more: &[&str]| {
        place.trained(name, &[&short[..], more].concat());
        place.file(name, "metrics.jsonl")
    };
    let whole = train("whole", &[]);
    assert!(
        whole == train("unread", &["--set", "train.prefetch=0", "--set", "train.cache_mb=1"]),
        "reading ahead"
    );
    assert!(whole == train("unseen", &["--set", "train.eval_every=1", "--checkpoint-every", "1"]), "looking");
    for (name, set) in [("micro", "train.micro_tokens=70"), ("tape", "train.recompute=false")] {
        let (a, b) = (numbers(&whole), numbers(&train(name, &["--set", set])));
        assert_eq!(a.len(), b.len());
        for (a, b) in a.iter().zip(&b) {
            assert!((a - b).abs() <= 1e-5 + 1e-4 * a.abs(), "{set}: {a} against {b}");
        }
    }
}

/// A preset with small pictures, short answers and one prompt and step of everything; what is learned is the paper's.
fn tiny(preset: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../core/presets/{preset}.toml"));
    let whole = std::fs::read_to_string(path).expect("a preset");
    let phases = whole.matches("[[grpo.phases]]").count();
    let mut steps = 0;
    let line = |line: &str| match line.split(" = ").next().unwrap_or_default() {
        "picture" => "picture = { fit = \"exact\", width = 32, height = 32 }".to_owned(),
        "prompts" | "batch" => line.split(" = ").next().map(|key| format!("{key} = 1")).unwrap_or_default(),
        "max_tokens" => "max_tokens = 4".to_owned(),
        // It pays answers of hundreds of tokens.
        "length" => String::new(),
        "epochs" => "steps = 1".to_owned(),
        "steps" => {
            steps += 1;
            format!("steps = {}", if steps == 1 { phases.max(1) } else { 1 })
        }
        _ => line.to_owned(),
    };
    whole.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_papers_recipe_moves_a_checkpoint() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name).display().to_string();
    let kit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/qwen3-vl/kit-a/model-f32");
    let kit = kit.display().to_string();
    for preset in ["videossr", "museg", "videoreasoner", "mvp", "visual-jigsaw", "video-r1"] {
        let config = at(&format!("{preset}.toml"));
        std::fs::write(&config, tiny(preset)).expect("written");
        let (data, out) = (at(&format!("{preset}-data")), at(preset));
        let made = ran(&["synth", "--config", &config, "--scenes", "all", "--count", "16", "--out", &data]);
        assert!(made.status.success(), "{preset}: {}", text(&made.stderr));
        let done = ran(&[
            "train",
            "--config",
            &config,
            "--model",
            &kit,
            "--data",
            &data,
            "--out",
            &out,
            "--eval-items",
            "1",
            "-q",
        ]);
        assert!(done.status.success(), "{preset}: {}", text(&done.stderr));
        let metrics = std::fs::read_to_string(Path::new(&out).join("metrics.jsonl")).expect("metrics");
        assert!(metrics.lines().count() >= 1, "{preset}: {metrics}");
        assert!(Path::new(&out).join("model/tokenizer.json").is_file(), "{preset}");
    }
}
