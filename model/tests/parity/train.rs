//! One loss, its gradients, and steps of AdamW.

use std::collections::BTreeMap;

use burn::module::{Module as _, ModuleVisitor, Param};
use burn::optim::{AdamWConfig, GradientsParams};
use burn::tensor::{DType, Device, Gradients, Tensor};
use scrubjay_model::batch::{Answers, Prompts};
use scrubjay_model::config::Config;
use scrubjay_model::export::named;
use scrubjay_model::policy::Policy;
use scrubjay_model::prompt::Prompt;
use serde_json::Value;

use crate::case::{goldens, in_order, tolerance, visuals};
use crate::forward::{close, host, policy};
use crate::kit::{Kit, all};

/// Gradients by published name.
struct Named<'a> {
    path: Vec<String>,
    grads: &'a Gradients,
    found: BTreeMap<String, Vec<f32>>,
}

impl ModuleVisitor for Named<'_> {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let grad = param.val().grad(self.grads).map(host).unwrap_or_default();
        self.found.insert(self.path.join("."), grad);
    }
}

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

fn loss(policy: &Policy, prompt: &Prompt, completion: &[u32], pad: u32) -> Tensor<1> {
    let layout = Prompts::new(&[prompt], pad);
    let answers = Answers::new(&[vec![completion.to_vec()]], pad);
    -policy.score(&layout, &answers, 1.0, 0).log_probability.mean()
}

#[test]
fn parity_training_step() {
    let (mut tensors, mut norms) = (0, 0);
    for kits in &all() {
        for kit in kits.kits() {
            let path = kit.dir.join("train/grad_step.safetensors");
            if !path.exists() {
                eprintln!("{} has no training step: skipped", kit.name());
                continue;
            }
            let config = kit.config();
            let want = goldens(&path);
            let (prompt, completion) = example(&kit, &config);
            let mut policy = policy(&kit, "model-f32", &Device::flex().autodiff(), DType::F32);
            let recorded = &kit.manifest["train"];
            let optimizer = &recorded["optimizer"];
            let number = |key: &str| optimizer[key].as_f64().expect("a number") as f32;
            let beta = |i: usize| optimizer["betas"][i].as_f64().expect("a number") as f32;
            let mut adamw = AdamWConfig::new()
                .with_beta_1(beta(0))
                .with_beta_2(beta(1))
                .with_epsilon(number("eps"))
                .with_weight_decay(number("weight_decay"))
                .init();
            let losses = recorded["losses"].as_array().expect("losses");
            for (step, wanted) in losses.iter().enumerate() {
                let value = loss(&policy, &prompt, &completion, config.tokens.pad);
                let wanted = wanted.as_f64().expect("a number") as f32;
                let got = value.clone().into_scalar::<f32>();
                let (atol, rtol) = tolerance(kits, "loss");
                // Later losses carry the rounding of every step before.
                let slack = if step == 0 { 1.0 } else { 20.0 };
                assert!(
                    (got - wanted).abs() <= slack * (atol + rtol * wanted),
                    "loss {step}: {got}, {wanted}"
                );
                let grads = value.backward();
                if step == 0 {
                    let mut visitor = Named { path: Vec::new(), grads: &grads, found: BTreeMap::new() };
                    policy.visit(&mut visitor);
                    let found = visitor.found;
                    let all = recorded["grad_norm_per_param"].as_object().expect("norms");
                    assert_eq!(found.keys().collect::<Vec<_>>().len(), all.len());
                    for (name, norm) in all {
                        let norm = norm.as_f64().expect("a number");
                        let got = found[name].iter().map(|g| f64::from(*g).powi(2)).sum::<f64>().sqrt();
                        assert!(
                            (got - norm).abs() <= 2e-5 + 1e-3 * norm,
                            "{name}: norm {got} against {norm}"
                        );
                        norms += 1;
                    }
                    for (name, golden) in want.iter().filter_map(|(n, g)| Some((n.strip_prefix("grad.")?, g)))
                    {
                        close(
                            &format!("grad {name}"),
                            &found[name],
                            &golden.reals,
                            None,
                            tolerance(kits, "grad.*"),
                        );
                        tensors += 1;
                    }
                }
                let grads = GradientsParams::from_grads(grads, &policy);
                policy = adamw.step(f64::from(number("lr")), policy, grads);
                if step == 0 {
                    let after: BTreeMap<String, Vec<f32>> =
                        named(&policy).into_iter().map(|(name, t)| (name, host(t))).collect();
                    let (atol, _) = tolerance(kits, "after_step1.*");
                    for (name, golden) in
                        want.iter().filter_map(|(n, g)| Some((n.strip_prefix("after_step1.")?, g)))
                    {
                        let grad = want.get(&format!("grad.{name}")).expect("its gradient");
                        let mut kept = 0;
                        for ((got, want), g) in after[name].iter().zip(&golden.reals).zip(&grad.reals) {
                            if g.abs() > 1e-5 || *g == 0.0 {
                                assert!(
                                    (got - want).abs() <= atol,
                                    "{name}: {got} against {want}, gradient {g}"
                                );
                                kept += 1;
                            }
                        }
                        assert!(kept > 0, "{name}");
                        tensors += 1;
                    }
                }
            }
        }
    }
    eprintln!("{tensors} tensors of a training step and {norms} gradient norms compared");
}
