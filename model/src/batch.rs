//! Prompts and answers laid out for one forward pass.
//!
//! The answers of a group share their prompt: a row is the prompt, padded on the left, followed by the answers
//! side by side, each of which sees the prompt and itself but not the others. One prompt's pictures and words
//! are therefore computed once, however many answers are scored.

use burn::tensor::{Device, Int, Tensor, TensorData};

use crate::processor::Prompt;
use crate::tokenizer::{PAD, VIDEO_PAD};

/// Added to the score of a key that must not be seen.
pub const HIDDEN: f32 = -1e9;

/// Which keys each of a row's queries may see, built up on the host.
#[derive(Debug)]
pub struct Mask {
    values: Vec<f32>,
    queries: usize,
    keys: usize,
}

impl Mask {
    /// Nothing is visible yet.
    #[must_use]
    pub fn new(batch: usize, queries: usize, keys: usize) -> Self {
        Self { values: vec![HIDDEN; batch * queries * keys], queries, keys }
    }

    /// Lets a query see keys `from..to`.
    pub fn show(&mut self, row: usize, query: usize, from: usize, to: usize) {
        let start = (row * self.queries + query) * self.keys;
        self.values[start + from..start + to].fill(0.0);
    }

    /// As a tensor `[batch, 1, queries, keys]`.
    #[must_use]
    pub fn tensor(self, device: &Device) -> Tensor<4> {
        let batch = self.values.len() / (self.queries * self.keys).max(1);
        Tensor::from_data(TensorData::new(self.values, [batch, 1, self.queries, self.keys]), device)
    }
}

/// A batch on the host, before tensors are made of it.
#[derive(Debug)]
pub struct Batch {
    /// Row-major tokens, `rows * length`.
    pub ids: Vec<u32>,
    /// Row-major positions.
    pub positions: Vec<[i32; 3]>,
    /// Number of rows: one per prompt.
    pub rows: usize,
    /// Length of every row.
    pub length: usize,
    /// Length of the padded prompt part.
    pub prompt_length: usize,
    /// Places of each answer.
    pub slots: usize,
    /// Padding before each prompt.
    pub padding: Vec<usize>,
    /// All patches of all prompts, in row order.
    pub patches: Vec<f32>,
    /// Number of temporal patches.
    pub segments: usize,
    /// Patch rows and columns of each.
    pub grid: [usize; 2],
    /// For every answer token: the flat index of the place that predicts it, and the token.
    pub targets: Vec<(i32, u32)>,
}

impl Batch {
    /// Lays out prompts with the answers of each (all groups of one size, answers of any length).
    #[must_use]
    pub fn new(prompts: &[&Prompt], answers: &[Vec<Vec<u32>>]) -> Self {
        let prompt_length = prompts.iter().map(|p| p.ids.len()).max().unwrap_or(0);
        let group = answers.first().map_or(0, Vec::len);
        // The last token of an answer is predicted but never read.
        let slot = answers.iter().flatten().map(|a| a.len().saturating_sub(1)).max().unwrap_or(0);
        let length = prompt_length + group * slot;
        let mut batch = Self {
            ids: vec![PAD; prompts.len() * length],
            positions: vec![[0; 3]; prompts.len() * length],
            rows: prompts.len(),
            length,
            prompt_length,
            slots: slot,
            padding: Vec::new(),
            patches: Vec::new(),
            segments: 0,
            grid: prompts.first().map_or([0, 0], |p| p.grid),
            targets: Vec::new(),
        };
        for (row, prompt) in prompts.iter().enumerate() {
            let padding = prompt_length - prompt.ids.len();
            let start = row * length + padding;
            batch.ids[start..start + prompt.ids.len()].copy_from_slice(&prompt.ids);
            batch.positions[start..start + prompt.ids.len()].copy_from_slice(&prompt.positions);
            batch.padding.push(padding);
            batch.patches.extend_from_slice(&prompt.patches);
            batch.segments += prompt.segments;
            let answers = answers.get(row).map_or(&[][..], Vec::as_slice);
            for (g, answer) in answers.iter().enumerate() {
                let first = row * length + prompt_length + g * slot;
                for (t, &id) in answer.iter().enumerate() {
                    let from = if t == 0 { row * length + prompt_length - 1 } else { first + t - 1 };
                    batch.targets.push((from as i32, id));
                    if t + 1 < answer.len() {
                        batch.ids[first + t] = id;
                        batch.positions[first + t] = [prompt.next + t as i32; 3];
                    }
                }
            }
        }
        batch
    }

    /// Causal within the prompt; an answer sees its prompt and its own past. Padding sees itself only, so that
    /// no row of scores is empty.
    #[must_use]
    pub fn mask(&self) -> Mask {
        let mut mask = Mask::new(self.rows, self.length, self.length);
        let tail = self.length - self.prompt_length;
        for (row, &padding) in self.padding.iter().enumerate() {
            for q in 0..self.prompt_length {
                mask.show(row, q, if q < padding { q } else { padding }, q + 1);
            }
            for i in 0..tail {
                let q = self.prompt_length + i;
                let own = q - i % self.slots.max(1);
                mask.show(row, q, padding, self.prompt_length);
                mask.show(row, q, own, q + 1);
            }
        }
        mask
    }

    /// For each token, where its input vector stands in the table of embeddings followed by visual features.
    #[must_use]
    pub fn input_rows(&self, vocab: usize) -> Vec<i32> {
        let mut visual = 0;
        let mut place = |id: u32| {
            if id == VIDEO_PAD {
                visual += 1;
                (vocab + visual - 1) as i32
            } else {
                id as i32
            }
        };
        self.ids.iter().map(|&id| place(id)).collect()
    }

    /// For each token, 0, or from 1 its place among the visual features.
    #[must_use]
    pub fn visual_rows(&self) -> Vec<i32> {
        let mut visual = 0;
        let mut place = |id: u32| {
            visual += i32::from(id == VIDEO_PAD);
            if id == VIDEO_PAD { visual } else { 0 }
        };
        self.ids.iter().map(|&id| place(id)).collect()
    }
}

/// A column of integers on a device.
#[must_use]
pub fn indices(values: Vec<i32>, device: &Device) -> Tensor<1, Int> {
    let n = values.len();
    Tensor::from_data(TensorData::new(values, [n]), device)
}
