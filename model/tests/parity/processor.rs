//! What a model reads, against what `transformers` made of the same conversations: texts, ids, positions, pixels.

use std::collections::BTreeMap;

use scrubjay_core::frame::Frame;
use scrubjay_core::resample::{Filter, resize};
use scrubjay_core::source::qwen;
use scrubjay_model::layout::{Marks, Placed, expand};
use scrubjay_model::pixels::{Visual, fit_clip, fit_image};
use scrubjay_model::processor::{FILES, Media, Processor};
use scrubjay_model::template::{Content, Message};
use scrubjay_model::tokenizer::Stream;
use serde_json::Value;

use crate::kit::{self, Kit, Kits, list, number};

/// An image or a clip of a case, at the size that the model reads.
struct Shown {
    frames: Vec<Frame>,
    /// Empty for an image.
    times: Vec<f64>,
    /// Whether it had to be resized, and so may differ a little from `torchvision`'s.
    resized: bool,
}

impl Shown {
    fn media(&self) -> Media<'_> {
        match self.times.is_empty() {
            true => Media::Image(&self.frames[0]),
            false => Media::Clip { frames: &self.frames, times: &self.times },
        }
    }
}

fn clip(kit: &Kit<'_>, processor: &Processor, video: &Value) -> Shown {
    let raw = kit.tensors(video["input"].as_str().expect("a path")).frames("frames");
    let fps = video["source_fps"].as_f64().expect("a rate");
    let indices: Vec<u32> = list(video, "frames_indices").iter().map(number).collect();
    let frames = if video["pre_sampled"] == true {
        raw
    } else {
        let settings = &processor.settings;
        let rate = video["sample_fps"].as_f64().unwrap_or(settings.fps);
        let total = number(&video["source_total_frames"]);
        assert_eq!(qwen::processor(total, fps, rate, settings.min_frames, settings.max_frames), indices);
        indices.iter().map(|i| raw[*i as usize].clone()).collect()
    };
    let times: Vec<f64> = indices.iter().map(|i| f64::from(*i) / fps).collect();
    let stamps: Vec<f64> = list(video, "timestamps").iter().filter_map(Value::as_f64).collect();
    assert_eq!(qwen::stamps(&times), stamps);
    let before = (frames[0].width, frames[0].height);
    let frames = fit_clip(frames, &processor.settings).expect("fits");
    Shown { resized: before != (frames[0].width, frames[0].height), frames, times }
}

fn image(kit: &Kit<'_>, processor: &Processor, image: &Value) -> Shown {
    let raw = kit.tensors(image["input"].as_str().expect("a path")).frames("frames").remove(0);
    let before = (raw.width, raw.height);
    let frame = fit_image(raw, &processor.settings).expect("fits");
    Shown { resized: before != (frame.width, frame.height), frames: vec![frame], times: Vec::new() }
}

/// Normalized values against the stored ones; `level` is what one step of 8 bits is worth.
fn same_pixels(ours: &Visual, theirs: &[f32], resized: bool, level: f32, kits: &Kits) {
    assert_eq!(ours.patches.len(), theirs.len());
    let differences: Vec<f32> = ours.patches.iter().zip(theirs).map(|(a, b)| (a - b).abs()).collect();
    let largest = differences.iter().copied().fold(0.0, f32::max);
    if !resized {
        assert!(largest <= 1e-6, "{largest}");
        return;
    }
    let allowed = &kits.manifest["tolerances"]["pixel_values* after a resize, bicubic_resize.safetensors"];
    let [most, mean] =
        ["max_u8_levels", "mean_abs_u8_levels"].map(|k| allowed[k].as_f64().expect("a bound") as f32);
    let found = differences.iter().sum::<f32>() / differences.len() as f32 / level;
    assert!(largest / level <= most + 0.01 && found <= mean, "{} levels, mean {found}", largest / level);
}

/// The messages of a text that a chat template made, so that it can be made again.
fn conversation(text: &str, marks: &Marks) -> Option<Vec<Message>> {
    let opened = text.strip_suffix("<|im_start|>assistant\n")?;
    let mut messages = Vec::new();
    for message in opened.split_terminator("<|im_end|>\n") {
        let (role, content) = message.strip_prefix("<|im_start|>")?.split_once('\n')?;
        // Texts are stored with a clip's whole triple or with its pad alone; the template writes the triple.
        let triple = |pad: &str| format!("{}{pad}{}", marks.start, marks.end);
        let content = content
            .replace(&triple(&marks.video_pad), "\u{1}V\u{1}")
            .replace(&marks.video_pad, "\u{1}V\u{1}")
            .replace(&triple(&marks.image_pad), "\u{1}I\u{1}");
        let piece = |p: &str| match p {
            "V" => Content::Video,
            "I" => Content::Image,
            text => Content::Text(text.to_owned()),
        };
        let content = content.split('\u{1}').filter(|p| !p.is_empty()).map(piece).collect();
        messages.push(Message { role: role.to_owned(), content });
    }
    Some(messages)
}

fn case(kits: &Kits, kit: &Kit<'_>, name: &str, case: &Value) {
    let mut processor = Processor::open(&kit.model()).expect("opens");
    if let Some(layout) = case["layout"].as_str() {
        processor = processor.with_layout(layout.parse().expect("a layout"));
    }
    let marks = Marks::of(&processor.config, &processor.tokenizer).expect("named");
    let mut clips: Vec<Shown> = list(case, "videos").iter().map(|v| clip(kit, &processor, v)).collect();
    let mut images: Vec<Shown> = list(case, "images").iter().map(|v| image(kit, &processor, v)).collect();
    let level = (1.0 / 255.0) / processor.settings.std[0];
    for (key, shown) in [("pixel_values_videos", &clips), ("pixel_values", &images)] {
        let stored = case["pixels_concat_in_order"][key].as_array().map_or(&[][..], Vec::as_slice);
        assert_eq!(stored.len(), shown.len(), "{name}");
        for (file, shown) in stored.iter().zip(shown) {
            let stored = kit.tensors(file.as_str().expect("a path"));
            let ours = match shown.media() {
                Media::Image(frame) => Visual::image(frame, &processor.settings),
                Media::Clip { frames, .. } => Visual::clip(frames, &processor.settings),
            }
            .expect("splits");
            let grid: Vec<usize> = stored.i64("grid_thw").iter().map(|n| *n as usize).collect();
            assert_eq!([ours.grid.t, ours.grid.h, ours.grid.w], grid[..], "{name}");
            same_pixels(&ours, &stored.f32("pixels"), shown.resized, level, kits);
        }
    }
    // Rows take their pictures in order.
    for (row, (text, expanded)) in
        list(case, "prompt_text").iter().zip(list(case, "expanded_text")).enumerate()
    {
        let (text, expanded) = (text.as_str().expect("text"), expanded.as_str().expect("text"));
        let mut places: Vec<(usize, bool)> =
            text.match_indices(&marks.video_pad).map(|m| (m.0, true)).collect();
        places.extend(text.match_indices(&marks.image_pad).map(|m| (m.0, false)));
        places.sort_unstable();
        let take = |(_, video): &(usize, bool)| if *video { clips.remove(0) } else { images.remove(0) };
        let shown: Vec<Shown> = places.iter().map(take).collect();
        let media: Vec<Media<'_>> = shown.iter().map(Shown::media).collect();
        let prompt = processor.read(text, &media).expect("reads");
        let placed: Vec<Placed> = shown
            .iter()
            .zip(&prompt.visuals)
            .map(|(s, v)| match s.media() {
                Media::Image(_) => Placed::image(v, processor.settings.merge),
                Media::Clip { times, .. } => {
                    Placed::clip(v, processor.settings.merge, times).expect("finite")
                }
            })
            .collect();
        assert_eq!(expand(text, &marks, &placed, processor.layout).as_deref(), Ok(expanded), "{name}");
        if let Some(messages) = conversation(text, &marks) {
            let again = processor.prompt(&messages, &media, "").expect("renders");
            assert_eq!(again, prompt, "{name}: through the chat template");
        }
        stored_row(kit, name, row, &prompt);
    }
    assert!(clips.is_empty() && images.is_empty(), "{name}: every picture is shown");
}

/// Ids, positions and next position of a row against the tensors of its case, where these are there.
fn stored_row(kit: &Kit<'_>, name: &str, row: usize, prompt: &scrubjay_model::prompt::Prompt) {
    let stored = kit.tensors(&format!("cases/{name}.safetensors"));
    let [rows, length] = stored.shape("input_ids")[..] else { panic!("{name}: input_ids") };
    let real: Vec<usize> =
        (0..length).filter(|i| stored.i64("attention_mask")[row * length + i] == 1).collect();
    let (ids, positions) = (stored.i64("input_ids"), stored.i64("position_ids"));
    let theirs: Vec<u32> = real.iter().map(|i| ids[row * length + i] as u32).collect();
    assert_eq!(prompt.ids, theirs, "{name}: ids");
    let at = |axis: usize, i: usize| positions[(axis * rows + row) * length + i] as i32;
    let theirs: Vec<[i32; 3]> = real.iter().map(|i| [0, 1, 2].map(|axis| at(axis, *i))).collect();
    assert_eq!(prompt.positions, theirs, "{name}: positions");
    let delta = stored.i64("rope_deltas")[row];
    assert_eq!(i64::from(prompt.next) - prompt.ids.len() as i64, delta, "{name}: delta");
}

#[test]
fn parity_prompts_of_every_case() {
    let mut compared = 0;
    for kits in kit::all() {
        for kit in kits.kits() {
            for (name, description) in kit.cases() {
                case(&kits, &kit, name, description);
                compared += 1;
            }
        }
    }
    eprintln!("{compared} cases compared");
    assert!(compared > 0);
}

#[test]
fn parity_both_spellings_of_a_folder_say_the_same() {
    for kits in kit::all() {
        for kit in kits.kits() {
            let read = |name: &str| std::fs::read(kit.model().join(name)).ok();
            let mut files: BTreeMap<String, Vec<u8>> =
                FILES.iter().filter_map(|f| Some(((*f).to_owned(), read(f)?))).collect();
            let new = Processor::from_files(&files).expect("opens");
            let Some(own) = read("config.published-style.json") else {
                eprintln!("{} has one spelling: skipped", kit.name());
                continue;
            };
            // Only a folder that has both kinds of settings can do without one.
            if files.contains_key("preprocessor_config.json") {
                files.remove("processor_config.json");
            }
            files.insert("config.json".to_owned(), own);
            if let Some(template) = files.remove("chat_template.jinja") {
                let template = serde_json::json!({"chat_template": String::from_utf8_lossy(&template)});
                files.insert("chat_template.json".to_owned(), template.to_string().into_bytes());
            }
            let published = Processor::from_files(&files).expect("opens");
            assert_eq!(published.config, new.config);
            // How frames are chosen may be written in one of them alone.
            let said = |p: &Processor| (p.settings.image, p.settings.video, p.settings.mean, p.settings.std);
            assert_eq!(said(&published), said(&new));
            let talk = [Message::text("user", "Hello")];
            assert_eq!(published.template.render(&talk, true), new.template.render(&talk, true));
        }
    }
}

#[test]
fn parity_tokenizer_table() {
    let mut compared = 0;
    for kits in kit::all() {
        let special = kits.manifest["special_token_ids"].as_object().expect("names");
        for kit in kits.kits() {
            let tokenizer = Processor::open(&kit.model()).expect("opens").tokenizer;
            for (name, id) in special {
                assert_eq!(tokenizer.id(name), Some(number(id)), "{name}");
            }
            let Some(table) = kits.table("tokenizer.json") else { continue };
            for row in table.as_array().expect("rows") {
                let text = row["text"].as_str().expect("text");
                let theirs: Vec<u32> = list(row, "ids").iter().map(number).collect();
                let ours = tokenizer.encode(text).expect("encodes");
                assert_eq!(ours, theirs, "{text:?}");
                // Token by token comes out what comes out at once.
                let mut stream = Stream::default();
                let mut said: String = ours.iter().map(|id| stream.push(&tokenizer, *id)).collect();
                said += &stream.finish(&tokenizer);
                assert_eq!(said, tokenizer.decode(&ours, true));
                compared += 1;
            }
        }
    }
    eprintln!("{compared} texts compared");
}

#[test]
fn parity_resized_pictures() {
    let mut compared = 0;
    for kits in kit::all() {
        let path = kits.dir.join("tables/bicubic_resize.safetensors");
        if !path.exists() {
            eprintln!("{} is not there: skipped", path.display());
            continue;
        }
        let pairs = kit::Tensors::read(&path);
        for row in list(&kits.manifest, "bicubic_resize") {
            let [input, output] =
                ["in", "out"].map(|k| pairs.frames(&format!("{k}{}", row["index"])).remove(0));
            let ours = resize(&input, output.width, output.height, Filter::Bicubic);
            let differences: Vec<u8> =
                ours.rgb.iter().zip(&output.rgb).map(|(a, b)| a.abs_diff(*b)).collect();
            let mean = differences.iter().map(|d| f64::from(*d)).sum::<f64>() / differences.len() as f64;
            let most = differences.iter().max().copied().expect("pixels");
            assert!(most <= 3 && mean <= 0.25, "{row}: {most} levels, mean {mean}");
            compared += 1;
        }
    }
    eprintln!("{compared} pictures compared");
}

/// The stated frames, or of long lists their number, ends and sum.
fn same_frames(ours: &[u32], theirs: &Value) -> bool {
    if let Some(theirs) = theirs.as_array() {
        return ours == theirs.iter().map(number).collect::<Vec<_>>();
    }
    let [first, last] = ["first", "last"].map(|k| list(theirs, k).iter().map(number).collect::<Vec<_>>());
    ours.len() as u64 == theirs["count"].as_u64().expect("a count")
        && ours.starts_with(&first)
        && ours.ends_with(&last)
        && ours.iter().map(|i| u64::from(*i)).sum::<u64>() == theirs["sum"].as_u64().expect("a sum")
}

#[test]
fn parity_frames_and_stamps() {
    let mut compared = 0;
    for kits in kit::all() {
        let Some(table) = kits.table("frame_sampling.json") else { continue };
        for case in list(&table, "transformers_sample_frames") {
            let total = number(&case["total_num_frames"]);
            let real = |key: &str| case[key].as_f64().expect("a rate");
            let ours = match case["num_frames"].as_u64() {
                Some(n) => qwen::evenly(total, n as u32),
                None => {
                    let [fewest, most] = ["min_frames", "max_frames"].map(|k| number(&case[k]));
                    qwen::processor(total, real("source_fps"), real("fps"), fewest, most)
                }
            };
            assert!(same_frames(&ours, &case["result"]), "{case}: {ours:?}");
            compared += 1;
        }
        for case in list(&table, "transformers_timestamps") {
            let fps = case["source_fps"].as_f64().expect("a rate");
            let times: Vec<f64> =
                list(case, "frames_indices").iter().map(|i| f64::from(number(i)) / fps).collect();
            let stamps = qwen::stamps(&times);
            let written: Vec<String> = stamps.iter().map(|t| format!("<{t:.1} seconds>")).collect();
            let theirs: Vec<f64> = list(case, "timestamps").iter().filter_map(Value::as_f64).collect();
            assert_eq!(stamps, theirs, "{case}");
            assert_eq!(Value::from(written), case["text"]);
            compared += 1;
        }
    }
    eprintln!("{compared} rows compared");
}

#[test]
fn parity_sizes() {
    let mut compared = 0;
    for kits in kit::all() {
        let Some(table) = kits.table("smart_resize.json") else { continue };
        let mut same = |case: &Value, ours: Option<(u32, u32)>| {
            let theirs = case["result"].as_array().map(|l| (number(&l[0]), number(&l[1])));
            assert_eq!(ours, theirs, "{case}");
            compared += 1;
        };
        for case in list(&table, "image") {
            let [h, w, factor, min, max] =
                ["height", "width", "factor", "min_pixels", "max_pixels"].map(|k| number(&case[k]));
            same(case, qwen::image_size(h, w, factor, min, max));
        }
        for case in list(&table, "video") {
            let [n, h, w, factor, min, max] =
                ["num_frames", "height", "width", "factor", "min_pixels", "max_pixels"]
                    .map(|k| number(&case[k]));
            same(case, qwen::clip_size(n, h, w, factor, min, max));
        }
        for case in list(&table, "video_processor") {
            let [n, h, w] = ["num_frames", "height", "width"].map(|k| number(&case[k]));
            let [min, max] = ["shortest_edge", "longest_edge"].map(|k| number(&case["size"][k]));
            let capped = case["cap_pixels_per_frame"] == true;
            let max = if capped { qwen::capped(n, min, max) } else { max };
            let tokens = qwen::clip_size(n, h, w, qwen::FACTOR, min, max)
                .map(|(h, w)| n.div_ceil(2) * (h / qwen::FACTOR) * (w / qwen::FACTOR));
            assert_eq!(tokens, case["llm_tokens"].as_u64().map(|t| t as u32), "{case}");
            compared += 1;
        }
    }
    eprintln!("{compared} sizes compared");
}
