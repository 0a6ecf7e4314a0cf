//! From a batch of answers to log-probabilities, and from their derivatives to the gradients of parameters.
//!
//! Whoever learns computes a loss from log-probabilities on the host and hands back its derivative by each of them: no
//! tensor here knows what is learned, or how. The policy itself is never on a tape. Layers are put on one for as
//! long as their own derivatives are taken: all at once, or one after the other from their inputs, which are kept.
//! The head, whose logits would outweigh everything else, and the embeddings never are.

mod check;
mod layers;
mod pull;
mod selection;
mod tower;

use burn::module::Module as _;
use burn::tensor::Tensor;

use crate::attention::{Place, indices};
use crate::batch::{Answers, Prompts};
use crate::grads::Gradients;
use crate::head::{Allowed, Head, Likelihood};
use crate::policy::{Following, Opened, Policy};
use crate::trace::Trace;
use crate::vision::Features;

pub use check::LearnError;
pub use selection::Selection;

use layers::Layers;
use pull::along;

const EMBEDDINGS: &str = "model.language_model.embed_tokens.weight";
const HEAD: &str = "lm_head.weight";
const TOWER: &str = "model.visual.";

/// Answers to learn from, and the distribution that they were drawn from.
#[derive(Debug, Clone, Copy)]
pub struct Batch<'a> {
    /// The prompts.
    pub prompts: &'a Prompts<'a>,
    /// Features of the prompts' pictures, which then get no gradient. Where there are none, pictures are looked at here,
    /// and the tower learns from them if it is trained.
    pub features: Option<&'a Features>,
    /// The answers.
    pub answers: &'a Answers,
    /// For each of the answers' targets the tokens among which it was drawn.
    pub allowed: Option<&'a [Allowed]>,
    /// Softmax temperature, above 0.
    pub temperature: f64,
    /// Tokens that answers' keys are laid out for, as in [`Policy::score`].
    pub room: usize,
}

/// A batch that has been read.
#[derive(Debug)]
pub struct Pass<'a> {
    /// Log-probability of each of the answers' targets; not on a tape. On the CPU to the bit what [`Policy::score`] says.
    pub log_probability: Tensor<1>,
    /// Entropy of each target's distribution, in nats.
    pub entropy: Tensor<1>,
    policy: &'a Policy,
    batch: Batch<'a>,
    head: Head,
    tokens: Vec<u32>,
    seen: Likelihood,
    /// What predicts each target, `[targets, hidden]`; not on a tape.
    hidden: Tensor<2>,
    way: Way,
}

/// The way back to the parameters.
#[derive(Debug)]
enum Way {
    /// Everything is on one tape, whose end this is.
    Tape(Box<(Policy, Tensor<2>)>),
    /// The inputs of layers are kept.
    Layers(Box<Layers>),
    /// Nothing but the head is trained, if that.
    Nowhere,
}

impl Policy {
    /// Reads a batch. With `recompute` only the inputs of layers are kept and each layer is computed a second time on the way
    /// back: slower by a third, and of activations only one layer's are held. The policy's tensors are not on a
    /// tape (`Device::autodiff`).
    ///
    /// # Errors
    /// [`LearnError`] where the batch does not fit together.
    pub fn learn<'a>(
        &'a self,
        batch: &Batch<'a>,
        recompute: bool,
        trace: &mut Trace,
    ) -> Result<Pass<'a>, LearnError> {
        check::batch(self, batch)?;
        let names = self.trained();
        let looks = batch.features.is_none() && names.iter().any(|n| n.starts_with(TOWER));
        let below = names.iter().any(|n| *n != HEAD && (looks || !n.starts_with(TOWER)));
        let (hidden, way) = if !below {
            let (hidden, _) = layers::forward(self, batch, &names, false, trace);
            (hidden, Way::Nowhere)
        } else if recompute {
            let (hidden, layers) = layers::forward(self, batch, &names, true, trace);
            (hidden, Way::Layers(Box::new(layers)))
        } else {
            let tracked = self.clone().train();
            let seen = if looks {
                tracked.encode(&batch.prompts.visuals, trace)
            } else {
                batch.features.cloned().or_else(|| self.encode(&batch.prompts.visuals, trace))
            };
            let end = read(&tracked, batch, seen.as_ref(), trace);
            (end.clone().inner(), Way::Tape(Box::new((tracked, end))))
        };
        let head = self.head(batch.temperature);
        let tokens: Vec<u32> = batch.answers.targets.iter().map(|t| t.1).collect();
        let seen = head.likelihood_among(&hidden, &tokens, batch.allowed);
        Ok(Pass {
            log_probability: seen.log_probability.clone(),
            entropy: seen.entropy.clone(),
            policy: self,
            batch: *batch,
            head,
            tokens,
            seen,
            hidden,
            way,
        })
    }
}

impl Pass<'_> {
    /// Adds the gradients of all trained parameters, given the derivative of a loss by each log-probability.
    ///
    /// # Errors
    /// [`LearnError`] where there are not as many derivatives as targets, or one is not a finite number.
    pub fn backward(self, slope: &[f32], into: &mut Gradients) -> Result<(), LearnError> {
        check::slope(slope, self.tokens.len())?;
        if slope.is_empty() {
            return Ok(());
        }
        let config = self.policy.config();
        let names = self.policy.trained();
        let name = if config.tied { EMBEDDINGS } else { HEAD };
        let shape = [config.text.vocab, config.text.hidden];
        let mut hear = |from: usize, part: Tensor<2>| into.add_part(name, shape, from, part);
        let weight: Option<&mut dyn FnMut(usize, Tensor<2>)> =
            if names.iter().any(|n| n == name) { Some(&mut hear) } else { None };
        let allowed = self.batch.allowed;
        let slope = self.head.backward(&self.hidden, &self.tokens, allowed, &self.seen, slope, weight);
        match self.way {
            Way::Nowhere => {}
            Way::Tape(taped) => {
                let (tracked, end) = *taped;
                let tied = along(end, slope);
                if tied.is_tracked() {
                    into.collect("", &tracked, &mut tied.backward());
                }
            }
            Way::Layers(layers) => layers.backward(self.policy, &self.batch, &names, slope, into),
        }
        Ok(())
    }
}

/// Where the answers of a batch stand; none where all have one token, which needs no reading.
fn place(answers: &Answers, room: usize) -> Option<Place> {
    let length = answers.length;
    (length > 0).then(|| Place { group: answers.group, start: 0, room: room.max(length) })
}

/// A batch before the first layer.
fn begin(
    policy: &Policy,
    batch: &Batch<'_>,
    features: Option<&Features>,
    trace: &mut Trace,
) -> (Tensor<3>, Opened, Option<Following>) {
    let (x, opened) = policy.open(batch.prompts, features, trace);
    let follow = |place| policy.follow(&opened.mask, &batch.prompts.next, &batch.answers.ids, place);
    let following = place(batch.answers, batch.room).map(follow);
    (x, opened, following)
}

/// Prompts and their answers through all layers, side by side, so that a prompt's keys are held for one layer at a
/// time; `keep` hears what goes into each layer. Gives what comes out of the last one for the ends of the prompts,
/// followed by the answers, where the targets look: `[targets, hidden]`.
fn through(
    policy: &Policy,
    batch: &Batch<'_>,
    (mut x, opened, following): (Tensor<3>, &Opened, Option<&Following>),
    trace: &mut Trace,
    keep: &mut dyn FnMut(&Tensor<3>, Option<&Tensor<3>>),
) -> Tensor<2> {
    let [rows, length, width] = x.dims();
    let (mut answers, following) = match following {
        Some(f) => (Some(f.x.clone()), Some((&f.rotary, &f.mask))),
        None => (None, None),
    };
    for (i, layer) in policy.model.language_model.layers.iter().enumerate() {
        trace.note(&format!("layer{i}.in"), || x.clone().reshape([rows * length, width]));
        if let Some(a) = &answers {
            let count = a.dims()[1];
            trace.note(&format!("layer{i}.answers.in"), || a.clone().reshape([rows * count, width]));
        }
        keep(&x, answers.as_ref());
        let (y, keys) = layer.prompt(x, &opened.rotary, &opened.mask);
        if let (Some(a), Some((rotary, mask))) = (answers.take(), following) {
            answers = Some(layer.answers(a, rotary, mask, &keys, None));
        }
        x = opened.deepen(i, y);
    }
    let mut ends = x.narrow(1, length - 1, 1).reshape([rows, width]);
    if let Some(answers) = answers {
        let count = answers.dims()[1];
        ends = Tensor::cat(vec![ends, answers.reshape([rows * count, width])], 0);
    }
    ends.select(0, indices(places(batch), &policy.device()))
}

fn places(batch: &Batch<'_>) -> Vec<i32> {
    batch.answers.targets.iter().map(|t| t.0 as i32).collect()
}

/// What predicts each target, on the tape of `policy`.
fn read(policy: &Policy, batch: &Batch<'_>, features: Option<&Features>, trace: &mut Trace) -> Tensor<2> {
    let (x, opened, following) = begin(policy, batch, features, trace);
    let ends = through(policy, batch, (x, &opened, following.as_ref()), trace, &mut |_, _| ());
    policy.model.language_model.norm.forward(ends)
}
