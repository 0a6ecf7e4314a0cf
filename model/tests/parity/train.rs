//! One loss, its gradients, and steps of AdamW.

use std::collections::BTreeMap;

use burn::tensor::{DType, Device};
use scrubjay_model::batch::{Answers, Prompts};
use scrubjay_model::config::Config;
use scrubjay_model::export::named;
use scrubjay_model::grads::Gradients;
use scrubjay_model::learn::{Batch, Selection};
use scrubjay_model::optim::{AdamW, Optimiser};
use scrubjay_model::policy::Policy;
use scrubjay_model::prompt::Prompt;
use scrubjay_model::trace::Trace;
use serde_json::Value;

use crate::case::{Golden, goldens, in_order, tolerance, visuals};
use crate::forward::{close, host, policy};
use crate::kit::{Kit, Kits, all};

/// Prompt and completion of the kit's training example.
fn example(kit: &Kit<'_>, config: &Config) -> (Prompt, Vec<u32>) {
    let files = goldens(&kit.dir.join("train/grad_step.safetensors"));
    let ids: Vec<u32> = files["input_ids"].whole.iter().map(|&id| id as u32).collect();
    let labels = &files["labels"].whole;
    let from = labels.iter().position(|l| *l >= 0).expect("labels");
    assert!(labels[from..].iter().all(|l| *l >= 0), "the completion is the end of the sequence");
    // Its pictures are named, or they are those of the case with the same prompt.
    let train = &kit.manifest["train"];
    let text = train["prompt_text"].as_str().expect("a prompt");
    let same = |case: &&Value| {
        let prompts = case["prompt_text"].as_array().expect("prompts");
        prompts.len() == 1 && text.starts_with(prompts[0].as_str().expect("text"))
    };
    let entry = if train["pixels_concat_in_order"].is_object() {
        train
    } else {
        kit.cases().into_iter().map(|(_, case)| case).find(same).expect("a case with this prompt")
    };
    let (clips, images) = visuals(kit, entry, &files, config);
    let pictures = in_order(&ids, config, &mut clips.iter(), &mut images.iter());
    (Prompt::new(ids[..from].to_vec(), pictures, config).expect("fits"), ids[from..].to_vec())
}

/// The mean of the completion's negative log-probabilities, and its gradients.
fn learn(policy: &Policy, prompt: &Prompt, completion: &[u32], recompute: bool) -> (f64, Gradients) {
    let pad = policy.config().tokens.pad;
    let prompts = Prompts::new(&[prompt], pad);
    let answers = Answers::new(&[vec![completion.to_vec()]], pad);
    let (features, allowed, temperature, room) = (None, None, 1.0, 0);
    let batch = Batch { prompts: &prompts, features, answers: &answers, allowed, temperature, room };
    let pass = policy.learn(&batch, recompute, &mut Trace::off()).expect("fits");
    let said = host(pass.log_probability.clone());
    let mut gradients = Gradients::new();
    pass.backward(&vec![-1.0 / said.len() as f32; said.len()], &mut gradients).expect("goes back");
    (-said.iter().map(|p| f64::from(*p)).sum::<f64>() / said.len() as f64, gradients)
}

/// The recorded settings of AdamW and its learning rate.
fn settings(recorded: &Value) -> (AdamW, f64) {
    let number = |value: &Value| value.as_f64().expect("a number");
    let (epsilon, weight_decay) = (number(&recorded["eps"]), number(&recorded["weight_decay"]));
    let (beta1, beta2) = (number(&recorded["betas"][0]), number(&recorded["betas"][1]));
    (AdamW { beta1, beta2, epsilon, weight_decay }, number(&recorded["lr"]))
}

/// Gradients against the recorded norms and tensors; gives how many of each.
fn gradients_match(
    kits: &Kits,
    kit: &Kit<'_>,
    want: &BTreeMap<String, Golden>,
    found: &Gradients,
) -> (usize, usize) {
    let norms = kit.manifest["train"]["grad_norm_per_param"].as_object().expect("norms");
    assert_eq!(found.names().count(), norms.len());
    let values = |name: &str| host(found.get(name).expect("a gradient").clone());
    for (name, norm) in norms {
        let norm = norm.as_f64().expect("a number");
        let got = values(name).iter().map(|g| f64::from(*g).powi(2)).sum::<f64>().sqrt();
        assert!((got - norm).abs() <= 2e-5 + 1e-3 * norm, "{name}: norm {got} against {norm}");
    }
    let all = norms.values().map(|n| n.as_f64().expect("a number").powi(2)).sum::<f64>().sqrt();
    assert!((found.norm() - all).abs() <= 1e-3 * all, "{} against {all}", found.norm());
    let mut tensors = 0;
    for (name, golden) in want.iter().filter_map(|(n, g)| Some((n.strip_prefix("grad.")?, g))) {
        close(&format!("grad {name}"), &values(name), &golden.reals, None, tolerance(kits, "grad.*"));
        tensors += 1;
    }
    (tensors, norms.len())
}

/// Weights after a step against the recorded ones; gives how many tensors.
fn weights_match(kits: &Kits, want: &BTreeMap<String, Golden>, policy: &Policy) -> usize {
    let after: BTreeMap<String, Vec<f32>> =
        named(policy).into_iter().map(|(name, t)| (name, host(t))).collect();
    let (atol, _) = tolerance(kits, "after_step1.*");
    let mut tensors = 0;
    for (name, golden) in want.iter().filter_map(|(n, g)| Some((n.strip_prefix("after_step1.")?, g))) {
        let grad = want.get(&format!("grad.{name}")).expect("its gradient");
        let mut kept = 0;
        for ((got, want), g) in after[name].iter().zip(&golden.reals).zip(&grad.reals) {
            if g.abs() > 1e-5 || *g == 0.0 {
                assert!((got - want).abs() <= atol, "{name}: {got} against {want}, gradient {g}");
                kept += 1;
            }
        }
        assert!(kept > 0, "{name}");
        tensors += 1;
    }
    tensors
}

fn training(recompute: bool) {
    let (mut tensors, mut norms) = (0, 0);
    for kits in &all() {
        for kit in kits.kits() {
            let path = kit.dir.join("train/grad_step.safetensors");
            if !path.exists() {
                eprintln!("{} has no training step: skipped", kit.name());
                continue;
            }
            let want = goldens(&path);
            let (prompt, completion) = example(&kit, &kit.config());
            let policy = policy(&kit, "model-f32", &Device::flex(), DType::F32);
            let mut policy = policy.training(Selection::All);
            let recorded = &kit.manifest["train"];
            let (settings, rate) = settings(&recorded["optimizer"]);
            let mut optimiser = Optimiser::new(settings);
            for (step, wanted) in recorded["losses"].as_array().expect("losses").iter().enumerate() {
                let wanted = wanted.as_f64().expect("a number");
                let (got, gradients) = learn(&policy, &prompt, &completion, recompute);
                let (atol, rtol) = tolerance(kits, "loss");
                // Later losses carry the rounding of every step before.
                let slack = if step == 0 { 1.0 } else { 20.0 };
                let bound = slack * (f64::from(atol) + f64::from(rtol) * wanted);
                assert!((got - wanted).abs() <= bound, "loss {step}: {got}, {wanted}");
                if step == 0 {
                    let (more, of_norms) = gradients_match(kits, &kit, &want, &gradients);
                    (tensors, norms) = (tensors + more, norms + of_norms);
                }
                policy = optimiser.step(policy, gradients, rate).expect("steps");
                if step == 0 {
                    tensors += weights_match(kits, &want, &policy);
                }
            }
        }
    }
    eprintln!("{tensors} tensors of a training step and {norms} gradient norms compared");
}

#[test]
fn parity_training_step() {
    training(false);
}

#[test]
fn parity_training_step_recomputed() {
    training(true);
}
