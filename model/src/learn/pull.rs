//! The derivatives of one module at a time, on a tape of its own.

use burn::module::Module;
use burn::tensor::{FloatDType, Tensor};

use crate::grads::Gradients;

/// From the derivatives by what a module makes of `x` to those by `x`, or by nothing where `wanted` is false. Those by
/// the module's parameters, named from `name` on, are added to `into`.
pub(super) fn pull<M: Module, const D: usize, const E: usize>(
    name: &str,
    module: &M,
    x: Tensor<D>,
    wanted: bool,
    slope: Tensor<E>,
    into: &mut Gradients,
    f: impl FnOnce(&M, Tensor<D>) -> Tensor<E>,
) -> Option<Tensor<D>> {
    let module = module.clone().train();
    let x = leaf(x, wanted);
    let tied = along(f(&module, x.clone()), slope);
    if !tied.is_tracked() {
        return None;
    }
    let mut tape = tied.backward();
    into.collect(name, &module, &mut tape);
    x.grad_remove(&mut tape)
}

/// An input of a tape; derivatives by it are kept where they are wanted.
pub(super) fn leaf<const D: usize>(x: Tensor<D>, wanted: bool) -> Tensor<D> {
    let x = x.autodiff();
    if wanted { x.require_grad() } else { x }
}

/// One number whose derivatives by `y` are `slope`.
pub(super) fn along<const D: usize>(y: Tensor<D>, slope: Tensor<D>) -> Tensor<1> {
    let dtype: FloatDType = y.dtype().into();
    (y * slope.cast(dtype)).sum()
}
