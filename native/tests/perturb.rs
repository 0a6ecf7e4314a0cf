//! `scrubjay perturb`: pictures in and out, and what is refused.

use std::path::Path;
use std::process::{Command, Output};

fn perturb(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_scrubjay"))
        .arg("perturb")
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("the program starts")
}

fn write(path: &Path, (width, height): (u32, u32), color: png::ColorType, depth: png::BitDepth, data: &[u8]) {
    let file = std::fs::File::create(path).expect("created");
    let mut encoder = png::Encoder::new(file, width, height);
    encoder.set_color(color);
    encoder.set_depth(depth);
    if color == png::ColorType::Indexed {
        encoder.set_palette(vec![1, 2, 3, 250, 120, 9]);
    }
    encoder.write_header().and_then(|mut w| w.write_image_data(data)).expect("written");
}

/// Width, height and RGB bytes.
fn read(path: &Path) -> (u32, u32, Vec<u8>) {
    let file = std::io::BufReader::new(std::fs::File::open(path).expect("there"));
    let mut reader = png::Decoder::new(file).read_info().expect("a PNG");
    let mut pixels = vec![0; reader.output_buffer_size().expect("small")];
    let info = reader.next_frame(&mut pixels).expect("pixels");
    assert_eq!((info.color_type, info.bit_depth), (png::ColorType::Rgb, png::BitDepth::Eight));
    (info.width, info.height, pixels)
}

#[test]
fn pictures_of_every_kind_become_rgb() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let inputs: [(&str, png::ColorType, png::BitDepth, &[u8]); 6] = [
        ("rgb", png::ColorType::Rgb, png::BitDepth::Eight, &[1, 2, 3, 250, 120, 9]),
        ("rgba", png::ColorType::Rgba, png::BitDepth::Eight, &[1, 2, 3, 0, 250, 120, 9, 77]),
        ("deep", png::ColorType::Rgb, png::BitDepth::Sixteen, &[1, 0, 2, 9, 3, 0, 250, 1, 120, 0, 9, 0]),
        ("palette", png::ColorType::Indexed, png::BitDepth::One, &[0b0100_0000]),
        ("grey", png::ColorType::Grayscale, png::BitDepth::Eight, &[7, 200]),
        ("greya", png::ColorType::GrayscaleAlpha, png::BitDepth::Eight, &[7, 0, 200, 255]),
    ];
    for (name, color, depth, data) in inputs {
        write(&at("in.png"), (2, 1), color, depth, data);
        let out = perturb(folder.path(), &["invert", "--in", "in.png", "--out", "out.png"]);
        assert!(out.status.success(), "{name}: {}", String::from_utf8_lossy(&out.stderr));
        let wanted =
            if name.starts_with("grey") { [248, 248, 248, 55, 55, 55] } else { [254, 253, 252, 5, 135, 246] };
        assert_eq!(read(&at("out.png")), (2, 1, wanted.to_vec()), "{name}");
    }
}

#[test]
fn quarter_turns_keep_the_size_unless_pillow_is_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    write(&at("in.png"), (2, 1), png::ColorType::Rgb, png::BitDepth::Eight, &[1, 2, 3, 4, 5, 6]);
    let files = ["--in", "in.png", "--out", "out.png"];
    assert!(perturb(folder.path(), &[&["rotate90"], &files[..]].concat()).status.success());
    assert_eq!(read(&at("out.png")).0, 2);
    let compat = [&["rotate270", "--compat", "pillow"], &files[..]].concat();
    assert!(perturb(folder.path(), &compat).status.success());
    assert_eq!(read(&at("out.png")), (1, 2, vec![4, 5, 6, 1, 2, 3]));
}

#[test]
fn parameters_are_set_and_drawn_from_the_seed() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let data: Vec<u8> = (0..64 * 48 * 3_u32).map(|i| (i * 31 % 251) as u8).collect();
    write(&at("in.png"), (64, 48), png::ColorType::Rgb, png::BitDepth::Eight, &data);
    let made = |arguments: &[&str]| {
        let out = perturb(folder.path(), &[arguments, &["--in", "in.png", "--out", "out.png"]].concat());
        assert!(out.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&out.stderr));
        read(&at("out.png")).2
    };
    assert_eq!(made(&["noise", "--seed", "4"]), made(&["noise", "--seed", "4"]));
    assert_ne!(made(&["noise", "--seed", "4"]), made(&["noise", "--seed", "5"]));
    assert_eq!(made(&["noise", "--set", "sigma=40"]), made(&["noise", "--set", "intensity=40.0"]));
    assert_eq!(made(&["blur"]), made(&["blur", "--set", "radius=2"]));
    assert_eq!(made(&["saturation"]), made(&["saturation", "--set", "factor=2.0"]));
    assert_eq!(made(&["zoom-in", "--set", "scale=1"]), data);
    assert_ne!(made(&["zoom-out", "--set", "scale=1.2"]), made(&["zoom-out", "--set", "scale=1.4"]));
}

#[test]
fn mistakes_are_named() {
    let folder = tempfile::tempdir().expect("a folder");
    write(&folder.path().join("in.png"), (1, 1), png::ColorType::Rgb, png::BitDepth::Eight, &[1, 2, 3]);
    std::fs::write(folder.path().join("text.png"), "not a picture").expect("written");
    let cases: [(&[&str], i32, &str); 9] = [
        (&["sepia", "--in", "in.png"], 2, "sepia"),
        (&["shuffle", "--in", "in.png"], 2, "shuffle"),
        (&["blur", "--in", "in.png", "--set", "scale=2"], 2, "scale"),
        (&["mirror", "--in", "in.png", "--set", "scale=2"], 2, "none"),
        (&["zoom-in", "--in", "in.png", "--set", "scale=0.5"], 2, "500"),
        (&["zoom-in", "--in", "in.png", "--set", "scale=big"], 2, "big"),
        (&["noise", "--in", "in.png", "--set", "sigma"], 2, "KEY=VALUE"),
        (&["noise", "--in", "in.png", "--set", "sigma=NaN"], 2, "NaN"),
        (&["noise", "--in", "text.png"], 1, "text.png"),
    ];
    for (arguments, code, words) in cases {
        let out = perturb(folder.path(), &[arguments, &["--out", "out.png"]].concat());
        let error = String::from_utf8_lossy(&out.stderr);
        assert!(out.status.code() == Some(code) && error.contains(words), "{arguments:?}: {error}");
    }
    assert!(!folder.path().join("out.png").exists());
}
