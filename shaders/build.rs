//! Checks every kernel before anything is built on it: a bad one fails the build with its place.

#[path = "build/check.rs"]
mod check;
#[path = "src/layout.rs"]
#[allow(dead_code, reason = "the crate fills the structures, the build only compares them")]
mod layout;

use std::path::Path;
use std::{env, fs, process};

fn main() {
    println!("cargo::rerun-if-changed=wgsl");
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=src/layout.rs");
    let root = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    let faults = faults(&Path::new(&root).join("wgsl"));
    for line in faults.iter().flat_map(|fault| fault.lines()) {
        println!("cargo::error={line}");
    }
    if !faults.is_empty() {
        process::exit(1);
    }
}

/// What is wrong with the kernels of a folder: one for each structure of the host, and no others.
fn faults(folder: &Path) -> Vec<String> {
    let mut faults: Vec<String> = layout::LAYOUTS
        .iter()
        .filter_map(|layout| {
            let path = format!("wgsl/{}.wgsl", layout.kernel);
            let source = fs::read_to_string(folder.join(format!("{}.wgsl", layout.kernel)));
            let source = source.map_err(|e| format!("{path}: {e}"));
            source.and_then(|source| check::check(&path, &source, layout)).err()
        })
        .collect();
    let listed = fs::read_dir(folder).map_err(|e| faults.push(format!("{}: {e}", folder.display())));
    for entry in listed.into_iter().flatten().flatten() {
        let path = entry.path();
        let name = path.file_stem().and_then(|n| n.to_str()).unwrap_or_default();
        if !layout::LAYOUTS.iter().any(|l| l.kernel == name) {
            faults.push(format!("{}: no structure of the host is for this kernel", path.display()));
        }
    }
    faults
}
