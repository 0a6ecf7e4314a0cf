//! The `train` program: `scrubjay train` by its own name, for clusters.

use std::process::ExitCode;

fn main() -> ExitCode {
    scrubjay::cli::train_main()
}
