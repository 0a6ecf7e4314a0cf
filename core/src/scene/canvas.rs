//! Integer drawing on a canvas twice as large as the picture, so that edges come out smooth.
//!
//! Places are in units of 1/4096: of the width for `x`, of the height for `y` and for all lengths.

use crate::frame::Frame;

/// A colour; channels 0..=255.
pub(super) type Rgb = [i32; 3];

/// Between two colours: `t` from 0 (all `a`) to 256 (all `b`).
pub(super) fn mix(a: Rgb, b: Rgb, t: i32) -> Rgb {
    let t = t.clamp(0, 256);
    std::array::from_fn(|c| (a[c] * (256 - t) + b[c] * t) >> 8)
}

/// A colour under coloured light: 256 is full strength.
pub(super) fn lit(colour: Rgb, light: Rgb) -> Rgb {
    std::array::from_fn(|c| (colour[c] * light[c]) >> 8)
}

/// A colour on a line of key colours; keys are (place, colour) in rising order.
pub(super) fn keyed(keys: &[(i32, Rgb)], at: i32) -> Rgb {
    match keys.iter().position(|k| k.0 > at) {
        Some(0) => keys[0].1,
        Some(i) => {
            let ((p, a), (q, b)) = (keys[i - 1], keys[i]);
            mix(a, b, (at - p) * 256 / (q - p).max(1))
        }
        None => keys.last().map_or([0; 3], |k| k.1),
    }
}

/// Sine of `angle` in 1/65536 of a turn, from -32767 to 32767: Bhaskara's rational approximation, in integers.
pub(super) fn sine(angle: i32) -> i32 {
    let turn = i64::from(angle.rem_euclid(65_536));
    let (x, sign) = if turn < 32_768 { (turn, 1) } else { (turn - 32_768, -1) };
    let t = x * (32_768 - x);
    (sign * (16 * t * 32_767 / (5 * (1_i64 << 30) - 4 * t))) as i32
}

/// A picture being painted.
pub(super) struct Canvas {
    /// Width in canvas pixels.
    pub(super) width: i32,
    /// Height in canvas pixels.
    pub(super) height: i32,
    rgb: Vec<u8>,
}

/// Canvas pixels per picture pixel, along each side.
const SCALE: u32 = 2;

impl Canvas {
    pub(super) fn new(width: u32, height: u32) -> Self {
        let (w, h) = (width.max(1) * SCALE, height.max(1) * SCALE);
        Self { width: w as i32, height: h as i32, rgb: vec![0; w as usize * h as usize * 3] }
    }

    /// Canvas column of a place.
    pub(super) fn x(&self, x: i32) -> i32 {
        (i64::from(x) * i64::from(self.width) / 4096) as i32
    }

    /// Canvas row of a place, or a length in canvas pixels.
    pub(super) fn y(&self, y: i32) -> i32 {
        (i64::from(y) * i64::from(self.height) / 4096) as i32
    }

    /// Blends one canvas pixel; `alpha` from 0 to 256.
    fn blend(&mut self, x: i32, y: i32, colour: Rgb, alpha: i32) {
        if x < 0 || y < 0 || x >= self.width || y >= self.height {
            return;
        }
        let at = (y as usize * self.width as usize + x as usize) * 3;
        for (byte, c) in self.rgb[at..at + 3].iter_mut().zip(colour) {
            *byte = ((i32::from(*byte) * (256 - alpha) + c * alpha) >> 8).clamp(0, 255) as u8;
        }
    }

    /// Fills rows `top..bottom` (canvas pixels) with a vertical run of colours.
    pub(super) fn gradient(&mut self, top: i32, bottom: i32, from: Rgb, to: Rgb) {
        for y in top.max(0)..bottom.min(self.height) {
            let colour = mix(from, to, (y - top) * 256 / (bottom - top).max(1));
            self.rectangle(0, y, self.width, 1, colour);
        }
    }

    /// Fills a rectangle given in canvas pixels.
    pub(super) fn rectangle(&mut self, left: i32, top: i32, width: i32, height: i32, colour: Rgb) {
        for y in top..top + height {
            for x in left..left + width {
                self.blend(x, y, colour, 256);
            }
        }
    }

    /// A rectangle by places: centre `x`, top `y`, `width` and `height` as lengths.
    pub(super) fn block(&mut self, x: i32, y: i32, width: i32, height: i32, colour: Rgb) {
        let (w, h) = (self.y(width).max(1), self.y(height).max(1));
        self.rectangle(self.x(x) - w / 2, self.y(y), w, h, colour);
    }

    /// A disc by places; `alpha` from 0 to 256.
    pub(super) fn disc(&mut self, x: i32, y: i32, radius: i32, colour: Rgb, alpha: i32) {
        self.ellipse(x, y, radius, radius, colour, alpha);
    }

    /// An ellipse by places; `alpha` from 0 to 256.
    pub(super) fn ellipse(&mut self, x: i32, y: i32, rx: i32, ry: i32, colour: Rgb, alpha: i32) {
        let (cx, cy) = (self.x(x), self.y(y));
        let (a, b) = (self.y(rx).max(1), self.y(ry).max(1));
        for dy in -b..=b {
            for dx in -a..=a {
                let (x, y, w, h) = (i64::from(dx), i64::from(dy), i64::from(a), i64::from(b));
                if x * x * h * h + y * y * w * w <= w * w * h * h {
                    self.blend(cx + dx, cy + dy, colour, alpha);
                }
            }
        }
    }

    /// Light that fades out from a centre.
    pub(super) fn glow(&mut self, x: i32, y: i32, radius: i32, colour: Rgb, strength: i32) {
        let (cx, cy, r) = (self.x(x), self.y(y), self.y(radius).max(1));
        for dy in -r..=r {
            for dx in -r..=r {
                let (x, y, r) = (i64::from(dx), i64::from(dy), i64::from(r));
                let fade = (256 - (x * x + y * y) * 256 / (r * r)) as i32;
                if fade > 0 {
                    self.blend(cx + dx, cy + dy, colour, fade * fade / 256 * strength / 256);
                }
            }
        }
    }

    /// A triangle standing on `base`, its tip at `tip`, by places.
    pub(super) fn triangle(&mut self, x: i32, tip: i32, base: i32, half_width: i32, colour: Rgb) {
        let (cx, top, bottom, half) = (self.x(x), self.y(tip), self.y(base), self.y(half_width));
        for y in top..bottom {
            let w = half * (y - top) / (bottom - top).max(1);
            self.rectangle(cx - w, y, 2 * w + 1, 1, colour);
        }
    }

    /// Fills each column below a ridge; `ridge` gives the height for a place.
    pub(super) fn below(&mut self, colour: Rgb, ridge: impl Fn(i32) -> i32) {
        for x in 0..self.width {
            let top = self.y(ridge((i64::from(x) * 4096 / i64::from(self.width)) as i32));
            for y in top.max(0)..self.height {
                self.blend(x, y, colour, 256);
            }
        }
    }

    /// The picture: each pixel the mean of its canvas pixels.
    pub(super) fn finish(self) -> Frame {
        let (w, h) = (self.width as u32 / SCALE, self.height as u32 / SCALE);
        let mut out = Frame::black(w, h);
        let row = self.width as usize * 3;
        for (y, line) in out.rgb.chunks_exact_mut(w as usize * 3).enumerate() {
            for (i, byte) in line.iter_mut().enumerate() {
                let at = y * 2 * row + i / 3 * 6 + i % 3;
                let sum = [at, at + 3, at + row, at + row + 3].map(|k| u32::from(self.rgb[k]));
                *byte = ((sum.iter().sum::<u32>() + 2) / 4) as u8;
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_canvases_do_not_overflow() {
        let mut c = Canvas::new(8192, 16);
        c.ellipse(2000, 2000, 4000, 4000, [9; 3], 200);
        let mut c = Canvas::new(16, 8192);
        c.glow(2000, 2000, 1100, [9; 3], 200);
        c.ellipse(2000, 2000, 700, 700, [9; 3], 200);
        assert_eq!(c.finish().height, 8192);
    }

    #[test]
    fn sine_is_close_and_odd() {
        for angle in (0..65_536).step_by(97) {
            let exact = (f64::from(angle) / 65_536.0 * std::f64::consts::TAU).sin() * 32_767.0;
            assert!((f64::from(sine(angle)) - exact).abs() < 70.0, "{angle}");
        }
        assert_eq!(sine(16_384), 32_767);
        assert_eq!(sine(-16_384), -32_767);
    }
}
