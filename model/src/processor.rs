//! From an item to what the model reads: tokens, three-axis positions and patch rows.
//!
//! The layout is Qwen3-VL's: every two frames form a temporal patch, announced by the mean of their times and
//! bracketed by vision markers; patches are listed so that the 2 × 2 that become one token are neighbours; and
//! a temporal patch advances the position by the longer side of its token grid.

use scrubjay_core::frame::{Clip, Frame};
use scrubjay_core::item::Item;
use scrubjay_core::prompt::Piece;

use crate::config::{MERGE, TEMPORAL_PATCH};
use crate::tokenizer::{IM_END, IM_START, VIDEO_PAD, VISION_END, VISION_START, encode};

/// A prompt, ready to be batched.
#[derive(Debug, Clone)]
pub struct Prompt {
    /// Tokens.
    pub ids: Vec<u32>,
    /// Time, row and column position of each token.
    pub positions: Vec<[i32; 3]>,
    /// Position of the first answer token, on all axes.
    pub next: i32,
    /// Patch rows, one after the other: channel, frame of the pair, row, column; values in `[-1, 1]`.
    pub patches: Vec<f32>,
    /// Number of temporal patches.
    pub segments: usize,
    /// Patch rows and columns of every temporal patch.
    pub grid: [usize; 2],
}

/// Why an item cannot be shown to a model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProcessorError {
    /// The pictures do not split into whole merged patches.
    #[error("a picture of {width}x{height} does not split into 2 x 2 groups of patches of {patch} pixels")]
    Size {
        /// Picture width.
        width: u32,
        /// Picture height.
        height: u32,
        /// Patch side.
        patch: usize,
    },
    /// A clip without frames.
    #[error("a clip of the item has no frames")]
    Empty,
}

/// Reads an item with patches of `patch` pixels.
///
/// # Errors
/// [`ProcessorError`] when the pictures do not fit the patches.
pub fn process(item: &Item, patch: usize) -> Result<Prompt, ProcessorError> {
    let first = item.clips.first().and_then(|c| c.frames.first()).ok_or(ProcessorError::Empty)?;
    let (width, height) = (first.width, first.height);
    let unit = (patch * MERGE).max(1);
    if !(width as usize).is_multiple_of(unit) || !(height as usize).is_multiple_of(unit) {
        return Err(ProcessorError::Size { width, height, patch });
    }
    let grid = [height as usize / patch, width as usize / patch];
    let mut prompt = Prompt { ids: vec![], positions: vec![], next: 0, patches: vec![], segments: 0, grid };
    if !item.prompt.system.is_empty() {
        prompt.text(&[IM_START]);
        prompt.text(&encode(&item.prompt.system));
        prompt.text(&[IM_END]);
    }
    prompt.text(&[IM_START]);
    for piece in &item.prompt.user {
        match piece {
            Piece::Text(text) => prompt.text(&encode(text)),
            Piece::Clip(i) => prompt.clip(item.clips.get(*i).ok_or(ProcessorError::Empty)?, patch),
        }
    }
    prompt.text(&[IM_END, IM_START]);
    prompt.text(&encode(&item.prompt.prefix));
    Ok(prompt)
}

impl Prompt {
    fn text(&mut self, ids: &[u32]) {
        for &id in ids {
            self.ids.push(id);
            self.positions.push([self.next; 3]);
            self.next += 1;
        }
    }

    fn clip(&mut self, clip: &Clip, patch: usize) {
        for (frames, times) in clip.frames.chunks(TEMPORAL_PATCH).zip(clip.shown.chunks(TEMPORAL_PATCH)) {
            let mean = times.iter().sum::<f64>() / times.len() as f64;
            self.text(&encode(&format!("<{mean:.1} seconds>")));
            self.text(&[VISION_START]);
            let [rows, columns] = self.grid.map(|side| side / MERGE);
            for row in 0..rows {
                for column in 0..columns {
                    self.ids.push(VIDEO_PAD);
                    self.positions.push([self.next, self.next + row as i32, self.next + column as i32]);
                }
            }
            self.next += rows.max(columns) as i32;
            self.text(&[VISION_END]);
            self.segments += 1;
            // An odd last frame stands for its missing neighbour, too.
            let pair = [&frames[0], frames.last().unwrap_or(&frames[0])];
            patchify(&pair, patch, &mut self.patches);
        }
    }
}

/// Appends the patch rows of one temporal patch, merge groups together.
fn patchify(pair: &[&Frame; TEMPORAL_PATCH], patch: usize, out: &mut Vec<f32>) {
    let (width, height) = (pair[0].width as usize, pair[0].height as usize);
    let group = patch * MERGE;
    for top in (0..height).step_by(group) {
        for left in (0..width).step_by(group) {
            for inner in 0..MERGE * MERGE {
                let (y0, x0) = (top + inner / MERGE * patch, left + inner % MERGE * patch);
                for channel in 0..3 {
                    for frame in pair {
                        for y in y0..y0 + patch {
                            for x in x0..x0 + patch {
                                let value = frame.rgb[(y * width + x) * 3 + channel];
                                out.push((f32::from(value) - 127.5) / 127.5);
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scrubjay_core::item::realize_scene;
    use scrubjay_core::link;
    use scrubjay_core::recipe::Size;
    use scrubjay_core::task::TaskName;

    #[test]
    fn a_jigsaw_is_laid_out_clip_by_clip() {
        let mut recipe = link::recipe(TaskName::Jigsaw, 3).expect("draws");
        recipe.size = Size { width: 64, height: 32 };
        let item = realize_scene(&recipe).expect("realizes");
        let p = process(&item, 16).expect("fits");
        assert_eq!(p.segments, 24, "48 frames in pairs");
        let visual = p.ids.iter().filter(|&&id| id == VIDEO_PAD).count();
        assert_eq!(visual, 24 * 2, "two tokens per temporal patch");
        assert_eq!(p.patches.len(), 24 * 8 * 3 * 2 * 16 * 16);
        assert_eq!(p.positions.len(), p.ids.len());
        assert!(p.patches.iter().all(|v| (-1.0..=1.0).contains(v)));
    }

    #[test]
    fn pictures_that_do_not_split_are_refused() {
        let mut recipe = link::recipe(TaskName::Jigsaw, 3).expect("draws");
        recipe.size = Size { width: 40, height: 32 };
        let item = realize_scene(&recipe).expect("realizes");
        assert!(matches!(process(&item, 16), Err(ProcessorError::Size { width: 40, .. })));
    }
}
