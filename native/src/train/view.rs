//! What a person sees while a run goes on: bars on a terminal, a plain line now and then elsewhere. All of it goes to
//! standard error, and is made of the lines of `metrics.jsonl`.

mod told;

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use serde_json::Value;

pub use told::{Pace, Told};

/// Seconds between plain lines.
const SELDOM: Duration = Duration::from_secs(10);

/// The view of a run.
#[derive(Debug)]
pub struct View {
    how: How,
    told: Told,
    phase: Option<(String, usize)>,
    done: usize,
}

#[derive(Debug)]
enum How {
    Quiet,
    Plain { last: Option<Instant> },
    Bars(Box<Bars>),
}

#[derive(Debug)]
struct Bars {
    all: MultiProgress,
    phase: Option<ProgressBar>,
    rewards: ProgressBar,
    moved: ProgressBar,
    health: ProgressBar,
}

impl View {
    /// Bars where standard error is a terminal, plain lines elsewhere, nothing where it is asked to be `quiet`.
    #[must_use]
    pub fn new(quiet: bool) -> Self {
        let how = if quiet {
            How::Quiet
        } else if std::io::stderr().is_terminal() {
            How::Bars(Box::new(Bars::new()))
        } else {
            How::Plain { last: None }
        };
        Self { how, told: Told::default(), phase: None, done: 0 }
    }

    /// Begins a phase (the cold start, one of GRPO's, an evaluation) of so many steps, `done` of which were walked before.
    pub fn phase(&mut self, name: &str, steps: usize, done: usize) {
        self.finish();
        self.phase = Some((name.to_owned(), steps));
        self.done = done;
        self.told = Told::default();
        match &mut self.how {
            How::Quiet => {}
            How::Plain { last } => {
                let from = if done > 0 { format!(", from {done} on") } else { String::new() };
                eprintln!("{name}: {steps} steps{from}");
                *last = Some(Instant::now());
            }
            How::Bars(bars) => bars.begin(name, steps, done),
        }
    }

    /// Shows a step that was walked: its line of the metrics, and what is not in there because it is never the same twice.
    pub fn step(&mut self, line: &Value, pace: &Pace) {
        self.told.add(line);
        self.moved(1, line, pace);
    }

    fn moved(&mut self, by: usize, line: &Value, pace: &Pace) {
        self.done += by;
        match &mut self.how {
            How::Quiet => {}
            How::Plain { last } => {
                if last.is_none_or(|l| l.elapsed() >= SELDOM) {
                    *last = Some(Instant::now());
                    plain(self.phase.as_ref(), self.done, &self.told, line, pace);
                }
            }
            How::Bars(bars) => {
                if let Some(bar) = &bars.phase {
                    bar.inc(by as u64);
                }
                bars.rewards.set_message(self.told.rewards());
                bars.moved.set_message(Told::moved(line));
                bars.health.set_message(Told::health(line, pace));
            }
        }
    }

    /// Says a line without disturbing the bars.
    pub fn say(&self, line: &str) {
        match &self.how {
            How::Quiet => {}
            How::Plain { .. } => eprintln!("{line}"),
            // Where even the terminal is gone there is nobody to tell.
            How::Bars(bars) => {
                let _ = bars.all.println(line);
            }
        }
    }

    /// Ends the phase that is shown, if one is.
    pub fn finish(&mut self) {
        let Some(phase) = self.phase.take() else { return };
        match &mut self.how {
            How::Quiet => {}
            How::Plain { .. } => {
                let rewards = self.told.rewards();
                let rewards = if rewards.is_empty() { rewards } else { format!("; {rewards}") };
                eprintln!("{}: ended after {} of {} steps{rewards}", phase.0, self.done, phase.1);
            }
            How::Bars(bars) => bars.end(),
        }
    }
}

impl Drop for View {
    fn drop(&mut self) {
        self.finish();
    }
}

fn plain(phase: Option<&(String, usize)>, done: usize, told: &Told, line: &Value, pace: &Pace) {
    let (name, steps) = phase.map_or(("run", 0), |(n, s)| (n.as_str(), *s));
    let parts =
        [format!("{name} {done}/{steps}"), told.rewards(), Told::moved(line), Told::health(line, pace)];
    let parts: Vec<String> = parts.into_iter().filter(|p| !p.is_empty()).collect();
    eprintln!("{}", parts.join("; "));
}

impl Bars {
    fn new() -> Self {
        let all = MultiProgress::new();
        let words = || {
            let style = ProgressStyle::with_template("{wide_msg}");
            ProgressBar::new_spinner().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
        };
        let [rewards, moved, health] = std::array::from_fn(|_| all.add(words()));
        Self { all, phase: None, rewards, moved, health }
    }

    fn begin(&mut self, name: &str, steps: usize, done: usize) {
        let style = ProgressStyle::with_template("{prefix:>12} {wide_bar} {pos}/{len} {elapsed} left {eta}")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::new(steps as u64).with_style(style).with_prefix(name.to_owned());
        // Steps of an earlier process say nothing about the pace of this one.
        let bar = self.all.insert_before(&self.rewards, bar).with_position(done as u64);
        bar.reset_eta();
        // A step may take minutes; the time must be seen to pass.
        bar.enable_steady_tick(Duration::from_secs(1));
        self.phase = Some(bar);
    }

    fn end(&mut self) {
        if let Some(bar) = self.phase.take() {
            bar.abandon();
        }
        for words in [&self.rewards, &self.moved, &self.health] {
            words.set_message("");
        }
    }
}
