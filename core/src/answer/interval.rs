//! `start-end` in seconds, as VideoSSR's grounding reward reads it.

use super::ParseFailure;
use super::python::{digit, is_space, strip};
use crate::time::Interval;

/// Reads `^\s*([\d\.]+)\s*-\s*([\d\.]+)\s*$` as the public reward does: no sign, no unit, no other dash.
///
/// Decimal digits of any script count, because Python's `\d` and `float` take them.
///
/// # Errors
/// [`ParseFailure`]; a number too large to be finite is a failure (there it poisons the reward with NaN).
pub fn parse(text: &str) -> Result<Interval, ParseFailure> {
    let text = strip(text);
    if text.is_empty() {
        return Err(ParseFailure::Empty);
    }
    let (start, end) = text.split_once('-').ok_or(ParseFailure::Form)?;
    let start = number(start.trim_end_matches(is_space))?;
    let end = number(end.trim_start_matches(is_space))?;
    if start > end { Err(ParseFailure::Reversed) } else { Ok(Interval { start, end }) }
}

fn number(text: &str) -> Result<f64, ParseFailure> {
    let mut ascii = String::with_capacity(text.len());
    for c in text.chars() {
        match (c, digit(c)) {
            ('.', _) => ascii.push('.'),
            (_, Some(d)) => ascii.push(char::from(b'0' + d)),
            _ => return Err(ParseFailure::Form),
        }
    }
    if ascii.is_empty() {
        return Err(ParseFailure::Form);
    }
    let value: f64 = ascii.parse().map_err(|_| ParseFailure::Number)?;
    if value.is_finite() { Ok(value) } else { Err(ParseFailure::Number) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hostile_numbers_are_refused() {
        for text in ["nan-5", "0-inf", "1e999-2e999", "-1-2", "1.2.3-4", ".-.", "1−2", "--", "5-"] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert_eq!(parse(&format!("0-{}", "9".repeat(400))), Err(ParseFailure::Number));
        assert_eq!(parse("26.2-14.5"), Err(ParseFailure::Reversed));
    }

    proptest! {
        #[test]
        fn never_panics_and_never_yields_nonsense(text in any::<String>()) {
            if let Ok(i) = parse(&text) {
                prop_assert!(i.start.is_finite() && i.end.is_finite() && i.start <= i.end);
            }
        }

        #[test]
        fn reads_what_truths_are_written_as(a in 0.0..500.0, len in 0.0..100.0) {
            let text = Interval { start: a, end: a + len }.to_string();
            prop_assert_eq!(parse(&text).expect("reads").to_string(), text);
        }
    }
}
