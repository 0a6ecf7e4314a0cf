//! AdamW with its numbers in `f32`, whatever the weights are.
//!
//! Weights narrower than `f32` have a master copy: a step is often smaller than what they can tell apart. State goes to
//! checkpoints and back number by number, so that a run that goes on is the run that never stopped.

use std::collections::BTreeMap;

use burn::module::{Module as _, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{DType, FloatDType, Tensor};

use crate::grads::Gradients;
use crate::policy::Policy;

mod state;

pub use state::Entry;

/// Settings of AdamW.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamW {
    /// Share of the old first moment in the new one.
    pub beta1: f64,
    /// Share of the old second moment in the new one.
    pub beta2: f64,
    /// Added to the root of the second moment.
    pub epsilon: f64,
    /// Share of a weight that a step takes away, times the learning rate; of every parameter that has a gradient.
    pub weight_decay: f64,
}

impl Default for AdamW {
    /// As in PyTorch.
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.01 }
    }
}

/// Why an optimiser's state cannot be read or used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OptimError {
    /// A gradient has no parameter, or one of another size.
    #[error("there is a gradient of {count} numbers for {name}, which has {wanted}")]
    Gradient {
        /// The parameter.
        name: String,
        /// Numbers of the gradient.
        count: usize,
        /// Numbers of the parameter; 0 for none of this name.
        wanted: usize,
    },
    /// A name that no state has.
    #[error("{0} is not part of an optimiser's state for this model")]
    Unknown(String),
    /// Another number of numbers than the parameter has.
    #[error("{name} has {given} numbers, the parameter has {wanted}")]
    Count {
        /// The name in the state.
        name: String,
        /// Its numbers.
        given: usize,
        /// The parameter's.
        wanted: usize,
    },
    /// A number that it cannot hold.
    #[error("{name} holds {value}")]
    Value {
        /// The name in the state.
        name: String,
        /// The number.
        value: String,
    },
    /// A parameter has some of its state and not the rest.
    #[error("the state of {0} is not complete")]
    Incomplete(String),
    /// The device did not give its numbers.
    #[error("{name} cannot be read from its device: {cause}")]
    Device {
        /// The name in the state.
        name: String,
        /// Why.
        cause: String,
    },
}

/// The state of one parameter, flattened, in `f32`.
#[derive(Debug, Clone)]
struct Held {
    first: Tensor<1>,
    second: Tensor<1>,
    /// The weights themselves where the model's are narrower.
    master: Option<Tensor<1>>,
    /// Steps that it has taken: a parameter without a gradient takes none.
    steps: u32,
}

/// Steps are stored as numbers of `f32`, which count so far.
const MOST_STEPS: u32 = 1 << 24;

/// AdamW and what it remembers.
#[derive(Debug, Clone)]
pub struct Optimiser {
    /// Its settings, which may change between steps.
    pub settings: AdamW,
    held: BTreeMap<String, Held>,
}

impl Optimiser {
    /// One that remembers nothing.
    #[must_use]
    pub fn new(settings: AdamW) -> Self {
        Self { settings, held: BTreeMap::new() }
    }

    /// The policy after a step against its gradients. Decay first (`p -= rate * decay * p`), then `p -= rate * m / (√v +
    /// ε)` with both moments corrected for their start at zero, as PyTorch does. Weights are changed where they lie
    /// unless somebody else holds them.
    ///
    /// # Errors
    /// [`OptimError::Gradient`]; nothing has changed then, but the policy is gone.
    pub fn step(&mut self, policy: Policy, gradients: Gradients, rate: f64) -> Result<Policy, OptimError> {
        let sizes = sizes(&policy);
        for name in gradients.names() {
            let count = gradients.get(name).map_or(0, |g| g.dims()[0]);
            let wanted = sizes.get(name).map_or(0, |s| s.0);
            if count != wanted {
                return Err(OptimError::Gradient { name: name.to_owned(), count, wanted });
            }
        }
        Ok(policy.map(&mut Step { path: Vec::new(), gradients, rate, optimiser: self }))
    }

    fn update(&mut self, name: &str, weights: Tensor<1>, gradient: Tensor<1>, rate: f64) -> Tensor<1> {
        let AdamW { beta1, beta2, epsilon, weight_decay } = self.settings;
        let dtype: FloatDType = weights.dtype().into();
        let narrow = weights.dtype() != DType::F32;
        let (first, second, master, steps) = match self.held.remove(name) {
            Some(held) => (held.first, held.second, held.master, held.steps),
            None => (gradient.zeros_like(), gradient.zeros_like(), None, 0),
        };
        let steps = (steps + 1).min(MOST_STEPS);
        let wide = master.unwrap_or_else(|| weights.cast(FloatDType::F32));
        let first = first * beta1 + gradient.clone() * (1.0 - beta1);
        let second = second * beta2 + gradient.clone() * gradient * (1.0 - beta2);
        let start1 = 1.0 - beta1.powi(steps as i32);
        let start2 = 1.0 - beta2.powi(steps as i32);
        let size = second.clone().sqrt() / start2.sqrt() + epsilon;
        let wide = if weight_decay == 0.0 { wide } else { wide * (1.0 - rate * weight_decay) };
        let wide = wide - first.clone() / size * (rate / start1);
        let master = narrow.then(|| wide.clone());
        self.held.insert(name.to_owned(), Held { first, second, master, steps });
        if narrow { wide.cast(dtype) } else { wide }
    }
}

/// Of each parameter how many numbers it has, and whether they are narrower than `f32`.
fn sizes(policy: &Policy) -> BTreeMap<String, (usize, bool)> {
    let mut sizes = Sizes { path: Vec::new(), found: BTreeMap::new() };
    policy.visit(&mut sizes);
    sizes.found
}

struct Sizes {
    path: Vec<String>,
    found: BTreeMap<String, (usize, bool)>,
}

impl ModuleVisitor for Sizes {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let value = param.val();
        let size = (value.dims().iter().product(), value.dtype() != DType::F32);
        self.found.insert(self.path.join("."), size);
    }
}

struct Step<'a> {
    path: Vec<String>,
    gradients: Gradients,
    rate: f64,
    optimiser: &'a mut Optimiser,
}

impl ModuleMapper for Step<'_> {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let name = self.path.join(".");
        let Some(gradient) = self.gradients.take(&name) else { return param };
        let (id, value, mapper) = param.consume();
        let shape = value.dims();
        let flat = value.reshape([shape.iter().product::<usize>()]);
        let new = self.optimiser.update(&name, flat, gradient, self.rate).reshape(shape);
        Param::from_mapped_value(id, new, mapper)
    }
}
