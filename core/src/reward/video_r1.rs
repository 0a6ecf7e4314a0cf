//! Video-R1's rewards (methods §5): accuracy by kind of question and the form `<think>…</think><answer>…</answer>`,
//! each in `[0, 1]`. Its bonuses, which compare answers of a group, are in [`super::bonus`].

use serde::{Deserialize, Serialize};

use super::Score;
use crate::answer::ParseFailure;
use crate::answer::python::{float, is_space, strip};
use crate::answer::tags::first;

/// Kinds of question with answers to compare by value. The public code's two others, reading text by word error rate
/// and free text by ROUGE, are not here: no task of ours asks them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Problem {
    /// The texts are equal.
    #[default]
    #[serde(alias = "multiple choice")]
    MultipleChoice,
    /// Equal after rounding to two decimals, and both or neither written with a decimal mark.
    Numerical,
    /// One minus the relative error, not below 0.
    Regression,
}

/// Accuracy of what stands in the first answer tags; a truth may stand in tags, too.
#[must_use]
pub fn accuracy(completion: &str, truth: &str, problem: Problem) -> Score {
    let truth = strip(first(truth, "<answer>", "</answer>").unwrap_or(truth));
    let read = first(completion, "<answer>", "</answer>").and_then(|said| {
        let said = strip(said);
        let value = match problem {
            Problem::MultipleChoice => f64::from(u8::from(said == truth)),
            Problem::Numerical => {
                let marked = |t: &str| t.contains(['.', ',']);
                let (a, b) = (number(said)?, number(truth)?);
                // Correctly rounded, as Python's `round`; a negative zero is a zero.
                let round = |x: f64| format!("{:.2}", x + 0.0).replace("-0.00", "0.00");
                f64::from(u8::from(marked(said) == marked(truth) && round(a) == round(b)))
            }
            Problem::Regression => {
                let (a, b) = (number(said)?, number(truth)?);
                let error = ((a - b).abs() + 1e-9) / (b.abs() + 1e-9);
                1.0 - error.clamp(0.0, 1.0)
            }
        };
        Ok((value, said))
    });
    Score::single("accuracy", read)
}

fn number(text: &str) -> Result<f64, ParseFailure> {
    float(&text.replace(',', "")).filter(|x| x.is_finite()).ok_or(ParseFailure::Number)
}

/// The whole completion is reasoning in tags, white space, and an answer in tags.
#[must_use]
pub fn format(completion: &str) -> Score {
    let inner = completion.strip_prefix("<think>").and_then(|t| t.strip_suffix("</answer>"));
    // Any close of the reasoning may be the one that the answer follows, as in the public expression.
    let parts = inner.and_then(|t| {
        t.match_indices("</think>").find_map(|(at, close)| {
            t[at + close.len()..].trim_start_matches(is_space).strip_prefix("<answer>")
        })
    });
    Score::single("format", parts.map(|answer| (1.0, answer)).ok_or(ParseFailure::Tags))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn kinds_compare_as_documented() {
        let at = |said: &str, truth: &str, p| accuracy(&format!("<answer>{said}</answer>"), truth, p).total;
        assert_eq!(at(" B ", "<answer>B</answer>", Problem::MultipleChoice), 1.0);
        assert_eq!(at("3.141", "3.14", Problem::Numerical), 1.0);
        assert_eq!(at("3", "3.0", Problem::Numerical), 0.0);
        assert_eq!(at("1.115", "1.11", Problem::Numerical), 1.0, "1.115 is a little less");
        assert_eq!(at("2e306", "3e306", Problem::Numerical), 0.0);
        assert!((at("8", "10", Problem::Regression) - 0.8).abs() < 1e-9);
        assert_eq!(at("nan", "10", Problem::Regression), 0.0);
        assert_eq!(accuracy("B", "B", Problem::MultipleChoice).failure, Some(ParseFailure::Tags));
    }

    #[test]
    fn the_form_is_the_whole_text() {
        assert_eq!(format("<think>a</think>\n<answer>b</answer>").total, 1.0);
        assert_eq!(format("<think>a</think>b</think><answer>c</answer>").total, 1.0);
        for wrong in [
            " <think>a</think><answer>b</answer>",
            "<think>a</think>x<answer>b</answer>",
            "<answer>b</answer>",
        ] {
            assert_eq!(format(wrong).total, 0.0, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn rewards_stay_in_range(text in any::<String>(), truth in any::<String>()) {
            for p in [Problem::MultipleChoice, Problem::Numerical, Problem::Regression] {
                let total = accuracy(&format!("<answer>{text}</answer>"), &truth, p).total;
                prop_assert!((0.0..=1.0).contains(&total));
            }
            prop_assert!((0.0..=1.0).contains(&format(&text).total));
        }
    }
}
