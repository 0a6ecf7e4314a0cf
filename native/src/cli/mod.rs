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

use clap::{CommandFactory as _, Parser, Subcommand};
use clap_complete::Shell;

use crate::error::Error;
use crate::say::Loudness;

/// Video puzzles with known answers: make them, train on them, serve them.
#[derive(Debug, Parser)]
#[command(name = "scrubjay", version, about)]
struct Cli {
    #[command(flatten)]
    loudness: Loudness,
    #[command(subcommand)]
    command: Command,
}

/// Trains a policy: a supervised cold start, then GRPO.
///
/// Without arguments: the toy model on procedural scenes and the bundled clips, on the CPU. A run that was stopped or
/// killed goes on where its last checkpoint left it when the same command is given again.
#[derive(Debug, Parser)]
#[command(name = "train", version)]
struct Train {
    #[command(flatten)]
    loudness: Loudness,
    #[command(flatten)]
    args: train::Args,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write recipes from videos and scenes.
    Synth(synth::Args),
    /// Train a policy: cold start, then GRPO.
    ///
    /// Without arguments: the toy model on procedural scenes and the bundled clips, on the CPU. A run that was stopped or
    /// killed goes on where its last checkpoint left it when the same command is given again.
    Train(Box<train::Args>),
    /// Print the table of one or several runs.
    Table {
        /// Run folders.
        #[arg(required = true)]
        runs: Vec<PathBuf>,
        /// Print one JSON object instead of a table.
        #[arg(long)]
        json: bool,
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
    /// Print completions of the command line for a shell.
    Completions {
        /// Which shell.
        shell: Shell,
    },
    /// Print the manual page, of a command or of the whole.
    Man {
        /// The command.
        command: Option<String>,
    },
}

/// Runs `scrubjay` on the process's arguments.
#[must_use]
pub fn main() -> ExitCode {
    let Cli { loudness, command } = Cli::parse();
    loudness.set();
    let result = match command {
        Command::Synth(args) => synth::run(args),
        Command::Train(args) => train::run(*args),
        Command::Table { runs, json } => table(&runs, json),
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
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "scrubjay", &mut script);
            print(String::from_utf8_lossy(&script).trim_end())
        }
        Command::Man { command } => man(command.as_deref()),
    };
    exit(result)
}

/// Runs `train`, the same as `scrubjay train`.
#[must_use]
pub fn train_main() -> ExitCode {
    let Train { loudness, args } = Train::parse();
    loudness.set();
    exit(train::run(args))
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

fn table(runs: &[PathBuf], json: bool) -> Result<(), Error> {
    let runs = runs.iter().map(|r| crate::train::table::read_run(r)).collect::<Result<Vec<_>, Error>>()?;
    tabled(&runs, json)
}

/// The table of runs, for people or for programs.
fn tabled(runs: &[crate::train::table::Run], json: bool) -> Result<(), Error> {
    use crate::train::table::{render, rows};
    match json {
        true => print(format_args!("{:#}", serde_json::json!({ "runs": runs.len(), "rows": rows(runs) }))),
        false => print(render(runs)),
    }
}

/// The manual page of a command, in roff.
fn man(name: Option<&str>) -> Result<(), Error> {
    let mut whole = Cli::command();
    whole.build();
    let command = match name {
        None => whole,
        Some(name) => {
            let named = whole.find_subcommand(name).cloned();
            named.ok_or_else(|| Error::usage(format!("'{name}' is no command; see scrubjay --help")))?
        }
    };
    let mut page = Vec::new();
    let rendered = clap_mangen::Man::new(command).render(&mut page);
    rendered.map_err(|e| Error::failed(format!("the page cannot be made: {e}")))?;
    print(String::from_utf8_lossy(&page).trim_end())
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
