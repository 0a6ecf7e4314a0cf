//! The first thing to run on a new device: products, softmax and one training step, against the same on the host.
//!
//! ```text
//! cargo run -p scrubjay-model --features cuda --example smoke -- --device cuda:0
//! ```
//!
//! Prints one line per check with its largest error and the seconds of the first run, which compiles kernels, and
//! of the second. Exit code 1 if anything is off or the device cannot be opened, 2 if the call is wrong.

use std::process::ExitCode;
use std::time::Instant;

use burn::module::{Module, Param};
use burn::optim::{AdamWConfig, GradientsParams};
use burn::tensor::activation::softmax;
use burn::tensor::{Device, FloatDType, Tensor, TensorData};
use scrubjay_model::device::{DeviceName, DtypeName, Opened, open};

/// Whatever ends the program.
type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let name = match device_named() {
        Ok(name) => name,
        Err(e) => {
            eprintln!("error: {e}\nusage: smoke [--device auto|cpu|wgpu|cuda:N]");
            return ExitCode::from(2);
        }
    };
    match run(name) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(e) => {
            eprintln!("error: {e}");
            ExitCode::FAILURE
        }
    }
}

fn device_named() -> Result<DeviceName, Failure> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => Ok(DeviceName::Auto),
        ["--device", name] => Ok(name.parse()?),
        _ => Err("only --device NAME is understood".into()),
    }
}

fn run(name: DeviceName) -> Result<bool, Failure> {
    let opened = open(name)?;
    let able = opened.able();
    let list = able.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    println!("{}: {}; computes in {list}; by itself in {}", opened.name, opened.description, opened.dtype);
    let mut good = true;
    for dtype in able {
        good &= matmul_check(&opened, dtype)?;
        good &= softmax_check(&opened, dtype)?;
        good &= training_check(&opened, dtype)?;
    }
    if let Some(usage) = opened.device.memory_pool_usage() {
        println!("memory pools: {usage:?}");
    }
    println!("{}", if good { "all as it should be" } else { "something is off" });
    Ok(good)
}

/// Largest error that rounding may leave, relative to the largest value: a few units in the last place of the type.
/// On GPUs f32 products are made of 10-bit mantissas (TF32).
fn bound(opened: &Opened, dtype: DtypeName) -> f64 {
    match (dtype, opened.name) {
        (DtypeName::F32, DeviceName::Cuda(_)) => 2e-3,
        (DtypeName::F32, _) => 1e-5,
        (DtypeName::F16, _) => 4e-3,
        (DtypeName::Bf16, _) => 1.6e-2,
    }
}

/// Prints a check and says whether it holds. NaN does not.
fn told(what: &str, dtype: DtypeName, error: f64, bound: f64, seconds: [f64; 2]) -> bool {
    let good = error <= bound;
    let mark = if good { "ok " } else { "OFF" };
    let [first, second] = seconds;
    println!(
        "{mark} {what:<28} {dtype:<4} error {error:.2e} (at most {bound:.1e})  {first:.3} s, {second:.4} s"
    );
    good
}

/// Runs twice and times both.
fn twice<T>(mut work: impl FnMut() -> Result<T, Failure>) -> Result<(T, [f64; 2]), Failure> {
    let start = Instant::now();
    work()?;
    let first = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let result = work()?;
    Ok((result, [first, start.elapsed().as_secs_f64()]))
}

/// Numbers in -1..1 that look random, already rounded to the type, so that only computing adds errors.
fn numbers(count: usize, seed: u64, dtype: DtypeName) -> Vec<f32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    let rounded = |x: f32| match dtype {
        DtypeName::F32 => x,
        DtypeName::Bf16 => half::bf16::from_f32(x).to_f32(),
        DtypeName::F16 => half::f16::from_f32(x).to_f32(),
    };
    (0..count).map(|_| rounded(next())).collect()
}

fn matrix(values: &[f32], shape: [usize; 2], device: &Device) -> Tensor<2> {
    Tensor::from_data(TensorData::new(values.to_vec(), shape), (device, burn::tensor::DType::F32))
}

fn narrow(dtype: DtypeName) -> FloatDType {
    dtype.dtype().into()
}

fn read(tensor: Tensor<2>) -> Result<Vec<f32>, Failure> {
    Ok(tensor.cast(FloatDType::F32).try_into_data()?.try_to_vec::<f32>()?)
}

/// Largest difference over the largest value. A missing or strange number counts as NaN.
fn error(got: &[f32], want: &[f64]) -> f64 {
    if got.len() != want.len() || got.iter().any(|x| !x.is_finite()) {
        return f64::NAN;
    }
    let largest = want.iter().fold(0f64, |m, x| m.max(x.abs()));
    got.iter().zip(want).fold(0f64, |m, (g, w)| m.max((f64::from(*g) - w).abs())) / largest
}

/// `a [n, k] b [k, m]` in 64 bits.
fn product(a: &[f32], b: &[f32], [n, k, m]: [usize; 3]) -> Vec<f64> {
    let mut out = vec![0f64; n * m];
    for i in 0..n {
        for j in 0..k {
            for c in 0..m {
                out[i * m + c] += f64::from(a[i * k + j]) * f64::from(b[j * m + c]);
            }
        }
    }
    out
}

fn matmul_check(opened: &Opened, dtype: DtypeName) -> Result<bool, Failure> {
    // Not multiples of a tile in every direction.
    let mut good = true;
    for [n, k, m] in [[256, 512, 192], [1, 96, 257], [67, 130, 33]] {
        let (a, b) = (numbers(n * k, 1, dtype), numbers(k * m, 2, dtype));
        let (got, seconds) = twice(|| {
            let left = matrix(&a, [n, k], &opened.device).cast(narrow(dtype));
            let right = matrix(&b, [k, m], &opened.device).cast(narrow(dtype));
            read(left.matmul(right))
        })?;
        let off = error(&got, &product(&a, &b, [n, k, m]));
        good &= told(&format!("matmul {n} x {k} x {m}"), dtype, off, bound(opened, dtype), seconds);
    }
    Ok(good)
}

fn softmax_check(opened: &Opened, dtype: DtypeName) -> Result<bool, Failure> {
    let [rows, columns] = [33, 1000];
    let x: Vec<f32> = numbers(rows * columns, 3, dtype).into_iter().map(|x| 8.0 * x).collect();
    let (got, seconds) =
        twice(|| read(softmax(matrix(&x, [rows, columns], &opened.device).cast(narrow(dtype)), 1)))?;
    let mut want = Vec::new();
    for row in x.chunks(columns) {
        let exp: Vec<f64> = row.iter().map(|&v| f64::from(v).exp()).collect();
        let sum: f64 = exp.iter().sum();
        want.extend(exp.iter().map(|e| e / sum));
    }
    Ok(told("softmax over 1000", dtype, error(&got, &want), 2.0 * bound(opened, dtype), seconds))
}

/// Weights in 32 bits that compute in the type asked for, as a policy trains.
#[derive(Module, Debug)]
struct Net {
    weight: Param<Tensor<2>>,
}

/// A step of AdamW on the squared error of `x w`: gradient, step and the loss after it.
fn training_check(opened: &Opened, dtype: DtypeName) -> Result<bool, Failure> {
    const RATE: f64 = 1e-2;
    const EPSILON: f32 = 1e-8;
    let [n, k, m] = [64, 48, 16];
    let (x, w, y) = (numbers(n * k, 4, dtype), numbers(k * m, 5, dtype), numbers(n * m, 6, dtype));
    let device = opened.device.clone().autodiff();
    let loss_of = |net: &Net| {
        let x = matrix(&x, [n, k], &device).cast(narrow(dtype));
        let out = x.matmul(net.weight.val().cast(narrow(dtype))).cast(FloatDType::F32);
        (out - matrix(&y, [n, m], &device)).square().mean()
    };
    let value = |loss: Tensor<1>| -> Result<f32, Failure> {
        Ok(loss.try_into_data()?.try_to_vec::<f32>()?.first().copied().unwrap_or(f32::NAN))
    };
    let ((gradient, before, after, stepped), seconds) = twice(|| {
        let net = Net { weight: Param::from_tensor(matrix(&w, [k, m], &device)) };
        let loss = loss_of(&net);
        let gradients = loss.backward();
        let gradient = net.weight.val().grad(&gradients).ok_or("the weight has no gradient")?;
        let mut optimiser = AdamWConfig::new().with_epsilon(EPSILON).with_weight_decay(0.0).init();
        let gradients = GradientsParams::from_grads(gradients, &net);
        let net = optimiser.step(RATE, net, gradients);
        Ok((read(gradient)?, value(loss)?, value(loss_of(&net))?, read(net.weight.val())?))
    })?;

    // The gradient is 2 / (n m) of x transposed times what is left of the target.
    let scale = 2.0 / (n * m) as f64;
    let left: Vec<f64> =
        product(&x, &w, [n, k, m]).iter().zip(&y).map(|(p, &y)| scale * (p - f64::from(y))).collect();
    let mut want = vec![0f64; k * m];
    for i in 0..n {
        for j in 0..k {
            for c in 0..m {
                want[j * m + c] += f64::from(x[i * k + j]) * left[i * m + c];
            }
        }
    }
    let allowed = bound(opened, dtype);
    let mut good = told("gradient", dtype, error(&gradient, &want), 2.0 * allowed, seconds);
    // AdamW's first step is the rate times the gradient over its size. It is judged by the device's own gradient.
    let moved: Vec<f32> = w.iter().zip(&stepped).map(|(w, s)| w - s).collect();
    let step: Vec<f64> =
        gradient.iter().map(|&g| RATE * f64::from(g) / (f64::from(g.abs()) + f64::from(EPSILON))).collect();
    good &= told("step of AdamW", dtype, error(&moved, &step), 1e-3, seconds);
    println!("    loss {before:.6} before the step, {after:.6} after it");
    let fell = after < before;
    if !fell {
        println!("OFF the loss did not fall");
    }
    Ok(good && fell)
}
