//! Why a visitor's film cannot be used, in words for the visitor.

use super::container::ContainerError;

/// Why a film cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OwnError {
    /// The container is at fault, or is none.
    #[error(transparent)]
    Container(ContainerError),
    /// The film must be tried in a `<video>`.
    #[error("{0}; it is tried in the browser's player instead")]
    NeedsElement(Reason),
    /// The decoder gave up.
    #[error("the browser's decoder could not decode the film: {0}")]
    Decode(String),
    /// Some frames did not come.
    #[error("frame {0} does not come out of the browser's decoder; the file may be damaged there")]
    Missing(u32),
    /// Nothing happened for long.
    #[error("the browser gave no answer for {seconds} seconds while decoding; try again, or another browser")]
    Stalled {
        /// How long was waited.
        seconds: u32,
    },
    /// A frame that is not there.
    #[error("frame {wanted} is wanted of a film of {has} frames")]
    NoSuchFrame {
        /// Its number, from 0.
        wanted: u32,
        /// How many there are.
        has: u32,
    },
    /// Neither decoder nor player knows the film.
    #[error(
        "this browser cannot play the file ({0}); try another browser, or convert it to MP4 (H.264) or WebM"
    )]
    CannotPlay(String),
    /// A picture that does not fit into a tab.
    #[error("its pictures of {width}x{height} are too large for a browser tab")]
    TooLarge {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
    },
}

/// Why frames cannot be had one by one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The browser has no `VideoDecoder`, or not on a page like this one.
    #[error("this browser has no WebCodecs")]
    NoWebCodecs,
    /// It has one that does not know the codec.
    #[error("this browser's WebCodecs does not decode {0}")]
    Codec(String),
    /// The container is not read here.
    #[error("{0} files are not read frame by frame")]
    Container(String),
}

impl From<ContainerError> for OwnError {
    fn from(error: ContainerError) -> Self {
        match error {
            ContainerError::Foreign(name) => Self::NeedsElement(Reason::Container(name)),
            ContainerError::Codec(name) => Self::NeedsElement(Reason::Codec(name)),
            other => Self::Container(other),
        }
    }
}

impl OwnError {
    /// Its key in the message files; what is in braces there is [`OwnError::detail`].
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            Self::Container(fault) => match fault {
                ContainerError::Empty => "own.error.empty",
                ContainerError::Unreadable(_) => "own.error.unreadable",
                ContainerError::NotAVideo => "own.error.not-a-video",
                ContainerError::Foreign(_) | ContainerError::Codec(_) => "own.error.needs-element",
                ContainerError::NoVideo => "own.error.no-video",
                ContainerError::NoFrames => "own.error.no-frames",
                ContainerError::Encrypted => "own.error.encrypted",
                ContainerError::Damaged(_) => "own.error.damaged",
                ContainerError::Truncated { .. } => "own.error.truncated",
                ContainerError::TooLong => "own.error.too-long",
            },
            Self::NeedsElement(_) => "own.error.needs-element",
            Self::Decode(_) => "own.error.decode",
            Self::Missing(_) => "own.error.missing",
            Self::Stalled { .. } => "own.error.stalled",
            Self::NoSuchFrame { .. } => "own.error.no-such-frame",
            Self::CannotPlay(_) => "own.error.cannot-play",
            Self::TooLarge { .. } => "own.error.too-large",
        }
    }

    /// What is special about this case: numbers, or the words of a decoder or a table, which are English. Empty where
    /// there is nothing to add.
    #[must_use]
    pub fn detail(&self) -> String {
        match self {
            Self::Container(ContainerError::Unreadable(what) | ContainerError::Damaged(what)) => what.clone(),
            Self::Container(ContainerError::Foreign(what) | ContainerError::Codec(what)) => what.clone(),
            Self::Container(ContainerError::Truncated { promised, present }) => {
                format!("{present} / {promised}")
            }
            Self::Container(_) => String::new(),
            Self::NeedsElement(Reason::NoWebCodecs) => "WebCodecs".to_owned(),
            Self::NeedsElement(Reason::Codec(what) | Reason::Container(what)) => what.clone(),
            Self::Decode(what) | Self::CannotPlay(what) => what.clone(),
            Self::Missing(frame) => frame.to_string(),
            Self::Stalled { seconds } => seconds.to_string(),
            Self::NoSuchFrame { wanted, has } => format!("{wanted} / {has}"),
            Self::TooLarge { width, height } => format!("{width} × {height}"),
        }
    }
}
