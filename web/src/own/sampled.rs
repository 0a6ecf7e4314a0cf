//! A film that a `<video>` showed: pictures at a fixed pace, which stand for its frames.

use scrubjay_core::frame::Frame;
use scrubjay_core::recipe::Size;
use scrubjay_core::resample::{Filter, resize};
use scrubjay_core::source::SourceTimes;
use scrubjay_core::time::Rate;

use super::{By, Facts, How, OwnError};

/// Pictures of a film in the order in which they are shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampled {
    /// At least one, all of one size.
    pub frames: Vec<Frame>,
    /// When each was shown, in seconds of the player's clock; rising.
    pub seconds: Vec<f64>,
    /// Pictures a second that were asked for.
    pub rate: Rate,
    /// Length of the film in seconds, as the player has it.
    pub duration: f64,
    /// Size of the film's own pictures, upright.
    pub size: Size,
}

/// Ticks of a second in which samples' times are told.
const TICKS: Rate = Rate { num: 1_000_000, den: 1 };

impl Sampled {
    /// Bytes that its pictures take.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.frames.iter().map(|f| f.rgb.len() as u64).sum()
    }

    /// What is known of the film, by the hash of its file.
    #[must_use]
    pub fn facts(&self, sha256: String) -> Facts {
        Facts {
            sha256,
            // At most a few hundred.
            frames: self.frames.len() as u32,
            rate: self.rate,
            times: self.times(),
            duration: self.duration,
            size: self.size,
            how: How { by: By::Element, codec: String::new() },
        }
    }

    /// When the samples are shown, from the first on; the last one lasts to the film's end.
    fn times(&self) -> Option<SourceTimes> {
        let start = *self.seconds.first()?;
        let tick = |s: f64| ((s - start) * TICKS.fps()).round() as i64;
        let mut ticks: Vec<i64> = self.seconds.iter().map(|s| tick(*s)).collect();
        let last = *ticks.last()?;
        ticks.push(tick(self.duration).max(last + (TICKS.fps() / self.rate.fps()) as i64 / 2));
        ticks.windows(2).all(|w| w[0] < w[1]).then_some(SourceTimes { rate: TICKS, ticks })
    }

    /// Samples by number, resized to a size.
    ///
    /// # Errors
    /// [`OwnError::NoSuchFrame`].
    pub fn frames(&self, numbers: &[u32], size: Size) -> Result<Vec<Frame>, OwnError> {
        let has = self.frames.len() as u32;
        let one = |&wanted: &u32| {
            let frame = self.frames.get(wanted as usize).ok_or(OwnError::NoSuchFrame { wanted, has })?;
            Ok(resize(frame, size.width, size.height, Filter::Box))
        };
        numbers.iter().map(one).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn three() -> Sampled {
        let frames = (0..3).map(|_| Frame::black(8, 6)).collect();
        let (rate, size) = (Rate { num: 8, den: 1 }, Size { width: 16, height: 12 });
        Sampled { frames, seconds: vec![0.04, 0.16, 0.28], rate, duration: 0.4, size }
    }

    #[test]
    fn times_begin_at_the_first_sample_and_end_with_the_film() {
        let times = three().facts("x".to_owned()).times.expect("times");
        assert_eq!(times.ticks, [0, 120_000, 240_000, 360_000]);
        assert_eq!(Sampled { duration: f64::NAN, ..three() }.times().map(|t| t.ticks.len()), Some(4));
        assert_eq!(Sampled { seconds: vec![0.1, 0.1, 0.2], ..three() }.times(), None);
    }

    #[test]
    fn a_sample_that_is_not_there_is_refused() {
        let small = Size { width: 4, height: 3 };
        assert_eq!(three().frames(&[2, 0, 2], small).map(|f| f.len()), Ok(3));
        assert_eq!(three().frames(&[3], small), Err(OwnError::NoSuchFrame { wanted: 3, has: 3 }));
    }
}
