//! The doctor says what is there in words and as JSON, and ill only where videos cannot be read.

use std::process::Command;

use serde_json::Value;

#[test]
fn the_doctor_tells_what_is_there() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("not/yet");
    let doctor = |more: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_scrubjay"))
            .args(["doctor", "--out"])
            .arg(&out)
            .args(more)
            .env("SCRUBJAY_DATA", folder.path())
            // Without other programs at hand: nothing that reading videos takes is among them.
            .env("PATH", folder.path())
            .output()
            .expect("the program starts")
    };
    let told = doctor(&["--json"]);
    let value: Value = serde_json::from_slice(&told.stdout).expect("JSON");
    let checks = value["checks"].as_array().expect("a list");
    let find = |name: &str| checks.iter().find(|c| c["name"] == name).unwrap_or_else(|| panic!("no {name}"));
    let mut ill = 0;
    for codec in ["h264", "hevc", "vp8", "vp9", "av1", "mpeg4", "mjpeg", "prores", "gif"] {
        let check = find(codec);
        assert_eq!(check["needed"], true);
        if check["state"] == "missing" {
            ill += 1;
            assert!(check["get"].is_string(), "{check}");
        }
    }
    assert_eq!(told.status.code(), Some(i32::from(ill > 0)));
    assert_eq!(value["can_decode"], ill == 0);
    // The tests' own clips are H.264: it is there wherever the tests pass.
    assert_eq!(find("h264")["state"], "ok");
    for gone in ["python3", "chromium", "trunk"] {
        assert_eq!(find(gone)["state"], "missing");
        assert!(find(gone)["get"].is_string());
    }
    assert!(find("results")["detail"].as_str().is_some_and(|d| d.contains("not made yet")));
    assert!(find("data")["detail"].as_str().is_some_and(|d| d.contains("can be written into")));
    assert_eq!(find("cuda")["state"], "missing");
    assert!(!out.exists(), "looking changes nothing");
    let text = String::from_utf8(doctor(&[]).stdout).expect("text");
    assert!(text.contains("decoders\n") && text.contains("get it: "));
}
