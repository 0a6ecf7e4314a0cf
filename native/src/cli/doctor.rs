//! `scrubjay doctor`: prints what was found of this machine, or of a model on it.

use std::path::PathBuf;

use scrubjay_model::plan::Load;
use serde_json::json;

use crate::doctor::model::{self, Findings};
use crate::doctor::{Check, State, amount, examine};
use crate::error::Error;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder that results are meant for: is it writable, and how much space has it?
    #[arg(long, default_value = ".")]
    out: PathBuf,
    /// Look at a model instead of the machine: a checkpoint's folder, or one of the sizes 2B, 4B, 8B, 32B.
    #[arg(long, value_name = "DIR|SIZE")]
    model: Option<String>,
    /// Look at the folder's config.json alone; no other file need be there.
    #[arg(long, requires = "model")]
    dry: bool,
    /// The device that the model is meant for: auto, cpu, wgpu or cuda:N.
    #[arg(long, default_value = "auto", requires = "model")]
    device: String,
    /// What it is to compute in: f32, bf16 or f16; what suits the device if left out.
    #[arg(long, requires = "model")]
    dtype: Option<String>,
    /// Tokens of pictures in a prompt that memory is planned for: 48 frames of 256x256.
    #[arg(long, value_name = "N", default_value_t = 1536, requires = "model")]
    #[arg(value_parser = clap::value_parser!(u64).range(0..=1 << 20))]
    visual_tokens: u64,
    /// Its other tokens.
    #[arg(long, value_name = "N", default_value_t = 500, requires = "model")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=1 << 20))]
    text_tokens: u64,
    /// Answers at once.
    #[arg(long, value_name = "N", default_value_t = 8, requires = "model")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=1 << 10))]
    group: u64,
    /// Tokens of an answer.
    #[arg(long, value_name = "N", default_value_t = 256, requires = "model")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=1 << 18))]
    answer_tokens: u64,
    /// Print one JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

/// Exit code 1 only where something is missing that reading videos needs, or that using the model does.
pub(super) fn run(args: &Args) -> Result<(), Error> {
    if let Some(model) = &args.model {
        return fits(args, model);
    }
    let checks = examine(&args.out);
    let lacks: Vec<&str> = checks.iter().filter(|c| c.stops_decoding()).map(|c| c.name.as_str()).collect();
    if args.json {
        super::print(format_args!("{:#}", json!({ "can_decode": lacks.is_empty(), "checks": checks })))?;
    } else {
        super::print(render(&checks).trim_end())?;
    }
    if lacks.is_empty() {
        return Ok(());
    }
    Err(Error::failed(format!("videos cannot all be read: no decoder for {}", lacks.join(", "))))
}

/// Whether a model fits a device, and why not.
fn fits(args: &Args, name: &str) -> Result<(), Error> {
    let (device, dtype) = crate::model::device(&args.device, args.dtype.as_deref())?;
    let room = crate::model::room(&device);
    let load = Load {
        prompts: 1,
        prompt_tokens: args.visual_tokens + args.text_tokens,
        visual_tokens: args.visual_tokens,
        group: args.group,
        answer_tokens: args.answer_tokens,
        bytes: crate::model::width(dtype),
    };
    let found = model::examine(name, args.dry, &load, room)?;
    let trouble = trouble(name, &found, &device.name.to_string(), room);
    if args.json {
        let value = json!({
            "model": name,
            "usable": trouble.is_none(),
            "checks": found.checks,
            "parameters": found.parameters,
            "bytes_on_disk": found.bytes_on_disk,
            "device": device.name.to_string(),
            "description": device.description,
            "dtype": dtype.to_string(),
            "available": room,
            "load": {
                "visual_tokens": args.visual_tokens,
                "text_tokens": args.text_tokens,
                "group": args.group,
                "answer_tokens": args.answer_tokens,
            },
            "memory": found.memory,
        });
        super::print(format_args!("{value:#}"))?;
    } else {
        let there =
            room.map_or_else(|| "does not say how much it has".to_owned(), |r| format!("has {}", amount(r)));
        let on = format!("{} ({}), in {dtype}; it {there}", device.name, device.description);
        super::print((render(&found.checks) + &table(args, &found, &on)).trim_end())?;
    }
    trouble.map_or(Ok(()), Err)
}

fn trouble(model: &str, found: &Findings, device: &str, room: Option<u64>) -> Option<Error> {
    if let Some(fault) = found.fault() {
        return Some(Error::failed(format!("{model} cannot be used: {}: {}", fault.name, fault.detail)));
    }
    let rollout = found.needed("rollout").filter(|n| n.fits == Some(false))?;
    let (needs, has) = (amount(rollout.needs), amount(room.unwrap_or_default()));
    Some(Error::failed(format!("{model} does not fit: writing answers needs {needs}, {device} has {has}")))
}

/// Parameters and the plan of memory.
fn table(args: &Args, found: &Findings, on: &str) -> String {
    let Some(count) = found.parameters else { return String::new() };
    let mut out = format!(
        "parameters\n  {:>15} in all\n  {:>15} vision tower\n  {:>15} decoder\n",
        grouped(count.total),
        grouped(count.vision),
        grouped(count.decoder)
    );
    out += &format!(
        "memory for 1 prompt of {} visual and {} other tokens, {} answers of {} tokens\n  on {on}\n",
        grouped(args.visual_tokens),
        grouped(args.text_tokens),
        args.group,
        grouped(args.answer_tokens)
    );
    for needed in &found.memory {
        let verdict = match needed.fits {
            Some(true) => "fits",
            Some(false) => "does not fit",
            None => "",
        };
        out += &format!("  {:>10}  {}  {verdict}\n", amount(needed.needs), needed.what).replace("  \n", "\n");
        let mut parts: Vec<_> = needed.parts.iter().collect();
        parts.sort_by_key(|(name, bytes)| (std::cmp::Reverse(**bytes), **name));
        for (name, bytes) in parts {
            out += &format!("  {:>10}    {:>10}  {name}\n", "", amount(*bytes));
        }
    }
    out
}

/// A number with commas.
fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn render(checks: &[Check]) -> String {
    let (mut out, mut group) = (String::new(), "");
    let width = checks.iter().map(|c| c.name.chars().count()).max().unwrap_or(0);
    for check in checks {
        if check.group != group {
            group = check.group;
            out += &format!("{group}\n");
        }
        let state = if check.state == State::Info { "" } else { check.state.name() };
        let detail = crate::inspect::summary::printable(&check.detail);
        out += &format!("  {state:<8} {:<width$}  {detail}\n", check.name);
        if let Some(get) = &check.get {
            out += &format!("  {:<8} {:<width$}  get it: {get}\n", "", "");
        }
    }
    out
}
