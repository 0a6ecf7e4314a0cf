//! VideoReasoner's rewards (methods §4.3; public `grpo_clip_tgrpo_qa.py`): IoU of ratios between event tokens, the
//! tokens' presence, and the answer's letter, each in `[0, 1]`.
//!
//! `published` cuts the first and last character between the tokens, whatever they are, and grants the format term to
//! every task; `guarded` and `paper` require brackets and finite numbers, and grant it to grounding alone.

use super::{Score, Variant};
use crate::answer::ParseFailure;
use crate::answer::python::{float, is_space, strip};
use crate::answer::tags::first;

/// Token before a pair of ratios.
pub const START: &str = "<|event_start|>";
/// Token after it.
pub const END: &str = "<|event_end|>";

/// Grounding: IoU of the answered and the true part of the video, both as ratios of its duration.
#[must_use]
pub fn iou(completion: &str, truth: [f64; 2], variant: Variant) -> Score {
    let truth = truth.map(|r| if r.is_finite() { r.clamp(0.0, 1.0) } else { 0.0 });
    let read = pair(completion, variant).and_then(|said| {
        // `min` and `max` would pass over what is no number.
        if said.iter().any(|r| r.is_nan()) {
            return Err(ParseFailure::NotFinite);
        }
        let inter = (said[1].min(truth[1]) - said[0].max(truth[0])).max(0.0);
        let hull = said[1].max(truth[1]) - said[0].min(truth[0]);
        // Where the hull does not last, the public code repeats the value of an earlier answer.
        let value = if hull > 0.0 { inter / hull } else { 0.0 };
        if value.is_finite() { Ok((value.clamp(0.0, 1.0), said)) } else { Err(ParseFailure::NotFinite) }
    });
    Score::single("iou", read)
}

fn pair(completion: &str, variant: Variant) -> Result<[f64; 2], ParseFailure> {
    let body = strip(first(completion, START, END)?);
    let inside = match variant {
        Variant::Published => {
            let mut chars = body.chars();
            chars.next();
            chars.next_back();
            chars.as_str()
        }
        _ => body.strip_prefix('[').and_then(|b| b.strip_suffix(']')).ok_or(ParseFailure::Form)?,
    };
    let numbers: Option<Vec<f64>> = inside.split(',').map(float).collect();
    let numbers = numbers.ok_or(ParseFailure::Number)?;
    let &[start, end] = numbers.as_slice() else { return Err(ParseFailure::Count) };
    if variant != Variant::Published {
        if !start.is_finite() || !end.is_finite() {
            return Err(ParseFailure::Number);
        }
        if start > end {
            return Err(ParseFailure::Reversed);
        }
    }
    Ok([start, end])
}

/// Format: both tokens, in order. `grounding` says whether the question asks for an event; outside `published`
/// any other question earns nothing here.
#[must_use]
pub fn format(completion: &str, grounding: bool, variant: Variant) -> Score {
    if !grounding && variant != Variant::Published {
        return Score::failed("format", ParseFailure::NotAsked);
    }
    Score::single("format", first(completion, START, END).map(|body| (1.0, body)))
}

/// Answer: the first character that is no white space is the right option's letter. A truth of more than one
/// character counts by its first, and may stand in answer tags.
#[must_use]
pub fn accuracy(completion: &str, truth: &str, variant: Variant) -> Score {
    let truth = first(truth, "<answer>", "</answer>").unwrap_or(truth);
    let letter = |text: &str| text.chars().find(|c| !is_space(*c));
    let read = letter(completion).ok_or(ParseFailure::Empty).and_then(|said| {
        if variant == Variant::Published || said.is_ascii_alphabetic() {
            Ok((f64::from(u8::from(Some(said) == letter(truth))), said))
        } else {
            Err(ParseFailure::Form)
        }
    });
    Score::single("accuracy", read)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn said(body: &str) -> String {
        format!("a proportion of <|event_start|>{body}<|event_end|>")
    }

    #[test]
    fn the_documented_cases() {
        let truth = [0.2, 0.6];
        for variant in Variant::ALL {
            let at = |body: &str| iou(&said(body), truth, variant).total;
            assert!((at("[0.20, 0.60]") - 1.0).abs() < 1e-12);
            assert!((at(" [ 0.20 ,0.60 ] ") - 1.0).abs() < 1e-12);
            assert_eq!([at("[0.6, 0.2]"), at("[0.1,0.2,0.3]"), at("")], [0.0; 3]);
            assert_eq!(iou("0.2-0.6", truth, variant).failure, Some(ParseFailure::Tags));
            assert_eq!([at("[nan, nan]"), at("[nan, inf]"), at("[0, 1e999]")], [0.0; 3]);
        }
        // Without brackets the public code eats the first and the last digit.
        assert_eq!(iou(&said("0.20, 0.60"), truth, Variant::Published).total, 1.0);
        assert_eq!(iou(&said("0.20, 0.60"), truth, Variant::Guarded).total, 0.0);
        // A degenerate truth.
        assert_eq!(iou(&said("[0.5, 0.5]"), [0.5, 0.5], Variant::Published).total, 0.0);
    }

    #[test]
    fn format_is_for_grounding_alone_but_in_published() {
        let text = said("x");
        assert_eq!(format(&text, false, Variant::Published).total, 1.0);
        assert_eq!(format(&text, false, Variant::Guarded).total, 0.0);
        assert_eq!(format(&text, true, Variant::Guarded).total, 1.0);
        assert_eq!(format("<|event_end|><|event_start|>", true, Variant::Paper).total, 0.0);
    }

    #[test]
    fn the_letter_is_the_first_character() {
        let right = |text: &str| accuracy(text, "<answer>B</answer>", Variant::Guarded).total;
        assert_eq!(
            [right(" B. 2, 1"), right("b"), right("The answer is B"), right("")],
            [1.0, 0.0, 0.0, 0.0]
        );
    }

    proptest! {
        #[test]
        fn rewards_stay_in_range(text in any::<String>(), a in any::<f64>(), b in any::<f64>(), t in any::<[f64; 2]>()) {
            for variant in Variant::ALL {
                for completion in [&text, &said(&text), &said(&format!("[{a}, {b}]"))] {
                    for score in [iou(completion, t, variant), format(completion, true, variant), accuracy(completion, "C", variant)] {
                        prop_assert!((0.0..=1.0).contains(&score.total));
                    }
                }
            }
        }

        #[test]
        fn iou_is_one_on_itself_and_falls_as_it_slides(a in 0.0..0.4, len in 0.05..0.4) {
            let at = |shift: f64| iou(&said(&format!("[{}, {}]", a + shift, a + len + shift)), [a, a + len], Variant::Guarded).total;
            prop_assert!((at(0.0) - 1.0).abs() < 1e-9);
            prop_assert!(at(0.05) <= at(0.0) && at(0.1) <= at(0.05));
        }
    }
}
