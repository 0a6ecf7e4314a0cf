//! A bay from night to noon while the tide comes in: the lighthouse goes out, the sun climbs, the beach is
//! covered and the sandcastle with it; boats, gulls and a dolphin come by.

use super::canvas::{Canvas, FULL, wave};
use super::colour::{Mood, Rgb, a, mix, mood, paints, shade};
use super::props::{bird, cloud, shine, stars};
use super::script::{Actor, PERCENT, Script, Span, chance, fade, pick, ramp, side};
use crate::rng::Stream;

/// The parameters of one bay.
#[derive(Debug, Clone)]
pub(super) struct Harbour {
    script: Script,
    fixed: Vec<String>,
    /// Whether the lighthouse stands at the left and the pier at the right.
    lefthand: bool,
    sail: Rgb,
    funnel: Rgb,
    castle: i32,
    /// When the tide takes the castle.
    taken: Span,
    posts: i32,
    bands: Rgb,
    isle: i32,
    sand: Rgb,
    clouds: Vec<(i32, i32, i32)>,
    stars: Vec<(i32, i32)>,
}

const SKY: [(i32, Rgb, Rgb, Rgb); 5] = [
    (0, [14, 18, 52], [52, 50, 100], [96, 98, 144]),
    (12_000, [56, 60, 120], [220, 120, 120], [150, 130, 160]),
    (24_000, [110, 150, 214], [255, 206, 140], [230, 206, 190]),
    (42_000, [80, 160, 240], [206, 232, 250], [256, 252, 244]),
    (65_535, [44, 130, 240], [160, 214, 255], [256, 256, 256]),
];

/// Where sea and sky meet.
const HORIZON: i32 = 1_850;

impl Harbour {
    pub(super) fn new(seed: u64) -> Self {
        let mut s = Stream::keyed(seed, "scene", "harbour", 0);
        let lefthand = chance(&mut s, 50);
        let house_side = if lefthand { "left" } else { "right" };
        let all = paints(&mut s);
        let mut script = Script::default();
        // The water reaches the castle's foot at about half past its rise.
        let castle = s.range(1_300, 2_800);
        let taken = Actor::new("castle", "sandcastle", "the tide washes the {} away", side(castle));
        let from = s.range(28_000, 46_000);
        let taken = script.at(taken, from, from + s.range(5_000, 8_000)).unwrap_or(Span { from, to: from });
        let shines = Actor::new("lighthouse", "lighthouse lamp", "the {} shines", house_side);
        let from = s.range(0, 3_000);
        script.at(shines, from, from + s.range(13_000, 20_000));
        let boat_is = format!("sailing boat with {} sail", a(all[0].0));
        let sails = format!("{} crosses the bay", a(&boat_is));
        let boat = Actor::new("boat", &boat_is, &sails, "middle").lane("near");
        let count = s.range(1, 2);
        script.repeat(&mut s, &boat, count, (0, 65_000), (15 * PERCENT, 22 * PERCENT));
        let gull = Actor::new("gull", "gull", "a {} crosses the sky", "sky");
        let count = s.range(2, 3);
        script.repeat(&mut s, &gull, count, (3_000, 65_500), (7 * PERCENT, 11 * PERCENT));
        let funnel = format!("steamer with {} funnel", a(all[1].0));
        let passes = format!("{} passes on the horizon", a(&funnel));
        let steamer = Actor::new("steamer", &funnel, &passes, "middle");
        script.put(&mut s, steamer, (0, 65_000), (18 * PERCENT, 26 * PERCENT));
        let dolphin = Actor::new("dolphin", "dolphin", "a {} leaps out of the water", house_side);
        let count = s.range(0, 2);
        script.repeat(&mut s, &dolphin, count, (8_000, 65_000), (2_830, 3_300));
        let crab = Actor::new("crab", "crab", "a {} scuttles over the sand", "ground");
        script.put(&mut s, crab, (0, 65_000), (7 * PERCENT, 11 * PERCENT));
        Self {
            script,
            fixed: ["lighthouse", "pier", "sea", "beach", "buoy"].map(str::to_owned).to_vec(),
            lefthand,
            sail: all[0].1,
            funnel: all[1].1,
            castle,
            taken,
            posts: s.range(3, 5),
            bands: *pick(&mut s, &[[214, 50, 40], [40, 80, 160], [40, 130, 90]]),
            isle: s.range(700, 3_300),
            sand: *pick(&mut s, &[[238, 210, 150], [222, 190, 140], [240, 222, 180]]),
            clouds: (0..s.range(2, 4))
                .map(|_| (s.range(0, 5_000), s.range(200, 1_000), s.range(180, 340)))
                .collect(),
            stars: stars(&mut s, 50, 1_500),
        }
    }

    /// The waterline on the beach, as a place: it comes down the picture and reaches the castle in time.
    fn shore(&self, phase: i32) -> i32 {
        let foot = 3_560;
        let keys = [(0, 2_950), (self.taken.from, foot - 30), (self.taken.to, foot + 60), (65_535, 3_850)];
        let next = keys.iter().position(|k| k.0 > phase).unwrap_or(3).max(1);
        let (p, q) = (keys[next - 1], keys[next]);
        p.1 + (i64::from(q.1 - p.1) * i64::from(phase - p.0) / i64::from((q.0 - p.0).max(1))) as i32
    }

    fn hand(&self, x: i32) -> i32 {
        if self.lefthand { x } else { 4_096 - x }
    }

    fn draw(&self, c: &mut Canvas, phase: i32) {
        let now = mood(&SKY, phase);
        c.gradient(0, HORIZON, now.top, now.low);
        shine(c, &self.stars, 256 - ramp(phase, 6_000, 15_000));
        let (x, y) = (3_300 - phase / 40, HORIZON + 500 - phase / 29);
        let warm = ramp(phase, 10_000, 34_000);
        if phase > 4_000 {
            c.pen(x, y).glow(0, 0, 1_200, mix([255, 120, 60], [255, 244, 190], warm), 170);
            c.pen(x, y).disc(0, 0, 200, mix([255, 110, 50], [255, 244, 180], warm), 256);
        }
        c.light = now.light;
        for &(x, y, size) in &self.clouds {
            let x = (x + phase * 3_000 / 65_536).rem_euclid(5_200) - 550;
            cloud(&mut c.pen(x, y).size(size), mix([252, 252, 254], now.low, 70), 220);
        }
        c.pen(self.isle, HORIZON + 20).oval(0, 0, (620, 190), mix([90, 130, 110], now.low, 60), 256);
        if let Some(part) = self.script.now("gull", phase) {
            let x = c.across(part, 200, true);
            let y = 800 + wave(part * 12, 260);
            // So high up it is in the sun already.
            c.light = mix(now.light, FULL, 170);
            bird(&mut c.pen(x, y).flip(true).size(520), [250, 250, 252], phase * 24);
        }
        let shore = self.shore(phase);
        self.sea(c, phase, shore, now);
        self.steamer(c, phase);
        self.pier(c, phase, shore);
        self.lighthouse(c, phase, now);
        self.swimmers(c, phase);
        self.beach(c, phase, shore);
    }

    fn sea(&self, c: &mut Canvas, phase: i32, shore: i32, now: Mood) {
        c.light = FULL;
        let far = mix(mix([60, 140, 190], now.low, 120), [0; 3], 20);
        let deep = super::colour::lit([28, 108, 160], now.light);
        c.gradient(HORIZON, shore, far, deep);
        c.light = now.light;
        // Wave crests wander towards the beach.
        for k in 0..26 {
            let depth = (k * 157 + phase / 24).rem_euclid(1_040);
            let y = HORIZON + 30 + (shore - HORIZON) * depth / 1_060;
            let x = (k * 1_217 + depth * 2).rem_euclid(4_400) - 150;
            c.pen(x, y).sheet(-80 - depth / 6, 0, 160 + depth / 3, 12 + depth / 50, [226, 240, 250], 90);
        }
    }

    fn pier(&self, c: &mut Canvas, phase: i32, shore: i32) {
        let deck = 2_450;
        let dark = [94, 70, 54];
        // The water stands higher at the posts as the tide comes in.
        let water = 3_080 - (shore - 2_950) * 5 / 12;
        for k in 0..=self.posts {
            let x = c.x(self.hand(4_096 - k * 230));
            let (half, top, foot) = (c.length(50), c.y(deck - 150), c.y(water + (k % 2) * 40));
            c.rectangle((x - half, x + half), (top, foot), dark, 256);
            let mark = c.y(2_760);
            if mark < foot {
                c.rectangle(
                    (x - half, x + half),
                    (mark, (mark + c.length(90)).min(foot)),
                    [230, 226, 210],
                    256,
                );
            }
        }
        let ends = [c.x(self.hand(4_096 - self.posts * 230 - 90)), c.x(self.hand(4_200))];
        let (top, foot) = (c.y(deck), c.y(deck + 110));
        c.rectangle((ends[0].min(ends[1]), ends[0].max(ends[1])), (top, foot), [150, 112, 78], 256);
        // A buoy rides on the swell.
        let mut pen = c.pen(self.hand(1_650), 2_420 + wave(phase * 14, 16));
        pen.turn(wave(phase * 16, 1_500));
        pen.shape(&[(-130, 0), (130, 0), (50, -300), (-50, -300)], [220, 50, 40]);
        pen.rect(-80, -190, 160, 70, [246, 244, 236]);
        pen.disc(0, -330, 46, [250, 220, 80], 256);
    }

    fn lighthouse(&self, c: &mut Canvas, phase: i32, now: Mood) {
        let x = self.hand(560);
        let mut pen = c.pen(x, HORIZON + 330);
        pen.shape(&[(-900, 330), (-720, 60), (-300, -60), (260, -40), (520, 120), (760, 330)], [96, 92, 92]);
        pen.shape(&[(-230, -20), (230, -20), (140, -1_300), (-140, -1_300)], [246, 242, 232]);
        for k in 0..3 {
            let (low, high) = (-150 - k * 400, -350 - k * 400);
            let (a, b) = (230 + low * 90 / 1_280, 230 + high * 90 / 1_280);
            pen.shape(&[(-a, low), (a, low), (b, high), (-b, high)], self.bands);
        }
        pen.rect(-200, -1_330, 400, 50, [60, 60, 66]);
        let on = self.script.now("lighthouse", phase);
        pen.light(if on.is_some() { FULL } else { now.light });
        pen.rect(-110, -1_520, 220, 190, if on.is_some() { [255, 246, 170] } else { [120, 140, 150] });
        if let Some(part) = on {
            // The beam goes round: long when it points across the picture, short when towards us.
            let reach = wave(phase * 22, 2_600);
            let alpha = fade(part) * 150 / 256;
            pen.veil(&[(0, -1_440), (reach, -1_720), (reach, -1_240)], [255, 244, 170], alpha);
            pen.glow(0, -1_430, 620, [255, 240, 160], 220);
        }
        pen.light(now.light);
        pen.shape(&[(-150, -1_510), (150, -1_510), (0, -1_680)], shade(self.bands, -50));
    }

    fn steamer(&self, c: &mut Canvas, phase: i32) {
        if let Some(part) = self.script.now("steamer", phase) {
            let x = c.across(part, 520, true);
            let mut pen = c.pen(x, HORIZON + 60).flip(true);
            for k in 0..5 {
                let age = (phase / 8 + k * 200).rem_euclid(1_000);
                pen.disc(-100 - age, -430 - age / 4, 60 + age / 9, [170, 170, 178], 190 - age / 7);
            }
            pen.shape(&[(-500, -140), (540, -160), (440, 30), (-440, 30)], [50, 54, 66]);
            pen.rect(-320, -270, 600, 130, [244, 242, 236]);
            pen.rect(-150, -440, 130, 180, self.funnel);
            pen.rect(-150, -440, 130, 46, [30, 30, 34]);
        }
    }

    fn swimmers(&self, c: &mut Canvas, phase: i32) {
        if let Some(part) = self.script.now("boat", phase) {
            let x = c.across(part, 460, false);
            let mut pen = c.pen(x, 2_640 + wave(phase * 18, 14)).size(320);
            pen.turn(wave(phase * 13, 500));
            pen.shape(&[(-420, -110), (460, -130), (320, 60), (-330, 60)], [150, 92, 52]);
            pen.rect(-420, -120, 860, 44, [246, 240, 226]);
            pen.rect(-20, -980, 40, 880, [90, 64, 44]);
            pen.shape(&[(-50, -960), (-50, -180), (-420, -180)], shade(self.sail, 60));
            pen.shape(&[(40, -980), (40, -180), (440, -180)], self.sail);
        }
        if let Some(part) = self.script.now("dolphin", phase) {
            let mut pen = c.pen(self.hand(1_150), 2_620).moved(part / 8 - 256, -wave(part * 8, 420) - 40);
            pen.turn(part * 5 - 10_240);
            pen.oval(0, 0, (250, 80), [90, 120, 160], 256);
            pen.oval(20, 30, (200, 44), [200, 214, 226], 256);
            pen.shape(&[(-30, -60), (-120, -190), (60, -70)], [70, 98, 140]);
            pen.shape(&[(-210, 0), (-350, -110), (-330, 90)], [70, 98, 140]);
            pen.shape(&[(220, -30), (340, 10), (220, 30)], [90, 120, 160]);
        }
    }

    fn beach(&self, c: &mut Canvas, phase: i32, shore: i32) {
        let swash = shore + wave(phase * 9, 22);
        c.gradient(swash, 4_096, self.sand, shade(self.sand, -40));
        c.wash(swash, swash + 130, ([110, 86, 60], 120), ([110, 86, 60], 60));
        c.wash(swash - 46, swash + 24, ([255, 255, 255], 230), ([255, 255, 255], 200));
        for k in 0..14 {
            let y = 3_150 + (k * 467) % 900;
            if y > swash + 60 {
                c.pen((k * 1_303) % 4_096, y).oval(
                    0,
                    0,
                    (36 + k * 2, 20),
                    shade(self.sand, -90 + k * 9),
                    256,
                );
            }
        }
        // The castle goes soft and sinks while the water is around it.
        let melted = if phase < self.taken.from {
            0
        } else {
            self.script.spans("castle").next().map_or(0, |t| 90 + t.part(phase) / 20)
        };
        let tall = 256 - melted;
        if tall > 0 {
            let mut pen = c.pen(self.castle, 3_600);
            let wet = mix(shade(self.sand, -76), [130, 100, 66], melted);
            let high = |h: i32| -h * tall / 256;
            pen.shape(&[(-420, 0), (420, 0), (300, high(300)), (-300, high(300))], wet);
            for (x, h) in [(-260, 520), (0, 680), (260, 520)] {
                pen.rect(x - 110, high(h), 220, -high(h), shade(wet, if x == 0 { 30 } else { -10 }));
                for notch in [-110, -30, 50] {
                    pen.rect(x + notch, high(h + 60), 56, 60 * tall / 256, shade(wet, 10));
                }
            }
            if melted == 0 {
                pen.rect(-12, -1_020, 24, 340, [90, 70, 50]);
                pen.shape(&[(12, -1_020), (230, -950), (12, -870)], [226, 60, 50]);
            }
        }
        if let Some(part) = self.script.now("crab", phase) {
            let x = c.across(part, 200, false);
            let mut pen = c.pen(x, 3_990).size(330);
            let step = wave(part * 160, 24);
            let red = [226, 84, 40];
            for leg in [-130, -70, 70, 130] {
                pen.line((leg / 2, -60), (leg * 5 / 4 + step, 10), 26, red);
            }
            for side in [-1, 1] {
                pen.line((side * 90, -90), (side * 190, -170 + step), 30, red);
                pen.disc(side * 200, -200 + step, 50, red, 256);
                pen.line((side * 30, -120), (side * 40, -190), 20, red);
                pen.disc(side * 40, -196, 22, [30, 20, 20], 256);
            }
            pen.oval(0, -80, (140, 80), shade(red, -20), 256);
        }
    }
}

super::paints!(Harbour);
