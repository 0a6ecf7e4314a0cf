//! Things that appear in several families: clouds, birds, trees, people, cars and stars.

use super::canvas::{Canvas, wave};
use super::colour::{Rgb, mix, shade};
use super::pen::Pen;
use crate::rng::Stream;

/// A cloud about 700 lengths wide, flat below.
pub(super) fn cloud(pen: &mut Pen<'_>, colour: Rgb, alpha: i32) {
    let under = shade(colour, -30);
    for (dx, dy, rx, ry) in [(-190, 20, 170, 80), (200, 24, 150, 76), (0, 30, 320, 74)] {
        pen.oval(dx, dy, (rx, ry), under, alpha);
    }
    for (dx, dy, r) in [(-170, -10, 100), (-30, -70, 140), (130, -20, 110), (240, 10, 70)] {
        pen.oval(dx, dy, (r * 5 / 4, r), colour, alpha);
    }
}

/// A bird in flight, facing right, about 300 lengths wide; `beat` is the angle of its wing beat.
pub(super) fn bird(pen: &mut Pen<'_>, colour: Rgb, beat: i32) {
    let tip = wave(beat, 130) - 50;
    pen.oval(0, 0, (110, 42), colour, 256);
    pen.disc(100, -26, 42, colour, 256);
    pen.shape(&[(130, -40), (196, -16), (130, -8)], [240, 150, 30]);
    pen.shape(&[(-90, -10), (-190, -46), (-180, 40)], shade(colour, -60));
    pen.shape(&[(50, -10), (-60, -10), (-90, tip)], shade(colour, -150));
}

/// A tree standing on the anchor, `tall` lengths high: a fir or a round one.
pub(super) fn tree(pen: &mut Pen<'_>, tall: i32, fir: bool, leaf: Rgb, lean: i32) {
    let trunk = [104, 74, 48];
    pen.shape(&[(-36, 0), (36, 0), (26 + lean / 3, -tall / 2), (-26 + lean / 3, -tall / 2)], trunk);
    if fir {
        // Firs are green all year.
        let leaf = mix(leaf, [44, 108, 74], 210);
        for (part, half, tone) in [(0, 300, -30), (1, 240, 0), (2, 170, 24)] {
            let (low, tip) = (-tall / 5 - part * tall / 4, -tall / 5 - (part + 2) * tall / 4);
            let shift = lean * (part + 1) / 4;
            let half = half * tall / 900;
            pen.shape(
                &[(shift - half, low), (shift + half, low), (shift + lean / 4, tip)],
                shade(leaf, tone),
            );
        }
    } else {
        for (dx, dy, r, tone) in [(-22, 60, 27, -40), (24, 62, 26, -30), (0, 76, 32, 0), (-8, 84, 18, 36)] {
            let shift = lean * dy / 100;
            pen.disc(dx * tall / 100 + shift, -dy * tall / 100, r * tall / 100, shade(leaf, tone), 256);
        }
    }
}

/// A person standing on the anchor, about 560 lengths tall, looking right; `step` is the angle of the stride.
pub(super) fn person(pen: &mut Pen<'_>, coat: Rgb, step: i32) {
    let (skin, dark) = ([240, 190, 150], [52, 48, 66]);
    for angle in [step, step + 32_768] {
        let reach = wave(angle, 80);
        pen.line((0, -220), (reach, 0), 60, dark);
        pen.line((0, -400), (-reach, -240), 40, shade(coat, -40));
    }
    pen.shape(&[(-60, -440), (60, -440), (96, -170), (-90, -170)], coat);
    pen.disc(6, -500, 74, skin, 256);
    pen.oval(-10, -545, (78, 44), [92, 58, 34], 256);
    pen.disc(78, -494, 18, skin, 256);
}

/// How long a car's body is on either side of its anchor.
pub(super) const CAR: i32 = 460;

/// A car on wheels that touch the anchor's height, facing right; `roll` is the angle of its wheels.
pub(super) fn car(pen: &mut Pen<'_>, body: Rgb, roll: i32, lamps: bool) {
    let glass = [176, 214, 232];
    pen.shape(&[(-290, -300), (-190, -470), (120, -470), (250, -300)], shade(body, -50));
    pen.shape(&[(-236, -310), (-164, -440), (-40, -440), (-40, -310)], glass);
    pen.shape(&[(10, -310), (10, -440), (104, -440), (192, -310)], glass);
    pen.shape(&[(-CAR, -300), (300, -310), (CAR, -240), (CAR, -90), (-CAR, -90)], body);
    pen.rect(-CAR, -130, 2 * CAR, 40, shade(body, -90));
    pen.rect(-CAR, -260, 50, 70, [230, 30, 30]);
    for x in [-260, 260] {
        wheel(pen, x, roll);
    }
    lamp(pen, CAR - 30, -210, lamps);
}

/// A wheel on the ground beneath the anchor's height.
pub(super) fn wheel(pen: &mut Pen<'_>, x: i32, roll: i32) {
    pen.disc(x, -96, 104, [30, 30, 34], 256);
    pen.disc(x, -96, 52, [190, 190, 196], 256);
    let (dx, dy) = (wave(roll + 16_384, 60), wave(roll, 60));
    pen.line((x - dx, -96 - dy), (x + dx, -96 + dy), 26, [70, 70, 76]);
}

/// A headlamp, which shines ahead when it is on.
pub(super) fn lamp(pen: &mut Pen<'_>, x: i32, y: i32, on: bool) {
    pen.light([256; 3]);
    if on {
        pen.veil(&[(x, y), (x + 800, y + 40), (x + 800, y + 230)], [255, 240, 170], 70);
    }
    pen.disc(x, y, 46, if on { [255, 250, 200] } else { [236, 226, 190] }, 256);
}

/// Drawn places for stars above a height.
pub(super) fn stars(s: &mut Stream, count: usize, low: i32) -> Vec<(i32, i32)> {
    (0..count).map(|_| (s.range(0, 4_095), s.range(0, low))).collect()
}

/// Stars that shine with `alpha` from 0 to 256, in white light.
pub(super) fn shine(c: &mut Canvas, stars: &[(i32, i32)], alpha: i32) {
    let light = std::mem::replace(&mut c.light, [256; 3]);
    for (k, &(x, y)) in stars.iter().enumerate() {
        let radius = 16 + (k as i32 % 3) * 7;
        c.pen(x, y).disc(0, 0, radius, mix([255, 255, 255], [255, 236, 180], (k as i32 % 2) * 256), alpha);
    }
    c.light = light;
}
