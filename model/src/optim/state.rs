//! What AdamW remembers, to a checkpoint and back.

use std::collections::{BTreeMap, BTreeSet};

use burn::tensor::{DType, Device, Tensor, TensorData};

use super::{AdamW, Held, MOST_STEPS, OptimError, Optimiser, sizes};
use crate::policy::Policy;

/// A tensor of the state, on its device: read when its turn comes.
#[derive(Debug, Clone)]
pub struct Entry {
    /// `first.NAME` and `second.NAME` (moments), `master.NAME` (weights), `steps.NAME` (one number).
    pub name: String,
    /// How many numbers, flat.
    pub count: usize,
    tensor: Result<Tensor<1>, f32>,
}

impl Entry {
    /// Its numbers.
    ///
    /// # Errors
    /// [`OptimError::Device`].
    pub fn numbers(&self) -> Result<Vec<f32>, OptimError> {
        let fail = |cause: String| OptimError::Device { name: self.name.clone(), cause };
        match &self.tensor {
            Ok(tensor) => {
                let data = tensor.clone().try_into_data().map_err(|e| fail(e.to_string()))?;
                data.try_to_vec::<f32>().map_err(|e| fail(e.to_string()))
            }
            Err(number) => Ok(vec![*number]),
        }
    }
}

impl Optimiser {
    /// All that it remembers, in the order of the parameters' names; numbers are read one entry at a time.
    pub fn state(&self) -> impl Iterator<Item = Entry> {
        self.held.iter().flat_map(|(name, held)| {
            let entry = |kind: &str, tensor: &Tensor<1>| Entry {
                name: format!("{kind}.{name}"),
                count: tensor.dims()[0],
                tensor: Ok(tensor.clone()),
            };
            let steps = Entry { name: format!("steps.{name}"), count: 1, tensor: Err(held.steps as f32) };
            let mut entries = vec![steps, entry("first", &held.first), entry("second", &held.second)];
            entries.extend(held.master.as_ref().map(|m| entry("master", m)));
            entries
        })
    }

    /// One that remembers what [`Self::state`] of another listed, in any order, for the same policy.
    ///
    /// # Errors
    /// [`OptimError`] naming what does not fit the policy, is missing or is no finite number.
    pub fn restore(
        settings: AdamW,
        policy: &Policy,
        entries: impl IntoIterator<Item = (String, Vec<f32>)>,
    ) -> Result<Self, OptimError> {
        let (device, sizes) = (policy.device(), sizes(policy));
        let mut tensors: BTreeMap<String, Tensor<1>> = BTreeMap::new();
        let mut steps: BTreeMap<String, u32> = BTreeMap::new();
        let mut names: BTreeSet<String> = BTreeSet::new();
        for (name, numbers) in entries {
            let unknown = || OptimError::Unknown(name.clone());
            let (kind, parameter) = name.split_once('.').ok_or_else(unknown)?;
            let &(size, narrow) = sizes.get(parameter).ok_or_else(unknown)?;
            let wanted = match kind {
                "first" | "second" => size,
                "master" if narrow => size,
                "steps" => 1,
                _ => return Err(unknown()),
            };
            if numbers.len() != wanted {
                return Err(OptimError::Count { given: numbers.len(), wanted, name });
            }
            let is_wrong = |x: &f32| match kind {
                "steps" => x.fract() != 0.0 || !(1.0..=MOST_STEPS as f32).contains(x),
                "second" => !x.is_finite() || *x < 0.0,
                _ => !x.is_finite(),
            };
            if let Some(value) = numbers.iter().find(|x| is_wrong(x)) {
                return Err(OptimError::Value { value: value.to_string(), name });
            }
            names.insert(parameter.to_owned());
            if kind == "steps" {
                steps.insert(parameter.to_owned(), numbers[0] as u32);
            } else {
                tensors.insert(name.clone(), tensor(numbers, &device));
            }
        }
        let mut held = BTreeMap::new();
        for name in names {
            let mut take = |kind: &str| tensors.remove(&format!("{kind}.{name}"));
            let narrow = sizes.get(&name).is_some_and(|s| s.1);
            let (first, second, master) = (take("first"), take("second"), take("master"));
            match (first, second, steps.get(&name)) {
                (Some(first), Some(second), Some(&steps)) if master.is_some() == narrow => {
                    held.insert(name, Held { first, second, master, steps });
                }
                _ => return Err(OptimError::Incomplete(name)),
            }
        }
        Ok(Self { settings, held })
    }
}

fn tensor(numbers: Vec<f32>, device: &Device) -> Tensor<1> {
    let count = numbers.len();
    Tensor::from_data(TensorData::new(numbers, [count]), (device, DType::F32))
}
