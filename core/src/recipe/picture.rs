//! How large an item's pictures are.

use serde::{Deserialize, Serialize};

use super::RecipeError;
use crate::source::qwen;

/// A picture size in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Size {
    /// Width, 1..=8192.
    pub width: u32,
    /// Height, 1..=8192.
    pub height: u32,
}

impl Size {
    /// The size at which a film of this one is shown: even sides in its aspect, of about so many pixels, not
    /// enlarged but for rounding; from 16 to 1024 each, whatever its aspect.
    #[must_use]
    pub fn shown(self, pixels: u32) -> Self {
        let (width, height) = (f64::from(self.width.max(1)), f64::from(self.height.max(1)));
        let scale = (f64::from(pixels) / (width * height)).sqrt().min(1.0);
        let even = |side: f64| ((side * scale / 2.0).round() as u32 * 2).clamp(16, 1024);
        Self { width: even(width), height: even(height) }
    }
}

/// How the size of an item's pictures follows from its source's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "fit", deny_unknown_fields)]
pub enum Picture {
    /// This size, whatever the source's aspect.
    Exact {
        /// Width.
        width: u32,
        /// Height.
        height: u32,
    },
    /// The source's aspect, sides multiples of 32 (Qwen3-VL's patch times merge), area within bounds.
    Area {
        /// Smallest area in pixels.
        min_pixels: u32,
        /// Largest area in pixels.
        max_pixels: u32,
    },
    /// As Qwen3-VL's processor sizes a clip: the bounds are of width × height × frames.
    Clip {
        /// Fewest pixels of the clip.
        min_pixels: u32,
        /// Most pixels of the clip.
        max_pixels: u32,
    },
    /// As `qwen-vl-utils` sizes a clip: bounds of each picture, and a budget that the clip's pictures share.
    Utils {
        /// Smallest area in pixels.
        min_pixels: u32,
        /// Largest area in pixels.
        max_pixels: u32,
        /// Pixels of all pictures together.
        total_pixels: u64,
    },
}

impl Picture {
    /// The size of `frames` pictures of a source of `width` × `height` pixels.
    ///
    /// # Errors
    /// [`RecipeError::Aspect`] where Qwen's processor takes no pictures of such a shape.
    pub fn size(self, width: u32, height: u32, frames: u32) -> Result<Size, RecipeError> {
        let found = match self {
            Self::Exact { width, height } => return Ok(Size { width, height }),
            Self::Area { min_pixels, max_pixels } => qwen::area_size(height, width, min_pixels, max_pixels),
            Self::Clip { min_pixels, max_pixels } => {
                qwen::clip_size(frames, height, width, qwen::FACTOR, min_pixels, max_pixels)
            }
            Self::Utils { min_pixels, max_pixels, total_pixels } => {
                qwen::utils_size(frames, height, width, min_pixels, max_pixels, total_pixels)
            }
        };
        let (height, width) = found.ok_or(RecipeError::Aspect { width, height })?;
        Ok(Size { width, height })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_keep_their_aspect_on_even_sides() {
        let size = |width, height| Size { width, height }.shown(288 * 162);
        assert_eq!(size(1920, 1080), Size { width: 288, height: 162 });
        assert_eq!(size(640, 480), Size { width: 250, height: 188 });
        assert_eq!(size(1080, 1920), Size { width: 162, height: 288 });
        assert_eq!(size(100, 50), Size { width: 100, height: 50 }, "never enlarged");
        assert_eq!(size(8192, 1), Size { width: 1024, height: 16 }, "nor a line");
    }
}
