//! Answers inside tags: `<think>…</think> <answer>…</answer>`, and ratios between event tokens.

use super::ParseFailure;
use super::python::{digit, float, is_space, strip, words};

/// What stands between a pair of tags that must occur exactly once each.
///
/// # Errors
/// [`ParseFailure::Tags`].
pub fn only<'a>(text: &'a str, open: &str, close: &str) -> Result<&'a str, ParseFailure> {
    if text.matches(open).count() != 1 || text.matches(close).count() != 1 {
        return Err(ParseFailure::Tags);
    }
    first(text, open, close)
}

/// What stands between the first opening tag and the first closing tag after it.
///
/// # Errors
/// [`ParseFailure::Tags`].
pub fn first<'a>(text: &'a str, open: &str, close: &str) -> Result<&'a str, ParseFailure> {
    let (_, rest) = text.split_once(open).ok_or(ParseFailure::Tags)?;
    rest.split_once(close).map(|(body, _)| body).ok_or(ParseFailure::Tags)
}

/// The bodies of a completion that is `<think>…</think>`, white space, `<answer>…</answer>` and nothing else,
/// each tag exactly once.
///
/// # Errors
/// [`ParseFailure::Tags`].
pub fn think_answer(text: &str) -> Result<(&str, &str), ParseFailure> {
    let think = only(text, "<think>", "</think>")?;
    let answer = only(text, "<answer>", "</answer>")?;
    let outer = strip(text);
    let inner = outer
        .strip_prefix("<think>")
        .and_then(|t| t.strip_suffix("</answer>"))
        .and_then(|t| t.split_once("</think>"))
        .and_then(|(_, t)| t.trim_start_matches(is_space).strip_prefix("<answer>"));
    match inner {
        Some(body) if body == answer => Ok((think, answer)),
        _ => Err(ParseFailure::Tags),
    }
}

/// MUSEG's segments: words `start-end`, of which a third part is ignored. Numbers may be of any kind here, even
/// not finite; what to make of them is the reward's business.
///
/// # Errors
/// [`ParseFailure::Number`] when a word is not of this form.
pub fn segments(body: &str) -> Result<Vec<[f64; 2]>, ParseFailure> {
    words(body)
        .map(|word| {
            let mut parts = word.split('-').map(float);
            match (parts.next().flatten(), parts.next().flatten()) {
                (Some(start), Some(end)) => Ok([start, end]),
                _ => Err(ParseFailure::Number),
            }
        })
        .collect()
}

/// A list of whole numbers `1,2,3`, white space around the commas allowed, digits of any script (`\d` in Python).
///
/// # Errors
/// [`ParseFailure::Form`].
pub fn integers(body: &str) -> Result<Vec<u32>, ParseFailure> {
    let read = |part: &str| {
        let ascii: Option<String> =
            strip(part).chars().map(|c| digit(c).map(|d| char::from(b'0' + d))).collect();
        ascii.filter(|a| !a.is_empty()).and_then(|a| a.parse().ok()).ok_or(ParseFailure::Form)
    };
    body.split(',').map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_frame_around_think_and_answer_is_strict() {
        assert_eq!(think_answer(" <think>a</think>\n<answer>b</answer>\n"), Ok(("a", "b")));
        for wrong in [
            "x<think>a</think><answer>b</answer>",
            "<think>a</think>x<answer>b</answer>",
            "<think>a</think><answer>b</answer>x",
            "<answer>b</answer><think>a</think>",
            "<think>a<think></think><answer>b</answer>",
            "<think>a<answer>b</think></answer>",
            "",
        ] {
            assert_eq!(think_answer(wrong), Err(ParseFailure::Tags), "{wrong}");
        }
    }

    #[test]
    fn segments_are_words_of_two_numbers() {
        assert_eq!(segments("2-8\t10.5-12-99"), Ok(vec![[2.0, 8.0], [10.5, 12.0]]));
        assert_eq!(segments("  "), Ok(vec![]));
        assert_eq!(segments("2-8, 10-12"), Err(ParseFailure::Number));
        assert_eq!(segments("-5-10"), Err(ParseFailure::Number));
    }

    proptest! {
        #[test]
        fn nothing_panics(text in any::<String>()) {
            let _ = (think_answer(&text), segments(&text), integers(&text), first(&text, "<a>", "</a>"));
        }
    }
}
