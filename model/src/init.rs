//! Initial weights from our own integer stream, so that a seed gives the same model on every backend.

use burn::module::Param;
use burn::nn::Linear;
use burn::tensor::{Device, Tensor, TensorData};
use scrubjay_core::rng::Stream;

/// Draws initial weights.
#[derive(Debug)]
pub struct Init {
    stream: Stream,
    device: Device,
}

impl Init {
    /// A fresh stream for `seed` that makes tensors on `device`.
    #[must_use]
    pub fn new(seed: u64, device: &Device) -> Self {
        Self { stream: Stream::keyed(seed, "weights", "", 0), device: device.clone() }
    }

    /// The device the weights live on.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// A matrix of nearly normal values of the given deviation: sums of twelve uniforms.
    pub fn matrix(&mut self, rows: usize, columns: usize, deviation: f64) -> Param<Tensor<2>> {
        let values: Vec<f32> = (0..rows * columns)
            .map(|_| {
                let sum: f64 = (0..12).map(|_| f64::from(self.stream.bits()) / 4_294_967_296.0).sum();
                ((sum - 6.0) * deviation) as f32
            })
            .collect();
        Param::from_tensor(Tensor::from_data(TensorData::new(values, [rows, columns]), &self.device))
    }

    /// A linear layer, weights scaled by the square root of its inputs.
    pub fn linear(&mut self, inputs: usize, outputs: usize, bias: bool) -> Linear {
        let weight = self.matrix(inputs, outputs, (1.0 / inputs as f64).sqrt());
        let bias = bias.then(|| Param::from_tensor(Tensor::zeros([outputs], &self.device)));
        Linear { weight, bias }
    }

    /// A vector of ones.
    pub fn ones(&self, size: usize) -> Param<Tensor<1>> {
        Param::from_tensor(Tensor::ones([size], &self.device))
    }
}
