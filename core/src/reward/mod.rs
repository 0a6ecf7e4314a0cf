//! Rewards: named parts, always finite and in their range, and why an answer could not be read.
//!
//! Where the papers' code and formulas disagree, or the code has faults, a reward comes in variants.

pub mod bonus;
pub mod elements;
pub mod museg;
pub mod mvp;
pub mod table;
pub mod video_r1;
pub mod videoreasoner;
pub mod videossr;
pub mod visual_jigsaw;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::answer::ParseFailure;
use crate::item::Truth;
use crate::metric;
use crate::named::named;

named! {
    /// Which reading of a reward.
    #[derive(Default)]
    pub enum Variant, "variant",
    /// An unknown variant name.
    UnknownVariant {
        /// What the public code computes, faults included; where it yields no finite number or raises, 0 with the
        /// reason.
        Published = "published",
        /// The published reward with its known faults mended.
        #[default]
        Guarded = "guarded",
        /// The paper's formula.
        Paper = "paper",
    }
}

/// What an answer earned.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Score {
    /// The whole, in the range its reward states.
    pub total: f64,
    /// The named parts.
    pub parts: BTreeMap<&'static str, f64>,
    /// What the answer was read as; null where it could not be read.
    pub parsed: Value,
    /// Why the answer could not be read, if it could not.
    pub failure: Option<ParseFailure>,
}

impl Score {
    /// A score of one part, from the answer as it was read and what it is worth.
    fn single<T: Serialize>(name: &'static str, read: Result<(f64, T), ParseFailure>) -> Self {
        let (total, parsed, failure) = match read {
            // Numbers, texts and lists of them always serialize; what is not finite becomes null.
            Ok((total, parsed)) => (total, serde_json::to_value(parsed).unwrap_or_default(), None),
            Err(failure) => (0.0, Value::Null, Some(failure)),
        };
        Self { total, parts: BTreeMap::from([(name, total)]), parsed, failure }
    }

    /// An answer that could not be read.
    fn failed(name: &'static str, failure: ParseFailure) -> Self {
        Self::single::<()>(name, Err(failure))
    }
}

/// The reward of a task by its truth (see [`Truth::score`]), in `[0, 1]`, without format terms.
#[must_use]
pub(crate) fn own(answer: &str, truth: &Truth) -> Score {
    let guarded = Variant::Guarded;
    match truth {
        Truth::Interval(truth) => videossr::grounding(answer, *truth),
        Truth::Counts(truth) => videossr::counting(answer, &truth.map(f64::from)),
        Truth::Order(truth) => videossr::jigsaw(answer, truth),
        Truth::Candidates { labels, of } => mvp::accuracy(answer, labels, Some(*of)),
        Truth::Segments(truth) => {
            let mut score = museg::matching(answer, truth, guarded);
            score.total /= museg::MATCH_MAX;
            score
        }
        Truth::Event { ratio, .. } if answer.contains(videoreasoner::START) => {
            videoreasoner::iou(answer, *ratio, guarded)
        }
        Truth::Event { seconds, .. } => {
            let read = metric::interval::videossr(answer);
            Score::single("iou", read.map(|r| (r.interval.iou(*seconds), [r.interval.start, r.interval.end])))
        }
        Truth::Elements(truth) => elements::f1(answer, truth),
        Truth::Letter(truth) => videoreasoner::accuracy(answer, &truth.to_string(), guarded),
    }
}
