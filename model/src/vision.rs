//! The vision tower: patches in, one feature per merged token out, and taps for the decoder's first layers.

use burn::module::{Module, Param};
use burn::nn::{LayerNorm, LayerNormConfig, Linear};
use burn::tensor::activation::{gelu, gelu_approximate, softmax};
use burn::tensor::{Device, Int, Tensor, TensorData};

use crate::config::{MERGE, TEMPORAL_PATCH, VisionConfig};
use crate::init::Init;
use crate::rope::Rotary;

/// The tower.
#[derive(Module, Debug)]
pub struct Vision {
    patch_embed: Linear,
    pos_embed: Param<Tensor<2>>,
    blocks: Vec<Block>,
    merger: Merger,
    deepstack_merger_list: Vec<Merger>,
    #[module(skip)]
    heads: usize,
    #[module(skip)]
    grid: usize,
    #[module(skip)]
    taps: Vec<usize>,
}

/// What the tower says about a batch of temporal patches.
#[derive(Debug, Clone)]
pub struct Features {
    /// `[tokens, decoder width]`: the features that replace the embeddings of visual tokens.
    pub merged: Tensor<2>,
    /// The same shape, one per tap: added to the hidden state after the decoder's first layers.
    pub deepstack: Vec<Tensor<2>>,
}

impl Vision {
    /// A fresh tower whose features are `out` wide.
    #[must_use]
    pub fn new(config: &VisionConfig, out: usize, init: &mut Init) -> Self {
        let width = config.hidden;
        let values = 3 * TEMPORAL_PATCH * config.patch * config.patch;
        Self {
            patch_embed: init.linear(values, width, true),
            pos_embed: init.matrix(config.grid * config.grid, width, 0.5),
            blocks: (0..config.depth).map(|_| Block::new(config, init)).collect(),
            merger: Merger::new(width, out, false, init),
            deepstack_merger_list: config.taps.iter().map(|_| Merger::new(width, out, true, init)).collect(),
            heads: config.heads,
            grid: config.grid,
            taps: config.taps.clone(),
        }
    }

    /// `patches` is `[segments * rows * columns, values]` in merge order; all segments have the same grid.
    #[must_use]
    pub fn forward(&self, patches: Tensor<2>, segments: usize, grid: [usize; 2]) -> Features {
        let device = patches.device();
        let count = grid[0] * grid[1];
        let places = merge_order(grid);
        let x = self.patch_embed.forward(patches);
        let width = x.dims()[1];
        let positions = self.positions(&places, grid, &device).unsqueeze_dim::<3>(0);
        let mut x = x.reshape([segments, count, width]) + positions;
        let rotary = Rotary::vision(&places, width / self.heads.max(1), &device);
        let mut deepstack = Vec::new();
        for (i, block) in self.blocks.iter().enumerate() {
            x = block.forward(x, &rotary, self.heads);
            if let Some(k) = self.taps.iter().position(|&t| t == i) {
                deepstack.push(
                    self.deepstack_merger_list[k].forward(x.clone().reshape([segments * count, width])),
                );
            }
        }
        Features { merged: self.merger.forward(x.reshape([segments * count, width])), deepstack }
    }

    /// Learned positions, bilinearly resampled from their square grid with aligned corners.
    fn positions(&self, places: &[[usize; 2]], grid: [usize; 2], device: &Device) -> Tensor<2> {
        let last = self.grid - 1;
        let mut corner: [Vec<i32>; 4] = Default::default();
        let mut share: [Vec<f32>; 4] = Default::default();
        for place in places {
            let at = |axis: usize| {
                let span = grid[axis].saturating_sub(1);
                let x = if span == 0 { 0.0 } else { (place[axis] * last) as f64 / span as f64 };
                let low = (x as usize).min(last);
                (low, (low + 1).min(last), x - low as f64)
            };
            let ((top, bottom, dy), (left, right, dx)) = (at(0), at(1));
            let corners = [
                (top, left, (1.0 - dy) * (1.0 - dx)),
                (top, right, (1.0 - dy) * dx),
                (bottom, left, dy * (1.0 - dx)),
                (bottom, right, dy * dx),
            ];
            for (k, (row, column, weight)) in corners.into_iter().enumerate() {
                corner[k].push((row * self.grid + column) as i32);
                share[k].push(weight as f32);
            }
        }
        let table = self.pos_embed.val();
        let n = places.len();
        let mut sum: Option<Tensor<2>> = None;
        for (index, weight) in corner.into_iter().zip(share) {
            let index = Tensor::<1, Int>::from_data(TensorData::new(index, [n]), device);
            let weight = Tensor::<2>::from_data(TensorData::new(weight, [n, 1]), device);
            let part = table.clone().select(0, index) * weight;
            sum = Some(match sum {
                Some(s) => s + part,
                None => part,
            });
        }
        sum.unwrap_or(table)
    }
}

/// Row and column of each patch, the four of a merge group together.
fn merge_order(grid: [usize; 2]) -> Vec<[usize; 2]> {
    let mut places = Vec::with_capacity(grid[0] * grid[1]);
    for top in (0..grid[0]).step_by(MERGE) {
        for left in (0..grid[1]).step_by(MERGE) {
            for inner in 0..MERGE * MERGE {
                places.push([top + inner / MERGE, left + inner % MERGE]);
            }
        }
    }
    places
}

/// A pre-norm transformer block that attends within one temporal patch.
#[derive(Module, Debug)]
struct Block {
    norm1: LayerNorm,
    norm2: LayerNorm,
    qkv: Linear,
    proj: Linear,
    linear_fc1: Linear,
    linear_fc2: Linear,
}

impl Block {
    fn new(config: &VisionConfig, init: &mut Init) -> Self {
        let width = config.hidden;
        let norm = |init: &Init| LayerNormConfig::new(width).with_epsilon(1e-6).init(init.device());
        Self {
            norm1: norm(init),
            norm2: norm(init),
            qkv: init.linear(width, 3 * width, true),
            proj: init.linear(width, width, true),
            linear_fc1: init.linear(width, config.intermediate, true),
            linear_fc2: init.linear(config.intermediate, width, true),
        }
    }

    fn forward(&self, x: Tensor<3>, rotary: &Rotary, heads: usize) -> Tensor<3> {
        let [segments, count, width] = x.dims();
        let each = width / heads;
        let qkv = self.qkv.forward(self.norm1.forward(x.clone()));
        let part = |k: usize| {
            qkv.clone().narrow(2, k * width, width).reshape([segments, count, heads, each]).swap_dims(1, 2)
        };
        let q = rotary.apply(part(0)) * (each as f64).powf(-0.5);
        let k = rotary.apply(part(1));
        let attended = softmax(q.matmul(k.swap_dims(2, 3)), 3).matmul(part(2));
        let x = x + self.proj.forward(attended.swap_dims(1, 2).reshape([segments, count, width]));
        let inner = gelu_approximate(self.linear_fc1.forward(self.norm2.forward(x.clone())));
        x + self.linear_fc2.forward(inner)
    }
}

/// Four neighbouring patches become one token. The main merger norms each patch, a deepstack merger the four
/// together.
#[derive(Module, Debug)]
struct Merger {
    norm: LayerNorm,
    linear_fc1: Linear,
    linear_fc2: Linear,
    #[module(skip)]
    norm_together: bool,
}

impl Merger {
    fn new(width: usize, out: usize, norm_together: bool, init: &mut Init) -> Self {
        let four = MERGE * MERGE * width;
        let normed = if norm_together { four } else { width };
        Self {
            norm: LayerNormConfig::new(normed).with_epsilon(1e-6).init(init.device()),
            linear_fc1: init.linear(four, four, true),
            linear_fc2: init.linear(four, out, true),
            norm_together,
        }
    }

    fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        let [patches, width] = x.dims();
        let four = [patches / (MERGE * MERGE), MERGE * MERGE * width];
        let x = if self.norm_together {
            self.norm.forward(x.reshape(four))
        } else {
            self.norm.forward(x).reshape(four)
        };
        self.linear_fc2.forward(gelu(self.linear_fc1.forward(x)))
    }
}
