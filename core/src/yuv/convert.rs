//! The loops over pixels, in a form that becomes vector instructions: chroma as wide as luma, channels apart, then together.

use pulp::{Arch, NullaryFnOnce};

use super::{Format, Planes, Weights};

/// Pixels at a time.
const TILE: usize = 256;

/// Fills `rgb`, of three bytes for each pixel, from planes that were checked.
pub(super) fn all(planes: &Planes<'_>, weights: &Weights, rgb: &mut [u8]) {
    Arch::new().dispatch(All { planes, weights, rgb });
}

struct All<'a> {
    planes: &'a Planes<'a>,
    weights: &'a Weights,
    rgb: &'a mut [u8],
}

impl NullaryFnOnce for All<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let (Planes { format, width, .. }, weights) = (*self.planes, *self.weights);
        let (across, down) = format.shifts();
        // Whole tiles, so that the loops over them have a fixed length.
        let wide = (width as usize).next_multiple_of(TILE);
        let (mut ys, mut us, mut vs) = (vec![0; wide], vec![0; wide], vec![0; wide]);
        let mut chroma = (self.planes.rows(1), self.planes.rows(2));
        let lines = self.rgb.chunks_exact_mut((width as usize * 3).max(1));
        for (y, (luma, out)) in self.planes.rows(0).zip(lines).enumerate() {
            ys[..luma.len()].copy_from_slice(luma);
            // A row of chroma serves as many rows of luma.
            if y & ((1 << down) - 1) == 0 {
                let u = chroma.0.next().unwrap_or_default();
                if format == Format::Nv12 {
                    for ((us, vs), [u, v]) in pairs(&mut us).zip(pairs(&mut vs)).zip(u.as_chunks().0) {
                        (*us, *vs) = ([*u; 2], [*v; 2]);
                    }
                } else {
                    let v = chroma.1.next().unwrap_or_default();
                    widen(&mut us, u, across);
                    widen(&mut vs, v, across);
                }
            }
            let tiles = ys.as_chunks().0.iter().zip(us.as_chunks().0).zip(vs.as_chunks().0);
            for (((y, u), v), out) in tiles.zip(out.chunks_mut(3 * TILE)) {
                tile(weights, [y, u, v], out);
            }
        }
    }
}

#[inline(always)]
fn pairs(samples: &mut [u8]) -> impl Iterator<Item = &mut [u8; 2]> {
    samples.as_chunks_mut().0.iter_mut()
}

/// Each sample as often as it is seen.
#[inline(always)]
fn widen(to: &mut [u8], from: &[u8], across: u32) {
    if across == 0 {
        to[..from.len()].copy_from_slice(from);
        return;
    }
    for (to, sample) in pairs(to).zip(from) {
        *to = [*sample; 2];
    }
}

#[inline(always)]
fn tile(weights: Weights, [y, u, v]: [&[u8; TILE]; 3], out: &mut [u8]) {
    let [mut r, mut g, mut b] = [[0; TILE]; 3];
    for i in 0..TILE {
        [r[i], g[i], b[i]] = weights.rgb([y[i], u[i], v[i]]);
    }
    if let Ok(out) = <&mut [u8; 3 * TILE]>::try_from(&mut *out) {
        join([&r, &g, &b], out);
    } else {
        let mut last = [0; 3 * TILE];
        join([&r, &g, &b], &mut last);
        let length = out.len();
        out.copy_from_slice(&last[..length]);
    }
}

#[inline(always)]
fn join([r, g, b]: [&[u8; TILE]; 3], out: &mut [u8; 3 * TILE]) {
    for i in 0..TILE {
        out[3 * i] = r[i];
        out[3 * i + 1] = g[i];
        out[3 * i + 2] = b[i];
    }
}
