//! `start-end` in seconds, as VideoSSR's grounding reward reads it.

use super::ParseFailure;
use crate::time::Interval;

/// Reads `^\s*([\d\.]+)\s*-\s*([\d\.]+)\s*$` as the public reward does: no sign, no unit, no other dash.
///
/// Decimal digits of any script count, because Python's `\d` and `float` take them.
///
/// # Errors
/// [`ParseFailure`]; a number too large to be finite is a failure (there it poisons the reward with NaN).
pub fn parse(text: &str) -> Result<Interval, ParseFailure> {
    let text = text.trim_matches(is_space);
    if text.is_empty() {
        return Err(ParseFailure::Empty);
    }
    let (start, end) = text.split_once('-').ok_or(ParseFailure::Form)?;
    let start = number(start.trim_end_matches(is_space))?;
    let end = number(end.trim_start_matches(is_space))?;
    if start > end { Err(ParseFailure::Reversed) } else { Ok(Interval { start, end }) }
}

/// Python's idea of white space: Unicode's, and the four ASCII separators U+001C to U+001F.
pub(crate) fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
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

/// The value of a Unicode decimal digit (category Nd).
fn digit(c: char) -> Option<u8> {
    let code = c as u32;
    let at = ZEROS.partition_point(|&zero| zero <= code).checked_sub(1)?;
    u8::try_from(code - ZEROS[at]).ok().filter(|d| *d < 10)
}

/// Code points of the zero of every decimal digit block (Unicode 14, category Nd, as in Python 3.11).
#[rustfmt::skip]
const ZEROS: [u32; 66] = [
    0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6,
    0xe50, 0xed0, 0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0,
    0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10, 0x104a0, 0x10d30,
    0x11066, 0x110f0, 0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x11730, 0x118e0,
    0x11950, 0x11c50, 0x11d50, 0x11da0, 0x16a60, 0x16ac0, 0x16b50, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec,
    0x1d7f6, 0x1e140, 0x1e2f0, 0x1e950, 0x1fbf0,
];

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
