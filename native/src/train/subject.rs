//! What is trained: a model of a folder or a fresh small one, how it is read again, and how it is written.

use std::path::{Path, PathBuf};

use scrubjay_core::preset::{Lora, Preset, Tower};
use scrubjay_core::recipe::Picture;
use scrubjay_core::reward::videoreasoner::{END, START};
use scrubjay_model::config::Config;
use scrubjay_model::device::{DtypeName, Opened};
use scrubjay_model::export;
use scrubjay_model::layout::Layout;
use scrubjay_model::learn::Selection;
use scrubjay_model::lora::{self, LoraConfig};
use scrubjay_model::policy::Policy;
use scrubjay_model::processor::Processor;
use scrubjay_model::toy;

use crate::error::Error;
use crate::model::{Folder, device};

/// Where weights come from.
#[derive(Debug, Clone)]
enum Origin {
    /// Drawn from the run's seed.
    Fresh,
    /// A checkpoint's folder.
    Folder(PathBuf),
}

/// A model to be trained, on its device.
#[derive(Debug)]
pub struct Subject {
    origin: Origin,
    /// Conversations and pictures to prompts.
    pub processor: Processor,
    /// Where it is computed.
    pub device: Opened,
    /// What it computes in.
    pub dtype: DtypeName,
    lora: Option<Lora>,
    trained: Selection,
    seed: u64,
}

impl Subject {
    /// Looks at what is to be trained, without reading weights.
    ///
    /// # Errors
    /// [`Error`] naming the key, the option or the folder that cannot be used.
    pub fn open(
        preset: &Preset,
        folder: Option<&Path>,
        device_name: &str,
        dtype: Option<&str>,
    ) -> Result<Self, Error> {
        let (origin, processor) = match (folder, &preset.model) {
            (Some(path), _) => {
                (Origin::Folder(path.to_owned()), Folder::open(path, Layout::default())?.processor)
            }
            (None, Some(shape)) => {
                let side = match preset.data.picture {
                    Picture::Exact { width, height } if width == height => width as usize,
                    _ => {
                        return Err(Error::usage(
                            "data.picture: a model that is built here needs square pictures (fit = \"exact\", width = \
                             height)",
                        ));
                    }
                };
                let config = toy::config(shape, side).map_err(|e| Error::usage(format!("model: {e}")))?;
                (Origin::Fresh, toy::processor(&config).map_err(|e| Error::failed(e.to_string()))?)
            }
            (None, None) => {
                return Err(Error::usage(
                    "this preset has no [model] table, so that there is no model to build; name a checkpoint's folder \
                     with --model",
                ));
            }
        };
        let fresh = matches!(origin, Origin::Fresh);
        if fresh && dtype.is_some_and(|d| d != "f32") {
            return Err(Error::usage("--dtype: a model that is built here learns in f32"));
        }
        // A toy is quicker on the CPU than on most GPUs, and its figures are known there.
        let name = if fresh && device_name == "auto" { "cpu" } else { device_name };
        let (device, dtype) = device(name, if fresh { Some("f32") } else { dtype })?;
        let trained = match (&preset.train.lora, preset.train.tower) {
            (Some(_), _) => Selection::Adapters,
            (None, Tower::Frozen) => Selection::Decoder,
            (None, Tower::Trained) => Selection::All,
        };
        let (lora, seed) = (preset.train.lora.clone(), preset.train.seed);
        Ok(Self { origin, processor, device, dtype, lora, trained, seed })
    }

    /// The model's sizes.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.processor.config
    }

    /// Whether the tower stays as it is, so that what it says of a picture can be kept.
    #[must_use]
    pub fn tower_is_frozen(&self) -> bool {
        self.trained != Selection::All
    }

    /// The model as training begins.
    ///
    /// # Errors
    /// [`Error`] naming what cannot be read.
    pub fn begin(&self) -> Result<Policy, Error> {
        let policy = match &self.origin {
            Origin::Folder(path) => self.load(path)?,
            Origin::Fresh => self.fresh()?,
        };
        Ok(self.prepare(match &self.lora {
            Some(lora) => policy
                .with_lora(&lora_config(lora), self.seed)
                .map_err(|e| Error::usage(format!("train.lora: {e}")))?,
            None => policy,
        }))
    }

    /// The model of a checkpoint of this run.
    ///
    /// # Errors
    /// [`Error`] naming what cannot be read.
    pub fn restore(&self, checkpoint: &Path) -> Result<Policy, Error> {
        if self.lora.is_none() {
            return Ok(self.prepare(self.load(checkpoint)?));
        }
        let base = match &self.origin {
            Origin::Folder(path) => self.load(path)?,
            Origin::Fresh => self.fresh()?,
        };
        Ok(self.prepare(lora::load(base, checkpoint).map_err(|e| Error::path(checkpoint, e))?))
    }

    /// The model that a phase began with, sharing with `policy` what both have in common.
    ///
    /// # Errors
    /// [`Error`] naming what cannot be read.
    pub fn reference(&self, policy: &Policy, folder: &Path) -> Result<Policy, Error> {
        if self.lora.is_none() {
            return self.restore(folder);
        }
        let base = policy.clone().without_lora();
        Ok(self.prepare(lora::load(base, folder).map_err(|e| Error::path(folder, e))?))
    }

    fn fresh(&self) -> Result<Policy, Error> {
        Policy::new(self.config(), self.seed, &self.device.device).map_err(|e| Error::failed(e.to_string()))
    }

    fn load(&self, folder: &Path) -> Result<Policy, Error> {
        let opened = Folder::open(folder, Layout::default())?;
        Ok(opened.load(self.device.clone(), self.dtype, &|_| ())?.policy)
    }

    fn prepare(&self, policy: Policy) -> Policy {
        let tokenizer = &self.processor.tokenizer;
        let mut never = tokenizer.forbidden(self.config());
        // Marks that a task's answers are made of may be said where a tokenizer has them as marks.
        for id in [START, END].into_iter().filter_map(|mark| tokenizer.id(mark)) {
            if let Some(never) = never.get_mut(id as usize) {
                *never = false;
            }
        }
        policy.forbidding(never).training(self.trained)
    }

    /// Writes what a checkpoint needs of the model: all of it, or its adapters.
    ///
    /// # Errors
    /// [`Error`] naming the folder.
    pub fn save(&self, policy: &Policy, folder: &Path) -> Result<(), Error> {
        if self.lora.is_none() {
            return self.export(policy, folder);
        }
        let base = match &self.origin {
            Origin::Folder(path) => path.to_str(),
            Origin::Fresh => None,
        };
        lora::save(policy, folder, base)
            .map_err(|e| Error::path(folder, format!("the adapters cannot be saved: {e}")))
    }

    /// Writes the folder that others read: as [`Self::export`], with what else small lay beside the model that training
    /// began with, and a configuration that says how the weights are stored.
    ///
    /// # Errors
    /// [`Error`] naming the folder.
    pub fn publish(&self, policy: &Policy, folder: &Path) -> Result<(), Error> {
        self.export(policy, folder)?;
        if let Origin::Folder(path) = &self.origin {
            export::small_files(path, folder).map_err(|e| Error::path(folder, e))?;
        }
        let path = folder.join("config.json");
        let fail = |e: &dyn std::fmt::Display| Error::path(&path, format!("cannot be written: {e}"));
        let bytes = std::fs::read(&path).map_err(|e| fail(&e))?;
        let mut config: serde_json::Value = serde_json::from_slice(&bytes).map_err(|e| fail(&e))?;
        let mut changed = false;
        for key in ["dtype", "torch_dtype"] {
            let stated = config.get_mut(key).filter(|s| s.as_str() != Some(stored(self.dtype)));
            if let Some(stated) = stated {
                *stated = stored(self.dtype).into();
                changed = true;
            }
        }
        if changed {
            std::fs::write(&path, format!("{config:#}\n")).map_err(|e| fail(&e))?;
        }
        Ok(())
    }

    /// Writes a whole model's folder, adapters merged.
    ///
    /// # Errors
    /// [`Error`] naming the folder.
    pub fn export(&self, policy: &Policy, folder: &Path) -> Result<(), Error> {
        let fail = |e: &dyn std::fmt::Display| Error::path(folder, format!("the model cannot be saved: {e}"));
        for (name, bytes) in self.processor.files() {
            std::fs::write(folder.join(name), bytes).map_err(|e| fail(&e))?;
        }
        export::save(policy, folder, stored(self.dtype), export::SHARD_BYTES).map_err(|e| fail(&e))
    }
}

fn lora_config(lora: &Lora) -> LoraConfig {
    let all = LoraConfig { rank: lora.rank, alpha: lora.alpha, ..LoraConfig::default() };
    if lora.targets.is_empty() {
        return all;
    }
    LoraConfig { targets: lora.targets.iter().map(ToString::to_string).collect(), ..all }
}

/// A type's name in published files.
fn stored(dtype: DtypeName) -> &'static str {
    match dtype {
        DtypeName::F32 => "float32",
        DtypeName::Bf16 => "bfloat16",
        DtypeName::F16 => "float16",
    }
}
