//! How pictures stand in a text: each mark that the chat template leaves becomes as many pads as the picture has
//! tokens, and every temporal patch of a clip is announced by its time.

use std::fmt;
use std::str::FromStr;

use scrubjay_core::source::qwen;

use crate::config::Config;
use crate::pixels::{Kind, Visual};
use crate::tokenizer::Tokenizer;

/// What becomes of the vision marks that a chat template writes around a clip. A model should be trained, asked and
/// measured with one and the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Layout {
    /// They go: the clip is its temporal patches alone (`transformers` 4.57, shipped with the weights).
    #[default]
    Flat,
    /// They stay around all temporal patches (`transformers` from 5.10 on).
    Wrapped,
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Flat => "flat",
            Self::Wrapped => "wrapped",
        })
    }
}

impl FromStr for Layout {
    type Err = UnknownLayout;

    fn from_str(name: &str) -> Result<Self, UnknownLayout> {
        match name {
            "flat" => Ok(Self::Flat),
            "wrapped" => Ok(Self::Wrapped),
            _ => Err(UnknownLayout(name.to_owned())),
        }
    }
}

/// An unknown layout.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown layout '{0}'; known: flat, wrapped")]
pub struct UnknownLayout(String);

/// The names of the tokens that stand for and around pictures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marks {
    /// In place of an image's tokens.
    pub image_pad: String,
    /// In place of a clip's tokens.
    pub video_pad: String,
    /// Before an image or a temporal patch.
    pub start: String,
    /// After it.
    pub end: String,
}

impl Marks {
    /// Those of a model; none where an id has no token or a nameless one.
    #[must_use]
    pub fn of(config: &Config, tokenizer: &Tokenizer) -> Option<Self> {
        let name = |id| tokenizer.token(id).filter(|name| !name.is_empty());
        let t = &config.tokens;
        Some(Self {
            image_pad: name(t.image_pad)?,
            video_pad: name(t.video_pad)?,
            start: name(t.vision_start)?,
            end: name(t.vision_end)?,
        })
    }
}

/// What is put at a mark.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed {
    /// An image or a clip.
    pub kind: Kind,
    /// Tokens of each temporal patch.
    pub tokens: usize,
    /// The time of each temporal patch in seconds; not read for an image.
    pub stamps: Vec<f64>,
}

/// Why pictures cannot be put into a text.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum LayoutError {
    /// The text has more or fewer marks than there are pictures.
    #[error(
        "the text has {marks} places for images and clips, but {given} are given; neither text nor template may \
         hold such a mark of its own"
    )]
    Count {
        /// Marks in the text.
        marks: usize,
        /// Images and clips.
        given: usize,
    },
    /// An image stands where a clip's mark is, or the other way round.
    #[error("place {index} of the text is for {mark:?}, but {given:?} is given")]
    Kind {
        /// Which mark, from 1.
        index: usize,
        /// What the mark is for.
        mark: Kind,
        /// What is given.
        given: Kind,
    },
    /// Each frame needs a time.
    #[error("a clip of {frames} frames has {times} times")]
    Times {
        /// Number of frames.
        frames: usize,
        /// Number of times.
        times: usize,
    },
    /// A time that cannot be written.
    #[error("the time {0} is not a number of seconds")]
    Time(f64),
}

impl Placed {
    /// An image.
    #[must_use]
    pub fn image(visual: &Visual, merge: usize) -> Self {
        Self { kind: Kind::Image, tokens: tokens(visual, merge), stamps: Vec::new() }
    }

    /// A clip whose frames are at `times`, in seconds.
    ///
    /// # Errors
    /// [`LayoutError::Time`] for times that are not finite.
    pub fn clip(visual: &Visual, merge: usize, times: &[f64]) -> Result<Self, LayoutError> {
        match times.iter().find(|t| !t.is_finite()) {
            Some(time) => Err(LayoutError::Time(*time)),
            None => Ok(Self { kind: Kind::Clip, tokens: tokens(visual, merge), stamps: qwen::stamps(times) }),
        }
    }
}

fn tokens(visual: &Visual, merge: usize) -> usize {
    visual.grid.h * visual.grid.w / (merge * merge).max(1)
}

/// The text with every mark replaced, in order.
///
/// # Errors
/// [`LayoutError`] where marks and pictures do not match.
pub fn expand(text: &str, marks: &Marks, placed: &[Placed], layout: Layout) -> Result<String, LayoutError> {
    let found = text.matches(&marks.image_pad).count() + text.matches(&marks.video_pad).count();
    if found != placed.len() {
        return Err(LayoutError::Count { marks: found, given: placed.len() });
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    for (i, placed) in placed.iter().enumerate() {
        let image = rest.find(&marks.image_pad);
        let video = rest.find(&marks.video_pad);
        let (mark, at, pad) = match (image, video) {
            (Some(at), video) if video.is_none_or(|v| at < v) => (Kind::Image, at, &marks.image_pad),
            (_, Some(at)) => (Kind::Clip, at, &marks.video_pad),
            // Marks that overlap each other: counted above, but not to be found one after the other.
            _ => return Err(LayoutError::Count { marks: i, given: i + 1 }),
        };
        if mark != placed.kind {
            return Err(LayoutError::Kind { index: i + 1, mark, given: placed.kind });
        }
        let (before, after) = (&rest[..at], &rest[at + pad.len()..]);
        let pads = pad.repeat(placed.tokens);
        match placed.kind {
            Kind::Image => {
                out.push_str(before);
                out.push_str(&pads);
                rest = after;
            }
            Kind::Clip => {
                let bare = before.strip_suffix(&marks.start).zip(after.strip_prefix(&marks.end));
                let (before, after) = match layout {
                    Layout::Flat => bare.unwrap_or((before, after)),
                    Layout::Wrapped => (before, after),
                };
                out.push_str(before);
                for stamp in &placed.stamps {
                    out.push_str(&format!("<{stamp:.1} seconds>{}{pads}{}", marks.start, marks.end));
                }
                rest = after;
            }
        }
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks() -> Marks {
        let name = |n: &str| n.to_owned();
        Marks { image_pad: name("[i]"), video_pad: name("[v]"), start: name("("), end: name(")") }
    }

    fn clip(stamps: &[f64]) -> Placed {
        Placed { kind: Kind::Clip, tokens: 2, stamps: stamps.to_vec() }
    }

    #[test]
    fn a_clip_is_its_patches_with_or_without_marks_around_them() {
        let put = |text, layout| expand(text, &marks(), &[clip(&[0.25, 1.0])], layout).expect("fits");
        let patches = "<0.2 seconds>([v][v])<1.0 seconds>([v][v])";
        assert_eq!(put("a([v])b", Layout::Flat), format!("a{patches}b"));
        assert_eq!(put("a[v]b", Layout::Flat), format!("a{patches}b"));
        assert_eq!(put("a([v]b", Layout::Flat), format!("a({patches}b"));
        assert_eq!(put("a([v])b", Layout::Wrapped), format!("a({patches})b"));
        for layout in [Layout::Flat, Layout::Wrapped] {
            assert_eq!(layout.to_string().parse(), Ok(layout));
        }
        assert!("round".parse::<Layout>().is_err());
    }

    #[test]
    fn marks_and_pictures_must_match() {
        let image = Placed { kind: Kind::Image, tokens: 1, stamps: Vec::new() };
        let put = |text, placed: &[Placed]| expand(text, &marks(), placed, Layout::Flat);
        assert_eq!(put("([i])([v])", &[image.clone(), clip(&[])]).as_deref(), Ok("([i])"));
        assert_eq!(
            put("([v])([i])", &[image.clone(), clip(&[])]),
            Err(LayoutError::Kind { index: 1, mark: Kind::Clip, given: Kind::Image })
        );
        // A mark that somebody typed.
        assert_eq!(put("[v]([i])", &[image]), Err(LayoutError::Count { marks: 2, given: 1 }));
        assert_eq!(put("nothing", &[clip(&[])]), Err(LayoutError::Count { marks: 0, given: 1 }));
    }
}
