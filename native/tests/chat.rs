//! `scrubjay chat` and `scrubjay doctor --model` with a tiny checkpoint of random weights: what it says is gibberish, how
//! it is said is not.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

fn kit() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/qwen3-vl/kit-a/model-f32")
}

fn short(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/media").join(name).display().to_string()
}

/// Runs a command on a model, on the CPU.
fn run(command: &str, model: &Path, more: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_scrubjay"))
        .args([command, "--model"])
        .arg(model)
        .args(["--device", "cpu"])
        .args(more)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // Who does not read standard input may be gone before it is written.
    let _ = child.stdin.take().expect("piped").write_all(input.as_bytes());
    child.wait_with_output().expect("the program ends")
}

/// The JSON lines that a chat prints.
fn lines(more: &[&str], input: &str) -> Vec<Value> {
    let out = run("chat", &kit(), &[more, &["--json", "--max-tokens", "8"]].concat(), input);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let text = String::from_utf8(out.stdout).expect("text");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn one(more: &[&str]) -> Value {
    let mut found = lines(more, "");
    assert_eq!(found.len(), 1);
    found.remove(0)
}

/// The message of a run that fails with a code.
fn refused(command: &str, model: &Path, more: &[&str], code: i32) -> String {
    let out = run(command, model, more, "");
    let message = String::from_utf8_lossy(&out.stderr).into_owned();
    assert_eq!(out.status.code(), Some(code), "{message}");
    assert_eq!(message.lines().filter(|l| l.starts_with("error:")).count(), 1, "{message}");
    assert!(!message.contains("panicked"), "{message}");
    message
}

/// A copy of the kit to be damaged.
fn copy() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for entry in std::fs::read_dir(kit()).expect("the kit") {
        let path = entry.expect("listed").path();
        std::fs::copy(&path, folder.path().join(path.file_name().expect("named"))).expect("copied");
    }
    folder
}

/// A copy whose safetensors header and data are changed.
fn changed(change: impl FnOnce(&mut Value, &mut Vec<u8>)) -> tempfile::TempDir {
    let folder = copy();
    let path = folder.path().join("model.safetensors");
    let bytes = std::fs::read(&path).expect("weights");
    let (size, rest) = bytes.split_at(8);
    let size = u64::from_le_bytes(size.try_into().expect("8 bytes")) as usize;
    let mut header = serde_json::from_slice(&rest[..size]).expect("JSON");
    let mut data = rest[size..].to_vec();
    change(&mut header, &mut data);
    let header = header.to_string();
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend_from_slice(header.as_bytes());
    bytes.extend_from_slice(&data);
    std::fs::write(&path, bytes).expect("written");
    folder
}

const GATE: &str = "model.language_model.layers.1.mlp.gate_proj.weight";

#[test]
fn chat_gives_the_same_answer_twice_and_says_what_it_did() {
    let film = short("time-24.mp4");
    let ask = ["--video", &film, "--prompt", " when?", "--frames", "4"];
    let first = one(&ask);
    assert_eq!(one(&ask)["ids"], first["ids"]);
    let ids = first["ids"].as_array().expect("ids");
    let ended = [370, 368].iter().any(|end| ids.last() == Some(&json!(end)));
    assert_eq!((&first["answer_tokens"], &first["truncated"]), (&json!(ids.len()), &json!(!ended)));
    assert!(ids.len() == 8 || ended);
    assert!(first["log_probability"].as_f64().is_some_and(|p| p < 0.0));
    assert!(first["prefill_seconds"].as_f64().is_some_and(|s| s > 0.0));
    assert_eq!((&first["device"], &first["dtype"]), (&json!("cpu"), &json!("f32")));
    // The words alone, as they are written.
    let plain = run("chat", &kit(), &[&ask[..], &["--max-tokens", "8"]].concat(), "");
    let text = String::from_utf8(plain.stdout).expect("text");
    assert_eq!(text.strip_suffix('\n'), first["answer"].as_str());
    let told = String::from_utf8_lossy(&plain.stderr).into_owned();
    assert!(told.contains("time-24.mp4: 4 frames of") && told.contains("wrote 8 in"), "{told}");
    // Among one token there is no choice, and a seed decides it otherwise.
    let drawn = |more: &[&str]| one(&[&ask[..], &["--temperature", "1"], more].concat())["ids"].clone();
    assert_eq!(drawn(&["--top-k", "1"]), first["ids"]);
    let seeded = drawn(&["--seed", "3"]);
    assert_eq!(drawn(&["--seed", "3"]), seeded);
    assert_ne!(drawn(&["--seed", "4"]), seeded);
}

#[test]
fn chat_shows_videos_and_images_where_they_are_wanted() {
    let (late, film) = (short("time-late.mkv"), short("time-24.mp4"));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let picture = folder.path().join("a.png");
    let file = std::fs::File::create(&picture).expect("written");
    let mut encoder = png::Encoder::new(file, 64, 96);
    encoder.set_color(png::ColorType::Rgb);
    let pixels: Vec<u8> = (0..64 * 96 * 3).map(|i| (i % 251) as u8).collect();
    encoder.write_header().and_then(|mut w| w.write_image_data(&pixels)).expect("a picture");
    let picture = picture.display().to_string();

    let visual =
        |more: &[&str]| one(&[more, &["--prompt", "which?"]].concat())["visual_tokens"].as_u64().expect("n");
    let (a, b) = (visual(&["--video", &film]), visual(&["--video", &late]));
    assert_eq!(visual(&["--video", &film, &late]), a + b);
    // 64 x 96 pixels are 2 x 3 tokens.
    assert_eq!(visual(&["--image", &picture]), 6);
    assert_eq!(visual(&["--image", &picture, "--video", &late]), b + 6);
    // A file without a mark stands before the text; a mark says the same, or another place.
    let asked = |more: &[&str]| one(&[&["--image", &picture, "--video", &film], more].concat());
    let (bare, marked) = (asked(&["--prompt", "?"]), asked(&["--prompt", "<image><video>?"]));
    let turned = asked(&["--prompt", "<video><image>?"]);
    assert_eq!((&bare["ids"], &bare["log_probability"]), (&marked["ids"], &marked["log_probability"]));
    assert_eq!(bare["prompt_tokens"], turned["prompt_tokens"]);
    assert_ne!(bare["log_probability"], turned["log_probability"]);
    // The marks around a clip stay in one layout: two tokens more.
    let wrapped = asked(&["--prompt", "?", "--layout", "wrapped"]);
    assert_eq!(wrapped["prompt_tokens"].as_u64(), bare["prompt_tokens"].as_u64().map(|n| n + 2));
}

#[test]
fn chat_reads_turns_from_standard_input() {
    let film = short("time-24.mp4");
    let turns = lines(&["--video", &film, "--system", "Be brief."], "what?\n\nand then?\n");
    assert_eq!(turns.len(), 2);
    let number = |turn: &Value, key: &str| turn[key].as_u64().expect("a number");
    assert_eq!(number(&turns[0], "visual_tokens"), number(&turns[1], "visual_tokens"));
    assert!(number(&turns[1], "prompt_tokens") > number(&turns[0], "prompt_tokens"));
    let alone = one(&["--video", &film, "--system", "Be brief.", "--prompt", "what?"]);
    assert_eq!(alone["ids"], turns[0]["ids"]);
    // Words that are put into its mouth are read with the prompt.
    let begun = one(&["--video", &film, "--system", "Be brief.", "--prompt", "what?", "--prefix", "It is"]);
    assert!(number(&begun, "prompt_tokens") > number(&alone, "prompt_tokens"));
    assert_eq!(lines(&[], ""), Vec::<Value>::new());
}

#[test]
fn chat_and_doctor_name_what_is_wrong_with_a_folder() {
    let gone = |file: &str| {
        let folder = copy();
        std::fs::remove_file(folder.path().join(file)).expect("removed");
        folder
    };
    let cut = copy();
    let weights = cut.path().join("model.safetensors");
    let whole = std::fs::read(&weights).expect("weights");
    std::fs::write(&weights, &whole[..whole.len() / 2]).expect("written");
    let typed = changed(|header, _| {
        let offsets = &header[GATE]["data_offsets"];
        let (from, to) = (offsets[0].as_u64().expect("from"), offsets[1].as_u64().expect("to"));
        header[GATE]["dtype"] = json!("I16");
        header[GATE]["data_offsets"][1] = json!((from + to) / 2);
    });
    let turned = changed(|header, _| {
        let shape = header[GATE]["shape"].as_array_mut().expect("a shape");
        shape.reverse();
    });
    let lost = changed(|header, _| {
        header.as_object_mut().expect("a table").remove(GATE);
    });
    let extra = changed(|header, _| {
        header["model.extra"] = json!({"dtype": "F32", "shape": [1], "data_offsets": [0, 4]});
    });
    let mangled = copy();
    let tokenizer = mangled.path().join("tokenizer.json");
    let text = std::fs::read_to_string(&tokenizer).expect("a tokenizer");
    std::fs::write(&tokenizer, text.replacen("\"decoder\": {", "\"decoder\": {,", 1)).expect("written");
    for (folder, words) in [
        (mangled, &["tokenizer.json: ", "at line"][..]),
        (gone("tokenizer.json"), &["tokenizer.json is missing"]),
        (gone("config.json"), &["config.json"]),
        (gone("model.safetensors"), &["neither model.safetensors nor"]),
        (cut, &["model.safetensors: is not a whole safetensors file"]),
        (typed, &["model.safetensors", GATE, "I16"]),
        (turned, &[GATE, "[64, 128]", "[128, 64]"]),
        (lost, &["missing", GATE]),
        (extra, &["not part of this model", "model.extra"]),
    ] {
        let name = folder.path().display().to_string();
        for command in ["chat", "doctor"] {
            let ask: &[&str] = if command == "chat" { &["--prompt", "?"] } else { &[] };
            let message = refused(command, folder.path(), ask, 1);
            assert!(message.contains(&name), "{message}");
            assert!(words.iter().all(|w| message.contains(w)), "{words:?} in {message}");
        }
    }
    // Only who reads the numbers sees that one is none.
    let damaged = changed(|header, data| {
        let at = header[GATE]["data_offsets"][0].as_u64().expect("from") as usize;
        data[at + 8..at + 12].copy_from_slice(&f32::NAN.to_le_bytes());
    });
    let message = refused("chat", damaged.path(), &["--prompt", "?"], 1);
    assert!(message.contains(GATE) && message.contains("NaN at place 2"), "{message}");
}

#[test]
fn chat_refuses_what_it_cannot_ask() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let empty = folder.path().join("empty.mp4");
    std::fs::write(&empty, b"").expect("written");
    let (empty, film) = (empty.display().to_string(), short("time-24.mp4"));
    let long = "and then ".repeat(4000);
    for (code, arguments, words) in [
        (1, &["--video", empty.as_str(), "--prompt", "?"][..], "empty.mp4: the file is empty"),
        (1, &["--video", "no.mp4", "--prompt", "?"], "no.mp4: no such file"),
        (1, &["--image", "no.png", "--prompt", "?"], "no.png: no such file"),
        (1, &["--image", &film, "--prompt", "?"], "is no picture"),
        (1, &["--video", &film, "--frames", "1", "--prompt", "?"], "at least 2 frames"),
        (1, &["--prompt", &long], "the model's context is 4096"),
        (1, &["--prompt", "<|video_pad|>"], "places for images and clips"),
        (2, &["--video", &film, "--frames", "0", "--prompt", "?"], "0 frames"),
        (2, &["--video", &film, "--prompt", "<video><video>"], "<video> 2 times"),
        (2, &["--prompt", "?", "--temperature", "NaN"], "--temperature"),
        (2, &["--prompt", "?", "--top-p", "0"], "--top-p"),
        (2, &["--prompt", "?", "--dtype", "f64"], "f32, bf16 or f16"),
        (2, &["--prompt", "?", "--layout", "round"], "known: flat, wrapped"),
    ] {
        let message = refused("chat", &kit(), arguments, code);
        assert!(message.contains(words), "{words} in {message}");
    }
    let message = refused("chat", Path::new("no/model"), &["--prompt", "?"], 1);
    assert!(message.contains("no/model: no such folder"), "{message}");
    let on = |device: &str| {
        let program = Command::new(env!("CARGO_BIN_EXE_scrubjay"))
            .args(["chat", "--prompt", "?", "--device", device, "--model"])
            .arg(kit())
            .output()
            .expect("the program starts");
        (program.status.code(), String::from_utf8_lossy(&program.stderr).into_owned())
    };
    let (code, message) = on("gpu");
    assert!(code == Some(2) && message.contains("is no device"), "{message}");
    // No machine has so many.
    let (code, message) = on("cuda:4000");
    let why = if cfg!(feature = "cuda") { "cuda:4000 is not there" } else { "--features cuda" };
    assert!(code == Some(1) && message.contains(why), "{message}");
}

#[test]
fn doctor_says_whether_a_model_fits() {
    let told = |model: &Path, more: &[&str]| {
        let out = run("doctor", model, &[more, &["--json"]].concat(), "");
        let value: Value = serde_json::from_slice(&out.stdout).expect("JSON");
        (out.status.code(), value)
    };
    // The kit's tensors are all its parameters, and nothing else.
    let bytes = std::fs::metadata(kit().join("model.safetensors")).expect("weights").len();
    let (code, value) = told(&kit(), &[]);
    assert_eq!((code, &value["usable"]), (Some(0), &json!(true)), "{value}");
    assert_eq!(value["bytes_on_disk"], bytes);
    let total = value["parameters"]["total"].as_u64().expect("a count");
    assert!(total * 4 < bytes && bytes - total * 4 < 100_000, "{total} numbers in {bytes} bytes");
    assert_eq!(value["memory"].as_array().map(Vec::len), Some(3));

    // A published size, of which nothing is here.
    let (code, value) = told(Path::new("8B"), &["--dry", "--dtype", "f32"]);
    assert_eq!(value["parameters"]["total"], 8_767_123_696_u64);
    let rollout = &value["memory"][0];
    assert_eq!(
        (&rollout["name"], &rollout["parts"]["weights"]),
        (&json!("rollout"), &json!(8_767_123_696_u64 * 4))
    );
    let fits = rollout["fits"].as_bool().unwrap_or(true);
    assert_eq!((code, &value["usable"]), (Some(i32::from(!fits)), &json!(fits)));
    if let Some(available) = value["available"].as_u64() {
        assert_eq!(fits, rollout["needs"].as_u64().expect("bytes") <= available);
    }

    // A configuration alone is enough for sizes, and not enough for use.
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::copy(kit().join("config.json"), folder.path().join("config.json")).expect("copied");
    assert_eq!(told(folder.path(), &["--dry"]).1["parameters"]["total"], total);
    let (code, value) = told(folder.path(), &[]);
    assert_eq!((code, &value["checks"][1]["state"]), (Some(1), &json!("broken")), "{value}");

    // What could not be held anywhere is refused instead of counted.
    let text = std::fs::read_to_string(kit().join("config.json")).expect("a configuration");
    let most = json!([u64::MAX, u64::MAX, 2]);
    for (at, value, words) in [
        ("/text_config/num_hidden_layers", json!(16_000_000), "num_hidden_layers: 16000000 is more than"),
        ("/text_config/rope_parameters/mrope_section", most, "does not add up"),
    ] {
        let mut config: Value = serde_json::from_str(&text).expect("JSON");
        *config.pointer_mut(at).expect("there") = value;
        std::fs::write(folder.path().join("config.json"), config.to_string()).expect("written");
        let message = refused("doctor", folder.path(), &["--dry"], 1);
        assert!(message.contains(words), "{message}");
    }
    let message = refused("doctor", Path::new("7B"), &[], 1);
    assert!(message.contains("2B, 4B, 8B, 32B"), "{message}");
}
