//! Benchmark answers that are intervals: three published ways to read them, mIoU and recall.
//!
//! These are the evaluation scripts' readings; the training rewards read more strictly (`crate::answer::interval`).

use serde::Serialize;

use super::{Outcome, Report};
use crate::answer::ParseFailure;
use crate::answer::python::{digit, float, is_space, strip};
use crate::answer::tags::{first, only};
use crate::named::named;
use crate::time::Interval;

/// The thresholds τ of R@τ (VideoSSR, VideoReasoner).
pub const THRESHOLDS: [f64; 3] = [0.3, 0.5, 0.7];

/// An interval as it was read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Read {
    /// Start before end, seconds.
    pub interval: Interval,
    /// Whether the response gave the end first and the reading turned it round.
    pub reversed: bool,
}

/// VideoSSR's evaluation (public `vtg.py`): the first match of `(\d+\.?\d*)\s*-\s*(\d+\.?\d*)` anywhere in the text,
/// the smaller number first. So `00:10-00:20` is read as the interval from 0 to 10, as there.
///
/// # Errors
/// [`ParseFailure::Empty`], [`ParseFailure::Form`] without a match, [`ParseFailure::Number`] for more digits than
/// make a finite number (there, infinity).
pub fn videossr(text: &str) -> Result<Read, ParseFailure> {
    if strip(text).is_empty() {
        return Err(ParseFailure::Empty);
    }
    let mut rest = text;
    loop {
        rest = &rest[rest.find(is_digit).ok_or(ParseFailure::Form)?..];
        if let Some((a, b)) = pair(rest) {
            let (a, b) = (finite(a)?, finite(b)?);
            let interval = Interval { start: a.min(b), end: a.max(b) };
            return Ok(Read { interval, reversed: a > b });
        }
        // Any later start within this run of digits would run into the same end: go past it.
        rest = rest.trim_start_matches(is_digit);
    }
}

/// The two numbers of VideoSSR's pattern, if it matches at the start of a text that starts with a digit.
///
/// Greedy without going back: what follows a shortened number would be a digit or a point, never the dash.
fn pair(text: &str) -> Option<(&str, &str)> {
    let number = |text: &str| {
        let whole = text.trim_start_matches(is_digit);
        let fraction = whole.strip_prefix('.').map_or(whole, |t| t.trim_start_matches(is_digit));
        text.len() - fraction.len()
    };
    let (start, rest) = text.split_at(number(text));
    let rest = rest.trim_start_matches(is_space).strip_prefix('-')?.trim_start_matches(is_space);
    rest.starts_with(is_digit).then(|| (start, &rest[..number(rest)]))
}

/// MUSEG's evaluation (public `eval_grounding.py`): all `\d+\.*\d*` in the body of the one `<answer>`, in pairs, each
/// start before its end. Whatever separates them is ignored, a minus sign included. One fault spoils the answer.
///
/// # Errors
/// [`ParseFailure::Tags`], [`ParseFailure::NoSegment`] for no number or a pair of equal ones,
/// [`ParseFailure::Count`] for an odd number of them, [`ParseFailure::Number`] and [`ParseFailure::Reversed`].
pub fn museg(text: &str) -> Result<Vec<Interval>, ParseFailure> {
    let mut rest = only(text, "<answer>", "</answer>")?;
    let mut numbers = Vec::new();
    while let Some(at) = rest.find(is_digit) {
        rest = &rest[at..];
        let tail = rest.trim_start_matches(is_digit).trim_start_matches('.').trim_start_matches(is_digit);
        numbers.push(finite(&rest[..rest.len() - tail.len()])?);
        rest = tail;
    }
    if numbers.is_empty() {
        return Err(ParseFailure::NoSegment);
    }
    let (pairs, []) = numbers.as_chunks::<2>() else { return Err(ParseFailure::Count) };
    let ordered = |&[start, end]: &[f64; 2]| match () {
        () if start < end => Ok(Interval { start, end }),
        () if start > end => Err(ParseFailure::Reversed),
        () => Err(ParseFailure::NoSegment),
    };
    pairs.iter().map(ordered).collect()
}

named! {
    /// How closely VideoReasoner's event tokens must be kept to.
    #[derive(Default)]
    pub enum Form, "form of an event",
    /// An unknown form's name.
    UnknownForm {
        /// As the public inference scripts: no space inside the tokens, exactly `, ` between the numbers.
        Strict = "strict",
        /// White space wherever it does no harm: around the brackets and around the comma.
        #[default]
        Tolerant = "tolerant",
    }
}

/// VideoReasoner's event `<|event_start|>[a, b]<|event_end|>`: shares of the video's duration, made seconds. The
/// shares are not clamped to `[0, 1]`, as there.
///
/// # Errors
/// [`ParseFailure::Tags`] without the tokens (the public script skips the item), [`ParseFailure::Form`] without the
/// brackets, [`ParseFailure::Count`] unless there are two numbers, [`ParseFailure::Number`],
/// [`ParseFailure::Reversed`].
pub fn videoreasoner(text: &str, duration: f64, form: Form) -> Result<Interval, ParseFailure> {
    const OPEN: &str = "<|event_start|>";
    const CLOSE: &str = "<|event_end|>";
    let shares: Vec<f64> = match form {
        // The pattern's `.` ends at a line's end. Within a line the first opening decides: what closes after a
        // later one closes after this one too.
        Form::Strict => text
            .split('\n')
            .find_map(|line| line.split_once("<|event_start|>[")?.1.split_once("]<|event_end|>"))
            .ok_or(ParseFailure::Tags)?
            .0
            .split(", ")
            .map(finite)
            .collect::<Result<_, _>>()?,
        Form::Tolerant => strip(first(text, OPEN, CLOSE)?)
            .strip_prefix('[')
            .and_then(|body| body.strip_suffix(']'))
            .ok_or(ParseFailure::Form)?
            .split(',')
            .map(finite)
            .collect::<Result<_, _>>()?,
    };
    let [start, end] = shares[..] else { return Err(ParseFailure::Count) };
    let interval = Interval { start: start * duration, end: end * duration };
    if !interval.start.is_finite() || !interval.end.is_finite() {
        return Err(ParseFailure::Number);
    }
    if start > end { Err(ParseFailure::Reversed) } else { Ok(interval) }
}

fn is_digit(c: char) -> bool {
    digit(c).is_some()
}

fn finite(text: &str) -> Result<f64, ParseFailure> {
    float(text).filter(|x| x.is_finite()).ok_or(ParseFailure::Number)
}

/// Grounding of single intervals over items.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Grounding {
    /// Mean IoU.
    pub miou: Report,
    /// R@τ at each of [`THRESHOLDS`]: the share of items with an IoU of at least τ.
    pub recall: [Report; 3],
}

/// Reports mIoU and R@τ from the items' IoUs.
#[must_use]
pub fn grounding(ious: &[Outcome]) -> Grounding {
    let recall = |tau: f64| {
        let met = ious.iter().map(|o| o.map(|iou| f64::from(u8::from(*iou >= tau))));
        Report::of(&met.collect::<Vec<_>>())
    };
    Grounding { miou: Report::of(ious), recall: THRESHOLDS.map(recall) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn span(start: f64, end: f64) -> Interval {
        Interval { start, end }
    }

    #[test]
    fn videossr_finds_the_first_pair_anywhere() {
        for (text, start, end, reversed) in [
            ("14.5-26.2", 14.5, 26.2, false),
            ("from 26.2 - 14.5 seconds", 14.5, 26.2, true),
            ("-5-10", 5.0, 10.0, false),
            ("1.2.3-4", 2.3, 4.0, false),
            ("5.-6.", 5.0, 6.0, false),
            ("3 of 7: 10 -\n20, 30-40", 10.0, 20.0, false),
            ("00:10-00:20", 0.0, 10.0, true),
            ("١٤.٥-٢٦", 14.5, 26.0, false),
            ("7-7", 7.0, 7.0, false),
            ("2026-11-21", 11.0, 2026.0, true),
        ] {
            assert_eq!(videossr(text), Ok(Read { interval: span(start, end), reversed }), "{text}");
        }
        for text in ["10–20", "10 to 20", "5-", "a-b", ".5-.6", "10s-20s"] {
            assert_eq!(videossr(text), Err(ParseFailure::Form), "{text}");
        }
        assert_eq!(videossr(" \n"), Err(ParseFailure::Empty));
        assert_eq!(videossr(&format!("0-{}", "9".repeat(400))), Err(ParseFailure::Number));
    }

    #[test]
    fn museg_takes_all_numbers_of_the_one_answer() {
        let said = |body: &str| museg(&format!("<think>1-2</think><answer>{body}</answer>"));
        assert_eq!(said("2-8 10.5-12"), Ok(vec![span(2.0, 8.0), span(10.5, 12.0)]));
        assert_eq!(said("from 2. to 8 s, then -10 and 12"), Ok(vec![span(2.0, 8.0), span(10.0, 12.0)]));
        assert_eq!(said("2-8-9"), Err(ParseFailure::Count));
        assert_eq!(said("2-8 12-10"), Err(ParseFailure::Reversed));
        assert_eq!(said("2-2"), Err(ParseFailure::NoSegment));
        assert_eq!(said("none"), Err(ParseFailure::NoSegment));
        assert_eq!(said("2..5-8"), Err(ParseFailure::Number));
        assert_eq!(museg("2-8"), Err(ParseFailure::Tags));
        assert_eq!(museg("<answer>2-8</answer><answer>2-8</answer>"), Err(ParseFailure::Tags));
        assert_eq!(museg("</answer>2-8<answer>"), Err(ParseFailure::Tags));
    }

    #[test]
    fn events_are_shares_of_the_duration() {
        let both = |text: &str| [Form::Strict, Form::Tolerant].map(|form| videoreasoner(text, 50.0, form));
        let right = Ok(span(10.0, 30.0));
        use ParseFailure::{Count, Form as Shape, Number, Reversed, Tags};
        for (text, strict, tolerant) in [
            ("a proportion of <|event_start|>[0.20, 0.60]<|event_end|>.", right, right),
            ("<|event_start|> [ 0.20,0.60 ] <|event_end|>", Err(Tags), right),
            ("<|event_start|>[0.20,0.60]<|event_end|>", Err(Number), right),
            ("<|event_start|>0.20, 0.60<|event_end|>", Err(Tags), Err(Shape)),
            ("<|event_start|>[0.2, 0.6, 0.9]<|event_end|>", Err(Count), Err(Count)),
            ("<|event_start|>[0.6, 0.2]<|event_end|>", Err(Reversed), Err(Reversed)),
            ("<|event_start|>[0.2, inf]<|event_end|>", Err(Number), Err(Number)),
            ("<|event_start|>[0.2,\n 0.6]<|event_end|>", Err(Tags), right),
            ("[0.2, 0.6]", Err(Tags), Err(Tags)),
            ("<|event_start|>[0.2\n<|event_start|>[0.2, 0.6]<|event_end|>", right, Err(Number)),
        ] {
            assert_eq!(both(text), [strict, tolerant], "{text}");
        }
        assert_eq!(
            videoreasoner("<|event_start|>[0, 1]<|event_end|>", f64::INFINITY, Form::Strict),
            Err(Number)
        );
    }

    #[test]
    fn recall_counts_the_threshold_itself() {
        let ious = [Ok(0.3), Ok(0.5), Ok(0.9), Err(ParseFailure::Form)];
        let ious: Vec<Outcome> =
            ious.into_iter().enumerate().map(|(i, v)| Outcome::new(i.to_string(), 4, v)).collect();
        let g = grounding(&ious);
        assert!((g.miou.zero.expect("items").mean - 0.425).abs() < 1e-12);
        assert_eq!(g.recall.each_ref().map(|r| r.zero.map_or(-1.0, |e| e.mean)), [0.75, 0.5, 0.25]);
        assert_eq!(g.recall[0].dropped.map(|e| e.mean), Some(1.0));
        assert_eq!((g.miou.tally.n, g.miou.tally.failed), (4, 1));
    }

    #[test]
    fn long_texts_are_read_in_one_pass() {
        for piece in ["1", "1.", "1 ", "1 - ", "-", " ", "<|event_start|>[", "<answer>"] {
            let text = piece.repeat(1 << 18);
            let _ = (videossr(&text), museg(&format!("<answer>{text}</answer>")));
            let _ = (videoreasoner(&text, 1.0, Form::Strict), videoreasoner(&text, 1.0, Form::Tolerant));
        }
    }

    proptest! {
        #[test]
        fn what_is_read_is_an_interval(text in "[0-9. \\-٣a<|>\\[\\],]{0,40}", duration in 0.0..1e4) {
            let mut all = museg(&format!("<answer>{text}</answer>")).unwrap_or_default();
            all.extend(videossr(&text).map(|r| r.interval));
            let event = format!("<|event_start|>{text}<|event_end|>");
            all.extend([Form::Strict, Form::Tolerant].map(|f| videoreasoner(&event, duration, f)).into_iter().flatten());
            for i in all {
                prop_assert!(i.start.is_finite() && i.end.is_finite() && i.start <= i.end);
            }
        }

        #[test]
        fn whatever_the_reward_reads_the_metric_reads_alike(a in 0.0..500.0, len in 0.1..100.0) {
            let text = span(a, a + len).to_string();
            let strict = crate::answer::interval::parse(&text).expect("a truth's text");
            prop_assert_eq!(videossr(&text).map(|r| r.interval), Ok(strict));
        }
    }
}
