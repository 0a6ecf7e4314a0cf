//! How much memory a training step takes at its peak, and how long, with everything on one tape or a layer at a time.
//!
//! ```text
//! cargo run -p scrubjay-model --example memory -- layers|tape [layers] [hidden] [prompt] [answer]
//! ```
//!
//! A drawn model on the CPU, one prompt and a group of eight answers, the decoder trained. The peak is the process's
//! (`VmHWM`, Linux), so that each way is measured in a process of its own; what there was before the step is told apart.

use std::process::ExitCode;
use std::time::Instant;

use burn::tensor::Device;
use scrubjay_model::batch::{Answers, Prompts};
use scrubjay_model::config::{Config, TextConfig, Tokens, VisionConfig};
use scrubjay_model::grads::Gradients;
use scrubjay_model::learn::{Batch, Selection};
use scrubjay_model::plan::{Load, Use, parts, total};
use scrubjay_model::policy::Policy;
use scrubjay_model::prompt::Prompt;
use scrubjay_model::trace::Trace;

/// Whatever ends the program.
type Failure = Box<dyn std::error::Error>;

const GROUP: usize = 8;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!(
                "error: {e}\nusage: memory layers|tape [LAYERS] [HIDDEN] [PROMPT TOKENS] [ANSWER TOKENS]"
            );
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Failure> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let recompute = match words.first().map(String::as_str) {
        Some("layers") => true,
        Some("tape") => false,
        _ => return Err("the way is not named".into()),
    };
    let number = |i: usize, usual: usize| words.get(i).map_or(Ok(usual), |w| w.parse::<usize>());
    let (layers, hidden, prompt, answer) = (number(1, 12)?, number(2, 256)?, number(3, 384)?, number(4, 48)?);
    let config = config(layers, hidden);
    config.check()?;
    let policy = Policy::new(&config, 1, &Device::flex())?.training(Selection::Decoder);
    let ids = (0..prompt).map(|i| 10 + (i * 31 % 900) as u32).collect();
    let prompt = Prompt::new(ids, Vec::new(), &config)?;
    let said = |g: usize| (0..answer).map(|i| 10 + ((i * 17 + g) % 900) as u32).collect();
    let prompts = Prompts::new(&[&prompt], 0);
    let answers = Answers::new(&[(0..GROUP).map(said).collect()], 0);
    let (features, allowed, temperature, room) = (None, None, 1.0, 0);
    let batch = Batch { prompts: &prompts, features, answers: &answers, allowed, temperature, room };
    let before = peak()?;
    let started = Instant::now();
    let pass = policy.learn(&batch, recompute, &mut Trace::off())?;
    let count = answers.targets.len();
    let mut gradients = Gradients::new();
    pass.backward(&vec![1.0 / count as f32; count], &mut gradients)?;
    let (norm, seconds) = (gradients.norm(), started.elapsed().as_secs_f64());
    let after = peak()?;
    println!(
        "{}: {layers} layers of {hidden}, {} tokens; {before} MiB with the model, {after} MiB at the peak, {} MiB for the step; {seconds:.2} s; gradient norm {norm:.9}",
        words[0],
        prompts.length + GROUP * answers.length,
        after - before,
    );
    let load = Load {
        prompts: 1,
        prompt_tokens: prompts.length as u64,
        visual_tokens: 0,
        group: GROUP as u64,
        answer_tokens: answer as u64,
        bytes: 4,
    };
    // Neither weights nor moments are part of the step.
    let mut plan = parts(&config, &load, Use::Full);
    plan.retain(|p| p.name != "weights" && p.name != "optimiser");
    let mib = |bytes: u64| bytes >> 20;
    let each: Vec<String> = plan.iter().map(|p| format!("{} {}", p.name, mib(p.bytes))).collect();
    println!("planned a layer at a time: {} MiB ({})", mib(total(&plan)), each.join(", "));
    Ok(())
}

fn config(layers: usize, hidden: usize) -> Config {
    Config {
        text: TextConfig {
            vocab: 1024,
            hidden,
            intermediate: 3 * hidden,
            layers,
            heads: hidden / 32,
            kv_heads: hidden / 64,
            head_dim: 32,
            rms_eps: 1e-6,
            rope_theta: 1e6,
            mrope_section: [8, 4, 4],
            context: 1 << 14,
        },
        vision: VisionConfig {
            hidden: 32,
            intermediate: 64,
            depth: 1,
            heads: 2,
            channels: 3,
            patch: 4,
            temporal_patch: 2,
            merge: 2,
            out: hidden,
            side: 4,
            taps: vec![0],
        },
        tokens: Tokens { image_pad: 1, video_pad: 2, vision_start: 3, vision_end: 4, ends: vec![5], pad: 0 },
        tied: true,
    }
}

/// Peak of resident memory so far, in MiB.
fn peak() -> Result<u64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line =
        status.lines().find_map(|l| l.strip_prefix("VmHWM:")).ok_or("no VmHWM in /proc/self/status")?;
    let kib: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kib >> 10)
}
