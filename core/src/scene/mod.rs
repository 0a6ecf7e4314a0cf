//! Procedural scenes: endless sources with a visible arrow of time and a log of what happens, drawn in integers.
//!
//! One file a family. A scene is a function of (family, seed, frame, size) and of nothing else, and shows the
//! same pixels on every machine.

mod bounce;
mod canvas;
mod clock;
mod colour;
mod day;
mod garden;
mod harbour;
mod pen;
mod props;
mod script;
mod storm;
mod tower;
mod traffic;

use std::sync::Arc;

use canvas::Canvas;
use script::Script;

use crate::frame::Frame;
use crate::named::named;

named! {
    /// The families.
    pub enum Family, "scene family",
    /// An unknown family name.
    UnknownFamily {
        /// A day passes over a landscape: the sun crosses, light and sky change, a train and clouds go by.
        Day = "day",
        /// A street as evening falls: lights change, vehicles drive and wait, somebody crosses.
        Traffic = "traffic",
        /// A flower bed: plants grow and open, a bee comes and goes, somebody waters.
        Garden = "garden",
        /// A room at dusk: the hands of a clock run, a candle burns down, a cuckoo comes out.
        Clock = "clock",
        /// A thunderstorm gathers, rains and clears; the pond grows.
        Storm = "storm",
        /// A bay where the tide rises: boats, gulls, a lighthouse.
        Harbour = "harbour",
        /// A crane builds a tower, block by block.
        Tower = "tower",
        /// Balls that bounce lower and lower, pins that are knocked over, sand that runs through a glass.
        Bounce = "bounce",
    }
}

/// Something that happens in a scene, from when to when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Stable id within the family, for example `train`; events of one kind have the same `what`.
    pub kind: &'static str,
    /// What happens: a full clause, present tense, lower case, no full stop.
    pub what: String,
    /// The physical thing: a noun phrase, lower case, no article.
    pub element: String,
    /// Where: `left`, `middle` or `right` of the picture, its `sky` (upper part) or its `ground` (lower part).
    pub place: &'static str,
    /// First scene frame in which it is seen.
    pub from: u32,
    /// The scene frame after the last in which it is seen; above `from`, at most the scene's `frames`.
    pub to: u32,
}

/// What a family is to a scene.
trait Paint: std::fmt::Debug + Send + Sync {
    /// Paints the moment `phase`, from 0 (the first frame) to 65535 (the last).
    fn paint(&self, c: &mut Canvas, phase: i32);
    /// Who is on stage, and when.
    fn script(&self) -> &Script;
    /// What is always to be seen.
    fn fixed(&self) -> Vec<String>;
    /// The script, for tests that take somebody off the stage.
    #[cfg(test)]
    fn script_mut(&mut self) -> &mut Script;
}

/// Implements [`Paint`] for a family with the fields `script` and `fixed` and a method `draw`.
macro_rules! paints {
    ($Family:ty) => {
        impl super::Paint for $Family {
            fn paint(&self, c: &mut super::canvas::Canvas, phase: i32) {
                self.draw(c, phase);
            }
            fn script(&self) -> &super::script::Script {
                &self.script
            }
            fn fixed(&self) -> Vec<String> {
                self.fixed.clone()
            }
            #[cfg(test)]
            fn script_mut(&mut self) -> &mut super::script::Script {
                &mut self.script
            }
        }
    };
}
use paints;

/// Draws the parameters of a scene.
fn painter(family: Family, seed: u64) -> Box<dyn Paint> {
    match family {
        Family::Day => Box::new(day::Day::new(seed)),
        Family::Traffic => Box::new(traffic::Traffic::new(seed)),
        Family::Garden => Box::new(garden::Garden::new(seed)),
        Family::Clock => Box::new(clock::Clock::new(seed)),
        Family::Storm => Box::new(storm::Storm::new(seed)),
        Family::Harbour => Box::new(harbour::Harbour::new(seed)),
        Family::Tower => Box::new(tower::Tower::new(seed)),
        Family::Bounce => Box::new(bounce::Bounce::new(seed)),
    }
}

/// A scene with its parameters drawn, ready to paint any frame.
#[derive(Debug, Clone)]
pub struct Scene {
    painter: Arc<dyn Paint>,
    frames: u32,
}

impl Scene {
    /// Draws the parameters of a scene that lasts `frames` frames.
    #[must_use]
    pub fn new(family: Family, seed: u64, frames: u32) -> Self {
        Self { painter: Arc::from(painter(family, seed)), frames }
    }

    /// Paints frame `index` (from 0; beyond the end, the last) at `width` × `height` pixels.
    #[must_use]
    pub fn draw(&self, index: u32, width: u32, height: u32) -> Frame {
        let last = self.frames.saturating_sub(1);
        let phase = u64::from(index.min(last)) * 65_535 / u64::from(last.max(1));
        picture(self.painter.as_ref(), phase as i32, width, height)
    }

    /// What happens in the scene, sorted by beginning, then end. Where frames are so few that an event falls
    /// between two of them, it is given the later one; a scene without frames has no events.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        let last = u64::from(self.frames.saturating_sub(1));
        // The first frame whose phase is not before `phase`, by the rounding of `draw`.
        let frame = |phase: i32| (phase.max(0) as u64 * last).div_ceil(65_535) as u32;
        let mut events: Vec<Event> = self
            .painter
            .script()
            .acts
            .iter()
            .filter(|_| self.frames > 0)
            .map(|act| {
                let from = frame(act.span.from).min(last as u32);
                let to = frame(act.span.to).clamp(from + 1, self.frames);
                let actor = act.actor.clone();
                Event {
                    kind: actor.kind,
                    what: actor.what,
                    element: actor.element,
                    place: actor.place,
                    from,
                    to,
                }
            })
            .collect();
        events.sort_by_key(|e| (e.from, e.to));
        events
    }

    /// Things that are to be seen throughout: noun phrases, lower case, no article.
    #[must_use]
    pub fn static_elements(&self) -> Vec<String> {
        self.painter.fixed()
    }
}

/// One moment of a scene.
fn picture(painter: &dyn Paint, phase: i32, width: u32, height: u32) -> Frame {
    let mut canvas = Canvas::new(width, height);
    painter.paint(&mut canvas, phase);
    canvas.finish()
}

#[cfg(test)]
mod tests;
