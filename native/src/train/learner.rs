//! A policy with its optimiser: one step from a loss to new weights.

use burn::module::{Module, ModuleVisitor, Param, ParamId};
use burn::optim::{AdamWConfig, GradientsParams, ModuleOptimizer};
use burn::tensor::Tensor;
use scrubjay_model::policy::Policy;

/// A policy that tracks gradients, and AdamW.
pub struct Learner {
    /// The weights.
    pub policy: Policy,
    optimiser: ModuleOptimizer,
    max_grad_norm: f64,
}

impl std::fmt::Debug for Learner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Learner").field("max_grad_norm", &self.max_grad_norm).finish_non_exhaustive()
    }
}

/// What a step did.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// The loss before it.
    pub loss: f64,
    /// Global gradient norm before it was bounded.
    pub grad_norm: f64,
}

/// A loss or a gradient that is not a number.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("the {what} is not finite ({value}); the step was not taken")]
pub struct NotFinite {
    what: &'static str,
    value: f64,
}

impl Learner {
    /// A learner with fresh optimiser state (AdamW, β 0.9 and 0.999, ε 1e-8).
    #[must_use]
    pub fn new(policy: Policy, weight_decay: f64, max_grad_norm: f64) -> Self {
        let optimiser = AdamWConfig::new().with_epsilon(1e-8).with_weight_decay(weight_decay as f32).init();
        Self { policy, optimiser, max_grad_norm }
    }

    /// Takes one step down a loss that was computed with [`Self::policy`].
    ///
    /// # Errors
    /// [`NotFinite`]; the weights stay as they were.
    pub fn step(&mut self, loss: Tensor<1>, learning_rate: f64) -> Result<Step, NotFinite> {
        let value = f64::from(loss.clone().into_scalar::<f32>());
        finite("loss", value)?;
        let mut grads = GradientsParams::from_grads(loss.backward(), &self.policy);
        let mut norm = SquareSum { grads: &grads, sum: None };
        self.policy.visit(&mut norm);
        let grad_norm = norm.sum.map_or(0.0, |s| f64::from(s.into_scalar::<f32>()).sqrt());
        finite("gradient norm", grad_norm)?;
        if grad_norm > self.max_grad_norm {
            let mut scale = Scale { grads: &mut grads, factor: self.max_grad_norm / (grad_norm + 1e-6) };
            self.policy.visit(&mut scale);
        }
        self.policy = self.optimiser.step(learning_rate, self.policy.clone(), grads);
        Ok(Step { loss: value, grad_norm })
    }
}

fn finite(what: &'static str, value: f64) -> Result<(), NotFinite> {
    if value.is_finite() { Ok(()) } else { Err(NotFinite { what, value }) }
}

/// Sums the squares of all gradients.
struct SquareSum<'a> {
    grads: &'a GradientsParams,
    sum: Option<Tensor<1>>,
}

impl ModuleVisitor for SquareSum<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let Some(grad) = self.grads.get::<D>(param.id) else { return };
        let square = (grad.clone() * grad).sum();
        self.sum = Some(match self.sum.take() {
            Some(sum) => sum + square,
            None => square,
        });
    }
}

/// Scales all gradients.
struct Scale<'a> {
    grads: &'a mut GradientsParams,
    factor: f64,
}

impl ModuleVisitor for Scale<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let id: ParamId = param.id;
        if let Some(grad) = self.grads.remove::<D>(id) {
            self.grads.register(id, grad * self.factor);
        }
    }
}
