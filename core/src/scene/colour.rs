//! Colours: between two, along a line of keys, under a light; the named paints and the moods of the sky.

use super::script::pick;
use crate::rng::Stream;

/// A colour; channels 0..=255.
pub(super) type Rgb = [i32; 3];

/// Between two colours: `t` from 0 (all `a`) to 256 (all `b`).
pub(super) fn mix(a: Rgb, b: Rgb, t: i32) -> Rgb {
    let t = t.clamp(0, 256);
    std::array::from_fn(|c| (a[c] * (256 - t) + b[c] * t) >> 8)
}

/// A colour under coloured light: 256 is full strength.
pub(super) fn lit(colour: Rgb, light: Rgb) -> Rgb {
    std::array::from_fn(|c| (colour[c] * light[c]) >> 8)
}

/// A colour a little lighter (positive) or darker (negative), by `by` of 256.
pub(super) fn shade(colour: Rgb, by: i32) -> Rgb {
    if by < 0 { mix(colour, [16, 14, 24], -by) } else { mix(colour, [255; 3], by) }
}

/// The sky over a scene at one moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mood {
    /// Colour overhead.
    pub(super) top: Rgb,
    /// Colour at the horizon.
    pub(super) low: Rgb,
    /// What the light does to a white wall; 256 is full strength.
    pub(super) light: Rgb,
}

/// The mood at a phase on a line of keys (phase, top, low, light) in rising order.
pub(super) fn mood(keys: &[(i32, Rgb, Rgb, Rgb)], at: i32) -> Mood {
    let next = keys.iter().position(|k| k.0 > at).unwrap_or(keys.len());
    let (Some(a), Some(b)) = (keys.get(next.saturating_sub(1)), keys.get(next).or(keys.last())) else {
        return Mood { top: [0; 3], low: [0; 3], light: [256; 3] };
    };
    let t = ((at - a.0) * 256 / (b.0 - a.0).max(1)).clamp(0, 256);
    Mood { top: mix(a.1, b.1, t), low: mix(a.2, b.2, t), light: mix(a.3, b.3, t) }
}

/// A colour with its English name.
pub(super) type Paint = (&'static str, Rgb);

/// Paints that are told apart at a glance.
pub(super) const PAINTS: [Paint; 7] = [
    ("red", [222, 48, 40]),
    ("yellow", [248, 204, 40]),
    ("blue", [42, 92, 210]),
    ("green", [44, 160, 72]),
    ("orange", [246, 132, 28]),
    ("purple", [140, 62, 176]),
    ("white", [244, 242, 236]),
];

/// One of the paints.
pub(super) fn paint(s: &mut Stream) -> Paint {
    *pick(s, &PAINTS)
}

/// All paints in a drawn order, so that taking from the front takes different ones.
pub(super) fn paints(s: &mut Stream) -> [Paint; 7] {
    let mut all = PAINTS;
    s.shuffle(&mut all);
    all
}

/// The noun phrase with its indefinite article.
pub(super) fn a(phrase: &str) -> String {
    let vowel = phrase.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {phrase}", if vowel { "an" } else { "a" })
}
