//! A flower bed from bare soil to full bloom: plants sprout, grow and open, each in its own time, while the
//! sun wanders and the shadows turn. A bee, a butterfly and a snail pass; a can waters.

use super::canvas::{Canvas, FULL, wave};
use super::colour::{Rgb, a, mix, paints, shade};
use super::props::{cloud, tree};
use super::script::{Actor, END, PERCENT, Script, chance, pick, ramp, side};
use crate::rng::Stream;

/// The parameters of one garden.
#[derive(Debug, Clone)]
pub(super) struct Garden {
    script: Script,
    fixed: Vec<String>,
    plants: Vec<Plant>,
    wall: Rgb,
    roof: Rgb,
    fence: Rgb,
    wings: Rgb,
    can: Rgb,
    /// Where the can pours.
    poured: i32,
    /// Whether the shed stands at the left.
    shed: i32,
    /// Height, whether it is a fir, and leaves.
    tree: (i32, bool, Rgb),
    clouds: Vec<(i32, i32)>,
}

/// A plant and its life.
#[derive(Debug, Clone)]
struct Plant {
    x: i32,
    y: i32,
    tall: i32,
    colour: Rgb,
    heart: Rgb,
    petals: i32,
    /// When it breaks the soil.
    sprout: i32,
    /// When it has grown up.
    grown: i32,
    /// The kind of the act in which it opens.
    kind: &'static str,
}

/// Kinds for the opening of each colour of flower.
const OPENINGS: [(&str, &str); 7] = [
    ("red", "red flower"),
    ("yellow", "yellow flower"),
    ("blue", "blue flower"),
    ("green", "pink flower"),
    ("orange", "orange flower"),
    ("purple", "purple flower"),
    ("white", "white flower"),
];

/// Top of the grass and of the soil.
const GRASS: i32 = 2_350;
const SOIL: i32 = 3_050;

impl Garden {
    pub(super) fn new(seed: u64) -> Self {
        let mut s = Stream::keyed(seed, "scene", "garden", 0);
        let count = s.range(3, 5);
        let all = paints(&mut s);
        let mut script = Script::default();
        let mut plants = Vec::new();
        let wide = 3_500 / count;
        for k in 0..count {
            let (name, colour) = all[k as usize];
            let (_, kind) = OPENINGS.into_iter().find(|o| o.0 == name).unwrap_or(OPENINGS[0]);
            let x = 300 + wide * k + wide / 2 + s.range(-wide / 5, wide / 5);
            let sprout = s.range(-9_000, 12_000);
            // No more than three flowers open while somebody watches; the others stay in bud until the end.
            let opening =
                (k < 3).then(|| Actor::new(kind, kind, "the {} opens", side(x))).and_then(|actor| {
                    script.put(&mut s, actor, (26_000, END - 1_000), (7 * PERCENT, 12 * PERCENT))
                });
            plants.push(Plant {
                x,
                y: SOIL + s.range(160, 620),
                tall: s.range(1_100, 1_900),
                colour: if name == "green" { [250, 130, 180] } else { colour },
                heart: if matches!(name, "yellow" | "orange") { [110, 60, 30] } else { [252, 200, 50] },
                petals: s.range(5, 9),
                sprout,
                grown: opening.map_or(END + 9_000, |span| span.from),
                kind,
            });
        }
        plants.sort_by_key(|p| p.y);
        let bee = Actor::new("bee", "bee", "a {} flies over the flower bed", "middle");
        let bees = s.range(2, 3);
        script.repeat(&mut s, &bee, bees, (0, END), (8 * PERCENT, 12 * PERCENT));
        let poured = plants.get(s.below(count as u32) as usize).map_or(2_000, |p| p.x);
        let watering = Actor::new("watering", "watering can", "a {} pours water on the bed", side(poured));
        let cans = s.range(1, 2);
        script.repeat(&mut s, &watering, cans, (2_000, 56_000), (7 * PERCENT, 11 * PERCENT));
        let wings = all[6];
        let wing_is = format!("{} butterfly", wings.0);
        let flutter = format!("{} flutters by", a(&wing_is));
        if chance(&mut s, 75) {
            let actor = Actor::new("butterfly", &wing_is, &flutter, "sky");
            script.put(&mut s, actor, (0, END), (10 * PERCENT, 16 * PERCENT));
        }
        let snail = Actor::new("snail", "snail", "a {} creeps along the path", "ground");
        script.put(&mut s, snail, (0, END), (22 * PERCENT, 36 * PERCENT));
        let [wall, roof, fence, can] = [
            [[186, 120, 74], [150, 160, 170], [204, 180, 130]],
            [[150, 60, 48], [70, 90, 120], [90, 70, 60]],
            [[236, 230, 214], [176, 130, 84], [150, 190, 200]],
            [[60, 130, 190], [70, 150, 100], [210, 80, 60]],
        ]
        .map(|list: [Rgb; 3]| list[s.below(3) as usize]);
        Self {
            script,
            fixed: ["fence", "shed", "flower bed", "tree"].map(str::to_owned).to_vec(),
            plants,
            wall,
            roof,
            fence,
            wings: wings.1,
            can,
            poured,
            shed: if chance(&mut s, 50) { 560 } else { 3_500 },
            tree: *pick(
                &mut s,
                &[
                    (1_700, false, [76, 150, 70]),
                    (1_500, false, [140, 164, 50]),
                    (1_900, false, [214, 120, 50]),
                    (2_000, true, [50, 120, 80]),
                    (1_600, false, [236, 160, 180]),
                ],
            ),
            clouds: (0..s.range(2, 4)).map(|_| (s.range(0, 5_000), s.range(250, 900))).collect(),
        }
    }

    fn draw(&self, c: &mut Canvas, phase: i32) {
        // From a pale cool morning to a warm afternoon.
        let warm = phase / 256;
        c.gradient(
            0,
            GRASS,
            mix([120, 180, 226], [70, 144, 220], warm),
            mix([236, 226, 214], [206, 230, 236], warm),
        );
        c.light = mix([200, 206, 226], FULL, ramp(phase, 0, 24_000));
        if phase > 40_000 {
            c.light = mix(FULL, [256, 226, 176], ramp(phase, 40_000, END));
        }
        let light = c.light;
        let (sun, high) = (500 + phase * 3_100 / 65_536, 1_150 - wave(phase / 2, 800));
        c.pen(sun, high).glow(0, 0, 900, [255, 244, 190], 180);
        c.pen(sun, high).disc(0, 0, 200, [255, 236, 130], 256);
        for &(x, y) in &self.clouds {
            let x = (x + phase * 2_600 / 65_536).rem_euclid(5_200) - 550;
            cloud(&mut c.pen(x, y).size(210), [252, 252, 254], 210);
        }
        self.background(c, phase);
        for plant in &self.plants {
            c.light = light;
            plant.draw(c, phase, &self.script);
        }
        self.visitors(c, phase);
    }

    fn background(&self, c: &mut Canvas, phase: i32) {
        c.gradient(GRASS - 20, SOIL + 60, [130, 198, 90], [86, 160, 66]);
        let far = 4_096 - self.shed;
        tree(&mut c.pen(far, GRASS + 200), self.tree.0, self.tree.1, self.tree.2, 0);
        for k in 0..23 {
            let mut pen = c.pen(k * 180 + 40, GRASS);
            pen.shape(&[(-75, 160), (-75, -420), (0, -520), (75, -420), (75, 160)], self.fence);
        }
        c.gradient(GRASS - 260, GRASS - 200, shade(self.fence, -50), shade(self.fence, -50));
        let mut shed = c.pen(self.shed, GRASS + 330).flip(self.shed > 2_048);
        shed.rect(-560, -1_150, 1_100, 1_150, self.wall);
        for k in 0..5 {
            shed.rect(-560, -1_000 + k * 230, 1_100, 26, shade(self.wall, -60));
        }
        shed.shape(&[(-680, -1_130), (660, -1_130), (420, -1_620), (-460, -1_620)], self.roof);
        shed.rect(40, -820, 360, 820, shade(self.wall, -110));
        shed.disc(340, -400, 36, [240, 210, 90], 256);
        shed.rect(-430, -820, 300, 300, [170, 210, 230]);
        c.gradient(SOIL, 3_800, [110, 76, 50], [86, 58, 40]);
        for k in 0..26 {
            c.pen(k * 163 + (k * k * 37) % 90, SOIL + 80 + (k * 271) % 600).oval(
                0,
                0,
                (50, 22),
                [76, 50, 34],
                200,
            );
        }
        c.gradient(3_780, 4_096, [206, 190, 156], [180, 164, 132]);
        // The shed's shadow turns with the sun.
        let reach = 700 - phase * 1_400 / 65_536;
        c.pen(self.shed, GRASS + 330).veil(
            &[(-560, 0), (540, 0), (540 - reach, 330), (-560 - reach, 330)],
            [20, 50, 30],
            90,
        );
    }

    fn visitors(&self, c: &mut Canvas, phase: i32) {
        if let Some(part) = self.script.now("watering", phase) {
            self.watering(c, part, phase);
        }
        if let Some(part) = self.script.now("snail", phase) {
            let x = c.across(part, 160, true);
            let mut pen = c.pen(x, 3_980).flip(true).size(300);
            pen.oval(0, -30, (190, 40), [226, 190, 120], 256);
            pen.line((140, -40), (190, -150), 36, [226, 190, 120]);
            pen.disc(190, -160, 30, [90, 60, 40], 256);
            pen.disc(-30, -120, 120, [178, 96, 48], 256);
            pen.ring(-30, -120, 80, 26, [110, 56, 30]);
            pen.disc(-30, -120, 24, [110, 56, 30], 256);
        }
        if let Some(part) = self.script.now("butterfly", phase) {
            let x = c.across(part, 110, true);
            let mut pen = c.pen(x, 1_350 + wave(part * 60, 260)).size(460);
            let open = 70 + wave(phase * 60, 30);
            for side in [-1, 1] {
                pen.turn(side * 6_000);
                pen.oval(side * open, -70, (open, 110), self.wings, 256);
                pen.oval(side * open * 2 / 3, 60, (open * 2 / 3, 70), shade(self.wings, -60), 256);
            }
            pen.turn(0);
            pen.oval(0, 0, (18, 110), [50, 40, 40], 256);
        }
        if let Some(part) = self.script.now("bee", phase) {
            let x = c.across(part, 170, false);
            let mut pen = c.pen(x, 1_900 + wave(part * 48, 330)).size(380);
            let beat = 30 + wave(phase * 90, 30);
            pen.oval(-40, -90 - beat / 2, (60, 40 + beat), [230, 240, 250], 220);
            pen.oval(20, -90 - beat / 2, (60, 40 + beat), [230, 240, 250], 220);
            pen.oval(0, 0, (130, 80), [250, 200, 40], 256);
            pen.rect(-60, -70, 40, 140, [40, 34, 30]);
            pen.rect(20, -76, 40, 152, [40, 34, 30]);
            pen.disc(120, -10, 56, [50, 40, 36], 256);
            pen.shape(&[(-120, -20), (-190, 0), (-120, 20)], [40, 34, 30]);
        }
    }

    fn watering(&self, c: &mut Canvas, part: i32, phase: i32) {
        // The can comes from above, tips, pours, and goes up again.
        let down = ramp(part.min(4_096 - part), 0, 500);
        let mut pen = c.pen(self.poured, 900 + down * 3).moved(-560, 0);
        pen.turn(down * 18);
        pen.ring(-250, -40, 240, 60, shade(self.can, -70));
        pen.shape(&[(-250, -220), (200, -220), (240, 260), (-290, 260)], self.can);
        pen.shape(&[(200, 60), (200, 190), (560, -180), (500, -240)], shade(self.can, -40));
        pen.turn(0);
        if down > 200 {
            for k in 0..18 {
                let fall = (phase / 3 + k * 71).rem_euclid(1_300);
                let x = 560 + (k * 53) % 300 + fall / 8;
                pen.line((x, 120 + fall), (x + 10, 230 + fall), 34, [110, 180, 250]);
            }
        }
    }
}

impl Plant {
    fn draw(&self, c: &mut Canvas, phase: i32, script: &Script) {
        let size = ramp(phase, self.sprout, self.grown);
        if size == 0 {
            c.pen(self.x, self.y).oval(0, 0, (120, 46), [134, 96, 64], 256);
            return;
        }
        // It bursts open a little and unfolds from there.
        let opening = script.spans(self.kind).next().filter(|span| phase >= span.from);
        let open = opening.map_or(0, |span| 700 + span.part(phase) * 3_396 / 4_096);
        let tall = 120 + self.tall * size / 256;
        let (stem, leaf) = ([64, 140, 52], [84, 170, 66]);
        let lean = wave(phase * 3 + self.x * 40, tall / 40);
        let mut pen = c.pen(self.x, self.y);
        pen.oval(0, 10, (140, 46), [134, 96, 64], 256);
        pen.line((0, 0), (lean, -tall), 76, stem);
        for k in 0..4 {
            let at = 260 + k * 330;
            if tall > at {
                let long = 120 + (tall - at).min(700) * 3 / 8;
                let side = if k % 2 == 0 { 1 } else { -1 };
                let root = lean * at / tall;
                let tip = (root + side * long, -at - long / 2);
                pen.shape(
                    &[
                        (root, -at + 20),
                        (root + side * long / 2, -at - long / 2),
                        tip,
                        (root + side * long / 2, -at + 10),
                    ],
                    shade(leaf, k * 10 - 20),
                );
            }
        }
        let bud = 50 + 90 * size / 256;
        let mut head = pen.moved(lean, -tall);
        if open > 0 {
            let long = bud + open * 260 / 4_096;
            for k in 0..self.petals {
                head.turn(k * 65_536 / self.petals + open * 2);
                head.oval(
                    0,
                    -long / 2 - 60,
                    (70 + open * 60 / 4_096, long / 2),
                    shade(self.colour, k % 2 * -26),
                    256,
                );
            }
            head.turn(0);
            head.disc(0, 0, 60 + open * 60 / 4_096, self.heart, 256);
        } else {
            head.oval(0, -20, (bud * 3 / 4, bud), mix(leaf, self.colour, (size - 150) * 2), 256);
            head.oval(0, bud / 3, (bud * 3 / 4, bud / 2), stem, 256);
        }
    }
}

super::paints!(Garden);
