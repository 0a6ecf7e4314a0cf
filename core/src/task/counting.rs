//! Object counting (VideoSSR §3.1.2, Figure 4): shapes are drawn on a few frames; say how many of each.

use serde::{Deserialize, Serialize};

use super::TaskError;
use crate::named::named;
use crate::perturb::shape::{self, Shape, Sprite};
use crate::recipe::Size;
use crate::rng::Stream;

named! {
    /// How many shapes there may be.
    pub enum Level, "level",
    /// An unknown level.
    UnknownLevel {
        /// At most three frames with up to three instances of each shape.
        Easy = "easy",
        /// At most four frames with up to four instances of each shape.
        Hard = "hard",
    }
}

impl Level {
    /// Most frames that show a shape, and most instances in one frame (VideoSSR §3.1.2).
    #[must_use]
    pub fn most(self) -> u32 {
        match self {
            Self::Easy => 3,
            Self::Hard => 4,
        }
    }
}

/// Instances of one shape on one frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// The frame, from 0.
    pub frame: u32,
    /// The shape; a frame shows one kind.
    pub shape: Shape,
    /// Where and how each instance is drawn, in drawing order.
    pub sprites: Vec<Sprite>,
}

/// Least distance in frames between two frames that show the same shape: 9 of VideoSSR's 48, in proportion.
#[must_use]
pub fn gap(frames: u32) -> u32 {
    (9 * frames / 48).max(1)
}

/// Smallest share, in per cent, that must stay visible of a shape that later ones cover (strict placement).
pub const VISIBLE: u32 = 60;

/// Draws shapes, frames and places. Strict placement (the default) draws anew until every shape has all its
/// frames and stays visible; `compat` keeps whatever the public generator's limited tries end with, shapes hidden
/// under others included.
///
/// # Errors
/// [`TaskError`] when the pictures are too small or too few for strict placement.
pub fn draw(
    level: Level,
    frames: u32,
    size: Size,
    compat: bool,
    stream: &mut Stream,
) -> Result<Vec<Group>, TaskError> {
    if size.width.min(size.height) < 16 {
        return Err(TaskError(format!(
            "shapes cannot be told apart on {}x{} pixels",
            size.width, size.height
        )));
    }
    for _ in 0..200 {
        if let Some(chosen) = frames_of_shapes(level, frames, compat, stream) {
            let mut groups = Vec::new();
            for (shape, frame) in chosen {
                let count = stream.range(1, level.most() as i32);
                groups.push(Group {
                    frame,
                    shape,
                    sprites: sprites(shape, count as u32, size, compat, stream)?,
                });
            }
            return Ok(groups);
        }
    }
    Err(TaskError(format!("{frames} frames are too few for the shapes of level {level}")))
}

/// Which frames show which shape: for each shape in turn a random walk over the frames that are left, taking those
/// far enough from its own. Strict placement wants as many as were drawn.
fn frames_of_shapes(
    level: Level,
    frames: u32,
    compat: bool,
    stream: &mut Stream,
) -> Option<Vec<(Shape, u32)>> {
    let mut free: Vec<u32> = (0..frames).collect();
    let mut chosen = Vec::new();
    for shape in Shape::ALL {
        let wanted = stream.range(1, level.most() as i32) as usize;
        let mut walk = free.clone();
        stream.shuffle(&mut walk);
        let mut own: Vec<u32> = Vec::new();
        for frame in walk {
            if own.len() < wanted && own.iter().all(|o| o.abs_diff(frame) >= gap(frames)) {
                own.push(frame);
            }
        }
        if !compat && own.len() < wanted {
            return None;
        }
        free.retain(|f| !own.contains(f));
        chosen.extend(own.into_iter().map(|f| (shape, f)));
    }
    Some(chosen)
}

/// Tries of the public generator to keep a new shape's centre away from the others' before it gives up.
const TRIES: u32 = 20;

/// Times that a frame's shapes are drawn anew. Four squares on a square picture stay visible in one draw of sixty, on wider pictures
/// far more often; so many draws are in vain less than once in 10³⁵ times.
const DRAWS: u32 = 5_000;

fn sprites(
    shape: Shape,
    count: u32,
    size: Size,
    compat: bool,
    stream: &mut Stream,
) -> Result<Vec<Sprite>, TaskError> {
    // Redrawn as a whole: the last shape of a crowded frame may have no free place left.
    for _ in 0..DRAWS {
        let mut placed: Vec<Sprite> = Vec::new();
        for _ in 0..count {
            placed.push(place(&placed, size, stream));
        }
        if compat || shape::all_visible(shape, &placed, size, VISIBLE) {
            return Ok(placed);
        }
    }
    Err(TaskError(format!("{count} {shape}s find no place on {}x{} pixels", size.width, size.height)))
}

/// One candidate as the public generator draws it: size from a fifth to two fifths of the shorter side, centre in
/// the middle 70 % and, if 20 tries allow, at least its own size away from every earlier centre.
fn place(placed: &[Sprite], size: Size, stream: &mut Stream) -> Sprite {
    let (w, h) = (size.width as i32, size.height as i32);
    let shorter = w.min(h);
    let rgb = std::array::from_fn(|_| stream.range(50, 255) as u8);
    let side = stream.range(shorter / 5, shorter * 2 / 5).max(2);
    let margin = side * 3 / 4;
    let (left, top) = (w * 15 / 100, h * 15 / 100);
    let (low, high) = ([left + margin, top + margin], [w - left - margin, h - top - margin]);
    let (mut x, mut y) = (0, 0);
    if low[0] <= high[0] && low[1] <= high[1] {
        for _ in 0..TRIES {
            (x, y) = (stream.range(low[0], high[0]), stream.range(low[1], high[1]));
            let far = |s: &Sprite| {
                let (dx, dy) = (i64::from(x - s.x), i64::from(y - s.y));
                dx * dx + dy * dy >= i64::from(side) * i64::from(side)
            };
            if placed.iter().all(far) {
                break;
            }
        }
    } else {
        (x, y) = (stream.range(margin, w - margin), stream.range(margin, h - margin));
    }
    Sprite { x, y, size: side as u32, turn: stream.below(65_536) as u16, rgb }
}

/// How many circles, squares and triangles there are: the answer, in that order.
#[must_use]
pub fn truth(groups: &[Group]) -> [u32; 3] {
    Shape::ALL.map(|shape| groups.iter().filter(|g| g.shape == shape).map(|g| g.sprites.len() as u32).sum())
}

pub(super) fn check(groups: &[Group], frames: u32) -> Result<(), TaskError> {
    let mut used: Vec<u32> = groups.iter().map(|g| g.frame).collect();
    used.sort_unstable();
    if let Some(w) = used.windows(2).find(|w| w[0] == w[1]) {
        return Err(TaskError(format!("frame {} shows two groups of shapes", w[0])));
    }
    for g in groups {
        if g.frame >= frames {
            return Err(TaskError(format!("a shape stands on frame {} of {frames}", g.frame)));
        }
        if g.sprites.is_empty() || g.sprites.len() > 64 {
            return Err(TaskError(format!("frame {} has {} shapes, not 1 to 64", g.frame, g.sprites.len())));
        }
        if let Some(s) =
            g.sprites.iter().find(|s| !(2..=8192).contains(&s.size) || s.x.abs().max(s.y.abs()) > 16_384)
        {
            return Err(TaskError(format!("a shape of size {} at {}, {} is absurd", s.size, s.x, s.y)));
        }
    }
    if truth(groups).contains(&0) {
        return Err(TaskError("every shape must be shown at least once".to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HD: Size = Size { width: 640, height: 360 };

    proptest! {
        #[test]
        fn draws_keep_the_rules(seed: u64, hard: bool, compat: bool, square: bool) {
            let level = if hard { Level::Hard } else { Level::Easy };
            let size = if square { Size { width: 256, height: 256 } } else { HD };
            let groups = draw(level, 48, size, compat, &mut Stream::keyed(seed, "counting", "", 0)).expect("fits");
            prop_assert_eq!(check(&groups, 48), Ok(()));
            for shape in Shape::ALL {
                let own: Vec<&Group> = groups.iter().filter(|g| g.shape == shape).collect();
                prop_assert!((1..=level.most() as usize).contains(&own.len()));
                for (i, a) in own.iter().enumerate() {
                    prop_assert!((1..=level.most() as usize).contains(&a.sprites.len()));
                    prop_assert!(own[..i].iter().all(|b| a.frame.abs_diff(b.frame) >= 9));
                    prop_assert!(compat || shape::all_visible(shape, &a.sprites, size, VISIBLE));
                }
            }
        }
    }

    /// After hundreds of draws in vain.
    #[test]
    fn a_crowded_square_picture_is_drawn_in_the_end() {
        let size = Size { width: 256, height: 256 };
        let stream = &mut Stream::keyed(4_865_074_564_956_054_560, "counting", "", 0);
        assert!(draw(Level::Hard, 48, size, false, stream).is_ok());
    }

    #[test]
    fn the_toys_frames_carry_shapes_too() {
        let size = Size { width: 32, height: 32 };
        for seed in 0..50 {
            let stream = &mut Stream::keyed(seed, "counting", "", 0);
            assert!(draw(Level::Easy, 16, size, false, stream).is_ok(), "{seed}");
        }
        assert!(draw(Level::Hard, 2, size, false, &mut Stream::keyed(0, "", "", 0)).is_err());
    }
}
