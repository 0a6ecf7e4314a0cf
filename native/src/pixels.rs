//! Who does an item's pixel work: core, or a GPU where one is asked for.
//!
//! The bytes are the same. A GPU that is not there, is lost or does not answer leaves its work to core, in the same call;
//! [`Account`] says who did how much and why.

#[cfg(feature = "wgpu")]
mod gpu;
#[cfg(not(feature = "wgpu"))]
#[path = "pixels/none.rs"]
mod gpu;

use std::collections::BTreeMap;
use std::sync::Arc;

use scrubjay_core::frame::Frame;
use scrubjay_core::item::{Item, RealizeError, realize};
use scrubjay_core::recipe::Recipe;
use scrubjay_model::device::{DeviceName, Opened};

use crate::error::Error;

/// Who does the work; clones share a device and an account. Core unless said otherwise.
#[derive(Debug, Clone, Default)]
pub struct Pixels(Option<Arc<gpu::Worker>>);

/// Who did how much, in pieces of work: a perturbed segment, or an item's shapes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Account {
    /// Pieces that a GPU did.
    pub gpu: u64,
    /// Pieces that core did in a GPU's place: how many and the first reason in words, by the reason in one word: `refused`,
    /// `lost`, `memory`, `too-large`, `late` or `failed`.
    pub core: BTreeMap<&'static str, (u64, String)>,
}

impl Account {
    /// What core did in a GPU's place: each cause in one word, and a sentence.
    #[must_use]
    pub fn excuses(&self) -> Vec<(&'static str, String)> {
        let one = |(cause, (n, first)): (&&'static str, &(u64, String))| {
            let pieces = if *n == 1 { "piece" } else { "pieces" };
            let did = format!("the CPU did {n} {pieces} of pixel work in the GPU's place");
            (*cause, format!("{did}: {cause}: {first}"))
        };
        self.core.iter().map(one).collect()
    }
}

impl Pixels {
    /// Opens a device by its name: `cpu` is core; `wgpu` is the adapter that wgpu prefers, software too; `auto` is a GPU
    /// that is no software, else core. A device that is refused is no error: core works in its place, and
    /// [`Pixels::refusal`] says why.
    ///
    /// # Errors
    /// Usage for other names; failure where `wgpu` is not built in.
    pub fn open(device: &str) -> Result<Self, Error> {
        match device.parse() {
            Ok(DeviceName::Cpu) => Ok(Self::default()),
            Ok(name @ (DeviceName::Auto | DeviceName::Wgpu)) => gpu::open(name).map(Self),
            Ok(name @ DeviceName::Cuda(_)) => {
                Err(Error::usage(format!("--device {name}: pictures are worked on by auto, cpu or wgpu")))
            }
            Err(_) => {
                Err(Error::usage(format!("--device {device:?}: pictures are worked on by auto, cpu or wgpu")))
            }
        }
    }

    /// Works where a model computes, if that is a device of wgpu, else in core. Who named such a device gets it in software,
    /// too.
    #[must_use]
    pub fn beside(model: &Opened) -> Self {
        Self(gpu::beside(model))
    }

    /// Works on a device that is open already.
    #[cfg(feature = "wgpu")]
    #[must_use]
    pub fn on(gpu: scrubjay_shaders::Gpu) -> Self {
        Self(Some(Arc::new(gpu::Worker::new(Ok(gpu)))))
    }

    /// The adapter's name with its kind, backend and driver; none where core works.
    #[must_use]
    pub fn adapter(&self) -> Option<&str> {
        self.0.as_ref().and_then(|worker| worker.adapter())
    }

    /// Why a device that was asked for was refused.
    #[must_use]
    pub fn refusal(&self) -> Option<String> {
        self.0.as_ref().and_then(|worker| worker.refusal())
    }

    /// Who did how much until now; nothing where no device was asked for.
    #[must_use]
    pub fn account(&self) -> Account {
        self.0.as_ref().map(|worker| worker.account()).unwrap_or_default()
    }

    /// Makes an item, as [`realize`] does.
    ///
    /// # Errors
    /// As [`realize`].
    pub fn realize(&self, recipe: &Recipe, frames: Vec<Vec<Frame>>) -> Result<Item, RealizeError> {
        match &self.0 {
            None => realize(recipe, frames),
            Some(worker) => worker.realize(recipe, frames),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_no_device_for_pictures() {
        for (name, code) in [("cuda:1", 2), ("gpu", 2), ("", 2)] {
            let error = Pixels::open(name).expect_err("refused");
            assert_eq!(error.exit_code(), code);
            assert!(error.to_string().contains("auto, cpu or wgpu"), "{error}");
        }
        let core = Pixels::open("cpu").expect("always there");
        assert_eq!((core.adapter(), core.refusal(), core.account()), (None, None, Account::default()));
    }

    #[test]
    #[cfg(not(feature = "wgpu"))]
    fn what_is_not_built_in_names_its_feature() {
        let error = Pixels::open("wgpu").expect_err("not built in").to_string();
        assert!(error.contains("--features wgpu"), "{error}");
        assert!(Pixels::open("auto").expect("core").adapter().is_none());
    }
}
