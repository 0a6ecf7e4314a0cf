//! Rewards: named parts, always finite and in their range, and why an answer could not be read.
//!
//! Where the papers' code and formulas disagree, or the code has faults, a reward comes in variants.

pub mod museg;
pub mod videossr;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::answer::ParseFailure;

/// Which reading of a reward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Variant {
    /// What the public code computes, faults included; where it yields no finite number or raises, 0 with the reason.
    Published,
    /// The published reward with its known faults mended.
    #[default]
    Guarded,
    /// The paper's formula.
    Paper,
}

impl Variant {
    /// Every variant.
    pub const ALL: [Self; 3] = [Self::Published, Self::Guarded, Self::Paper];

    /// The name in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Guarded => "guarded",
            Self::Paper => "paper",
        }
    }
}

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An unknown variant name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown variant '{0}'; known: published, guarded, paper")]
pub struct UnknownVariant(String);

impl FromStr for Variant {
    type Err = UnknownVariant;

    fn from_str(name: &str) -> Result<Self, UnknownVariant> {
        Self::ALL.into_iter().find(|v| v.name() == name).ok_or_else(|| UnknownVariant(name.to_owned()))
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
