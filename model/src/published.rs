//! The sizes of the published dense checkpoints, so that memory can be planned before anything is downloaded.
//!
//! From their `config.json`; the class defaults of `transformers` are different.

use crate::config::{Config, TextConfig, Tokens, VisionConfig};

/// Names that [`published`] knows.
pub const NAMES: [&str; 4] = ["2B", "4B", "8B", "32B"];

/// The sizes of Qwen3-VL by name, as in `2B`, `qwen3-vl-2b` or `Qwen/Qwen3-VL-2B-Instruct`.
#[must_use]
pub fn published(name: &str) -> Option<Config> {
    let name = name.to_ascii_lowercase();
    let name = name.strip_prefix("qwen/").unwrap_or(&name);
    let name = name.strip_prefix("qwen3-vl-").unwrap_or(name);
    let name = name.strip_suffix("-instruct").or_else(|| name.strip_suffix("-thinking")).unwrap_or(name);
    // hidden, MLP, layers, query heads, tied; tower: width, MLP, depth, taps
    let small = (1024, 4096, 24, [5, 11, 17]);
    let large = (1152, 4304, 27, [8, 16, 24]);
    let (hidden, intermediate, layers, heads, tied, tower) = match name {
        "2b" => (2048, 6144, 28, 16, true, small),
        "4b" => (2560, 9728, 36, 32, true, small),
        "8b" => (4096, 12_288, 36, 32, false, large),
        "32b" => (5120, 25_600, 64, 64, false, large),
        _ => return None,
    };
    Some(Config {
        text: TextConfig {
            vocab: 151_936,
            hidden,
            intermediate,
            layers,
            heads,
            kv_heads: 8,
            head_dim: 128,
            rms_eps: 1e-6,
            rope_theta: 5_000_000.0,
            mrope_section: [24, 20, 20],
            context: 262_144,
        },
        vision: VisionConfig {
            hidden: tower.0,
            intermediate: tower.1,
            depth: tower.2,
            heads: 16,
            channels: 3,
            patch: 16,
            temporal_patch: 2,
            merge: 2,
            out: hidden,
            side: 48,
            taps: tower.3.to_vec(),
        },
        tokens: Tokens {
            image_pad: 151_655,
            video_pad: 151_656,
            vision_start: 151_652,
            vision_end: 151_653,
            ends: vec![151_645, 151_643],
            pad: 151_643,
        },
        tied,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::count;

    #[test]
    fn parameter_counts_are_the_published_ones() {
        // From the repositories' safetensors indices.
        for (name, want) in [("2B", 2_127_532_032_u64), ("4B", 4_437_815_808), ("8B", 8_767_123_696)] {
            assert_eq!(count(&published(name).expect("known")), want, "{name}");
        }
        assert!(published("Qwen/Qwen3-VL-4B-Thinking").is_some() && published("7B").is_none());
    }

    #[test]
    fn sizes_fit_together_and_survive_json() {
        for name in NAMES {
            let config = published(name).expect("known");
            assert_eq!(config.check(), Ok(()));
            assert_eq!(Config::from_json(&config.to_json("bfloat16")), Ok(config), "{name}");
        }
    }
}
