//! A day over a landscape: dawn, noon, dusk and night, always in this order.
//!
//! The sun rises at the left and sets at the right, the sky's colours differ between morning and evening,
//! windows light up after dusk, stars and the moon come last, trains and clouds move to the right. The season
//! differs from seed to seed.

use super::canvas::{Canvas, FULL, wave};
use super::colour::{Mood, Paint, Rgb, a, lit, mix, mood, paint, shade};
use super::props::{bird, cloud, shine, stars, tree};
use super::script::{Actor, END, PERCENT, Script, pick, ramp, side};
use crate::rng::Stream;

/// The parameters of one landscape.
#[derive(Debug, Clone)]
pub(super) struct Day {
    script: Script,
    fixed: Vec<String>,
    horizon: i32,
    arc: i32,
    ridges: [[i32; 9]; 2],
    season: Season,
    roof: Rgb,
    train: Rgb,
    wagons: i32,
    balloon: [Rgb; 2],
    house: i32,
    trees: Vec<(i32, i32, bool)>,
    clouds: Vec<(i32, i32, i32)>,
    stars: Vec<(i32, i32)>,
}

/// What a time of year does to the land.
#[derive(Debug, Clone, Copy)]
struct Season {
    name: &'static str,
    field: Rgb,
    hill: Rgb,
    leaf: Rgb,
}

const SEASONS: [Season; 4] = [
    Season { name: "green", field: [112, 176, 70], hill: [84, 136, 110], leaf: [60, 140, 66] },
    Season { name: "golden", field: [222, 184, 78], hill: [120, 146, 84], leaf: [70, 126, 52] },
    Season { name: "brown", field: [168, 132, 70], hill: [150, 116, 84], leaf: [206, 110, 36] },
    Season { name: "snowy", field: [232, 238, 244], hill: [186, 198, 212], leaf: [60, 100, 84] },
];

const SKY: [(i32, Rgb, Rgb, Rgb); 7] = [
    (0, [58, 52, 110], [240, 170, 190], [170, 140, 180]),
    (9_000, [96, 150, 220], [232, 226, 214], [240, 230, 220]),
    (26_000, [60, 140, 240], [190, 226, 250], [256, 256, 256]),
    (40_000, [84, 140, 220], [226, 214, 190], [250, 236, 210]),
    (50_000, [92, 60, 120], [252, 120, 48], [200, 130, 110]),
    (57_000, [24, 22, 60], [90, 44, 80], [80, 74, 120]),
    (65_535, [6, 8, 28], [20, 24, 56], [62, 66, 112]),
];

impl Day {
    pub(super) fn new(seed: u64) -> Self {
        let mut s = Stream::keyed(seed, "scene", "day", 0);
        let season = *pick(&mut s, &SEASONS);
        let (name, train): Paint = paint(&mut s);
        let house = s.range(700, 3_400);
        let mut script = Script::default();
        let dark = s.range(46_500, 50_500);
        let lamps =
            Actor::new("lamps", "lit windows", "lamps shine in the windows of the house", side(house));
        script.at(lamps, dark, (dark + s.range(9_000, 17_000)).min(END));
        let night = s.range(52_500, 55_500);
        script.at(Actor::new("stars", "stars", "{} shine in the sky", "sky"), night, END);
        let train_is = format!("{name} train");
        let crossing = format!("{} crosses the field", a(&train_is));
        let count = s.range(1, 3);
        let actor = Actor::new("train", &train_is, &crossing, "ground");
        script.repeat(&mut s, &actor, count, (0, END), (12 * PERCENT, 18 * PERCENT));
        let actor = Actor::new("birds", "flock of birds", "a {} flies across the sky", "sky");
        let count = s.range(1, 2);
        script.repeat(&mut s, &actor, count, (3_000, 50_000), (8 * PERCENT, 12 * PERCENT));
        let actor = Actor::new("smoke", "smoke", "{} rises from the chimney", side(house));
        script.put(&mut s, actor, (2_000, 46_000), (14 * PERCENT, 26 * PERCENT));
        let actor = Actor::new("balloon", "hot-air balloon", "a {} floats over the hills", "sky");
        script.put(&mut s, actor, (8_000, 50_000), (20 * PERCENT, 30 * PERCENT));
        let ridge = |s: &mut Stream, tall| std::array::from_fn(|_| s.range(0, tall));
        Self {
            script,
            fixed: ["house", "hills", "railway track"]
                .map(str::to_owned)
                .into_iter()
                .chain([format!("{} field", season.name)])
                .collect(),
            horizon: s.range(2_250, 2_550),
            arc: s.range(1_600, 1_950),
            ridges: [ridge(&mut s, 620), ridge(&mut s, 300)],
            season,
            roof: [s.range(150, 210), s.range(50, 90), s.range(40, 80)],
            train,
            wagons: s.range(2, 4),
            balloon: [paint(&mut s).1, [250, 240, 220]],
            house,
            trees: (0..s.range(2, 5))
                .map(|_| (s.range(650, 3_450), s.range(700, 1_050), s.below(2) == 0))
                .filter(|t| (t.0 - house).abs() > 420)
                .collect(),
            clouds: (0..s.range(2, 4))
                .map(|_| (s.range(0, 5_000), s.range(350, 1_300), s.range(200, 360)))
                .collect(),
            stars: stars(&mut s, 60, 2_000),
        }
    }

    fn draw(&self, c: &mut Canvas, phase: i32) {
        let now = mood(&SKY, phase);
        self.sky(c, phase, now);
        c.light = now.light;
        for &(x, y, size) in &self.clouds {
            let x = (x + phase * 5_000 / 65_536).rem_euclid(5_600) - 700;
            cloud(&mut c.pen(x, y).size(size), mix([252, 252, 254], now.low, 60), 220);
        }
        self.fliers(c, phase);
        c.light = FULL;
        c.below(mix(lit(self.season.hill, now.light), now.low, 90), |x| {
            self.horizon - 120 - ridge(&self.ridges[0], x)
        });
        c.light = now.light;
        c.below(self.season.hill, |x| self.horizon + 40 - ridge(&self.ridges[1], x));
        c.gradient(self.horizon + 60, 4_096, self.season.field, shade(self.season.field, -70));
        let track = self.horizon + 440;
        c.gradient(track - 10, track + 30, [96, 84, 76], [70, 60, 54]);
        self.train(c, phase, track, now);
        c.light = now.light;
        for &(x, tall, fir) in &self.trees {
            let foot = self.horizon + 900 + (x * 7) % 500;
            tree(&mut c.pen(x, foot), tall, fir, self.season.leaf, 0);
        }
        self.house(c, phase, now);
    }

    fn sky(&self, c: &mut Canvas, phase: i32, now: Mood) {
        c.gradient(0, self.horizon + 100, now.top, now.low);
        if let Some(part) = self.script.now("stars", phase) {
            shine(c, &self.stars, 100 + ramp(part, 0, 1_000) * 156 / 256);
        }
        // The moon follows the sun's road, from the moment the sky is dark enough.
        let night = ramp(phase, 51_000, 59_000);
        let (x, y) = self.on_arc((phase - 50_000).max(0));
        c.pen(x, y).disc(0, 0, 190, [236, 236, 214], night);
        // The sun is up from just after first light until dusk.
        let along = (phase - 2_000) * 9 / 7;
        if (0..65_536).contains(&along) {
            let (x, y) = self.on_arc(along);
            let low = (256 - wave(along / 2, 256)).clamp(0, 256);
            let disc = mix([255, 246, 190], [255, 130, 50], low);
            c.pen(x, y).glow(0, 0, 1_300, disc, 190);
            c.pen(x, y).disc(0, 0, 230, disc, 256);
        }
    }

    /// Place on the road from the left horizon over the top to the right; `along` from 0 to 65536.
    fn on_arc(&self, along: i32) -> (i32, i32) {
        let x = 200 + along * 3_700 / 65_536;
        (x, self.horizon - wave(along / 2, self.arc))
    }

    fn fliers(&self, c: &mut Canvas, phase: i32) {
        if let Some(part) = self.script.now("balloon", phase) {
            let x = c.across(part, 260, false);
            let mut pen = c.pen(x, 1_250 - part / 8);
            pen.oval(0, 0, (260, 300), self.balloon[0], 256);
            pen.oval(0, 0, (150, 300), self.balloon[1], 256);
            pen.oval(0, 0, (60, 300), self.balloon[0], 256);
            pen.line((-120, 260), (-60, 420), 20, [90, 70, 50]);
            pen.line((120, 260), (60, 420), 20, [90, 70, 50]);
            pen.rect(-80, 410, 160, 110, [140, 92, 48]);
        }
        if let Some(part) = self.script.now("birds", phase) {
            let x = c.across(part, 500, false);
            for (k, (dx, dy)) in
                [(300, 0), (0, -130), (20, 150), (-290, -220), (-270, 260)].into_iter().enumerate()
            {
                let mut pen = c.pen(x, 700).moved(dx, dy).size(200);
                bird(&mut pen, [56, 52, 70], phase * 40 + k as i32 * 9_000);
            }
        }
    }

    fn train(&self, c: &mut Canvas, phase: i32, track: i32, now: Mood) {
        let Some(part) = self.script.now("train", phase) else { return };
        let half = 250 + self.wagons * 280;
        let x = c.across(part, half, false);
        let front = half - 270;
        let mut pen = c.pen(x, track);
        for wagon in 0..=self.wagons {
            let x = front - wagon * 560;
            pen.light(now.light);
            pen.rect(x - 250, -60, 500, 40, [50, 46, 50]);
            for wheel in [-150, 150] {
                pen.disc(x + wheel, -30, 60, [40, 38, 42], 256);
            }
            if wagon == 0 {
                pen.rect(x - 250, -400, 220, 340, self.train);
                pen.rect(x - 40, -280, 290, 220, self.train);
                pen.rect(x + 130, -420, 90, 150, [50, 46, 50]);
                for puff in 1..4 {
                    let age = puff * 160 + phase % 2_000 / 13;
                    pen.disc(x + 170 - age, -430 - age / 3, 50 + age / 6, [232, 232, 236], 200 - age / 4);
                }
            } else {
                pen.rect(x - 260, -330, 520, 270, shade(self.train, if wagon % 2 == 1 { 90 } else { 0 }));
            }
            let lamps = phase > 49_000;
            pen.light(if lamps { FULL } else { now.light });
            let glass = if lamps { [255, 236, 150] } else { [200, 225, 240] };
            let windows: &[i32] = if wagon == 0 { &[-210] } else { &[-200, -50, 100] };
            for window in windows {
                pen.rect(x + window, -280, 100, 110, glass);
            }
        }
    }

    fn house(&self, c: &mut Canvas, phase: i32, now: Mood) {
        let smoke = self.script.now("smoke", phase).map(|part| fade_puffs(part, phase));
        let mut pen = c.pen(self.house, self.horizon + 1_120);
        // Smoke leans to the right and rises.
        for (age, alpha) in smoke.into_iter().flatten() {
            pen.disc(210 + age / 3, -960 - age * 3 / 4, 110 + age / 9, [136, 134, 144], alpha);
        }
        pen.rect(150, -960, 110, 300, shade(self.roof, -60));
        pen.rect(-400, -540, 800, 540, [238, 226, 200]);
        pen.shape(&[(-480, -520), (480, -520), (0, -900)], self.roof);
        pen.rect(170, -320, 160, 320, [110, 74, 50]);
        let on = self.script.now("lamps", phase).is_some();
        pen.light(if on { FULL } else { now.light });
        for window in [-320, -90] {
            if on {
                pen.glow(window + 90, -320, 320, [255, 210, 110], 150);
            }
            pen.rect(window, -410, 180, 180, if on { [255, 226, 120] } else { [70, 80, 96] });
        }
    }
}

/// Ages (0 to 1400) and alphas of a chimney's puffs; at least one is dense whenever there is smoke.
fn fade_puffs(part: i32, phase: i32) -> impl Iterator<Item = (i32, i32)> {
    (0..5).map(move |k| {
        let age = (phase / 10 + k * 280).rem_euclid(1_400);
        (age, if age < 300 + part * 6 { 200 - age / 8 } else { 0 })
    })
}

/// Height of a ridge at a place: smooth steps between nine drawn points.
pub(super) fn ridge(points: &[i32; 9], x: i32) -> i32 {
    let at = x.clamp(0, 4_095) * 8;
    let (i, t) = ((at / 4_096) as usize, at % 4_096);
    let smooth = ((i64::from(t) * i64::from(t) * i64::from(3 * 4_096 - 2 * t)) >> 24) as i32;
    points[i] + (points[i + 1] - points[i]) * smooth / 4_096
}

super::paints!(Day);
