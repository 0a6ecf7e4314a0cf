//! A perturbation as the integers that its pixel work comes down to, for whoever does that work elsewhere.

use super::{Kind, Perturbation, blur, colour, geometry, noise};

/// A part of a picture, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rect {
    /// Pixels to the left of it.
    pub left: u32,
    /// Pixels above it.
    pub top: u32,
    /// Width.
    pub width: u32,
    /// Height.
    pub height: u32,
}

impl Rect {
    /// All of a picture.
    #[must_use]
    pub fn whole((width, height): (u32, u32)) -> Self {
        Self { left: 0, top: 0, width, height }
    }

    /// The middle of a picture; the odd pixel is on the right and below.
    pub(super) fn centred(size: (u32, u32), (width, height): (u32, u32)) -> Self {
        let before = |side: u32, inside: u32| side.saturating_sub(inside) / 2;
        Self { left: before(size.0, width), top: before(size.1, height), width, height }
    }
}

/// What is done to one picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Each channel's distance from the luma `(19595 R + 38470 G + 7471 B + 2¹⁵) >> 16` becomes
    /// `(distance * factor + 255) >> 19`.
    Saturate {
        /// At most 10 · 2¹⁹.
        factor: i32,
    },
    /// To byte `i`, times 2¹⁶, is added `scale` times what the eight bytes of `a` and `b` sum to beyond 1020, where
    /// `a = mix(i ^ keys[0])`, `b = mix(a ^ keys[1])` and `mix` is lowbias32; held within 0 and 255 · 2¹⁶, and
    /// rounded down.
    Noise {
        /// Below 2²⁰.
        scale: i32,
        /// What is mixed in.
        keys: [u32; 2],
    },
    /// Three box blurs along rows, then three along columns: `2 * radius + 1` places of weight `inner` and one of
    /// weight `outer` at each end, in 1/2²⁴, rounded; the picture continues as it ends.
    Blur {
        /// In pixels, at most 100.
        radius: u32,
        /// Weight of the places within.
        inner: u32,
        /// Weight of each end.
        outer: u32,
    },
    /// Each channel becomes the luma.
    Grayscale,
    /// Each channel becomes its complement.
    Invert,
    /// Red and blue change places.
    ChannelSwap,
    /// Left and right change places.
    Mirror,
    /// Half a turn.
    Rotate180,
    /// The picture is turned, then part of it is resized by Lanczos onto part of a black picture of the old size.
    Fit {
        /// Clockwise quarter turns: 0, 1 or 3.
        quarters: u32,
        /// What is shown of the turned picture.
        from: Rect,
        /// Where.
        to: Rect,
    },
}

impl Perturbation {
    /// The work on frame `index` of the segment, of `size` (width and height, at least 1). `None` where the frame's
    /// pixels stay: for perturbations of time, and past the end of a list of strengths.
    #[must_use]
    pub fn work(&self, index: usize, size: (u32, u32)) -> Option<Work> {
        Some(match self {
            Self::Saturation { permille } => Work::Saturate { factor: colour::factor(*permille) },
            Self::Noise { tenths, key } => {
                let (scale, keys) = noise::numbers(tenths.at(index)?, key.wrapping_add(index as u32));
                Work::Noise { scale, keys }
            }
            Self::Blur { tenths } => Work::blur(*tenths as f32 / 10.0),
            Self::Grayscale => Work::Grayscale,
            Self::Invert => Work::Invert,
            Self::ChannelSwap => Work::ChannelSwap,
            Self::Mirror => Work::Mirror,
            Self::Rotate180 => Work::Rotate180,
            Self::ZoomIn { permille } => Work::zoom_in(size, f64::from(permille.at(index)?) / 1000.0),
            Self::ZoomOut { permille } => Work::zoom_out(size, f64::from(permille.at(index)?) / 1000.0),
            Self::Rotate90 => Work::turned(size, 1),
            Self::Rotate270 => Work::turned(size, 3),
            Self::Slow { .. }
            | Self::Fast { .. }
            | Self::StutterHold { .. }
            | Self::Shuffle { .. }
            | Self::Swap { .. } => return None,
        })
    }
}

impl Work {
    /// The work of [`super::exactly`]; `None` where that changes nothing.
    #[must_use]
    pub fn exactly(kind: Kind, size: (u32, u32), strength: f64) -> Option<Self> {
        match kind {
            _ if !strength.is_finite() => None,
            Kind::ZoomIn => Some(Self::zoom_in(size, strength)),
            Kind::ZoomOut => Some(Self::zoom_out(size, strength)),
            Kind::Blur => Some(Self::blur(strength as f32)),
            _ => None,
        }
    }

    fn blur(sigma: f32) -> Self {
        let kernel = blur::Box::of_gaussian(sigma);
        Self::Blur { radius: kernel.radius as u32, inner: kernel.inner, outer: kernel.outer }
    }

    fn zoom_in(size: (u32, u32), factor: f64) -> Self {
        Self::Fit { quarters: 0, from: geometry::middle(size, factor), to: Rect::whole(size) }
    }

    fn zoom_out(size: (u32, u32), factor: f64) -> Self {
        Self::Fit { quarters: 0, from: Rect::whole(size), to: geometry::shrunk(size, factor) }
    }

    fn turned(size: (u32, u32), quarters: u32) -> Self {
        Self::Fit { quarters, from: Rect::whole((size.1, size.0)), to: geometry::boxed(size) }
    }
}
