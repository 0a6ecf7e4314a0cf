//! Synthesis does not depend on workers or shards, and training does not depend on anything but its inputs.

use std::path::Path;
use std::process::Command;

fn run(program: &str, arguments: &[&str]) {
    let out = Command::new(program).args(arguments).output().expect("the program starts");
    assert!(out.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&out.stderr));
}

fn synth(out: &Path, more: &[&str]) -> Vec<String> {
    let clips = Path::new(env!("CARGO_MANIFEST_DIR")).join("../public/clips");
    let (clips, folder) = (clips.to_str().expect("plain"), out.to_str().expect("plain"));
    let mut arguments = vec!["synth", "--videos", clips, "--scenes", "all", "--count", "40", "--out", folder];
    arguments.extend(more);
    run(env!("CARGO_BIN_EXE_scrubjay"), &arguments);
    let text = std::fs::read_to_string(out.join("recipes.jsonl")).expect("written");
    text.lines().map(str::to_owned).collect()
}

#[test]
fn workers_and_shards_do_not_matter() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let at = |name: &str| folder.path().join(name);
    let whole = synth(&at("one"), &["--workers", "1"]);
    assert_eq!(whole.len(), 40);
    assert_eq!(whole, synth(&at("many"), &["--workers", "7"]));
    let mut parts: Vec<String> =
        (0..3).flat_map(|i| synth(&at(&format!("part{i}")), &["--shard", &format!("{i}/3")])).collect();
    let mut sorted = whole.clone();
    sorted.sort();
    parts.sort();
    assert_eq!(sorted, parts);
    assert_ne!(whole, synth(&at("other"), &["--seed", "1"]));
}

/// Each video is used once before any is used again, beside scenes too.
#[test]
fn videos_take_turns() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let clips = Path::new(env!("CARGO_MANIFEST_DIR")).join("../public/clips");
    let clips = clips.to_str().expect("plain");
    for scenes in [&[][..], &["--scenes", "all"]] {
        let out = folder.path().join(format!("with{}", scenes.len()));
        let place = out.to_str().expect("plain");
        // What any of these clips admits.
        let arguments = ["synth", "--videos", clips, "--preset", "viubench", "--count", "45", "--out", place];
        run(env!("CARGO_BIN_EXE_scrubjay"), &[&arguments, scenes].concat());
        let lines = scrubjay::dataset::recipes::read(&out.join("recipes.jsonl")).expect("reads");
        let mut uses = std::collections::BTreeMap::new();
        for file in lines.into_iter().filter_map(|line| line.file) {
            *uses.entry(file).or_insert(0) += 1;
        }
        let (least, most) = (uses.values().min(), uses.values().max());
        assert!(uses.len() > 3 && most > Some(&1), "{uses:?}");
        assert!(least.zip(most).is_some_and(|(least, most)| most - least <= 1), "{uses:?}");
    }
}

#[test]
fn every_truth_earns_the_full_score() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let lines = synth(folder.path(), &["--preset", "toy"]);
    let loader = scrubjay::loader::Loader::default();
    for text in &lines {
        let line: scrubjay::dataset::recipes::Line = serde_json::from_str(text).expect("a recipe line");
        let item = loader.item(&line).expect("realizes");
        assert_eq!(item.truth.score(&item.truth.text()).total, 1.0, "{text}");
    }
}

#[test]
fn every_preset_makes_items_of_scenes_that_can_be_answered() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let loader = scrubjay::loader::Loader::default();
    for (name, _) in scrubjay_core::preset::BUILT_IN {
        let out = folder.path().join(name);
        let place = out.to_str().expect("plain");
        run(
            env!("CARGO_BIN_EXE_scrubjay"),
            &["synth", "--scenes", "all", "--preset", name, "--count", "12", "--out", place],
        );
        let lines = scrubjay::dataset::recipes::read(&out.join("recipes.jsonl")).expect("reads");
        assert_eq!(lines.len(), 12, "{name}");
        for mut line in lines.into_iter().take(3) {
            // As small as it can be: this is about questions, not about pictures.
            line.recipe.size = scrubjay_core::recipe::Size { width: 64, height: 36 };
            if let Some(item) = loader.answerable(&line).expect("realizes") {
                assert!(item.truth.score(&item.truth.text()).total > 0.999, "{name}: {:?}", line.recipe);
            }
        }
    }
}

#[test]
fn masked_frames_and_swaps_are_made_from_videos_too() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let clips = Path::new(env!("CARGO_MANIFEST_DIR")).join("../public/clips");
    let config = folder.path().join("own.toml");
    let text = r#"
        [data]
        sampling = { pick = "rate", rate = 4, count = 64, clock = "fixed", fps = 4 }
        picture = { fit = "exact", width = 64, height = 48 }
        wording = "plain"
        scene_frames = 480
        scene_fps = 24
        mix = [
            { task = "masked", masked = { frames = 8, masked = 2, distractors = 2, kappa = 950 }, share = 1 },
            { task = "grounding", kind = "swap", share = 1 },
            { task = "grounding", kind = "slow", share = 1 },
        ]"#;
    std::fs::write(&config, text).expect("written");
    let out = folder.path().join("data");
    let (clips, config, place) =
        [clips.as_path(), &config, &out].map(|p| p.to_str().expect("plain").to_owned()).into();
    run(
        env!("CARGO_BIN_EXE_scrubjay"),
        &["synth", "--videos", &clips, "--config", &config, "--count", "9", "--out", &place],
    );
    let lines = scrubjay::dataset::recipes::read(&out.join("recipes.jsonl")).expect("reads");
    let loader = scrubjay::loader::Loader::default();
    let mut made = std::collections::BTreeMap::new();
    for line in &lines {
        let item = loader.answerable(line).expect("realizes").expect("real clips change");
        assert!(item.truth.score(&item.truth.text()).total > 0.999);
        *made.entry(item.task.name()).or_insert(0) += 1;
    }
    assert!(made["grounding"] >= 5 && made["masked"] >= 2, "{made:?}");
    assert!(lines.iter().any(|l| !l.others.is_empty()), "a swap says where the other video is");
}

#[test]
fn questions_about_events_need_scenes() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let clips = Path::new(env!("CARGO_MANIFEST_DIR")).join("../public/clips");
    let out = Command::new(env!("CARGO_BIN_EXE_scrubjay"))
        .args(["synth", "--preset", "videoreasoner", "--count", "3", "--videos"])
        .arg(clips)
        .arg("--out")
        .arg(folder.path().join("data"))
        .output()
        .expect("the program starts");
    assert_eq!(out.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&out.stderr).contains("--scenes"));
}

#[test]
fn a_short_training_is_complete_and_repeats_exactly() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let train = |name: &str| {
        let out = folder.path().join(name);
        let short =
            ["--set", "sft.steps=3", "--set", "sft.batch=4", "--set", "grpo.prompts=2", "--steps", "2"];
        let mut arguments = vec!["--out", out.to_str().expect("plain"), "--eval-items", "6", "--seed", "5"];
        arguments.extend(short);
        run(env!("CARGO_BIN_EXE_train"), &arguments);
        let read =
            |name: &str| std::fs::read_to_string(out.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(read("config.toml").contains("group = 8"));
        for stage in ["before", "cold-start", "grpo"] {
            assert_eq!(read(&format!("answers.{stage}.jsonl")).lines().count(), 12);
        }
        for file in ["model/model.safetensors", "report.html", "plan.txt", "checkpoints/000005/state.json"] {
            assert!(out.join(file).is_file(), "{file}");
        }
        let metrics = read("metrics.jsonl");
        assert_eq!(metrics.lines().count(), 5);
        for line in metrics.lines() {
            let step: serde_json::Value = serde_json::from_str(line).expect("a JSON object a step");
            assert!(step["phase"].is_string() && step["step"].is_u64());
        }
        metrics
    };
    assert_eq!(train("first"), train("second"));
}
