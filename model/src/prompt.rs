//! What a model reads: tokens, three-axis positions, and patches.

/// Sizes of a picture or clip in patches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid {
    /// Temporal patches.
    pub t: usize,
    /// Rows of patches.
    pub h: usize,
    /// Columns of patches.
    pub w: usize,
}

/// A picture or clip as patch rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Visual {
    /// `t * h * w` rows, those of a merge group together.
    pub patches: Vec<f32>,
    /// Its sizes.
    pub grid: Grid,
}

/// A prompt, ready to be batched.
#[derive(Debug, Clone, PartialEq)]
pub struct Prompt {
    /// Tokens.
    pub ids: Vec<u32>,
    /// Time, row and column position of each token.
    pub positions: Vec<[i32; 3]>,
    /// Position of the first answer token, on all axes.
    pub next: i32,
    /// Pictures and clips in the order of their tokens.
    pub visuals: Vec<Visual>,
}

/// temporary
#[derive(Debug)]
pub struct PromptError(pub String);
impl std::fmt::Display for PromptError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(&self.0) }
}

impl Prompt {
    /// temporary
    pub fn new(ids: Vec<u32>, visuals: Vec<Visual>, config: &crate::config::Config) -> Result<Self, PromptError> {
        let (mut positions, mut next, mut i) = (Vec::new(), 0_i32, 0);
        let m = config.vision.merge;
        let mut segments = visuals.iter().flat_map(|v| std::iter::repeat_n((v.grid.h / m, v.grid.w / m), v.grid.t));
        while i < ids.len() {
            if config.tokens.is_visual(ids[i]) {
                let (h, w) = segments.next().ok_or(PromptError("visuals".into()))?;
                for r in 0..h { for c in 0..w { positions.push([next, next + r as i32, next + c as i32]); } }
                i += h * w;
                next += h.max(w) as i32;
            } else {
                positions.push([next; 3]);
                next += 1;
                i += 1;
            }
        }
        Ok(Self { ids, positions, next, visuals })
    }
}
