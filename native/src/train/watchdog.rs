//! Turns a hang into an error that says what hung: a driver, a decoder or a file system that never answers would
//! otherwise hold a machine until somebody looks.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::error::Error;
use crate::files::write_atomic;

/// The file in a run's folder that says what hung.
pub const FILE: &str = "hang.json";

/// How long writing [`FILE`] and leaving may take: the disk may be what hangs.
const PATIENCE: Duration = Duration::from_secs(10);

/// What was under way when nothing was heard for too long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hang {
    /// What was being done.
    pub what: String,
    /// In which phase.
    pub phase: String,
    /// At which step of it.
    pub step: usize,
    /// On which items, by id.
    pub items: Vec<String>,
    /// For how many seconds nothing was heard.
    pub seconds: u64,
}

impl Hang {
    /// In one sentence.
    #[must_use]
    pub fn told(&self) -> String {
        const NAMED: usize = 4;
        let mut told = format!(
            "nothing moved for {} seconds while {} ({} step {})",
            self.seconds, self.what, self.phase, self.step
        );
        if !self.items.is_empty() {
            let named: Vec<&str> = self.items.iter().take(NAMED).map(String::as_str).collect();
            let more = self.items.len().saturating_sub(NAMED);
            told += &format!("; items {}", named.join(" "));
            if more > 0 {
                told += &format!(" and {more} more");
            }
        }
        told
    }
}

#[derive(Debug)]
struct Heard {
    at: Instant,
    hang: Hang,
    over: bool,
}

/// A thread that listens for [`Watchdog::doing`]; it ends with this value.
#[derive(Debug)]
pub struct Watchdog {
    heard: Arc<(Mutex<Heard>, Condvar)>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Watchdog {
    /// Watches a run: when nothing is heard for `limit`, writes [`FILE`] into its folder and a line to standard error,
    /// and ends the process with exit code 1; if even that hangs, by aborting it. What an earlier process left in
    /// [`FILE`] is removed. A limit of zero watches nothing.
    ///
    /// # Errors
    /// [`Error`] when the file cannot be removed or no thread can be had.
    pub fn start(limit: Duration, run: &Path) -> Result<Self, Error> {
        let path = run.join(FILE);
        if let Err(e) = std::fs::remove_file(&path)
            && e.kind() != std::io::ErrorKind::NotFound
        {
            return Err(Error::path(&path, format!("cannot be removed: {e}")));
        }
        Self::with(limit, move |hang| leave(&path, hang))
    }

    /// The same with an ending of the caller's, which is called once.
    ///
    /// # Errors
    /// [`Error`] when no thread can be had.
    pub fn with(limit: Duration, end: impl FnOnce(&Hang) + Send + 'static) -> Result<Self, Error> {
        let nothing = Hang {
            what: "starting".to_owned(),
            phase: "-".to_owned(),
            step: 0,
            items: Vec::new(),
            seconds: limit.as_secs(),
        };
        let heard = Heard { at: Instant::now(), hang: nothing, over: limit.is_zero() };
        let heard = Arc::new((Mutex::new(heard), Condvar::new()));
        let theirs = Arc::clone(&heard);
        let thread = std::thread::Builder::new()
            .name("watchdog".to_owned())
            .spawn(move || listen(&theirs, limit, end))
            .map_err(|e| Error::failed(format!("no thread for the watchdog: {e}")))?;
        Ok(Self { heard, thread: Some(thread) })
    }

    /// A sign of life in the middle of something.
    pub fn alive(&self) {
        lock(&self.heard.0).at = Instant::now();
    }

    /// A sign of life, and what is begun now: in a few words that follow "while", the phase, its step, and the ids of
    /// the items that it is done on.
    pub fn doing(&self, what: &str, phase: &str, step: usize, items: &[String]) {
        let mut heard = lock(&self.heard.0);
        heard.at = Instant::now();
        let hang = &mut heard.hang;
        what.clone_into(&mut hang.what);
        phase.clone_into(&mut hang.phase);
        hang.step = step;
        items.clone_into(&mut hang.items);
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        lock(&self.heard.0).over = true;
        self.heard.1.notify_all();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What a thread that panicked left behind is still what was under way.
fn lock(heard: &Mutex<Heard>) -> MutexGuard<'_, Heard> {
    heard.lock().unwrap_or_else(PoisonError::into_inner)
}

fn listen(heard: &(Mutex<Heard>, Condvar), limit: Duration, end: impl FnOnce(&Hang)) {
    let mut now = lock(&heard.0);
    while !now.over {
        let silent = now.at.elapsed();
        let Some(left) = limit.checked_sub(silent).filter(|left| !left.is_zero()) else {
            now.hang.seconds = silent.as_secs();
            let hang = now.hang.clone();
            // Whoever is heard after all must not wait for the ending.
            drop(now);
            end(&hang);
            return;
        };
        now = heard.1.wait_timeout(now, left).map_or_else(|e| e.into_inner().0, |(now, _)| now);
    }
}

/// Standard error first: it seldom hangs.
fn leave(path: &Path, hang: &Hang) {
    eprintln!("error: {}; see {}", hang.told(), path.display());
    let (done, wait) = std::sync::mpsc::channel();
    let (path, hang): (PathBuf, Hang) = (path.to_owned(), hang.clone());
    let leaving = std::thread::Builder::new().spawn(move || {
        if let Err(e) = write_hang(&path, &hang) {
            eprintln!("error: {e}");
        }
        let _ = done.send(());
        // Runs what libraries registered for the end, which may wait for the device that hangs.
        std::process::exit(1);
    });
    if leaving.is_ok() {
        let _ = wait.recv_timeout(PATIENCE);
        std::thread::sleep(PATIENCE);
    }
    std::process::abort();
}

/// Writes what hung, as JSON.
///
/// # Errors
/// [`Error`] naming the file.
pub fn write_hang(path: &Path, hang: &Hang) -> Result<(), Error> {
    let value = json!({
        "what": hang.what, "phase": hang.phase, "step": hang.step, "items": hang.items, "seconds": hang.seconds,
    });
    write_atomic(path, format!("{value:#}\n").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_attributed_and_signs_of_life_prevent_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(FILE);
        let (send, ended) = std::sync::mpsc::channel();
        let to = path.clone();
        let dog = Watchdog::with(Duration::from_secs(1), move |hang| {
            write_hang(&to, hang).expect("written");
            send.send(hang.told()).expect("heard");
        })
        .expect("a thread");
        for step in 0..12 {
            std::thread::sleep(Duration::from_millis(100));
            dog.doing("decoding", "grpo", step, &["a".to_owned(), "b".to_owned()]);
        }
        assert!(ended.try_recv().is_err(), "it was heard all along");
        let told = ended.recv_timeout(Duration::from_secs(10)).expect("ends");
        assert!(told.contains("while decoding (grpo step 11); items a b"), "{told}");
        let text = std::fs::read_to_string(&path).expect("reads");
        let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!((&value["step"], &value["items"]), (&json!(11), &json!(["a", "b"])));
        drop(dog);

        let (send, ended) = std::sync::mpsc::channel::<()>();
        let limit = Duration::from_millis(1);
        drop(Watchdog::with(Duration::ZERO, move |_| send.send(()).expect("heard")).expect("a thread"));
        std::thread::sleep(limit);
        assert!(ended.recv().is_err(), "zero watches nothing");
    }
}
