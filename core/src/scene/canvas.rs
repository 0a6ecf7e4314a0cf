//! Integer drawing on a canvas larger than the picture, so that edges come out smooth.
//!
//! Places are in units of 1/4096: of the width for `x`, of the height for `y`. Lengths are in units of 1/4096 of
//! the canvas's `unit`, which is the height unless the picture is narrow. Shapes are filled row by row: a row
//! of one colour is one slice fill, and everything is clipped before it is walked.

use super::colour::{Rgb, lit, mix};
use crate::frame::Frame;

/// Sub-steps of a canvas pixel in which shapes are placed.
pub(super) const SUB: i64 = 16;

/// Sine of `angle` in 1/65536 of a turn, from -32767 to 32767: Bhaskara's rational approximation, in integers.
pub(super) fn sine(angle: i32) -> i32 {
    let turn = i64::from(angle.rem_euclid(65_536));
    let (x, sign) = if turn < 32_768 { (turn, 1) } else { (turn - 32_768, -1) };
    let t = x * (32_768 - x);
    (sign * (16 * t * 32_767 / (5 * (1_i64 << 30) - 4 * t))) as i32
}

/// `size` times the sine of `angle`.
pub(super) fn wave(angle: i32, size: i32) -> i32 {
    (i64::from(sine(angle)) * i64::from(size) / 32_767) as i32
}

/// A picture being painted.
pub(super) struct Canvas {
    /// Width in canvas pixels.
    pub(super) width: i32,
    /// Height in canvas pixels.
    pub(super) height: i32,
    /// Canvas pixels in a length of 4096.
    unit: i32,
    /// Canvas pixels per picture pixel along each side, as a power of two.
    shift: u32,
    /// The light that falls on everything painted from now on; 256 is full strength.
    pub(super) light: Rgb,
    /// One word a pixel: red in bits 16 to 23, green in 8 to 15, blue in 0 to 7.
    words: Vec<u32>,
}

/// White light.
pub(super) const FULL: Rgb = [256; 3];

/// Red and blue of a word, which have room between them for a product by 256 or a sum of 256 values.
const ODD: u32 = 0x00ff_00ff;

/// A word between `a` (at `alpha` 0) and `b` (at 256).
fn blended(a: u32, b: u32, alpha: u32) -> u32 {
    let rest = 256 - alpha;
    let odd = ((a & ODD) * rest + (b & ODD) * alpha) >> 8 & ODD;
    let even = ((a >> 8 & 0xff) * rest + (b >> 8 & 0xff) * alpha) & 0xff00;
    odd | even
}

impl Canvas {
    pub(super) fn new(width: u32, height: u32) -> Self {
        let (width, height) = (width.max(1), height.max(1));
        // Small pictures get finer edges, enormous ones none: their pixels are fine enough and memory is not.
        let shift = match u64::from(width) * u64::from(height) {
            0..=20_000 => 2,
            20_001..=4_000_000 => 1,
            _ => 0,
        };
        let (w, h) = (width << shift, height << shift);
        let words = vec![0; w as usize * h as usize];
        let unit = h.min(w - w / 4) as i32;
        Self { width: w as i32, height: h as i32, unit, shift, light: FULL, words }
    }

    /// Sub-steps to a place along the width.
    pub(super) fn x(&self, x: i32) -> i64 {
        i64::from(x) * i64::from(self.width) * SUB / 4096
    }

    /// Sub-steps to a place along the height.
    pub(super) fn y(&self, y: i32) -> i64 {
        i64::from(y) * i64::from(self.height) * SUB / 4096
    }

    /// Sub-steps in a length.
    pub(super) fn length(&self, length: i32) -> i64 {
        i64::from(length) * i64::from(self.unit) * SUB / 4096
    }

    /// Where something of half-length `half` is when it has gone `part` (0..=4096) of its way across the
    /// picture: a quarter of it shows at both ends of the way. Backward is to the left.
    pub(super) fn across(&self, part: i32, half: i32, backward: bool) -> i32 {
        let margin = self.length(half) / 2 * 4096 / (i64::from(self.width) * SUB);
        let part = i64::from(if backward { 4096 - part } else { part });
        ((4096 + 2 * margin) * part / 4096 - margin) as i32
    }

    /// A colour in the present light, as a word.
    fn word(&self, colour: Rgb) -> u32 {
        let [r, g, b] = lit(colour, self.light).map(|c| c.clamp(0, 255) as u32);
        r << 16 | g << 8 | b
    }

    /// Fills pixels `from..to` (in sub-steps, by their middles) of a canvas row.
    fn span(&mut self, y: i64, from: i64, to: i64, word: u32, alpha: u32) {
        let width = i64::from(self.width);
        let first = ((from + SUB / 2 - 1) / SUB).clamp(0, width) as usize;
        let last = ((to + SUB / 2 - 1) / SUB).clamp(0, width) as usize;
        if y < 0 || y >= i64::from(self.height) || first >= last {
            return;
        }
        let row = y as usize * self.width as usize;
        let pixels = &mut self.words[row + first..row + last];
        if alpha >= 256 {
            pixels.fill(word);
        } else if alpha > 0 {
            for pixel in pixels {
                *pixel = blended(*pixel, word, alpha);
            }
        }
    }

    /// The canvas rows whose middles lie between two heights in sub-steps.
    fn rows(&self, top: i64, bottom: i64) -> std::ops::Range<i64> {
        let row = |y: i64| ((y + SUB / 2 - 1) / SUB).clamp(0, i64::from(self.height));
        row(top)..row(bottom)
    }

    /// Fills whole rows between two places with a vertical run of colours.
    pub(super) fn gradient(&mut self, top: i32, bottom: i32, from: Rgb, to: Rgb) {
        self.wash(top, bottom, (from, 256), (to, 256));
    }

    /// Blends whole rows between two places with a vertical run of colours and alphas (0 to 256).
    pub(super) fn wash(&mut self, top: i32, bottom: i32, from: (Rgb, i32), to: (Rgb, i32)) {
        let (first, end) = (self.y(top), self.y(bottom));
        for y in self.rows(first, end) {
            let t = ((y * SUB + SUB / 2 - first) * 256 / (end - first).max(1)) as i32;
            let word = self.word(mix(from.0, to.0, t));
            let alpha = from.1 + (to.1 - from.1) * t / 256;
            self.span(y, 0, i64::from(self.width) * SUB, word, alpha.clamp(0, 256) as u32);
        }
    }

    /// A rectangle in sub-steps, at least one canvas pixel wide and high.
    pub(super) fn rectangle(&mut self, x: (i64, i64), y: (i64, i64), colour: Rgb, alpha: i32) {
        let word = self.word(colour);
        for row in self.rows(y.0, y.1.max(y.0 + SUB)) {
            self.span(row, x.0, x.1.max(x.0 + SUB), word, alpha.clamp(0, 256) as u32);
        }
    }

    /// An ellipse in sub-steps; with a `hole` (0 to 255 of 256), only what lies outside that part of it.
    pub(super) fn ellipse(&mut self, at: (i64, i64), radii: (i64, i64), hole: i64, colour: Rgb, alpha: i32) {
        let word = self.word(colour);
        let alpha = alpha.clamp(0, 256) as u32;
        let (a, b) = (radii.0.max(SUB / 2), radii.1.max(SUB / 2));
        let half = |dy: i64, a: i64, b: i64| {
            // Non-negative by the test, and a root is at most `b`.
            if dy.abs() < b { a * ((b * b - dy * dy) as u64).isqrt() as i64 / b } else { 0 }
        };
        for row in self.rows(at.1 - b, at.1 + b) {
            let dy = row * SUB + SUB / 2 - at.1;
            let (out, inner) = (half(dy, a, b), half(dy, a * hole / 256, (b * hole / 256).max(1)));
            if inner > 0 {
                self.span(row, at.0 - out, at.0 - inner, word, alpha);
                self.span(row, at.0 + inner, at.0 + out, word, alpha);
            } else {
                self.span(row, at.0 - out, at.0 + out, word, alpha);
            }
        }
    }

    /// Light that fades out from a centre; `strength` from 0 to 256.
    pub(super) fn glow(&mut self, at: (i64, i64), radius: i64, colour: Rgb, strength: i32) {
        let r = radius.max(SUB);
        let word = self.word(colour);
        // Fixed point with 16 fractional bits: 256 at the rim.
        let scale = (256 << 32) / (r * r);
        for row in self.rows(at.1 - r, at.1 + r) {
            let dy = row * SUB + SUB / 2 - at.1;
            let half = ((r * r - dy * dy).max(0) as u64).isqrt() as i64;
            let first = ((at.0 - half) / SUB).clamp(0, i64::from(self.width));
            let last = ((at.0 + half) / SUB + 1).clamp(first, i64::from(self.width));
            let start = row as usize * self.width as usize;
            for x in first..last {
                let dx = x * SUB + SUB / 2 - at.0;
                let fade = 256 - (((dx * dx + dy * dy) * scale) >> 32);
                if fade > 0 {
                    let alpha = (fade * fade / 256 * i64::from(strength.clamp(0, 256)) / 256) as u32;
                    let pixel = &mut self.words[start + x as usize];
                    *pixel = blended(*pixel, word, alpha);
                }
            }
        }
    }

    /// A polygon in sub-steps, filled by the even-odd rule.
    pub(super) fn polygon(&mut self, points: &[(i64, i64)], colour: Rgb, alpha: i32) {
        let word = self.word(colour);
        let alpha = alpha.clamp(0, 256) as u32;
        let (Some(top), Some(bottom)) = (points.iter().map(|p| p.1).min(), points.iter().map(|p| p.1).max())
        else {
            return;
        };
        let mut crossings: Vec<i64> = Vec::with_capacity(points.len());
        for row in self.rows(top, bottom) {
            let y = row * SUB + SUB / 2;
            crossings.clear();
            for (i, &(x1, y1)) in points.iter().enumerate() {
                let (x0, y0) = points[(i + points.len() - 1) % points.len()];
                if (y0 <= y) != (y1 <= y) {
                    crossings.push(x0 + (x1 - x0) * (y - y0) / (y1 - y0));
                }
            }
            crossings.sort_unstable();
            for pair in crossings.chunks_exact(2) {
                self.span(row, pair[0], pair[1], word, alpha);
            }
        }
    }

    /// Fills everything below a ridge; `ridge` gives the height (a place) for a place along the width.
    pub(super) fn below(&mut self, colour: Rgb, ridge: impl Fn(i32) -> i32) {
        let word = self.word(colour);
        let tops: Vec<i64> = (0..i64::from(self.width))
            .map(|x| (self.y(ridge((x * 4096 / i64::from(self.width)) as i32)) / SUB).max(0))
            .collect();
        let first = tops.iter().copied().min().unwrap_or(0);
        let solid = tops.iter().copied().max().unwrap_or(0);
        for y in first..i64::from(self.height) {
            if y >= solid {
                self.span(y, 0, i64::from(self.width) * SUB, word, 256);
                continue;
            }
            let start = y as usize * self.width as usize;
            let row = &mut self.words[start..start + tops.len()];
            for (pixel, _) in row.iter_mut().zip(&tops).filter(|(_, top)| **top <= y) {
                *pixel = word;
            }
        }
    }

    /// The picture: each pixel the mean of its canvas pixels.
    pub(super) fn finish(self) -> Frame {
        match self.shift {
            0 => self.shrunk::<1>(),
            1 => self.shrunk::<2>(),
            _ => self.shrunk::<4>(),
        }
    }

    /// The picture, `N` canvas pixels to one of its own along each side.
    fn shrunk<const N: usize>(self) -> Frame {
        let row = self.width as usize;
        let width = row / N;
        let mut out = Frame::black(width as u32, self.height as u32 / N as u32);
        let all = (N * N) as u32;
        let mut sums = vec![[0_u32; 2]; width];
        for (line, rows) in out.rgb.chunks_exact_mut(width * 3).zip(self.words.chunks_exact(row * N)) {
            sums.fill([((all / 2) << 16) | (all / 2), all / 2]);
            for row in rows.chunks_exact(row) {
                for (sum, words) in sums.iter_mut().zip(row.chunks_exact(N)) {
                    for word in words {
                        sum[0] += word & ODD;
                        sum[1] += word >> 8 & 0xff;
                    }
                }
            }
            for (pixel, [odd, even]) in line.chunks_exact_mut(3).zip(&sums) {
                pixel[0] = ((odd >> 16) / all) as u8;
                pixel[1] = (even / all) as u8;
                pixel[2] = ((odd & 0xffff) / all) as u8;
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every shape, with places and sizes far outside the picture too.
    fn everything(c: &mut Canvas) {
        for far in [0, 500, 4096, -9000, 30_000] {
            let (x, y) = (c.x(far), c.y(far));
            let r = c.length(far.abs());
            c.ellipse((x, y), (r, r / 2), 128, [9, 200, 9], 200);
            c.glow((x, y), r, [9; 3], 200);
            c.rectangle((x - r, x + r), (y - r, y), [200; 3], 256);
            c.polygon(&[(x, y - r), (x + r, y), (-x, y + r)], [1, 2, 3], 256);
            c.gradient(far - 100, far + 100, [0; 3], [255; 3]);
            c.below([3, 2, 1], |x| x + far);
        }
        c.polygon(&[], [0; 3], 256);
    }

    #[test]
    fn no_size_overflows() {
        for (w, h) in [(1, 1), (1, 200), (8192, 16), (16, 8192), (33, 17)] {
            let mut c = Canvas::new(w, h);
            everything(&mut c);
            let frame = c.finish();
            assert_eq!((frame.width, frame.height, frame.rgb.len()), (w, h, (w * h * 3) as usize));
        }
        // Enough to reach the largest canvas coordinates without its memory.
        Canvas::new(8192, 3000).glow((1 << 17, 1 << 15), 1 << 17, [9; 3], 200);
    }

    #[test]
    fn shapes_cover_their_area_and_no_more() {
        let mut c = Canvas::new(400, 300);
        c.ellipse((200 * 32, 150 * 32), (100 * 32, 50 * 32), 0, [255; 3], 256);
        let area =
            |c: Canvas| c.finish().rgb.chunks_exact(3).map(|p| u64::from(p[0])).sum::<u64>() as f64 / 255.0;
        let circle = area(c);
        assert!((circle - std::f64::consts::PI * 5000.0).abs() < 40.0, "{circle}");
        let mut c = Canvas::new(400, 300);
        c.polygon(&[(0, 0), (400 * 32, 0), (0, 300 * 32)], [255; 3], 256);
        let triangle = area(c);
        assert!((triangle - 60_000.0).abs() < 200.0, "{triangle}");
        let mut c = Canvas::new(400, 300);
        c.rectangle((-50, 10 * 32), (290 * 32, 99_999), [255; 3], 256);
        assert!((area(c) - 100.0).abs() < 0.5);
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
