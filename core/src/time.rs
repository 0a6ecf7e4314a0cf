//! Intervals of time and how seconds are written.

use std::fmt;

/// A closed interval in seconds, `start <= end`, both finite.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Interval {
    /// First instant, seconds.
    pub start: f64,
    /// Last instant, seconds.
    pub end: f64,
}

impl Interval {
    /// Intersection over union with another interval (VideoSSR eq. 4), in `[0, 1]`.
    ///
    /// When the union is shorter than 1e-9 s the result is 1 if the intersection is positive, else 0, as in
    /// the public code: an empty prediction equal to an empty truth earns nothing.
    #[must_use]
    pub fn iou(self, other: Self) -> f64 {
        let inter = (self.end.min(other.end) - self.start.max(other.start)).max(0.0);
        let union = (self.end - self.start) + (other.end - other.start) - inter;
        if union < 1e-9 {
            return if inter > 0.0 { 1.0 } else { 0.0 };
        }
        let iou = inter / union;
        if iou.is_finite() { iou } else { 0.0 }
    }
}

impl fmt::Display for Interval {
    /// `start-end` with one decimal each, as every VideoSSR truth is written.
    ///
    /// Rust rounds the exact binary value with ties to even, which is what Python's `.1f` does.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1}-{:.1}", self.start, self.end)
    }
}

/// A positive rational number of frames per second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Rate {
    /// Numerator: frames.
    pub num: u32,
    /// Denominator: seconds; never 0 in a valid source.
    pub den: u32,
}

impl Rate {
    /// Frames per second; 0 when the denominator is 0.
    #[must_use]
    pub fn fps(self) -> f64 {
        if self.den == 0 { 0.0 } else { f64::from(self.num) / f64::from(self.den) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ties_are_written_to_even() {
        assert_eq!(Interval { start: 0.25, end: 0.75 }.to_string(), "0.2-0.8");
        assert_eq!(Interval { start: 2.5, end: 11.25 }.to_string(), "2.5-11.2");
    }

    proptest! {
        #[test]
        fn iou_is_symmetric_bounded_and_one_on_itself(a in 0.0..1e3, b in 0.01..1e3, c in 0.0..1e3, d in 0.01..1e3) {
            let x = Interval { start: a, end: a + b };
            let y = Interval { start: c, end: c + d };
            prop_assert_eq!(x.iou(y), y.iou(x));
            prop_assert!((0.0..=1.0).contains(&x.iou(y)));
            prop_assert_eq!(x.iou(x), 1.0);
        }

        #[test]
        fn iou_falls_as_a_prediction_slides_away(len in 1.0..50.0, step in 0.01..10.0) {
            let truth = Interval { start: 100.0, end: 100.0 + len };
            let mut last = 1.0;
            for k in 0..8 {
                let shift = f64::from(k) * step;
                let iou = truth.iou(Interval { start: 100.0 + shift, end: 100.0 + len + shift });
                prop_assert!(iou <= last + 1e-12);
                last = iou;
            }
        }
    }
}
