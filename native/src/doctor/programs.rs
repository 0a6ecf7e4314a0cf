//! Programs of others that some of the work calls for; none is needed for making or reading datasets.

use std::ffi::OsStr;
use std::io::Read as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::{Check, State};

/// A program that says nothing for this long is not waited for: a broken driver can hang its tools for ever.
const PATIENCE: Duration = Duration::from_secs(5);

/// Most of what a program says that is read.
const SAYS: u64 = 64 << 10;

/// Where a program lies, by `PATH`.
pub(super) fn on_path(name: &str) -> Option<PathBuf> {
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(&std::env::var_os("PATH")?).map(|p| p.join(&file)).find(|p| p.is_file())
}

/// What a program says on its standard output.
///
/// # Errors
/// Why it said nothing: in words that follow "it".
pub(super) fn ask(program: &str, arguments: &[&OsStr]) -> Result<String, String> {
    let path = on_path(program).ok_or("is not on PATH")?;
    let mut child = Command::new(path)
        .args(arguments)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|e| format!("cannot be started: {e}"))?;
    let output = child.stdout.take();
    // Read beside the waiting, so that a talkative program is not held up by a full pipe.
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut said = Vec::new();
        if let Some(output) = output {
            let _ = output.take(SAYS).read_to_end(&mut said);
        }
        let _ = sender.send(said);
    });
    let begun = Instant::now();
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if begun.elapsed() < PATIENCE => std::thread::sleep(Duration::from_millis(5)),
            Ok(None) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("did not answer within {} s", PATIENCE.as_secs()));
            }
            Err(e) => return Err(format!("cannot be waited for: {e}")),
        }
    };
    if !status.success() {
        return Err(format!("failed: {status}"));
    }
    let said = receiver.recv_timeout(PATIENCE).map_err(|_| "left its output open".to_owned())?;
    Ok(String::from_utf8_lossy(&said).into_owned())
}

/// A program, what it is for, and how to get it.
const PROGRAMS: [(&str, &[&str], &str, &str); 6] = [
    ("ffprobe", &["ffprobe"], "tests compare times with it", "apt-get install ffmpeg"),
    (
        "python3",
        &["python3"],
        "tests load datasets with it as others do",
        "apt-get install python3 python3-venv",
    ),
    ("rustc", &["rustc"], "building", "https://rustup.rs"),
    ("cargo-nextest", &["cargo-nextest"], "running the tests", "cargo install --locked cargo-nextest"),
    ("trunk", &["trunk"], "building the site", "cargo install --locked trunk"),
    (
        "chromium",
        &["chromium", "chromium-browser", "google-chrome"],
        "tests of the built site",
        "apt-get install chromium",
    ),
];

pub(super) fn programs() -> Vec<Check> {
    let mut checks: Vec<Check> = PROGRAMS
        .into_iter()
        .map(|(name, names, what, get)| {
            let found = names.iter().find(|n| on_path(n).is_some());
            match found {
                Some(program) => {
                    // FFmpeg's programs know one dash only.
                    let flag = if *program == "ffprobe" { "-version" } else { "--version" };
                    match ask(program, &[flag.as_ref()]) {
                        Ok(told) => {
                            let version = told.lines().next().unwrap_or("").trim().to_owned();
                            Check::new("programs", name, State::Ok, format!("{version} ({what})"))
                        }
                        Err(e) => Check::new("programs", name, State::Limited, format!("it {e} ({what})")),
                    }
                }
                None => Check::new("programs", name, State::Missing, format!("not needed otherwise: {what}")),
            }
            .get(get)
        })
        .collect();
    if on_path("rustc").is_some() {
        checks.push(wasm());
    }
    checks
}

/// Whether the site can be compiled: the target's library lies in the compiler's folder.
fn wasm() -> Check {
    let target = "wasm32-unknown-unknown";
    let root = ask("rustc", &["--print".as_ref(), "sysroot".as_ref()]);
    let there = root.is_ok_and(|r| PathBuf::from(r.trim()).join("lib/rustlib").join(target).is_dir());
    let (state, detail) = if there {
        (State::Ok, "there (building the site)")
    } else {
        (State::Missing, "not needed otherwise: building the site")
    };
    Check::new("programs", target, state, detail).get("rustup target add wasm32-unknown-unknown")
}
