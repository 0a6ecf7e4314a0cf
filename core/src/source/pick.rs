//! The rules by which frames are chosen.

use super::qwen::Rule;
use super::{SamplingError, SourceTimes, Windows, qwen};

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
    /// `count` frames from the first to the last, evenly: `round(linspace(0, total - 1, count))`, which is what
    /// Qwen's processor takes when it is told a number of frames, and VideoReasoner's uniform grid.
    Linspace {
        /// How many.
        count: u32,
    },
    /// `rate` frames of every `per` seconds by the rule of one of Qwen's own readers, then evenly from the first frame
    /// to the last.
    Qwen {
        /// Whose rule.
        rule: Rule,
        /// Frames.
        rate: u32,
        /// Seconds.
        per: u32,
        /// Fewest frames, where the source has them.
        fewest: u32,
        /// Most frames.
        count: u32,
    },
    /// Dense inside the windows that matter and sparse elsewhere (VideoReasoner, methods §4.4).
    Focus {
        /// How many frames.
        count: u32,
        /// What matters.
        windows: Windows,
    },
}

impl Pick {
    /// How many frames are taken; at most so many where the source's length decides.
    #[must_use]
    pub fn most(&self) -> u32 {
        match *self {
            Self::Videossr { count }
            | Self::Uniform { count }
            | Self::Linspace { count }
            | Self::Rate { count, .. }
            | Self::Parts { count, .. }
            | Self::Qwen { count, .. }
            | Self::Focus { count, .. } => count,
        }
    }

    /// Whether any source can meet it.
    pub(super) fn check(&self) -> Result<(), SamplingError> {
        let usual = 1..=1000;
        match *self {
            Self::Rate { rate, .. } if !usual.contains(&rate) => Err(SamplingError::Rate { rate, per: 1 }),
            Self::Parts { count, parts, trim } if trim > 400 || parts == 0 || count % parts != 0 => {
                Err(SamplingError::Parts { count, parts, trim })
            }
            // 29.97 a second is 2997 of 100.
            Self::Qwen { rate, per, .. }
                if !(1..=1_000_000_000).contains(&rate) || !(1..=1_000_000).contains(&per) =>
            {
                Err(SamplingError::Rate { rate, per })
            }
            Self::Qwen { fewest, count, .. } if fewest > count => Err(SamplingError::Bounds(fewest, count)),
            _ => Ok(()),
        }
    }

    /// The frames of a source whose rate is not constant, for the picks that choose by time; rising.
    pub(super) fn by_time(&self, times: &SourceTimes) -> Option<Vec<u32>> {
        match *self {
            Self::Rate { rate, count } => {
                let all = (0..count).map(|k| f64::from(k) / f64::from(rate));
                let mut frames: Vec<u32> =
                    all.take_while(|t| *t < times.duration()).map(|t| times.frame_at(t)).collect();
                frames.dedup();
                Some(frames)
            }
            Self::Focus { count, windows } => {
                let total = times.ticks.len().saturating_sub(1) as u32;
                Some(windows.frames(total, times.duration(), count, |t| times.frame_at(t)))
            }
            _ => None,
        }
    }

    /// The chosen frames of a source of `total` frames at `fps` a second, never falling.
    pub(super) fn indices(&self, total: u32, fps: f64) -> Result<Vec<u32>, SamplingError> {
        let wanted = self.most();
        let too_short = |usable| Err(SamplingError::TooShort { total, usable, wanted });
        match *self {
            Self::Videossr { count } => {
                let start = (0.05 * f64::from(total)) as u32;
                let end = (0.95 * f64::from(total)) as u32;
                let usable = end - start;
                if usable < count {
                    return too_short(usable);
                }
                let interval = usable / count;
                Ok((0..count).map(|i| start + i * interval).collect())
            }
            Self::Uniform { count } => {
                if total < count {
                    return too_short(total);
                }
                let at = |i: u32| (u64::from(2 * i + 1) * u64::from(total) / u64::from(2 * count)) as u32;
                Ok((0..count).map(at).collect())
            }
            Self::Rate { rate, count } => {
                // A source slower than the rate gives each of its frames once.
                let step = (fps / f64::from(rate)).max(1.0);
                let all = (0..count).map(|k| f64::from(k) * step).take_while(|at| *at < f64::from(total));
                let chosen: Vec<u32> = all.map(|at| at as u32).collect();
                if chosen.len() < 2 { too_short(chosen.len() as u32) } else { Ok(chosen) }
            }
            Self::Parts { count, parts, trim } => {
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
            Self::Linspace { count } => {
                if total < count {
                    too_short(total)
                } else {
                    Ok(qwen::evenly(total, count))
                }
            }
            Self::Qwen { rule, rate, per, fewest, count } => {
                let rate = f64::from(rate) / f64::from(per);
                let chosen = match rule {
                    Rule::Processor => qwen::processor(total, fps, rate, fewest, count),
                    Rule::Utils => qwen::utils(total, fps, rate, fewest, count).unwrap_or_default(),
                };
                if chosen.len() < 2 { too_short(total) } else { Ok(chosen) }
            }
            Self::Focus { count, windows } => {
                if total < 2 {
                    return too_short(total);
                }
                let at = |t: f64| ((t * fps) as u32).min(total - 1);
                Ok(windows.frames(total, f64::from(total) / fps, count, at))
            }
        }
    }
}
