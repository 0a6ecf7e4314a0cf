//! The perturbations of anomaly grounding (VideoSSR supplement, Table 4): what is done to the frames of one
//! segment.
//!
//! Each operation exists once and gives what Pillow gives, which the public generator uses; pixel work is integer.
//! A perturbation's parameters are drawn once per segment, so its strength does not flicker from frame to
//! frame as in the public generator, unless that is asked for.

mod blur;
mod colour;
mod draw;
mod geometry;
mod kind;
mod noise;
pub mod shape;
mod timing;
mod work;

use serde::{Deserialize, Serialize};

pub use self::draw::DrawError;
pub use self::kind::{Kind, UnknownKind};
pub use self::work::{Rect, Work};
use crate::frame::Frame;
use crate::rng::Stream;
use crate::source::Source;

/// How strong a perturbation is: a number, or a list with one for each frame of the segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Strength {
    /// The same throughout.
    Steady(u32),
    /// Drawn anew for each frame, as the public generator does.
    PerFrame(Vec<u32>),
}

impl Strength {
    fn draw(low: i32, high: i32, length: u32, each: bool, stream: &mut Stream) -> Self {
        let mut one = || stream.range(low, high) as u32;
        if each { Self::PerFrame((0..length).map(|_| one()).collect()) } else { Self::Steady(one()) }
    }

    /// The strength at a frame of the segment; `None` past the end of a list.
    #[must_use]
    pub fn at(&self, frame: usize) -> Option<u32> {
        match self {
            Self::Steady(value) => Some(*value),
            Self::PerFrame(values) => values.get(frame).copied(),
        }
    }
}

/// A perturbation with its parameters drawn. [`Perturbation::check`] has the ranges that are accepted, which are
/// wider than those drawn from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", deny_unknown_fields)]
pub enum Perturbation {
    /// See [`Kind::Saturation`].
    Saturation {
        /// How many times as far from grey, in thousandths; the paper's is 2000.
        permille: u32,
    },
    /// See [`Kind::Noise`].
    Noise {
        /// Standard deviation in tenths of a grey level, drawn from 350..=700.
        tenths: Strength,
        /// What the noise of the segment's first frame is hashed from; the next frame's key is one more.
        key: u32,
    },
    /// See [`Kind::Blur`].
    Blur {
        /// Standard deviation in tenths of a pixel; the paper's is 20.
        tenths: u32,
    },
    /// See [`Kind::Grayscale`].
    Grayscale,
    /// See [`Kind::Invert`].
    Invert,
    /// See [`Kind::ChannelSwap`].
    ChannelSwap,
    /// See [`Kind::ZoomIn`].
    ZoomIn {
        /// How many times larger, in thousandths, drawn from 1300..=1500.
        permille: Strength,
    },
    /// See [`Kind::Rotate180`].
    Rotate180,
    /// See [`Kind::ZoomOut`].
    ZoomOut {
        /// How many times smaller, in thousandths, drawn from 1200..=1400.
        permille: Strength,
    },
    /// See [`Kind::Mirror`].
    Mirror,
    /// See [`Kind::Slow`].
    Slow {
        /// Speed in thousandths, drawn from 250..=500 (ours: the paper names no speed).
        permille: u32,
    },
    /// See [`Kind::Fast`].
    Fast {
        /// Speed in thousandths, drawn from 2000..=4000 (ours: the paper names no speed).
        permille: u32,
    },
    /// See [`Kind::StutterHold`].
    StutterHold {
        /// How many frames are held, drawn from 2..=5.
        holds: u32,
    },
    /// See [`Kind::Shuffle`].
    Shuffle {
        /// Frame shown at each place of the segment, counted from its start.
        order: Vec<u8>,
    },
    /// See [`Kind::Rotate90`].
    Rotate90,
    /// See [`Kind::Rotate270`].
    Rotate270,
    /// See [`Kind::Swap`].
    Swap {
        /// Whose frames are shown.
        other: Box<Source>,
    },
}

impl Perturbation {
    /// The kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Saturation { .. } => Kind::Saturation,
            Self::Noise { .. } => Kind::Noise,
            Self::Blur { .. } => Kind::Blur,
            Self::Grayscale => Kind::Grayscale,
            Self::Invert => Kind::Invert,
            Self::ChannelSwap => Kind::ChannelSwap,
            Self::ZoomIn { .. } => Kind::ZoomIn,
            Self::Rotate180 => Kind::Rotate180,
            Self::ZoomOut { .. } => Kind::ZoomOut,
            Self::Mirror => Kind::Mirror,
            Self::Slow { .. } => Kind::Slow,
            Self::Fast { .. } => Kind::Fast,
            Self::StutterHold { .. } => Kind::StutterHold,
            Self::Shuffle { .. } => Kind::Shuffle,
            Self::Rotate90 => Kind::Rotate90,
            Self::Rotate270 => Kind::Rotate270,
            Self::Swap { .. } => Kind::Swap,
        }
    }

    /// Changes the frames of a segment in place. Their number and sizes stay: a quarter turn is shrunk to fit.
    ///
    /// [`Perturbation::Slow`], [`Perturbation::Fast`] and [`Perturbation::Swap`] change nothing here: they are about
    /// which source frames are taken.
    pub fn apply(&self, segment: &mut [Frame]) {
        match self {
            Self::Shuffle { order } => {
                timing::arrange(segment, &order.iter().map(|&i| usize::from(i)).collect::<Vec<_>>());
            }
            Self::StutterHold { holds } => timing::arrange(segment, &timing::stutter(segment.len(), *holds)),
            Self::Slow { .. } | Self::Fast { .. } | Self::Swap { .. } => {}
            Self::ZoomIn { permille } => zoom(segment, permille, geometry::Zoom::into),
            Self::ZoomOut { permille } => zoom(segment, permille, geometry::Zoom::out),
            Self::Noise { tenths, key } => each(segment, |i, f| {
                if let Some(tenths) = tenths.at(i) {
                    noise::add(f, tenths, key.wrapping_add(i as u32));
                }
            }),
            Self::Saturation { permille } => each(segment, |_, f| colour::saturate(f, *permille)),
            Self::Blur { tenths } => each(segment, |_, f| blur::blur(f, *tenths as f32 / 10.0)),
            Self::Grayscale => each(segment, |_, f| colour::grayscale(f)),
            Self::Invert => each(segment, |_, f| colour::invert(f)),
            Self::ChannelSwap => each(segment, |_, f| colour::swap_red_blue(f)),
            Self::Rotate180 => each(segment, |_, f| geometry::rotate180(f)),
            Self::Mirror => each(segment, |_, f| geometry::mirror(f)),
            Self::Rotate90 => each(segment, |_, f| geometry::letter_box(f, 1)),
            Self::Rotate270 => each(segment, |_, f| geometry::letter_box(f, 3)),
        }
    }

    /// The picture after a quarter turn at the size that this gives, as Pillow's `rotate(expand=True)`; `None` for
    /// the kinds that keep the size.
    #[must_use]
    pub fn expand(&self, frame: &Frame) -> Option<Frame> {
        match self {
            Self::Rotate90 => Some(geometry::turn(frame, 1)),
            Self::Rotate270 => Some(geometry::turn(frame, 3)),
            _ => None,
        }
    }
}

/// Zooms or blurs one picture at a strength that need not be a whole thousandth or tenth: a factor of at least 1, or
/// pixels. Answers whether the kind is one of these; the picture of any other stays as it is.
pub fn exactly(kind: Kind, frame: &mut Frame, strength: f64) -> bool {
    if !strength.is_finite() {
        return false;
    }
    each(std::slice::from_mut(frame), |_, f| match kind {
        Kind::ZoomIn => geometry::Zoom::into((f.width, f.height), strength).apply(f),
        Kind::ZoomOut => geometry::Zoom::out((f.width, f.height), strength).apply(f),
        Kind::Blur => blur::blur(f, strength as f32),
        _ => {}
    });
    matches!(kind, Kind::ZoomIn | Kind::ZoomOut | Kind::Blur)
}

/// Calls `f` with each frame that has pixels, and its number in the segment.
fn each(segment: &mut [Frame], mut f: impl FnMut(usize, &mut Frame)) {
    for (i, frame) in segment.iter_mut().enumerate() {
        let bytes = u64::from(frame.width).saturating_mul(u64::from(frame.height)).saturating_mul(3);
        if bytes != 0 && frame.rgb.len() as u64 == bytes {
            f(i, frame);
        }
    }
}

/// Zooms frame by frame; what one frame needs serves the next of the same size and strength.
fn zoom(segment: &mut [Frame], permille: &Strength, make: fn((u32, u32), f64) -> geometry::Zoom) {
    let mut ready: Option<((u32, u32, u32), geometry::Zoom)> = None;
    each(segment, |i, frame| {
        let Some(permille) = permille.at(i) else { return };
        let wanted = (frame.width, frame.height, permille);
        match &mut ready {
            Some((made, zoom)) if *made == wanted => zoom.apply(frame),
            _ => {
                let zoom = make((wanted.0, wanted.1), f64::from(permille) / 1000.0);
                ready.insert((wanted, zoom)).1.apply(frame);
            }
        }
    });
}
