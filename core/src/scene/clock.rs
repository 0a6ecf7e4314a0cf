//! A room from late afternoon to night: the hands of a large clock run, a candle burns down, the window darkens.
//!
//! A cuckoo comes out at every full hour that the hands show; a cat, a mouse, a lamp and a teapot have their
//! times too.

use super::canvas::{Canvas, FULL, wave};
use super::colour::{Rgb, a, mix, mood, paints, shade};
use super::props::{person, stars};
use super::script::{Actor, END, PERCENT, Script, chance, fade, pick, ramp};
use crate::rng::Stream;

/// The parameters of one room.
#[derive(Debug, Clone)]
pub(super) struct Clock {
    script: Script,
    fixed: Vec<String>,
    wall: Rgb,
    stripe: Rgb,
    case: Rgb,
    carpet: Rgb,
    curtain: Rgb,
    candle: Rgb,
    cat: Rgb,
    coat: Rgb,
    /// What the clock shows at first, in minutes, and how many minutes pass.
    start: i32,
    minutes: i32,
    /// Whether the room is the other way round.
    swapped: bool,
    hills: i32,
    stars: Vec<(i32, i32)>,
}

const SKY: [(i32, Rgb, Rgb, Rgb); 5] = [
    (0, [90, 160, 236], [206, 230, 246], [256, 252, 240]),
    (24_000, [110, 130, 200], [250, 190, 110], [240, 210, 170]),
    (42_000, [60, 44, 104], [220, 96, 70], [176, 140, 130]),
    (54_000, [24, 24, 66], [70, 50, 96], [136, 118, 132]),
    (65_535, [8, 10, 36], [24, 28, 70], [106, 94, 120]),
];

/// Top of the floor.
const FLOOR: i32 = 3_200;

impl Clock {
    pub(super) fn new(seed: u64) -> Self {
        let mut s = Stream::keyed(seed, "scene", "clock", 0);
        let swapped = chance(&mut s, 50);
        let (clock_side, window_side) = if swapped { ("right", "left") } else { ("left", "right") };
        let mut script = Script::default();
        let (start, minutes) = (s.range(13 * 60, 17 * 60), s.range(125, 200));
        let long = s.range(5 * PERCENT, 7 * PERCENT);
        let cuckoo = Actor::new("cuckoo", "cuckoo", "the {} comes out of the clock", clock_side);
        for hour in start / 60 + 1..=(start + minutes) / 60 {
            let from = (hour * 60 - start) * 65_536 / minutes;
            script.at(cuckoo.clone(), from, from + long);
        }
        let lamp = Actor::new("lamp", "lamp", "the {} shines", window_side);
        script.put(&mut s, lamp, (26_000, END), (18 * PERCENT, 32 * PERCENT));
        let (cat_is, cat) = *pick(
            &mut s,
            &[("black cat", [50, 46, 56]), ("ginger cat", [226, 130, 50]), ("grey cat", [140, 146, 156])],
        );
        let walks = format!("{} walks across the room", a(cat_is));
        let actor = Actor::new("cat", cat_is, &walks, "ground").lane("floor");
        script.put(&mut s, actor, (0, END), (11 * PERCENT, 16 * PERCENT));
        let mouse = Actor::new("mouse", "mouse", "a {} runs over the floor", "ground").lane("floor");
        let mice = s.range(1, 3);
        script.repeat(&mut s, &mouse, mice, (0, END), (5 * PERCENT, 7 * PERCENT));
        let all = paints(&mut s);
        let coat_is = format!("person in {} coat", a(all[0].0));
        let passes = format!("{} walks by outside the window", a(&coat_is));
        let passer = Actor::new("passer", &coat_is, &passes, window_side);
        script.put(&mut s, passer, (0, 34_000), (8 * PERCENT, 12 * PERCENT));
        let steam = Actor::new("steam", "steam", "{} rises from the teapot", "middle");
        script.put(&mut s, steam, (0, END), (14 * PERCENT, 24 * PERCENT));
        let wall = *pick(
            &mut s,
            &[[224, 200, 150], [170, 196, 160], [222, 166, 140], [160, 184, 204], [206, 176, 200]],
        );
        Self {
            script,
            fixed: ["clock", "candle", "window", "table", "teapot"].map(str::to_owned).to_vec(),
            wall,
            stripe: shade(wall, if chance(&mut s, 50) { -26 } else { 40 }),
            case: *pick(&mut s, &[[130, 76, 40], [170, 108, 60], [92, 58, 44], [60, 100, 90]]),
            carpet: all[1].1,
            curtain: all[2].1,
            candle: *pick(&mut s, &[[244, 236, 210], [214, 60, 50], [90, 130, 200]]),
            cat,
            coat: all[0].1,
            start,
            minutes,
            swapped,
            hills: s.range(0, 300),
            stars: stars(&mut s, 14, 1_000),
        }
    }

    /// A place along the width, on the other side in a swapped room.
    fn side(&self, x: i32) -> i32 {
        if self.swapped { 4_096 - x } else { x }
    }

    fn draw(&self, c: &mut Canvas, phase: i32) {
        let now = mood(&SKY, phase);
        let lamp = self.script.now("lamp", phase).map_or(0, fade);
        c.light = mix(now.light, [250, 226, 180], lamp * 3 / 4);
        let room = c.light;
        c.gradient(0, FLOOR, self.wall, shade(self.wall, -30));
        for k in 0..14 {
            let (left, right) = (c.x(k * 310), c.x(k * 310 + 120));
            let foot = c.y(FLOOR);
            c.rectangle((left, right), (0, foot), self.stripe, 256);
        }
        c.gradient(FLOOR - 110, FLOOR, [238, 228, 206], [200, 186, 160]);
        c.gradient(FLOOR, 4_096, [172, 120, 74], [132, 86, 52]);
        for k in 1..4 {
            c.gradient(FLOOR + k * 220, FLOOR + k * 220 + 24, [110, 70, 44], [110, 70, 44]);
        }
        c.pen(2_048, 3_760).oval(0, 0, (2_300, 250), self.carpet, 256);
        c.pen(2_048, 3_760).oval(0, 0, (2_000, 190), shade(self.carpet, 70), 256);
        self.window(c, phase, now.top, now.low);
        c.light = room;
        self.table(c, phase);
        c.light = room;
        self.standing_lamp(c, lamp);
        c.light = room;
        self.clock(c, phase);
        self.walkers(c, phase);
    }

    fn window(&self, c: &mut Canvas, phase: i32, top: Rgb, low: Rgb) {
        let x = self.side(3_060);
        c.light = FULL;
        let mut pen = c.pen(x, 1_450);
        for k in 0..20 {
            pen.rect(-700, -1_000 + k * 80, 1_400, 82, mix(top, low, k * 13));
        }
        let night = ramp(phase, 46_000, 58_000);
        for &(dx, dy) in &self.stars {
            pen.disc(dx / 3 - 680, dy - 980, 18, [255, 255, 240], night);
        }
        // The sun goes down behind the hills, the moon comes up.
        let sun = -700 + phase * 1_500 / 42_000;
        if sun < 560 {
            pen.disc(220, sun, 130, mix([255, 240, 150], [255, 110, 50], (sun + 700) / 5), 256);
        }
        pen.disc(-300 + (phase - 46_000) / 30, -100 - (phase - 46_000) / 40, 110, [240, 240, 216], night);
        let dim = mix([92, 150, 84], [20, 30, 50], ramp(phase, 20_000, 58_000));
        let height = 250 + self.hills;
        pen.shape(
            &[
                (-700, 600),
                (-700, height),
                (-250, height - 150),
                (200, height + 60),
                (700, height - 80),
                (700, 600),
            ],
            dim,
        );
        if let Some(part) = self.script.now("passer", phase) {
            let mut walker = c.pen(x, 1_450).moved(-600 + part * 1_200 / 4_096, 640).size(420);
            walker.light(mood(&SKY, phase).light);
            person(&mut walker, self.coat, part * 80);
        }
        c.light = mood(&SKY, phase).light;
        let mut pen = c.pen(x, 1_450);
        let frame = [248, 244, 234];
        for (left, top, width, height) in [
            (-780, -1_080, 1_560, 90),
            (-780, 590, 1_560, 110),
            (-780, -1_080, 90, 1_700),
            (690, -1_080, 90, 1_700),
            (-30, -1_000, 60, 1_600),
        ] {
            pen.rect(left, top, width, height, frame);
        }
        for side in [-1, 1] {
            pen.shape(
                &[
                    (side * 1_000, -1_180),
                    (side * 420, -1_180),
                    (side * 720, 300),
                    (side * 760, 760),
                    (side * 1_000, 760),
                ],
                self.curtain,
            );
            pen.shape(
                &[(side * 1_000, -1_180), (side * 860, -1_180), (side * 880, 760), (side * 1_000, 760)],
                shade(self.curtain, -50),
            );
        }
        pen.rect(-1_060, -1_240, 2_120, 80, [140, 96, 56]);
    }

    fn table(&self, c: &mut Canvas, phase: i32) {
        let x = self.side(2_060);
        let mut pen = c.pen(x, 2_550);
        for leg in [-560, 500] {
            pen.rect(leg, 0, 70, 900, [104, 64, 40]);
        }
        pen.rect(-680, -20, 1_360, 100, [150, 96, 56]);
        // The teapot.
        let pot = [88, 140, 190];
        pen.shape(&[(-420, -170), (-620, -300), (-560, -320), (-400, -220)], pot);
        pen.ring(-100, -160, 130, 44, pot);
        pen.oval(-280, -150, (200, 150), pot, 256);
        pen.disc(-280, -310, 40, shade(pot, -60), 256);
        if let Some(part) = self.script.now("steam", phase) {
            // It catches the candle's light, so that it is seen at night too.
            pen.light(mix(mood(&SKY, phase).light, FULL, 130));
            for k in 0..6 {
                let age = (phase / 9 + k * 180).rem_euclid(1_080);
                let alpha = (140 + fade(part) * 70 / 256 - age / 6).max(0);
                pen.disc(-590 + wave(age * 60, 60), -380 - age, 90 + age / 9, [250, 250, 252], alpha);
            }
        }
        // The candle burns down to a stump.
        let tall = 1_250 - phase / 60;
        pen.rect(220, -60, 260, 46, [214, 176, 70]);
        pen.rect(290, -40 - tall, 120, tall, self.candle);
        pen.light(FULL);
        let (dx, beat) = (wave(phase * 70, 14), wave(phase * 110, 18));
        let top = -40 - tall;
        pen.glow(350, top - 120, 620 + beat * 4, [255, 190, 80], 130 + phase / 800);
        pen.oval(350, top - 90, (52, 100 + beat), [255, 170, 40], 256);
        pen.oval(350 + dx / 2, top - 130, (26, 90 + beat), [255, 220, 110], 256);
        pen.disc(350, top - 60, 28, [255, 250, 220], 256);
    }

    fn standing_lamp(&self, c: &mut Canvas, on: i32) {
        let mut pen = c.pen(self.side(3_800), 3_640);
        pen.rect(-25, -1_900, 50, 1_880, [90, 76, 60]);
        pen.oval(0, -10, (220, 50), [90, 76, 60], 256);
        let dull = [190, 160, 110];
        if on > 0 {
            pen.light(FULL);
            pen.glow(0, -2_050, 1_500, [255, 214, 130], on * 3 / 4);
        }
        pen.shape(
            &[(-180, -2_340), (180, -2_340), (330, -1_880), (-330, -1_880)],
            mix(dull, [255, 238, 170], on),
        );
    }

    fn clock(&self, c: &mut Canvas, phase: i32) {
        let x = self.side(900);
        let dark = shade(self.case, -70);
        let mut pen = c.pen(x, 1_620);
        // The pendulum swings behind the case.
        pen.turn(wave(phase * 27, 3_600));
        pen.rect(-22, 300, 44, 1_160, dark);
        pen.disc(0, 1_480, 150, [226, 180, 60], 256);
        pen.disc(-30, 1_450, 70, [250, 222, 130], 256);
        pen.turn(0);
        pen.shape(&[(-1_000, -700), (0, -1_460), (1_000, -700), (880, -640), (-880, -640)], dark);
        pen.shape(&[(-800, 760), (-800, -690), (0, -1_290), (800, -690), (800, 760)], self.case);
        pen.rect(-860, 720, 1_720, 90, dark);
        self.cuckoo(&mut pen, phase);
        pen.disc(0, 60, 650, [250, 246, 232], 256);
        pen.ring(0, 60, 690, 80, dark);
        let mut face = pen.moved(0, 60);
        for hour in 0..12 {
            face.turn(hour * 65_536 / 12);
            let long = if hour % 3 == 0 { 130 } else { 70 };
            // Twelve is red, so that the face has a top.
            face.rect(-24, -590, 48, long, if hour == 0 { [210, 40, 30] } else { [50, 46, 50] });
        }
        let spent = (i64::from(phase) * i64::from(self.minutes)) as i32;
        // In 1/65536 of a minute, within half a day.
        let minute = i64::from(self.start % 720) * 65_536 + i64::from(spent);
        face.turn((minute / 720 % 65_536) as i32);
        face.shape(&[(-50, 90), (50, 90), (40, -330), (0, -390), (-40, -330)], [40, 38, 44]);
        face.turn((minute / 60 % 65_536) as i32);
        face.shape(&[(-30, 130), (30, 130), (20, -510), (0, -570), (-20, -510)], [40, 38, 44]);
        face.disc(0, 0, 64, [210, 40, 30], 256);
    }

    fn cuckoo(&self, pen: &mut super::pen::Pen<'_>, phase: i32) {
        let dark = shade(self.case, -150);
        pen.rect(-170, -1_010, 340, 350, dark);
        let Some(part) = self.script.now("cuckoo", phase) else {
            pen.rect(-160, -1_000, 155, 330, shade(self.case, 50));
            pen.rect(5, -1_000, 155, 330, shade(self.case, 40));
            return;
        };
        let out = fade(part);
        pen.rect(-330, -1_020, 150, 360, shade(self.case, 50));
        pen.rect(180, -1_020, 150, 360, shade(self.case, 40));
        pen.rect(-40, -720, 80 + out / 3, 50, [150, 110, 60]);
        let nod = wave(phase * 60, 30);
        let at = out * 2 / 3;
        pen.oval(at, -800 + nod, (190, 130), [70, 110, 200], 256);
        pen.disc(at + 120, -900 + nod, 110, [90, 140, 230], 256);
        pen.shape(&[(at + 200, -950 + nod), (at + 400, -890 + nod), (at + 200, -850 + nod)], [250, 170, 30]);
        pen.disc(at + 150, -920 + nod, 26, [20, 20, 30], 256);
        pen.shape(&[(at - 130, -820 + nod), (at - 330, -730 + nod), (at - 120, -730 + nod)], [50, 80, 160]);
    }

    fn walkers(&self, c: &mut Canvas, phase: i32) {
        if let Some(part) = self.script.now("mouse", phase) {
            let x = c.across(part, 200, true);
            let mut pen = c.pen(x, 3_930).flip(true).size(330);
            let grey = [120, 116, 124];
            pen.line((-130, -30), (-330, -70 + wave(phase * 90, 40)), 24, [220, 160, 160]);
            pen.oval(0, -70, (150, 80), grey, 256);
            pen.shape(&[(100, -120), (230, -50), (110, -20)], grey);
            pen.disc(90, -150, 50, [220, 170, 170], 256);
            pen.disc(150, -90, 16, [20, 20, 20], 256);
        }
        if let Some(part) = self.script.now("cat", phase) {
            let x = c.across(part, 480, false);
            let mut pen = c.pen(x, 3_880).size(300);
            let step = part * 96;
            for (leg, lag) in [(-250, 0), (-170, 32_768), (180, 20_000), (250, 52_768)] {
                pen.line((leg, -230), (leg + wave(step + lag, 70), 0), 66, shade(self.cat, -40));
            }
            pen.line((-300, -330), (-430, -560 + wave(phase * 30, 60)), 60, self.cat);
            pen.oval(0, -310, (340, 140), self.cat, 256);
            pen.disc(340, -460, 140, self.cat, 256);
            for ear in [250, 370] {
                pen.shape(&[(ear - 20, -540), (ear + 20, -690), (ear + 80, -550)], self.cat);
            }
            pen.disc(400, -480, 26, [190, 240, 90], 256);
            pen.disc(476, -430, 20, [240, 150, 150], 256);
        }
    }
}

super::paints!(Clock);
