//! A day over a landscape: dawn, noon, dusk and night, always in this order.
//!
//! The sun rises at the left and sets at the right, the sky's colours differ between morning and evening,
//! windows light up after dusk, stars and the moon come last, a train and the clouds move to the right.

use super::canvas::{Canvas, Rgb, keyed, lit, mix, sine};
use crate::rng::Stream;

/// The parameters of one landscape.
#[derive(Debug, Clone)]
pub(super) struct Day {
    horizon: i32,
    arc: i32,
    ridges: [[i32; 9]; 2],
    field: Rgb,
    hill: Rgb,
    roof: Rgb,
    train: Rgb,
    train_start: i32,
    train_turns: i32,
    house: i32,
    trees: Vec<(i32, i32)>,
    clouds: Vec<(i32, i32, i32)>,
    stars: Vec<(i32, i32)>,
}

const SKY_TOP: [(i32, Rgb); 7] = [
    (0, [58, 52, 110]),
    (9_000, [96, 150, 220]),
    (26_000, [60, 140, 240]),
    (40_000, [84, 140, 220]),
    (50_000, [92, 60, 120]),
    (57_000, [24, 22, 60]),
    (65_535, [6, 8, 28]),
];

const SKY_LOW: [(i32, Rgb); 7] = [
    (0, [240, 170, 190]),
    (9_000, [232, 226, 214]),
    (26_000, [190, 226, 250]),
    (40_000, [226, 214, 190]),
    (50_000, [252, 120, 48]),
    (57_000, [90, 44, 80]),
    (65_535, [20, 24, 56]),
];

/// What the light does to a white wall.
const LIGHT: [(i32, Rgb); 7] = [
    (0, [170, 140, 180]),
    (9_000, [240, 230, 220]),
    (26_000, [256, 256, 256]),
    (40_000, [250, 236, 210]),
    (50_000, [200, 130, 110]),
    (57_000, [80, 74, 120]),
    (65_535, [44, 48, 90]),
];

impl Day {
    pub(super) fn new(seed: u64) -> Self {
        let mut s = Stream::keyed(seed, "scene", "day", 0);
        let horizon = s.range(2_300, 2_700);
        let ridge = |s: &mut Stream, tall| std::array::from_fn(|_| s.range(0, tall));
        Self {
            horizon,
            arc: s.range(1_500, 2_000),
            ridges: [ridge(&mut s, 620), ridge(&mut s, 300)],
            field: [s.range(70, 130), s.range(140, 185), s.range(50, 90)],
            hill: [s.range(70, 110), s.range(110, 150), s.range(100, 140)],
            roof: [s.range(150, 210), s.range(50, 90), s.range(40, 80)],
            train: [s.range(150, 235), s.range(40, 120), s.range(30, 80)],
            train_start: s.range(-1_500, 1_500),
            train_turns: s.range(1, 2),
            house: s.range(700, 3_400),
            trees: (0..s.range(2, 5)).map(|_| (s.range(100, 4_000), s.range(380, 620))).collect(),
            clouds: (0..s.range(2, 4))
                .map(|_| (s.range(0, 5_000), s.range(350, 1_300), s.range(150, 300)))
                .collect(),
            stars: (0..40).map(|_| (s.range(0, 4_095), s.range(0, 2_000))).collect(),
        }
    }

    /// Paints the moment `phase`: 0 is first light, 65535 is night.
    pub(super) fn paint(&self, c: &mut Canvas, phase: i32) {
        let light = keyed(&LIGHT, phase);
        self.sky(c, phase);
        for &(x, y, size) in &self.clouds {
            let x = (x + phase * 5_000 / 65_536).rem_euclid(5_600) - 700;
            let puff = mix(lit([250, 250, 252], light), keyed(&SKY_LOW, phase), 70);
            for (dx, dy, part) in [(-260, 40, 70), (0, -30, 100), (280, 50, 64), (120, 60, 80)] {
                let r = size * part / 100;
                c.ellipse(x + dx * 9 / 16, y + dy, r * 3 / 2, r, puff, 200);
            }
        }
        c.below(mix(lit(self.hill, light), keyed(&SKY_LOW, phase), 90), |x| {
            self.horizon - 120 - ridge(&self.ridges[0], x)
        });
        c.below(lit(self.hill, light), |x| self.horizon + 40 - ridge(&self.ridges[1], x));
        c.gradient(
            c.y(self.horizon + 60),
            c.height,
            lit(self.field, light),
            lit(mix(self.field, [40, 70, 30], 150), light),
        );
        self.train(c, phase, light);
        self.trees(c, light);
        self.house(c, phase, light);
    }

    fn sky(&self, c: &mut Canvas, phase: i32) {
        c.gradient(0, c.y(self.horizon + 100), keyed(&SKY_TOP, phase), keyed(&SKY_LOW, phase));
        let night = ((phase - 51_000) * 256 / 8_000).clamp(0, 256);
        if night > 0 {
            for &(x, y) in &self.stars {
                c.disc(x, y, 14, [235, 235, 255], night);
            }
            // The moon follows the sun's road, late.
            let along = (phase - 50_000).max(0) * 2;
            let (x, y) = self.on_arc(along / 2);
            c.disc(x, y, 190, [236, 236, 214], night);
        }
        // The sun is up from just after first light until dusk.
        let along = (phase - 2_000) * 9 / 7;
        if (0..65_536).contains(&along) {
            let (x, y) = self.on_arc(along);
            let low = (256 - sine(along / 2) * 256 / 32_767).clamp(0, 256);
            let disc = mix([255, 246, 200], [255, 130, 50], low);
            c.glow(x, y, 1_100, disc, 190);
            c.disc(x, y, 230, disc, 256);
        }
    }

    /// Place on the road from the left horizon over the top to the right; `along` from 0 to 65536.
    fn on_arc(&self, along: i32) -> (i32, i32) {
        let x = 200 + along * 3_700 / 65_536;
        (x, self.horizon - sine(along / 2) * self.arc / 32_767)
    }

    fn train(&self, c: &mut Canvas, phase: i32, light: Rgb) {
        let track = self.horizon + 420;
        c.gradient(c.y(track + 120), c.y(track + 160), lit([96, 84, 76], light), lit([70, 60, 54], light));
        let road = 4_096 + 2_400;
        let x = (self.train_start + phase / 16 * self.train_turns * road / 4_096).rem_euclid(road) - 1_200;
        let lamp = if phase > 49_000 { [255, 236, 150] } else { lit([200, 225, 240], light) };
        for (wagon, tint) in [(0, self.train), (1, mix(self.train, [240, 230, 210], 120)), (2, self.train)] {
            let x = x - wagon * 300;
            c.block(x, track - 110, 430, 230, lit(tint, light));
            for window in [-60, 60] {
                c.block(x + window, track - 70, 80, 80, lamp);
            }
        }
        // The engine's chimney is at its front, so that its direction shows even in a still.
        c.block(x + 90, track - 210, 70, 110, lit([50, 46, 50], light));
    }

    fn trees(&self, c: &mut Canvas, light: Rgb) {
        for &(x, tall) in &self.trees {
            let foot = self.horizon + 900 + (x * 7) % 500;
            c.block(x, foot - tall / 3, 60, tall / 3, lit([96, 70, 48], light));
            c.triangle(x, foot - tall - 160, foot - tall / 4, tall / 3, lit([44, 104, 62], light));
            c.triangle(x, foot - tall - 260, foot - tall / 2, tall / 4, lit([56, 122, 70], light));
        }
    }

    fn house(&self, c: &mut Canvas, phase: i32, light: Rgb) {
        let (x, top) = (self.house, self.horizon + 560);
        c.block(x, top, 720, 480, lit([232, 220, 196], light));
        c.triangle(x, top - 330, top + 20, 460, lit(self.roof, light));
        let dark = lit([70, 80, 96], light);
        let glass = if phase > 49_000 { [255, 222, 120] } else { dark };
        for window in [-110, 20] {
            c.block(x + window, top + 130, 150, 150, glass);
        }
        c.block(x + 130, top + 210, 130, 270, lit([110, 74, 50], light));
        // Smoke leans to the right and rises all day.
        for puff in 0..4 {
            let age = (phase / 12 + puff * 300).rem_euclid(1_200);
            c.disc(
                x + 90 + age / 4,
                top - 380 - age * 3 / 4,
                50 + age / 10,
                lit([220, 220, 226], light),
                150 - age / 10,
            );
        }
    }
}

/// Height of a ridge at a place: smooth steps between nine drawn points.
fn ridge(points: &[i32; 9], x: i32) -> i32 {
    let at = x.clamp(0, 4_095) * 8;
    let (i, t) = ((at / 4_096) as usize, at % 4_096);
    let smooth = ((i64::from(t) * i64::from(t) * i64::from(3 * 4_096 - 2 * t)) >> 24) as i32;
    points[i] + (points[i + 1] - points[i]) * smooth / 4_096
}
