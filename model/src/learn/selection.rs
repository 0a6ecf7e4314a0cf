//! Which parameters are trained.

use std::collections::BTreeSet;

use burn::module::{Module as _, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::Tensor;

use crate::policy::Policy;
use crate::spec::parameters;

/// What is trained of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selection {
    /// Every parameter.
    All,
    /// All but the vision tower.
    Decoder,
    /// What the model has beside its published parameters: its adapters.
    Adapters,
}

impl Policy {
    /// The same model, training what is selected and nothing else.
    #[must_use]
    pub fn training(self, selection: Selection) -> Self {
        let published = parameters(self.config()).into_iter().map(|s| s.name).collect();
        self.map(&mut Select { path: Vec::new(), selection, published })
    }

    /// The names of the parameters that are trained, in the order of the modules.
    #[must_use]
    pub fn trained(&self) -> Vec<String> {
        let mut trained = Trained { path: Vec::new(), names: Vec::new() };
        self.visit(&mut trained);
        trained.names
    }
}

struct Select {
    path: Vec<String>,
    selection: Selection,
    published: BTreeSet<String>,
}

impl ModuleMapper for Select {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let name = self.path.join(".");
        let is_trained = match self.selection {
            Selection::All => true,
            Selection::Decoder => !name.starts_with("model.visual."),
            Selection::Adapters => !self.published.contains(&name),
        };
        param.set_require_grad(is_trained)
    }
}

struct Trained {
    path: Vec<String>,
    names: Vec<String>,
}

impl ModuleVisitor for Trained {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        // Off the tape a parameter only remembers that it is trained; on it, it shows.
        if param.clone().train().val().is_require_grad() {
            self.names.push(self.path.join("."));
        }
    }
}
