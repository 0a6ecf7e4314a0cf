//! The way back a layer at a time: each is computed again from its inputs, on a tape of its own.

use std::collections::BTreeSet;

use burn::module::Module as _;
use burn::tensor::{DType, FloatDType, IndexingUpdateOp, Tensor};

use super::pull::{along, leaf, pull};
use super::tower::{self, Tower};
use super::{Batch, EMBEDDINGS, TOWER, begin, places, through};
use crate::attention::indices;
use crate::grads::Gradients;
use crate::policy::{Following, Opened, Policy};
use crate::trace::Trace;
use crate::vision::Features;

const DECODER: &str = "model.language_model";

/// What is kept of a batch on its way through the layers.
#[derive(Debug)]
pub(super) struct Layers {
    opened: Opened,
    following: Option<Following>,
    /// Of each layer: prompts `[rows, length, hidden]` and answers `[rows, group * count, hidden]`.
    inputs: Vec<(Tensor<3>, Option<Tensor<3>>)>,
    /// What predicts each target, before the last norm.
    ends: Tensor<2>,
    tower: Option<Tower>,
    /// Features of the pictures, and how many times they are added.
    features: Option<(usize, usize)>,
}

/// What predicts each target, and the way back if it is to be kept. `names` are those of trained parameters.
pub(super) fn forward(
    policy: &Policy,
    batch: &Batch<'_>,
    names: &[String],
    is_kept: bool,
    trace: &mut Trace,
) -> (Tensor<2>, Layers) {
    let looks = is_kept && batch.features.is_none() && names.iter().any(|n| n.starts_with(TOWER));
    let (features, tower) = if looks {
        let (features, tower) = tower::encode(&policy.model.visual, &batch.prompts.visuals, trace);
        (features, Some(tower))
    } else {
        (batch.features.cloned().or_else(|| policy.encode(&batch.prompts.visuals, trace)), None)
    };
    let (x, mut opened, following) = begin(policy, batch, features.as_ref(), trace);
    let mut inputs = Vec::new();
    let ends = through(policy, batch, (x, &opened, following.as_ref()), trace, &mut |x, answers| {
        if is_kept {
            inputs.push((x.clone(), answers.cloned()));
        }
    });
    opened.forget();
    let hidden = policy.model.language_model.norm.forward(ends.clone());
    let features = features.map(|f| (f.merged.dims()[0], f.deepstack.len()));
    (hidden, Layers { opened, following, inputs, ends, tower, features })
}

impl Layers {
    /// Adds the gradients of what is trained, from the derivatives by what predicts each target.
    pub(super) fn backward(
        self,
        policy: &Policy,
        batch: &Batch<'_>,
        names: &[String],
        slope: Tensor<2>,
        into: &mut Gradients,
    ) {
        let Self { opened, following, mut inputs, ends, tower, features } = self;
        let decoder = &policy.model.language_model;
        let Some((x, answers)) = inputs.last() else { return };
        let ([rows, length, width], count) = (x.dims(), answers.as_ref().map_or(0, |a| a.dims()[1]));
        let (dtype, device): (FloatDType, _) = (x.dtype().into(), x.device());

        let name = format!("{DECODER}.norm");
        let pulled = pull(&name, &decoder.norm, ends, true, slope, into, |n, x| n.forward(x));
        let Some(slope) = pulled else { return };
        // Several answers may be predicted by one place: summed in f32, whatever the activations are.
        let all = Tensor::<2>::zeros([rows + rows * count, width], (&device, DType::F32));
        let at = indices(places(batch), &device);
        let all = all.select_assign(0, at, slope.cast(FloatDType::F32), IndexingUpdateOp::Add).cast(dtype);
        let last = all.clone().narrow(0, 0, rows).reshape([rows, 1, width]);
        let before = Tensor::<3>::zeros([rows, length - 1, width], (&device, all.dtype()));
        let mut back = if length > 1 { Tensor::cat(vec![before, last], 1) } else { last };
        let mut back_answers =
            (count > 0).then(|| all.narrow(0, rows, rows * count).reshape([rows, count, width]));

        let is_trained = |prefix: &str| names.iter().any(|n| n.starts_with(prefix));
        let first = (0..decoder.layers.len()).find(|i| is_trained(&format!("{DECODER}.layers.{i}.")));
        // Below all layers: embeddings, and the tower where it learns.
        let below = is_trained(EMBEDDINGS) || tower.is_some();
        let flat = [rows * length, width];
        let seen = indices(opened.seen.clone(), &device);
        // Derivatives by a list of features, of which the prompts may use fewer than there are.
        let of_features = |back: &Tensor<3>, known: usize| {
            let used = opened.seen.len();
            let rest = Tensor::<2>::zeros([known - used.min(known), width], (&device, back.dtype()));
            let used = back.clone().reshape(flat).select(0, seen.clone());
            if rest.dims()[0] == 0 { used } else { Tensor::cat(vec![used, rest], 0) }
        };
        let mut deepstack = Vec::new();
        for (i, layer) in decoder.layers.iter().enumerate().rev() {
            let wanted = below || first.is_some_and(|first| first < i);
            let Some((x, answers)) = inputs.pop() else { return };
            if !wanted && first != Some(i) {
                return;
            }
            if let Some((known, _)) = features.filter(|f| tower.is_some() && i < f.1) {
                deepstack.push(of_features(&back, known));
            }
            let layer = layer.clone().train();
            let x = leaf(x, wanted);
            let answers = answers.map(|a| leaf(a, wanted));
            let (y, keys) = layer.prompt(x.clone(), &opened.rotary, &opened.mask);
            let mut tied = along(y, back);
            if let (Some(a), Some(f), Some(slope)) = (&answers, &following, back_answers.take()) {
                tied = tied + along(layer.answers(a.clone(), &f.rotary, &f.mask, &keys, None), slope);
            }
            drop(keys);
            let mut tape = tied.backward();
            into.collect(&format!("{DECODER}.layers.{i}"), &layer, &mut tape);
            let Some(more) = x.grad_remove(&mut tape) else { return };
            back = more;
            back_answers = answers.and_then(|a| a.grad_remove(&mut tape));
        }
        if is_trained(EMBEDDINGS) {
            let shape = [policy.config().text.vocab, width];
            let is_seen: BTreeSet<i32> = opened.seen.iter().copied().collect();
            let words: Vec<i32> = (0..flat[0] as i32).filter(|i| !is_seen.contains(i)).collect();
            let ids = words.iter().map(|i| batch.prompts.ids[*i as usize] as i32).collect();
            let own = back.clone().reshape(flat).select(0, indices(words, &device));
            into.add_at(EMBEDDINGS, shape, indices(ids, &device), own);
            if let Some(back) = back_answers {
                let ids = batch.answers.ids.iter().map(|&id| id as i32).collect();
                into.add_at(EMBEDDINGS, shape, indices(ids, &device), back.reshape([rows * count, width]));
            }
        }
        if let (Some(tower), Some((known, _))) = (tower, features) {
            deepstack.reverse();
            let slope = Features { merged: of_features(&back, known), deepstack };
            tower.backward(&policy.model.visual, &batch.prompts.visuals, &slope, into);
        }
    }
}
