//! How hard a puzzle of the gallery is likely to be: three steps, by a rule that the page states. It is a sign for choosing,
//! not a measurement; nobody's answers are in it.

use scrubjay_core::perturb::{Kind, Perturbation, Strength};
use scrubjay_core::recipe::Recipe;
use scrubjay_core::task::Task;
use scrubjay_core::task::grounding::Segment;
use scrubjay_core::task::segments::Sought;

/// A step of the sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Difficulty {
    /// No point.
    Easy,
    /// One point.
    Middle,
    /// Two points or more.
    Hard,
}

impl Difficulty {
    /// Every step, the easiest first.
    pub const ALL: [Self; 3] = [Self::Easy, Self::Middle, Self::Hard];

    /// Its name in addresses and message files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Easy => "easy",
            Self::Middle => "middle",
            Self::Hard => "hard",
        }
    }

    /// The step of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|d| d.name() == name)
    }
}

/// The difficulty of a puzzle, from its recipe alone.
///
/// - A change: 0 points where one picture gives it away, 1 where it must be compared with others, 2 where it shows in motion
///   alone; 1 more where it is faint (the weaker half of the strengths that are drawn), and 1 more where it is short (the
///   shorter half of the lengths that are drawn).
/// - An event: 0 points where its shortest time is a quarter of the film or more, 1 down to a tenth, else 2.
/// - Shapes: 0 points up to nine of them, 1 up to sixteen, else 2.
/// - A jigsaw: 0 points up to four clips, 1 up to six, else 2.
/// - A gap: 0 points where all candidates are a second or more apart, 1 down to half a second, else 2.
/// - Things to name: 0 points for one, 1 for two or three, else 2. Options: 0 points up to three, 1 for four, else 2.
#[must_use]
pub fn of(recipe: &Recipe) -> Difficulty {
    let frames = recipe.timeline().map_or(0, |t| t.indices.len() as u32);
    let points = match &recipe.task {
        Task::Grounding(segment) => changed(segment, frames, 4),
        Task::Segments(Sought::Tampered(segments)) => {
            segments.iter().map(|s| changed(s, frames, 8)).max().unwrap_or_default()
        }
        Task::Segments(Sought::Event { spans, .. }) => {
            spans.iter().map(|s| brief(*s, recipe)).max().unwrap_or_default()
        }
        Task::Event { span, .. } => brief(*span, recipe),
        Task::Counting { groups, .. } => step(groups.iter().map(|g| g.sprites.len()).sum(), 9, 16),
        Task::Jigsaw { order } => step(order.len(), 4, 6),
        Task::Masked(masked) => {
            let fps = recipe.timeline().map_or(1.0, |t| t.sampling_fps);
            let mut places = masked.candidates.clone();
            places.sort_unstable();
            let apart = places.windows(2).map(|p| f64::from(p[1] - p[0]) / fps).fold(f64::INFINITY, f64::min);
            u32::from(apart < 1.0) + u32::from(apart < 0.5)
        }
        Task::Elements { elements, .. } => step(elements.len(), 1, 3),
        Task::Qa { options, .. } => step(options.len(), 3, 4),
    };
    match points {
        0 => Difficulty::Easy,
        1 => Difficulty::Middle,
        _ => Difficulty::Hard,
    }
}

/// 0 up to `few`, 1 up to `some`, else 2.
fn step(count: usize, few: usize, some: usize) -> u32 {
    u32::from(count > few) + u32::from(count > some)
}

/// Points of a changed segment, which is short below a `part`-th of the film.
fn changed(segment: &Segment, frames: u32, part: u32) -> u32 {
    let short = segment.length.saturating_mul(part) < frames;
    hidden(segment.perturbation.kind()) + u32::from(faint(&segment.perturbation)) + u32::from(short)
}

/// Points of an event's time in milliseconds.
fn brief([start, end]: [u32; 2], recipe: &Recipe) -> u32 {
    let whole = f64::from(recipe.source.frames()) / recipe.source.rate().fps() * 1000.0;
    let part = f64::from(end.saturating_sub(start)) / whole;
    u32::from(part < 0.25) + u32::from(part < 0.1)
}

/// Whether one picture gives a change away (0), or a comparison (1), or motion alone (2).
fn hidden(kind: Kind) -> u32 {
    match kind {
        Kind::Noise
        | Kind::Blur
        | Kind::Grayscale
        | Kind::Invert
        | Kind::Rotate180
        | Kind::ZoomOut
        | Kind::Rotate90
        | Kind::Rotate270
        | Kind::Swap => 0,
        Kind::Saturation | Kind::ChannelSwap | Kind::ZoomIn | Kind::Mirror => 1,
        Kind::Slow | Kind::Fast | Kind::StutterHold | Kind::Shuffle => 2,
    }
}

/// Whether a change is in the weaker half of the strengths that are drawn for it.
fn faint(perturbation: &Perturbation) -> bool {
    let below = |strength: &Strength, middle: u32| strength.at(0).is_some_and(|s| s < middle);
    match perturbation {
        Perturbation::Noise { tenths, .. } => below(tenths, 525),
        Perturbation::ZoomIn { permille } => below(permille, 1400),
        Perturbation::ZoomOut { permille } => below(permille, 1300),
        Perturbation::Slow { permille } => *permille > 375,
        Perturbation::Fast { permille } => *permille < 3000,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scrubjay_core::link;
    use scrubjay_core::task::TaskName;
    use std::collections::BTreeMap;

    fn spread(task: TaskName, seeds: u64) -> BTreeMap<Difficulty, u32> {
        let mut found = BTreeMap::new();
        for seed in 1..=seeds {
            *found.entry(of(&link::recipe(task, seed).expect("draws"))).or_default() += 1;
        }
        found
    }

    #[test]
    fn the_sign_tells_puzzles_of_a_task_apart() {
        for (task, seeds) in [
            (TaskName::Grounding, 120),
            (TaskName::Counting, 120),
            (TaskName::Segments, 60),
            (TaskName::Event, 60),
            (TaskName::Masked, 24),
        ] {
            let found = spread(task, seeds);
            println!("{task} {found:?}");
            assert_eq!(found.len(), 3, "{task}: {found:?}");
        }
        // Links make jigsaws of six clips alone.
        assert_eq!(spread(TaskName::Jigsaw, 20).into_keys().collect::<Vec<_>>(), [Difficulty::Middle]);
    }

    #[test]
    fn a_faint_short_or_moving_change_is_harder() {
        let of = |length: u32, perturbation: Perturbation| {
            let segment = Segment { start: 3, length, perturbation };
            changed(&segment, 48, 4)
        };
        assert_eq!(of(12, Perturbation::Invert), 0);
        assert_eq!(of(11, Perturbation::Invert), 1);
        assert_eq!(of(12, Perturbation::ZoomOut { permille: Strength::Steady(1250) }), 1);
        assert_eq!(of(12, Perturbation::ZoomOut { permille: Strength::Steady(1350) }), 0);
        assert_eq!(of(12, Perturbation::Mirror), 1);
        assert_eq!(of(11, Perturbation::StutterHold { holds: 3 }), 3);
        assert_eq!(step(9, 9, 16) + step(10, 9, 16) + step(17, 9, 16), 3);
    }

    #[test]
    fn names_are_read_back() {
        for d in Difficulty::ALL {
            assert_eq!(Difficulty::named(d.name()), Some(d));
        }
        assert_eq!(Difficulty::named("trivial"), None);
    }
}
