//! Tokens a second of a published size with random weights: reading a prompt with a clip, and writing a group of answers.
//!
//! ```text
//! cargo run --release -p scrubjay-model --features cuda --example speed -- --size 2B --device cuda:0
//! python tests/bench/generate.py --size 2B --device cuda
//! ```
//!
//! The second command does the same work with `transformers`, to be run on the same machine right after. One JSON line each.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Instant;

use scrubjay_core::rng::Stream;
use scrubjay_model::batch::Prompts;
use scrubjay_model::config::Config;
use scrubjay_model::device::open;
use scrubjay_model::generate::{Request, Sampling, generate};
use scrubjay_model::pixels::{Grid, Kind, Visual};
use scrubjay_model::policy::Policy;
use scrubjay_model::prompt::Prompt;
use scrubjay_model::published::published;
use scrubjay_model::trace::Trace;

/// Whatever ends the program.
type Failure = Box<dyn std::error::Error>;

const USAGE: &str = "usage: speed [--size 2B] [--device auto] [--dtype bf16] [--frames 48] [--side 256] [--words 400] \
                     [--group 8] [--tokens 64] [--rounds 3]";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("error: {e}\n{USAGE}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Failure> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let mut options: BTreeMap<&str, &str> = BTreeMap::new();
    for pair in words.chunks(2) {
        let [key, value] = pair else { return Err("an option lacks its value".into()) };
        options.insert(key.strip_prefix("--").ok_or("options begin with --")?, value);
    }
    let number = |key: &str, default: usize| -> Result<usize, Failure> {
        Ok(options.get(key).map_or(Ok(default), |v| v.parse())?)
    };
    let size = options.get("size").copied().unwrap_or("2B");
    let config = published(size).ok_or("--size is one of 2B, 4B, 8B, 32B")?;
    let opened = open(options.get("device").copied().unwrap_or("auto").parse()?)?;
    let dtype = opened.choose(options.get("dtype").map(|v| v.parse()).transpose()?)?;
    let policy = Policy::drawn(&config, &opened.device, dtype.dtype())?;
    opened.device.sync()?;
    let prompt = prompt(&config, number("frames", 48)?, number("side", 256)?, number("words", 400)?)?;
    let (group, tokens) = (number("group", 8)?, number("tokens", 64)?);
    let how = Sampling { group, temperature: 1.0, top_p: 1.0, top_k: 0, max_tokens: tokens };
    let (mut first, mut best) = (None, [f64::INFINITY; 3]);
    for _ in 0..number("rounds", 3)?.max(1) {
        let begun = Instant::now();
        let layout = Prompts::new(&[&prompt], config.tokens.pad);
        let features = policy.encode(&layout.visuals, &mut Trace::off());
        opened.device.sync()?;
        let seen = begun.elapsed().as_secs_f64();
        let (prefix, _) = policy.prefill(&layout, features.as_ref(), &mut Trace::off());
        let _ = prefix.last.into_data();
        let read = begun.elapsed().as_secs_f64();
        let mut streams: Vec<Stream> = (0..group).map(|i| Stream::keyed(1, "speed", "", i as u64)).collect();
        let again = Instant::now();
        generate(&policy, &Request::new(&[&prompt], how), &mut streams, &mut |_, _| true)?;
        let wrote = (again.elapsed().as_secs_f64() - read).max(1e-9);
        first.get_or_insert(read + wrote);
        for (best, now) in best.iter_mut().zip([seen, read - seen, wrote]) {
            *best = best.min(now);
        }
    }
    let [seen, read, wrote] = best;
    let memory = opened.device.memory_pool_usage().map_or_else(|| "none".to_owned(), |u| format!("{u:?}"));
    println!(
        "{{\"size\":\"{size}\",\"device\":\"{}\",\"dtype\":\"{dtype}\",\"prompt_tokens\":{},\"first_round_seconds\":{:.3},\
         \"encode_seconds\":{seen:.4},\"prefill_seconds\":{read:.4},\"prefill_tokens_per_second\":{:.0},\
         \"decode_tokens_per_second\":{:.1},\"memory\":{memory:?}}}",
        opened.name,
        prompt.ids.len(),
        first.unwrap_or_default(),
        prompt.ids.len() as f64 / read,
        (group * tokens) as f64 / wrote,
    );
    Ok(())
}

/// A clip of `frames` frames of `side` x `side` pixels with six tokens of time before each pair, and `words` words.
fn prompt(config: &Config, frames: usize, side: usize, words: usize) -> Result<Prompt, Failure> {
    let (v, tokens) = (&config.vision, &config.tokens);
    let rows = side / v.token_side() * v.merge;
    let grid = Grid { t: frames.div_ceil(v.temporal_patch), h: rows, w: rows };
    let patches = (0..grid.patches() * v.patch_values()).map(|i| (i % 255) as f32 / 127.5 - 1.0).collect();
    let mut ids = Vec::new();
    for _ in 0..grid.t {
        ids.extend([27, 15, 13, 20, 6486, 29, tokens.vision_start]);
        ids.extend(std::iter::repeat_n(tokens.video_pad, grid.h * grid.w / (v.merge * v.merge)));
        ids.push(tokens.vision_end);
    }
    ids.extend((0..words as u32).map(|i| 1000 + i));
    Ok(Prompt::new(ids, vec![Visual { kind: Kind::Clip, patches, grid }], config)?)
}
