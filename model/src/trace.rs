//! Intermediate results by name, for whoever compares with another implementation or looks for a NaN.

use std::collections::BTreeMap;

use burn::tensor::Tensor;

/// Collects intermediate results, or nothing.
#[derive(Debug, Default)]
pub struct Trace {
    on: bool,
    parts: BTreeMap<String, Vec<Tensor<2>>>,
}

impl Trace {
    /// One that collects nothing and costs nothing.
    #[must_use]
    pub fn off() -> Self {
        Self::default()
    }

    /// One that collects.
    #[must_use]
    pub fn on() -> Self {
        Self { on: true, ..Self::default() }
    }

    pub(crate) fn note(&mut self, name: &str, tensor: impl FnOnce() -> Tensor<2>) {
        if self.on {
            self.parts.entry(name.to_owned()).or_default().push(tensor().inner());
        }
    }

    /// What was collected, `[rows, width]`; several of one name are put below each other in their order.
    #[must_use]
    pub fn tensors(self) -> BTreeMap<String, Tensor<2>> {
        self.parts.into_iter().map(|(name, parts)| (name, Tensor::cat(parts, 0))).collect()
    }
}
