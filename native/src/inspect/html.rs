//! The parts of a page: escaped text, data in addresses, and the frame around all pages.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// A text as HTML shows it: nothing in it is read as markup, in an element or in a quoted attribute.
pub(super) struct Text<T>(pub(super) T);

impl<T: fmt::Display> fmt::Display for Text<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write as _;
        struct Escape<'a, 'b>(&'a mut fmt::Formatter<'b>);
        impl fmt::Write for Escape<'_, '_> {
            fn write_str(&mut self, text: &str) -> fmt::Result {
                for c in text.chars() {
                    match c {
                        '&' => self.0.write_str("&amp;")?,
                        '<' => self.0.write_str("&lt;")?,
                        '>' => self.0.write_str("&gt;")?,
                        '"' => self.0.write_str("&quot;")?,
                        '\'' => self.0.write_str("&#39;")?,
                        // No such character may stand in a page.
                        c if c.is_control() && !matches!(c, '\n' | '\t') => self.0.write_str("\u{fffd}")?,
                        c => self.0.write_char(c)?,
                    }
                }
                Ok(())
            }
        }
        write!(Escape(f), "{}", self.0)
    }
}

/// Bytes as base64 (RFC 4648, padded).
pub(super) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let at = |i: usize| u32::from(three.get(i).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for place in 0..4 {
            let digit = (bits >> (18 - 6 * place)) & 63;
            out.push(if place <= three.len() { char::from(DIGITS[digit as usize]) } else { '=' });
        }
    }
    out
}

/// The site's style, so that pages are of one family with it, and what only these pages need.
const STYLE: &str = concat!(include_str!("../../../public/style.css"), include_str!("page.css"));
const SCRIPT: &str = include_str!("page.js");

/// The patterns that tell marks apart without colour; drawn in the colour of the text around them.
const PATTERNS: &str = r##"<svg class="patterns" width="0" height="0" aria-hidden="true" focusable="false"><defs>
<pattern id="truth" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="4" height="8" fill="currentColor"/></pattern>
<pattern id="said" width="6" height="6" patternUnits="userSpaceOnUse"><circle cx="3" cy="3" r="1.8" fill="currentColor"/></pattern>
</defs></svg>"##;

/// A whole page. `title` is text, `body` is HTML.
pub(super) fn page(title: &str, body: &str) -> String {
    let hash = |text: &str| base64(&Sha256::digest(text.as_bytes()));
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src \
         'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'\">\n\
         <title>{title} - Scrubjay</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{PATTERNS}\n\
         <header><span class=\"brand\">Scrubjay</span></header>\n<main>\n<h1>{title}</h1>\n{body}</main>\n\
         <footer>Written by scrubjay {}, generator version {}. This page needs no network.</footer>\n\
         <script>{SCRIPT}</script>\n</body>\n</html>\n",
        hash(STYLE),
        hash(SCRIPT),
        env!("CARGO_PKG_VERSION"),
        scrubjay_core::GENERATOR_VERSION,
        title = Text(title),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_standard() {
        for (bytes, text) in
            [("", ""), ("a", "YQ=="), ("ab", "YWI="), ("abc", "YWJj"), ("abcdef", "YWJjZGVm")]
        {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
        assert_eq!(base64(&[0xfb, 0xff, 0xbf]), "+/+/");
    }

    #[test]
    fn no_text_becomes_markup() {
        assert_eq!(
            Text("</pre><script>'\"&\u{1b}").to_string(),
            "&lt;/pre&gt;&lt;script&gt;&#39;&quot;&amp;\u{fffd}"
        );
    }
}
