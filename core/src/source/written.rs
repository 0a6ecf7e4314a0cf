//! The contract as it is written in recipes and presets.

use serde::{Deserialize, Serialize};

use super::qwen::Rule;
use super::{Clock, Pick, Sampling, Windows};

/// The contract as it is written: one flat table, in which an unknown key is an error.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    per: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fewest: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    windows: Option<Windows>,
}

impl From<Sampling> for Written {
    fn from(sampling: Sampling) -> Self {
        let (mut rate, mut parts, mut trim, mut per, mut fewest, mut windows) =
            (None, None, None, None, None, None);
        let pick = match sampling.pick {
            Pick::Videossr { .. } => "videossr",
            Pick::Uniform { .. } => "uniform",
            Pick::Linspace { .. } => "linspace",
            Pick::Rate { rate: r, .. } => {
                rate = Some(r);
                "rate"
            }
            Pick::Parts { parts: p, trim: t, .. } => {
                (parts, trim) = (Some(p), Some(t));
                "parts"
            }
            Pick::Qwen { rule, rate: r, per: p, fewest: f, .. } => {
                (rate, fewest) = (Some(r), Some(f));
                per = (p != 1).then_some(p);
                match rule {
                    Rule::Processor => "qwen-processor",
                    Rule::Utils => "qwen-vl-utils",
                }
            }
            Pick::Focus { windows: w, .. } => {
                windows = Some(w);
                "focus"
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
            per,
            fewest,
            windows,
        }
    }
}

impl TryFrom<Written> for Sampling {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let Written { pick, count, clock, fps, rate, parts, trim, per, fewest, windows } = written;
        let given = [
            ("rate", rate.is_some()),
            ("parts", parts.is_some()),
            ("trim", trim.is_some()),
            ("per", per.is_some()),
            ("fewest", fewest.is_some()),
            ("windows", windows.is_some()),
        ];
        // Each pick takes its own keys and no others; those after the bar may be left out.
        let (needs, may): (&[&str], &[&str]) = match pick.as_str() {
            "videossr" | "uniform" | "linspace" => (&[], &[]),
            "rate" => (&["rate"], &[]),
            "parts" => (&["parts", "trim"], &[]),
            "qwen-processor" | "qwen-vl-utils" => (&["rate", "fewest"], &["per"]),
            "focus" => (&["windows"], &[]),
            _ => {
                return Err(format!(
                    "pick = '{pick}': known are videossr, uniform, linspace, rate, parts, qwen-processor, \
                     qwen-vl-utils and focus"
                ));
            }
        };
        for (key, given) in given {
            match (given, needs.contains(&key), may.contains(&key)) {
                (false, true, _) => return Err(format!("pick = '{pick}' needs {key}")),
                (true, false, false) => return Err(format!("pick = '{pick}' takes no {key}")),
                _ => {}
            }
        }
        // What is needed is there: the zeros below are never taken.
        let (rate, fewest) = (rate.unwrap_or(0), fewest.unwrap_or(0));
        let qwen = |rule| Pick::Qwen { rule, rate, per: per.unwrap_or(1), fewest, count };
        let pick = match pick.as_str() {
            "videossr" => Pick::Videossr { count },
            "uniform" => Pick::Uniform { count },
            "linspace" => Pick::Linspace { count },
            "rate" => Pick::Rate { rate, count },
            "parts" => Pick::Parts { count, parts: parts.unwrap_or(0), trim: trim.unwrap_or(0) },
            "qwen-processor" => qwen(Rule::Processor),
            "qwen-vl-utils" => qwen(Rule::Utils),
            _ => Pick::Focus { count, windows: windows.unwrap_or_default() },
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
