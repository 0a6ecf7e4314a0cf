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
        "",
        r#"{"id":4,"reward":"videossr.chess","prediction":"","truth":""}"#,
        r#"{"id":5,"reward":"museg.local_matching","variant":"published","prediction":"<answer>0-inf</answer>","truth":[[0,5]]}"#,
        r#"{"id":6,"reward":"museg.global_matching","prediction":"<answer>2-8</answer>","truth":"2-8"}"#,
        r#"{"id":7,"reward":"videossr.counting","prediction":"2,1,4","truth":"3,1,4","meta":{}}"#,
        r#"{"id":8,"reward":"videoreasoner.iou","prediction":"<|event_start|>[0.2, 0.6]<|event_end|>","truth":[10,30],"meta":{"duration":50}}"#,
        r#"{"id":9,"reward":"mvp","prediction":"<think>a</think><answer>3,1</answer>","truth":[3,1],"meta":{"candidates":4}}"#,
        r#"{"id":10,"reward":"videoreasoner.iou","prediction":"","truth":[10,30],"meta":{"duration":"long"}}"#,
        r#"{"id":11,"reward":"visual_jigsaw","variant":"paper","prediction":"<think></think><answer>2,1</answer>","truth":"2,1"}"#,
        r#"{"id":12,"reward":"videossr.jigsaw","prediction":"12","truth":"12","source":"video/1"}"#,
        r#"["a","videossr.jigsaw","published","12","12",null]"#,
        r#"{"id":14,"reward":"videossr.counting","prediction":7,"truth":"3,1,4"}"#,
    ];
    let out = score(&lines.join("\n"));
    assert_eq!(out.len(), lines.len());
    let near = |v: &Value, x: f64| assert!((v.as_f64().expect("a number") - x).abs() < 1e-5, "{v} {x}");
    near(&out[0]["score"], 0.33951);
    near(&out[1]["score"], 0.88889);
    assert_eq!(out[1]["id"], "b");
    assert_eq!((out[2]["line"].as_u64(), out[2]["score"].is_null()), (Some(3), true));
    assert_eq!(
        (out[3]["line"].as_u64(), out[3]["score"].is_null()),
        (Some(4), true),
        "a line for an empty line"
    );
    assert!(out[4]["error"].as_str().is_some_and(|e| e.contains("videossr.chess")), "{}", out[4]);
    assert_eq!((&out[5]["score"], &out[5]["failure"]), (&Value::from(0.0), &Value::from("not_finite")));
    assert!(out[6]["error"].as_str().is_some_and(|e| e.contains("list of [start, end]")), "{}", out[6]);
    near(&out[7]["score"], 0.88889);
    assert_eq!(out[7]["parsed"], serde_json::json!([2.0, 1.0, 4.0]));
    near(&out[8]["score"], 1.0);
    near(&out[9]["score"], 1.1);
    assert!(out[10]["error"].as_str().is_some_and(|e| e.contains("meta.duration")), "{}", out[10]);
    near(&out[11]["score"], 1.2);
    assert_eq!(out[12]["source"], "video/1", "handed on, so that comparisons can count sources");
    assert!(out[13]["error"].as_str().is_some_and(|e| e.contains("object")), "{}", out[13]);
    assert!(out[14]["error"].as_str().is_some_and(|e| e.contains("prediction")), "{}", out[14]);
}
