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

#[test]
fn a_run_killed_at_any_moment_ends_as_one_that_was_never_stopped() {
    let place = Place::new();
    let begun = Instant::now();
    place.trained("whole", &[]);
    let whole = begun.elapsed();
    let (mut kills, mut runs) = (0, 0);
    // Moments spread over a whole run by the golden ratio; what is left of a run after a kill is shorter.
    while kills < 30 {
        let run = format!("killed-{runs}");
        runs += 1;
        loop {
            let mut child =
                place.train(&run, &[]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("starts");
            let share = (f64::from(kills) * 0.618_034).fract();
            let until = Instant::now() + whole.mul_f64(0.02 + 0.5 * share);
            let mut ended = None;
            while Instant::now() < until && ended.is_none() {
                std::thread::sleep(Duration::from_millis(2));
                ended = child.try_wait().expect("waits");
            }
            if ended.is_none() {
                child.kill().expect("killed");
            }
            let done = child.wait_with_output().expect("waits");
            match ended {
                Some(status) => {
                    assert!(status.success(), "{}", text(&done.stderr));
                    break;
                }
                None => kills += 1,
            }
        }
        place.same("whole", &run);
    }
    eprintln!("{kills} kills over {runs} runs of 22 steps");
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
fn a_run_goes_on_only_as_it_began() {
    let place = Place::new();
    place.trained("run", &["--steps", "1"]);
    let (code, told) = place.refused("run", &["--steps", "2", "--set", "grpo.learning_rate=0.5"]);
    assert_eq!(code, Some(2), "{told}");
    assert!(
        told.contains("grpo.learning_rate") && told.contains("0.5") && told.contains("config.toml"),
        "{told}"
    );
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
fn a_number_that_is_none_ends_the_run_with_the_item_and_the_tensor() {
    let place = Place::new();
    let (code, told) =
        place.refused("fault", &["--set", "sft.learning_rate=1e30", "--set", "sft.max_grad_norm=1e30"]);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("not finite") && told.contains("items"), "{told}");
    let dump = place
        .listed("fault", ".")
        .into_iter()
        .find(|n| n.starts_with("fault-sft-"))
        .unwrap_or_else(|| panic!("no dump: {told}"));
    let dump: serde_json::Value = serde_json::from_slice(&place.file("fault", &dump)).expect("JSON");
    assert!(dump["what"].as_str().is_some_and(|w| w.contains('.')), "{dump}");
}
