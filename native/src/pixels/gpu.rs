//! Pixel work on a GPU, by the kernels of `scrubjay-shaders`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use scrubjay_core::frame::Frame;
use scrubjay_core::item::{Item, PixelWork, RealizeError, realize_with};
use scrubjay_core::recipe::Recipe;
use scrubjay_model::device::{DeviceName, Opened};
use scrubjay_shaders::{Done, Gpu, GpuError, Options, block_on, work_or_cpu};

use super::Account;
use crate::error::Error;

/// A device, or why there is none, and what was done.
#[derive(Debug)]
pub(super) struct Worker {
    adapter: Option<String>,
    device: Mutex<Result<Arc<Gpu>, GpuError>>,
    /// Held while a piece of work is on the device: it does one after another anyway, and so holds the memory of one.
    turn: Mutex<()>,
    account: Mutex<Account>,
}

/// Never an error: a device that is refused is one whose work core does.
pub(super) fn open(device: DeviceName) -> Result<Option<Arc<Worker>>, Error> {
    // Software was meant by whoever names wgpu where there is nothing else.
    let options = Options { software: device == DeviceName::Wgpu, ..Options::default() };
    Ok(Some(Arc::new(Worker::new(block_on(Gpu::open(&options))))))
}

/// On a model's device, where it has one for this.
pub(super) fn beside(model: &Opened) -> Option<Arc<Worker>> {
    let (device, queue) = model.handles.clone()?;
    Some(Arc::new(Worker::new(Ok(Gpu::on(device, queue)))))
}

impl Worker {
    pub(super) fn new(gpu: Result<Gpu, GpuError>) -> Self {
        let adapter = gpu.as_ref().ok().map(|gpu| gpu.name().to_owned());
        Self {
            adapter,
            device: Mutex::new(gpu.map(Arc::new)),
            turn: Mutex::default(),
            account: Mutex::default(),
        }
    }

    pub(super) fn adapter(&self) -> Option<&str> {
        self.adapter.as_deref()
    }

    /// Why there never was a device.
    pub(super) fn refusal(&self) -> Option<String> {
        let refused = self.adapter.is_none();
        lock(&self.device).as_ref().err().filter(|_| refused).map(ToString::to_string)
    }

    pub(super) fn account(&self) -> Account {
        lock(&self.account).clone()
    }

    pub(super) fn realize(&self, recipe: &Recipe, frames: Vec<Vec<Frame>>) -> Result<Item, RealizeError> {
        block_on(realize_with(recipe, frames, async |work: PixelWork<'_>| self.work(work)))
    }

    /// Does a piece of work on the device, else in core.
    fn work(&self, work: PixelWork<'_>) {
        let turn = lock(&self.turn);
        let device = lock(&self.device).clone();
        // Nobody waits for a device that is gone.
        let turn = device.is_ok().then_some(turn);
        let done = block_on(work_or_cpu(device.as_deref(), work));
        // What may be otherwise with other pictures is tried again; a device that is gone or hangs is not.
        if let Done::Cpu(error @ (GpuError::Lost(_) | GpuError::Late { .. } | GpuError::Refused(_))) = &done {
            *lock(&self.device) = Err(error.clone());
        }
        drop(turn);
        let mut account = lock(&self.account);
        match done {
            Done::Gpu => account.gpu += 1,
            Done::Cpu(error) => {
                account.core.entry(cause(&error)).or_insert_with(|| (0, error.to_string())).0 += 1;
            }
        }
    }
}

fn cause(error: &GpuError) -> &'static str {
    match error {
        GpuError::NoAdapter(_) | GpuError::NoDevice { .. } => "refused",
        GpuError::Lost(_) => "lost",
        GpuError::Memory(_) => "memory",
        GpuError::TooLarge { .. } => "too-large",
        GpuError::Late { .. } => "late",
        GpuError::Input(_) | GpuError::Refused(_) => "failed",
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic elsewhere leaves these whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
