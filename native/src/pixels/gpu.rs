//! Pixel work on a GPU, by the kernels of `scrubjay-shaders`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use scrubjay_core::frame::Frame;
use scrubjay_core::item::{Item, PixelWork, RealizeError, realize_with};
use scrubjay_core::recipe::Recipe;
use scrubjay_model::device::DeviceName;
use scrubjay_shaders::{Gpu, GpuError, Options, block_on};

use super::Account;
use crate::error::Error;

/// A device, or why there is none, and what was done.
#[derive(Debug)]
pub(super) struct Worker {
    adapter: Option<String>,
    /// Held while a piece of work is on the device, which does one after another anyway: workers would take each other's
    /// results from it.
    device: Mutex<Result<Gpu, GpuError>>,
    account: Mutex<Account>,
}

/// Never an error: a device that is refused is one whose work core does.
pub(super) fn open(device: DeviceName) -> Result<Option<Arc<Worker>>, Error> {
    // Software was meant by whoever names wgpu where there is nothing else.
    let options = Options { software: device == DeviceName::Wgpu, ..Options::default() };
    Ok(Some(Arc::new(Worker::new(block_on(Gpu::open(&options))))))
}

impl Worker {
    pub(super) fn new(gpu: Result<Gpu, GpuError>) -> Self {
        let adapter = gpu.as_ref().ok().map(|gpu| gpu.name().to_owned());
        Self { adapter, device: Mutex::new(gpu), account: Mutex::default() }
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
    fn work(&self, mut work: PixelWork<'_>) {
        match self.on_device(&mut work) {
            Ok(()) => lock(&self.account).gpu += 1,
            Err(error) => {
                // The pictures are as they were.
                work.run();
                let mut account = lock(&self.account);
                account.core.entry(cause(&error)).or_insert_with(|| (0, error.to_string())).0 += 1;
            }
        }
    }

    fn on_device(&self, work: &mut PixelWork<'_>) -> Result<(), GpuError> {
        let mut device = lock(&self.device);
        let gpu = device.as_ref().map_err(GpuError::clone)?;
        let result = match work {
            PixelWork::Perturb { perturbation, pictures } => block_on(gpu.perturb(perturbation, pictures)),
            PixelWork::Draw { shapes, pictures } => block_on(gpu.shapes(shapes, pictures)),
        };
        // What may be otherwise with other pictures is tried again; a device that is gone or hangs is not.
        if let Err(error @ (GpuError::Lost(_) | GpuError::Late { .. } | GpuError::Refused(_))) = &result {
            *device = Err(error.clone());
        }
        result
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
