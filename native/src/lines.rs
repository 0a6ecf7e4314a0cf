//! Lines of JSON as other programs write them.

use serde_json::Value;

/// A line without the mark of its encoding with which some editors begin a file.
#[must_use]
pub fn unmarked(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// A line as JSON. Halves of surrogate pairs, which are no characters and which Python writes as it was given them, are each read as
/// U+FFFD.
///
/// # Errors
/// What is wrong with it.
pub fn json(bytes: &[u8]) -> serde_json::Result<Value> {
    let bytes = unmarked(bytes);
    serde_json::from_slice(bytes).or_else(|error| {
        let text = std::str::from_utf8(bytes).ok().filter(|text| text.contains("\\u"));
        text.map_or(Err(error), |text| serde_json::from_str(&whole_characters(text)))
    })
}

/// A JSON text in which halves of surrogate pairs are written as U+FFFD.
fn whole_characters(text: &str) -> String {
    let half = |at: usize, kind: std::ops::RangeInclusive<u32>| {
        let code = text.get(at..).and_then(|t| t.strip_prefix("\\u")).and_then(|t| t.get(..4));
        code.and_then(|c| u32::from_str_radix(c, 16).ok()).is_some_and(|c| kind.contains(&c))
    };
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(step) = text[at..].find('\\') {
        let escape = at + step;
        out.push_str(&text[at..escape]);
        let (high, low) = (half(escape, 0xd800..=0xdbff), half(escape, 0xdc00..=0xdfff));
        let length = if high && half(escape + 6, 0xdc00..=0xdfff) {
            12
        } else if high || low {
            6
        } else {
            // The escape with the character after it, so that an escaped backslash begins nothing.
            1 + text[escape + 1..].chars().next().map_or(0, char::len_utf8)
        };
        let escaped = &text[escape..escape + length];
        out.push_str(if length == 6 { "\\ufffd" } else { escaped });
        at = escape + length;
    }
    out.push_str(&text[at..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_of_pairs_are_read_as_no_character() {
        for (line, read) in [
            (r#""3,1,4\ud800""#, "3,1,4\u{fffd}"),
            (r#""\udc00\ud800x""#, "\u{fffd}\u{fffd}x"),
            (r#""\ud83d\ude00 \ud83d""#, "\u{1f600} \u{fffd}"),
            (r#""\\ud800 \ud800""#, "\\ud800 \u{fffd}"),
            (r#""\ud800\u0041""#, "\u{fffd}A"),
        ] {
            assert_eq!(json(line.as_bytes()).expect(line), Value::from(read), "{line}");
        }
        for line in [r#""\ud800"#, r#""\ud8"#, r#""\"#, "\\u", r#""\ud8é0""#] {
            assert!(json(line.as_bytes()).is_err(), "{line}");
        }
        assert_eq!(json(b"\xef\xbb\xbf1").expect("a number"), Value::from(1));
    }
}
