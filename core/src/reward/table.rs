//! All rewards by name, for whoever has an answer and a truth as JSON.

use serde_json::Value;

use super::museg::Segment;
use super::video_r1::Problem;
use super::{Score, Variant, elements, museg, mvp, video_r1, videoreasoner, videossr, visual_jigsaw};
use crate::answer::python::float;
use crate::answer::{ParseFailure, interval};
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
        /// [`videoreasoner::iou`]; the truth is `[start, end]` as ratios, or in seconds with `meta.duration`.
        VideoreasonerIou = "videoreasoner.iou",
        /// [`videoreasoner::format`]; `meta.problem_type` (`grounding` unless stated) says what was asked.
        VideoreasonerFormat = "videoreasoner.format",
        /// [`videoreasoner::accuracy`]; the truth is a letter.
        VideoreasonerAccuracy = "videoreasoner.accuracy",
        /// [`elements::f1`]; the truth is a list of things.
        VideoreasonerElements = "videoreasoner.elements",
        /// [`visual_jigsaw::order`]; the truth is a list of numbers, or a text of them with commas; a
        /// `meta.data_source` with "nothink" in it asks for the order alone.
        VisualJigsaw = "visual_jigsaw",
        /// [`mvp::whole`]; the truth is a list of labels, `meta.candidates` how many were shown.
        Mvp = "mvp",
        /// [`video_r1::accuracy`]; `meta.problem_type` is the kind of question.
        VideoR1Accuracy = "video_r1.accuracy",
        /// [`video_r1::format`]; any truth.
        VideoR1Format = "video_r1.format",
    }
}

/// A truth or meta that is not of the kind a reward takes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reward}: {field} must be {wanted}, not {given}")]
pub struct WrongTruth {
    reward: Reward,
    field: &'static str,
    wanted: &'static str,
    given: String,
}

impl Reward {
    /// Lowest and highest score in a variant.
    #[must_use]
    pub fn range(self, variant: Variant) -> (f64, f64) {
        match (self, variant) {
            (Self::MusegSegment, Variant::Paper) => (0.0, 1.0),
            // Nothing bounds the public code where true segments do not last; where they do, global matching stays
            // below 2 and local matching in [0, 1].
            (Self::MusegGlobal | Self::MusegLocal | Self::MusegSegment, Variant::Published) => {
                (f64::MIN, f64::MAX)
            }
            (Self::MusegSegment, Variant::Guarded) => (0.0, museg::MATCH_MAX),
            (Self::VisualJigsaw, Variant::Published) => {
                (-visual_jigsaw::REPETITION, 1.0 + visual_jigsaw::FORMAT)
            }
            (Self::VisualJigsaw, _) => (0.0, 1.0 + visual_jigsaw::FORMAT),
            (Self::Mvp, _) => (0.0, 1.0 + mvp::FORMAT),
            _ => (0.0, 1.0),
        }
    }

    fn is_museg(self) -> bool {
        use Reward::{MusegFormatNoTimestamp, MusegFormatTimestamp, MusegGlobal, MusegLocal, MusegSegment};
        matches!(
            self,
            MusegFormatTimestamp | MusegFormatNoTimestamp | MusegGlobal | MusegLocal | MusegSegment
        )
    }

    /// MUSEG's public functions on any truth: the format functions never look at it, global matching takes a flat
    /// list of whole numbers for one segment, and what they cannot index raises, which is 0.
    fn published_museg(self, prediction: &str, truth: &Value) -> Score {
        let v = Variant::Published;
        let raised = |name| Score::failed(name, ParseFailure::Raised);
        let global = || {
            let flat = truth
                .as_array()
                .and_then(|a| a.first())
                .is_some_and(|f| f.is_i64() || f.is_u64() || f.is_boolean());
            let wrapped = if flat { loose(&Value::Array(vec![truth.clone()])) } else { loose(truth) };
            wrapped.map_or_else(|| raised("global"), |t| museg::global(prediction, &t, v))
        };
        let local = || loose(truth).map_or_else(|| raised("local"), |t| museg::local(prediction, &t, v));
        match self {
            Self::MusegFormatTimestamp => museg::format(prediction, &[], true, v),
            Self::MusegFormatNoTimestamp => museg::format(prediction, &[], false, v),
            Self::MusegGlobal => global(),
            Self::MusegLocal => local(),
            _ => museg::sum(global(), local(), v),
        }
    }

    /// Scores a prediction that may be no text at all, as the public code takes it: VideoSSR's grounding reward gives
    /// 0 for anything but text, its jigsaw reward for what is empty or zero, its counting and grounding rewards for a
    /// truth that is no text.
    ///
    /// # Errors
    /// [`WrongTruth`] where the public code raises, and in the other variants.
    pub fn score_any(
        self,
        variant: Variant,
        prediction: &Value,
        truth: &Value,
        meta: &Value,
    ) -> Result<Score, WrongTruth> {
        let published = variant == Variant::Published;
        let Some(text) = prediction.as_str() else {
            let empty = match prediction {
                Value::Null | Value::Bool(false) => true,
                Value::Number(n) => n.as_f64() == Some(0.0),
                Value::Array(a) => a.is_empty(),
                Value::Object(o) => o.is_empty(),
                _ => false,
            };
            return match self {
                Self::VideossrGrounding if published => Ok(Score::failed("iou", ParseFailure::NotText)),
                Self::VideossrJigsaw if published && empty => {
                    Ok(Score::failed("order", ParseFailure::NotText))
                }
                _ => Err(WrongTruth {
                    reward: self,
                    field: "the prediction",
                    wanted: "a string",
                    given: short(prediction),
                }),
            };
        };
        match self {
            Self::VideossrGrounding if published && !truth.is_string() => {
                Ok(Score::failed("iou", ParseFailure::NotText))
            }
            Self::VideossrCounting if published && !truth.is_string() => {
                Ok(Score::failed("counts", ParseFailure::NotText))
            }
            _ => self.score(variant, text, truth, meta),
        }
    }

    /// Scores an answer. `meta` is null or an object with what the reward must know besides the truth.
    ///
    /// # Errors
    /// [`WrongTruth`].
    pub fn score(
        self,
        variant: Variant,
        prediction: &str,
        truth: &Value,
        meta: &Value,
    ) -> Result<Score, WrongTruth> {
        let wrong = |wanted| WrongTruth { reward: self, field: "the truth", wanted, given: short(truth) };
        let wrong_meta = |field, wanted| WrongTruth { reward: self, field, wanted, given: short(meta) };
        let text = || truth.as_str().ok_or_else(|| wrong("a string"));
        let list = || segments(truth).ok_or_else(|| wrong("a list of [start, end] pairs of numbers"));
        let labels =
            || numbers(truth).ok_or_else(|| wrong("a list of whole numbers, or a text of them with commas"));
        let problem = || match &meta["problem_type"] {
            Value::Null => Ok(Problem::default()),
            kind => serde_json::from_value(kind.clone())
                .map_err(|_| wrong_meta("meta.problem_type", "multiple_choice, numerical or regression")),
        };
        Ok(match self {
            // As in the public code, a truth that cannot be read is matched by nothing.
            Self::VideossrGrounding => match interval::parse(text()?) {
                Ok(interval) => videossr::grounding(prediction, interval),
                Err(failure) => Score::failed("iou", failure),
            },
            Self::VideossrCounting => {
                let numbers: Option<Vec<f64>> = text()?.split(',').map(float).collect();
                let numbers = numbers.unwrap_or_default();
                videossr::counting(prediction, &numbers)
            }
            Self::VideossrJigsaw => videossr::jigsaw(prediction, text()?),
            _ if variant == Variant::Published && self.is_museg() => self.published_museg(prediction, truth),
            Self::MusegFormatTimestamp => museg::format(prediction, &list()?, true, variant),
            Self::MusegFormatNoTimestamp => museg::format(prediction, &list()?, false, variant),
            Self::MusegGlobal => museg::global(prediction, &list()?, variant),
            Self::MusegLocal => museg::local(prediction, &list()?, variant),
            Self::MusegSegment => museg::matching(prediction, &list()?, variant),
            Self::VideoreasonerIou => {
                let pair = one_segment(truth).ok_or_else(|| wrong("a pair [start, end] of numbers"))?;
                let duration = match &meta["duration"] {
                    Value::Null => 1.0,
                    d => d
                        .as_f64()
                        .filter(|d| d.is_finite() && *d > 0.0)
                        .ok_or_else(|| wrong_meta("meta.duration", "a number of seconds above 0"))?,
                };
                if meta["duration"].is_null() && pair.iter().any(|t| !(0.0..=1.0).contains(t)) {
                    return Err(wrong("ratios from 0 to 1, or seconds with meta.duration"));
                }
                videoreasoner::iou(prediction, pair.map(|t| t / duration), variant)
            }
            Self::VideoreasonerFormat => {
                let grounding = match &meta["problem_type"] {
                    Value::Null => true,
                    Value::String(kind) => ["grounding", "tvg", "event"].contains(&kind.as_str()),
                    _ => return Err(wrong_meta("meta.problem_type", "a string")),
                };
                videoreasoner::format(prediction, grounding, variant)
            }
            Self::VideoreasonerAccuracy => videoreasoner::accuracy(prediction, text()?, variant),
            Self::VideoreasonerElements => {
                let things: Option<Vec<String>> =
                    truth.as_array().and_then(|a| a.iter().map(|v| v.as_str().map(str::to_owned)).collect());
                elements::f1(prediction, &things.ok_or_else(|| wrong("a list of texts"))?)
            }
            Self::VisualJigsaw => {
                let think = !meta["data_source"].as_str().is_some_and(|s| s.contains("nothink"));
                visual_jigsaw::order(prediction, &labels()?, think, variant)
            }
            Self::Mvp => {
                let candidates = match &meta["candidates"] {
                    Value::Null => None,
                    n => Some(
                        n.as_u64()
                            .and_then(|n| u32::try_from(n).ok())
                            .ok_or_else(|| wrong_meta("meta.candidates", "the number of candidates"))?,
                    ),
                };
                mvp::whole(prediction, &labels()?, candidates)
            }
            Self::VideoR1Accuracy => {
                let problem = problem()?;
                video_r1::accuracy(prediction, text()?, problem)
            }
            Self::VideoR1Format => video_r1::format(prediction),
        })
    }
}

/// The first two values of each element, truth values counting as 1 and 0, as Python indexes them.
fn loose(truth: &Value) -> Option<Vec<Segment>> {
    let number = |v: &Value| v.as_f64().or_else(|| v.as_bool().map(|b| f64::from(u8::from(b))));
    let pair = |v: &Value| match v.as_array()?.as_slice() {
        [start, end, ..] => Some([number(start)?, number(end)?]),
        _ => None,
    };
    truth.as_array()?.iter().map(pair).collect()
}

/// A value as it is shown in an error: not a megabyte of it.
fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(80) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text,
    }
}

fn pair(value: &Value) -> Option<Segment> {
    match value.as_array()?.as_slice() {
        [start, end] => Some([start.as_f64()?, end.as_f64()?]),
        _ => None,
    }
}

fn segments(truth: &Value) -> Option<Vec<Segment>> {
    truth.as_array()?.iter().map(pair).collect()
}

/// `[start, end]`, or a list with one such pair.
fn one_segment(truth: &Value) -> Option<Segment> {
    match truth.as_array()?.as_slice() {
        [one] => pair(one),
        _ => pair(truth),
    }
}

fn numbers(truth: &Value) -> Option<Vec<u32>> {
    match truth {
        Value::String(text) => crate::answer::tags::integers(text).ok(),
        Value::Array(list) => list.iter().map(|v| v.as_u64().and_then(|n| u32::try_from(n).ok())).collect(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn truths_of_the_wrong_kind_are_named() {
        let score = |r: Reward, truth: Value, meta: Value| r.score(Variant::Guarded, "1", &truth, &meta);
        let error = score(Reward::Mvp, json!("a"), Value::Null).expect_err("refused").to_string();
        assert!(error.contains("mvp") && error.contains("whole numbers"), "{error}");
        let error =
            score(Reward::VideoreasonerIou, json!([1, 2]), json!({ "duration": 0 })).expect_err("refused");
        assert!(error.to_string().contains("duration"), "{error}");
        let long = json!("x".repeat(10_000));
        assert!(score(Reward::MusegLocal, long, Value::Null).expect_err("refused").to_string().len() < 400);
    }

    #[test]
    fn seconds_become_ratios() {
        let said = "<|event_start|>[0.20, 0.60]<|event_end|>";
        let alone = Reward::VideoreasonerIou.score(Variant::Published, said, &json!([10, 30]), &Value::Null);
        assert!(alone.expect_err("no ratios").to_string().contains("duration"));
        for truth in [json!([10, 30]), json!([[10, 30]])] {
            let score = Reward::VideoreasonerIou
                .score(Variant::Published, said, &truth, &json!({ "duration": 50 }))
                .expect("a pair");
            assert!((score.total - 1.0).abs() < 1e-12);
        }
    }

    proptest! {
        #[test]
        fn every_reward_stays_finite_and_in_its_range(
            text in any::<String>(), a in any::<f64>(), b in any::<f64>(), c in -50.0..100.0, d in -9.0..50.0) {
            let segments = json!([[c, c + d], [c + d / 2.0, c + 2.0 * d]]);
            for reward in Reward::ALL {
                for truth in [json!("3,1,2"), json!("1.5-9.0"), json!([1, 2, 3]), json!([0.1, 0.5]), segments.clone(), json!(["x"])] {
                    for said in [
                        text.clone(),
                        format!("<think>{a}</think><answer>{a}-{b} {c}-{b}</answer>"),
                        format!("<think>x</think><answer>{text}</answer>"),
                        format!("<|event_start|>[{a},{b}]<|event_end|>"),
                        format!("{}-{}", a.abs(), b.abs()),
                    ] {
                        for variant in Variant::ALL {
                            if let Ok(score) = reward.score(variant, &said, &truth, &Value::Null) {
                                let (low, high) = reward.range(variant);
                                prop_assert!((low..=high).contains(&score.total), "{reward} {variant} {said}: {score:?}");
                            }
                        }
                    }
                }
            }
        }
    }
}
