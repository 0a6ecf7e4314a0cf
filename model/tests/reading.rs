//! Items and hostile inputs through a processor: the toy's, which is built as any other.

use std::collections::BTreeMap;

use scrubjay_core::frame::Frame;
use scrubjay_core::item::{Item, realize_scene};
use scrubjay_core::link;
use scrubjay_core::preset::Preset;
use scrubjay_core::prompt::Wording;
use scrubjay_core::recipe::Size;
use scrubjay_core::task::TaskName;
use scrubjay_model::config::Config;
use scrubjay_model::layout::Layout;
use scrubjay_model::pixels::{Kind, Visual, fit_clip, fit_image};
use scrubjay_model::processor::{Media, Processor, ProcessorError};
use scrubjay_model::prompt::{Prompt, PromptError};
use scrubjay_model::settings::Settings;
use scrubjay_model::template::{Content, Message};
use scrubjay_model::tokenizer::{Stream, Tokenizer};
use scrubjay_model::toy;
use serde_json::{Value, json};

fn config() -> Config {
    let shape = Preset::built_in("toy").expect("built in").model.expect("has a model");
    toy::config(&shape, 32).expect("fits")
}

fn processor() -> Processor {
    toy::processor(&config()).expect("builds")
}

fn item(task: TaskName, width: u32) -> Item {
    let mut recipe = link::recipe(task, 1).expect("draws");
    recipe.size = Size { width, height: 32 };
    recipe.wording = Wording::Toy;
    realize_scene(&recipe).expect("realizes")
}

/// `tests/golden/toy_prompts.json` is what the toy's own processor gave before it became a Qwen3-VL like any other.
#[test]
fn the_toy_reads_as_it_always_did() {
    let golden: Value =
        serde_json::from_str(include_str!("../../tests/golden/toy_prompts.json")).expect("json");
    for (name, task) in [("jigsaw", TaskName::Jigsaw), ("grounding", TaskName::Grounding)] {
        let prompt = processor().item(&item(task, 32)).expect("reads");
        let expected = &golden[name];
        assert_eq!(json!(prompt.ids), expected["ids"], "{name}");
        assert_eq!(json!(prompt.positions), expected["positions"], "{name}");
        assert_eq!(json!(prompt.next), expected["next"], "{name}");
        let values: Vec<f32> = prompt.visuals.iter().flat_map(|v| v.patches.iter().copied()).collect();
        assert_eq!(json!(values.len()), expected["values"], "{name}");
        let bytes = values.iter().flat_map(|v| v.to_le_bytes()).enumerate();
        let sum: u64 = bytes.map(|(i, b)| (i as u64 % 997 + 1) * u64::from(b)).sum();
        assert_eq!(json!(sum), expected["checksum"], "{name}");
    }
}

#[test]
fn the_toys_tokens() {
    let (config, t) = (config(), processor().tokenizer);
    let text = "<3.2 seconds>a-Z~ 0\n";
    let ids = t.encode(text).expect("encodes");
    assert_eq!(ids, [36, 27, 22, 26, 6, 73, 21, 66, 102, 8, 24, 7].map(|id: u32| id));
    assert_eq!(t.decode(&ids, true), text);
    assert_eq!(t.decode(&t.encode("\u{fc}b\u{1f642}").expect("encodes"), true), "?b?");
    assert_eq!((t.len(), config.text.vocab), (104, 104));
    let forbidden: Vec<u32> = (0..104).filter(|id| t.forbidden(&config)[*id as usize]).collect();
    assert_eq!(forbidden, [0, 1, 3, 4, 5, 103], "the end of an answer may be said, padding and marks not");
}

#[test]
fn a_folder_is_read_or_its_fault_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let fault = || Processor::open(folder.path()).expect_err("faulty").to_string();
    assert!(fault().contains("config.json is missing"), "{}", fault());
    let files = toy::files(&config());
    for (name, bytes) in &files {
        std::fs::write(folder.path().join(name), bytes).expect("writes");
    }
    let processor = Processor::open(folder.path()).expect("opens");
    assert_eq!(processor.config, config());
    assert_eq!(processor.settings.sample(240, 24.0).len(), 16);
    for (name, text, expected) in [
        ("config.json", "{", "config.json: (file): is not JSON"),
        ("tokenizer.json", "{\"model\": 7}", "tokenizer.json: "),
        ("tokenizer.json", "", "tokenizer.json: "),
        ("chat_template.jinja", "{% if %}", "chat template: line 1"),
        ("chat_template.jinja", "\n", "chat template: is empty"),
        ("processor_config.json", "[]", "processor_config.json: (file): is not a JSON object"),
        ("processor_config.json", "{\"video_processor\": {\"patch_size\": 14}}", "14, but config.json has 8"),
        ("processor_config.json", "{\"video_processor\": {\"fps\": 1e999}}", "processor_config.json: (file)"),
        ("processor_config.json", "{\"video_processor\": {\"fps\": -1}}", "video_processor.fps: -1"),
        (
            "processor_config.json",
            "{\"image_processor\": {\"image_std\": [1, 0, 1]}}",
            "image_processor.image_std",
        ),
        (
            "processor_config.json",
            "{\"image_processor\": {\"size\": {\"longest_edge\": 9}}}",
            "no shortest_edge",
        ),
        ("processor_config.json", "{\"video_processor\": {\"resample\": 2}}", "video_processor.resample: 2"),
    ] {
        std::fs::write(folder.path().join(name), text).expect("writes");
        let said = fault();
        assert!(said.contains(expected) && said.contains(&folder.path().display().to_string()), "{said}");
        std::fs::write(folder.path().join(name), &files[name]).expect("writes");
    }
    for name in ["tokenizer.json", "chat_template.jinja"] {
        std::fs::remove_file(folder.path().join(name)).expect("removes");
        assert!(fault().contains(&format!("{name} is missing")), "{}", fault());
        std::fs::write(folder.path().join(name), &files[name]).expect("writes");
    }
    // Ids beyond the embeddings, and a mark without a token.
    let mut small = config();
    small.text.vocab = 103;
    small.tokens.image_pad = 5;
    let error = processor.tokenizer.check(&small).expect_err("too many").to_string();
    assert!(error.contains("\"<|image_pad|>\" has id 103"), "{error}");
    small.text.vocab = 200;
    small.tokens.video_pad = 150;
    let error = processor.tokenizer.check(&small).expect_err("missing").to_string();
    assert!(error.contains("video_token_id = 150"), "{error}");
}

#[test]
fn settings_left_out_are_the_published_ones() {
    let mut config = config();
    config.vision.patch = 16;
    assert_eq!(Settings::read(&config, |_| None), Ok(Settings::default()));
    // The older keys win, as they do in `transformers`.
    let text = br#"{"min_pixels": 1024, "size": {"shortest_edge": 1, "longest_edge": 4096}}"#;
    let read = Settings::read(&config, |name| (name == "preprocessor_config.json").then_some(&text[..]));
    let image = read.expect("reads").image;
    assert_eq!((image.min, image.max), (1024, 4096));
}

#[test]
fn pictures_that_cannot_be_shown_are_refused() {
    let p = processor();
    assert!(
        matches!(p.item(&item(TaskName::Jigsaw, 40)), Err(ProcessorError::Pixels(e)) if e.to_string().contains("40x32"))
    );
    let frame = |w, h| Frame::black(w, h);
    let refused = |frames: &[Frame], times: &[f64]| {
        let talk = [Message { role: "user".to_owned(), content: vec![Content::Video] }];
        p.prompt(&talk, &[Media::Clip { frames, times }], "").expect_err("refused").to_string()
    };
    assert!(refused(&[], &[]).contains("no frames"));
    assert!(refused(&[frame(32, 32), frame(32, 16)], &[0.0, 1.0]).contains("frame 1"));
    assert!(refused(&[Frame { width: 32, height: 32, rgb: vec![] }], &[0.0]).contains("frame 0"));
    assert!(refused(&[frame(0, 0)], &[0.0]).contains("0x0"));
    assert!(refused(&[frame(32, 32)], &[0.0, 1.0]).contains("1 frames has 2 times"));
    assert!(refused(&[frame(32, 32)], &[f64::NAN]).contains("NaN"));
    assert!(fit_clip(vec![], &p.settings).is_err() && fit_clip(vec![frame(32, 32)], &p.settings).is_err());
    assert!(fit_image(frame(3, 700), &p.settings).is_err());
    let fitted = fit_clip(vec![frame(70, 50), frame(70, 50)], &p.settings).expect("fits");
    assert_eq!((fitted[0].width, fitted[0].height), (64, 48));
    // A mark in somebody's text, and places without pictures.
    let media = [Media::Image(&fitted[0])];
    let said = |text: &str, media: &[Media<'_>]| {
        p.prompt(&[Message::text("user", text)], media, "").expect_err("refused").to_string()
    };
    assert!(said("a <|video_pad|> b", &[]).contains("1 places for images and clips, but 0"));
    assert!(said("no place", &media).contains("0 places for images and clips, but 1"));
    assert!(said(&"x".repeat(20_000), &[]).contains("20003 tokens, the model's context is 16384"));
}

#[test]
fn a_conversation_with_an_image_and_a_clip() {
    let p = processor().with_layout(Layout::Wrapped);
    let (picture, frames) = (Frame::black(16, 32), vec![Frame::black(32, 16); 3]);
    let content = vec![Content::Image, Content::Text("a".to_owned()), Content::Video];
    let talk = [Message { role: "user".to_owned(), content }];
    let clip = Media::Clip { frames: &frames, times: &[0.0, 0.5, 1.0] };
    let prompt = p.prompt(&talk, &[Media::Image(&picture), clip], "b").expect("reads");
    let text = "<|im_start|><|vision_start|><|image_pad|><|image_pad|><|vision_end|>a<|vision_start|>\
                <0.2 seconds><|vision_start|><|video_pad|><|video_pad|><|vision_end|>\
                <1.0 seconds><|vision_start|><|video_pad|><|video_pad|><|vision_end|>\
                <|vision_end|><|im_end|><|im_start|>b";
    assert_eq!(p.tokenizer.decode(&prompt.ids, false), text);
    // The image is one token wide and two high, so that what follows comes two places later.
    assert_eq!(prompt.positions[1..6], [[1; 3], [2, 2, 2], [2, 3, 2], [4; 3], [5; 3]]);
    assert_eq!(prompt.next as usize, prompt.ids.len());
    // Ids and pictures that do not belong together.
    let refused = |ids: &[u32], visuals: &[Visual]| {
        Prompt::new(ids.to_vec(), visuals.to_vec(), &p.config).expect_err("refused")
    };
    let visuals = &prompt.visuals;
    assert_eq!(refused(&[5], &[]), PromptError::Count { pads: 1, features: 0 });
    assert_eq!(refused(&[104], &[]), PromptError::Id { index: 0, id: 104, vocab: 104 });
    let run = |index, kind| PromptError::Run { index, tokens: 2, kind };
    assert_eq!(refused(&[103, 9, 103], &visuals[..1]), run(0, Kind::Image));
    assert_eq!(refused(&[9, 5, 5], &visuals[..1]), run(1, Kind::Image));
    let mut cut = visuals[1].clone();
    cut.patches.pop();
    assert!(matches!(refused(&[5, 5, 5, 5], &[cut.clone()]), PromptError::Grid { .. }));
    cut.grid.h = usize::MAX - 1;
    assert!(matches!(refused(&[5], &[cut]), PromptError::Grid { .. }));
}

#[test]
fn half_a_character_waits_for_the_other_half() {
    // Two byte-level tokens that make one character, and a third that never becomes one.
    let file = json!({
        "version": "1.0", "added_tokens": [], "normalizer": null, "post_processor": null,
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
        "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
        "model": {"type": "BPE", "vocab": {"\u{c3}": 0, "\u{a9}": 1, "a": 2}, "merges": []},
    });
    let t = Tokenizer::from_bytes(file.to_string().as_bytes()).expect("reads");
    assert_eq!(t.encode("a\u{e9}").as_deref(), Ok(&[2, 0, 1][..]));
    let mut stream = Stream::default();
    let said: Vec<String> = [2, 0, 1, 2, 0].iter().map(|id| stream.push(&t, *id)).collect();
    assert_eq!(said, ["a", "", "\u{e9}", "a", ""]);
    assert_eq!((stream.finish(&t), stream.finish(&t)), ("\u{fffd}".to_owned(), String::new()));
    let files = BTreeMap::from([("config.json".to_owned(), vec![0xff])]);
    assert!(
        Processor::from_files(&files)
            .expect_err("not text")
            .to_string()
            .contains("config.json: is not UTF-8")
    );
}
