//! The kinds of perturbation and what the prompt says of each.

use crate::named::named;

named! {
    /// The kinds, without parameters: the fourteen of Table 4 in its order, then those that only the public code
    /// knows.
    pub enum Kind, "perturbation",
    /// An unknown perturbation name.
    UnknownKind {
        /// Colours twice as far from grey.
        Saturation = "saturation",
        /// Gaussian noise is added.
        Noise = "noise",
        /// Out of focus.
        Blur = "blur",
        /// Black and white.
        Grayscale = "grayscale",
        /// Each colour becomes its complement.
        Invert = "invert",
        /// Red and blue change places.
        ChannelSwap = "channel-swap",
        /// The middle of the picture fills it.
        ZoomIn = "zoom-in",
        /// The picture stands on its head.
        Rotate180 = "rotate180",
        /// The picture shrinks onto black.
        ZoomOut = "zoom-out",
        /// Left and right change places.
        Mirror = "mirror",
        /// Time passes slower than it did.
        Slow = "slow",
        /// Time passes faster than it did.
        Fast = "fast",
        /// The video freezes on a few frames.
        StutterHold = "stutter-hold",
        /// The frames of the segment change places in time.
        Shuffle = "shuffle",
        /// The picture lies on its right side.
        Rotate90 = "rotate90",
        /// The picture lies on its left side.
        Rotate270 = "rotate270",
        /// The frames of another video take the place of these.
        Swap = "swap",
    }
}

impl Kind {
    /// The paper's fourteen, in the order of Table 4.
    pub const PAPER: [Self; 14] = [
        Self::Saturation,
        Self::Noise,
        Self::Blur,
        Self::Grayscale,
        Self::Invert,
        Self::ChannelSwap,
        Self::ZoomIn,
        Self::Rotate180,
        Self::ZoomOut,
        Self::Mirror,
        Self::Slow,
        Self::Fast,
        Self::StutterHold,
        Self::Shuffle,
    ];

    /// What the prompt says happened: the "Description" column of Table 4, as printed there but for the
    /// final full stop, which the sentence around it supplies, and for the mark that leads to [`Kind::note`].
    /// The texts of the three kinds that are not in the table are ours.
    #[must_use]
    pub fn description(self) -> &'static str {
        match self {
            Self::Saturation => "the colors in the video become oversaturated and unnaturally vibrant",
            Self::Noise => "Gaussian noise is added to the video",
            Self::Blur => "the video becomes blurry or out of focus",
            Self::Grayscale => "the video becomes black and white",
            Self::Invert => "the colors in the video are inverted",
            Self::ChannelSwap => "the red and blue color channels in the video are swapped",
            Self::ZoomIn => "the video is zoomed in",
            Self::Rotate180 => "the video is rotated 180 degrees",
            Self::ZoomOut => "the video is zoomed out",
            Self::Mirror => "The video is mirrored horizontally",
            Self::Slow => {
                "the video slows down, this means the action unfolds at an unusually slow pace, making movements \
                 appear prolonged"
            }
            Self::Fast => {
                "the video speeds up, this means the segment plays at a high speed, compressing the action and \
                 making movements appear jerky or rushed"
            }
            Self::StutterHold => {
                "the video appears to freeze and stutter on a few frames, this means instead of playing smoothly, \
                 the video repeatedly freezes on a single frame before jumping to the next"
            }
            Self::Shuffle => {
                "the frames are shuffled, this means the order of events is scrambled, making the action \
                 appear illogical and chaotic"
            }
            Self::Rotate90 => "the video is rotated 90 degrees clockwise",
            Self::Rotate270 => "the video is rotated 270 degrees clockwise",
            Self::Swap => "the frames are replaced by those of a different video",
        }
    }

    /// What the prompt adds: the special note at the foot of Table 4, for [`Kind::Slow`] and [`Kind::Fast`].
    #[must_use]
    pub fn note(self) -> Option<&'static str> {
        matches!(self, Self::Slow | Self::Fast).then_some(
            "To ensure a fair challenge, even if the video’s actual speed changes (e.g., slow motion or fast \
             forward), the timestamps for each frame have been intentionally kept evenly spaced. This creates the \
             illusion of a constant playback speed. Therefore, you should not rely on the timestamps when judging \
             the speed. Instead, your judgment must be based solely on the visual content. You should analyze the \
             motion within the video itself by observing how much or how little the scene changes between \
             consecutive frames to determine the true playback speed.",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_papers_kinds_come_first_and_in_order() {
        assert_eq!(Kind::ALL[..14], Kind::PAPER);
        assert_eq!(Kind::ALL.len(), 17);
    }

    #[test]
    fn descriptions_fit_into_a_sentence() {
        for kind in Kind::ALL {
            let text = kind.description();
            assert!(
                !text.is_empty() && !text.contains("  ") && !text.ends_with(['.', '*', ' ']),
                "{kind}: {text}"
            );
            assert_eq!(kind.note().is_some(), [Kind::Slow, Kind::Fast].contains(&kind));
        }
    }
}
