//! The layers that Burn has in another form: parameters named and laid out as in published files, and
//! statistics in `f32` whatever the activations are.

use burn::module::{Module, Param};
use burn::tensor::{FloatDType, Tensor};

use crate::weights::{WeightError, Weights};

/// `x · Wᵀ + b`, with `W` as stored: `[out, in]`.
#[derive(Module, Debug)]
pub struct Linear {
    /// `[out, in]`.
    pub weight: Param<Tensor<2>>,
    bias: Option<Param<Tensor<1>>>,
    /// What is learned beside the matrix, which is then frozen.
    pub(crate) adapter: Option<Adapter>,
}

/// A product of two small matrices beside a large one (see [`crate::lora`]), always in `f32`.
#[derive(Module, Debug)]
pub struct Adapter {
    /// `[rank, in]`.
    pub(crate) lora_a: Param<Tensor<2>>,
    /// `[out, rank]`.
    pub(crate) lora_b: Param<Tensor<2>>,
    #[module(skip)]
    pub(crate) scale: f64,
}

/// How published files call the first matrix of an adapter.
pub(crate) const LORA_A: &str = "lora_A.weight";
/// And the second.
pub(crate) const LORA_B: &str = "lora_B.weight";

impl Adapter {
    /// What is added to the product of `[rows, in]` with the large matrix.
    fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        let dtype: FloatDType = x.dtype().into();
        let low = product(x, self.lora_a.val().cast(dtype));
        product(low, self.lora_b.val().cast(dtype)) * self.scale
    }
}

impl Linear {
    /// The matrix `name.weight`.
    ///
    /// # Errors
    /// [`WeightError`].
    pub fn matrix(weights: &mut Weights<'_>, name: &str) -> Result<Self, WeightError> {
        Ok(Self { weight: weights.take(&format!("{name}.weight"))?, bias: None, adapter: None })
    }

    /// The matrix `name.weight` and the bias `name.bias`.
    ///
    /// # Errors
    /// [`WeightError`].
    pub fn affine(weights: &mut Weights<'_>, name: &str) -> Result<Self, WeightError> {
        Ok(Self { bias: Some(weights.take(&format!("{name}.bias"))?), ..Self::matrix(weights, name)? })
    }

    /// Over the last axis.
    #[must_use]
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let mut shape = x.dims();
        let rows = shape[..D - 1].iter().product::<usize>();
        let x = x.reshape([rows, shape[D - 1]]);
        let beside = self.adapter.as_ref().map(|adapter| adapter.forward(x.clone()));
        let y = product(x, self.weight.val());
        let y = match &self.bias {
            Some(bias) => y + bias.val().unsqueeze::<2>(),
            None => y,
        };
        let y = match beside {
            Some(more) => y + more,
            None => y,
        };
        shape[D - 1] = y.dims()[1];
        y.reshape(shape)
    }
}

/// Products of up to so many numbers are computed by a kernel of their own on the CPU (crate `gemm`), where the matrix
/// on the right lies transposed. It sums in another order.
const SMALL: usize = 16 * 16;

/// Where a product has at most so many columns, the same crate splits its sums in a way that depends on the number of
/// rows, unless they are no longer than [`PART`].
const NARROW: usize = 64;
const PART: usize = 512;

/// `x · Wᵀ` for `[rows, in]` and `[out, in]`.
///
/// A row's result does not depend on how many rows there are, as long as they are not one alone: what is drawn token
/// by token is what is scored at once.
pub(crate) fn product(x: Tensor<2>, weight: Tensor<2>) -> Tensor<2> {
    let small = x.dims()[0] * weight.dims()[0] <= SMALL;
    let transposed = weight.transpose();
    summed(x, if small { laid_out(transposed) } else { transposed })
}

/// The product of `[.., rows, terms]` and `[.., terms, columns]`, its sums in parts that are always the same.
pub(crate) fn summed<const D: usize>(a: Tensor<D>, b: Tensor<D>) -> Tensor<D> {
    let shape = b.dims();
    let (terms, columns) = (shape[D - 2], shape[D - 1]);
    if columns > NARROW || terms <= PART {
        return a.matmul(b);
    }
    let parts = (0..terms).step_by(PART).map(|from| {
        let n = PART.min(terms - from);
        a.clone().narrow(D - 1, from, n).matmul(b.clone().narrow(D - 2, from, n))
    });
    parts.reduce(|sum, part| sum + part).unwrap_or(a)
}

/// The same numbers in memory in the order of their axes.
pub(crate) fn laid_out<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let shape = x.dims();
    // A list of all is a copy in order; a reshape alone may leave things where they are.
    x.reshape([shape.iter().product::<usize>()]).reshape(shape)
}

/// Root-mean-square norm over the last axis: normalised in `f32`, cast back, then weighted.
#[derive(Module, Debug)]
pub struct RmsNorm {
    weight: Param<Tensor<1>>,
    #[module(skip)]
    eps: f64,
}

impl RmsNorm {
    /// The weight `name.weight`.
    ///
    /// # Errors
    /// [`WeightError`].
    pub fn new(weights: &mut Weights<'_>, name: &str, eps: f64) -> Result<Self, WeightError> {
        Ok(Self { weight: weights.take(&format!("{name}.weight"))?, eps })
    }

    /// Norms the last axis.
    #[must_use]
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let dtype: FloatDType = x.dtype().into();
        let x = x.cast(FloatDType::F32);
        let mean_square = (x.clone() * x.clone()).mean_dim(D - 1);
        let x = (x / (mean_square + self.eps).sqrt()).cast(dtype);
        x * self.weight.val().unsqueeze::<D>()
    }
}

/// Layer norm over the last axis, ε = 1e-6, computed in `f32`.
#[derive(Module, Debug)]
pub struct LayerNorm {
    weight: Param<Tensor<1>>,
    bias: Param<Tensor<1>>,
}

impl LayerNorm {
    /// The parameters `name.weight` and `name.bias`.
    ///
    /// # Errors
    /// [`WeightError`].
    pub fn new(weights: &mut Weights<'_>, name: &str) -> Result<Self, WeightError> {
        Ok(Self {
            weight: weights.take(&format!("{name}.weight"))?,
            bias: weights.take(&format!("{name}.bias"))?,
        })
    }

    /// Norms the last axis.
    #[must_use]
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let dtype: FloatDType = x.dtype().into();
        let x = x.cast(FloatDType::F32);
        let x = x.clone() - x.mean_dim(D - 1);
        let variance = (x.clone() * x.clone()).mean_dim(D - 1);
        let x = x / (variance + 1e-6).sqrt();
        let wide = |p: &Param<Tensor<1>>| p.val().cast(FloatDType::F32).unsqueeze::<D>();
        (x * wide(&self.weight) + wide(&self.bias)).cast(dtype)
    }
}
