//! Procedural scenes: endless sources with a visible arrow of time, drawn in integers.
//!
//! One file a family. A scene is a function of (family, seed, frame, size) and of nothing else, and shows the
//! same pixels on every machine.

mod canvas;
mod day;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::frame::Frame;

/// The families.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// A day passes over a landscape: the sun crosses, light and sky change, a train and clouds go by.
    Day,
}

impl Family {
    /// Every family.
    pub const ALL: [Self; 1] = [Self::Day];

    /// The name in recipes and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An unknown family name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown scene family '{0}'; known: day")]
pub struct UnknownFamily(String);

impl FromStr for Family {
    type Err = UnknownFamily;

    fn from_str(name: &str) -> Result<Self, UnknownFamily> {
        Self::ALL.into_iter().find(|f| f.name() == name).ok_or_else(|| UnknownFamily(name.to_owned()))
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
