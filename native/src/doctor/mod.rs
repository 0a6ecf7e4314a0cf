//! What this machine has for the work and what it lacks, each with the way to get it.
//!
//! Everything is found by looking and asking, nothing is assumed: codecs from the libraries that are loaded, programs
//! by running them, devices by their files. Nothing is changed, and nothing is downloaded.

mod codecs;
mod machine;
pub mod model;
mod programs;

use std::path::Path;

use serde::Serialize;

pub(crate) use machine::amount;
pub use machine::available_memory;

/// How something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// There, and usable.
    Ok,
    /// There in part: the detail says what does not work.
    Limited,
    /// Not there.
    Missing,
    /// There, but of no use.
    Broken,
    /// For information; neither good nor bad.
    Info,
}

impl State {
    /// The word in tables and in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Limited => "limited",
            Self::Missing => "missing",
            Self::Broken => "broken",
            Self::Info => "info",
        }
    }
}

/// One thing that was looked for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Check {
    /// What it belongs to: `versions`, `decoders`, `devices`, …
    pub group: &'static str,
    /// What was looked for.
    pub name: String,
    /// How it stands.
    pub state: State,
    /// What was found, in a few words.
    pub detail: String,
    /// How to get it, where it is missing or limited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub get: Option<String>,
    /// Whether videos cannot be read without it.
    pub needed: bool,
}

impl Check {
    fn new(group: &'static str, name: impl Into<String>, state: State, detail: impl Into<String>) -> Self {
        Self { group, name: name.into(), state, detail: detail.into(), get: None, needed: false }
    }

    fn get(self, how: &str) -> Self {
        let wanted = matches!(self.state, State::Missing | State::Limited | State::Broken);
        Self { get: wanted.then(|| how.to_owned()), ..self }
    }

    fn needed(self) -> Self {
        Self { needed: true, ..self }
    }

    /// Whether videos cannot be read because of this.
    #[must_use]
    pub fn stops_decoding(&self) -> bool {
        self.needed && self.state == State::Missing
    }
}

/// Looks at everything. `out` is the folder that results are meant for; it need not exist yet.
#[must_use]
pub fn examine(out: &Path) -> Vec<Check> {
    let mut checks = codecs::versions();
    checks.extend(codecs::decoders());
    checks.extend(codecs::encoders());
    checks.extend(machine::processor());
    checks.extend(machine::disks(out));
    checks.extend(machine::devices());
    checks.extend(programs::programs());
    checks
}
