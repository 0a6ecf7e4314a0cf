//! AdamW against its formula, and its state to a checkpoint and back.

use std::collections::BTreeMap;

use burn::tensor::{DType, Device};
use scrubjay_model::export::named;
use scrubjay_model::learn::Selection;
use scrubjay_model::optim::{AdamW, OptimError, Optimiser};
use scrubjay_model::policy::Policy;

use crate::case::{Case, answers, config, host, policy, prompts};

/// What an optimiser lists.
type State = Vec<(String, Vec<f32>)>;

fn state(optimiser: &Optimiser) -> State {
    optimiser.state().map(|e| (e.name.clone(), e.numbers().expect("read"))).collect()
}

fn weights(policy: &Policy) -> BTreeMap<String, Vec<f32>> {
    named(policy).into_iter().map(|(name, t)| (name, host(&t))).collect()
}

const SETTINGS: AdamW = AdamW { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weight_decay: 0.1 };
const RATE: f64 = 3e-3;

#[test]
fn a_step_follows_the_formula() {
    let config = config(true);
    let mut policy = policy(&config, Selection::All);
    let case = Case::new(prompts(&config), &answers());
    let mut optimiser = Optimiser::new(SETTINGS);
    let mut moments: BTreeMap<String, Vec<(f64, f64)>> = BTreeMap::new();
    let kept = policy.clone();
    let untouched = weights(&kept);
    for step in 1..=3 {
        let (_, gradients) = case.learn(&policy, true);
        let before = weights(&policy);
        let given: BTreeMap<String, Vec<f32>> =
            gradients.names().map(|n| (n.to_owned(), host(gradients.get(n).expect("there")))).collect();
        policy = optimiser.step(policy, gradients, RATE).expect("steps");
        for (name, after) in weights(&policy) {
            let held = moments.entry(name.clone()).or_insert_with(|| vec![(0.0, 0.0); after.len()]);
            for (i, after) in after.iter().enumerate() {
                let (g, w) = (f64::from(given[&name][i]), f64::from(before[&name][i]));
                let (m, v) = &mut held[i];
                (*m, *v) = (0.9 * *m + 0.1 * g, 0.95 * *v + 0.05 * g * g);
                let (m, v) = (*m / (1.0 - 0.9_f64.powi(step)), *v / (1.0 - 0.95_f64.powi(step)));
                let wanted = w * (1.0 - RATE * 0.1) - RATE * m / (v.sqrt() + 1e-8);
                // Gradients of nearly nothing are no larger than the rounding of their moments.
                let slack = if g.abs() < 1e-6 { RATE } else { 2e-6 };
                assert!((f64::from(*after) - wanted).abs() <= slack, "{name}[{i}]: {after}, {wanted}, {g}");
            }
        }
    }
    assert_eq!(weights(&kept), untouched, "whoever holds the old weights keeps them");
}

#[test]
fn a_restored_optimiser_goes_on_to_the_bit() {
    for dtype in [DType::F32, DType::BF16] {
        let config = config(false);
        let mut policy =
            Policy::drawn(&config, &Device::flex(), dtype).expect("builds").training(Selection::Decoder);
        let case = Case::new(prompts(&config), &answers());
        let step = |policy: Policy, optimiser: &mut Optimiser| {
            let (_, gradients) = case.learn(&policy, true);
            optimiser.step(policy, gradients, 1e-4).expect("steps")
        };
        let mut optimiser = Optimiser::new(SETTINGS);
        for _ in 0..2 {
            policy = step(policy, &mut optimiser);
        }
        let stored = state(&optimiser);
        let mut restored = Optimiser::restore(SETTINGS, &policy, stored.clone()).expect("fits");
        assert_eq!(state(&restored), stored);
        let (one, other) = (step(policy.clone(), &mut optimiser), step(policy.clone(), &mut restored));
        assert_eq!(weights(&one), weights(&other));
        assert_eq!(state(&optimiser), state(&restored));
        // Master weights move where narrow ones cannot tell.
        let masters = stored.iter().filter(|(name, _)| name.starts_with("master.")).count();
        assert_eq!(masters, if dtype == DType::F32 { 0 } else { policy.trained().len() });
        for (name, numbers) in state(&optimiser) {
            let Some(parameter) = name.strip_prefix("master.") else { continue };
            let narrow: Vec<f32> = numbers.iter().map(|x| half::bf16::from_f32(*x).to_f32()).collect();
            assert_eq!(narrow, weights(&one)[parameter], "{name}");
            assert_ne!(narrow, numbers, "{name}");
        }
    }
}

#[test]
fn a_state_that_does_not_fit_is_refused() {
    let config = config(false);
    let policy = policy(&config, Selection::Decoder);
    let (_, gradients) = Case::new(prompts(&config), &answers()).learn(&policy, true);
    let mut optimiser = Optimiser::new(SETTINGS);
    let policy = optimiser.step(policy, gradients, RATE).expect("steps");
    let whole = state(&optimiser);
    let name = whole[0].0.strip_prefix("steps.").expect("steps come first").to_owned();
    let changed = |f: &dyn Fn(&mut State)| {
        let mut state = whole.clone();
        f(&mut state);
        Optimiser::restore(SETTINGS, &policy, state).expect_err("refused")
    };
    assert_eq!(changed(&|s| drop(s.remove(1))), OptimError::Incomplete(name));
    assert_eq!(changed(&|s| s[1].0 = "first.what".to_owned()), OptimError::Unknown("first.what".to_owned()));
    assert_eq!(changed(&|s| s[1].0 = "what".to_owned()), OptimError::Unknown("what".to_owned()));
    assert!(matches!(changed(&|s| s[1].1.truncate(3)), OptimError::Count { given: 3, .. }));
    assert!(matches!(changed(&|s| s[1].1[0] = f32::NAN), OptimError::Value { .. }));
    assert!(matches!(changed(&|s| s[2].1[0] = -1.0), OptimError::Value { .. }));
    assert!(matches!(changed(&|s| s[0].1[0] = 1.5), OptimError::Value { .. }));
    let mut gradients = scrubjay_model::grads::Gradients::new();
    gradients.add("lm_head.weight", burn::tensor::Tensor::<1>::ones([3], &Device::flex()));
    let wanted = config.text.vocab * config.text.hidden;
    assert_eq!(
        optimiser.step(policy, gradients, RATE).err(),
        Some(OptimError::Gradient { name: "lm_head.weight".to_owned(), count: 3, wanted })
    );
}
