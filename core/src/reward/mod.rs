//! Rewards: named parts, always finite and in their range, and why an answer could not be read.
//!
//! Where the papers' code and formulas disagree, or the code has faults, a reward comes in variants.

pub mod museg;
pub mod table;
pub mod videossr;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::answer::ParseFailure;
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
    /// Why the answer could not be read, if it could not.
    pub failure: Option<ParseFailure>,
}

impl Score {
    fn single(name: &'static str, value: Result<f64, ParseFailure>) -> Self {
        let total = value.unwrap_or(0.0);
        Self { total, parts: BTreeMap::from([(name, total)]), failure: value.err() }
    }
}
