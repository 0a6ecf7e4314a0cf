//! Drawing a perturbation's parameters, and checking those that come from elsewhere.

use super::{Kind, Perturbation, Strength};
use crate::rng::Stream;
use crate::source::Source;
use crate::task::jigsaw::check_permutation;

/// Why no perturbation could be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DrawError {
    /// [`Kind::Swap`] without the source whose frames are to be shown.
    #[error("the perturbation swap needs another source, and there is none")]
    NoOther,
}

/// Fewest and most frames that a stutter holds (methods of the public `grounding.py`).
const HOLDS: (u32, u32) = (2, 5);

impl Perturbation {
    /// Draws the parameters for a segment of `length` frames; `other` is the source that [`Kind::Swap`] shows.
    ///
    /// With `compat`, as the public generator does it: strengths that it draws anew for each frame are, and a shuffle
    /// or a stutter may leave the segment as it was. Without, one strength holds for the whole segment, and shuffles
    /// and stutters of two frames or more change it: an unchanged segment has no right answer.
    ///
    /// # Errors
    /// [`DrawError::NoOther`] for [`Kind::Swap`] without `other`.
    pub fn draw(
        kind: Kind,
        length: u32,
        other: Option<&Source>,
        compat: bool,
        stream: &mut Stream,
    ) -> Result<Self, DrawError> {
        Ok(match kind {
            Kind::Saturation => Self::Saturation { permille: 2000 },
            Kind::Noise => {
                let tenths = Strength::draw(350, 700, length, compat, stream);
                Self::Noise { tenths, key: stream.bits() }
            }
            Kind::Blur => Self::Blur { tenths: 20 },
            Kind::Grayscale => Self::Grayscale,
            Kind::Invert => Self::Invert,
            Kind::ChannelSwap => Self::ChannelSwap,
            Kind::ZoomIn => Self::ZoomIn { permille: Strength::draw(1300, 1500, length, compat, stream) },
            Kind::Rotate180 => Self::Rotate180,
            Kind::ZoomOut => Self::ZoomOut { permille: Strength::draw(1200, 1400, length, compat, stream) },
            Kind::Mirror => Self::Mirror,
            Kind::Slow => Self::Slow { permille: stream.range(250, 500) as u32 },
            Kind::Fast => Self::Fast { permille: stream.range(2000, 4000) as u32 },
            Kind::StutterHold => {
                // As many holds as frames is every frame in its place.
                let most = if compat { HOLDS.1 } else { HOLDS.1.min(length.saturating_sub(1)) };
                let drawn = stream.range(HOLDS.0 as i32, most as i32) as u32;
                Self::StutterHold {
                    holds: if compat { drawn } else { drawn.min(most.max(1)) }.min(length.max(1)),
                }
            }
            Kind::Shuffle => loop {
                let order = stream.permutation(length as usize);
                if compat || length < 2 || !order.is_sorted() {
                    break Self::Shuffle { order };
                }
            },
            Kind::Rotate90 => Self::Rotate90,
            Kind::Rotate270 => Self::Rotate270,
            Kind::Swap => Self::Swap { other: Box::new(other.ok_or(DrawError::NoOther)?.clone()) },
        })
    }

    /// Checks the parameters against a segment of `length` frames. The ranges are wider than what is drawn.
    ///
    /// # Errors
    /// One sentence naming the value at fault.
    pub fn check(&self, length: u32) -> Result<(), String> {
        let within = |what: &str, value: u32, low: u32, high: u32| {
            if (low..=high).contains(&value) {
                Ok(())
            } else {
                Err(format!("{what} of {value} is outside {low}..={high}"))
            }
        };
        let each = |what: &str, strength: &Strength, low, high| match strength {
            Strength::Steady(value) => within(what, *value, low, high),
            Strength::PerFrame(values) if values.len() != length as usize => {
                Err(format!("{what}: {} values for {length} frames", values.len()))
            }
            Strength::PerFrame(values) => values.iter().try_for_each(|v| within(what, *v, low, high)),
        };
        match self {
            Self::Saturation { permille } => within("a saturation (thousandths)", *permille, 0, 10_000),
            Self::Noise { tenths, .. } => each("a noise (tenths of a level)", tenths, 0, 2550),
            Self::Blur { tenths } => within("a blur radius (tenths of a pixel)", *tenths, 0, 1000),
            Self::ZoomIn { permille } | Self::ZoomOut { permille } => {
                each("a zoom (thousandths)", permille, 1000, 10_000)
            }
            Self::Slow { permille } => within("a slow speed (thousandths)", *permille, 100, 1000),
            Self::Fast { permille } => within("a fast speed (thousandths)", *permille, 1000, 10_000),
            Self::StutterHold { holds } => within("a number of held frames", *holds, 1, length),
            Self::Shuffle { order } => check_shuffle(order, length),
            Self::Grayscale
            | Self::Invert
            | Self::ChannelSwap
            | Self::Rotate180
            | Self::Mirror
            | Self::Rotate90
            | Self::Rotate270
            | Self::Swap { .. } => Ok(()),
        }
    }
}

fn check_shuffle(order: &[u8], length: u32) -> Result<(), String> {
    if order.len() != length as usize {
        return Err(format!("the shuffle has {} places for {length} frames", order.len()));
    }
    if order.is_sorted() {
        return Err("a shuffle that changes nothing has no right answer".to_owned());
    }
    check_permutation(order)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::Family;
    use crate::time::Rate;
    use proptest::prelude::*;

    fn other() -> Source {
        Source::Scene { family: Family::Day, seed: 3, frames: 96, rate: Rate { num: 24, den: 1 } }
    }

    #[test]
    fn swapping_needs_somebody_to_swap_with() {
        let mut stream = Stream::keyed(1, "swap", "", 0);
        assert_eq!(Perturbation::draw(Kind::Swap, 8, None, false, &mut stream), Err(DrawError::NoOther));
    }

    #[test]
    fn faults_are_named() {
        let faults = [
            (Perturbation::ZoomOut { permille: Strength::Steady(999) }, "999"),
            (Perturbation::ZoomIn { permille: Strength::PerFrame(vec![1300; 3]) }, "3 values for 4 frames"),
            (Perturbation::Noise { tenths: Strength::PerFrame(vec![1, 2, 3, 2551]), key: 0 }, "2551"),
            (Perturbation::StutterHold { holds: 5 }, "5 is outside 1..=4"),
            (Perturbation::Shuffle { order: vec![0, 1, 2, 3] }, "changes nothing"),
            (Perturbation::Shuffle { order: vec![1, 0, 2, 2] }, "not a permutation"),
            (Perturbation::Shuffle { order: vec![1, 0] }, "2 places for 4"),
            (Perturbation::Fast { permille: 20_000 }, "20000"),
        ];
        for (perturbation, words) in faults {
            let error = perturbation.check(4).expect_err("refused");
            assert!(error.contains(words), "{error}");
        }
    }

    proptest! {
        #[test]
        fn what_is_drawn_passes_the_check_and_survives_json(seed: u64, length in 2_u32..=256, compat: bool) {
            for kind in Kind::ALL {
                let mut stream = Stream::keyed(seed, "draw", kind.name(), 0);
                let drawn = Perturbation::draw(kind, length, Some(&other()), compat, &mut stream).expect("drawn");
                prop_assert_eq!(drawn.kind(), kind);
                if !compat || length > 9 {
                    prop_assert_eq!(drawn.check(length), Ok(()));
                }
                let json = serde_json::to_string(&drawn).expect("serializes");
                prop_assert_eq!(serde_json::from_str::<Perturbation>(&json).expect(&json), drawn);
            }
        }

        #[test]
        fn shuffles_and_stutters_change_something(seed: u64, length in 2_u32..=6) {
            let mut stream = Stream::keyed(seed, "draw", "", 0);
            for kind in [Kind::Shuffle, Kind::StutterHold] {
                let places: Vec<usize> = match Perturbation::draw(kind, length, None, false, &mut stream) {
                    Ok(Perturbation::Shuffle { order }) => order.into_iter().map(usize::from).collect(),
                    Ok(Perturbation::StutterHold { holds }) => super::super::timing::stutter(length as usize, holds),
                    other => unreachable!("{other:?}"),
                };
                prop_assert!(places.iter().enumerate().any(|(i, &p)| i != p), "{places:?}");
            }
        }
    }
}
