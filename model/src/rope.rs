//! Rotary positions: which angle turns which pair of channels.

use burn::tensor::{DType, Device, FloatDType, Tensor, TensorData};

use crate::config::TextConfig;

/// Cosines and sines, `[batch, length, 1, width]`, for the rotation of `[batch, length, heads, width]`.
#[derive(Debug, Clone)]
pub struct Rotary {
    /// Cosines, in `f32`.
    pub cos: Tensor<4>,
    /// Sines, in `f32`.
    pub sin: Tensor<4>,
}

impl Rotary {
    /// From the angles of each position's first half of channels, `batch * length` rows of `half`.
    fn from_angles(angles: &[f32], batch: usize, half: usize, device: &Device) -> Self {
        let length = angles.len() / (batch * half).max(1);
        let table = |f: fn(f32) -> f32| {
            let mut values = Vec::with_capacity(angles.len() * 2);
            for row in angles.chunks_exact(half.max(1)) {
                for _ in 0..2 {
                    values.extend(row.iter().map(|&a| f(a)));
                }
            }
            let data = TensorData::new(values, [batch, length, 1, half * 2]);
            Tensor::<4>::from_data(data, (device, DType::F32))
        };
        Self { cos: table(f32::cos), sin: table(f32::sin) }
    }

    /// Interleaved M-RoPE of the decoder: frequency `j` turns with the row if `j % 3 == 1`, with the column if
    /// `j % 3 == 2` (as far as their sections reach), else with time. `positions` are `batch` rows of equal length.
    #[must_use]
    pub fn text(positions: &[[i32; 3]], batch: usize, config: &TextConfig, device: &Device) -> Self {
        let half = config.head_dim / 2;
        let section = config.mrope_section;
        let frequencies = frequencies(half, config.rope_theta);
        let axis = |j: usize| match j % 3 {
            1 if j < 3 * section[1] => 1,
            2 if j < 3 * section[2] => 2,
            _ => 0,
        };
        let angles: Vec<f32> = positions
            .iter()
            .flat_map(|p| frequencies.iter().enumerate().map(move |(j, f)| p[axis(j)] as f32 * f))
            .collect();
        Self::from_angles(&angles, batch, half, device)
    }

    /// Two-dimensional positions of the patches of one temporal patch, given as row and column.
    #[must_use]
    pub fn vision(places: &[[usize; 2]], width: usize, device: &Device) -> Self {
        let frequencies = frequencies(width / 4, 10_000.0);
        let angles: Vec<f32> = places
            .iter()
            .flat_map(|place| place.iter().flat_map(|&p| frequencies.iter().map(move |f| p as f32 * f)))
            .collect();
        Self::from_angles(&angles, 1, width / 2, device)
    }

    /// The same in another type; the decoder rotates in the type of its activations.
    #[must_use]
    pub fn cast(&self, dtype: FloatDType) -> Self {
        Self { cos: self.cos.clone().cast(dtype), sin: self.sin.clone().cast(dtype) }
    }

    /// Turns the channels: the first half is paired with the second.
    #[must_use]
    pub fn apply(&self, x: Tensor<4>) -> Tensor<4> {
        let half = x.dims()[3] / 2;
        let first = x.clone().narrow(3, 0, half);
        let second = x.clone().narrow(3, half, half);
        let turned = Tensor::cat(vec![-second, first], 3);
        x * self.cos.clone() + turned * self.sin.clone()
    }
}

/// `1 / theta^(2j / width)`, computed in `f32` throughout as the reference does: at late positions an angle carries every
/// rounding of its frequency.
fn frequencies(count: usize, theta: f64) -> Vec<f32> {
    let (theta, width) = (theta as f32, (2 * count) as f32);
    (0..count).map(|j| 1.0 / theta.powf((2 * j) as f32 / width)).collect()
}
