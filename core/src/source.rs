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
    /// `rate` frames of every second from the start on, at most `count` (MVP decodes at 1, methods §2.2).
    Rate {
        /// Frames taken of each second of the source.
        rate: u32,
        /// Most frames.
        count: u32,
    },
    /// `count` frames from `parts` equal parts, none from the outer `trim` thousandths on either side of a part, so
    /// that the borders of a jigsaw's clips do not continue each other (Visual Jigsaw, methods §6).
    Parts {
        /// How many frames; a multiple of `parts`.
        count: u32,
        /// How many parts.
        parts: u32,
        /// Thousandths of a part left out at each of its ends, 0..=400.
        trim: u32,
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
    /// The source's own time: frame number over frame rate, which is the presentation time wherever the rate is
    /// constant.
    Pts,
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rate: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parts: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trim: Option<u32>,
}

impl From<Sampling> for Written {
    fn from(sampling: Sampling) -> Self {
        let (mut rate, mut parts, mut trim) = (None, None, None);
        let pick = match sampling.pick {
            Pick::Videossr { .. } => "videossr",
            Pick::Uniform { .. } => "uniform",
            Pick::Rate { rate: r, .. } => {
                rate = Some(r);
                "rate"
            }
            Pick::Parts { parts: p, trim: t, .. } => {
                (parts, trim) = (Some(p), Some(t));
                "parts"
            }
        };
        let (clock, fps) = match sampling.clock {
            Clock::Virtual => ("virtual", None),
            Clock::Fixed { fps } => ("fixed", Some(fps)),
            Clock::Pts => ("pts", None),
        };
        Self {
            pick: pick.to_owned(),
            count: sampling.most(),
            clock: clock.to_owned(),
            fps,
            rate,
            parts,
            trim,
        }
    }
}

impl TryFrom<Written> for Sampling {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let Written { pick, count, clock, fps, rate, parts, trim } = written;
        let pick = match (pick.as_str(), rate, parts, trim) {
            ("videossr", None, None, None) => Pick::Videossr { count },
            ("uniform", None, None, None) => Pick::Uniform { count },
            ("rate", Some(rate), None, None) => Pick::Rate { rate, count },
            ("parts", None, Some(parts), Some(trim)) => Pick::Parts { count, parts, trim },
            ("rate", ..) => return Err("pick = 'rate' needs rate, and no parts or trim".to_owned()),
            ("parts", ..) => return Err("pick = 'parts' needs parts and trim, and no rate".to_owned()),
            ("videossr" | "uniform", ..) => return Err(format!("pick = '{pick}' takes count alone")),
            _ => return Err(format!("pick = '{pick}': known are videossr, uniform, rate and parts")),
        };
        let clock = match (clock.as_str(), fps) {
            ("virtual", None) => Clock::Virtual,
            ("pts", None) => Clock::Pts,
            ("fixed", Some(fps)) => Clock::Fixed { fps },
            ("virtual" | "pts", Some(_)) => return Err(format!("clock = '{clock}' takes no fps")),
            ("fixed", None) => return Err("clock = 'fixed' needs fps".to_owned()),
            _ => return Err(format!("clock = '{clock}': known are virtual, fixed and pts")),
        };
        Ok(Self { pick, clock })
    }
}

/// The frames a contract chose from one source.
#[derive(Debug, Clone, PartialEq)]
pub struct Timeline {
    /// Source frame numbers, never falling.
    pub indices: Vec<u32>,
    /// Shown frames per second, on average.
    pub sampling_fps: f64,
    /// Shown time of every edge where the clock is not even: one more than there are frames; and how long the source
    /// lasts on that clock.
    edges: Option<(Vec<f64>, f64)>,
}

impl Timeline {
    /// Frames on an even clock: frame `i` is shown at `i / sampling_fps` seconds.
    #[must_use]
    pub fn even(indices: Vec<u32>, sampling_fps: f64) -> Self {
        Self { indices, sampling_fps, edges: None }
    }

    /// Frames at their own times in a source of `total` frames at `fps`.
    fn own(indices: Vec<u32>, total: u32, fps: f64) -> Self {
        let step = indices.windows(2).map(|w| w[1] - w[0]).max().unwrap_or(1);
        let end = indices.last().map_or(0, |last| last.saturating_add(step).min(total));
        let edges: Vec<f64> = indices.iter().chain([&end]).map(|&i| f64::from(i) / fps).collect();
        let whole = edges.last().copied().unwrap_or(0.0) - edges[0];
        let sampling_fps = if whole > 0.0 { indices.len() as f64 / whole } else { 0.0 };
        Self { indices, sampling_fps, edges: Some((edges, f64::from(total) / fps)) }
    }

    /// Shown time of an edge (frame `i` begins at edge `i`), in seconds.
    #[must_use]
    pub fn edge(&self, i: u32) -> f64 {
        match &self.edges {
            Some((edges, _)) => edges.get(i as usize).or(edges.last()).copied().unwrap_or(0.0),
            None if self.sampling_fps > 0.0 => f64::from(i) / self.sampling_fps,
            None => 0.0,
        }
    }

    /// How long the whole lasts on the shown clock, in seconds: what parts of the whole are parts of.
    #[must_use]
    pub fn duration(&self) -> f64 {
        match &self.edges {
            Some((_, duration)) => *duration,
            None => self.edge(self.indices.len() as u32),
        }
    }

    /// Shown time of a place in the source, given as a frame number that may lie between frames: linear between
    /// the chosen frames, and held within them.
    #[must_use]
    pub fn shown(&self, place: f64) -> f64 {
        let n = self.indices.len();
        let after = self.indices.partition_point(|&i| f64::from(i) <= place);
        let Some(i) = after.checked_sub(1) else { return self.edge(0) };
        let from = f64::from(self.indices[i]);
        let step = match self.indices.get(i + 1) {
            Some(&next) => f64::from(next) - from,
            // Past the last frame: as long as the frame before it.
            None if n > 1 => from - f64::from(self.indices[n - 2]),
            None => 1.0,
        };
        let along = if step > 0.0 { ((place - from) / step).clamp(0.0, 1.0) } else { 0.0 };
        let (a, b) = (self.edge(i as u32), self.edge(i as u32 + 1));
        a + (b - a) * along
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
    #[error("{0} frames of every second; a contract takes 1 to 1000")]
    Rate(u32),
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

    /// How many frames an item has; at most so many where the source's length decides.
    #[must_use]
    pub fn most(&self) -> u32 {
        match self.pick {
            Pick::Videossr { count }
            | Pick::Uniform { count }
            | Pick::Rate { count, .. }
            | Pick::Parts { count, .. } => count,
        }
    }

    /// Whether the contract can be met by any source.
    ///
    /// # Errors
    /// [`SamplingError`] naming the value that no source can satisfy.
    pub fn check(&self) -> Result<(), SamplingError> {
        if !(2..=MAX_FRAMES).contains(&self.most()) {
            return Err(SamplingError::Count(self.most()));
        }
        match self.pick {
            Pick::Rate { rate, .. } if !(1..=1000).contains(&rate) => return Err(SamplingError::Rate(rate)),
            Pick::Parts { count, parts, trim } if trim > 400 || parts == 0 || count % parts != 0 => {
                return Err(SamplingError::Parts { count, parts, trim });
            }
            _ => {}
        }
        if self.clock == (Clock::Fixed { fps: 0 }) { Err(SamplingError::Clock) } else { Ok(()) }
    }

    /// Chooses frames from a source of `total` frames at `fps` frames per second on average.
    ///
    /// # Errors
    /// [`SamplingError`] when the source is too short or has no usable frame rate.
    pub fn select(&self, total: u32, fps: f64) -> Result<Timeline, SamplingError> {
        self.check()?;
        let indices = self.indices(total, fps)?;
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

    fn indices(&self, total: u32, fps: f64) -> Result<Vec<u32>, SamplingError> {
        let wanted = self.most();
        let too_short = |usable| Err(SamplingError::TooShort { total, usable, wanted });
        match self.pick {
            Pick::Videossr { count } => {
                let start = (0.05 * f64::from(total)) as u32;
                let end = (0.95 * f64::from(total)) as u32;
                let usable = end - start;
                if usable < count {
                    return too_short(usable);
                }
                let interval = usable / count;
                Ok((0..count).map(|i| start + i * interval).collect())
            }
            Pick::Uniform { count } => {
                if total < count {
                    return too_short(total);
                }
                let at = |i: u32| (u64::from(2 * i + 1) * u64::from(total) / u64::from(2 * count)) as u32;
                Ok((0..count).map(at).collect())
            }
            Pick::Rate { rate, count } => {
                // A source slower than the rate gives each of its frames once.
                let step = (fps / f64::from(rate)).max(1.0);
                let all = (0..count).map(|k| f64::from(k) * step).take_while(|at| *at < f64::from(total));
                let chosen: Vec<u32> = all.map(|at| at as u32).collect();
                if chosen.len() < 2 { too_short(chosen.len() as u32) } else { Ok(chosen) }
            }
            Pick::Parts { count, parts, trim } => {
                let each = count / parts;
                // Thousandths of a frame, so that trimming needs no floating point.
                let part = u64::from(total) * 1000 / u64::from(parts);
                let (from, kept) = (part * u64::from(trim) / 1000, part * u64::from(1000 - 2 * trim) / 1000);
                if kept < u64::from(each) * 1000 {
                    return too_short((kept / 1000) as u32 * parts);
                }
                let at = |i: u32| {
                    let (p, k) = (u64::from(i / each), u64::from(i % each));
                    (p * part + from + kept * (2 * k + 1) / u64::from(2 * each)) / 1000
                };
                Ok((0..count).map(|i| at(i) as u32).collect())
            }
        }
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
