//! Procedural scenes: endless sources with a visible arrow of time, drawn in integers.
//!
//! One file a family. A scene is a function of (family, seed, frame, size) and of nothing else, and shows the
//! same pixels on every machine.

mod canvas;
mod day;

use crate::frame::Frame;
use crate::named::named;

named! {
    /// The families.
    pub enum Family, "scene family",
    /// An unknown family name.
    UnknownFamily {
        /// A day passes over a landscape: the sun crosses, light and sky change, a train and clouds go by.
        Day = "day",
    }
}

/// A scene with its parameters drawn, ready to paint any frame.
#[derive(Debug, Clone)]
pub struct Scene {
    day: day::Day,
    frames: u32,
}

impl Scene {
    /// Draws the parameters of a scene that lasts `frames` frames.
    #[must_use]
    pub fn new(family: Family, seed: u64, frames: u32) -> Self {
        match family {
            Family::Day => Self { day: day::Day::new(seed), frames },
        }
    }

    /// Paints frame `index` (from 0; beyond the end, the last) at `width` × `height` pixels.
    #[must_use]
    pub fn draw(&self, index: u32, width: u32, height: u32) -> Frame {
        let last = self.frames.saturating_sub(1);
        let phase = u64::from(index.min(last)) * 65_535 / u64::from(last.max(1));
        let mut canvas = canvas::Canvas::new(width, height);
        self.day.paint(&mut canvas, phase as i32);
        canvas.finish()
    }
}
