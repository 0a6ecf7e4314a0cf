//! Datasets whose pictures a GPU worked on: byte for byte those of the CPU, whatever happens to the device.
#![cfg(feature = "wgpu")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use scrubjay::dataset::materialise::{Form, Options, materialise, materialise_by};
use scrubjay::dataset::recipes;
use scrubjay::loader::Loader;
use scrubjay::pixels::Pixels;
use scrubjay_shaders::{Gpu, block_on};

/// Every kind of pixel work, what only moves pictures, and shapes; sides are odd.
const KINDS: [&str; 12] = [
    "saturation",
    "noise",
    "blur",
    "grayscale",
    "invert",
    "channel-swap",
    "zoom-in",
    "rotate180",
    "zoom-out",
    "mirror",
    "rotate90",
    "shuffle",
];

fn synth(out: &Path, more: &[&str]) -> String {
    // The dataset names it.
    let config = out.with_file_name("own.toml");
    let mix: String = KINDS
        .iter()
        .map(|kind| format!("{{ task = \"grounding\", kind = \"{kind}\", share = 1 }},\n"))
        .collect();
    let text = format!(
        "[data]
        sampling = {{ pick = \"uniform\", count = 12, clock = \"virtual\" }}
        picture = {{ fit = \"exact\", width = 61, height = 47 }}
        wording = \"plain\"
        scene_frames = 240
        scene_fps = 24
        mix = [{mix} {{ task = \"counting\", level = \"easy\", share = 4 }}]"
    );
    std::fs::write(&config, text).expect("written");
    let clip = Path::new(env!("CARGO_MANIFEST_DIR")).join("../public/clips/intel_asl_walk.mkv");
    let result = Command::new(env!("CARGO_BIN_EXE_scrubjay"))
        .args(["synth", "--scenes", "day", "clock", "--count", "32", "--videos"])
        .args([&clip, Path::new("--config"), &config, Path::new("--out"), out])
        .args(more)
        .output()
        .expect("starts");
    let told = String::from_utf8_lossy(&result.stderr).into_owned();
    assert!(result.status.success(), "{told}");
    told
}

/// Every file and its bytes.
fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).expect("lists") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let bytes = std::fs::read(&path).expect("reads");
                files.insert(path.strip_prefix(folder).expect("within").to_owned(), bytes);
            }
        }
    }
    files
}

fn same(a: &Path, b: &Path) {
    let (a, b) = (tree(a), tree(b));
    assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>());
    assert!(a.len() > 60, "{} files", a.len());
    for (name, bytes) in &a {
        assert!(b[name] == *bytes, "{} differs", name.display());
    }
}

/// A device, software or not, told by name; that there is none is told, too.
fn gpu() -> Option<Gpu> {
    let options = scrubjay_shaders::Options { software: true, ..scrubjay_shaders::Options::default() };
    match block_on(Gpu::open(&options)) {
        Ok(gpu) => Some(gpu).inspect(|gpu| eprintln!("on {}", gpu.name())),
        Err(error) => {
            eprintln!("skipped: {error}");
            None
        }
    }
}

#[test]
fn a_dataset_is_the_same_by_either() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let [cpu, wgpu] = ["cpu", "wgpu"].map(|device| folder.path().join(device));
    let told = synth(&cpu, &["--materialise", "verl"]);
    assert!(!told.contains("pixel work") && !told.contains("worked on"), "{told}");
    let told = synth(&wgpu, &["--materialise", "verl", "--device", "wgpu"]);
    eprintln!("{told}");
    same(&cpu, &wgpu);
    match gpu() {
        Some(gpu) => {
            assert!(told.contains(&format!("pictures are worked on by {}\n", gpu.name())), "{told}");
            let done = told.split_once("the GPU did ").and_then(|(_, t)| t.split_once(" piece"));
            let done: u32 = done.expect("said").0.parse().expect("a number");
            assert!(done > 20 && !told.contains("in the GPU's place"), "{told}");
        }
        None => assert!(told.contains("in the GPU's place: refused: "), "{told}"),
    }
}

#[test]
fn a_device_that_is_lost_or_too_small_leaves_its_work_to_the_cpu() {
    let Some(lost) = gpu() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let cpu = folder.path().join("cpu");
    synth(&cpu, &[]);
    let options = Options { workers: 3, ..Options::default() };
    let with = |name: &str| {
        let out = folder.path().join(name);
        std::fs::create_dir(&out).expect("made");
        for (name, bytes) in tree(&cpu) {
            std::fs::write(out.join(name), bytes).expect("written");
        }
        out
    };
    let outs = ["lost", "small"].map(with);
    let report = materialise(&cpu, Form::Verl, &options).expect("materialises");
    let device = lost.device().clone();
    let lost = Pixels::on(lost);
    let loader = Loader::default().with_pixels(lost.clone());
    for line in recipes::read(&cpu.join("recipes.jsonl")).expect("reads").iter().take(4) {
        assert_eq!(loader.item(line).expect("realizes"), Loader::default().item(line).expect("realizes"));
    }
    let before = lost.account();
    assert!(before.gpu > 0 && before.core.is_empty(), "{before:?}");
    device.destroy();
    let small =
        scrubjay_shaders::Options { software: true, batch: 1000, ..scrubjay_shaders::Options::default() };
    let small = Pixels::on(block_on(Gpu::open(&small)).expect("there is one"));
    for (pixels, out, cause, done) in
        [(lost, &outs[0], "lost", before.gpu), (small, &outs[1], "too-large", 0)]
    {
        assert_eq!(materialise_by(out, Form::Verl, &options, &pixels).expect("materialises"), report);
        same(&cpu, out);
        let account = pixels.account();
        eprintln!("{account:?}");
        assert_eq!((account.gpu, account.core.keys().collect::<Vec<_>>()), (done, vec![&cause]));
        assert!(account.core[cause].0 > 20);
    }
}

#[test]
fn a_model_and_its_data_share_a_device() {
    use burn::tensor::Tensor;
    use scrubjay_model::device::{DeviceName, open};
    use std::sync::atomic::{AtomicBool, Ordering};

    let cpu = Pixels::beside(&open(DeviceName::Cpu).expect("always there"));
    assert_eq!(cpu.adapter(), None);
    let opened = match open(DeviceName::Wgpu) {
        Ok(opened) => opened,
        Err(error) => return eprintln!("skipped: {error}"),
    };
    let pixels = Pixels::beside(&opened);
    eprintln!("on {}", pixels.adapter().expect("its device"));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let dataset = folder.path().join("dataset");
    synth(&dataset, &[]);
    let lines = recipes::read(&dataset.join("recipes.jsonl")).expect("reads");
    let over = AtomicBool::new(false);
    let sums = std::thread::scope(|scope| {
        // The model goes on computing meanwhile.
        let model = scope.spawn(|| {
            let ones = Tensor::<2>::ones([64, 64], &opened.device);
            let mut sums = Vec::new();
            while sums.is_empty() || !over.load(Ordering::Relaxed) {
                let sum = ones.clone().matmul(ones.clone()).sum();
                sums.extend(sum.into_data().try_to_vec::<f32>().expect("numbers"));
            }
            sums
        });
        let halves = [0, 1].map(|half| {
            let (lines, pixels) = (&lines, pixels.clone());
            scope.spawn(move || {
                let loader = Loader::default().with_pixels(pixels);
                for line in lines.iter().skip(half).step_by(2) {
                    let (found, expected) = (loader.load(line), Loader::default().load(line));
                    assert_eq!(found, expected, "{}", line.id);
                }
            })
        });
        let ends = halves.map(|half| half.join());
        over.store(true, Ordering::Relaxed);
        assert!(ends.iter().all(Result::is_ok), "items differ");
        model.join().expect("computes")
    });
    assert!(sums.iter().all(|sum| *sum == 262_144.0), "{} sums", sums.len());
    let account = pixels.account();
    assert!(account.gpu > 20 && account.core.is_empty(), "{account:?}");
}

#[test]
fn software_is_not_chosen_by_itself() {
    let pixels = Pixels::open("auto").expect("never an error");
    match (pixels.adapter(), pixels.refusal()) {
        (Some(name), None) => assert!(!name.contains("(Cpu"), "{name}"),
        (None, Some(why)) => eprintln!("core, because {why}"),
        both => panic!("{both:?}"),
    }
}

#[test]
fn a_device_that_is_none_is_refused_before_any_work() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("out");
    for (more, told) in [
        (&["--device", "wgpu"][..], "--materialise"),
        (&["--materialise", "verl", "--device", "cuda:0"], "auto, cpu or wgpu"),
        (&["--materialise", "verl", "--device", "gpu"], "auto, cpu or wgpu"),
    ] {
        let result = Command::new(env!("CARGO_BIN_EXE_scrubjay"))
            .args(["synth", "--scenes", "day", "--count", "1", "--out"])
            .arg(&out)
            .args(more)
            .output()
            .expect("starts");
        let text = String::from_utf8_lossy(&result.stderr);
        assert!(result.status.code() == Some(2) && text.contains(told), "{text}");
        assert!(!out.exists());
    }
}
