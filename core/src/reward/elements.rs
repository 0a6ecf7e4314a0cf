//! Key elements (VideoReasoner §4.1). The paper trains them by imitation and states no reward; this one is ours: F1
//! of the named things, compared without case, articles and surrounding punctuation.

use super::Score;
use crate::answer::ParseFailure;
use crate::answer::python::words;

/// Most things of an answer that are read.
pub const MOST: usize = 64;

/// F1 of the answered and the true things, in `[0, 1]`; a thing named twice counts once.
#[must_use]
pub fn f1(answer: &str, truth: &[String]) -> Score {
    let said = things(answer.split(',').take(MOST));
    let truth = things(truth.iter().map(String::as_str));
    if said.is_empty() {
        return Score::failed("f1", ParseFailure::Empty);
    }
    let both = said.iter().filter(|s| truth.contains(s)).count() as f64;
    let f1 = 2.0 * both / (said.len() + truth.len()) as f64;
    Score::single("f1", Ok((f1, said)))
}

fn things<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for text in texts {
        let plain = text.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
        let kept: Vec<&str> = words(&plain).filter(|w| !["a", "an", "the"].contains(w)).collect();
        let thing = kept.join(" ");
        if !thing.is_empty() && !out.contains(&thing) {
            out.push(thing);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_things_count_once_whatever_their_case() {
        let truth: Vec<String> = ["red train", "sun", "house", "smoke"].map(str::to_owned).to_vec();
        let at = |text: &str| f1(text, &truth).total;
        assert_eq!(at("red train, sun, house, smoke"), 1.0);
        assert_eq!(at("The Red Train, a sun, house., smoke, sun"), 1.0);
        assert_eq!(at("red train, dog"), 2.0 / 6.0);
        assert_eq!(f1(" , ", &truth).failure, Some(ParseFailure::Empty));
    }
}
