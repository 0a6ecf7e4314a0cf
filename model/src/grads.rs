//! Gradients by published name, added up in `f32` over micro-batches.
//!
//! They are apart from the tape that made some of them: heads and embeddings are differentiated without one, adapters
//! and whole models are trained by the same code, and what clips, checks and averages gradients between machines
//! asks for names.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{DType, FloatDType, IndexingUpdateOp, Int, Tensor};

/// Numbers whose squares are added up at once.
const PART: usize = 1 << 22;

/// The gradient of each parameter that got one, flattened.
#[derive(Debug, Clone, Default)]
pub struct Gradients {
    sums: BTreeMap<String, Tensor<1>>,
}

impl Gradients {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds to the gradient of a parameter, which has as many numbers.
    pub fn add<const D: usize>(&mut self, name: &str, more: Tensor<D>) {
        let count = more.dims().iter().product::<usize>();
        let more = more.reshape([count]).cast(FloatDType::F32);
        match self.sums.get_mut(name) {
            Some(sum) => sum.inplace(|sum| sum + more),
            None => {
                self.sums.insert(name.to_owned(), more);
            }
        }
    }

    /// Changes the gradient of a table `[rows, width]` where it lies; zeros if there is none yet.
    fn table(
        &mut self,
        name: &str,
        shape: [usize; 2],
        like: &Tensor<2>,
        f: impl FnOnce(Tensor<2>) -> Tensor<2>,
    ) {
        let count = shape[0] * shape[1];
        let sum =
            self.sums.remove(name).unwrap_or_else(|| Tensor::zeros([count], (&like.device(), DType::F32)));
        self.sums.insert(name.to_owned(), f(sum.reshape(shape)).reshape([count]));
    }

    /// Adds rows `from..` to the gradient of a table `[rows, width]`.
    pub fn add_part(&mut self, name: &str, shape: [usize; 2], from: usize, more: Tensor<2>) {
        let (rows, width) = (from..from + more.dims()[0], shape[1]);
        self.table(name, shape, &more.clone(), |sum| {
            let old = sum.clone().slice([rows.clone(), 0..width]);
            sum.slice_assign([rows, 0..width], old + more.cast(FloatDType::F32))
        });
    }

    /// Adds each of `more`'s rows to the gradient of a table's row, `[rows, width]`.
    pub fn add_at(&mut self, name: &str, shape: [usize; 2], rows: Tensor<1, Int>, more: Tensor<2>) {
        if more.dims()[0] > 0 {
            self.table(name, shape, &more.clone(), |sum| {
                sum.select_assign(0, rows, more.cast(FloatDType::F32), IndexingUpdateOp::Add)
            });
        }
    }

    /// The names of parameters that have a gradient, in their alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.sums.keys().map(String::as_str)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sums.is_empty()
    }

    /// A parameter's gradient, flattened.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Tensor<1>> {
        self.sums.get(name)
    }

    /// Takes a parameter's gradient out.
    pub fn take(&mut self, name: &str) -> Option<Tensor<1>> {
        self.sums.remove(name)
    }

    /// Adds another's gradients, as of another machine's part of a batch.
    pub fn join(&mut self, other: Self) {
        for (name, more) in other.sums {
            self.add(&name, more);
        }
    }

    /// Multiplies all by a number.
    pub fn scale(&mut self, factor: f64) {
        for sum in self.sums.values_mut() {
            sum.inplace(|sum| sum * factor);
        }
    }

    /// Of each gradient the sum of squares. Parts are added up on the device in `f32`, their sums here.
    fn squares(&self) -> Vec<f64> {
        let parts = |sum: &Tensor<1>| {
            let count = sum.dims()[0];
            let part = |from: usize| {
                let part = sum.clone().narrow(0, from, PART.min(count - from));
                (part.clone() * part).sum()
            };
            (0..count).step_by(PART).map(part).collect::<Vec<_>>()
        };
        let parts: Vec<Vec<Tensor<1>>> = self.sums.values().map(parts).collect();
        let counts: Vec<usize> = parts.iter().map(Vec::len).collect();
        let all: Vec<Tensor<1>> = parts.into_iter().flatten().collect();
        // The one time that the device is waited for.
        let all = if all.is_empty() { Vec::new() } else { host(&Tensor::cat(all, 0)) };
        let mut rest = all.as_slice();
        let of = |(sum, count): (&Tensor<1>, usize)| {
            let (own, others) = rest.split_at(count.min(rest.len()));
            rest = others;
            let squares: f64 = own.iter().map(|s| f64::from(*s)).sum();
            if squares.is_finite() && own.len() == count {
                return squares;
            }
            // Squares reach further than numbers do.
            host(sum).iter().map(|x| f64::from(*x).powi(2)).sum()
        };
        self.sums.values().zip(counts).map(of).collect()
    }

    /// Square root of the sum of all squares. Not a number, or infinite, where a gradient holds such a number.
    #[must_use]
    pub fn norm(&self) -> f64 {
        self.squares().iter().sum::<f64>().sqrt()
    }

    /// The first parameter by name whose gradient holds a number that is none, or is infinite.
    #[must_use]
    pub fn first_not_finite(&self) -> Option<String> {
        let squares = self.squares();
        self.sums.keys().zip(squares).find(|(_, s)| !s.is_finite()).map(|(name, _)| name.clone())
    }

    /// Takes the gradients of a module's parameters, whose names begin with `name`, from a tape.
    pub(crate) fn collect<M: Module>(&mut self, name: &str, module: &M, tape: &mut burn::tensor::Gradients) {
        let path = if name.is_empty() { Vec::new() } else { vec![name.to_owned()] };
        module.visit(&mut Collect { path, tape, into: self });
    }
}

/// A tensor's numbers; numbers that are none where the device does not answer, which is then found like any other.
fn host(tensor: &Tensor<1>) -> Vec<f32> {
    let count = tensor.dims()[0];
    let data = tensor.clone().try_into_data().ok();
    data.and_then(|d| d.convert_dtype(DType::F32).try_to_vec::<f32>().ok())
        .unwrap_or_else(|| vec![f32::NAN; count])
}

struct Collect<'a> {
    path: Vec<String>,
    tape: &'a mut burn::tensor::Gradients,
    into: &'a mut Gradients,
}

impl ModuleVisitor for Collect<'_> {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = param.val().grad_remove(self.tape) {
            self.into.add(&self.path.join("."), gradient);
        }
    }
}
