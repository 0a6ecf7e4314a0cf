//! What the page and its worker say to each other: JSON, and beside it buffers that are handed over, not copied.

use scrubjay_core::chance::Chance;
use scrubjay_core::recipe::{Recipe, Size};
use scrubjay_core::task::TaskName;
use scrubjay_core::time::Rate;
use serde::{Deserialize, Serialize};

/// Where a puzzle's frames come from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum From {
    /// A procedural scene that the seed draws.
    #[default]
    Scene,
    /// A built-in film, by name.
    Clip(String),
    /// A film of the visitor's, by the SHA-256 of its bytes; it must have been looked at in this tab.
    Own(String),
}

/// Which puzzle: what a link says.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Address {
    /// The task.
    pub task: TaskName,
    /// The seed.
    pub seed: u64,
    /// Whose frames.
    #[serde(default)]
    pub from: From,
}

/// Who is to do pixel work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hands {
    /// A GPU if the browser has one that is no software, else the processor.
    #[default]
    Auto,
    /// Any adapter that WebGPU has, software too.
    Gpu,
    /// The processor.
    Cpu,
}

/// What the page asks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// Make a puzzle. The answer is [`Told::Puzzle`], with one buffer of RGBA bytes for each clip.
    Puzzle {
        /// Which.
        address: Address,
        /// By whom.
        hands: Hands,
    },
    /// Make the puzzle of a recipe whose source is a scene. The answer is as for an address.
    Recipe {
        /// Which.
        recipe: Box<Recipe>,
        /// By whom.
        hands: Hands,
    },
    /// Open a film of the visitor's: the file lies beside the question. The answer is [`Told::Film`], or a fault of
    /// [`Kind::Element`] if the page must play it and send [`Ask::Played`].
    Open,
    /// Take what a `<video>` showed of a film as its frames. Beside it lie the file and an RGB buffer for each frame.
    Played {
        /// Size of the buffers' pictures.
        size: Size,
        /// When each was shown, seconds.
        seconds: Vec<f64>,
        /// Pictures a second that were asked for.
        rate: Rate,
        /// Length of the film, seconds.
        duration: f64,
        /// Size of the film's own pictures.
        film: Size,
    },
    /// Draw puzzles of scenes without making their pictures, for a list. The answer is [`Told::Drawn`].
    Draw {
        /// The task.
        task: TaskName,
        /// The first seed.
        from: u64,
        /// How many.
        count: u32,
    },
}

/// A question with its number, which the answer repeats.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Number, rising.
    pub id: u32,
    /// What is asked.
    pub ask: Ask,
}

/// Sizes of a clip whose pixels come in a buffer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sizes {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Shown time of each frame, seconds.
    pub shown: Vec<f64>,
}

/// A puzzle, but for its pixels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Made {
    /// What defines it; truth and timeline follow from it.
    pub recipe: Recipe,
    /// Hash of the pixels.
    pub stimulus: String,
    /// What blind guesses earn.
    pub chance: Chance,
    /// Its clips.
    pub clips: Vec<Sizes>,
    /// Who did the pixel work: an adapter's name, or why it was the processor; empty where there was none to do.
    pub by: String,
}

/// A film of the visitor's that is open in the worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    /// SHA-256 of the file's bytes.
    pub sha256: String,
    /// Frames that are known.
    pub frames: u32,
    /// Average frames per second.
    pub fps: f64,
    /// Length in seconds.
    pub duration: f64,
    /// Size of its pictures.
    pub size: Size,
    /// The codec that WebCodecs decodes; `None` where a `<video>` played it at a fixed pace.
    pub codec: Option<String>,
    /// Older films that were closed to make room for this one, by their hashes.
    #[serde(default)]
    pub closed: Vec<String>,
}

/// A puzzle of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Drawn {
    /// Its seed.
    pub seed: u64,
    /// What defines it.
    pub recipe: Recipe,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{text}")]
pub struct Fault {
    /// The kind, a key of the message files' `fault.*`.
    pub kind: Kind,
    /// One sentence, in English, naming the value at fault.
    pub text: String,
    /// What can be said in the visitor's language: a key of the message files, and what stands in its `{detail}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<(String, String)>,
}

impl Fault {
    /// A fault that is told in English alone.
    pub fn new(kind: Kind, text: impl std::fmt::Display) -> Self {
        Self { kind, text: text.to_string(), words: None }
    }
}

/// Kinds of faults, by what a visitor can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The link names no puzzle.
    Link,
    /// A film of the visitor's is not at hand in this tab (any more).
    Absent,
    /// A film cannot be used.
    Film,
    /// A film cannot be read frame by frame: the page must play it.
    Element,
    /// A file of the site cannot be fetched.
    Fetch,
    /// The worker itself stopped.
    Worker,
}

/// What the worker says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// A puzzle.
    Puzzle(Box<Made>),
    /// A film is open.
    Film(Opened),
    /// Puzzles without pictures.
    Drawn(Vec<Drawn>),
    /// It goes on: parts done of parts in all.
    Progress {
        /// Done.
        done: u32,
        /// In all.
        all: u32,
    },
    /// It failed.
    Failed(Fault),
}

/// An answer, with the number of its question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// The question's number.
    pub id: u32,
    /// The answer.
    pub told: Told,
}
