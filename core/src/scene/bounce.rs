//! A playroom: balls drop from a chute and bounce along a bench, each bounce lower by one rule, into a basket that
//! fills; pins are bowled over; sand runs through a glass while the patch of sunlight moves over the wall.

use super::canvas::{Canvas, FULL, wave};
use super::colour::{Rgb, a, mix, paints, shade};
use super::script::{Actor, END, PERCENT, Script, chance, pick, ramp};
use crate::rng::Stream;

/// The parameters of one playroom.
#[derive(Debug, Clone)]
pub(super) struct Bounce {
    script: Script,
    fixed: Vec<String>,
    balls: Vec<Ball>,
    bowl: Rgb,
    wall: Rgb,
    panel: Rgb,
    flag: Rgb,
    bench: Rgb,
    basket: Rgb,
    top: Rgb,
    balloon: Rgb,
    balloon_at: i32,
    sand: Rgb,
    pins: i32,
    /// How much of its speed a ball keeps, of 256.
    keep: i32,
}

/// A kind of ball.
#[derive(Debug, Clone)]
struct Ball {
    kind: &'static str,
    colour: Rgb,
    size: i32,
}

/// Kinds of the acts of balls of each paint.
const KINDS: [&str; 7] =
    ["red ball", "yellow ball", "blue ball", "green ball", "orange ball", "purple ball", "white ball"];

/// Heights of the bench and of the floor's far and near edge.
const BENCH: i32 = 2_700;
const FLOOR: i32 = 3_300;

/// Middle of the basket.
const BASKET: i32 = 3_560;

/// Where in the basket the `k`th ball comes to lie, from the middle of its foot: three in a layer.
fn resting(k: usize) -> (i32, i32) {
    let (row, column) = (k as i32 / 3, k as i32 % 3);
    ((column - 1) * 340 + row % 2 * 60, -560 - row * 270)
}

impl Bounce {
    pub(super) fn new(seed: u64) -> Self {
        let mut s = Stream::keyed(seed, "scene", "bounce", 0);
        let all = paints(&mut s);
        let mut script = Script::default();
        let pins = s.range(3, 6);
        let bowled = Actor::new("pins", "black ball", "a {} knocks over the pins", "ground");
        script.put(&mut s, bowled, (6_000, 60_000), (8 * PERCENT, 12 * PERCENT));
        let mut balls = Vec::new();
        for (k, &(name, colour)) in all.iter().take(2).enumerate() {
            let kind = KINDS.into_iter().find(|kind| kind.starts_with(name)).unwrap_or(KINDS[0]);
            balls.push(Ball { kind, colour, size: s.range(150, 210) });
            let what = format!("{} bounces along the bench", a(kind));
            let actor = Actor::new(kind, kind, &what, "middle").lane("bench");
            let count = if k == 0 { s.range(2, 3) } else { s.range(1, 2) };
            script.repeat(&mut s, &actor, count, (0, END), (10 * PERCENT, 15 * PERCENT));
        }
        let spins = Actor::new("top", "spinning top", "the {} spins", "left");
        script.put(&mut s, spins, (0, END), (12 * PERCENT, 22 * PERCENT));
        let balloon = all[2];
        let balloon_is = format!("{} balloon", balloon.0);
        let rises = format!("{} rises to the ceiling", a(&balloon_is));
        let balloon_at = s.range(1_400, 3_300);
        let actor = Actor::new("balloon", &balloon_is, &rises, super::script::side(balloon_at));
        script.put(&mut s, actor, (0, END), (9 * PERCENT, 14 * PERCENT));
        let wall = *pick(&mut s, &[[236, 214, 170], [196, 216, 200], [240, 200, 176], [190, 206, 226]]);
        Self {
            script,
            fixed: ["hourglass", "chute", "bench", "basket", "pins"].map(str::to_owned).to_vec(),
            balls,
            bowl: [44, 42, 50],
            wall,
            panel: *pick(&mut s, &[[120, 160, 170], [214, 190, 150], [150, 170, 120], [190, 130, 110]]),
            flag: all[4].1,
            bench: *pick(&mut s, &[[176, 116, 66], [120, 84, 60], [206, 160, 104]]),
            basket: *pick(&mut s, &[[200, 150, 90], [90, 150, 170], [200, 90, 80]]),
            top: all[3].1,
            balloon: balloon.1,
            balloon_at,
            sand: if chance(&mut s, 50) { [240, 180, 70] } else { [224, 110, 70] },
            pins,
            keep: s.range(195, 222),
        }
    }

    fn draw(&self, c: &mut Canvas, phase: i32) {
        let late = ramp(phase, 0, END);
        c.light = mix([236, 240, 256], [256, 214, 170], late);
        c.gradient(0, FLOOR, shade(self.wall, 20), shade(self.wall, -20));
        // Sunlight through a window that is out of sight moves to the right and reddens.
        let sun = mix([255, 252, 226], [255, 190, 110], late);
        let mut pen = c.pen(phase * 3_600 / 65_536, 1_100);
        for pane in [0, 620] {
            pen.veil(
                &[(pane - 560, -700), (pane - 30, -700), (pane + 270, 900), (pane - 260, 900)],
                sun,
                190,
            );
        }
        // Panelling, and a poster of a boat.
        c.gradient(2_250, FLOOR, shade(self.panel, 10), shade(self.panel, -30));
        for k in 0..16 {
            c.pen(k * 280 + 60, 2_320).rect(-14, 0, 28, 1_400, shade(self.panel, -50));
        }
        c.gradient(2_250, 2_320, shade(self.panel, 80), shade(self.panel, 40));
        let mut pen = c.pen(2_150, 1_250);
        pen.rect(-470, -560, 940, 1_060, [250, 246, 236]);
        pen.rect(-400, -490, 800, 500, [150, 206, 240]);
        pen.rect(-400, 10, 800, 420, [40, 100, 170]);
        pen.shape(&[(-250, 0), (270, 0), (180, 130), (-180, 130)], [150, 80, 50]);
        pen.shape(&[(-10, -400), (-10, -40), (240, -40)], self.flag);
        c.gradient(FLOOR, FLOOR + 70, [250, 246, 236], [220, 214, 200]);
        c.gradient(FLOOR + 60, 4_096, [196, 150, 100], [150, 106, 66]);
        for k in 0..6 {
            let (x, slant) = (k * 820 - 100, (k - 2) * 90);
            let mut pen = c.pen(x, FLOOR + 70);
            pen.line((0, 0), (slant, 760), 16, [140, 98, 62]);
        }
        self.glass(c, phase);
        self.toys(c, phase);
        self.balloon(c, phase);
        self.basket(c, phase);
        self.bench(c);
        self.flight(c, phase);
        self.basket_front(c);
        self.bowling(c, phase);
    }

    fn glass(&self, c: &mut Canvas, phase: i32) {
        // A shelf on the wall bears the hourglass; the sand's fall takes the whole scene.
        let mut pen = c.pen(3_330, 1_640);
        pen.rect(-620, 0, 1_240, 80, shade(self.bench, -30));
        let wood = [110, 66, 40];
        let (rim, half) = (330, 560);
        let mid = -60 - half;
        pen.rect(-rim - 50, -70, 2 * rim + 100, 70, wood);
        pen.rect(-rim - 50, mid - half - 60, 2 * rim + 100, 70, wood);
        pen.veil(&[(-rim, mid - half), (rim, mid - half), (30, mid), (-30, mid)], [226, 240, 246], 200);
        pen.veil(&[(-rim, mid + half), (rim, mid + half), (30, mid), (-30, mid)], [226, 240, 246], 200);
        // Cones: what has left above lies below; heights go with the root of what is there.
        let root = |share: i32| i64::from(share).isqrt() as i32;
        let above = root((65_536 - phase).max(0)) * 2;
        let below = 512 - root((65_536 - phase).max(0)) * 2;
        let high = half * above * 15 / 16 / 512;
        let wide = 24 + (rim - 50) * above / 512;
        pen.shape(&[(-wide, mid - high), (wide, mid - high), (16, mid), (-16, mid)], self.sand);
        let heap = half * below * 12 / 16 / 512;
        let edge = rim - 30 - rim * heap / half / 3;
        if heap > 0 {
            pen.shape(
                &[
                    (-rim + 20, mid + half),
                    (rim - 20, mid + half),
                    (edge * 3 / 4, mid + half - heap * 2 / 3),
                    (0, mid + half - heap),
                    (-edge * 3 / 4, mid + half - heap * 2 / 3),
                ],
                self.sand,
            );
        }
        if phase < 64_800 {
            pen.rect(-14, mid - 20, 28, half - heap, self.sand);
        }
    }

    fn toys(&self, c: &mut Canvas, phase: i32) {
        // The top spins upright or lies on its side.
        let mut pen = c.pen(1_150, 1_620).size(340);
        pen.rect(-420, 0, 840, 70, shade(self.bench, -30));
        let spin = self.script.now("top", phase);
        pen.turn(if spin.is_some() { wave(phase * 30, 900) } else { 11_500 });
        let mut pen = if spin.is_some() { pen } else { pen.moved(-60, -90) };
        pen.shape(&[(-230, -330), (230, -330), (0, 0)], self.top);
        pen.oval(0, -330, (230, 80), shade(self.top, 60), 256);
        pen.rect(-26, -520, 52, 180, [120, 90, 60]);
        if spin.is_some() {
            let stripe = wave(phase * 90, 150);
            pen.shape(&[(stripe - 50, -330), (stripe + 50, -330), (0, -40)], [255, 255, 255]);
            pen.veil(&[(-330, -360), (330, -360), (330, -300), (-330, -300)], [255, 255, 255], 120);
        }
    }

    fn balloon(&self, c: &mut Canvas, phase: i32) {
        let Some(part) = self.script.now("balloon", phase) else { return };
        let y = 3_500 - (i64::from(part) * 3_700 / 4_096) as i32;
        let mut pen = c.pen(self.balloon_at + wave(part * 30, 50), y);
        pen.line((0, 250), (wave(part * 50, 60), 640), 16, [90, 80, 80]);
        pen.shape(&[(-50, 290), (50, 290), (0, 220)], shade(self.balloon, -50));
        pen.oval(0, 0, (210, 250), self.balloon, 256);
        pen.oval(-80, -90, (46, 70), shade(self.balloon, 150), 200);
    }

    fn bench(&self, c: &mut Canvas) {
        let (left, right) = (c.x(-10), c.x(2_960));
        let (top, foot) = (c.y(BENCH), c.y(BENCH) + c.length(130));
        c.rectangle((left, right), (top, foot), self.bench, 256);
        c.rectangle((left, right), (top, top + c.length(40)), shade(self.bench, 60), 256);
        for x in [500, 2_600] {
            let (leg, half, floor) = (c.x(x), c.length(60), c.y(3_560));
            c.rectangle((leg - half, leg + half), (foot, floor), shade(self.bench, -60), 256);
        }
        // The chute at the left, where the balls come out.
        let mut pen = c.pen(0, 880);
        pen.shape(&[(-100, -330), (520, -130), (520, 190), (-100, 0)], [120, 126, 140]);
        pen.shape(&[(440, -170), (540, -136), (540, 210), (440, 180)], [84, 88, 102]);
    }

    /// Where a ball is on its way: how far along the bench (of 4096) and how high above it, in lengths; once it
    /// has left the bench, how far (of 256) it has fallen into the basket instead.
    ///
    /// Each flight takes `keep`/256 of the time of the one before, so that it rises to the square of that part.
    fn path(&self, part: i32) -> Result<(i32, i32), i32> {
        const DROP: i64 = 1_500;
        // The bench takes six sevenths of the time. First comes the drop, which is half a flight.
        let times: [i64; 5] =
            std::array::from_fn(|k| (0..=k).fold(2_048, |time, _| time * i64::from(self.keep) / 256));
        let total = 1_024 + times.iter().sum::<i64>();
        let along = part * 7 / 6;
        if along >= 4_096 {
            return Err(ramp(along, 4_096, 4_096 + 600));
        }
        let mut at = i64::from(along) * total / 4_096;
        if at < 1_024 {
            return Ok((along, (DROP - DROP * at * at / (1_024 * 1_024)) as i32));
        }
        at -= 1_024;
        for time in times {
            if at < time {
                // How high a throw of this time rises, by that of the drop, which is half of 2048.
                let peak = DROP * time * time / (2_048 * 2_048);
                return Ok((along, (4 * peak * at * (time - at) / (time * time)) as i32));
            }
            at -= time;
        }
        Ok((along, 0))
    }

    fn flight(&self, c: &mut Canvas, phase: i32) {
        for ball in &self.balls {
            let Some(part) = self.script.now(ball.kind, phase) else { continue };
            let mut pen = match self.path(part) {
                Ok((along, high)) => {
                    let mut pen = c.pen(380 + along * 2_580 / 4_096, BENCH);
                    pen.oval(0, 20, (ball.size * 2 / 3, 24), [60, 40, 30], 130);
                    pen.moved(0, -high - ball.size)
                }
                Err(fallen) => {
                    // A last hop, and down to its place among the others.
                    let (dx, dy) = resting(self.at_rest(phase).len());
                    let down = fallen * fallen / 256;
                    let hop = fallen * (256 - fallen) / 80;
                    let (x, y) =
                        (2_960 + (BASKET - 2_960) * fallen / 256, BENCH + (3_640 - BENCH) * down / 256);
                    c.pen(x, y).moved(dx * fallen / 256, -ball.size + (dy + ball.size) * down / 256 - hop)
                }
            };
            pen.disc(0, 0, ball.size, ball.colour, 256);
            pen.turn(part * 40);
            // Two light wedges show how it rolls.
            let side = ball.size * 2 / 3;
            for x in [side, -side] {
                pen.shape(&[(0, 0), (x, -side), (x, side)], shade(ball.colour, 130));
            }
        }
    }

    /// The balls that lie in the basket, in the order in which they came.
    fn at_rest(&self, phase: i32) -> Vec<&Ball> {
        let all =
            self.balls.iter().flat_map(|ball| self.script.spans(ball.kind).map(move |span| (span.to, ball)));
        let mut rest: Vec<(i32, &Ball)> = all.filter(|(to, _)| phase >= *to).collect();
        rest.sort_by_key(|(to, _)| *to);
        rest.into_iter().map(|(_, ball)| ball).collect()
    }

    fn basket(&self, c: &mut Canvas, phase: i32) {
        let mut pen = c.pen(BASKET, 3_640);
        pen.shape(&[(-560, -760), (560, -760), (430, 0), (-430, 0)], shade(self.basket, -110));
        for (k, ball) in self.at_rest(phase).into_iter().enumerate() {
            let (x, y) = resting(k);
            pen.disc(x, y, ball.size, ball.colour, 256);
            pen.disc(x, y, ball.size / 3, shade(ball.colour, 100), 256);
        }
    }

    fn basket_front(&self, c: &mut Canvas) {
        let mut pen = c.pen(BASKET, 3_640);
        pen.shape(&[(-530, -520), (530, -520), (430, 0), (-430, 0)], self.basket);
        for k in 0..4 {
            pen.rect(-500 + k * 24, -430 + k * 120, 1_000 - k * 48, 36, shade(self.basket, -50));
        }
        pen.rect(-560, -560, 1_120, 70, shade(self.basket, 50));
    }

    fn bowling(&self, c: &mut Canvas, phase: i32) {
        let span = self.script.spans("pins").next();
        let part = span.map_or(0, |span| span.part(phase));
        for k in 0..self.pins {
            // Each falls as the ball comes by, over its foot, to the right, and stays down.
            let x = 1_700 + k * 190;
            let hit = x - 150;
            let down = ramp(part, hit, hit + 330);
            let mut pen = c.pen(x + down / 4, 3_900);
            pen.turn(down * 60 + down * (k % 2) * 4);
            pen.shape(
                &[(-70, 0), (70, 0), (110, -170), (44, -350), (-44, -350), (-110, -170)],
                [248, 246, 238],
            );
            pen.disc(0, -400, 76, [248, 246, 238], 256);
            pen.rect(-56, -350, 112, 50, [220, 50, 40]);
        }
        if let Some(part) = self.script.now("pins", phase) {
            let x = c.across(part, 260, false);
            let mut pen = c.pen(x, 3_960).moved(0, -230);
            pen.disc(0, 0, 230, self.bowl, 256);
            pen.turn(part * 50);
            for (dx, dy) in [(-40, -120), (50, -110), (10, -40)] {
                pen.disc(dx, dy, 32, [150, 150, 170], 256);
            }
        }
        c.light = FULL;
    }
}

super::paints!(Bounce);
