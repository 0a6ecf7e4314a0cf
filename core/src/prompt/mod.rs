//! The words an item is asked in, and where its clips stand among them.
//!
//! VideoSSR's texts are its supplement's Figures 3 and 5, word for word. The toy's texts are ours: a model
//! of a few hundred thousand parameters that reads characters cannot spend hundreds of them on one question.

use serde::{Deserialize, Serialize};

use crate::task::Task;

/// Which set of texts is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wording {
    /// The paper's.
    Videossr,
    /// A few characters, for models trained from scratch (ours).
    Toy,
}

/// A piece of a user message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Words.
    Text(String),
    /// The item's clip of this number, from 0.
    Clip(usize),
}

/// A filled-in prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// The system message (VideoSSR asks for a direct answer, without reasoning); may be empty.
    pub system: String,
    /// The user message.
    pub user: Vec<Piece>,
}

impl Prompt {
    /// The user message as text, each clip as `<video>`.
    #[must_use]
    pub fn text(&self) -> String {
        let piece = |p: &Piece| match p {
            Piece::Text(t) => t.clone(),
            Piece::Clip(_) => "<video>".to_owned(),
        };
        self.user.iter().map(piece).collect()
    }
}

const GROUNDING: &str = include_str!("texts/videossr.grounding.txt");
const JIGSAW_6: &str = include_str!("texts/videossr.jigsaw6.txt");
/// Ours: the paper gives no system text.
const DIRECT: &str = "Answer directly, in the requested format and without explanation.";

/// The prompt of a task.
#[must_use]
pub fn prompt(task: &Task, wording: Wording) -> Prompt {
    let system = match wording {
        Wording::Videossr => DIRECT.to_owned(),
        Wording::Toy => String::new(),
    };
    Prompt { system, user: user(task, wording) }
}

fn user(task: &Task, wording: Wording) -> Vec<Piece> {
    match (task, wording) {
        (Task::Grounding { perturbation, .. }, Wording::Videossr) => {
            let question = GROUNDING.trim_end().replace("{description}", perturbation.kind().description());
            vec![Piece::Clip(0), Piece::Text(format!("\n{question}"))]
        }
        (Task::Grounding { perturbation, .. }, Wording::Toy) => {
            vec![Piece::Clip(0), Piece::Text(format!("{}?", perturbation.kind().name()))]
        }
        (Task::Jigsaw { order }, Wording::Videossr) => {
            let mut pieces = Vec::new();
            for i in 0..order.len() {
                pieces.push(Piece::Text(format!("Clip {}: ", i + 1)));
                pieces.push(Piece::Clip(i));
                pieces.push(Piece::Text("\n".to_owned()));
            }
            pieces.push(Piece::Text(jigsaw_question(order.len())));
            pieces
        }
        (Task::Jigsaw { order }, Wording::Toy) => {
            let clip = |i| [Piece::Text(format!("{}", i + 1)), Piece::Clip(i)];
            (0..order.len()).flat_map(clip).chain([Piece::Text("order?".to_owned())]).collect()
        }
    }
}

/// Six clips are asked in the paper's words. Other numbers are not printed there; the same contract is kept
/// with another count and an example of that length (ours).
fn jigsaw_question(clips: usize) -> String {
    if clips == 6 {
        return JIGSAW_6.trim_end().to_owned();
    }
    let words = ["two", "three", "four", "five", "six", "seven", "eight", "nine"];
    let count = clips.checked_sub(2).and_then(|i| words.get(i)).copied().unwrap_or("several");
    let example: String = (2..=clips).chain([1]).map(|d| d.to_string()).collect();
    format!(
        "This video is presented as {clips} separate clips, which are in a shuffled order. Your task is to \
         determine the correct chronological sequence. Please output a {count}-digit number that specifies \
         the order in which to play the clips you are seeing (labeled 1 through {clips} by their position). \
         For example, if you decide that the clip at position 1 of this video is the true end and the other \
         clips are already in the right order, then your answer should be '{example}'."
    )
}
