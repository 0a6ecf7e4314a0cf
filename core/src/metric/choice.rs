//! Answers that are one letter, as the papers read them and as we do (methods' reference of parsing, "QA accuracy").

use crate::answer::ParseFailure;
use crate::answer::python::{is_space, strip};
use crate::answer::tags::first;
use crate::named::named;

named! {
    /// How the letter is found in a response.
    #[derive(Default)]
    pub enum Reading, "reading of a choice",
    /// An unknown reading's name.
    UnknownReading {
        /// The very first character of the raw response (VideoSSR, public `vqa.py`); an empty one fails.
        Videossr = "videossr",
        /// The first character that is no white space (VideoReasoner's accuracy reward), case-sensitive.
        Videoreasoner = "videoreasoner",
        /// Ours: the body of `<answer>` where there is one, else everything; in it the first letter A to Z that
        /// stands alone, which means next to no letter, digit or underscore.
        #[default]
        Unified = "unified",
    }
}

/// The chosen letter. The papers' readings take any character there is, which then is simply wrong.
///
/// # Errors
/// [`ParseFailure::Empty`] when nothing is said, [`ParseFailure::Form`] when no letter stands alone.
pub fn read(text: &str, reading: Reading) -> Result<char, ParseFailure> {
    match reading {
        Reading::Videossr => text.chars().next().ok_or(ParseFailure::Empty),
        Reading::Videoreasoner => strip(text).chars().next().ok_or(ParseFailure::Empty),
        Reading::Unified => {
            let body = first(text, "<answer>", "</answer>").unwrap_or(text);
            if body.chars().all(is_space) {
                return Err(ParseFailure::Empty);
            }
            alone(body).ok_or(ParseFailure::Form)
        }
    }
}

fn alone(text: &str) -> Option<char> {
    let part_of_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut before = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let joined = before.is_some_and(part_of_word) || chars.peek().copied().is_some_and(part_of_word);
        if c.is_ascii_uppercase() && !joined {
            return Some(c);
        }
        before = Some(c);
    }
    None
}

/// 1 for the right letter, else 0. The truth is a letter, perhaps followed by its option's text; VideoSSR's own
/// comparison lifts it to upper case.
///
/// # Errors
/// As [`read`].
pub fn correct(text: &str, truth: &str, reading: Reading) -> Result<f64, ParseFailure> {
    let said = read(text, reading)?;
    let right = strip(truth).chars().next().map(|c| match reading {
        Reading::Videoreasoner => c,
        Reading::Videossr | Reading::Unified => c.to_ascii_uppercase(),
    });
    Ok(f64::from(u8::from(right == Some(said))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_readings_differ_where_they_should() {
        use ParseFailure::{Empty, Form};
        // Response, then what VideoSSR, VideoReasoner and we take from it.
        for (text, videossr, videoreasoner, unified) in [
            ("B", Ok('B'), Ok('B'), Ok('B')),
            (" B. A dog", Ok(' '), Ok('B'), Ok('B')),
            ("The answer is C.", Ok('T'), Ok('T'), Ok('C')),
            ("(D)", Ok('('), Ok('('), Ok('D')),
            ("<think>Not A</think><answer>B</answer>", Ok('<'), Ok('<'), Ok('B')),
            ("<answer></answer> B", Ok('<'), Ok('<'), Err(Empty)),
            ("<answer>both</answer> B", Ok('<'), Ok('<'), Err(Form)),
            ("b", Ok('b'), Ok('b'), Err(Form)),
            ("ABC B2 B_ É", Ok('A'), Ok('A'), Err(Form)),
            ("", Err(Empty), Err(Empty), Err(Empty)),
            (" \u{1c}\n", Ok(' '), Err(Empty), Err(Empty)),
        ] {
            assert_eq!(read(text, Reading::Videossr), videossr, "{text:?}");
            assert_eq!(read(text, Reading::Videoreasoner), videoreasoner, "{text:?}");
            assert_eq!(read(text, Reading::Unified), unified, "{text:?}");
        }
    }

    #[test]
    fn the_truth_may_carry_its_option() {
        assert_eq!(correct("B", " b ", Reading::Videossr), Ok(1.0));
        assert_eq!(correct("b", "B", Reading::Videossr), Ok(0.0));
        assert_eq!(correct(" B", "B. a dog", Reading::Videoreasoner), Ok(1.0));
        assert_eq!(correct("B", "b", Reading::Videoreasoner), Ok(0.0));
        assert_eq!(correct("It is (A)", "A", Reading::Unified), Ok(1.0));
        assert_eq!(correct("B", "", Reading::Unified), Ok(0.0));
    }

    proptest! {
        #[test]
        fn unified_takes_letters_only(text in any::<String>()) {
            if let Ok(letter) = read(&text, Reading::Unified) {
                prop_assert!(letter.is_ascii_uppercase());
            }
        }
    }
}
