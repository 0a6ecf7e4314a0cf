//! The arrows between the crates: web and native may use model and shaders, all may use core, never back.

use std::collections::BTreeSet;

use cargo_metadata::{CargoOpt, MetadataCommand};

/// Each crate and the crates of this workspace that it may depend on.
const ARROWS: [(&str, &[&str]); 6] = [
    ("scrubjay-core", &[]),
    ("scrubjay-shaders", &["scrubjay-core"]),
    ("scrubjay-model", &["scrubjay-core"]),
    ("scrubjay", &["scrubjay-core", "scrubjay-model", "scrubjay-shaders"]),
    ("scrubjay-web", &["scrubjay-core", "scrubjay-model", "scrubjay-shaders"]),
    ("scrubjay-tests", &["scrubjay-core", "scrubjay-model", "scrubjay-shaders", "scrubjay"]),
];

/// The crates that core may name itself. All of them compute; none does input or output.
const IN_CORE: [&str; 10] = [
    "image-webp",
    "libm",
    "pulp",
    "rand_chacha",
    "rand_core",
    "serde",
    "serde_json",
    "sha2",
    "thiserror",
    "toml",
];

/// What core must never reach, not even through others.
const NOT_IN_CORE: [&str; 6] = ["burn", "wgpu", "web-sys", "leptos", "tokio", "ffmpeg-next"];

#[test]
fn dependencies_point_one_way() {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");
    let metadata = MetadataCommand::new()
        .manifest_path(manifest)
        .features(CargoOpt::AllFeatures)
        .no_deps()
        .exec()
        .expect("cargo metadata answers");
    let names: BTreeSet<&str> = metadata.packages.iter().map(|p| p.name.as_str()).collect();
    let known: BTreeSet<&str> = ARROWS.iter().map(|a| a.0).collect();
    assert_eq!(names, known, "every crate of the workspace has its line in ARROWS");
    for package in &metadata.packages {
        let (name, allowed) = ARROWS.iter().find(|a| a.0 == package.name.as_str()).expect("known");
        for dependency in &package.dependencies {
            let ours = known.contains(dependency.name.as_str());
            assert!(
                !ours || allowed.contains(&dependency.name.as_str()),
                "{name} must not depend on {}",
                dependency.name
            );
        }
    }
}

#[test]
fn core_is_pure() {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");
    let metadata = MetadataCommand::new().manifest_path(manifest).exec().expect("cargo metadata answers");
    let nodes = &metadata.resolve.as_ref().expect("a resolved graph").nodes;
    let core = metadata.packages.iter().find(|p| p.name.as_str() == "scrubjay-core").expect("core is there");
    for dependency in core.dependencies.iter().filter(|d| d.kind == cargo_metadata::DependencyKind::Normal) {
        assert!(IN_CORE.contains(&dependency.name.as_str()), "core names {}", dependency.name);
    }
    let mut queue = vec![core.id.clone()];
    let mut seen = BTreeSet::new();
    while let Some(id) = queue.pop() {
        let node = nodes.iter().find(|n| n.id == id).expect("in the graph");
        for dependency in &node.deps {
            let normal =
                dependency.dep_kinds.iter().any(|k| k.kind == cargo_metadata::DependencyKind::Normal);
            if normal && seen.insert(dependency.pkg.clone()) {
                queue.push(dependency.pkg.clone());
            }
        }
    }
    assert!(seen.len() > 5, "the walk found core's dependencies");
    for package in metadata.packages.iter().filter(|p| seen.contains(&p.id)) {
        assert!(!NOT_IN_CORE.contains(&package.name.as_str()), "core reaches {}", package.name);
    }
}
