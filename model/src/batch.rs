//! Prompts and their answers laid out for the model.
//!
//! A row is a prompt, padded on the left. The answers of its group are laid out apart, padded on the right: each
//! sees the prompt and itself. So a prompt's pictures and words are computed once, however many answers are
//! written or scored, and its keys are never copied.

use crate::pixels::Visual;
use crate::prompt::Prompt;

/// Prompts of one length.
#[derive(Debug, Clone)]
pub struct Prompts<'a> {
    /// Row-major tokens, `rows * length`.
    pub ids: Vec<u32>,
    /// Row-major positions; 0 at the padding.
    pub positions: Vec<[i32; 3]>,
    /// Length of every row.
    pub length: usize,
    /// Padding before each prompt; one entry a row.
    pub padding: Vec<usize>,
    /// Position of each row's first answer token.
    pub next: Vec<i32>,
    /// Pictures and clips in the order of their tokens.
    pub visuals: Vec<&'a Visual>,
}

impl<'a> Prompts<'a> {
    /// Pads prompts with `pad`.
    #[must_use]
    pub fn new(prompts: &[&'a Prompt], pad: u32) -> Self {
        let length = prompts.iter().map(|p| p.ids.len()).max().unwrap_or(0);
        let mut rows = Self {
            ids: Vec::with_capacity(prompts.len() * length),
            positions: Vec::with_capacity(prompts.len() * length),
            length,
            padding: Vec::with_capacity(prompts.len()),
            next: prompts.iter().map(|p| p.next).collect(),
            visuals: prompts.iter().flat_map(|p| &p.visuals).collect(),
        };
        for prompt in prompts {
            let padding = length - prompt.ids.len();
            rows.ids.extend(std::iter::repeat_n(pad, padding));
            rows.ids.extend_from_slice(&prompt.ids);
            rows.positions.extend(std::iter::repeat_n([0; 3], padding));
            rows.positions.extend_from_slice(&prompt.positions);
            rows.padding.push(padding);
        }
        rows
    }

    /// Number of prompts.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.padding.len()
    }
}

/// The answers of each prompt: groups of one size, answers of any length.
#[derive(Debug, Clone)]
pub struct Answers {
    /// Answers of each prompt.
    pub group: usize,
    /// Tokens that are read of each answer: all but its last, which is only predicted.
    pub length: usize,
    /// Row-major tokens, `rows * group * length`, padded on the right.
    pub ids: Vec<u32>,
    /// For every answer token, in order: the place that predicts it, and the token. Places `0..rows` are the ends
    /// of the prompts; the answers' places follow.
    pub targets: Vec<(usize, u32)>,
}

impl Answers {
    /// Lays out the answers of each prompt, padded with `pad`.
    #[must_use]
    pub fn new(answers: &[Vec<Vec<u32>>], pad: u32) -> Self {
        let group = answers.iter().map(Vec::len).max().unwrap_or(0);
        let length = answers.iter().flatten().map(|a| a.len().saturating_sub(1)).max().unwrap_or(0);
        let mut ids = vec![pad; answers.len() * group * length];
        let mut targets = Vec::new();
        for (row, answers_of_row) in answers.iter().enumerate() {
            for (g, answer) in answers_of_row.iter().enumerate() {
                let first = (row * group + g) * length;
                for (t, &id) in answer.iter().enumerate() {
                    let from = if t == 0 { row } else { answers.len() + first + t - 1 };
                    targets.push((from, id));
                    if t + 1 < answer.len() {
                        ids[first + t] = id;
                    }
                }
            }
        }
        Self { group, length, ids, targets }
    }
}
