//! Painting the shapes of object counting.

use scrubjay_core::frame::Frame;
use scrubjay_core::perturb::shape::{Shape, Sprite, runs};

use crate::batch::plain;
use crate::error::GpuError;
use crate::gpu::{Gpu, Step};
use crate::kernel::Kernel;
use crate::layout;
use crate::resize::one_size;
use crate::rows::Rows;

impl Gpu {
    /// Paints shapes over frames of one size, in place and in order, as [`scrubjay_core::perturb::shape::draw`] does:
    /// the list at a frame's place is the frame's.
    ///
    /// # Errors
    /// [`GpuError`]; the frames are then as they were. [`GpuError::Input`] for frames of different sizes.
    pub async fn shapes(
        &self,
        shapes: &[Vec<(Shape, Sprite)>],
        frames: &mut [Frame],
    ) -> Result<(), GpuError> {
        if frames.is_empty() {
            return Ok(());
        }
        let size = one_size(frames)?;
        let rows = Rows::new(size);
        let params = layout::Shapes { width: rows.width, height: rows.height, stride: rows.stride }.bytes();
        let step = |count| Step::picture(plain(Kernel::Shapes), rows, count, params.clone());
        let most = self.at_once(rows.bytes(), &[step(1)])?;
        let mut painted = Vec::with_capacity(frames.len());
        while painted.len() < frames.len() {
            let start = painted.len();
            let mut count = most.min(frames.len() - start);
            // Runs of many tall shapes take more than small pictures.
            let table = loop {
                let table = table((start..start + count).map(|f| shapes.get(f)), rows.height);
                if count == 1 || table.len() as u64 <= self.most() {
                    break table;
                }
                count /= 2;
            };
            let batch = &frames[start..start + count];
            let bytes = rows.bytes() * count as u64;
            let step = step(count as u32).with_table(table);
            painted.extend(self.run(bytes, |put| rows.pack(batch, put), &[step], |b| rows.unpack(b)).await?);
        }
        for (to, frame) in frames.iter_mut().zip(painted) {
            *to = frame;
        }
        Ok(())
    }
}

/// Where each frame's shapes begin and end, the shapes, and their runs; see the kernel. Rows outside of the picture are
/// left out.
fn table<'a>(frames: impl Iterator<Item = Option<&'a Vec<(Shape, Sprite)>>> + Clone, height: u32) -> Vec<u8> {
    let of = |list: Option<&'a Vec<(Shape, Sprite)>>| list.map(Vec::as_slice).unwrap_or_default();
    // Places of words, in 32 bits: a table that is too large for them is too large for the device, which refuses it.
    let word = |place: usize| place as i32;
    let bounds = frames.clone().count() * 2;
    let shapes: usize = frames.clone().map(|f| of(f).len() * 4).sum();
    let mut words: Vec<i32> = Vec::new();
    let (mut heads, mut lines) = (Vec::new(), Vec::new());
    for frame in frames {
        words.push(word(bounds + heads.len()));
        for (shape, sprite) in of(frame) {
            let seen: Vec<(i32, i32, i32)> =
                runs(*shape, sprite).into_iter().filter(|r| r.0 >= 0 && (r.0 as u32) < height).collect();
            let top = seen.first().map_or(0, |r| r.0);
            let [r, g, b] = sprite.rgb;
            let colour = u32::from_le_bytes([r, g, b, 0]) as i32;
            heads.extend([top, word(seen.len()), word(bounds + shapes + lines.len()), colour]);
            lines.extend(seen.iter().flat_map(|r| [r.1, r.2]));
        }
        words.push(word(bounds + heads.len()));
    }
    words.into_iter().chain(heads).chain(lines).flat_map(i32::to_le_bytes).collect()
}
