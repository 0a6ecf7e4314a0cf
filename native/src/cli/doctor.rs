//! `scrubjay doctor`: prints what was found.

use std::path::PathBuf;

use serde_json::json;

use crate::doctor::{Check, State, examine};
use crate::error::Error;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder that results are meant for: is it writable, and how much space has it?
    #[arg(long, default_value = ".")]
    out: PathBuf,
    /// Print one JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

/// Exit code 1 only where something is missing that reading videos needs.
pub(super) fn run(args: &Args) -> Result<(), Error> {
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
