//! How a model wants its pictures: sizes, frames and normalization, from its processor files.
//!
//! `transformers` 5 writes one `processor_config.json` with both halves in it, published repositories have
//! `preprocessor_config.json` and `video_preprocessor_config.json`. What a file leaves out has the published models'
//! value; what this implementation would do differently from what a file says is an error.

use scrubjay_core::source::qwen;
use serde_json::{Map, Value};

use crate::config::Config;

/// Bounds of an area in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Smallest (`shortest_edge`, which is an area in spite of its name).
    pub min: u32,
    /// Largest (`longest_edge`).
    pub max: u32,
}

/// What a model's processor files say.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Area of an image.
    pub image: Budget,
    /// Area of a whole clip: frames x height x width.
    pub video: Budget,
    /// Frames taken per second of a video.
    pub fps: f64,
    /// Fewest frames of a clip, if the video has them.
    pub min_frames: u32,
    /// Most frames of a clip.
    pub max_frames: u32,
    /// Whether each picture of a clip is bounded, too.
    pub cap_pixels_per_frame: bool,
    /// Taken off each channel, in parts of full brightness.
    pub mean: [f32; 3],
    /// Then each channel is divided by this.
    pub std: [f32; 3],
    /// What an 8-bit value is multiplied by before.
    pub rescale: f64,
    /// Side of a patch in pixels.
    pub patch: usize,
    /// Frames that one patch spans.
    pub temporal_patch: usize,
    /// Patches per side that become one token.
    pub merge: usize,
}

/// A setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {key}: {what}")]
pub struct SettingsError {
    /// The file.
    pub file: String,
    /// The key, with dots.
    pub key: String,
    /// What is wrong with it.
    pub what: String,
}

/// `processor_config.json`.
pub const BOTH: &str = "processor_config.json";
/// `preprocessor_config.json`.
pub const IMAGE: &str = "preprocessor_config.json";
/// `video_preprocessor_config.json`.
pub const VIDEO: &str = "video_preprocessor_config.json";

/// A half of the settings, and where it stands.
struct Part {
    file: &'static str,
    prefix: &'static str,
    map: Map<String, Value>,
}

impl Part {
    fn wrong(&self, key: &str, what: impl Into<String>) -> SettingsError {
        SettingsError { file: self.file.to_owned(), key: format!("{}{key}", self.prefix), what: what.into() }
    }

    fn get(&self, key: &str) -> Option<&Value> {
        self.map.get(key).filter(|v| !v.is_null())
    }

    fn whole(&self, key: &str, value: &Value) -> Result<u32, SettingsError> {
        let whole = value.as_u64().and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0);
        whole.ok_or_else(|| self.wrong(key, format!("{value} is not a whole number in 1..=4294967295")))
    }

    fn number(&self, key: &str, usual: u32) -> Result<u32, SettingsError> {
        self.get(key).map_or(Ok(usual), |value| self.whole(key, value))
    }

    fn real(&self, key: &str, usual: f64) -> Result<f64, SettingsError> {
        match self.get(key).map(|v| (v, v.as_f64())) {
            None => Ok(usual),
            Some((_, Some(x))) if x.is_finite() && x > 0.0 => Ok(x),
            Some((value, _)) => Err(self.wrong(key, format!("{value} is not a number above 0"))),
        }
    }

    fn switch(&self, key: &str, usual: bool) -> Result<bool, SettingsError> {
        match self.get(key) {
            None => Ok(usual),
            Some(value) => {
                value.as_bool().ok_or_else(|| self.wrong(key, format!("{value} is not true or false")))
            }
        }
    }

    /// `size`, which `min_pixels` and `max_pixels` override.
    fn budget(&self, usual: Budget) -> Result<Budget, SettingsError> {
        let of = |inner: &str, override_: &str, usual: u32| -> Result<u32, SettingsError> {
            if let Some(value) = self.get(override_) {
                return self.whole(override_, value);
            }
            match self.get("size").map(|size| size.get(inner)) {
                None => Ok(usual),
                Some(Some(value)) => self.whole(&format!("size.{inner}"), value),
                Some(None) => Err(self.wrong("size", format!("has no {inner}"))),
            }
        };
        let budget = Budget {
            min: of("shortest_edge", "min_pixels", usual.min)?,
            max: of("longest_edge", "max_pixels", usual.max)?,
        };
        if budget.min > budget.max {
            return Err(self.wrong("size", format!("{} is more than {}", budget.min, budget.max)));
        }
        Ok(budget)
    }

    fn channels(&self, key: &str, above_0: bool) -> Result<[f32; 3], SettingsError> {
        let Some(value) = self.get(key) else { return Ok([0.5; 3]) };
        let sound = |x: &f64| x.is_finite() && x.abs() <= 1e6 && (!above_0 || *x >= 1e-6);
        let list: Option<Vec<f32>> = value
            .as_array()
            .and_then(|list| list.iter().map(|v| v.as_f64().filter(sound).map(|x| x as f32)).collect());
        list.and_then(|l| l.try_into().ok())
            .ok_or_else(|| self.wrong(key, format!("{value} is not three numbers")))
    }

    /// What is done to every picture must be what is done here.
    fn same_steps(&self) -> Result<(), SettingsError> {
        for key in ["do_resize", "do_rescale", "do_normalize"] {
            if !self.switch(key, true)? {
                return Err(self.wrong(key, "false is not supported"));
            }
        }
        match self.number("resample", 3)? {
            3 => Ok(()),
            other => Err(self.wrong("resample", format!("{other} is not supported (only 3, bicubic)"))),
        }
    }
}

impl Default for Settings {
    /// The published models' values.
    fn default() -> Self {
        Self {
            image: Budget { min: 65_536, max: 16_777_216 },
            video: Budget { min: 4096, max: 25_165_824 },
            fps: 2.0,
            min_frames: 4,
            max_frames: 768,
            cap_pixels_per_frame: false,
            mean: [0.5; 3],
            std: [0.5; 3],
            rescale: 1.0 / 255.0,
            patch: 16,
            temporal_patch: 2,
            merge: 2,
        }
    }
}

impl Settings {
    /// Reads a model's files by their names; none of them must be there.
    ///
    /// # Errors
    /// [`SettingsError`] naming file and key: of the wrong kind, at odds with the other half or with `config`, or
    /// not what this implementation does.
    pub fn read<'a>(config: &Config, file: impl Fn(&str) -> Option<&'a [u8]>) -> Result<Self, SettingsError> {
        let (image, video) = (half(&file, "image_processor", IMAGE)?, half(&file, "video_processor", VIDEO)?);
        let usual = Self::default();
        let v = &config.vision;
        for part in [&image, &video] {
            part.same_steps()?;
            let sizes =
                [("patch_size", v.patch), ("temporal_patch_size", v.temporal_patch), ("merge_size", v.merge)];
            for (key, model) in sizes {
                let model = u32::try_from(model).unwrap_or(u32::MAX);
                let said = part.number(key, model)?;
                if said != model {
                    return Err(part.wrong(key, format!("{said}, but config.json has {model}")));
                }
            }
        }
        if v.temporal_patch != 2 {
            return Err(video.wrong("temporal_patch_size", format!("{} is not 2", v.temporal_patch)));
        }
        let settings = Self {
            image: image.budget(usual.image)?,
            video: video.budget(usual.video)?,
            fps: video.real("fps", usual.fps)?,
            min_frames: video.number("min_frames", usual.min_frames)?,
            max_frames: video.number("max_frames", usual.max_frames)?,
            cap_pixels_per_frame: video.switch("cap_pixels_per_frame", false)?,
            mean: image.channels("image_mean", false)?,
            std: image.channels("image_std", true)?,
            rescale: image.real("rescale_factor", usual.rescale)?,
            patch: v.patch,
            temporal_patch: v.temporal_patch,
            merge: v.merge,
        };
        if !(1e-6..=1e3).contains(&settings.rescale) {
            return Err(image.wrong("rescale_factor", format!("{} is outside 1e-6..=1e3", settings.rescale)));
        }
        if settings.min_frames > settings.max_frames {
            return Err(
                video.wrong("min_frames", format!("is more than max_frames = {}", settings.max_frames))
            );
        }
        let differs =
            |key| Err(video.wrong(key, "differs from the image processor's, which is not supported"));
        if video.channels("image_mean", false)? != settings.mean {
            return differs("image_mean");
        }
        if video.channels("image_std", true)? != settings.std {
            return differs("image_std");
        }
        if video.real("rescale_factor", usual.rescale)? != settings.rescale {
            return differs("rescale_factor");
        }
        Ok(settings)
    }

    /// The frames taken of a video of `total` frames at `fps`, by the processor's rule.
    #[must_use]
    pub fn sample(&self, total: u32, fps: f64) -> Vec<u32> {
        qwen::processor(total, fps, self.fps, self.min_frames, self.max_frames)
    }

    /// Height and width that an image is resized to.
    #[must_use]
    pub fn image_size(&self, height: u32, width: u32) -> Option<(u32, u32)> {
        qwen::image_size(height, width, self.factor(), self.image.min, self.image.max)
    }

    /// Height and width that the frames of a clip are resized to.
    #[must_use]
    pub fn clip_size(&self, frames: u32, height: u32, width: u32) -> Option<(u32, u32)> {
        let Budget { min, max } = self.video;
        let max = if self.cap_pixels_per_frame { qwen::capped(frames, min, max) } else { max };
        qwen::clip_size(frames, height, width, self.factor(), min, max)
    }

    /// Sides of pictures are multiples of this.
    fn factor(&self) -> u32 {
        u32::try_from(self.patch.saturating_mul(self.merge)).unwrap_or(u32::MAX)
    }
}

/// A half of the settings: under `key` of the common file, or else in a file of its own.
fn half<'a>(
    file: impl Fn(&str) -> Option<&'a [u8]>,
    key: &'static str,
    own: &'static str,
) -> Result<Part, SettingsError> {
    let read = |name: &'static str| -> Result<Map<String, Value>, SettingsError> {
        let wrong = |what: String| SettingsError { file: name.to_owned(), key: "(file)".to_owned(), what };
        let Some(bytes) = file(name) else { return Ok(Map::new()) };
        match serde_json::from_slice(bytes) {
            Ok(Value::Object(map)) => Ok(map),
            Ok(_) => Err(wrong("is not a JSON object".to_owned())),
            Err(e) => Err(wrong(format!("is not JSON: {e}"))),
        }
    };
    match read(BOTH)?.remove(key) {
        None | Some(Value::Null) => Ok(Part { file: own, prefix: "", map: read(own)? }),
        Some(Value::Object(map)) => {
            let prefix = if key == "image_processor" { "image_processor." } else { "video_processor." };
            Ok(Part { file: BOTH, prefix, map })
        }
        Some(_) => Err(SettingsError {
            file: BOTH.to_owned(),
            key: key.to_owned(),
            what: "is not an object".to_owned(),
        }),
    }
}
