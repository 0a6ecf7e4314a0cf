//! A run's report is made of what lies in its folder: numbers, evaluations, rollouts early and late, what was left out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use scrubjay::inspect::evaluations;
use scrubjay::train::evaluate::Answered;
use scrubjay::train::report;
use scrubjay::train::rollouts::{Rollout, Rollouts};
use scrubjay_core::task::TaskName;
use serde_json::{Value, json};

fn lines(path: &Path, lines: &[Value]) {
    let text: Vec<String> = lines.iter().map(Value::to_string).collect();
    std::fs::write(path, text.join("\n")).expect("writes");
}

/// A grounding item and a jigsaw of small frames: the dataset folder and their recipes.
fn data(at: &Path) -> (PathBuf, Vec<Value>) {
    let folder = at.join("set");
    std::fs::create_dir_all(&folder).expect("makes");
    let recipes: Vec<Value> = [TaskName::Grounding, TaskName::Jigsaw]
        .into_iter()
        .map(|task| {
            let mut recipe = scrubjay_core::link::recipe(task, 3).expect("draws");
            recipe.size = scrubjay_core::recipe::Size { width: 48, height: 32 };
            json!({ "id": recipe.id(), "recipe": recipe })
        })
        .collect();
    lines(&folder.join("recipes.jsonl"), &recipes);
    (folder, recipes)
}

fn rollout(id: &str, number: usize, answer: &str) -> Rollout {
    Rollout {
        id: id.to_owned(),
        task: TaskName::Grounding,
        source: "scene/day/1".to_owned(),
        link: Some("/p/grounding/3".to_owned()),
        group: 0,
        rollout: number,
        answer: answer.to_owned(),
        truth: "1.0-2.0".to_owned(),
        reward: 0.5,
        parts: BTreeMap::new(),
        advantage: -1.25,
        failed: None,
        truncated: true,
        tokens: 7,
        log_probability: Some(-0.5),
    }
}

fn answered(i: u64, score: f64) -> Answered {
    Answered {
        id: format!("item-{i}"),
        source: format!("scene/day/{i}"),
        task: TaskName::Grounding,
        answer: String::new(),
        truth: String::new(),
        score,
        failed: score == 0.0,
        random: 0.2,
        blind: 0.3,
    }
}

/// A run's folder with all that a report reads.
fn run(at: &Path) -> (PathBuf, Vec<String>) {
    let (folder, recipes) = data(at);
    let run = at.join("run");
    std::fs::create_dir_all(&run).expect("makes");
    std::fs::write(run.join("data.json"), json!({ "folders": ["../set", "../gone"] }).to_string())
        .expect("writes");
    std::fs::write(run.join("plan.txt"), "weights  1.5 GiB <b>\n").expect("writes");
    std::fs::write(run.join("config.toml"), "seed = 7\n").expect("writes");
    let line = |step: u32| {
        json!({ "phase": "grpo", "step": step, "reward": f64::from(step), "odd_number": f64::from(step * step),
                "learning_rate": 0.5, "clip": { "low": f64::from(step), "high": 0.0 },
                "reward_by_task": { "grounding": f64::from(step) / 4.0 },
                "dropped": if step == 2 { json!({ "grounding": { "missing": 2 } }) } else { json!({}) } })
    };
    lines(&run.join("metrics.jsonl"), &(0..4).map(line).collect::<Vec<_>>());
    let evaluation = |name: &str, step: usize, score: f64| {
        let answers: Vec<Answered> =
            (0..8).map(|i| answered(i, if i % 2 == 0 { score } else { 0.0 })).collect();
        evaluations::line(name, "grpo", step, &answers)
    };
    lines(
        &run.join("evaluations.jsonl"),
        &[evaluation("start", 0, 0.25), evaluation("end", 4, 0.75), json!({})],
    );
    let ids: Vec<String> = recipes.iter().map(|r| r["id"].as_str().expect("a text").to_owned()).collect();
    let rollouts = Rollouts::open(&run, 1).expect("opens");
    for step in 0..4 {
        let said: Vec<Rollout> =
            (0..6).map(|i| rollout(&ids[0], i, if step == 3 { "1.0-2.0" } else { "<u>never</u>" })).collect();
        rollouts.write("grpo", step, &said).expect("writes");
    }
    assert!(folder.is_dir());
    (run, ids)
}

#[test]
fn a_report_shows_early_and_late_rollouts_and_everything_that_was_counted() {
    let at = tempfile::tempdir().expect("a folder");
    let (folder, ids) = run(at.path());
    let path = report::write(&folder, &[]).expect("written");
    assert_eq!(path, folder.join("report.html"));
    let page = std::fs::read_to_string(&path).expect("reads");
    for part in [
        // Evaluations: mean with its interval, chance, what could not be read.
        "0.375 [",
        "start (grpo 0)",
        "end (grpo 4)",
        "0.200",
        "of the last evaluation 4 could not",
        "1 lines of evaluations.jsonl cannot be read",
        // Curves of whatever there is, and what never moves.
        "grounding: 0.000 at first, 0.750 at last",
        "odd number: 0.000 at first, 9.000 at last",
        "clip low: 0.000 at first, 3.000 at last",
        "clip high 0 (grpo)",
        "learning rate 0.5 (grpo)",
        "<th scope=\"row\">grounding: missing</th><td class=\"number\">2</td>",
        "weights  1.5 GiB &lt;b&gt;",
        "seed = 7",
        "gone/recipes.jsonl is not there",
        // Four of six rollouts of the first and of the last step, none of those between.
        "2 of 4 files",
        "Prediction 8, grpo step 3",
        "data-from=\"grpo step 0\"",
        "in training: reward 0.500, advantage -1.250, 7 tokens, mean log-probability -0.500, truncated",
        "&lt;u&gt;never",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert!(!page.contains("grpo step 1") && !page.contains("Prediction 9") && page.contains(&ids[0]));
    assert_eq!(page.matches("<canvas").count(), 1);
    for outside in ["http://", "https://", "src=\"/", "url(/", " style=\"", " onclick", "NaN"] {
        assert!(!page.contains(outside), "{outside}");
    }
    // The same again, byte for byte.
    report::write(&folder, &[]).expect("written");
    assert_eq!(page, std::fs::read_to_string(&path).expect("reads"));
}

#[test]
fn a_report_is_written_of_whatever_a_stopped_run_left() {
    let at = tempfile::tempdir().expect("a folder");
    report::write(at.path(), &[at.path().join("gone")]).expect("even of nothing");
    let (folder, ids) = run(at.path());
    // The item's recipe was changed, the settings are torn, the numbers are none, and the last process hung.
    let recipes = at.path().join("set/recipes.jsonl");
    let text = std::fs::read_to_string(&recipes).expect("reads").replace("\"width\":48", "\"width\":49");
    std::fs::write(&recipes, text).expect("writes");
    std::fs::write(folder.join("config.toml"), [0xff, 0xfe]).expect("writes");
    std::fs::write(folder.join("metrics.jsonl"), "{\"loss\": 1e999}\n[1]\n{\"loss\": \"x\", \"dropped\": 1}")
        .expect("writes");
    std::fs::write(folder.join("hang.json"), "{\"what\": \"decoding\"}").expect("writes");
    let path = report::write(&folder, &[]).expect("written");
    let page = std::fs::read_to_string(&path).expect("reads");
    for part in
        ["recipes.jsonl:1: the id is not", "2 lines of metrics.jsonl cannot be read", "decoding", &ids[0]]
    {
        assert!(page.contains(part), "{part}");
    }
    assert!(page.contains("Answers without their recipe"));
}

#[test]
fn a_file_of_rollouts_is_looked_at_with_its_runs_recipes() {
    let at = tempfile::tempdir().expect("a folder");
    let (folder, ids) = run(at.path());
    let out = Command::new(env!("CARGO_BIN_EXE_scrubjay"))
        .current_dir(folder.join("rollouts"))
        .args(["inspect", "grpo-000003.jsonl", "--json", "--out", "../page.html"])
        .output()
        .expect("starts");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let told: Value = serde_json::from_slice(&out.stdout).expect("JSON");
    assert_eq!(
        (&told["kind"], &told["lines"], &told["shown"][0]["id"]),
        (&json!("answers"), &json!(6), &json!(ids[0]))
    );
    assert_eq!(told["table"][0]["mean score"], json!(0.5));
}
