//! Reading text as the published Python code does, where a reward's value depends on it.

/// Python's idea of white space: Unicode's, and the four ASCII separators U+001C to U+001F.
#[must_use]
pub fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// `str.strip()`.
#[must_use]
pub fn strip(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// `str.split()`: the words between runs of white space.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(is_space).filter(|w| !w.is_empty())
}

/// The value of a Unicode decimal digit (category Nd), as `\d` and `float` take them.
#[must_use]
pub fn digit(c: char) -> Option<u8> {
    let code = c as u32;
    let at = ZEROS.partition_point(|&zero| zero <= code).checked_sub(1)?;
    u8::try_from(code - ZEROS[at]).ok().filter(|d| *d < 10)
}

/// The runs of decimal digits in a text (`re.findall(r"\d+", text)`), in ASCII.
#[must_use]
pub fn digit_runs(text: &str) -> Vec<String> {
    let mut runs: Vec<String> = Vec::new();
    let mut open = false;
    for c in text.chars() {
        match (digit(c), runs.last_mut()) {
            (Some(d), Some(run)) if open => run.push(char::from(b'0' + d)),
            (Some(d), _) => runs.push(char::from(b'0' + d).to_string()),
            (None, _) => {}
        }
        open = digit(c).is_some();
    }
    runs
}

/// `float(text)`: surrounding white space, digits of any script, single underscores between digits, exponents,
/// `inf`, `infinity` and `nan` in any case. `None` where Python raises.
#[must_use]
pub fn float(text: &str) -> Option<f64> {
    let mut ascii = String::with_capacity(text.len());
    // Unlike `str.strip`, `float` keeps the separators U+001C to U+001F, and then cannot read them.
    let chars: Vec<char> = text.trim_matches(char::is_whitespace).chars().collect();
    for (i, &c) in chars.iter().enumerate() {
        match digit(c) {
            Some(d) => ascii.push(char::from(b'0' + d)),
            None if c == '_' => {
                let before = i.checked_sub(1).and_then(|k| digit(chars[k]));
                let after = chars.get(i + 1).and_then(|&n| digit(n));
                before.and(after)?;
            }
            None if c.is_ascii() => ascii.push(c.to_ascii_lowercase()),
            None => return None,
        }
    }
    // Rust reads the same grammar once underscores and scripts are gone, "inf" and "nan" included.
    ascii.parse().ok()
}

/// Most digits of a text that `int` reads.
const DIGITS: usize = 4300;

/// `str(int(text.strip()))`: surrounding white space, a sign, digits of any script, single underscores between them; a number of
/// any size, as its own shortest text. `None` where Python raises.
#[must_use]
pub fn int(text: &str) -> Option<String> {
    let text = strip(text);
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let mut ascii = String::new();
    let mut last = None;
    for c in digits.chars() {
        match digit(c) {
            Some(d) => ascii.push(char::from(b'0' + d)),
            None if c == '_' && last.is_some_and(|l| digit(l).is_some()) => {}
            None => return None,
        }
        last = Some(c);
    }
    last.filter(|c| *c != '_').filter(|_| ascii.len() <= DIGITS)?;
    Some(match ascii.trim_start_matches('0') {
        "" => "0".to_owned(),
        digits => format!("{sign}{digits}"),
    })
}

/// `str(x)` of a float: the shortest digits that read back, with an exponent from 1e16 on and below 1e-4.
#[must_use]
pub fn float_repr(x: f64) -> String {
    if x.is_nan() {
        return "nan".to_owned();
    }
    if x.is_infinite() {
        return if x > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let scientific = format!("{x:e}");
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if x != 0.0 && !(-4..16).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{mantissa}e{sign}{:02}", exponent.abs());
    }
    let plain = format!("{x}");
    if plain.contains('.') { plain } else { format!("{plain}.0") }
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

    #[test]
    fn floats_as_python_reads_them() {
        for (text, value) in [
            (" 1_0.5 ", Some(10.5)),
            ("1E1", Some(10.0)),
            (".5", Some(0.5)),
            ("5.", Some(5.0)),
            ("-Infinity", Some(f64::NEG_INFINITY)),
            ("١٤.٥", Some(14.5)),
            ("1__0", None),
            ("_1", None),
            ("1_", None),
            ("1_.5", None),
            ("0x10", None),
            ("", None),
            ("1 2", None),
            ("¹", None),
            ("\u{1c}1", None),
            ("\u{3000}1\u{85}", Some(1.0)),
        ] {
            assert_eq!(float(text), value, "{text:?}");
        }
        assert!(float("NaN").is_some_and(f64::is_nan));
    }

    #[test]
    fn ints_as_python_reads_them() {
        for (text, value) in [
            (" +2 ", Some("2")),
            ("\u{1c}2", Some("2")),
            ("-1_0", Some("-10")),
            ("-0", Some("0")),
            ("007", Some("7")),
            ("３", Some("3")),
            ("1__0", None),
            ("_1", None),
            ("1_", None),
            ("", None),
            ("+-1", None),
            ("1.0", None),
        ] {
            assert_eq!(int(text).as_deref(), value, "{text:?}");
        }
        let large = "9".repeat(DIGITS);
        assert_eq!(int(&large).as_deref(), Some(&large[..]));
        assert_eq!(int(&format!("{large}9")), None);
    }

    #[test]
    fn floats_as_python_writes_them() {
        for (x, text) in [
            (8.0, "8.0"),
            (0.1, "0.1"),
            (1e16, "1e+16"),
            (1.5e16, "1.5e+16"),
            (1e15, "1000000000000000.0"),
            (1e-4, "0.0001"),
            (1e-5, "1e-05"),
            (1e300, "1e+300"),
            (0.0, "0.0"),
        ] {
            assert_eq!(float_repr(x), text);
        }
    }

    #[test]
    fn digit_runs_of_any_script() {
        assert_eq!(digit_runs("a12,٣ ②x3"), ["12", "3", "3"]);
        assert!(digit_runs("none").is_empty());
    }
}
