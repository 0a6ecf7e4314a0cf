//! The vision tower, its blocks computed again one at a time.

use burn::tensor::Tensor;

use super::pull::pull;
use crate::grads::Gradients;
use crate::pixels::Visual;
use crate::rope::Rotary;
use crate::trace::Trace;
use crate::vision::{Features, Vision, runs};

const NAME: &str = "model.visual";

/// What the way back needs of each run of pictures.
#[derive(Debug)]
pub(super) struct Tower {
    runs: Vec<Run>,
}

#[derive(Debug)]
struct Run {
    /// Features that it makes.
    tokens: usize,
    rotary: Rotary,
    /// What goes into each block, and what comes out of the last one.
    states: Vec<Tensor<3>>,
}

/// Features as [`Vision::forward`] computes them; none for none.
pub(super) fn encode(vision: &Vision, visuals: &[&Visual], trace: &mut Trace) -> (Option<Features>, Tower) {
    let (mut features, mut kept) = (Vec::new(), Vec::new());
    for run in runs(visuals) {
        let mut states = Vec::new();
        let (seen, rotary) = vision.run(run, trace, &mut |x| states.push(x.clone()));
        kept.push(Run { tokens: seen.merged.dims()[0], rotary, states });
        features.push(seen);
    }
    (Features::joined(features), Tower { runs: kept })
}

impl Tower {
    /// From the derivatives by the features to those by the tower's parameters.
    pub(super) fn backward(
        self,
        vision: &Vision,
        visuals: &[&Visual],
        slope: &Features,
        into: &mut Gradients,
    ) {
        let mut from = 0;
        for (visuals, Run { tokens, rotary, mut states }) in runs(visuals).zip(self.runs) {
            let Some(last) = states.pop() else { continue };
            let [segments, count, width] = last.dims();
            let all = [segments * count, width];
            let own = |f: &Tensor<2>| f.clone().narrow(0, from, tokens);
            let (name, merged) = (format!("{NAME}.merger"), own(&slope.merged));
            let state = last.clone().reshape(all);
            let back = pull(&name, &vision.merger, state, true, merged, into, |m, x| m.forward(x));
            let mut back = back.unwrap_or_else(|| last.zeros_like().reshape(all));
            let mut out = last;
            let mut taps = slope.deepstack.len();
            for (i, block) in vision.blocks.iter().enumerate().rev() {
                let Some(x) = states.pop() else { break };
                if let Some((k, merger)) = vision.tap(i) {
                    // Features lie in the order of the blocks.
                    taps = taps.saturating_sub(1);
                    let (name, tap) =
                        (format!("{NAME}.deepstack_merger_list.{k}"), own(&slope.deepstack[taps]));
                    let more = pull(&name, merger, out.reshape(all), true, tap, into, |m, x| m.forward(x));
                    back = more.into_iter().fold(back, |sum, more| sum + more);
                }
                let (name, slope) = (format!("{NAME}.blocks.{i}"), back.reshape([segments, count, width]));
                let pulled = pull(&name, block, x.clone(), true, slope, into, |b, x| b.forward(x, &rotary));
                back = pulled.unwrap_or_else(|| x.zeros_like()).reshape(all);
                out = x;
            }
            let slope = back.reshape([segments, count, width]);
            let nothing = Tensor::<1>::zeros([1], &slope.device());
            let _ = pull(NAME, vision, nothing, false, slope, into, |tower, _| {
                tower.begin(visuals, &mut Trace::off()).x
            });
            from += tokens;
        }
    }
}
