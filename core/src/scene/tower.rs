//! A building site: a crane sets block on block until the tower stands and its flag is raised, from a cool
//! morning to a warm evening. The pile of blocks shrinks as the tower grows.

use super::canvas::{Canvas, FULL, wave};
use super::colour::{Paint, Rgb, a, mix, mood, paints, shade};
use super::props::{cloud, person, wheel};
use super::script::{Actor, END, PERCENT, Script, Span, chance, fade, pick, ramp};
use crate::rng::Stream;

/// The parameters of one building site.
#[derive(Debug, Clone)]
pub(super) struct Tower {
    script: Script,
    fixed: Vec<String>,
    /// The blocks in the order in which they are set, and when.
    blocks: Vec<(Rgb, &'static str, Span)>,
    flag: Rgb,
    truck: Rgb,
    mixer: Rgb,
    coat: Rgb,
    crane: Rgb,
    /// Middle of the site, and whether the tower stands at its left.
    x: i32,
    lefthand: bool,
    windows: i32,
    wide: i32,
    town: Vec<(i32, i32)>,
    earth: Rgb,
    clouds: Vec<(i32, i32)>,
}

const SKY: [(i32, Rgb, Rgb, Rgb); 4] = [
    (0, [150, 176, 210], [250, 226, 200], [216, 214, 236]),
    (18_000, [84, 156, 236], [210, 232, 246], [256, 256, 254]),
    (44_000, [80, 140, 220], [240, 224, 190], [256, 244, 220]),
    (65_535, [110, 96, 170], [255, 156, 86], [230, 176, 140]),
];

/// Kinds of the acts in which a block of each paint is set.
const KINDS: [&str; 7] =
    ["red block", "yellow block", "blue block", "green block", "orange block", "purple block", "white block"];

/// Height of a block; of the crane's arm; how far tower and pile are from its mast.
const HIGH: i32 = 360;
const ARM: i32 = 2_950;
const REACH: i32 = 1_180;

/// Level of the site.
const GROUND: i32 = 3_480;

impl Tower {
    pub(super) fn new(seed: u64) -> Self {
        let mut s = Stream::keyed(seed, "scene", "tower", 0);
        let lefthand = chance(&mut s, 50);
        let tower_side = if lefthand { "left" } else { "right" };
        let all = paints(&mut s);
        let mut script = Script::default();
        let count = s.range(4, 6);
        let slot = 56_500 / count;
        let kinds = s.range(2, 3);
        let mut blocks = Vec::new();
        for k in 0..count {
            let (name, colour): Paint = all[s.below(kinds as u32) as usize];
            let kind = KINDS.into_iter().find(|kind| kind.starts_with(name)).unwrap_or(KINDS[0]);
            let actor = Actor::new(kind, kind, &format!("the crane sets {} on the tower", a(kind)), "middle");
            let (long, slack) = (slot * 66 / 100, slot / 12);
            let from = 900 + k * slot + s.range(0, slack);
            if let Some(span) = script.at(actor.lane("crane"), from, from + long) {
                blocks.push((colour, kind, span));
            }
        }
        let done = blocks.last().map_or(0, |b| b.2.to);
        let flag = all[3];
        let flag_is = format!("{} flag", flag.0);
        let raised =
            Actor::new("flag", &flag_is, &format!("{} is raised on the tower", a(&flag_is)), tower_side);
        script.at(raised, (done + 1_700).min(END - 5_000), (done + 1_700 + s.range(4_000, 6_000)).min(END));
        let truck = all[4];
        let truck_is = format!("{} truck", truck.0);
        let drives = format!("{} drives across the site", a(&truck_is));
        let trucks = Actor::new("truck", &truck_is, &drives, "ground").lane("road");
        let count = s.range(1, 2);
        script.repeat(&mut s, &trucks, count, (0, END), (8 * PERCENT, 12 * PERCENT));
        let mixer = Actor::new("mixer", "concrete mixer", "the {} turns", "middle");
        script.put(&mut s, mixer, (0, END), (12 * PERCENT, 20 * PERCENT));
        let sparks = Actor::new("sparks", "sparks", "{} fly from the tower", tower_side);
        script.put(&mut s, sparks, (blocks.first().map_or(0, |b| b.2.to), done), (5 * PERCENT, 8 * PERCENT));
        let coat_is = format!("worker in {}", all[5].0);
        let walks = format!("{} walks across the site", a(&coat_is));
        let worker = Actor::new("worker", &coat_is, &walks, "ground").lane("road");
        script.put(&mut s, worker, (0, END), (9 * PERCENT, 14 * PERCENT));
        Self {
            script,
            fixed: ["crane", "building site", "town"].map(str::to_owned).to_vec(),
            blocks,
            flag: flag.1,
            truck: truck.1,
            mixer: *pick(&mut s, &[[230, 120, 40], [60, 130, 150], [200, 60, 60]]),
            coat: all[5].1,
            crane: *pick(&mut s, &[[250, 190, 30], [220, 60, 40], [70, 120, 180]]),
            x: s.range(1_850, 2_250),
            lefthand,
            windows: s.range(2, 4),
            wide: s.range(560, 760),
            town: (0..14).map(|_| (s.range(180, 420), s.range(200, 900))).collect(),
            earth: *pick(&mut s, &[[196, 160, 110], [170, 140, 104], [150, 160, 100]]),
            clouds: (0..s.range(2, 4)).map(|_| (s.range(0, 5_000), s.range(200, 1_000))).collect(),
        }
    }

    fn draw(&self, c: &mut Canvas, phase: i32) {
        let now = mood(&SKY, phase);
        c.gradient(0, GROUND, now.top, now.low);
        let (x, y) = (300 + phase * 3_500 / 65_536, 1_750 - wave(phase / 2, 1_350));
        let disc = mix([255, 244, 180], [255, 140, 60], ramp(phase, 40_000, END));
        c.pen(x, y).glow(0, 0, 1_000, disc, 170);
        c.pen(x, y).disc(0, 0, 190, disc, 256);
        c.light = now.light;
        for &(x, y) in &self.clouds {
            let x = (x + phase * 4_000 / 65_536).rem_euclid(5_200) - 550;
            cloud(&mut c.pen(x, y).size(220), mix([252, 252, 254], now.low, 60), 220);
        }
        for (k, &(wide, tall)) in self.town.iter().enumerate() {
            let tone = mix([150, 170, 190], now.low, 90 + k as i32 % 3 * 30);
            c.pen(k as i32 * 320, GROUND).rect(-wide, -tall, 2 * wide, tall + 20, tone);
        }
        c.gradient(GROUND - 20, 4_096, self.earth, shade(self.earth, -70));
        self.site(c, phase);
        self.crane(c, phase);
        self.road(c, phase);
    }

    /// How many blocks are set, and how many have left the pile.
    fn count(&self, phase: i32) -> (usize, usize) {
        // A block counts only if its act is in the script, so that the log and the picture agree.
        let acts = |b: &&(Rgb, &'static str, Span)| self.script.spans(b.1).any(|span| span == b.2);
        let set = self.blocks.iter().filter(acts).filter(|b| phase >= b.2.to).count();
        let gone = self.blocks.iter().filter(acts).filter(|b| phase >= b.2.from).count();
        (set, gone)
    }

    fn block(pen: &mut super::pen::Pen<'_>, left: i32, top: i32, wide: i32, colour: Rgb, windows: i32) {
        pen.rect(left, top, wide, HIGH, colour);
        pen.rect(left, top, wide, 44, shade(colour, 70));
        pen.rect(left + wide * 7 / 8, top, wide / 8, HIGH, shade(colour, -60));
        for k in 0..windows {
            let step = wide * 7 / 8 / windows;
            pen.rect(left + k * step + step / 4, top + 110, step / 2, 150, shade(colour, -130));
        }
    }

    fn site(&self, c: &mut Canvas, phase: i32) {
        let (set, gone) = self.count(phase);
        let mut pen = c.pen(self.x, GROUND).flip(self.lefthand);
        // The tower's shadow goes round as the sun does.
        let reach = (1_400 - phase * 2_800 / 65_536) * if self.lefthand { -1 } else { 1 };
        let (left, right) = (REACH - self.wide / 2, REACH + self.wide / 2);
        let long = 100 + set as i32 * 50;
        let slide = -reach * (set as i32 + 1) / 7;
        pen.veil(
            &[(left, 40), (right, 40), (right - slide, 40 + long), (left - slide, 40 + long)],
            [30, 24, 40],
            90,
        );
        pen.rect(REACH - self.wide / 2 - 120, -30, self.wide + 240, 90, [150, 146, 140]);
        for (k, &(colour, ..)) in self.blocks.iter().take(set).enumerate() {
            Self::block(&mut pen, left, -30 - (k as i32 + 1) * HIGH, self.wide, colour, self.windows);
        }
        let top = -30 - set as i32 * HIGH;
        let raised = self.script.spans("flag").next().filter(|f| phase >= f.from);
        if let Some(span) = raised {
            let up = 200 + span.part(phase) * 420 / 4_096;
            pen.rect(REACH - 20, top - 700, 40, 700, [110, 90, 80]);
            let wind = wave(phase * 20, 40);
            let points =
                [(20, 0), (260, wind), (520, -wind), (520, 260 - wind), (260, 260 + wind), (20, 260)];
            pen.shape(&points.map(|(x, y)| (REACH + x, top - up + y - 60)), self.flag);
        }
        // The pile: what is still to be set, two by two, the next one on top.
        for (k, &(colour, ..)) in self.blocks.iter().rev().take(self.blocks.len() - gone).enumerate() {
            let (x, top) = self.piled(k);
            Self::block(&mut pen, x - self.wide / 2, -top, self.wide, colour, self.windows);
        }
        self.mixer(&mut pen, phase);
        if let Some(part) = self.script.now("sparks", phase) {
            pen.light(FULL);
            pen.glow(left, top + 120, 420, [255, 230, 150], fade(part));
            for k in 0..22 {
                let age = (phase / 2 + k * 97).rem_euclid(600);
                let (dx, dy) =
                    ((k * 61 % 200 - 130) * age / 170, age * age / 500 - (k * 37 % 160) * age / 130);
                pen.disc(left + dx, top + 120 + dy, 34, mix([255, 250, 200], [255, 140, 30], age / 2), 256);
            }
        }
    }

    /// Where the `k`th block of the pile lies, counted from the bottom: its middle and its top's height.
    fn piled(&self, k: usize) -> (i32, i32) {
        let (column, row) = (k as i32 % 2, k as i32 / 2);
        (-REACH - column * (self.wide + 30), (row + 1) * HIGH - 30)
    }

    /// Where the hook takes the `i`th block that is set: its middle and the length of the rope.
    fn picked(&self, i: usize) -> (i32, i32) {
        let (x, top) = self.piled((self.blocks.len() - 1).saturating_sub(i));
        (x, ARM - top - 160)
    }

    fn mixer(&self, pen: &mut super::pen::Pen<'_>, phase: i32) {
        let turning = self.script.now("mixer", phase);
        let x = -420;
        pen.shape(&[(x - 190, 60), (x - 120, -200), (x + 120, -200), (x + 190, 60)], [80, 84, 92]);
        pen.disc(x, -300, 230, self.mixer, 256);
        // The stripes stand still unless it turns.
        let angle = turning.map_or(6_000, |part| part * 80);
        for k in 0..3 {
            let turn = angle + k * 65_536 / 3;
            let (dx, dy) = (wave(turn + 16_384, 220), wave(turn, 220));
            pen.line((x, -300), (x + dx, -300 + dy), 74, [250, 246, 236]);
        }
        pen.disc(x, -300, 80, [60, 62, 70], 256);
        if turning.is_some() {
            pen.light(FULL);
            pen.disc(x, -590, 60, if phase / 500 % 2 == 0 { [255, 160, 30] } else { [255, 220, 120] }, 256);
        }
    }

    /// The hook's place beside the mast, how far its rope hangs down, and what it carries.
    fn hook(&self, phase: i32) -> (i32, i32, Option<Rgb>) {
        let (set, _) = self.count(phase);
        let high = 420;
        // The rope's length with a block on the tower's top, and with the hook on the last that was set.
        let over = ARM - (set as i32 + 1) * HIGH - 130;
        let on_top = over + HIGH;
        let carried = self.blocks.iter().enumerate().find(|(_, b)| {
            (b.2.from..b.2.to).contains(&phase) && self.script.spans(b.1).any(|span| span == b.2)
        });
        if let Some((i, &(colour, _, span))) = carried {
            let part = span.part(phase);
            let (from, pile) = self.picked(i);
            // Up, over, down.
            let (up, along, down) =
                (ramp(part, 0, 1_100), ramp(part, 1_000, 2_900), ramp(part, 2_800, 4_096));
            let smooth = along * along * (768 - 2 * along) / 65_536;
            let rope = pile + (high - pile) * up / 256;
            return (from + (REACH - from) * smooth / 256, rope + (over - high) * down / 256, Some(colour));
        }
        // Empty, it goes back for the next block, or rests in the end.
        let before = self.blocks.iter().rfind(|b| b.2.to <= phase).map_or(-3_000, |b| b.2.to);
        let Some((i, next)) = self.blocks.iter().enumerate().find(|(_, b)| b.2.from > phase) else {
            let rest = ramp(phase, before, before + 2_500);
            return (REACH - REACH * rest / 512, on_top + (900 - on_top) * rest / 256, None);
        };
        let (to, pile) = self.picked(i);
        let part = ramp(phase, before, next.2.from);
        let (up, down) = (ramp(part, 0, 80), ramp(part, 170, 256));
        let (x, rope) = if set == 0 { (to, 900) } else { (REACH, on_top) };
        let lifted = rope + (high - rope) * up / 256;
        (x + (to - x) * ramp(part, 50, 200) / 256, lifted + (pile - high) * down / 256, None)
    }

    fn crane(&self, c: &mut Canvas, phase: i32) {
        let (x, rope, carried) = self.hook(phase);
        let mut pen = c.pen(self.x, GROUND).flip(self.lefthand);
        let dark = shade(self.crane, -80);
        pen.rect(-260, -60, 520, 100, [110, 110, 116]);
        pen.rect(-75, -ARM, 36, ARM - 50, self.crane);
        pen.rect(39, -ARM, 36, ARM - 50, self.crane);
        for k in 0..14 {
            let y = -60 - k * 205;
            pen.line((-70, y), (70, y - 205), 26, dark);
        }
        pen.rect(-1_750, -ARM - 60, 3_500, 36, self.crane);
        pen.rect(-1_750, -ARM + 60, 3_500, 36, self.crane);
        for k in 0..17 {
            let x = -1_740 + k * 205;
            pen.line((x, -ARM + 70), (x + 205, -ARM - 40), 24, dark);
        }
        pen.line((0, -ARM - 380), (-1_600, -ARM - 40), 20, dark);
        pen.line((0, -ARM - 380), (1_600, -ARM - 40), 20, dark);
        pen.shape(&[(-75, -ARM - 40), (75, -ARM - 40), (0, -ARM - 400)], self.crane);
        // The cabin is on the tower's side.
        pen.rect(40, -ARM + 110, 230, 240, [240, 236, 226]);
        pen.rect(120, -ARM + 150, 150, 120, [110, 160, 190]);
        pen.rect(x - 120, -ARM + 80, 240, 70, [60, 60, 66]);
        pen.rect(x - 12, -ARM + 140, 24, rope - 140, [50, 50, 54]);
        let hook = -ARM + rope;
        pen.disc(x, hook, 60, [70, 70, 76], 256);
        if let Some(colour) = carried {
            pen.line((x, hook), (x - self.wide / 2 + 40, hook + 165), 24, [50, 50, 54]);
            pen.line((x, hook), (x + self.wide / 2 - 40, hook + 165), 24, [50, 50, 54]);
            Self::block(&mut pen, x - self.wide / 2, hook + 160, self.wide, colour, self.windows);
        }
    }

    fn road(&self, c: &mut Canvas, phase: i32) {
        c.gradient(3_760, 3_990, [120, 112, 104], [104, 96, 90]);
        if let Some(part) = self.script.now("truck", phase) {
            let x = c.across(part, 700, !self.lefthand);
            let mut pen = c.pen(x, 3_980).flip(!self.lefthand);
            pen.rect(-680, -250, 1_300, 130, [60, 62, 70]);
            pen.shape(&[(-700, -600), (240, -560), (180, -240), (-620, -240)], shade(self.truck, -40));
            pen.oval(-200, -580, (380, 110), [150, 118, 84], 256);
            pen.shape(&[(270, -120), (270, -620), (500, -620), (650, -380), (650, -120)], self.truck);
            pen.shape(&[(340, -380), (340, -560), (480, -560), (580, -380)], [180, 216, 232]);
            for x in [-460, -200, 430] {
                wheel(&mut pen, x, part * 80);
            }
        }
        if let Some(part) = self.script.now("worker", phase) {
            let x = c.across(part, 120, self.lefthand);
            let mut pen = c.pen(x, 4_000).flip(self.lefthand).size(330);
            person(&mut pen, self.coat, part * 110);
            pen.oval(4, -560, (90, 60), [255, 210, 40], 256);
            pen.rect(-100, -556, 220, 26, [255, 210, 40]);
        }
    }
}

super::paints!(Tower);
