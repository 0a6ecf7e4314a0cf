//! Attention over keys that are held in parts, without copying keys for the query heads that share them.
//!
//! Scores are held in `f32` and for as many queries at a time as a bound allows; softmax is over all keys of a
//! query at once. Where gradients are tracked, the tape keeps what each part computed.

use burn::tensor::activation::softmax;
use burn::tensor::{Bool, DType, Device, FloatDType, Int, Tensor, TensorData};

use crate::nn::{laid_out, summed};

/// Added to the score of a key that must not be seen. Finite, so that a row in which nothing is seen stays a
/// number; its weight beside any seen key is exactly 0.
pub const HIDDEN: f32 = -1e9;

/// Scores that are held at once.
const SCORES: usize = 1 << 26;

/// Parts end where devices can read on without a copy.
const ALIGNED: usize = 256;

/// How many of `queries` queries to take at a time when each has `each` scores.
fn step(queries: usize, each: usize) -> usize {
    let step = SCORES / each.max(1);
    let step = if step > ALIGNED { step / ALIGNED * ALIGNED } else { step };
    step.clamp(1, queries.max(1))
}

fn ranges(queries: usize, step: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..queries).step_by(step).map(move |from| (from, (from + step).min(queries)))
}

/// Softmax in `f32` over the last axis of scaled scores, back in the type of the activations.
fn weights(scores: Tensor<4>, scale: f64, mask: Option<Tensor<4>>, dtype: FloatDType) -> Tensor<4> {
    let scores = scores.cast(FloatDType::F32) * scale;
    let scores = match mask {
        Some(mask) => scores + mask,
        None => scores,
    };
    likewise(scores).cast(dtype)
}

/// Softmax over the last axis, on a tape and off it to the bit the same, where Burn takes apart on a tape what is one
/// kernel without. The kernel's result is a constant `w`; with `d = s - s`, which is 0 but has a derivative,
/// `w + w · (d - Σ w d)` is `w` and changes with `s` as softmax does. The tape keeps `w` alone.
fn likewise(scores: Tensor<4>) -> Tensor<4> {
    if !scores.is_autodiff() {
        return softmax(scores, 3);
    }
    let plain = scores.clone().inner();
    let w = softmax(plain.clone(), 3);
    let d = scores - plain;
    let mean = (d.clone() * w.clone()).sum_dim(3);
    (d - mean) * w.clone() + w
}

/// Whole numbers on a device.
#[must_use]
pub fn indices(values: Vec<i32>, device: &Device) -> Tensor<1, Int> {
    let n = values.len();
    Tensor::from_data(TensorData::new(values, [n]), device)
}

/// Keys and values of a prompt.
///
/// Keys lie as scores need them, dimensions before tokens. On the CPU this also keeps matrix products away from a
/// kernel for small ones that sums in another order, so that a token's numbers do not depend on how many others are
/// computed beside it.
#[derive(Debug, Clone)]
pub struct Keys {
    /// `[batch, kv_heads, head_dim, length]`.
    k: Tensor<4>,
    /// `[batch, kv_heads, length, head_dim]`.
    v: Tensor<4>,
}

impl Keys {
    /// From `[batch, length, kv_heads, head_dim]`.
    #[must_use]
    pub fn new(k: Tensor<4>, v: Tensor<4>) -> Self {
        Self { k: laid_out(k.permute([0, 2, 3, 1])), v: laid_out(v.swap_dims(1, 2)) }
    }
}

/// Every query sees every key of its row: `q`, `k` and `v` are `[batch, heads, length, head_dim]`.
#[must_use]
pub fn full(q: Tensor<4>, k: Tensor<4>, v: Tensor<4>) -> Tensor<4> {
    let [batch, heads, length, width] = q.dims();
    let (scale, dtype) = ((width as f64).powf(-0.5), q.dtype().into());
    let (k, v) = (laid_out(k.swap_dims(2, 3)), laid_out(v));
    let rows = ranges(batch, step(batch, heads * length * length)).map(|(first, end)| {
        let n = end - first;
        let own = |x: &Tensor<4>| x.clone().narrow(0, first, n);
        let (q, k, v) = (own(&q), own(&k), own(&v));
        let queries = ranges(length, step(length, n * heads * length)).map(|(from, to)| {
            let scores = q.clone().narrow(2, from, to - from).matmul(k.clone());
            weights(scores, scale, None, dtype).matmul(v.clone())
        });
        join(queries.collect(), 2)
    });
    join(rows.collect(), 0)
}

fn join<const D: usize>(mut parts: Vec<Tensor<D>>, axis: usize) -> Tensor<D> {
    match parts.len() {
        1 => parts.remove(0),
        _ => Tensor::cat(parts, axis),
    }
}

/// 0 where a key is seen, [`HIDDEN`] elsewhere.
fn hide(seen: Tensor<4, Bool>) -> Tensor<4> {
    (seen.float().cast(FloatDType::F32) - 1.0) * f64::from(-HIDDEN)
}

/// What the queries of a prompt may see: themselves and what came before, without the padding on the left.
#[derive(Debug)]
pub struct Causal {
    /// Padding before each row's prompt.
    padding: Vec<usize>,
    length: usize,
    /// Queries that are taken at a time.
    step: usize,
    /// The whole mask where it is small enough to be made once for all layers.
    whole: Option<Tensor<4>>,
    device: Device,
}

impl Causal {
    /// For prompts of `length` tokens of which the first `padding[row]` are none; `heads` query heads.
    #[must_use]
    pub fn new(padding: &[usize], length: usize, heads: usize, device: &Device) -> Self {
        let step = step(length, padding.len() * heads * length);
        let mut causal =
            Self { padding: padding.to_vec(), length, step, whole: None, device: device.clone() };
        if step >= length {
            causal.whole = Some(causal.mask(0, length));
        }
        causal
    }

    /// Numbers `0..to` on the device.
    fn line(&self, to: usize) -> Tensor<1, Int> {
        Tensor::arange(0..to as i64, &self.device)
    }

    /// For each row, how many of its tokens are padding.
    fn pads(&self) -> Tensor<4, Int> {
        let pads = self.padding.iter().map(|&p| p as i32).collect();
        indices(pads, &self.device).reshape([self.padding.len(), 1, 1, 1])
    }

    /// For queries `from..to` and keys up to the last of them, `[batch or 1, 1, to - from, to]`.
    fn mask(&self, from: usize, to: usize) -> Tensor<4> {
        let rows = if self.padding.iter().any(|p| *p > 0) { self.padding.len() } else { 1 };
        let shape = [rows, 1, to - from, to];
        let query = self.line(to).narrow(0, from, to - from).reshape([1, 1, to - from, 1]).expand(shape);
        let key = self.line(to).reshape([1, 1, 1, to]).expand(shape);
        let before = key.clone().lower_equal(query.clone());
        if rows == 1 && self.padding.iter().all(|p| *p == 0) {
            return hide(before);
        }
        let real = key.clone().greater_equal(self.pads().expand(shape));
        // A padding token sees itself, so that no row of scores is empty.
        hide(before.bool_and(real.bool_or(key.equal(query))))
    }

    /// `q` is `[batch, length, heads, head_dim]`; gives `[batch, length, heads * head_dim]`.
    #[must_use]
    pub fn attend(&self, q: Tensor<4>, keys: &Keys) -> Tensor<3> {
        let [batch, length, heads, width] = q.dims();
        let kv = keys.k.dims()[1];
        let (share, scale, dtype) = (heads / kv, (width as f64).powf(-0.5), q.dtype().into());
        let q = q.reshape([batch, length, kv, share, width]).permute([0, 2, 3, 1, 4]);
        let rows = ranges(length, self.step).map(|(from, to)| {
            let count = to - from;
            let mask = self.whole.clone().unwrap_or_else(|| self.mask(from, to));
            let q = q.clone().narrow(3, from, count).reshape([batch, kv, share * count, width]);
            let scores = q.matmul(keys.k.clone().narrow(3, 0, to)).reshape([batch, heads, count, to]);
            let weights = weights(scores, scale, Some(mask), dtype);
            let seen =
                weights.reshape([batch, kv, share * count, to]).matmul(keys.v.clone().narrow(2, 0, to));
            seen.reshape([batch, kv, share, count, width])
        });
        let y = join(rows.collect(), 3);
        y.permute([0, 3, 1, 2, 4]).reshape([batch, length, heads * width])
    }

    /// For the newest `count` tokens of each answer, which are its tokens from `place.start` on.
    #[must_use]
    pub fn answering(&self, place: Place, count: usize, heads: usize) -> Answering {
        let (batch, length) = (self.padding.len(), self.length);
        let Place { group, start, room } = place;
        let key = self.line(length).reshape([1, 1, 1, length]).expand([batch, 1, 1, length]);
        let prompt = hide(key.greater_equal(self.pads().expand([batch, 1, 1, length])));
        let step = step(count, batch * heads * group * (length + room));
        let parts = ranges(count, step).map(|(from, to)| {
            let n = to - from;
            let hidden = |i: usize, key: usize| if key <= start + from + i { 0.0 } else { HIDDEN };
            let own: Vec<f32> = (0..n).flat_map(|i| (0..room).map(move |key| hidden(i, key))).collect();
            let own =
                Tensor::<4>::from_data(TensorData::new(own, [1, 1, n, room]), (&self.device, DType::F32));
            let all = vec![prompt.clone().expand([batch, 1, n, length]), own.expand([batch, 1, n, room])];
            (from, to, Tensor::cat(all, 3))
        });
        Answering { place, parts: parts.collect() }
    }
}

/// Where answers stand: `group` answers a prompt, their tokens from `start` on, and `room` tokens in all.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// Answers of each prompt.
    pub group: usize,
    /// Tokens that each answer has already.
    pub start: usize,
    /// Tokens that each answer's keys are laid out for; at least as many as there are.
    pub room: usize,
}

/// What the newest tokens of answers may see: their prompt, and themselves. Made once and used by every layer.
#[derive(Debug)]
pub struct Answering {
    /// Where they stand.
    pub place: Place,
    /// First and last query (exclusive), and `[batch, 1, queries, length + room]`.
    parts: Vec<(usize, usize, Tensor<4>)>,
}

impl Answering {
    /// `q` is `[batch, group * count, heads, head_dim]`; `own` are the answers' keys so far. The prompt's keys are used
    /// as they are by all answers. Gives `[batch, group * count, heads * head_dim]`.
    #[must_use]
    pub fn attend(&self, q: Tensor<4>, prompt: &Keys, own: &Own) -> Tensor<3> {
        let [batch, all, heads, width] = q.dims();
        let group = self.place.group;
        let count = all / group.max(1);
        let [_, kv, length, _] = prompt.v.dims();
        let [parts, room, _] = own.v.dims();
        let (share, scale, dtype) = (heads / kv, (width as f64).powf(-0.5), q.dtype().into());
        let q = q.reshape([batch, group, count, kv, share, width]).permute([0, 3, 1, 4, 2, 5]);
        let rows = self.parts.iter().map(|(from, to, mask)| {
            let n = to - from;
            let q = q.clone().narrow(4, *from, n);
            let table = |keys: usize| [batch, kv * group * share, n, keys];
            let to_prompt = q.clone().reshape([batch, kv, group * share * n, width]).matmul(prompt.k.clone());
            let to_own = q.reshape([parts, share * n, width]).matmul(own.k.clone());
            let scores = vec![to_prompt.reshape(table(length)), to_own.reshape(table(room))];
            let weights = weights(Tensor::cat(scores, 3), scale, Some(mask.clone()), dtype);
            let of_prompt =
                weights.clone().narrow(3, 0, length).reshape([batch, kv, group * share * n, length]);
            let of_own = weights.narrow(3, length, room).reshape([parts, share * n, room]);
            let shape = [batch, kv, group, share, n, width];
            summed(of_prompt, prompt.v.clone()).reshape(shape) + summed(of_own, own.v.clone()).reshape(shape)
        });
        let y = join(rows.collect(), 4);
        y.permute([0, 2, 4, 1, 3, 5]).reshape([batch, group * count, heads * width])
    }
}

/// Keys and values of answers, with room for later ones; laid out as [`Keys`].
#[derive(Debug, Clone)]
pub struct Own {
    /// `[batch * kv_heads * group, head_dim, room]`.
    k: Tensor<3>,
    /// `[batch * kv_heads * group, room, head_dim]`.
    v: Tensor<3>,
}

impl Own {
    /// From `[batch, group * count, kv_heads, head_dim]`, with zeros after them up to `room`.
    #[must_use]
    pub fn new(k: Tensor<4>, v: Tensor<4>, group: usize, room: usize) -> Self {
        let (k, v) = apart(k, v, group);
        Self { k: roomy(k, 2, room), v: roomy(v, 1, room) }
    }

    /// Writes newer keys and values at `start`, making room if there is none.
    pub fn write(&mut self, k: Tensor<4>, v: Tensor<4>, group: usize, start: usize, room: usize) {
        let (k, v) = apart(k, v, group);
        let [parts, count, width] = v.dims();
        let tokens = start..start + count;
        self.k.inplace(|held| roomy(held, 2, room).slice_assign([0..parts, 0..width, tokens.clone()], k));
        self.v.inplace(|held| roomy(held, 1, room).slice_assign([0..parts, tokens.clone(), 0..width], v));
    }
}

/// Zeros behind what is there, up to `room` along an axis.
fn roomy(x: Tensor<3>, axis: usize, room: usize) -> Tensor<3> {
    let mut shape = x.dims();
    shape[axis] = room.saturating_sub(shape[axis]);
    if shape[axis] == 0 {
        return x;
    }
    let zeros = Tensor::zeros(shape, (&x.device(), x.dtype()));
    Tensor::cat(vec![x, zeros], axis)
}

/// The keys and values of each answer for itself.
fn apart(k: Tensor<4>, v: Tensor<4>, group: usize) -> (Tensor<3>, Tensor<3>) {
    let [batch, all, kv, width] = k.dims();
    let count = all / group.max(1);
    let (split, parts) = ([batch, group, count, kv, width], batch * kv * group);
    let k = laid_out(k.reshape(split).permute([0, 3, 1, 4, 2])).reshape([parts, width, count]);
    let v = v.reshape(split).permute([0, 3, 1, 2, 4]).reshape([parts, count, width]);
    (k, v)
}
