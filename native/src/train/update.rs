//! From groups of paid answers to new weights: micro-batches, the loss on the host, gradients, one step of the
//! optimiser for each update.

use std::sync::Arc;

use burn::tensor::Tensor;
use scrubjay_core::grpo::loss::{Normalizer, Part, Sequence, Stats, loss};
use scrubjay_core::preset::Grpo;
use scrubjay_model::batch::{Answers, Prompts};
use scrubjay_model::grads::Gradients;
use scrubjay_model::learn::Batch;
use scrubjay_model::optim::Optimiser;
use scrubjay_model::policy::Policy;
use scrubjay_model::prompt::Prompt;
use scrubjay_model::trace::Trace;
use scrubjay_model::vision::Features;
use serde_json::json;

use super::batches::{Size, parts};
use super::data::Example;
use super::fault::{Fault, parameter};
use super::rollout::{Group, Paid};

/// How weights are moved.
#[derive(Debug, Clone, Copy)]
pub struct Mover {
    /// Whether layers are computed again for their gradients instead of keeping what they computed.
    pub recompute: bool,
    /// Most tokens in a micro-batch; 0 for no bound.
    pub micro_tokens: usize,
    /// Global gradient norm above which gradients are scaled down.
    pub max_grad_norm: f64,
    /// The learning rate.
    pub learning_rate: f64,
    /// Padding.
    pub pad: u32,
}

/// What a step did.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Moved {
    /// The loss before it: of the last update, if there are several.
    pub loss: f64,
    /// Global gradient norm before it was bounded.
    pub grad_norm: f64,
    /// Mean entropy of the answers' tokens, in nats.
    pub entropy: f64,
    /// Mean k3 estimate of the divergence from the reference over tokens.
    pub kl: f64,
    /// Share of tokens whose ratio was clipped below, and above.
    pub clipped: [f64; 2],
    /// Tokens that were read and predicted, without padding.
    pub tokens: usize,
}

/// What is known about the answers of a micro-batch, row-major.
struct Known {
    old: Option<Vec<f32>>,
    reference: Option<Vec<f32>>,
}

impl Mover {
    /// One step per update on the same rollouts (`grpo.updates`).
    ///
    /// # Errors
    /// [`Fault`] naming what is not finite. The policy is gone then.
    pub fn reinforce(
        &self,
        mut policy: Policy,
        reference: Option<&Policy>,
        optimiser: &mut Optimiser,
        groups: &[Group],
        g: &Grpo,
    ) -> Result<(Policy, Moved), Fault> {
        let how = g.loss();
        let counts = |a: &Paid| !(g.mask_truncated && a.rollout.truncated);
        let answers = || groups.iter().flat_map(|g| &g.answers);
        let normalizer = Normalizer::new(&how, answers().map(|a| (a.rollout.ids.len(), counts(a))));
        let sizes: Vec<Size> = groups.iter().map(Group::size).collect();
        let parts = parts(&sizes, self.micro_tokens);
        let mut known: Vec<Option<Known>> = parts.iter().map(|_| None).collect();
        let mut moved = Moved::default();
        for update in 0..g.updates.max(1) {
            let mut gradients = Gradients::new();
            let mut sum = Sum { read: moved.tokens, ..Sum::default() };
            for (part, known) in parts.iter().zip(&mut known) {
                let micro = Micro::new(&groups[part.clone()], self.pad);
                let batch = micro.batch(g.temperature);
                let pass = policy
                    .learn(&batch, self.recompute, &mut Trace::off())
                    .map_err(|e| micro.contradicts(&e))?;
                let new = micro.host(
                    &pass.log_probability,
                    &policy,
                    "the log-probability of an answer is not finite",
                )?;
                let entropy = micro.host(&pass.entropy, &policy, "the entropy of an answer is not finite")?;
                if known.is_none() {
                    let reference = match reference {
                        Some(reference) => {
                            // Nothing of it is trained, so that nothing is kept for a way back.
                            let seen = reference
                                .learn(&batch, false, &mut Trace::off())
                                .map_err(|e| micro.contradicts(&e))?;
                            let what = "the reference's log-probability of an answer is not finite";
                            Some(micro.host(&seen.log_probability, reference, what)?)
                        }
                        None => None,
                    };
                    // The policy that sampled is the one that is moved first: what it says now is the old.
                    let old = (g.updates > 1).then(|| new.clone());
                    *known = Some(Known { old, reference });
                }
                let Some(known) = known.as_ref() else { continue };
                let mut at = 0;
                let mut sequence = |answer: &Paid| {
                    let range = at..at + answer.rollout.ids.len();
                    at = range.end;
                    Sequence {
                        new: &new[range.clone()],
                        old: known.old.as_ref().map(|old| &old[range.clone()]),
                        reference: known.reference.as_ref().map(|r| &r[range]),
                        advantage: answer.advantage,
                        counts: counts(answer),
                    }
                };
                let sequences: Vec<Sequence<'_>> =
                    groups[part.clone()].iter().flat_map(|g| &g.answers).map(&mut sequence).collect();
                let part = loss(&how, &normalizer, &sequences).map_err(|e| {
                    Fault::of_step(format!("the loss cannot be formed: {e}"), micro.items(), json!(null))
                })?;
                let slope: Vec<f32> = part.gradient.iter().flatten().map(|x| *x as f32).collect();
                let prompts: usize = micro.groups.iter().map(|g| g.example.prompt.ids.len()).sum();
                sum.add(&part, &entropy, prompts + new.len());
                pass.backward(&slope, &mut gradients).map_err(|e| micro.contradicts(&e))?;
            }
            let items = || groups.iter().map(|g| g.example.id.clone()).collect();
            let more = || json!({ "update": update, "loss": sum.loss });
            let (next, grad_norm) = self
                .step(policy, optimiser, gradients)
                .map_err(|what| Fault::of_step(what, items(), more()))?;
            policy = next;
            moved = sum.moved(grad_norm);
        }
        Ok((policy, moved))
    }

    /// One step down the mean negative log-likelihood of true answers, one for each example.
    ///
    /// # Errors
    /// [`Fault`] naming what is not finite. The policy is gone then.
    pub fn imitate(
        &self,
        policy: Policy,
        optimiser: &mut Optimiser,
        targets: &[Target<'_>],
    ) -> Result<(Policy, Moved), Fault> {
        let total = targets.iter().map(|t| t.ids.len()).sum::<usize>().max(1) as f64;
        let size =
            |t: &Target<'_>| Size { prompt: t.example.prompt.ids.len(), group: 1, answer: t.ids.len() };
        let sizes: Vec<Size> = targets.iter().map(size).collect();
        let mut gradients = Gradients::new();
        let mut sum = Sum::default();
        let items = |of: &[Target<'_>]| of.iter().map(|t| t.example.id.clone()).collect::<Vec<_>>();
        for part in parts(&sizes, self.micro_tokens) {
            let part = &targets[part];
            let prompts: Vec<&Prompt> = part.iter().map(|t| &t.example.prompt).collect();
            let answers: Vec<Vec<Vec<u32>>> = part.iter().map(|t| vec![t.ids.clone()]).collect();
            let (prompts, answers) = (Prompts::new(&prompts, self.pad), Answers::new(&answers, self.pad));
            let batch = Batch {
                prompts: &prompts,
                features: None,
                answers: &answers,
                allowed: None,
                temperature: 1.0,
                room: 0,
            };
            let wrong = |e: &dyn std::fmt::Display| Fault::of_step(e.to_string(), items(part), json!(null));
            let pass = policy.learn(&batch, self.recompute, &mut Trace::off()).map_err(|e| wrong(&e))?;
            let seen = host(&pass.log_probability).ok_or_else(|| wrong(&"the device gives no numbers"))?;
            let mut at = 0;
            for target in part {
                let own = &seen[at..at + target.ids.len()];
                at += own.len();
                if own.iter().any(|x| !x.is_finite()) {
                    let what = "the log-probability of the true answer is not finite";
                    return Err(Fault::find(what, &policy, target.example, json!({ "tokens": target.ids })));
                }
            }
            sum.loss -= seen.iter().map(|x| f64::from(*x)).sum::<f64>() / total;
            sum.read += part.iter().map(|t| t.example.prompt.ids.len() + t.ids.len()).sum::<usize>();
            let slope = vec![(-1.0 / total) as f32; seen.len()];
            pass.backward(&slope, &mut gradients).map_err(|e| wrong(&e))?;
        }
        let (policy, grad_norm) = self
            .step(policy, optimiser, gradients)
            .map_err(|what| Fault::of_step(what, items(targets), json!({ "loss": sum.loss })))?;
        Ok((policy, sum.moved(grad_norm)))
    }

    /// Bounds the gradients' norm and moves the weights; what is not finite is named.
    fn step(
        &self,
        policy: Policy,
        optimiser: &mut Optimiser,
        mut gradients: Gradients,
    ) -> Result<(Policy, f64), String> {
        let norm = gradients.norm();
        if !norm.is_finite() {
            let name = gradients.first_not_finite().unwrap_or_else(|| "their sum of squares".to_owned());
            return Err(format!("the gradient of {name} is not finite"));
        }
        if norm > self.max_grad_norm {
            gradients.scale(self.max_grad_norm / (norm + 1e-6));
        }
        let policy = optimiser.step(policy, gradients, self.learning_rate).map_err(|e| e.to_string())?;
        // Before anybody keeps it: a checkpoint of such weights would be the end of the run.
        match parameter(&policy) {
            Some(name) => Err(format!("the step makes the parameter {name} not finite")),
            None => Ok((policy, norm)),
        }
    }
}

/// A true answer to be learned.
#[derive(Debug)]
pub struct Target<'a> {
    /// The item.
    pub example: &'a Example,
    /// The answer's tokens, the end marker included.
    pub ids: Vec<u32>,
}

/// A micro-batch, laid out.
struct Micro<'a> {
    groups: &'a [Group],
    prompts: Prompts<'a>,
    answers: Answers,
    features: Option<Features>,
    allowed: Option<Vec<Option<Arc<[u32]>>>>,
}

impl<'a> Micro<'a> {
    fn new(groups: &'a [Group], pad: u32) -> Self {
        let prompts: Vec<&Prompt> = groups.iter().map(|g| &g.example.prompt).collect();
        let ids: Vec<Vec<Vec<u32>>> =
            groups.iter().map(|g| g.answers.iter().map(|a| a.rollout.ids.clone()).collect()).collect();
        let allowed: Vec<Option<Arc<[u32]>>> =
            groups.iter().flat_map(|g| &g.answers).flat_map(|a| a.rollout.allowed.clone()).collect();
        Self {
            groups,
            prompts: Prompts::new(&prompts, pad),
            answers: Answers::new(&ids, pad),
            features: Features::joined(groups.iter().filter_map(|g| g.features.clone()).collect()),
            allowed: allowed.iter().any(Option::is_some).then_some(allowed),
        }
    }

    fn items(&self) -> Vec<String> {
        self.groups.iter().map(|g| g.example.id.clone()).collect()
    }

    /// Parts of a batch that do not fit together, which would be a fault of this module.
    fn contradicts(&self, what: &dyn std::fmt::Display) -> Fault {
        Fault::of_step(what.to_string(), self.items(), json!(null))
    }

    fn batch(&self, temperature: f64) -> Batch<'_> {
        Batch {
            prompts: &self.prompts,
            features: self.features.as_ref(),
            answers: &self.answers,
            allowed: self.allowed.as_deref(),
            temperature,
            room: 0,
        }
    }

    /// A number for each token, all finite.
    fn host(&self, values: &Tensor<1>, policy: &Policy, what: &str) -> Result<Vec<f32>, Fault> {
        let values = host(values).ok_or_else(|| self.contradicts(&"the device gives no numbers"))?;
        let Some(bad) = values.iter().position(|x| !x.is_finite()) else { return Ok(values) };
        let mut at = 0;
        for group in self.groups {
            for answer in &group.answers {
                at += answer.rollout.ids.len();
                if bad < at {
                    let more = json!({ "answer": answer.text, "tokens": answer.rollout.ids });
                    return Err(Fault::find(what, policy, &group.example, more));
                }
            }
        }
        Err(self.contradicts(&what))
    }
}

fn host(values: &Tensor<1>) -> Option<Vec<f32>> {
    values.clone().try_into_data().ok()?.try_to_vec::<f32>().ok()
}

/// Sums over micro-batches.
#[derive(Default)]
struct Sum {
    loss: f64,
    stats: Stats,
    entropy: f64,
    places: usize,
    read: usize,
}

impl Sum {
    fn add(&mut self, part: &Part, entropy: &[f32], read: usize) {
        self.loss += part.loss;
        self.stats.add(&part.stats);
        self.entropy += entropy.iter().map(|x| f64::from(*x)).sum::<f64>();
        self.places += entropy.len();
        self.read += read;
    }

    fn moved(&self, grad_norm: f64) -> Moved {
        let (low, high, _) = self.stats.clipped();
        Moved {
            loss: self.loss,
            grad_norm,
            entropy: self.entropy / self.places.max(1) as f64,
            kl: self.stats.mean_kl(),
            clipped: [low, high],
            tokens: self.read,
        }
    }
}
