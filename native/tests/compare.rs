//! `scrubjay compare`: everything that is left out or counted as 0 is said.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

fn compare(a: &Path, b: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scrubjay"));
    command.arg("compare").arg(a).arg(b).args(more).output().expect("the program starts")
}

fn write(folder: &Path, name: &str, lines: &[String]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, lines.join("\n")).expect("writable");
    path
}

/// Forty items of ten sources, as `scrubjay score` prints them.
fn lines(score: impl Fn(usize) -> f64) -> Vec<String> {
    let line = |i: usize| {
        let source = format!("video {}", i / 4);
        let score = score(i);
        json!({ "id": i, "source": source, "score": score, "parts": {}, "parsed": true, "failure": null, "error": null })
    };
    (0..40).map(|i| line(i).to_string()).collect()
}

fn near(value: &Value, x: f64) {
    assert!((value.as_f64().expect("a number") - x).abs() < 1e-9, "{value} {x}");
}

#[test]
fn a_difference_is_found_and_everything_counted() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut a = lines(|i| (i % 5) as f64 / 10.0);
    let mut b = lines(|i| (i % 5) as f64 / 10.0 + 0.1);
    // Item 0 scores 0 in A, in a line of an error; item 40 is only in A.
    a[0] = r#"{"id":0,"score":null,"parts":{},"parsed":null,"error":"unknown reward","line":1}"#.into();
    a[1] = r#"{"id":1,"source":"video 0","score":0.1,"parsed":false,"failure":"form"}"#.into();
    a.push(r#"{"id":40,"score":1}"#.into());
    b.extend([r#"{"id":null,"score":1}"#, "", "nonsense", r#"{"id":7,"score":"high"}"#].map(String::from));
    let (a, b) = (write(folder.path(), "a.jsonl", &a), write(folder.path(), "b.jsonl", &b));

    let out = compare(&a, &b, &["--json"]);
    let faults = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(out.status.success(), "{faults}");
    let json: Value = serde_json::from_slice(&out.stdout).expect("JSON");
    let c = &json["comparison"];
    near(&c["a"]["mean"], 0.2);
    near(&c["b"]["mean"], 0.3);
    near(&c["difference"]["mean"], 0.1);
    near(&c["difference"]["low"], 0.1);
    // Ten sources that all gain: of 1,024 patterns of signs two are as far from 0.
    near(&c["p"], 2.0 / 1024.0);
    assert_eq!((&c["difference"]["n"], &c["difference"]["sources"]), (&json!(40), &json!(10)));
    assert_eq!((&c["only_a"], &c["only_b"], &c["exact"]), (&json!(1), &json!(0), &json!(true)));
    let counts = |k: usize| {
        ["read", "without_score", "unparsed", "malformed"].map(|name| json["files"][k]["lines"][name].clone())
    };
    assert_eq!(counts(0), [41, 1, 1, 0].map(Value::from));
    assert_eq!(counts(1), [40, 0, 0, 3].map(Value::from));
    for (line, reason) in [(41, "no id"), (43, "not JSON"), (44, "the score is \"high\"")] {
        assert!(faults.contains(&format!("b.jsonl:{line}: left out: {reason}")), "{faults}");
    }

    let text = compare(&a, &b, &[]);
    let text = String::from_utf8_lossy(&text.stdout).into_owned();
    for part in [
        "0.2000  [",
        "0.3000  [",
        "0.1000  [0.1000, 0.1000]  p = 0.0020 (all sign flips",
        "items: 40 in both, 1 only in A, 0 only in B",
        "lines of A: 41 read, of which 1 without a score (counted as 0) and 1 with an unreadable answer; 0 malformed",
        "lines of B: 40 read, of which 0 without a score (counted as 0) and 0 with an unreadable answer; 3 malformed",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

#[test]
fn what_cannot_be_compared_fails_in_one_line() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let a = write(folder.path(), "a.jsonl", &lines(|_| 0.5));
    let other = write(folder.path(), "other.jsonl", &[r#"{"id":"0","score":1}"#.into()]);
    let empty = write(folder.path(), "empty.jsonl", &[]);
    let missing = folder.path().join("missing.jsonl");
    for (b, reason) in [
        (&other, "no item is in both: the first has 40, the second 1"),
        (&empty, "the second 0"),
        (&missing, "missing.jsonl: cannot be read"),
    ] {
        let out = compare(&a, b, &[]);
        let message = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(out.status.code(), Some(1), "{message}");
        assert!(out.stdout.is_empty());
        assert!(message.starts_with("error: ") && message.contains(reason), "{message}");
    }
}

#[test]
fn a_flood_of_bad_lines_is_counted_not_listed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut bad = vec!["x".to_owned(); 500];
    bad.extend(lines(|_| 0.5));
    let path = write(folder.path(), "a.jsonl", &bad);
    let out = compare(&path, &path, &[]);
    let message = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(out.status.success(), "{message}");
    assert_eq!(message.lines().count(), 42);
    assert!(message.contains("480 more lines left out"), "{message}");
}
