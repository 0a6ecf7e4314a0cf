//! The shapes of object counting (VideoSSR §3.1.2): filled circles, squares and triangles at any angle.
//!
//! Corners are rounded to whole pixels and edges belong to the shape, as in the drawing library of the public
//! generator, whose areas, bounds and centres these shapes share.

use serde::{Deserialize, Serialize};

use crate::frame::Frame;
use crate::named::named;
use crate::recipe::Size;

named! {
    /// The shapes, in the order of the answer.
    pub enum Shape, "shape",
    /// An unknown shape.
    UnknownShape {
        /// A disc.
        Circle = "circle",
        /// A square.
        Square = "square",
        /// A triangle, equilateral but for rounding.
        Triangle = "triangle",
    }
}

/// One instance: `[x, y, size, turn, red, green, blue]` in files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "[i64; 7]", into = "[i64; 7]")]
pub struct Sprite {
    /// Centre, pixels from the left.
    pub x: i32,
    /// Centre, pixels from the top.
    pub y: i32,
    /// Diameter of a circle, side of a square, base of a triangle, in pixels.
    pub size: u32,
    /// Angle in 1/65536 of a turn, against the clock; nothing to a circle.
    pub turn: u16,
    /// Colour.
    pub rgb: [u8; 3],
}

impl TryFrom<[i64; 7]> for Sprite {
    type Error = String;

    fn try_from(numbers: [i64; 7]) -> Result<Self, String> {
        let [x, y, size, turn, r, g, b] = numbers;
        let read = || -> Result<Self, std::num::TryFromIntError> {
            Ok(Self {
                x: x.try_into()?,
                y: y.try_into()?,
                size: size.try_into()?,
                turn: turn.try_into()?,
                rgb: [r.try_into()?, g.try_into()?, b.try_into()?],
            })
        };
        read().map_err(|_| format!("{numbers:?} is no shape: [x, y, size, turn, red, green, blue]"))
    }
}

impl From<Sprite> for [i64; 7] {
    fn from(s: Sprite) -> Self {
        let [r, g, b] = s.rgb.map(i64::from);
        [i64::from(s.x), i64::from(s.y), i64::from(s.size), i64::from(s.turn), r, g, b]
    }
}

/// The runs of pixels `(y, first x, last x)` that a shape covers, one for each row from the top, not yet cut to a
/// picture.
#[must_use]
pub fn runs(shape: Shape, s: &Sprite) -> Vec<(i32, i32, i32)> {
    let half = (s.size / 2) as i32;
    if shape == Shape::Circle {
        let squared = i64::from(half) * i64::from(half);
        return (-half..=half)
            .map(|dy| {
                let dx = (squared - i64::from(dy) * i64::from(dy)).isqrt() as i32;
                (s.y + dy, s.x - dx, s.x + dx)
            })
            .collect();
    }
    let half = f64::from(half);
    let corners: Vec<[f64; 2]> = match shape {
        Shape::Square => vec![[-half, -half], [half, -half], [half, half], [-half, half]],
        _ => {
            // The height is cut to whole pixels, its half is not: size · √3/2, here in integers.
            let height = f64::from((i64::from(s.size) * 866_025_403 / 1_000_000_000) as i32) / 2.0;
            vec![[0.0, -height], [half, height], [-half, height]]
        }
    };
    let angle = f64::from(s.turn) / 65_536.0 * std::f64::consts::TAU;
    let (sine, cosine) = (libm::sin(angle), libm::cos(angle));
    let turned: Vec<[i32; 2]> = corners
        .iter()
        .map(|&[x, y]| {
            // The least push upwards, so that an exact corner is not lost to the rounding of sine and cosine.
            let at = |centre: i32, offset: f64| libm::floor(f64::from(centre) + offset + 1e-9) as i32;
            [at(s.x, x * cosine + y * sine), at(s.y, y * cosine - x * sine)]
        })
        .collect();
    polygon(&turned)
}

/// The runs of a convex polygon, its edges included.
fn polygon(corners: &[[i32; 2]]) -> Vec<(i32, i32, i32)> {
    let ys = corners.iter().map(|c| c[1]);
    let (Some(top), Some(bottom)) = (ys.clone().min(), ys.max()) else { return Vec::new() };
    let mut spans = vec![(i32::MAX, i32::MIN); (bottom - top + 1) as usize];
    for (i, &a) in corners.iter().enumerate() {
        let b = corners[(i + 1) % corners.len()];
        for [x, y] in line(a, b) {
            let span = &mut spans[(y - top) as usize];
            *span = (span.0.min(x), span.1.max(x));
        }
    }
    spans.iter().enumerate().map(|(i, &(x0, x1))| (top + i as i32, x0, x1)).collect()
}

/// The pixels of a line, both ends included, one for each step of its longer side; halves go up and to the left.
fn line(a: [i32; 2], b: [i32; 2]) -> impl Iterator<Item = [i32; 2]> {
    let (dx, dy) = (i64::from(b[0] - a[0]), i64::from(b[1] - a[1]));
    let steps = dx.abs().max(dy.abs()).max(1);
    (0..=steps).map(move |k| {
        let at = |from: i32, d: i64| from + (2 * d * k + steps - 1).div_euclid(2 * steps) as i32;
        [at(a[0], dx), at(a[1], dy)]
    })
}

/// Draws an instance on a frame.
pub fn draw(frame: &mut Frame, shape: Shape, sprite: &Sprite) {
    let width = frame.width as i32;
    for (y, x0, x1) in runs(shape, sprite) {
        let (x0, x1) = (x0.max(0), x1.min(width - 1));
        if y < 0 || y >= frame.height as i32 || x0 > x1 {
            continue;
        }
        let row = y as usize * frame.width as usize;
        for pixel in frame.rgb[(row + x0 as usize) * 3..(row + x1 as usize + 1) * 3].chunks_exact_mut(3) {
            pixel.copy_from_slice(&sprite.rgb);
        }
    }
}

/// Whether at least `percent` of every instance stays in sight when all are drawn in order.
#[must_use]
pub fn all_visible(shape: Shape, sprites: &[Sprite], size: Size, percent: u32) -> bool {
    let (w, h) = (size.width as i32, size.height as i32);
    let mut owner = vec![0_u8; w as usize * h as usize];
    let mut areas = vec![0_u64; sprites.len()];
    for (i, sprite) in sprites.iter().enumerate() {
        for (y, x0, x1) in runs(shape, sprite) {
            areas[i] += u64::from(x1.abs_diff(x0)) + 1;
            if (0..h).contains(&y) && x1 >= 0 && x0 < w {
                let row = y as usize * w as usize;
                owner[row + x0.max(0) as usize..=row + x1.min(w - 1) as usize].fill(i as u8 + 1);
            }
        }
    }
    areas.iter().enumerate().all(|(i, area)| {
        let seen = owner.iter().filter(|&&o| usize::from(o) == i + 1).count() as u64;
        seen * 100 >= area * u64::from(percent)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_covered_shape_is_not_visible() {
        let size = Size { width: 100, height: 100 };
        let at = |x, s| Sprite { x, y: 50, size: s, turn: 0, rgb: [200; 3] };
        assert!(all_visible(Shape::Square, &[at(25, 30), at(75, 30)], size, 60));
        assert!(!all_visible(Shape::Square, &[at(50, 30), at(52, 40)], size, 60));
        assert!(!all_visible(Shape::Circle, &[at(-10, 30)], size, 60), "outside the picture");
    }

    #[test]
    fn every_shape_draws_at_any_angle_and_size() {
        for shape in Shape::ALL {
            for turn in (0..=u16::MAX).step_by(997) {
                for size in [2, 3, 8, 40, 300] {
                    let mut f = Frame::black(64, 48);
                    draw(&mut f, shape, &Sprite { x: 32, y: 24, size, turn, rgb: [255; 3] });
                    assert!(f.rgb.contains(&255), "{shape} {turn} {size}");
                    // The few pixels of the smallest triangles can lie around the centre.
                    assert!(size < 8 || f.rgb[(24 * 64 + 32) * 3] == 255, "{shape} {turn} {size}");
                }
            }
        }
    }
}
