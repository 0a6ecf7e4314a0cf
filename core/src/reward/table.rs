//! All rewards by name, for whoever has an answer and a truth as JSON.

use serde_json::Value;

use super::museg::Segment;
use super::{Score, Variant, museg, videossr};
use crate::answer::interval;
use crate::answer::python::float;
use crate::named::named;

named! {
    /// The rewards.
    pub enum Reward, "reward",
    /// An unknown reward name.
    UnknownReward {
        /// [`videossr::grounding`]; the truth is `start-end`.
        VideossrGrounding = "videossr.grounding",
        /// [`videossr::counting`]; the truth is `circles,squares,triangles`.
        VideossrCounting = "videossr.counting",
        /// [`videossr::jigsaw`]; the truth is the digits.
        VideossrJigsaw = "videossr.jigsaw",
        /// [`museg::format`] with cited time stamps; the truth is a list of `[start, end]`, as in all of MUSEG's.
        MusegFormatTimestamp = "museg.format_timestamp",
        /// [`museg::format`] without citing.
        MusegFormatNoTimestamp = "museg.format_no_timestamp",
        /// [`museg::global`].
        MusegGlobal = "museg.global_matching",
        /// [`museg::local`].
        MusegLocal = "museg.local_matching",
        /// [`museg::matching`].
        MusegSegment = "museg.segment_matching",
    }
}

/// A truth that is not of the kind a reward compares with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reward}: the truth must be {wanted}, not {given}")]
pub struct WrongTruth {
    reward: Reward,
    wanted: &'static str,
    given: String,
}

impl Reward {
    /// Scores an answer.
    ///
    /// # Errors
    /// [`WrongTruth`].
    pub fn score(self, variant: Variant, prediction: &str, truth: &Value) -> Result<Score, WrongTruth> {
        let wrong = |wanted| WrongTruth { reward: self, wanted, given: truth.to_string() };
        let text = || truth.as_str().ok_or_else(|| wrong("a string"));
        let list = || segments(truth).ok_or_else(|| wrong("a list of [start, end] pairs of numbers"));
        Ok(match self {
            // As in the public code, a truth that cannot be read is matched by nothing.
            Self::VideossrGrounding => match interval::parse(text()?) {
                Ok(interval) => videossr::grounding(prediction, interval),
                Err(failure) => Score::single("iou", Err(failure)),
            },
            Self::VideossrCounting => {
                let numbers: Option<Vec<f64>> = text()?.split(',').map(float).collect();
                let numbers = numbers.unwrap_or_default();
                videossr::counting(prediction, &numbers)
            }
            Self::VideossrJigsaw => videossr::jigsaw(prediction, text()?),
            Self::MusegFormatTimestamp => museg::format(prediction, &list()?, true, variant),
            Self::MusegFormatNoTimestamp => museg::format(prediction, &list()?, false, variant),
            Self::MusegGlobal => museg::global(prediction, &list()?, variant),
            Self::MusegLocal => museg::local(prediction, &list()?, variant),
            Self::MusegSegment => museg::matching(prediction, &list()?, variant),
        })
    }
}

fn segments(truth: &Value) -> Option<Vec<Segment>> {
    let pair = |v: &Value| match v.as_array()?.as_slice() {
        [start, end] => Some([start.as_f64()?, end.as_f64()?]),
        _ => None,
    };
    truth.as_array()?.iter().map(pair).collect()
}
