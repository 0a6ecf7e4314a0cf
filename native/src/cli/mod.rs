//! The command line: parses and calls.

mod chat;
mod compare;
mod doctor;
mod inspect;
mod item;
mod pack;
mod perturb;
mod score;
mod settings;
mod synth;
mod train;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::error::Error;

/// Video puzzles with known answers: make them, train on them, serve them.
#[derive(Debug, Parser)]
#[command(name = "scrubjay", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write recipes from videos and scenes.
    Synth(synth::Args),
    /// Train a policy: cold start, then GRPO.
    Train(Box<train::Args>),
    /// Print the table of one or several runs.
    Table {
        /// Run folders.
        #[arg(required = true)]
        runs: Vec<PathBuf>,
    },
    /// Realize one item and print its prompt, truth and stimulus hash.
    Item(item::ItemArgs),
    /// List the frames that a sampling contract chooses from a video.
    Frames(item::FramesArgs),
    /// Write a page that plays an item, a recipe file, answers or a run; and a summary.
    Inspect(inspect::Args),
    /// Make a built-in film of a short video: its frames beforehand, for `/p/<task>/<seed>?clip=<name>`.
    Pack(pack::PackArgs),
    /// Perturb one picture.
    Perturb(perturb::PerturbArgs),
    /// Score answers: JSON lines on standard input to JSON lines on standard output.
    Score(score::Args),
    /// Compare two files of scores on the same items: means, difference, p-value.
    Compare(compare::Args),
    /// Talk to a checkpoint about videos and images.
    Chat(chat::Args),
    /// Say what this machine has and lacks: codecs, devices, disk, versions; or whether a model fits it.
    Doctor(doctor::Args),
    /// Serve the built site.
    Serve {
        /// Address to listen on.
        #[arg(long, default_value = "127.0.0.1:8080")]
        addr: SocketAddr,
        /// Folder of the built site.
        #[arg(long, default_value = "dist")]
        site: PathBuf,
        /// Path under which it is served.
        #[arg(long, default_value = "/", value_name = "/NAME/")]
        base: String,
    },
}

/// Runs `scrubjay` on the process's arguments.
#[must_use]
pub fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Synth(args) => synth::run(args),
        Command::Train(args) => train::run(*args),
        Command::Table { runs } => table(&runs),
        Command::Item(args) => item::item(&args),
        Command::Frames(args) => item::frames(&args),
        Command::Inspect(args) => inspect::run(&args),
        Command::Pack(args) => pack::run(args),
        Command::Perturb(args) => perturb::run(&args),
        Command::Score(args) => score::run(&args),
        Command::Compare(args) => compare::run(&args),
        Command::Chat(args) => chat::run(&args),
        Command::Doctor(args) => doctor::run(&args),
        Command::Serve { addr, site, base } => crate::serve::serve(&site, addr, &base),
    };
    exit(result)
}

/// Runs `train`, the same as `scrubjay train`.
#[must_use]
pub fn train_main() -> ExitCode {
    exit(train::run(train::Args::parse()))
}

fn exit(result: Result<(), Error>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}

/// Writes a line of results; a reader that has seen enough is no error.
fn print(line: impl std::fmt::Display) -> Result<(), Error> {
    use std::io::Write as _;
    match writeln!(std::io::stdout().lock(), "{line}") {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(Error::failed(format!("stdout: {e}"))),
        _ => Ok(()),
    }
}

fn table(runs: &[PathBuf]) -> Result<(), Error> {
    let runs = runs.iter().map(|r| crate::train::table::read_run(r)).collect::<Result<Vec<_>, Error>>()?;
    print(crate::train::table::render(&runs))
}

/// A preset by name, or from a file.
fn preset(
    name: &str,
    config: Option<&std::path::Path>,
) -> Result<(String, scrubjay_core::preset::Preset), Error> {
    use scrubjay_core::preset::Preset;
    match config {
        None => Ok((name.to_owned(), Preset::built_in(name).map_err(|e| Error::usage(e.to_string()))?)),
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .map_err(|e| Error::path(path, format!("cannot be read: {e}")))?;
            let preset =
                Preset::parse(&text).map_err(|e| Error::usage(format!("{}: {e}", path.display())))?;
            Ok((path.display().to_string(), preset))
        }
    }
}

/// The templates of a wording, with those of a file in their place.
fn templates(
    wording: scrubjay_core::prompt::Wording,
    file: Option<&std::path::Path>,
) -> Result<scrubjay_core::prompt::Templates, Error> {
    use scrubjay_core::prompt::Templates;
    let Some(path) = file else { return Ok(Templates::built_in(wording)) };
    let text =
        std::fs::read_to_string(path).map_err(|e| Error::path(path, format!("cannot be read: {e}")))?;
    Templates::replaced(wording, &text).map_err(|e| Error::usage(format!("{}: {e}", path.display())))
}
