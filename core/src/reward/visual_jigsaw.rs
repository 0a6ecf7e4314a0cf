//! Visual Jigsaw's reward (methods §6): an exact order earns 1, a valid one a fifth of its right places, and the
//! requested form 0.2; `[0, 1.2]`.
//!
//! `paper` and `guarded` read `<think>…</think><answer>…</answer>` and pay nothing without it. `published` reads
//! `\boxed{…}` after the reasoning, calls an order valid when it has as many different entries as there are clips,
//! pays partial credit for more than four clips only, and takes 0.5 off a completion that repeats a long line.

use super::{Score, Variant};
use crate::answer::ParseFailure;
use crate::answer::python::strip;
use crate::answer::tags::{integers, think_answer};

/// What the requested form is worth.
pub const FORMAT: f64 = 0.2;
/// Discount of partial credit, γ.
pub const GAMMA: f64 = 0.2;
/// What a repeated line costs in `published`.
pub const REPETITION: f64 = 0.5;

/// Scores an order of clips, their numbers from 1 in chronological order.
///
/// The range is `[0, 1.2]`; in `published` `[-0.5, 1.2]`.
#[must_use]
pub fn order(completion: &str, truth: &[u32], variant: Variant) -> Score {
    let (body, penalty) = match variant {
        Variant::Published => (boxed(completion), f64::from(u8::from(repeats(completion))) * REPETITION),
        _ => (think_answer(completion).map(|(_, answer)| answer), 0.0),
    };
    let read = body.and_then(|body| Ok((body, integers(strip(body))?)));
    let right_form = body.is_ok();
    let (accuracy, parsed, failure) = match read {
        Ok((_, said)) => match worth(&said, truth, variant) {
            Some(value) => (value, Some(said), None),
            None => (0.0, Some(said), Some(ParseFailure::NotAPermutation)),
        },
        Err(failure) => (0.0, None, Some(failure)),
    };
    let format = if right_form { FORMAT } else { 0.0 };
    let mut score = Score::single("accuracy", Ok((accuracy, parsed)));
    score.parts.insert("format", format);
    if penalty > 0.0 {
        score.parts.insert("repetition", -penalty);
    }
    score.total = accuracy + format - penalty;
    score.failure = failure;
    score
}

/// What an order is worth; nothing at all if it is not valid.
fn worth(said: &[u32], truth: &[u32], variant: Variant) -> Option<f64> {
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

/// `<think>.*</think>.*\boxed{.*}.*` over the whole text; the body is the last box's.
fn boxed(text: &str) -> Result<&str, ParseFailure> {
    const BOX: &str = "\\boxed{";
    let after = text.strip_prefix("<think>").ok_or(ParseFailure::Tags)?;
    let (_, after) = after.split_once("</think>").ok_or(ParseFailure::Tags)?;
    let (_, body) = after.rsplit_once(BOX).ok_or(ParseFailure::Tags)?;
    body.split_once('}').map(|(body, _)| body).ok_or(ParseFailure::Tags)
}

/// Whether a line of seven words or more stands more than three times in a row.
fn repeats(text: &str) -> bool {
    let (mut last, mut run) = ("", 0);
    for line in text.lines().map(strip) {
        run = if line == last { run + 1 } else { 1 };
        last = line;
        if run > 3 && crate::answer::python::words(line).count() >= 7 {
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
            order(&format!("<think>a</think> \\boxed{{{body}}}"), &TRUTH, Variant::Published).total
        };
        let paper = |body: &str| {
            order(&format!("<think>a</think><answer>{body}</answer>"), &TRUTH, Variant::Paper).total
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
        assert_eq!(order(tagged, &TRUTH, Variant::Published).total, 0.0);
        assert_eq!(order("5,3,6,2,4,1", &TRUTH, Variant::Guarded).total, 0.0);
    }

    #[test]
    fn a_repeated_line_costs_half() {
        let line = "I look at the first clip again and again\n".repeat(4);
        let text = format!("<think>{line}</think>\\boxed{{5,3,6,2,4,1}}");
        let score = order(&text, &TRUTH, Variant::Published);
        assert!(score.parts.contains_key("repetition") == (score.total < 1.0), "{score:?}");
        let text = format!("<think>\n{line}</think>\\boxed{{5,3,6,2,4,1}}");
        assert!((order(&text, &TRUTH, Variant::Published).total - 0.7).abs() < 1e-12);
    }

    #[test]
    fn few_clips_earn_nothing_in_part_in_the_code() {
        let text = |t: &str| format!("<think></think>{t}");
        assert_eq!(order(&text("\\boxed{1,2,4,3}"), &[1, 2, 3, 4], Variant::Published).total, FORMAT);
        let paper = order(&text("<answer>1,2,4,3</answer>"), &[1, 2, 3, 4], Variant::Paper).total;
        assert!((paper - 0.3).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn rewards_stay_in_range(text in any::<String>()) {
            for completion in [format!("<think></think>\\boxed{{{text}}}"), format!("<think></think><answer>{text}</answer>"), text] {
                for variant in Variant::ALL {
                    let total = order(&completion, &TRUTH, variant).total;
                    prop_assert!((-0.5..=1.2).contains(&total));
                }
            }
        }
    }
}
