//! Rotary positions: which angle turns which pair of channels.

use burn::tensor::{Device, Tensor, TensorData};

/// Cosines and sines for the rotation of `[batch, heads, length, width]` tensors.
#[derive(Debug, Clone)]
pub struct Rotary {
    /// `[batch, 1, length, width]`.
    pub cos: Tensor<4>,
    /// `[batch, 1, length, width]`.
    pub sin: Tensor<4>,
}

impl Rotary {
    /// From the angles of each position's first half of channels; `rows` is `batch * length`.
    fn from_angles(angles: &[f32], batch: usize, length: usize, half: usize, device: &Device) -> Self {
        let table = |f: fn(f32) -> f32| {
            let mut values = Vec::with_capacity(angles.len() * 2);
            for row in angles.chunks_exact(half) {
                for _ in 0..2 {
                    values.extend(row.iter().map(|&a| f(a)));
                }
            }
            Tensor::from_data(TensorData::new(values, [batch, 1, length, half * 2]), device)
        };
        Self { cos: table(f32::cos), sin: table(f32::sin) }
    }

    /// Interleaved M-RoPE of the decoder: frequency `j` turns with the row if `j % 3 == 1`, with the column if
    /// `j % 3 == 2` (as far as their sections reach), else with time.
    #[must_use]
    pub fn text(
        positions: &[[i32; 3]],
        batch: usize,
        width: usize,
        theta: f64,
        section: [usize; 3],
        device: &Device,
    ) -> Self {
        let half = width / 2;
        let frequencies = frequencies(half, theta);
        let axis = |j: usize| match j % 3 {
            1 if j < 3 * section[1] => 1,
            2 if j < 3 * section[2] => 2,
            _ => 0,
        };
        let angles: Vec<f32> = positions
            .iter()
            .flat_map(|p| frequencies.iter().enumerate().map(move |(j, f)| p[axis(j)] as f32 * f))
            .collect();
        Self::from_angles(&angles, batch, positions.len() / batch.max(1), half, device)
    }

    /// Two-dimensional rotary positions of one temporal patch of `rows` × `columns` patches, in merge order.
    #[must_use]
    pub fn vision(places: &[[usize; 2]], width: usize, device: &Device) -> Self {
        let frequencies = frequencies(width / 4, 10_000.0);
        let angles: Vec<f32> = places
            .iter()
            .flat_map(|place| place.iter().flat_map(|&p| frequencies.iter().map(move |f| p as f32 * f)))
            .collect();
        Self::from_angles(&angles, 1, places.len(), width / 2, device)
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

fn frequencies(count: usize, theta: f64) -> Vec<f32> {
    (0..count).map(|j| theta.powf(-(j as f64) / count as f64) as f32).collect()
}
