//! A street as evening falls: the sky reddens and darkens and windows light up one by one, in this order always.
//!
//! Near traffic drives to the right and a bicycle to the left; while the light is red, nobody drives over the
//! crossing but somebody walks over it, and a taxi may wait.

use super::canvas::{Canvas, FULL};
use super::colour::{Mood, Rgb, a, mix, mood, paints, shade};
use super::props::{CAR, car, cloud, lamp, person, wheel};
use super::script::{Actor, END, PERCENT, Script, Span, chance, ramp, side};
use crate::rng::Stream;

/// The parameters of one street.
#[derive(Debug, Clone)]
pub(super) struct Traffic {
    script: Script,
    fixed: Vec<String>,
    /// Middle of the zebra crossing.
    zebra: i32,
    houses: Vec<House>,
    car: Rgb,
    bus: Rgb,
    coat: Rgb,
    cyclist: Rgb,
    /// When the taxi stops and when it drives on.
    wait: Span,
    clouds: Vec<(i32, i32)>,
}

/// A house in the row behind the street.
#[derive(Debug, Clone)]
struct House {
    left: i32,
    right: i32,
    top: i32,
    wall: Rgb,
    gable: bool,
    /// When each window's lamp is lit, by rows.
    lit: Vec<i32>,
}

const SKY: [(i32, Rgb, Rgb, Rgb); 5] = [
    (0, [84, 160, 236], [200, 228, 244], [256, 254, 246]),
    (22_000, [96, 146, 214], [246, 214, 150], [252, 236, 200]),
    (38_000, [110, 84, 150], [252, 130, 66], [220, 160, 140]),
    (52_000, [40, 38, 92], [150, 70, 96], [126, 110, 150]),
    (65_535, [12, 14, 44], [44, 42, 88], [84, 84, 130]),
];

const WALLS: [Rgb; 6] =
    [[214, 150, 110], [226, 200, 140], [176, 96, 80], [160, 176, 150], [220, 210, 196], [150, 130, 150]];

/// Windows in a row of a house.
const ACROSS: i32 = 3;

/// Ground lines: foot of the houses, middle of the far and near lane.
const KERB: i32 = 2_500;
const FAR: i32 = 2_980;
const NEAR: i32 = 3_560;

impl Traffic {
    pub(super) fn new(seed: u64) -> Self {
        let mut s = Stream::keyed(seed, "scene", "traffic", 0);
        let zebra = s.range(1_500, 2_900);
        let all = paints(&mut s);
        let mut script = Script::default();
        // The red phases come first: everybody else keeps to them.
        let red = Actor::new("red light", "red traffic light", "the traffic light is red", side(zebra - 300));
        let phases = s.range(2, 3);
        let mut reds: Vec<Span> = Vec::new();
        for k in 0..phases {
            let part = END / phases;
            let window = (k * part + 4_000, (k + 1) * part - 3_000);
            reds.extend(script.put(&mut s, red.clone(), window, (11 * PERCENT, 14 * PERCENT)));
        }
        let lamps = Actor::new("lamps", "street lamps", "the {} are on", "sky");
        // From a moment that is free until the end.
        let _ = (0..24).find_map(|_| script.at(lamps.clone(), END - s.range(13_000, 21_000), END));
        let coat_is = format!("person in {} coat", a(all[0].0));
        let walk = Actor::new("walker", &coat_is, "a {} crosses the street", side(zebra));
        for red in &reds {
            if script.spans("walker").count() == 0 || chance(&mut s, 60) {
                script.put(&mut s, walk.clone(), (red.from + 1_600, red.to - 300), (2_900, 4_200));
            }
        }
        // The taxi comes while it is red and leaves when it is green again.
        let which = s.below(reds.len().saturating_sub(1) as u32);
        let at = reds.get(which as usize).copied().unwrap_or(Span { from: 0, to: 0 });
        let taxi = Actor::new("taxi", "yellow taxi", "a {} waits at the red light", "left").lane("near");
        if chance(&mut s, 70) {
            script.at(taxi, at.from + 1_700, at.to + 4_200);
        }
        let wait = Span { from: at.from + 4_000, to: at.to + 500 };
        let mut greens = Vec::new();
        let mut from = 0;
        for red in &reds {
            greens.push((from, red.from + 300));
            from = red.to - 200;
        }
        greens.push((from, END));
        let named = |k: usize, thing: &str| format!("{} {thing}", all[k].0);
        let drive = |kind, thing: &str, lane| {
            Actor::new(kind, thing, &format!("{} drives down the street", a(thing)), "ground").lane(lane)
        };
        let mut jobs = vec![(drive("car", &named(1, "car"), "near"), s.range(2, 3))];
        jobs.push((drive("bus", &named(2, "bus"), "near"), i32::from(chance(&mut s, 60))));
        let bike = format!("a cyclist in {} rides to the left", all[3].0);
        jobs.push((Actor::new("cyclist", "cyclist", &bike, "ground"), 1));
        for (actor, count) in jobs {
            for _ in 0..count {
                s.shuffle(&mut greens);
                let found = greens
                    .iter()
                    .any(|&g| script.put(&mut s, actor.clone(), g, (7 * PERCENT, 11 * PERCENT)).is_some());
                if !found {
                    break;
                }
            }
        }
        let plane = Actor::new("plane", "aeroplane", "an {} crosses the sky", "sky");
        script.put(&mut s, plane, (0, 40_000), (9 * PERCENT, 14 * PERCENT));
        Self {
            script,
            fixed: ["houses", "street", "zebra crossing", "traffic light"].map(str::to_owned).to_vec(),
            zebra,
            houses: Self::houses(&mut s),
            car: all[1].1,
            bus: all[2].1,
            coat: all[0].1,
            cyclist: all[3].1,
            wait,
            clouds: (0..3).map(|_| (s.range(0, 5_000), s.range(250, 800))).collect(),
        }
    }

    fn houses(s: &mut Stream) -> Vec<House> {
        let mut houses: Vec<House> = Vec::new();
        let mut left = -s.range(100, 500);
        let mut wall = s.below(6) as usize;
        while left < 4_096 {
            let right = left + s.range(640, 1_000);
            wall = (wall + 1 + s.below(5) as usize) % 6;
            let top = s.range(850, 1_500);
            // Every window has its own moment; those of a house are spread over the evening.
            let lit = (0..9).map(|k| 6_000 + (k * 6_500 + s.range(0, 30_000)) % 58_000).collect();
            houses.push(House { left, right, top, wall: WALLS[wall], gable: chance(s, 50), lit });
            left = right;
        }
        houses
    }

    fn draw(&self, c: &mut Canvas, phase: i32) {
        let now = mood(&SKY, phase);
        c.gradient(0, KERB, now.top, now.low);
        // The sun sinks at the left.
        let down = phase * 2_600 / 65_536;
        c.pen(500, 500 + down).glow(0, 0, 1_000, mix([255, 240, 180], [255, 110, 50], down / 8), 180);
        c.pen(500, 500 + down).disc(0, 0, 190, mix([255, 246, 190], [255, 110, 40], down / 6), 256);
        c.light = now.light;
        for &(x, y) in &self.clouds {
            let x = (x + phase * 3_000 / 65_536).rem_euclid(5_200) - 550;
            cloud(&mut c.pen(x, y).size(220), mix([250, 250, 252], now.low, 110), 200);
        }
        if let Some(part) = self.script.now("plane", phase) {
            plane(c, part);
        }
        for house in &self.houses {
            house.draw(c, phase, now);
        }
        c.light = now.light;
        self.street(c);
        let dark = phase > 40_000;
        self.street_lamps(c, phase, now);
        self.signal(c, phase, now);
        if let Some(part) = self.script.now("cyclist", phase) {
            let x = c.across(part, 160, true);
            c.light = now.light;
            cyclist(c, x, self.cyclist, part * 48);
        }
        if let Some(part) = self.script.now("walker", phase) {
            c.light = now.light;
            let y = KERB + 40 + part * 1_560 / 4_096;
            person(&mut c.pen(self.zebra, y).size(190 + part / 32), self.coat, part * 64);
        }
        self.vehicles(c, phase, dark, now);
    }

    fn street(&self, c: &mut Canvas) {
        c.gradient(KERB, KERB + 210, [186, 180, 170], [170, 164, 156]);
        c.gradient(KERB + 200, 3_760, [86, 88, 96], [66, 68, 76]);
        c.gradient(3_760, 4_096, [176, 170, 160], [150, 144, 138]);
        c.gradient(3_740, 3_790, [206, 200, 190], [206, 200, 190]);
        for k in 0..12 {
            c.pen(k * 380 + 100, 3_060).rect(-140, 0, 280, 36, [220, 216, 200]);
        }
        for k in 0..6 {
            c.pen(self.zebra, KERB + 250 + k * 180).rect(-330, 0, 660, 90, [236, 234, 226]);
        }
    }

    fn street_lamps(&self, c: &mut Canvas, phase: i32, now: Mood) {
        let on = self.script.now("lamps", phase).is_some();
        for x in [700, 2_300, 3_800].map(|x| if (x - self.zebra).abs() < 420 { x + 600 } else { x }) {
            let mut pen = c.pen(x, KERB + 150);
            pen.light(now.light);
            pen.rect(-22, -1_300, 44, 1_300, [60, 66, 70]);
            pen.rect(-22, -1_320, 240, 40, [60, 66, 70]);
            if on {
                pen.light(FULL);
                pen.glow(190, -1_240, 620, [255, 224, 140], 200);
                pen.disc(190, -1_250, 90, [255, 246, 200], 256);
            } else {
                pen.disc(190, -1_260, 60, [200, 200, 190], 256);
            }
        }
    }

    fn signal(&self, c: &mut Canvas, phase: i32, now: Mood) {
        c.light = now.light;
        let mut pen = c.pen(self.zebra, KERB + 180).moved(-470, 0);
        pen.rect(-30, -700, 60, 700, [50, 52, 58]);
        pen.rect(-150, -1_480, 300, 800, [36, 38, 44]);
        pen.light(FULL);
        let red = self.script.now("red light", phase).is_some();
        let (stop, go) = if red { ([255, 40, 30], [20, 62, 34]) } else { ([80, 20, 20], [40, 240, 90]) };
        pen.glow(0, if red { -1_330 } else { -830 }, 420, if red { stop } else { go }, 170);
        pen.disc(0, -1_330, 115, stop, 256);
        pen.disc(0, -1_080, 90, [84, 66, 16], 256);
        pen.disc(0, -830, 115, go, 256);
    }

    fn vehicles(&self, c: &mut Canvas, phase: i32, dark: bool, now: Mood) {
        if let Some(part) = self.script.now("car", phase) {
            let x = c.across(part, CAR * 5 / 4, false);
            c.light = now.light;
            car(&mut c.pen(x, NEAR + 60).size(320), self.car, part * 90, dark);
        }
        if let Some(part) = self.script.now("bus", phase) {
            let x = c.across(part, 1_250, false);
            c.light = now.light;
            bus(c, x, self.bus, part * 70, dark);
        }
        if self.script.now("taxi", phase).is_some() {
            let span = self.script.spans("taxi").next().unwrap_or(self.wait);
            let (start, end) = (c.across(0, CAR * 5 / 4, false), c.across(4_096, CAR * 5 / 4, false));
            // It halts with its nose before the crossing.
            let halt = self.zebra - 900;
            let arrive = Span { from: span.from, to: self.wait.from }.part(phase);
            let leave = Span { from: self.wait.to, to: span.to }.part(phase);
            let slow = 4_096 - (4_096 - arrive) * (4_096 - arrive) / 4_096;
            let x = start + (halt - start) * slow / 4_096;
            let x = x + ((i64::from(end - halt) * i64::from(leave) * i64::from(leave)) >> 24) as i32;
            c.light = now.light;
            let mut pen = c.pen(x, NEAR + 60).size(320);
            car(&mut pen, [250, 196, 30], slow * 40 + leave * 60, dark);
            pen.rect(-90, -540, 180, 74, [40, 40, 44]);
            if phase < self.wait.to {
                pen.glow(-450, -220, 180, [255, 40, 30], 220);
            }
        }
    }
}

impl House {
    fn draw(&self, c: &mut Canvas, phase: i32, now: Mood) {
        c.light = now.light;
        let (left, right) = (c.x(self.left), c.x(self.right));
        let (top, foot) = (c.y(self.top), c.y(KERB + 20));
        c.rectangle((left, right), (top, foot), self.wall, 256);
        let roof = shade(mix(self.wall, [150, 50, 40], 140), -40);
        if self.gable {
            let tip = c.y(self.top - 420);
            c.polygon(&[(left, top), (right, top), ((left + right) / 2, tip)], roof, 256);
        } else {
            let eaves = c.length(110);
            c.rectangle((left, right), (top - eaves, top), roof, 256);
        }
        let step = (right - left) / i64::from(ACROSS);
        for (k, &at) in self.lit.iter().enumerate() {
            let (row, column) = (k as i64 / i64::from(ACROSS), k as i64 % i64::from(ACROSS));
            let y = top + (foot - top) * (6 + row * 24) / 80;
            let x = left + step * column + step / 4;
            let on = phase >= at;
            c.light = if on { mix(now.light, FULL, ramp(phase, 20_000, 45_000)) } else { now.light };
            let glass = if on { [255, 214, 96] } else { [92, 116, 136] };
            c.rectangle((x, x + step / 2), (y, y + (foot - top) * 14 / 80), glass, 256);
        }
    }
}

fn plane(c: &mut Canvas, part: i32) {
    let x = c.across(part, 150, false);
    let mut pen = c.pen(x, 560 - part / 32).size(330);
    pen.veil(&[(-180, 0), (-1_400, 40), (-1_400, 80), (-180, 30)], [255; 3], 120);
    pen.oval(0, 0, (240, 52), [246, 246, 250], 256);
    pen.shape(&[(-150, -10), (-240, -160), (-180, -160), (-70, -20)], [210, 60, 50]);
    pen.shape(&[(60, 0), (-120, 150), (-40, 150), (120, 10)], [190, 196, 210]);
}

fn bus(c: &mut Canvas, x: i32, body: Rgb, roll: i32, lamps: bool) {
    let mut pen = c.pen(x, NEAR + 60).size(320);
    pen.rect(-1_000, -800, 2_000, 690, body);
    pen.rect(-1_000, -800, 2_000, 60, shade(body, 90));
    pen.rect(-1_000, -300, 2_000, 60, [245, 240, 226]);
    let glass = if lamps { [255, 236, 170] } else { [180, 214, 230] };
    for k in 0..5 {
        pen.rect(-930 + k * 350, -690, 290, 290, glass);
    }
    pen.rect(820, -690, 180, 330, [150, 196, 220]);
    for x in [-620, 640] {
        wheel(&mut pen, x, roll);
    }
    lamp(&mut pen, 950, -220, lamps);
}

fn cyclist(c: &mut Canvas, x: i32, shirt: Rgb, roll: i32) {
    let mut pen = c.pen(x, FAR).flip(true).size(310);
    for wheel in [-190, 190] {
        pen.ring(wheel, -130, 136, 34, [30, 30, 34]);
        pen.line(
            (wheel, -130),
            (wheel + super::canvas::wave(roll, 110), -130 + super::canvas::wave(roll + 16_384, 110)),
            20,
            [120, 120, 126],
        );
    }
    for (from, to) in [
        ((-190, -130), (-40, -330)),
        ((-40, -330), (170, -340)),
        ((190, -130), (150, -400)),
        ((0, -140), (-50, -350)),
    ] {
        pen.line(from, to, 34, [210, 50, 40]);
    }
    pen.line((-40, -380), (40, -130), 60, [50, 50, 70]);
    pen.line((-50, -380), (50, -620), 130, shirt);
    pen.line((60, -590), (160, -410), 44, shade(shirt, -50));
    pen.disc(90, -720, 78, [240, 190, 150], 256);
    pen.oval(84, -760, (90, 50), [240, 240, 240], 256);
}

super::paints!(Traffic);
