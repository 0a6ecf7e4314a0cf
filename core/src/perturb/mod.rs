//! The perturbations of anomaly grounding (VideoSSR supplement, Table 4): what is done to the frames of one
//! segment.
//!
//! A perturbation's parameters are drawn once per segment, so its strength does not flicker from frame to
//! frame as in the public generator, and pixel work is integer.

mod colour;
mod geometry;

use serde::{Deserialize, Serialize};

use crate::frame::Frame;
use crate::named::named;
use crate::rng::Stream;

named! {
    /// The kinds, without parameters.
    pub enum Kind, "perturbation",
    /// An unknown perturbation name.
    UnknownKind {
        /// Red and blue change places.
        ChannelSwap = "channel-swap",
        /// Left and right change places.
        Mirror = "mirror",
        /// The picture stands on its head.
        Rotate180 = "rotate180",
        /// The picture shrinks onto black.
        ZoomOut = "zoom-out",
        /// The frames of the segment change places in time.
        Shuffle = "shuffle",
    }
}

impl Kind {
    /// What the prompt says happened: the "Description" column of Table 4, as printed there but for the
    /// final full stop, which the sentence around it supplies.
    #[must_use]
    pub fn description(self) -> &'static str {
        match self {
            Self::ChannelSwap => "the red and blue color channels in the video are swapped",
            Self::Mirror => "The video is mirrored horizontally",
            Self::Rotate180 => "the video is rotated 180 degrees",
            Self::ZoomOut => "the video is zoomed out",
            Self::Shuffle => {
                "the frames are shuffled, this means the order of events is scrambled, making the action \
                 appear illogical and chaotic"
            }
        }
    }
}

/// A perturbation with its parameters drawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", deny_unknown_fields)]
pub enum Perturbation {
    /// See [`Kind::ChannelSwap`].
    ChannelSwap,
    /// See [`Kind::Mirror`].
    Mirror,
    /// See [`Kind::Rotate180`].
    Rotate180,
    /// See [`Kind::ZoomOut`].
    ZoomOut {
        /// How many times smaller, in thousandths: 1200..=1400.
        permille: u32,
    },
    /// See [`Kind::Shuffle`].
    Shuffle {
        /// Frame shown at each place of the segment, counted from its start.
        order: Vec<u8>,
    },
}

impl Perturbation {
    /// Draws the parameters for a segment of `length` frames.
    ///
    /// A shuffle is never the identity: an unchanged segment has no right answer.
    #[must_use]
    pub fn draw(kind: Kind, length: u32, stream: &mut Stream) -> Self {
        match kind {
            Kind::ChannelSwap => Self::ChannelSwap,
            Kind::Mirror => Self::Mirror,
            Kind::Rotate180 => Self::Rotate180,
            Kind::ZoomOut => Self::ZoomOut { permille: stream.range(1200, 1400) as u32 },
            Kind::Shuffle => loop {
                let order = stream.permutation(length as usize);
                if length < 2 || !order.is_sorted() {
                    break Self::Shuffle { order };
                }
            },
        }
    }

    /// The kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::ChannelSwap => Kind::ChannelSwap,
            Self::Mirror => Kind::Mirror,
            Self::Rotate180 => Kind::Rotate180,
            Self::ZoomOut { .. } => Kind::ZoomOut,
            Self::Shuffle { .. } => Kind::Shuffle,
        }
    }

    /// Changes the frames of a segment in place. Their number and sizes stay.
    pub fn apply(&self, segment: &mut [Frame]) {
        match self {
            Self::ChannelSwap => segment.iter_mut().for_each(colour::swap_red_blue),
            Self::Mirror => segment.iter_mut().for_each(geometry::mirror),
            Self::Rotate180 => segment.iter_mut().for_each(geometry::rotate180),
            Self::ZoomOut { permille } => {
                segment.iter_mut().for_each(|f| geometry::zoom_out(f, *permille));
            }
            Self::Shuffle { order } => {
                let shown: Vec<Frame> =
                    order.iter().filter_map(|&i| segment.get(usize::from(i)).cloned()).collect();
                if shown.len() == segment.len() {
                    segment.clone_from_slice(&shown);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shuffle_is_never_the_identity() {
        for seed in 0..500 {
            let mut stream = Stream::keyed(seed, "shuffle", "", 0);
            let Perturbation::Shuffle { order } = Perturbation::draw(Kind::Shuffle, 3, &mut stream) else {
                unreachable!("drawn as a shuffle")
            };
            assert!(!order.is_sorted());
        }
    }
}
