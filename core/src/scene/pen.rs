//! A pen held at a place: shapes around it, in lengths, so that things keep their form whatever the picture's.

use super::canvas::{Canvas, sine};
use super::colour::Rgb;

/// Draws around an anchor. Right and down are positive; a flipped pen draws the mirror image.
pub(super) struct Pen<'a> {
    c: &'a mut Canvas,
    at: (i64, i64),
    size: i32,
    flip: bool,
    turn: i32,
}

impl Canvas {
    /// A pen at a place.
    pub(super) fn pen(&mut self, x: i32, y: i32) -> Pen<'_> {
        let at = (self.x(x), self.y(y));
        Pen { c: self, at, size: 256, flip: false, turn: 0 }
    }
}

impl Pen<'_> {
    /// Everything `size`/256 times as large.
    pub(super) fn size(self, size: i32) -> Self {
        Self { size, ..self }
    }

    /// Everything mirrored, or not.
    pub(super) fn flip(self, flip: bool) -> Self {
        Self { flip, ..self }
    }

    /// The anchor moved by lengths (not turned).
    pub(super) fn moved(mut self, dx: i32, dy: i32) -> Self {
        let turn = std::mem::take(&mut self.turn);
        self.at = self.map(dx, dy);
        Self { turn, ..self }
    }

    /// From now on everything is turned clockwise around the anchor, in 1/65536 of a turn.
    pub(super) fn turn(&mut self, turn: i32) {
        self.turn = turn;
    }

    /// The light that falls on what follows.
    pub(super) fn light(&mut self, light: Rgb) {
        self.c.light = light;
    }

    /// Sub-steps in a length.
    fn length(&self, length: i32) -> i64 {
        self.c.length(length) * i64::from(self.size) / 256
    }

    /// Where on the canvas a point beside the anchor is.
    fn map(&self, dx: i32, dy: i32) -> (i64, i64) {
        let (mut x, mut y) = (self.length(dx), self.length(dy));
        if self.turn != 0 {
            let (sin, cos) = (i64::from(sine(self.turn)), i64::from(sine(self.turn.wrapping_add(16_384))));
            (x, y) = ((x * cos - y * sin) / 32_767, (x * sin + y * cos) / 32_767);
        }
        (self.at.0 + if self.flip { -x } else { x }, self.at.1 + y)
    }

    /// A rectangle: left, top, width, height.
    pub(super) fn rect(&mut self, left: i32, top: i32, width: i32, height: i32, colour: Rgb) {
        self.sheet(left, top, width, height, colour, 256);
    }

    /// A rectangle that lets things shine through; `alpha` from 0 to 256.
    pub(super) fn sheet(&mut self, left: i32, top: i32, width: i32, height: i32, colour: Rgb, alpha: i32) {
        let (right, bottom) = (left + width, top + height);
        if self.turn == 0 {
            let (a, b) = (self.map(left, top), self.map(right, bottom));
            self.c.rectangle((a.0.min(b.0), a.0.max(b.0)), (a.1, b.1), colour, alpha);
        } else {
            let corners = [(left, top), (right, top), (right, bottom), (left, bottom)];
            let corners = corners.map(|(x, y)| self.map(x, y));
            self.c.polygon(&corners, colour, alpha);
        }
    }

    /// A disc; `alpha` from 0 to 256.
    pub(super) fn disc(&mut self, dx: i32, dy: i32, radius: i32, colour: Rgb, alpha: i32) {
        let (at, r) = (self.map(dx, dy), self.length(radius));
        self.c.ellipse(at, (r, r), 0, colour, alpha);
    }

    /// An ellipse with its axes along the pen's; `alpha` from 0 to 256.
    pub(super) fn oval(&mut self, dx: i32, dy: i32, radii: (i32, i32), colour: Rgb, alpha: i32) {
        if self.turn == 0 {
            let (at, radii) = (self.map(dx, dy), (self.length(radii.0), self.length(radii.1)));
            return self.c.ellipse(at, radii, 0, colour, alpha);
        }
        let corners: [(i64, i64); 20] = std::array::from_fn(|k| {
            let angle = k as i32 * 65_536 / 20;
            let x = i64::from(radii.0) * i64::from(sine(angle + 16_384)) / 32_767;
            let y = i64::from(radii.1) * i64::from(sine(angle)) / 32_767;
            self.map(dx + x as i32, dy + y as i32)
        });
        self.c.polygon(&corners, colour, alpha);
    }

    /// A ring, `width` wide inward from `radius`.
    pub(super) fn ring(&mut self, dx: i32, dy: i32, radius: i32, width: i32, colour: Rgb) {
        self.arc(dx, dy, radius, width, colour, 256);
    }

    /// A ring that lets things shine through; `alpha` from 0 to 256.
    pub(super) fn arc(&mut self, dx: i32, dy: i32, radius: i32, width: i32, colour: Rgb, alpha: i32) {
        let (at, r) = (self.map(dx, dy), self.length(radius));
        let hole = i64::from((radius - width).max(0)) * 256 / i64::from(radius.max(1));
        self.c.ellipse(at, (r, r), hole, colour, alpha);
    }

    /// Light that fades out; `strength` from 0 to 256.
    pub(super) fn glow(&mut self, dx: i32, dy: i32, radius: i32, colour: Rgb, strength: i32) {
        let (at, r) = (self.map(dx, dy), self.length(radius));
        self.c.glow(at, r, colour, strength);
    }

    /// A polygon.
    pub(super) fn shape(&mut self, points: &[(i32, i32)], colour: Rgb) {
        self.veil(points, colour, 256);
    }

    /// A polygon that lets things shine through; `alpha` from 0 to 256.
    pub(super) fn veil(&mut self, points: &[(i32, i32)], colour: Rgb, alpha: i32) {
        let corners: Vec<_> = points.iter().map(|&(x, y)| self.map(x, y)).collect();
        self.c.polygon(&corners, colour, alpha);
    }

    /// A line of some width between two points.
    pub(super) fn line(&mut self, from: (i32, i32), to: (i32, i32), width: i32, colour: Rgb) {
        let (a, b) = (self.map(from.0, from.1), self.map(to.0, to.1));
        let (dx, dy) = (b.0 - a.0, b.1 - a.1);
        let long = ((dx * dx + dy * dy) as u64).isqrt().max(1) as i64;
        let half = (self.length(width) / 2).max(super::canvas::SUB / 2);
        let (nx, ny) = (-dy * half / long, dx * half / long);
        let corners =
            [(a.0 + nx, a.1 + ny), (b.0 + nx, b.1 + ny), (b.0 - nx, b.1 - ny), (a.0 - nx, a.1 - ny)];
        self.c.polygon(&corners, colour, 256);
    }
}
