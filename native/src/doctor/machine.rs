//! The processor, memory, disks and devices.

use std::path::{Path, PathBuf};

use scrubjay_model::device::{self, DeviceError, DeviceName};

use super::programs::{ask, on_path};
use super::{Check, State};

pub(super) fn processor() -> Vec<Check> {
    let features = features();
    let vector =
        if features.iter().any(|f| ["avx2", "neon"].contains(f)) { State::Ok } else { State::Limited };
    let detail = if features.is_empty() { "none known of".to_owned() } else { features.join(", ") };
    let cores = match std::thread::available_parallelism() {
        Ok(n) => Check::new("processor", "cores", State::Ok, format!("{n} may be used")),
        Err(e) => Check::new("processor", "cores", State::Limited, format!("cannot be told: {e}")),
    };
    vec![
        Check::new(
            "processor",
            "vector instructions",
            vector,
            format!("{}: {detail}", std::env::consts::ARCH),
        )
        .get("works without, but slower; a newer processor"),
        cores,
        memory(),
    ]
}

#[cfg(target_arch = "x86_64")]
fn features() -> Vec<&'static str> {
    let known = [
        ("sse4.2", std::arch::is_x86_feature_detected!("sse4.2")),
        ("avx2", std::arch::is_x86_feature_detected!("avx2")),
        ("fma", std::arch::is_x86_feature_detected!("fma")),
        ("avx512f", std::arch::is_x86_feature_detected!("avx512f")),
        ("avx512bw", std::arch::is_x86_feature_detected!("avx512bw")),
    ];
    known.into_iter().filter(|f| f.1).map(|f| f.0).collect()
}

#[cfg(target_arch = "aarch64")]
fn features() -> Vec<&'static str> {
    if std::arch::is_aarch64_feature_detected!("neon") { vec!["neon"] } else { Vec::new() }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn features() -> Vec<&'static str> {
    Vec::new()
}

/// Below this many bytes the work still runs, but with few workers.
const ENOUGH_MEMORY: u64 = 2 << 30;

fn memory() -> Check {
    let Some(Memory { available, total, bound }) = told() else {
        return Check::new("processor", "memory", State::Info, "this system does not say");
    };
    let state = if available < ENOUGH_MEMORY { State::Limited } else { State::Ok };
    let of = bound.map_or_else(String::new, |b| format!(", {} allowed here", amount(b)));
    let detail = format!("{} available of {}{of}", amount(available), amount(total));
    Check::new("processor", "memory", state, detail).get("free memory, or use fewer --workers")
}

/// What the system tells of its memory, in bytes.
struct Memory {
    /// At most `bound`.
    available: u64,
    total: u64,
    /// A container's own bound, where there is one.
    bound: Option<u64>,
}

fn told() -> Option<Memory> {
    let told = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let available = kilobytes(&told, "MemAvailable:")?;
    let total = kilobytes(&told, "MemTotal:").unwrap_or(available);
    let number = |file| std::fs::read_to_string(file).ok().and_then(|t| t.trim().parse::<u64>().ok());
    let bound = number("/sys/fs/cgroup/memory.max");
    Some(Memory { available: bound.map_or(available, |b| available.min(b)), total, bound })
}

/// Bytes of memory that may be taken now, where the system says.
#[must_use]
pub fn available_memory() -> Option<u64> {
    told().map(|m| m.available)
}

fn kilobytes(told: &str, key: &str) -> Option<u64> {
    let value = told.lines().find_map(|l| l.strip_prefix(key))?;
    value.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// Bytes for people.
pub(crate) fn amount(bytes: u64) -> String {
    let (unit, name) = match bytes {
        0..1_000_000 => (1e3, "kB"),
        1_000_000..1_000_000_000 => (1e6, "MB"),
        _ => (1e9, "GB"),
    };
    format!("{:.1} {name}", bytes as f64 / unit)
}

/// Below this many bytes a folder is nearly full.
const ENOUGH_DISK: u64 = 5 << 30;

pub(super) fn disks(out: &Path) -> Vec<Check> {
    let mut folders = vec![("results", out.to_owned()), ("temporary files", std::env::temp_dir())];
    match data_folder() {
        Some(folder) => folders.insert(1, ("data", folder)),
        None => {
            let none = Check::new("disk", "data", State::Limited, "no home folder is known");
            return [none.get("set SCRUBJAY_DATA to a folder")]
                .into_iter()
                .chain(folders.iter().map(disk))
                .collect();
        }
    }
    folders.iter().map(disk).collect()
}

/// `SCRUBJAY_DATA`, or the platform's folder for data of programs.
fn data_folder() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    set("SCRUBJAY_DATA").or_else(|| {
        let base = if cfg!(target_os = "macos") {
            set("HOME").map(|h| h.join("Library/Application Support"))
        } else if cfg!(windows) {
            set("APPDATA")
        } else {
            set("XDG_DATA_HOME")
                .filter(|p| p.is_absolute())
                .or_else(|| set("HOME").map(|h| h.join(".local/share")))
        };
        base.map(|b| b.join("scrubjay"))
    })
}

fn disk((name, folder): &(&str, PathBuf)) -> Check {
    let whole = std::path::absolute(folder).unwrap_or_else(|_| folder.clone());
    // A folder that is not there yet will lie where its nearest forebear does.
    let Some(there) = whole.ancestors().find(|p| p.exists()) else {
        return Check::new("disk", *name, State::Missing, format!("{} cannot be reached", whole.display()));
    };
    let yet = if there == whole { "" } else { " (not made yet)" };
    let place = format!("{}{yet}", whole.display());
    if let Err(e) = tempfile::tempfile_in(there) {
        let detail = format!("{place}: {} cannot be written into: {e}", there.display());
        return Check::new("disk", *name, State::Missing, detail)
            .get("choose another folder, or free this one");
    }
    match free(there) {
        Some(bytes) => {
            let state = if bytes < ENOUGH_DISK { State::Limited } else { State::Ok };
            Check::new("disk", *name, state, format!("{} free at {place}", amount(bytes)))
                .get("free space, or choose a folder on another disk")
        }
        None => Check::new(
            "disk",
            *name,
            State::Ok,
            format!("{place} can be written into; df does not say how much"),
        ),
    }
}

/// Free bytes for this user, as `df` tells: the one portable way without unsafe code.
fn free(folder: &Path) -> Option<u64> {
    let told = ask("df", &["-Pk".as_ref(), "--".as_ref(), folder.as_os_str()]).ok()?;
    available(&told)
}

/// The fourth column of the second line, in units of 1024 bytes. The first may hold blanks, so count from the
/// percentage, which follows it.
fn available(told: &str) -> Option<u64> {
    let words: Vec<&str> = told.lines().nth(1)?.split_whitespace().collect();
    let percent = words.iter().position(|w| w.strip_suffix('%').is_some_and(|n| n.parse::<u32>().is_ok()))?;
    words.get(percent.checked_sub(1)?)?.parse::<u64>().ok()?.checked_mul(1024)
}

/// Folders in which systems keep shared libraries.
const LIBRARIES: [&str; 8] = [
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib64",
    "/usr/lib",
    "/lib/x86_64-linux-gnu",
    "/usr/local/cuda/lib64",
    "/usr/local/nvidia/lib64",
    "/usr/lib/wsl/lib",
];

pub(super) fn devices() -> Vec<Check> {
    let library = |name: &str| LIBRARIES.iter().map(|f| Path::new(f).join(name)).find(|p| p.exists());
    let there = |what: &str, found: Option<String>| match found {
        Some(detail) => Check::new("devices", what, State::Info, detail),
        None => Check::new("devices", what, State::Info, "not found"),
    };
    let mut nodes: Vec<String> = std::fs::read_dir("/dev")
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .filter_map(|e| e.file_name().into_string().ok())
        .filter(|n| n.strip_prefix("nvidia").is_some_and(|r| r.parse::<u32>().is_ok()))
        .map(|n| format!("/dev/{n}"))
        .collect();
    nodes.sort();
    let shown = |p: PathBuf| p.display().to_string();
    let query = ["--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"].map(AsRef::as_ref);
    let cards = on_path("nvidia-smi").map(|_| match ask("nvidia-smi", &query) {
        Ok(told) => told.trim().replace('\n', "; "),
        Err(e) => format!("there, but {e}"),
    });
    let mut checks = vec![backend(DeviceName::Cpu, "cpu"), backend(DeviceName::Wgpu, "wgpu")];
    // The numbers have no gaps: the first that is not there ends the list.
    checks.push(backend(DeviceName::Cuda(0), "cuda"));
    if checks.last().is_some_and(|c| c.state == State::Ok) {
        let more = (1..MOST_GPUS).map(|n| backend(DeviceName::Cuda(n), &format!("cuda:{n}")));
        checks.extend(more.take_while(|c| c.state != State::Missing));
    }
    checks.extend([
        there("NVIDIA device files", (!nodes.is_empty()).then(|| nodes.join(", "))),
        there("NVIDIA driver library", library("libcuda.so.1").map(shown)),
        there("nvidia-smi", cards),
        there("Vulkan loader", library("libvulkan.so.1").map(shown)),
    ]);
    checks
}

/// More than a machine has.
const MOST_GPUS: usize = 64;

/// Whether a backend is built in, and what it computes on here: tried out, not guessed.
fn backend(device: DeviceName, name: &str) -> Check {
    let check = |state, detail: String| Check::new("devices", name, state, detail);
    match device::open(device) {
        Ok(opened) => {
            let able = opened.able().iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            check(State::Ok, format!("{}; computes in {able}", opened.description))
        }
        Err(DeviceError::NotBuilt { feature, .. }) => {
            let get = format!("build it with --features {feature}");
            check(State::Missing, "not built into this program".to_owned()).get(&get)
        }
        Err(DeviceError::NotThere { what, .. }) => check(State::Missing, what).get("the CPU is used without"),
        Err(e) => check(State::Limited, e.to_string()).get("the CPU is used without"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_tells_is_read_and_anything_else_is_not() {
        let df =
            "Filesystem 1024-blocks Used Available Capacity Mounted on\n//a b/c 100 40 60 40% /mnt/x y\n";
        assert_eq!(available(df), Some(60 * 1024));
        for odd in ["", "one line", "a\nb\n", "a\n40% x", "a\nx y z 40% /"] {
            assert_eq!(available(odd), None, "{odd}");
        }
        assert_eq!(kilobytes("MemTotal:  12 kB\nMemAvailable: 3 kB\n", "MemAvailable:"), Some(3072));
        assert_eq!(kilobytes("MemTotal: 99999999999999999999 kB", "MemTotal:"), None);
    }
}
