//! A thunderstorm over a mill: clouds gather, it rains, lightning flashes, it clears; the pond grows all along
//! and the wind never turns.

use super::canvas::{Canvas, FULL, wave};
use super::colour::{Rgb, a, lit, mix, mood, paints, shade};
use super::day::ridge;
use super::props::{bird, cloud, person, tree};
use super::script::{Actor, END, PERCENT, Script, Span, chance, fade, pick, ramp, side};
use crate::rng::Stream;

/// The parameters of one storm.
#[derive(Debug, Clone)]
pub(super) struct Storm {
    script: Script,
    fixed: Vec<String>,
    /// When the first drop falls and the last.
    rain: Span,
    mill: i32,
    pond: i32,
    hills: [i32; 9],
    grass: Rgb,
    leaf: Rgb,
    cap: Rgb,
    stone: Rgb,
    coat: Rgb,
    bolts: Vec<[i32; 6]>,
    trees: Vec<(i32, i32, bool)>,
    clouds: Vec<(i32, i32, i32)>,
}

const HORIZON: i32 = 2_500;

impl Storm {
    pub(super) fn new(seed: u64) -> Self {
        let mut s = Stream::keyed(seed, "scene", "storm", 0);
        let mut script = Script::default();
        let all = paints(&mut s);
        let shower = Actor::new("rain", "rain", "{} falls", "sky");
        let first = s.range(12_000, 20_000);
        let mut rain = Span { from: first, to: first + s.range(14_000, 22_000) };
        script.at(shower.clone(), rain.from, rain.to);
        if chance(&mut s, 60) {
            let from = rain.to + s.range(2_400, 5_000);
            let to = from + s.range(4_000, 8_000);
            if script.at(shower, from, to).is_some() {
                rain.to = to;
            }
        }
        let bolt = Actor::new("lightning", "lightning", "{} flashes", "sky");
        let flashes = s.range(2, 3);
        script.repeat(&mut s, &bolt, flashes, (rain.from + 1_000, rain.to), (2_850, 3_600));
        let bow = Actor::new("rainbow", "rainbow", "a {} stands in the sky", "sky");
        script.put(&mut s, bow, (rain.to + 600, END), (11_000, 18_000));
        let coat_is = format!("person in {} coat", a(all[0].0));
        let walks = format!("a {coat_is} walks by under an umbrella");
        let walker = Actor::new("walker", &coat_is, &walks, "ground");
        script.put(&mut s, walker, (rain.from - 2_000, rain.to + 2_000), (9 * PERCENT, 13 * PERCENT));
        let birds = Actor::new("birds", "birds", "two {} fly over the pond", "sky");
        script.put(&mut s, birds.clone(), (0, rain.from), (8 * PERCENT, 12 * PERCENT));
        script.put(&mut s, birds, (rain.to, END), (8 * PERCENT, 12 * PERCENT));
        let mill = *pick(&mut s, &[700, 1_000, 2_900, 3_300]);
        let duck = Actor::new("duck", "duck", "a {} swims on the pond", side(4_096 - mill));
        script.put(&mut s, duck, (30_000, END), (14 * PERCENT, 24 * PERCENT));
        Self {
            script,
            fixed: ["windmill", "pond", "hills", "trees"].map(str::to_owned).to_vec(),
            rain,
            mill,
            pond: 4_096 - mill,
            hills: std::array::from_fn(|_| s.range(0, 560)),
            grass: *pick(&mut s, &[[120, 180, 80], [196, 180, 90], [150, 170, 100]]),
            leaf: *pick(&mut s, &[[60, 140, 66], [90, 150, 50], [204, 124, 44]]),
            cap: *pick(&mut s, &[[190, 60, 50], [80, 60, 50], [60, 90, 130]]),
            stone: *pick(&mut s, &[[236, 224, 200], [186, 104, 80], [120, 124, 132], [206, 190, 140]]),
            coat: all[0].1,
            bolts: (0..4).map(|_| std::array::from_fn(|_| s.range(-260, 260))).collect(),
            trees: (0..s.range(2, 4))
                .map(|_| (s.range(200, 3_900), s.range(700, 1_200), chance(&mut s, 40)))
                .filter(|t| (t.0 - mill).abs() > 480)
                .collect(),
            clouds: (0..7)
                .map(|k| (k * 700 + s.range(-200, 200), s.range(150, 1_000), s.range(330, 560)))
                .collect(),
        }
    }

    /// How dark the sky is: rising until the rain has come, falling after it.
    fn gloom(&self, phase: i32) -> i32 {
        ramp(phase, 1_000, self.rain.from + 2_000) - ramp(phase, self.rain.to - 2_500, self.rain.to + 13_000)
    }

    fn draw(&self, c: &mut Canvas, phase: i32) {
        let gloom = self.gloom(phase);
        // Fair weather is noon before the storm and a golden evening after it.
        let fair = mood(
            &[
                (0, [64, 146, 240], [206, 230, 248], [256, 256, 252]),
                (self.rain.to, [90, 140, 210], [240, 220, 180], [252, 240, 214]),
                (END, [100, 100, 170], [255, 170, 90], [236, 190, 150]),
            ],
            phase,
        );
        let (top, low) = (mix(fair.top, [50, 54, 70], gloom), mix(fair.low, [112, 118, 130], gloom));
        let light = mix(fair.light, [130, 136, 156], gloom);
        let flash = self.script.now("lightning", phase);
        let bright = flash.map_or(0, |_| 90 + wave(phase * 60, 80));
        c.gradient(0, HORIZON, mix(top, [214, 216, 255], bright), mix(low, [236, 236, 255], bright));
        self.sun(c, phase, gloom);
        self.rainbow(c, phase);
        self.clouds(c, phase, gloom, mix(light, [256; 3], bright));
        self.birds(c, phase);
        if let Some(part) = flash {
            self.bolt(c, phase, part);
        }
        c.light = mix(light, [240, 244, 256], bright);
        c.below(mix(lit([92, 140, 120], c.light), low, 70), |x| HORIZON - 60 - ridge(&self.hills, x));
        let wet = ramp(phase, self.rain.from, END);
        c.gradient(HORIZON + 20, 4_096, mix(self.grass, [70, 170, 70], wet), shade(self.grass, -60));
        // The wind rises with the storm and always blows to the right.
        let wind = 20 + gloom / 2;
        for &(x, tall, fir) in &self.trees {
            let sway = wind + wave(phase * 24 + x * 9, wind / 2);
            tree(&mut c.pen(x, HORIZON + 220 + (x * 7) % 260), tall, fir, self.leaf, sway);
        }
        self.mill(c, phase);
        self.pond(c, phase, low);
        self.walker(c, phase, wind);
        self.rain(c, phase);
    }

    fn sun(&self, c: &mut Canvas, phase: i32, gloom: i32) {
        c.light = FULL;
        let (x, y) = (700 + phase * 2_900 / 65_536, 480 + phase / 48);
        let disc = mix([255, 244, 170], [255, 150, 60], ramp(phase, 30_000, END));
        c.pen(x, y).glow(0, 0, 1_100, disc, 200 - gloom * 3 / 4);
        c.pen(x, y).disc(0, 0, 210, disc, 256 - gloom);
    }

    fn rainbow(&self, c: &mut Canvas, phase: i32) {
        let Some(part) = self.script.now("rainbow", phase) else { return };
        let arcs: [Rgb; 6] =
            [[230, 40, 40], [250, 140, 40], [250, 230, 60], [60, 190, 80], [50, 120, 230], [130, 60, 190]];
        let alpha = fade(part) * 170 / 256;
        let mut pen = c.pen(2_048, HORIZON + 300);
        for (k, colour) in arcs.into_iter().enumerate() {
            pen.arc(0, 0, 2_350 - k as i32 * 75, 80, colour, alpha);
        }
    }

    fn birds(&self, c: &mut Canvas, phase: i32) {
        let Some(part) = self.script.now("birds", phase) else { return };
        c.light = FULL;
        let x = c.across(part, 360, false);
        for (k, (dx, dy)) in [(180, 0), (-180, -190)].into_iter().enumerate() {
            bird(
                &mut c.pen(x, 1_500).moved(dx, dy).size(300),
                [206, 112, 48],
                phase * 36 + k as i32 * 20_000,
            );
        }
    }

    fn clouds(&self, c: &mut Canvas, phase: i32, gloom: i32, light: Rgb) {
        c.light = light;
        // Each comes in from the left as the sky darkens and leaves at the right as it clears.
        let come = ramp(phase, -6_000, self.rain.from + 1_000);
        let leave = ramp(phase, self.rain.to - 1_500, self.rain.to + 20_000);
        for (k, &(x, y, size)) in self.clouds.iter().enumerate() {
            let late = k as i32 * 340;
            let x =
                x - (256 - come) * (4_400 - late) / 256 + leave * (4_700 + late - x / 3) / 256 + phase / 120;
            let tone = mix([244, 246, 250], [96, 100, 116], gloom);
            cloud(&mut c.pen(x, y).size(size), tone, 256);
        }
    }

    fn bolt(&self, c: &mut Canvas, phase: i32, part: i32) {
        c.light = FULL;
        // Two strokes, one after the other, at one place.
        let which = (part / 2_100 + phase / 9_000) as usize % self.bolts.len();
        let path = &self.bolts[which];
        let x = 1_000 + which as i32 * 700;
        let mut pen = c.pen(x, 900);
        pen.glow(0, 700, 900, [220, 220, 255], 150);
        let mut from = (0, 0);
        for (k, &dx) in path.iter().enumerate() {
            let to = (from.0 + dx, (k as i32 + 1) * 270);
            pen.line(from, to, 90 - k as i32 * 9, [255, 250, 190]);
            if k == 2 {
                pen.line(to, (to.0 - dx * 2 + 90, to.1 + 420), 40, [255, 250, 190]);
            }
            from = to;
        }
    }

    fn mill(&self, c: &mut Canvas, phase: i32) {
        let mut pen = c.pen(self.mill, HORIZON + 560);
        pen.shape(&[(-330, 0), (330, 0), (230, -1_250), (-230, -1_250)], self.stone);
        pen.shape(&[(100, 0), (330, 0), (230, -1_250), (120, -1_250)], shade(self.stone, -50));
        pen.shape(&[(-290, -1_230), (290, -1_230), (120, -1_560), (-120, -1_560)], self.cap);
        pen.rect(-110, -330, 200, 330, [104, 70, 46]);
        pen.rect(-80, -880, 150, 170, [80, 110, 140]);
        let mut hub = pen.moved(0, -1_280);
        // The sails turn clockwise, a sixth of a turn in a hundredth of the scene.
        for sail in 0..4 {
            hub.turn(phase * 13 + sail * 16_384);
            hub.rect(-20, -1_050, 40, 1_050, [96, 66, 44]);
            hub.rect(20, -1_040, 190, 780, if sail == 0 { self.cap } else { [246, 240, 226] });
        }
        hub.turn(0);
        hub.disc(0, 0, 80, [80, 56, 40], 256);
    }

    fn pond(&self, c: &mut Canvas, phase: i32, sky: Rgb) {
        // It fills while it rains, faster than it seeps in from the meadow after that.
        let full = ramp(phase, self.rain.from, self.rain.to) * 3 / 4 + phase / 1_024;
        let (rx, ry) = (560 + full * 4, 120 + full);
        c.pen(self.pond, 3_480).oval(0, 0, (rx + 70, ry + 40), [128, 100, 64], 256);
        c.pen(self.pond, 3_480).oval(0, 0, (rx, ry), mix([48, 116, 200], sky, 40), 256);
        if self.script.now("rain", phase).is_some() {
            for k in 0..7 {
                let age = (phase / 4 + k * 130).rem_euclid(900);
                let (dx, dy) = ((k * 331) % (rx + 1) - rx / 2, (k * 97) % (ry + 1) - ry / 2);
                c.pen(self.pond, 3_480).moved(dx, dy).ring(0, 0, 30 + age / 8, 24, [210, 226, 240]);
            }
        }
        if let Some(part) = self.script.now("duck", phase) {
            let mut pen =
                c.pen(self.pond, 3_470).moved(-rx / 2 + rx * part / 4_096, wave(phase * 20, 14)).size(330);
            pen.oval(0, -60, (190, 100), [250, 214, 60], 256);
            pen.disc(150, -210, 90, [250, 214, 60], 256);
            pen.shape(&[(220, -230), (330, -200), (220, -170)], [240, 120, 30]);
            pen.disc(176, -230, 18, [20, 20, 20], 256);
            pen.oval(-40, -70, (110, 56), [226, 180, 40], 256);
        }
    }

    fn walker(&self, c: &mut Canvas, phase: i32, wind: i32) {
        let Some(part) = self.script.now("walker", phase) else { return };
        let x = c.across(part, 330, true);
        let mut pen = c.pen(x, 3_960).flip(true).size(380);
        person(&mut pen, self.coat, part * 90);
        pen.line((60, -330), (90, -800), 26, [60, 50, 50]);
        pen.turn(-wind * 8);
        let rim = [(-330, -760), (-240, -930), (-80, -1_020), (120, -1_020), (280, -930), (370, -760)];
        pen.shape(&rim, self.coat);
        pen.shape(&[(-110, -760), (-40, -1_010), (80, -1_010), (150, -760)], shade(self.coat, 90));
    }

    fn rain(&self, c: &mut Canvas, phase: i32) {
        let Some(part) = self.script.now("rain", phase) else { return };
        c.light = FULL;
        let drops = 40 + fade(part) / 3;
        for k in 0..drops {
            // Squares scatter the drops; each falls straight along the wind.
            let y = (phase * 3 / 2 + k * k * 37 + k * 811).rem_euclid(4_700) - 300;
            let x = (k * k * 53 + k * 1_637 + y / 5).rem_euclid(4_900) - 300;
            c.pen(x, y).line((0, 0), (60, 300), 22, [190, 212, 236]);
        }
    }
}

super::paints!(Storm);
