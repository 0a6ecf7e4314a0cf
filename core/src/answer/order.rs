//! A jigsaw's digits, as VideoSSR's reward reads them.

use super::ParseFailure;
use super::python::strip;

/// Reads an answer that must be a rearrangement of the truth's characters, nothing between them.
///
/// # Errors
/// [`ParseFailure::Empty`] or [`ParseFailure::NotAPermutation`].
pub fn parse(text: &str, truth: &str) -> Result<String, ParseFailure> {
    if text.is_empty() {
        return Err(ParseFailure::Empty);
    }
    // Empty is asked before trimming, as in the public code: only there does white space answer an empty truth.
    let text = strip(text);
    let sorted = |s: &str| {
        let mut chars: Vec<char> = s.chars().collect();
        chars.sort_unstable();
        chars
    };
    match text {
        _ if text.len() == truth.len() && sorted(text) == sorted(truth) => Ok(text.to_owned()),
        "" => Err(ParseFailure::Empty),
        _ => Err(ParseFailure::NotAPermutation),
    }
}
