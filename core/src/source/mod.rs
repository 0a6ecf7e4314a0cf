//! Where frames come from, and the sampling contract: which of them are shown, and at what stated time.

mod focus;
mod pick;
pub mod qwen;
mod timeline;
mod written;

use serde::{Deserialize, Serialize};

use crate::scene::Family;
use crate::time::Rate;

pub use focus::Windows;
pub use pick::Pick;
pub use timeline::{SourceTimes, Timeline, Times};

/// Where the frames of an item come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Source {
    /// A procedural scene, rebuilt from its seed.
    Scene {
        /// The family that draws it.
        family: Family,
        /// The scene's own seed.
        seed: u64,
        /// How many frames it lasts.
        frames: u32,
        /// Frames per second.
        rate: Rate,
    },
    /// A video file, known by its content and not by its name.
    Video {
        /// SHA-256 of the file's bytes, lower-case hexadecimal.
        sha256: String,
        /// Number of frames in the video stream.
        frames: u32,
        /// Average frames per second.
        rate: Rate,
    },
}

impl Source {
    /// Number of frames.
    #[must_use]
    pub fn frames(&self) -> u32 {
        match self {
            Self::Scene { frames, .. } | Self::Video { frames, .. } => *frames,
        }
    }

    /// Average frames per second.
    #[must_use]
    pub fn rate(&self) -> Rate {
        match self {
            Self::Scene { rate, .. } | Self::Video { rate, .. } => *rate,
        }
    }

    /// A short name that identifies the source in random keys and in clustered statistics.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::Scene { family, seed, .. } => format!("scene/{family}/{seed}"),
            Self::Video { sha256, .. } => format!("video/{sha256}"),
        }
    }
}

/// What time the viewer is told for frame `i` of `n`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// VideoSSR's virtual clock: the frames stand evenly over the full duration, whatever they cover.
    Virtual,
    /// A fixed pace, whatever the source's was.
    Fixed {
        /// Frames per second that are shown.
        fps: u32,
    },
    /// The source's own time, from its first frame on: frame number over frame rate, or the presentation times
    /// themselves where a recipe carries them because the rate is not constant.
    Pts,
}

/// Most frames that a contract may take: the limit of Qwen3-VL's own processor.
pub const MAX_FRAMES: u32 = 768;

/// The sampling contract, carried in every recipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "written::Written", try_from = "written::Written")]
pub struct Sampling {
    /// Which frames.
    pub pick: Pick,
    /// Which times.
    pub clock: Clock,
}

/// Why a contract cannot be met.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum SamplingError {
    /// The source has too few frames.
    #[error("too short: {usable} usable frames of {total}, and {wanted} are wanted")]
    TooShort {
        /// Frames in the source.
        total: u32,
        /// Frames the rule may choose from.
        usable: u32,
        /// Frames to choose.
        wanted: u32,
    },
    /// The contract asks for an impossible number of frames.
    #[error("{0} frames are asked for; a contract takes 2 to {MAX_FRAMES}")]
    Count(u32),
    /// The contract's parts do not divide its frames, or it trims too much of them.
    #[error(
        "{count} frames cannot be taken evenly from {parts} parts of which {trim} thousandths are trimmed at each end"
    )]
    Parts {
        /// Frames.
        count: u32,
        /// Parts.
        parts: u32,
        /// Thousandths.
        trim: u32,
    },
    /// No frame of a second is asked for, or absurdly many.
    #[error(
        "{rate} frames of every {per} s; a contract takes 1 to 1000 of one second, or for Qwen's rules 1 to a thousand millions of 1 to a million"
    )]
    Rate {
        /// Frames.
        rate: u32,
        /// Seconds.
        per: u32,
    },
    /// A contract's fewest frames are more than its most.
    #[error("at least {0} frames and at most {1}")]
    Bounds(u32, u32),
    /// The contract's own clock stands still.
    #[error("a clock of 0 frames per second")]
    Clock,
    /// The presentation times that a recipe carries do not fit its frames.
    #[error("the presentation times: {0}")]
    Times(&'static str),
    /// The source states no positive frame rate.
    #[error("the frame rate is not a positive number")]
    NoRate,
}

impl Sampling {
    /// VideoSSR's contract: 48 frames on the virtual clock.
    #[must_use]
    pub fn videossr() -> Self {
        Self { pick: Pick::Videossr { count: 48 }, clock: Clock::Virtual }
    }

    /// How many frames an item has; at most so many where the source's length decides.
    #[must_use]
    pub fn most(&self) -> u32 {
        self.pick.most()
    }

    /// Whether the contract can be met by any source.
    ///
    /// # Errors
    /// [`SamplingError`] naming the value that no source can satisfy.
    pub fn check(&self) -> Result<(), SamplingError> {
        if !(2..=MAX_FRAMES).contains(&self.most()) {
            return Err(SamplingError::Count(self.most()));
        }
        self.pick.check()?;
        if self.clock == (Clock::Fixed { fps: 0 }) { Err(SamplingError::Clock) } else { Ok(()) }
    }

    /// Chooses frames from a source of `total` frames at a constant `fps` a second.
    ///
    /// # Errors
    /// [`SamplingError`] when the source is too short or has no usable frame rate.
    pub fn select(&self, total: u32, fps: f64) -> Result<Timeline, SamplingError> {
        self.check()?;
        self.on_clock(self.pick.indices(total, fps)?, total, fps)
    }

    /// Chooses frames from a source whose presentation times are known. Where its rate is not constant, the times of the
    /// chosen frames come with them, to be carried in recipes.
    ///
    /// # Errors
    /// As [`Self::select`].
    pub fn choose(
        &self,
        total: u32,
        fps: f64,
        times: Option<&SourceTimes>,
    ) -> Result<(Timeline, Option<Times>), SamplingError> {
        let plain = self.select(total, fps)?;
        let Some(times) = times.filter(|t| !t.even(fps)) else { return Ok((plain, None)) };
        let (indices, frames) = match self.pick.by_time(times) {
            Some(chosen) if chosen.len() < 2 => {
                let usable = chosen.len() as u32;
                return Err(SamplingError::TooShort { total, usable, wanted: self.most() });
            }
            Some(chosen) => (chosen.clone(), chosen),
            None => (plain.indices, Vec::new()),
        };
        let times = times.of(&indices, frames).ok_or(SamplingError::Times("they are not of these frames"))?;
        Ok((self.recall(total, fps, Some(&times))?, Some(times)))
    }

    /// The frames of a recipe, with the times that it carries.
    ///
    /// # Errors
    /// As [`Self::select`], and [`SamplingError::Times`] when the times do not fit.
    pub fn recall(&self, total: u32, fps: f64, times: Option<&Times>) -> Result<Timeline, SamplingError> {
        let Some(times) = times else { return self.select(total, fps) };
        self.check()?;
        let indices = match times.frames.as_slice() {
            [] => self.pick.indices(total, fps)?,
            frames => {
                let rising = frames.windows(2).all(|w| w[0] < w[1]);
                if !rising || frames.last() >= Some(&total) || frames.len() as u32 > self.most() {
                    return Err(SamplingError::Times("their frames fall, are too many or not in the source"));
                }
                frames.to_vec()
            }
        };
        let timeline = match self.clock {
            Clock::Pts => Timeline::presented(indices, times),
            _ => self.on_clock(indices, total, fps)?.knowing(times),
        };
        timeline.map_err(SamplingError::Times)
    }

    fn on_clock(&self, indices: Vec<u32>, total: u32, fps: f64) -> Result<Timeline, SamplingError> {
        if !(fps.is_finite() && fps > 0.0) {
            return Err(SamplingError::NoRate);
        }
        let sampling_fps = match self.clock {
            Clock::Virtual => {
                let duration = f64::from(total) / fps;
                if duration > 0.0 { indices.len() as f64 / duration } else { 0.0 }
            }
            Clock::Fixed { fps } => f64::from(fps),
            Clock::Pts => return Ok(Timeline::own(indices, total, fps)),
        };
        Ok(Timeline::even(indices, sampling_fps))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uniform_takes_middles() {
        let s = Sampling { pick: Pick::Uniform { count: 4 }, clock: Clock::Fixed { fps: 2 } };
        let t = s.select(16, 24.0).expect("long enough");
        assert_eq!(t.indices, [2, 6, 10, 14]);
        assert_eq!(t.edge(3), 1.5);
    }

    #[test]
    fn a_contract_survives_json() {
        let json = serde_json::to_string(&Sampling::videossr()).expect("serializes");
        assert_eq!(json, r#"{"pick":"videossr","count":48,"clock":"virtual"}"#);
        assert_eq!(serde_json::from_str::<Sampling>(&json).expect("parses"), Sampling::videossr());
        for wrong in [
            r#"{"pick":"videossr","count":48,"clock":"virtual","cuont":3}"#,
            r#"{"pick":"videossr","count":48,"clock":"virtual","fps":3}"#,
            r#"{"pick":"all","count":48,"clock":"virtual"}"#,
        ] {
            assert!(serde_json::from_str::<Sampling>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn parts_are_trimmed_at_both_ends() {
        let s =
            Sampling { pick: Pick::Parts { count: 4, parts: 2, trim: 100 }, clock: Clock::Fixed { fps: 2 } };
        // Parts 0..100 and 100..200, of which 10..90 and 110..190 are kept.
        assert_eq!(s.select(200, 24.0).expect("long enough").indices, [30, 70, 130, 170]);
        assert!(matches!(s.select(4, 24.0), Err(SamplingError::TooShort { .. })));
        let odd = Sampling { pick: Pick::Parts { count: 5, parts: 2, trim: 100 }, ..s };
        assert!(matches!(odd.select(200, 24.0), Err(SamplingError::Parts { .. })));
    }

    #[test]
    fn a_rate_takes_what_the_length_allows() {
        let s = Sampling { pick: Pick::Rate { rate: 1, count: 64 }, clock: Clock::Pts };
        let t = s.select(100, 25.0).expect("long enough");
        assert_eq!(t.indices, [0, 25, 50, 75]);
        assert_eq!([t.edge(1), t.edge(4)], [1.0, 4.0]);
        assert_eq!(t.sampling_fps, 1.0);
        assert!(matches!(s.select(20, 25.0), Err(SamplingError::TooShort { .. })));
    }

    #[test]
    fn places_between_frames_are_shown_between_their_times() {
        let s = Sampling { pick: Pick::Uniform { count: 4 }, clock: Clock::Fixed { fps: 2 } };
        let t = s.select(16, 24.0).expect("long enough");
        assert_eq!([0.0, 2.0, 4.0, 14.0, 16.0, 99.0].map(|p| t.shown(p)), [0.0, 0.0, 0.25, 1.5, 1.75, 2.0]);
    }

    #[test]
    fn impossible_counts_are_refused() {
        for count in [0, 1, 769, 1 << 31, u32::MAX] {
            for pick in [Pick::Videossr { count }, Pick::Uniform { count }] {
                let s = Sampling { pick, clock: Clock::Virtual };
                assert_eq!(s.select(u32::MAX, 24.0), Err(SamplingError::Count(count)));
            }
        }
        let still = Sampling { pick: Pick::Uniform { count: 4 }, clock: Clock::Fixed { fps: 0 } };
        assert_eq!(still.select(100, 24.0), Err(SamplingError::Clock));
    }
}
