//! Where frames come from, and the sampling contract: which of them are shown, and at what stated time.

use serde::{Deserialize, Serialize};

use crate::scene::Family;
use crate::time::Rate;

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

/// Which source frames are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pick {
    /// VideoSSR's rule: from 5 % to 95 % of the video, an integer step apart (public `sample_frames.py`).
    Videossr {
        /// How many; the paper takes 48.
        count: u32,
    },
    /// The middles of `count` equal parts of the whole video.
    Uniform {
        /// How many.
        count: u32,
    },
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
}

/// Most frames that a contract may take: the limit of Qwen3-VL's own processor.
pub const MAX_FRAMES: u32 = 768;

/// The sampling contract, carried in every recipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Written", try_from = "Written")]
pub struct Sampling {
    /// Which frames.
    pub pick: Pick,
    /// Which times.
    pub clock: Clock,
}

/// The contract as it is written: one flat table, in which an unknown key is an error.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    pick: String,
    count: u32,
    clock: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fps: Option<u32>,
}

impl From<Sampling> for Written {
    fn from(sampling: Sampling) -> Self {
        let (pick, count) = match sampling.pick {
            Pick::Videossr { count } => ("videossr", count),
            Pick::Uniform { count } => ("uniform", count),
        };
        let (clock, fps) = match sampling.clock {
            Clock::Virtual => ("virtual", None),
            Clock::Fixed { fps } => ("fixed", Some(fps)),
        };
        Self { pick: pick.to_owned(), count, clock: clock.to_owned(), fps }
    }
}

impl TryFrom<Written> for Sampling {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let count = written.count;
        let pick = match written.pick.as_str() {
            "videossr" => Pick::Videossr { count },
            "uniform" => Pick::Uniform { count },
            other => return Err(format!("pick = '{other}': known are videossr and uniform")),
        };
        let clock = match (written.clock.as_str(), written.fps) {
            ("virtual", None) => Clock::Virtual,
            ("fixed", Some(fps)) => Clock::Fixed { fps },
            ("virtual", Some(_)) => return Err("clock = 'virtual' takes no fps".to_owned()),
            ("fixed", None) => return Err("clock = 'fixed' needs fps".to_owned()),
            (other, _) => return Err(format!("clock = '{other}': known are virtual and fixed")),
        };
        Ok(Self { pick, clock })
    }
}

/// The frames a contract chose from one source.
#[derive(Debug, Clone, PartialEq)]
pub struct Timeline {
    /// Source frame numbers, increasing.
    pub indices: Vec<u32>,
    /// Shown frames per second: frame `i` is shown at `i / sampling_fps` seconds.
    pub sampling_fps: f64,
}

impl Timeline {
    /// Shown time of an edge (frame `i` begins at edge `i`), in seconds.
    #[must_use]
    pub fn edge(&self, i: u32) -> f64 {
        if self.sampling_fps > 0.0 { f64::from(i) / self.sampling_fps } else { 0.0 }
    }
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
    /// The contract's own clock stands still.
    #[error("a clock of 0 frames per second")]
    Clock,
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

    /// How many frames an item has.
    #[must_use]
    pub fn count(&self) -> u32 {
        match self.pick {
            Pick::Videossr { count } | Pick::Uniform { count } => count,
        }
    }

    /// Chooses frames from a source of `total` frames at `fps` frames per second on average.
    ///
    /// # Errors
    /// [`SamplingError`] when the source is too short or has no usable frame rate.
    pub fn select(&self, total: u32, fps: f64) -> Result<Timeline, SamplingError> {
        let wanted = self.count();
        if !(2..=MAX_FRAMES).contains(&wanted) {
            return Err(SamplingError::Count(wanted));
        }
        if self.clock == (Clock::Fixed { fps: 0 }) {
            return Err(SamplingError::Clock);
        }
        let indices = match self.pick {
            Pick::Videossr { count } => {
                let start = (0.05 * f64::from(total)) as u32;
                let end = (0.95 * f64::from(total)) as u32;
                let usable = end - start;
                if usable < count {
                    return Err(SamplingError::TooShort { total, usable, wanted });
                }
                let interval = usable / count;
                (0..count).map(|i| start + i * interval).collect()
            }
            Pick::Uniform { count } => {
                if total < count {
                    return Err(SamplingError::TooShort { total, usable: total, wanted });
                }
                let at = |i: u32| (u64::from(2 * i + 1) * u64::from(total) / u64::from(2 * count)) as u32;
                (0..count).map(at).collect()
            }
        };
        if !(fps.is_finite() && fps > 0.0) {
            return Err(SamplingError::NoRate);
        }
        let sampling_fps = match self.clock {
            Clock::Virtual => {
                let duration = f64::from(total) / fps;
                if duration > 0.0 { f64::from(wanted) / duration } else { 0.0 }
            }
            Clock::Fixed { fps } => f64::from(fps),
        };
        Ok(Timeline { indices, sampling_fps })
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
