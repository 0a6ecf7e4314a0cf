//! Micro-batches: how many prompts go through the model at once, bounded by tokens.

use std::ops::Range;

/// Tokens of a prompt and of its answers, as they are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Tokens of the prompt, pictures included.
    pub prompt: usize,
    /// Answers of the prompt.
    pub group: usize,
    /// Tokens of its longest answer.
    pub answer: usize,
}

/// Cuts a list into runs of neighbours that hold at most `most` tokens each when all are padded to the longest of their
/// run; one alone may hold more. 0 is no bound.
#[must_use]
pub fn parts(sizes: &[Size], most: usize) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let (mut from, mut wide) = (0, Size { prompt: 0, group: 0, answer: 0 });
    for (i, size) in sizes.iter().enumerate() {
        let padded = Size {
            prompt: wide.prompt.max(size.prompt),
            group: wide.group.max(size.group),
            answer: wide.answer.max(size.answer),
        };
        let tokens = (i + 1 - from).saturating_mul(padded.prompt + padded.group * padded.answer);
        if most > 0 && i > from && tokens > most {
            parts.push(from..i);
            (from, wide) = (i, *size);
        } else {
            wide = padded;
        }
    }
    if from < sizes.len() {
        parts.push(from..sizes.len());
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_cover_all_and_stay_below_the_bound() {
        let sizes: Vec<Size> =
            (0..40).map(|i| Size { prompt: 10 + i * 7 % 23, group: 4, answer: 1 + i % 5 }).collect();
        for most in [0, 1, 60, 200, 100_000] {
            let parts = parts(&sizes, most);
            assert_eq!(parts.iter().flat_map(Clone::clone).collect::<Vec<_>>(), (0..40).collect::<Vec<_>>());
            for part in parts.iter().filter(|p| most > 0 && p.len() > 1) {
                let run = &sizes[part.clone()];
                let wide = |f: fn(&Size) -> usize| run.iter().map(f).max().unwrap_or(0);
                assert!(run.len() * (wide(|s| s.prompt) + 4 * wide(|s| s.answer)) <= most);
            }
        }
        assert_eq!(parts(&sizes, 0).len(), 1);
        assert!(parts(&[], 5).is_empty());
    }
}
