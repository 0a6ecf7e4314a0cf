//! A prompt as the model takes it: ids, a position on three axes for each, and the pictures.

use crate::config::Config;
use crate::pixels::{Kind, Visual};

/// A prompt, ready to be batched.
#[derive(Debug, Clone, PartialEq)]
pub struct Prompt {
    /// Tokens.
    pub ids: Vec<u32>,
    /// Time, row and column position of each token.
    pub positions: Vec<[i32; 3]>,
    /// Position of the first token after it, on all axes: one more than the largest so far.
    pub next: i32,
    /// Images and clips in the order in which they appear.
    pub visuals: Vec<Visual>,
}

/// Why ids and pictures are no prompt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PromptError {
    /// Nothing to go on from.
    #[error("the prompt has no tokens")]
    Empty,
    /// Longer than the model can read.
    #[error("the prompt has {tokens} tokens, the model's context is {context}")]
    Long {
        /// Tokens of the prompt.
        tokens: usize,
        /// `max_position_embeddings`.
        context: usize,
    },
    /// An id without an embedding.
    #[error("token {index} has id {id}, the model has {vocab} embeddings")]
    Id {
        /// Which token, from 0.
        index: usize,
        /// Its id.
        id: u32,
        /// Rows of the embedding table.
        vocab: usize,
    },
    /// Pads and features do not match in number.
    #[error("the prompt has {pads} tokens for pictures, the pictures have {features}")]
    Count {
        /// Pad tokens.
        pads: usize,
        /// Tokens of all pictures.
        features: usize,
    },
    /// The pads of a temporal patch are interrupted, or of the wrong kind.
    #[error("token {index} should begin {tokens} pads of {kind:?} in a row")]
    Run {
        /// Which token, from 0.
        index: usize,
        /// Tokens of the temporal patch.
        tokens: usize,
        /// What is given for this place.
        kind: Kind,
    },
    /// The rows of a picture do not fit its grid, or the grid not the model.
    #[error("picture {index} has {values} values in a grid of {t} x {h} x {w} patches")]
    Grid {
        /// Which picture, from 0.
        index: usize,
        /// Number of values.
        values: usize,
        /// Temporal patches.
        t: usize,
        /// Patch rows.
        h: usize,
        /// Patch columns.
        w: usize,
    },
}

impl Prompt {
    /// Gives every token its place. Text moves on by one on all axes; an image, or one temporal patch of a clip, keeps
    /// its time, spreads over rows and columns, and what follows comes after its longer side.
    ///
    /// # Errors
    /// [`PromptError`] where ids, pictures and model do not fit together.
    pub fn new(ids: Vec<u32>, visuals: Vec<Visual>, config: &Config) -> Result<Self, PromptError> {
        let (context, vocab) = (config.text.context, config.text.vocab);
        if ids.is_empty() {
            return Err(PromptError::Empty);
        }
        if ids.len() > context {
            return Err(PromptError::Long { tokens: ids.len(), context });
        }
        if let Some((index, &id)) = ids.iter().enumerate().find(|(_, id)| **id as usize >= vocab) {
            return Err(PromptError::Id { index, id, vocab });
        }
        let merge = config.vision.merge.max(1);
        for (index, v) in visuals.iter().enumerate() {
            let (g, values) = (v.grid, v.patches.len());
            let whole = |n: usize| n > 0 && n.is_multiple_of(merge);
            let rows = g.h.checked_mul(g.w).and_then(|n| n.checked_mul(g.t));
            let wanted = rows.and_then(|n| n.checked_mul(config.vision.patch_values()));
            if g.t == 0 || !whole(g.h) || !whole(g.w) || wanted != Some(values) {
                return Err(PromptError::Grid { index, values, t: g.t, h: g.h, w: g.w });
            }
        }
        let features = visuals.iter().map(|v| v.grid.patches() / (merge * merge)).sum();
        let pads = ids.iter().filter(|id| config.tokens.is_visual(**id)).count();
        if pads != features {
            return Err(PromptError::Count { pads, features });
        }
        let mut positions = Vec::with_capacity(ids.len());
        let mut groups = visuals.iter().flat_map(|v| std::iter::repeat_n(v, v.grid.t));
        let mut next = 0;
        while let Some(&id) = ids.get(positions.len()) {
            if !config.tokens.is_visual(id) {
                positions.push([next; 3]);
                next += 1;
                continue;
            }
            // The counts are equal, so pads never outnumber groups unless a run was cut, which is refused below.
            let Some(group) = groups.next() else { return Err(PromptError::Count { pads, features }) };
            let (rows, columns) = (group.grid.h / merge, group.grid.w / merge);
            let pad = match group.kind {
                Kind::Image => config.tokens.image_pad,
                Kind::Clip => config.tokens.video_pad,
            };
            let (index, tokens) = (positions.len(), rows * columns);
            let run = ids.get(index..index + tokens).unwrap_or_default();
            if run.len() != tokens || run.iter().any(|id| *id != pad) {
                return Err(PromptError::Run { index, tokens, kind: group.kind });
            }
            // Sides are at most the number of tokens, which the context bounds.
            for row in 0..rows as i32 {
                positions.extend((0..columns as i32).map(|column| [next, next + row, next + column]));
            }
            next += rows.max(columns) as i32;
        }
        Ok(Self { ids, positions, next, visuals })
    }

    /// Tokens that stand for pictures.
    #[must_use]
    pub fn features(&self, config: &Config) -> usize {
        self.ids.iter().filter(|id| config.tokens.is_visual(**id)).count()
    }
}
