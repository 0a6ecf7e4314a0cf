//! The check that the build makes of every kernel finds what is wrong, and says where.

#[path = "../build/check.rs"]
mod check;
#[path = "../src/layout.rs"]
#[allow(dead_code, reason = "the crate fills the structures, the check only compares them")]
mod layout;

use std::fs;
use std::path::Path;

use layout::{LAYOUTS, Layout};

const INVERT: &str = include_str!("../wgsl/invert.wgsl");

fn invert() -> &'static Layout {
    LAYOUTS.iter().find(|l| l.kernel == "invert").expect("listed")
}

/// The report on the kernel `invert` after an exchange of text.
fn report(old: &str, new: &str) -> String {
    assert!(INVERT.contains(old), "{old}");
    check::check("wgsl/invert.wgsl", &INVERT.replacen(old, new, 1), invert()).expect_err(new)
}

#[test]
fn every_kernel_has_its_structure_and_every_fault_is_told() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("wgsl");
    assert_eq!(check::faults(&folder), [""; 0]);

    let other = tempfile::tempdir().expect("a folder");
    for file in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("listed").path()) {
        fs::copy(&file, other.path().join(file.file_name().expect("named"))).expect("copied");
    }
    fs::remove_file(other.path().join("noise.wgsl")).expect("removed");
    fs::write(other.path().join("extra.wgsl"), INVERT).expect("written");
    fs::write(other.path().join("invert.wgsl"), INVERT.replacen("~src[at];", "1.5;", 1)).expect("written");
    let faults = check::faults(other.path());
    assert_eq!(faults.len(), 3, "{faults:?}");
    assert!(faults[0].contains("invert.wgsl:") && faults[1].contains("noise.wgsl: "), "{faults:?}");
    assert!(faults[2].contains("extra.wgsl: no structure"), "{faults:?}");
}

#[test]
fn a_fault_comes_with_its_file_line_and_span() {
    let line = INVERT.lines().position(|l| l.contains("~src[at];")).expect("there") + 1;
    let unknown = report("~src[at];", "~source[at];");
    assert!(
        unknown.contains(&format!("wgsl/invert.wgsl:{line}:")) && unknown.contains("source[at]"),
        "{unknown}"
    );
    let mixed = report("~src[at];", "1.5;");
    assert!(mixed.contains(&format!("wgsl/invert.wgsl:{line}:")), "{mixed}");
}

#[test]
fn what_not_every_webgpu_has_is_refused() {
    for (old, new) in [
        ("~src[at];", "u32(i64(src[at]));"),
        ("~src[at];", "subgroupAdd(src[at]);"),
        ("~src[at];", "u32(f64(src[at]));"),
    ] {
        let text = report(old, new);
        assert!(text.contains("wgsl/invert.wgsl"), "{text}");
    }
    let source = format!("enable f16;\n{}", INVERT.replacen("~src[at];", "u32(f16(src[at]));", 1));
    check::check("wgsl/invert.wgsl", &source, invert()).expect_err("f16");
}

#[test]
fn real_numbers_are_refused() {
    let line = INVERT.lines().position(|l| l.contains("~src[at];")).expect("there") + 1;
    let text = report("~src[at];", "u32(f32(src[at]) * 0.5);");
    assert!(text.contains(&format!("invert.wgsl:{line}:")) && text.contains("floating point"), "{text}");
    assert!(report("~src[at];", "pack4x8unorm(vec4<f32>(1.0));").contains("floating point"));
}

#[test]
fn limits_and_bindings_are_counted() {
    assert!(report("(16, 8)", "(32, 16)").contains("[32, 16, 1]"));
    assert!(report("@binding(2)", "@binding(4)").contains("dst at binding 4 is no array"));
    assert!(report("<storage, read>", "<storage, read_write>").contains("src at binding 1 is no array"));
    let exchanged =
        INVERT.replacen("@binding(0)", "@binding(9)", 1).replacen("@binding(1)", "@binding(0)", 1);
    let text = check::check("wgsl/invert.wgsl", &exchanged, invert()).expect_err("exchanged");
    assert!(text.contains("at binding"), "{text}");
    let more: String =
        (3..10).map(|i| format!("@group(0) @binding({i}) var<storage, read> b{i}: array<u32>;\n")).collect();
    assert!(report("@compute", &format!("{more}@compute")).contains("9 storage buffers"));
    let shared = report("@compute", "var<workgroup> w: array<u32, 4>;\n@compute");
    assert!(shared.contains("wgsl:17:") && shared.contains("w has no binding"), "{shared}");
    assert!(report("fn main", "fn other").contains("named main"));
    assert!(report("struct", "override MORE: u32 = 1u;\nstruct").contains("[\"MORE\"], the host knows []"));
}

/// What no test of results sees: threads past a row's end write what others write, too.
#[test]
fn threads_past_the_picture_must_leave_first() {
    let leave = "    if (id.x * 3u >= params.stride || id.y >= params.height) {\n        return;\n    }\n";
    assert!(report(leave, "").contains("a buffer is read"));
    assert!(report(" || id.y >= params.height", "").contains("the place down"));
    assert!(report("id.x * 3u >= params.stride || ", "").contains("the place across"));
    assert!(report("        return;\n", "").contains("a buffer is read"));
    let early = report(leave, &format!("    dst[0] = 1u;\n{leave}"));
    assert!(early.contains("wgsl:19:") && early.contains("no return"), "{early}");
}

#[test]
fn structures_are_compared_field_by_field() {
    assert!(report("width: u32", "width: i32").contains("i32 at byte 0, the host has width: u32"));
    let exchanged = report("width: u32,\n    height: u32,", "height: u32,\n    width: u32,");
    assert!(exchanged.contains("\"height\"") && exchanged.contains("the host has width"), "{exchanged}");
    assert!(report("height: u32", "@align(16) height: u32").contains("bytes, the host's has 3 in 12"));
    assert!(report("    width: u32,", "    width: u32,\n    more: u32,").contains("4 fields in 16 bytes"));
}
