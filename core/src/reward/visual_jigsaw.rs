//! Visual Jigsaw's reward (methods §6): an exact order earns 1, a valid one a fifth of its right places, and the
//! requested form 0.2; `[0, 1.2]`.
//!
//! `paper` and `guarded` read `<think>…</think><answer>…</answer>` and pay nothing without it. `published` reads
//! `\boxed{…}` after the reasoning, calls an order valid when it has as many different entries as there are clips,
//! pays partial credit for more than four clips only, and takes 0.5 off a completion that repeats a long line.

use serde_json::{Value, json};

use super::{Score, Variant};
use crate::answer::ParseFailure;
use crate::answer::python::{int, strip, words};
use crate::answer::tags::{integers, think_answer};

/// What the requested form is worth.
pub const FORMAT: f64 = 0.2;
/// Discount of partial credit, γ.
pub const GAMMA: f64 = 0.2;
/// What a repeated line costs in `published`.
pub const REPETITION: f64 = 0.5;

/// Scores an order of clips, their numbers from 1 in chronological order. Without `think` (the public code's data
/// whose name says "nothink") the whole completion is the order, and there is no format term.
///
/// The range is `[0, 1.2]`; in `published` `[-0.5, 1.2]`.
#[must_use]
pub fn order(completion: &str, truth: &[u32], think: bool, variant: Variant) -> Score {
    let published = variant == Variant::Published;
    let body = match (think, published) {
        (false, _) => Ok(completion),
        (true, true) => boxed(completion),
        (true, false) => think_answer(completion).map(|(_, answer)| answer),
    };
    let body = match body {
        Ok(body) => body,
        Err(failure) => {
            let mut score = Score::failed("accuracy", failure);
            score.parts.insert("format", 0.0);
            return score;
        }
    };
    // As texts, since Python's numbers have no end.
    let said: Result<Vec<String>, ParseFailure> = if published {
        body.split(',').map(|part| int(part).ok_or(ParseFailure::Form)).collect()
    } else {
        integers(strip(body)).map(|said| said.iter().map(ToString::to_string).collect())
    };
    let truth: Vec<String> = truth.iter().map(ToString::to_string).collect();
    let (accuracy, failure) = match said.as_ref().map(|said| worth(said, &truth, variant)) {
        Ok(Some(value)) => (value, None),
        Ok(None) => (0.0, Some(ParseFailure::NotAPermutation)),
        Err(failure) => (0.0, Some(*failure)),
    };
    let format = if think { FORMAT } else { 0.0 };
    let penalty = if published && repeats(completion) { REPETITION } else { 0.0 };
    let number = |text: &String| text.parse::<i64>().map_or_else(|_| json!(text), |n| json!(n));
    let parsed = said.ok().map(|said| said.iter().map(number).collect::<Vec<Value>>());
    let mut score = Score::single("accuracy", Ok((accuracy, parsed)));
    if think {
        score.parts.insert("format", format);
    }
    if penalty > 0.0 {
        score.parts.insert("repetition", -penalty);
    }
    score.total = accuracy + format - penalty;
    score.failure = failure;
    score
}

/// What an order is worth; nothing at all if it is not valid.
fn worth(said: &[String], truth: &[String], variant: Variant) -> Option<f64> {
    let n = truth.len();
    let mut distinct = said.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    let valid = match variant {
        Variant::Published => distinct.len() == n,
        _ => {
            let mut places = truth.to_vec();
            places.sort_unstable();
            said.len() == n && distinct == places
        }
    };
    if !valid {
        return None;
    }
    if said == truth {
        return Some(1.0);
    }
    let hits = said.iter().zip(truth).filter(|(a, b)| a == b).count();
    let partial = GAMMA * hits as f64 / n.max(1) as f64;
    Some(if variant == Variant::Published && n <= 4 { 0.0 } else { partial })
}

/// `<think>.*</think>.*\boxed{.*}.*` over the whole text; the body is what the last box's braces hold, nothing if they
/// do not close.
fn boxed(text: &str) -> Result<&str, ParseFailure> {
    const BOX: &str = "\\boxed{";
    let after = text.strip_prefix("<think>").ok_or(ParseFailure::Tags)?;
    let (_, after) = after.split_once("</think>").ok_or(ParseFailure::Tags)?;
    let (_, first) = after.split_once(BOX).ok_or(ParseFailure::Tags)?;
    if !first.contains('}') {
        return Err(ParseFailure::Tags);
    }
    let last = after.rsplit_once(BOX).map_or("", |(_, body)| body);
    let mut depth = 1;
    for (at, c) in last.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Ok(&last[..at]);
        }
    }
    Ok("")
}

/// Whether a line of seven words or more stands more than three times in a row, whatever its case; empty lines do not
/// count.
fn repeats(text: &str) -> bool {
    let ends = |c: char| {
        matches!(
            c,
            '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}'
        )
    };
    let (mut last, mut run) = (String::new(), 0);
    for line in text.split(ends).map(strip).filter(|l| !l.is_empty()) {
        let line = line.to_lowercase();
        run = if line == last { run + 1 } else { 1 };
        last = line;
        if run > 3 && words(&last).count() >= 7 {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TRUTH: [u32; 6] = [5, 3, 6, 2, 4, 1];

    #[test]
    fn the_documented_cases() {
        let published = |body: &str| {
            order(&format!("<think>a</think> \\boxed{{{body}}}"), &TRUTH, true, Variant::Published).total
        };
        let paper = |body: &str| {
            order(&format!("<think>a</think><answer>{body}</answer>"), &TRUTH, true, Variant::Paper).total
        };
        for (body, code, formula) in [
            ("5,3,6,2,4,1", 1.2, 1.2),
            ("5,3,6,2,1,4", 0.2 + 0.2 * 4.0 / 6.0, 0.2 + 0.2 * 4.0 / 6.0),
            ("1,2,3,4,5,6", 0.2, 0.2),
            ("5,5,6,2,4,1", 0.2, 0.2),
            ("5,3,6", 0.2, 0.2),
            ("5,3,6,2,4,1,1", 0.4, 0.2),
        ] {
            assert!((published(body) - code).abs() < 1e-12, "{body}: {}", published(body));
            assert!((paper(body) - formula).abs() < 1e-12, "{body}: {}", paper(body));
        }
        let tagged = "<think>a</think><answer>5,3,6,2,4,1</answer>";
        assert_eq!(order(tagged, &TRUTH, true, Variant::Published).total, 0.0);
        assert_eq!(order("5,3,6,2,4,1", &TRUTH, true, Variant::Guarded).total, 0.0);
    }

    #[test]
    fn a_repeated_line_costs_half() {
        let line = "I look at the first clip again and again\n".repeat(4);
        let text = format!("<think>{line}</think>\\boxed{{5,3,6,2,4,1}}");
        let score = order(&text, &TRUTH, true, Variant::Published);
        assert!(score.parts.contains_key("repetition") == (score.total < 1.0), "{score:?}");
        let text = format!("<think>\n{line}</think>\\boxed{{5,3,6,2,4,1}}");
        assert!((order(&text, &TRUTH, true, Variant::Published).total - 0.7).abs() < 1e-12);
    }

    #[test]
    fn oddities_of_the_public_code() {
        let at = |text: &str, truth: &[u32], think| order(text, truth, think, Variant::Published).total;
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} {b}");
        near(at(&"a b c d e f g\n".repeat(4), &TRUTH, true), 0.0);
        let blank = "a b c d e f g\n\nA B c d e f g\r\n";
        near(at(&format!("<think>\n{blank}{blank}</think>\\boxed{{2,1}}"), &[2, 1], true), 0.7);
        near(at("<think></think>\\boxed{} \\boxed{1", &[2, 1], true), 0.2);
        near(at("<think></think>\\boxed{2,+1}", &[2, 1], true), 1.2);
        near(at("2,1", &[2, 1], false), 1.0);
    }

    #[test]
    fn few_clips_earn_nothing_in_part_in_the_code() {
        let text = |t: &str| format!("<think></think>{t}");
        assert_eq!(order(&text("\\boxed{1,2,4,3}"), &[1, 2, 3, 4], true, Variant::Published).total, FORMAT);
        let paper = order(&text("<answer>1,2,4,3</answer>"), &[1, 2, 3, 4], true, Variant::Paper).total;
        assert!((paper - 0.3).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn rewards_stay_in_range(text in any::<String>()) {
            for completion in [format!("<think></think>\\boxed{{{text}}}"), format!("<think></think><answer>{text}</answer>"), text] {
                for variant in Variant::ALL {
                    let total = order(&completion, &TRUTH, true, variant).total;
                    prop_assert!((-0.5..=1.2).contains(&total));
                }
            }
        }
    }
}
