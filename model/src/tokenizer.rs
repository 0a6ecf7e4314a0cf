//! The toy's tokens: printable ASCII characters, a few markers, and ` seconds>` as one token, since it closes
//! every time stamp.

/// Padding; never attended to.
pub const PAD: u32 = 0;
/// Opens a message.
pub const IM_START: u32 = 1;
/// Closes a message; an answer ends with it.
pub const IM_END: u32 = 2;
/// Before the tokens of one temporal patch.
pub const VISION_START: u32 = 3;
/// After the tokens of one temporal patch.
pub const VISION_END: u32 = 4;
/// Stands where a visual feature is put.
pub const VIDEO_PAD: u32 = 5;
const SECONDS: u32 = 6;
const NEWLINE: u32 = 7;
const FIRST_CHARACTER: u32 = 8;
const STAMP_END: &str = " seconds>";

/// Number of tokens.
pub const VOCABULARY: usize = FIRST_CHARACTER as usize + 95;

/// Text to tokens. Characters outside printable ASCII become `?`.
#[must_use]
pub fn encode(text: &str) -> Vec<u32> {
    let mut ids = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix(STAMP_END) {
            ids.push(SECONDS);
            rest = after;
            continue;
        }
        ids.push(match c {
            '\n' => NEWLINE,
            ' '..='~' => FIRST_CHARACTER + (c as u32 - 32),
            _ => FIRST_CHARACTER + ('?' as u32 - 32),
        });
        rest = &rest[c.len_utf8()..];
    }
    ids
}

/// Tokens to text; markers vanish.
#[must_use]
pub fn decode(ids: &[u32]) -> String {
    let mut text = String::new();
    for &id in ids {
        match id {
            SECONDS => text.push_str(STAMP_END),
            NEWLINE => text.push('\n'),
            FIRST_CHARACTER.. => text.extend(char::from_u32(id - FIRST_CHARACTER + 32)),
            _ => {}
        }
    }
    text
}

/// Whether a policy may emit a token: the end, or something that is text.
#[must_use]
pub fn may_emit(id: u32) -> bool {
    id == IM_END || id >= SECONDS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ascii_round_trips_and_stamps_are_short() {
        let text = "<3.2 seconds>a-Z~ 0\n";
        assert_eq!(decode(&encode(text)), text);
        assert_eq!(encode("<3.2 seconds>").len(), 5);
        assert!(encode("ünï").iter().all(|&id| (id as usize) < VOCABULARY));
    }

    #[test]
    fn visual_markers_are_forbidden() {
        for id in [PAD, IM_START, VISION_START, VISION_END, VIDEO_PAD] {
            assert!(!may_emit(id));
        }
        assert!(may_emit(IM_END) && encode("7").into_iter().all(may_emit));
    }
}
