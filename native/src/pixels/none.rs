//! A program without the kernels: no device can be asked for.

use std::sync::Arc;

use scrubjay_core::frame::Frame;
use scrubjay_core::item::{Item, RealizeError};
use scrubjay_core::recipe::Recipe;
use scrubjay_model::device::{DeviceError, DeviceName, Opened};

use super::Account;
use crate::error::Error;

/// There is none.
#[derive(Debug)]
pub(super) enum Worker {}

pub(super) fn open(device: DeviceName) -> Result<Option<Arc<Worker>>, Error> {
    match device {
        DeviceName::Wgpu => Err(Error::failed(DeviceError::NotBuilt { device, feature: "wgpu" }.to_string())),
        _ => Ok(None),
    }
}

pub(super) fn beside(_: &Opened) -> Option<Arc<Worker>> {
    None
}

impl Worker {
    pub(super) fn adapter(&self) -> Option<&str> {
        match *self {}
    }

    pub(super) fn refusal(&self) -> Option<String> {
        match *self {}
    }

    pub(super) fn account(&self) -> Account {
        match *self {}
    }

    pub(super) fn realize(&self, _: &Recipe, _: Vec<Vec<Frame>>) -> Result<Item, RealizeError> {
        match *self {}
    }
}
