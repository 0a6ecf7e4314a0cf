//! The `scrubjay` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    scrubjay::cli::main()
}
