//! Rewards: named parts in `[0, 1]`, always finite, and why an answer could not be read.

pub mod videossr;

use std::collections::BTreeMap;

use crate::answer::ParseFailure;

/// What an answer earned.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Score {
    /// The sum, here in `[0, 1]`.
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
