//! What is written is what Python reads: Hugging Face `datasets`, `pandas` and `webdataset`, at pinned versions in an
//! environment of their own that is made once. Where there is no Python, or its packages cannot be had, the tests say so
//! and pass.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// The interpreter of the environment, or why there is none.
fn python() -> Result<PathBuf, String> {
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache")))
        .ok_or("there is no cache folder")?;
    let root = cache.join("scrubjay");
    std::fs::create_dir_all(&root).map_err(|e| format!("{}: {e}", root.display()))?;
    // Tests run beside each other: one makes the environment, the others wait.
    let lock = std::fs::File::create(root.join("python.lock")).map_err(|e| e.to_string())?;
    lock.lock().map_err(|e| e.to_string())?;
    let (folder, wanted) = (root.join("python"), include_str!("../../tests/python/requirements.txt"));
    let (program, mark) = (folder.join("bin/python"), folder.join("requirements.txt"));
    if std::fs::read_to_string(&mark).is_ok_and(|found| found == wanted) {
        return Ok(program);
    }
    let run = |command: &mut Command, what: &str| match command.stdout(Stdio::null()).output() {
        Ok(out) if out.status.success() => Ok(()),
        Ok(out) => Err(format!("{what}: {}", String::from_utf8_lossy(&out.stderr).trim())),
        Err(e) => Err(format!("{what}: {e}")),
    };
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder), "python3 -m venv")?;
    let list = folder.join("wanted.txt");
    std::fs::write(&list, wanted).map_err(|e| e.to_string())?;
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--timeout", "20", "-r"];
    run(Command::new(&program).args(pip).arg(&list), "pip install")?;
    std::fs::rename(&list, &mark).map_err(|e| e.to_string())?;
    Ok(program)
}

/// Makes a dataset of scenes and a video in a form, loads it, and scores what was loaded.
fn loads(form: &str) {
    let python = match python() {
        Ok(python) => python,
        Err(reason) => {
            println!("skipped: {reason}");
            eprintln!("skipped: {reason}");
            return;
        }
    };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let out = folder.path().join("data");
    let made = Command::new(env!("CARGO_BIN_EXE_scrubjay"))
        .args(["synth", "--preset", "videossr", "--count", "24", "--scenes", "day", "--videos"])
        .arg(root.join("public/clips/intel_asl_walk.mkv"))
        .args(["--materialise", form, "--per-shard", "15", "--out"])
        .arg(&out)
        .output()
        .expect("starts");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let loaded = Command::new(python)
        .arg(root.join("tests/python/load.py"))
        .arg(form)
        .arg(&out)
        .env("HF_HOME", folder.path().join("hf"))
        .env("HF_DATASETS_CACHE", folder.path().join("hf"))
        .output()
        .expect("starts");
    assert!(loaded.status.success(), "{}", String::from_utf8_lossy(&loaded.stderr));
    let mut child = Command::new(env!("CARGO_BIN_EXE_scrubjay"))
        .arg("score")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts");
    child.stdin.take().expect("piped").write_all(&loaded.stdout).expect("written");
    let scores = child.wait_with_output().expect("ends").stdout;
    let scores: Vec<Value> = String::from_utf8(scores)
        .expect("UTF-8")
        .lines()
        .map(|l| serde_json::from_str(l).expect("JSON"))
        .collect();
    let finished = std::fs::read(out.join("materialised.json")).expect("reads");
    let finished: Value = serde_json::from_slice(&finished).expect("JSON");
    assert_eq!(Some(scores.len() as u64), finished["report"]["items"].as_u64());
    assert!(scores.len() > 15, "two shards");
    for score in scores {
        assert_eq!(score["score"].as_f64(), Some(1.0), "{score}");
    }
}

#[test]
fn verl_rows_load_and_score_one() {
    loads("verl");
}

#[test]
fn hugging_face_rows_load_and_score_one() {
    loads("hf");
}

#[test]
fn ms_swift_lines_load_and_score_one() {
    loads("swift");
}

#[test]
fn webdataset_shards_load_and_score_one() {
    loads("webdataset");
}
