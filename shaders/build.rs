//! Checks every kernel before anything is built on it: a bad one fails the build with its place.

#[path = "build/check.rs"]
mod check;
#[path = "src/layout.rs"]
#[allow(dead_code, reason = "the crate fills the structures, the build only compares them")]
mod layout;

use std::env;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    for input in ["wgsl", "build", "src/layout.rs"] {
        println!("cargo::rerun-if-changed={input}");
    }
    // Of the run, not of the compilation: clones may share the folder of builds.
    let root = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    let faults = check::faults(&Path::new(&root).join("wgsl"));
    for line in faults.iter().flat_map(|fault| fault.lines()) {
        println!("cargo::error={line}");
    }
    if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
