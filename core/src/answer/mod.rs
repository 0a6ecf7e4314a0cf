//! From raw text to a typed answer. The raw text is always kept; parsing never panics and says why it failed.

pub mod grammar;
pub mod interval;
pub mod order;
mod prefix;
pub mod python;
pub mod tags;
pub mod target;

/// Why a text is not an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum ParseFailure {
    /// Nothing but white space.
    #[error("the answer is empty")]
    Empty,
    /// Not of the form that was asked for.
    #[error("the answer does not have the requested form")]
    Form,
    /// A number that cannot be read, or is not finite.
    #[error("a number in the answer cannot be read")]
    Number,
    /// The end comes before the start.
    #[error("the interval ends before it starts")]
    Reversed,
    /// A tag is missing, repeated or out of place.
    #[error("the tags around the answer are missing, repeated or out of place")]
    Tags,
    /// Another number of values than was asked for.
    #[error("the answer does not have the requested number of values")]
    Count,
    /// Nothing where at least one segment is true.
    #[error("the answer names no segment")]
    NoSegment,
    /// The published code's result is not finite here.
    #[error("the published code yields no finite number for this answer")]
    NotFinite,
    /// The published code raises an exception here, which counts as 0.
    #[error("the published code raises an exception for this answer and truth")]
    Raised,
    /// Not a rearrangement of the expected places, or not a choice of different ones.
    #[error("the answer is not a rearrangement of the clips, or not a choice of different candidates")]
    NotAPermutation,
    /// No text at all.
    #[error("the answer, or the truth, is not text")]
    NotText,
    /// The reward does not apply to this kind of question.
    #[error("this reward is for another kind of question")]
    NotAsked,
}
