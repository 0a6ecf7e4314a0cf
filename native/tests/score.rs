//! `scrubjay score`: one line for one line, in order, whatever a line holds.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::Value;

fn score(input: &str) -> Vec<Value> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_scrubjay"))
        .arg("score")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    child.stdin.take().expect("piped").write_all(input.as_bytes()).expect("written");
    let out = child.wait_with_output().expect("ends");
    assert!(out.status.success());
    let text = String::from_utf8(out.stdout).expect("UTF-8");
    text.lines().map(|l| serde_json::from_str(l).expect("a JSON object a line")).collect()
}

#[test]
fn answers_are_scored_and_faults_named() {
    let lines = [
        r#"{"id":1,"reward":"videossr.grounding","prediction":"10.0-20.0","truth":"14.5-26.2"}"#,
        r#"{"id":"b","reward":"videossr.jigsaw","variant":"published","prediction":"431562","truth":"341562"}"#,
        "not json",
        r#"{"id":4,"reward":"videossr.chess","prediction":"","truth":""}"#,
        r#"{"id":5,"reward":"museg.local_matching","variant":"published","prediction":"<answer>0-inf</answer>","truth":[[0,5]]}"#,
        r#"{"id":6,"reward":"museg.global_matching","prediction":"<answer>2-8</answer>","truth":"2-8"}"#,
        r#"{"id":7,"reward":"videossr.counting","prediction":"2,1,4","truth":"3,1,4","meta":{}}"#,
    ];
    let out = score(&lines.join("\n"));
    assert_eq!(out.len(), lines.len());
    let near = |v: &Value, x: f64| assert!((v.as_f64().expect("a number") - x).abs() < 1e-5, "{v} {x}");
    near(&out[0]["score"], 0.33951);
    near(&out[1]["score"], 0.88889);
    assert_eq!(out[1]["id"], "b");
    assert_eq!((out[2]["line"].as_u64(), out[2]["score"].is_null()), (Some(3), true));
    assert!(out[3]["error"].as_str().is_some_and(|e| e.contains("videossr.chess")), "{}", out[3]);
    assert_eq!((&out[4]["score"], &out[4]["failure"]), (&Value::from(0.0), &Value::from("not_finite")));
    assert!(out[5]["error"].as_str().is_some_and(|e| e.contains("list of [start, end]")), "{}", out[5]);
    near(&out[6]["score"], 0.88889);
}
