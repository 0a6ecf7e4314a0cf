//! What is said on standard error beside errors and warnings: how much of it, and whether progress is drawn.
//!
//! The level is the program's, set once from `-v` and `-q`, or from `RUST_LOG` where neither is given.

use std::fmt::Display;
use std::sync::atomic::{AtomicU8, Ordering};

use indicatif::{ProgressBar, ProgressDrawTarget};

/// Nothing but warnings and errors.
const QUIET: u8 = 0;
const USUAL: u8 = 1;
/// What is left out one by one, too.
const MORE: u8 = 2;

static LEVEL: AtomicU8 = AtomicU8::new(USUAL);

/// How loud a program is.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Loudness {
    /// Say nothing but warnings and errors; draw no progress.
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Say more: every video that is skipped and every item that is not drawn, with the reason.
    #[arg(long, short, global = true)]
    verbose: bool,
}

impl Loudness {
    /// Makes this the program's.
    pub fn set(self) {
        let level = match (self.quiet, self.verbose) {
            (true, _) => QUIET,
            (_, true) => MORE,
            _ => std::env::var("RUST_LOG").map_or(USUAL, |log| asked(&log)),
        };
        LEVEL.store(level, Ordering::Relaxed);
    }
}

/// The level that `RUST_LOG` asks for: `debug` for everybody, `scrubjay=debug` for this program; what it asks of others does not
/// matter.
fn asked(log: &str) -> u8 {
    let ours = |directive: &str| match directive.split_once('=') {
        Some((of, level)) => (of.trim() == "scrubjay").then(|| (true, level.trim().to_lowercase())),
        None => Some((false, directive.trim().to_lowercase())),
    };
    // What names the program goes before what does not.
    let found = log.split(',').filter_map(ours).max_by_key(|(named, _)| *named);
    match found.map(|(_, level)| level).as_deref() {
        Some("off" | "error" | "warn") => QUIET,
        Some("debug" | "trace") => MORE,
        _ => USUAL,
    }
}

/// Whether nothing but warnings and errors is to be said.
#[must_use]
pub fn is_quiet() -> bool {
    LEVEL.load(Ordering::Relaxed) == QUIET
}

/// Says how something goes.
pub fn note(text: impl Display) {
    if !is_quiet() {
        eprintln!("{text}");
    }
}

/// Says what only those hear who asked for more, above a bar that may be drawn.
pub fn detail(over: &ProgressBar, text: impl Display) {
    if LEVEL.load(Ordering::Relaxed) == MORE {
        over.suspend(|| eprintln!("{text}"));
    }
}

/// A bar, which is not drawn where quiet was asked for.
#[must_use]
pub fn bar(bar: ProgressBar) -> ProgressBar {
    if is_quiet() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_asks_for_a_level() {
        for (log, level) in [
            ("", USUAL),
            ("info", USUAL),
            ("warn", QUIET),
            ("OFF", QUIET),
            ("debug", MORE),
            ("hyper=warn,scrubjay=trace", MORE),
            ("scrubjay=debug,hyper=warn", MORE),
            ("scrubjay=debug,warn", MORE),
            ("hyper=debug", USUAL),
            ("nonsense", USUAL),
        ] {
            assert_eq!(asked(log), level, "{log:?}");
        }
    }
}
