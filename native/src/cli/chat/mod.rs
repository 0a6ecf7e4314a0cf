//! `scrubjay chat`: asks a checkpoint about videos and images, once or turn by turn.

mod files;
mod turn;

use std::io::{BufRead as _, IsTerminal as _};
use std::path::PathBuf;

use scrubjay_model::generate::Sampling;
use scrubjay_model::layout::Layout;
use scrubjay_model::pixels::Kind;
use scrubjay_model::processor::Processor;
use scrubjay_model::template::{Content, Message};

use crate::error::Error;
use crate::media::{self, Shown};
use crate::model::{self, Folder};
use crate::say;

use files::Files;
use turn::Conversation;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The checkpoint's folder, in Hugging Face's layout.
    #[arg(long, value_name = "DIR")]
    model: PathBuf,
    #[command(flatten)]
    files: Files,
    /// What is asked. Files stand before it, or where it says `<video>` and `<image>`. Without it each line of
    /// standard input is a turn of one conversation; the files stand in the first.
    #[arg(long, value_name = "TEXT")]
    prompt: Option<String>,
    /// The system message.
    #[arg(long, value_name = "TEXT")]
    system: Option<String>,
    /// Words that every answer begins with; the model goes on from them.
    #[arg(long, value_name = "TEXT", default_value = "")]
    prefix: String,
    /// Frames taken per second of video, within the folder's bounds, instead of the folder's own number.
    #[arg(long, value_name = "F", conflicts_with = "frames")]
    fps: Option<f64>,
    /// Frames taken of each video, evenly from the first to the last, or all if it has fewer.
    #[arg(long, value_name = "N")]
    frames: Option<u32>,
    /// Longest answer in tokens.
    #[arg(long, value_name = "N", default_value_t = 512)]
    max_tokens: usize,
    /// Softmax temperature; 0 takes the likeliest token.
    #[arg(long, value_name = "T", default_value_t = 0.0)]
    temperature: f64,
    /// Draw among the likeliest tokens that together have this probability; 1 for all.
    #[arg(long, value_name = "P", default_value_t = 1.0)]
    top_p: f64,
    /// Draw among this many likeliest tokens; 0 for all.
    #[arg(long, value_name = "K", default_value_t = 0)]
    top_k: usize,
    /// Seed of what is drawn.
    #[arg(long, value_name = "S", default_value_t = 0)]
    seed: u64,
    /// auto, cpu, wgpu or cuda:N.
    #[arg(long, default_value = "auto")]
    device: String,
    /// f32, bf16 or f16; what suits the device if left out.
    #[arg(long)]
    dtype: Option<String>,
    /// How clips stand in the text: flat or wrapped (`transformers` from 5.10 on).
    #[arg(long, default_value = "flat")]
    layout: String,
    /// Print one JSON object a turn instead of the answer as it is written.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Error> {
    let sampling = sampling(args)?;
    let layout: Layout = args.layout.parse().map_err(|e| Error::usage(format!("--layout: {e}")))?;
    let mut content = match &args.prompt {
        Some(prompt) => Some(args.files.content(prompt)?),
        None => None,
    };
    let (device, dtype) = model::device(&args.device, args.dtype.as_deref())?;
    let mut folder = Folder::open(&args.model, layout)?;
    if let Some(fps) = args.fps {
        folder.processor.settings.fps = fps;
    }
    let shown = args.files.read(|kind, path| show(args, &folder.processor, kind, path))?;
    if let Some((content, order)) = &content {
        // Whether it is a prompt at all, before the weights are read.
        let messages = opening(args, content.clone());
        turn::prompt(&folder.processor, &messages, &shown, order, &args.prefix)?;
    }
    let loaded = folder.load(device, dtype, &|line| say::note(line))?;
    let mut talk = Conversation::new(&loaded, &shown, sampling, args.seed, args.json, &args.prefix);
    if let Some((content, order)) = content.take() {
        talk.order = order;
        talk.messages = opening(args, content);
        talk.answer()?;
        return Ok(());
    }
    let mut lines = std::io::stdin().lock();
    for number in 1_u64.. {
        if std::io::stdin().is_terminal() {
            eprint!("> ");
        }
        let mut line = String::new();
        match lines.read_line(&mut line) {
            Ok(0) => break,
            Ok(_) if line.trim().is_empty() => continue,
            Ok(_) => {}
            Err(e) => return Err(Error::failed(format!("standard input, line {number}: {e}"))),
        }
        let line = line.trim_end_matches(['\n', '\r']);
        if talk.messages.is_empty() {
            let (content, order) = args.files.content(line)?;
            talk.order = order;
            talk.messages = opening(args, content);
        } else {
            talk.messages.push(Message::text("user", line));
        }
        if !talk.answer()? {
            break;
        }
    }
    Ok(())
}

/// The system message, where there is one, and the first turn.
fn opening(args: &Args, content: Vec<Content>) -> Vec<Message> {
    let system = args.system.iter().map(|text| Message::text("system", text));
    system.chain([Message { role: "user".to_owned(), content }]).collect()
}

fn sampling(args: &Args) -> Result<Sampling, Error> {
    if args.temperature != 0.0 && !(1e-3..=1e3).contains(&args.temperature) {
        return Err(Error::usage(format!("--temperature {}: 0, or from 0.001 to 1000", args.temperature)));
    }
    if !(args.top_p > 0.0 && args.top_p <= 1.0) {
        return Err(Error::usage(format!("--top-p {}: a probability above 0, at most 1", args.top_p)));
    }
    if args.max_tokens == 0 {
        return Err(Error::usage("--max-tokens 0: an answer has at least one token"));
    }
    if args.frames == Some(0) {
        return Err(Error::usage("--frames 0: 0 frames show nothing; a clip has at least 2"));
    }
    if let Some(fps) = args.fps.filter(|fps| !(fps.is_finite() && *fps > 0.0)) {
        return Err(Error::usage(format!("--fps {fps}: a number above 0")));
    }
    Ok(Sampling {
        group: 1,
        temperature: args.temperature,
        top_p: args.top_p,
        top_k: args.top_k,
        max_tokens: args.max_tokens,
    })
}

/// Reads a file and says what became of it.
fn show(args: &Args, processor: &Processor, kind: Kind, path: &std::path::Path) -> Result<Shown, Error> {
    let (settings, config) = (&processor.settings, &processor.config);
    let shown = match kind {
        Kind::Image => media::image(path, settings, config)?,
        Kind::Clip => media::clip(path, settings, args.frames, config)?,
    };
    let tokens = shown.tokens(settings);
    match &shown {
        Shown::Image(f) => {
            say::note(format_args!("{}: {}x{}, {tokens} tokens", path.display(), f.width, f.height));
        }
        Shown::Clip { frames, times } => {
            let size = frames.first().map(|f| format!("{}x{}", f.width, f.height)).unwrap_or_default();
            let (from, to) = (times.first().unwrap_or(&0.0), times.last().unwrap_or(&0.0));
            let count = frames.len();
            say::note(format_args!(
                "{}: {count} frames of {size} from {from:.1} to {to:.1} s, {tokens} tokens",
                path.display()
            ));
        }
    }
    Ok(shown)
}
