//! The vision tower: patches in, one feature per merged token out, and taps for the decoder's first layers.

use burn::module::{Module, Param};
use burn::tensor::activation::gelu_approximate;
use burn::tensor::{Device, FloatDType, Int, Tensor, TensorData};

use crate::attention::full;
use crate::config::VisionConfig;
use crate::nn::{LayerNorm, Linear};
use crate::pixels::Visual;
use crate::rope::Rotary;
use crate::trace::Trace;
use crate::weights::{WeightError, Weights};

/// The tower.
#[derive(Module, Debug)]
pub struct Vision {
    patch_embed: PatchEmbed,
    pos_embed: PosEmbed,
    pub(crate) blocks: Vec<Block>,
    pub(crate) merger: Merger,
    deepstack_merger_list: Vec<Merger>,
    #[module(skip)]
    config: VisionConfig,
}

#[derive(Module, Debug)]
struct PatchEmbed {
    proj: Linear,
}

#[derive(Module, Debug)]
struct PosEmbed {
    weight: Param<Tensor<2>>,
}

/// What the tower says about pictures and clips, one after the other.
#[derive(Debug, Clone)]
pub struct Features {
    /// `[tokens, decoder width]`: the features that replace the embeddings of visual tokens.
    pub merged: Tensor<2>,
    /// The same shape, one per tap: added to the hidden state after the decoder's first layers.
    pub deepstack: Vec<Tensor<2>>,
}

impl Features {
    /// One list of features after the other; none for none.
    #[must_use]
    pub fn joined(parts: Vec<Self>) -> Option<Self> {
        let taps = parts.first()?.deepstack.len();
        let cat = |pick: &dyn Fn(&Self) -> Tensor<2>| Tensor::cat(parts.iter().map(pick).collect(), 0);
        Some(Self {
            merged: cat(&|f| f.merged.clone()),
            deepstack: (0..taps).map(|k| cat(&|f| f.deepstack[k].clone())).collect(),
        })
    }
}

/// Pictures and clips before the first block.
#[derive(Debug)]
pub(crate) struct Begun {
    /// `[segments, patches, width]`.
    pub(crate) x: Tensor<3>,
    pub(crate) rotary: Rotary,
}

/// Neighbours of one size, which are computed together.
pub(crate) fn runs<'a, 'b>(visuals: &'a [&'b Visual]) -> impl Iterator<Item = &'a [&'b Visual]> {
    visuals.chunk_by(|a, b| (a.grid.h, a.grid.w) == (b.grid.h, b.grid.w))
}

impl Vision {
    /// The parameters under `name`.
    ///
    /// # Errors
    /// [`WeightError`].
    pub fn new(weights: &mut Weights<'_>, name: &str, config: &VisionConfig) -> Result<Self, WeightError> {
        Ok(Self {
            patch_embed: PatchEmbed { proj: Linear::affine(weights, &format!("{name}.patch_embed.proj"))? },
            pos_embed: PosEmbed { weight: weights.take(&format!("{name}.pos_embed.weight"))? },
            blocks: (0..config.depth)
                .map(|i| Block::new(weights, &format!("{name}.blocks.{i}"), config.heads))
                .collect::<Result<_, _>>()?,
            merger: Merger::new(weights, &format!("{name}.merger"), config, false)?,
            deepstack_merger_list: (0..config.taps.len())
                .map(|k| Merger::new(weights, &format!("{name}.deepstack_merger_list.{k}"), config, true))
                .collect::<Result<_, _>>()?,
            config: config.clone(),
        })
    }

    /// Features of pictures and clips in their order; none for none. Neighbours of one size are computed together.
    #[must_use]
    pub fn forward(&self, visuals: &[&Visual], trace: &mut Trace) -> Option<Features> {
        Features::joined(runs(visuals).map(|run| self.run(run, trace, &mut |_| ()).0).collect())
    }

    /// A run of [`runs`]. `keep` hears what goes into each block, and what comes out of the last one.
    pub(crate) fn run(
        &self,
        run: &[&Visual],
        trace: &mut Trace,
        keep: &mut dyn FnMut(&Tensor<3>),
    ) -> (Features, Rotary) {
        let Begun { mut x, rotary } = self.begin(run, trace);
        let [segments, count, width] = x.dims();
        let all = [segments * count, width];
        let mut deepstack = Vec::new();
        keep(&x);
        for (i, block) in self.blocks.iter().enumerate() {
            x = block.forward(x, &rotary);
            keep(&x);
            trace.note(&format!("block{i}"), || x.clone().reshape(all));
            if let Some((_, merger)) = self.tap(i) {
                let tap = merger.forward(x.clone().reshape(all));
                trace.note(&format!("deepstack{}", deepstack.len()), || tap.clone());
                // In the order of the blocks, whatever the order in which taps are listed.
                deepstack.push(tap);
            }
        }
        let merged = self.merger.forward(x.reshape(all));
        trace.note("merged", || merged.clone());
        (Features { merged, deepstack }, rotary)
    }

    /// What is tapped after block `i`: its number in the list, and the merger.
    pub(crate) fn tap(&self, i: usize) -> Option<(usize, &Merger)> {
        let k = self.config.taps.iter().position(|&t| t == i)?;
        Some((k, &self.deepstack_merger_list[k]))
    }

    /// A run before the first block; it is not empty, and all its grids have the same rows and columns.
    pub(crate) fn begin(&self, run: &[&Visual], trace: &mut Trace) -> Begun {
        let weight = self.patch_embed.proj.weight.val();
        let device = weight.device();
        let (dtype, [width, values]) = (weight.dtype(), weight.dims());
        let grid = run.first().map_or([0, 0], |v| [v.grid.h, v.grid.w]);
        let count = grid[0] * grid[1];
        let segments: usize = run.iter().map(|v| v.grid.t).sum();
        let patches: Vec<f32> = run.iter().flat_map(|v| v.patches.iter().copied()).collect();
        let patches = TensorData::new(patches, [segments * count, values]).convert_dtype(dtype);
        let x = self.patch_embed.proj.forward(Tensor::<2>::from_data(patches, (&device, dtype)));
        trace.note("patch_embed", || x.clone());
        let places = merge_order(grid, self.config.merge);
        let positions = self.positions(&places, grid, &device);
        trace.note("pos_embed", || positions.clone().repeat_dim(0, segments));
        let x = x.reshape([segments, count, width]) + positions.unsqueeze_dim::<3>(0);
        let rotary = Rotary::vision(&places, width / self.config.heads.max(1), &device);
        trace.note("rope_cos", || flat(&rotary.cos, segments));
        trace.note("rope_sin", || flat(&rotary.sin, segments));
        Begun { x, rotary }
    }

    /// Learned positions, bilinearly resampled from their square grid with aligned corners, in `f32`.
    fn positions(&self, places: &[[usize; 2]], grid: [usize; 2], device: &Device) -> Tensor<2> {
        let side = self.config.side;
        let last = side - 1;
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
                corner[k].push((row * side + column) as i32);
                share[k].push(weight as f32);
            }
        }
        let table = self.pos_embed.weight.val();
        let (n, dtype): (usize, FloatDType) = (places.len(), table.dtype().into());
        let parts = corner.into_iter().zip(share).map(|(index, weight)| {
            let index = Tensor::<1, Int>::from_data(TensorData::new(index, [n]), device);
            let weight =
                Tensor::<2>::from_data(TensorData::new(weight, [n, 1]), device).cast(FloatDType::F32);
            table.clone().select(0, index).cast(FloatDType::F32) * weight
        });
        parts.reduce(|a, b| a + b).map_or(table.clone(), |sum| sum.cast(dtype))
    }
}

fn flat(table: &Tensor<4>, segments: usize) -> Tensor<2> {
    let [_, count, _, width] = table.dims();
    table.clone().reshape([count, width]).repeat_dim(0, segments)
}

/// Row and column of each patch, those of a merge group together.
fn merge_order(grid: [usize; 2], merge: usize) -> Vec<[usize; 2]> {
    let mut places = Vec::with_capacity(grid[0] * grid[1]);
    for top in (0..grid[0]).step_by(merge) {
        for left in (0..grid[1]).step_by(merge) {
            for inner in 0..merge * merge {
                places.push([top + inner / merge, left + inner % merge]);
            }
        }
    }
    places
}

/// A pre-norm transformer block that attends within one temporal patch.
#[derive(Module, Debug)]
pub(crate) struct Block {
    norm1: LayerNorm,
    norm2: LayerNorm,
    attn: Attention,
    mlp: Mlp,
}

#[derive(Module, Debug)]
struct Attention {
    qkv: Linear,
    proj: Linear,
    #[module(skip)]
    heads: usize,
}

#[derive(Module, Debug)]
struct Mlp {
    linear_fc1: Linear,
    linear_fc2: Linear,
}

impl Block {
    fn new(weights: &mut Weights<'_>, name: &str, heads: usize) -> Result<Self, WeightError> {
        Ok(Self {
            norm1: LayerNorm::new(weights, &format!("{name}.norm1"))?,
            norm2: LayerNorm::new(weights, &format!("{name}.norm2"))?,
            attn: Attention {
                qkv: Linear::affine(weights, &format!("{name}.attn.qkv"))?,
                proj: Linear::affine(weights, &format!("{name}.attn.proj"))?,
                heads,
            },
            mlp: Mlp {
                linear_fc1: Linear::affine(weights, &format!("{name}.mlp.linear_fc1"))?,
                linear_fc2: Linear::affine(weights, &format!("{name}.mlp.linear_fc2"))?,
            },
        })
    }

    /// `[segments, patches, width]`.
    pub(crate) fn forward(&self, x: Tensor<3>, rotary: &Rotary) -> Tensor<3> {
        let x = x.clone() + self.attn.forward(self.norm1.forward(x), rotary);
        let inner = in_f32(self.mlp.linear_fc1.forward(self.norm2.forward(x.clone())), gelu_approximate);
        x + self.mlp.linear_fc2.forward(inner)
    }
}

impl Attention {
    fn forward(&self, x: Tensor<3>, rotary: &Rotary) -> Tensor<3> {
        let [segments, count, width] = x.dims();
        let dtype: FloatDType = x.dtype().into();
        let qkv = self.qkv.forward(x);
        let part = |k: usize| {
            let part = qkv.clone().narrow(2, k * width, width);
            part.reshape([segments, count, self.heads, width / self.heads])
        };
        // Turned in f32, whatever the activations are.
        let turned = |k: usize| rotary.apply(part(k).cast(FloatDType::F32)).cast(dtype).swap_dims(1, 2);
        let y = full(turned(0), turned(1), part(2).swap_dims(1, 2));
        self.proj.forward(y.swap_dims(1, 2).reshape([segments, count, width]))
    }
}

/// An activation that is composed of several operations, none of which is to be rounded to fewer bits.
fn in_f32<const D: usize>(x: Tensor<D>, f: impl FnOnce(Tensor<D>) -> Tensor<D>) -> Tensor<D> {
    let dtype: FloatDType = x.dtype().into();
    f(x.cast(FloatDType::F32)).cast(dtype)
}

/// GELU by the error function. Burn's own has the gradient of the approximation on GPUs.
fn gelu(x: Tensor<2>) -> Tensor<2> {
    let half = (x.clone() * std::f64::consts::FRAC_1_SQRT_2).erf() + 1.0;
    x * half * 0.5
}

/// Neighbouring patches become one token. The main merger norms each patch, a deepstack merger the group
/// together.
#[derive(Module, Debug)]
pub(crate) struct Merger {
    norm: LayerNorm,
    linear_fc1: Linear,
    linear_fc2: Linear,
    #[module(skip)]
    together: bool,
    #[module(skip)]
    group: usize,
}

impl Merger {
    fn new(
        weights: &mut Weights<'_>,
        name: &str,
        config: &VisionConfig,
        together: bool,
    ) -> Result<Self, WeightError> {
        Ok(Self {
            norm: LayerNorm::new(weights, &format!("{name}.norm"))?,
            linear_fc1: Linear::affine(weights, &format!("{name}.linear_fc1"))?,
            linear_fc2: Linear::affine(weights, &format!("{name}.linear_fc2"))?,
            together,
            group: config.merge * config.merge,
        })
    }

    pub(crate) fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        let [patches, width] = x.dims();
        let merged = [patches / self.group, self.group * width];
        let x = if self.together {
            self.norm.forward(x.reshape(merged))
        } else {
            self.norm.forward(x).reshape(merged)
        };
        self.linear_fc2.forward(in_f32(self.linear_fc1.forward(x), gelu))
    }
}
