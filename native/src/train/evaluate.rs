//! Scoring a policy on held-out items.

use scrubjay_core::task::TaskName;


/// One answered item.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Answered {
    /// Item id.
    pub id: String,
    /// Source key.
    pub source: String,
    /// Task.
    pub task: TaskName,
    /// The raw answer.
    pub answer: String,
    /// The truth's text.
    pub truth: String,
    /// The score.
    pub score: f64,
    /// Whether the answer could not be read.
    pub failed: bool,
    /// Expected score of a random valid answer.
    pub random: f64,
    /// Expected score of the best fixed answer.
    pub blind: f64,
}

