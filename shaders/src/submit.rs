//! Handing work to a device: upload, submit, wait, take back; and finding out what went wrong.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::PoisonError;
use std::time::Duration;

use wgpu::BufferUsages;

use crate::error::GpuError;
use crate::gpu::Gpu;
use crate::wait::Later;

/// How long a batch may take, in seconds; a thousand times what one takes in software.
const PATIENCE: u64 = 120;

const PICTURES: BufferUsages =
    BufferUsages::STORAGE.union(BufferUsages::COPY_SRC).union(BufferUsages::COPY_DST);
const BACK: BufferUsages = BufferUsages::MAP_READ.union(BufferUsages::COPY_DST);

impl Gpu {
    /// Tidies up after a failure, and finds out whether a lost device is behind it.
    pub(crate) async fn settle<T>(&self, result: Result<T, GpuError>) -> Result<T, GpuError> {
        if result.is_err() {
            self.pool.clear();
            self.pipelines.clear();
        }
        match result {
            // Drivers may give a device up for lack of memory: that is then the reason, and the loss the next one.
            Err(GpuError::Memory(why)) => Err(GpuError::Memory(why)),
            // Whatever else is reported, a device that is gone is the reason.
            Err(error) => Err(self.gone().await.map_or(error, GpuError::Lost)),
            made => made,
        }
    }

    /// What was told of a loss.
    pub(crate) fn told(&self) -> Option<String> {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether the device is gone, and what is known of that. Devices of others tell their owners alone; they are
    /// asked for a trifle, which a lost one refuses without lack of memory.
    async fn gone(&self) -> Option<String> {
        // Losses are told when somebody polls, or by what that comes to.
        let polled = self.poll(wgpu::PollType::Poll);
        if let Some(told) = self.told() {
            return Some(told);
        }
        if let Err(GpuError::Lost(why)) = polled {
            return Some(why);
        }
        let validation = self.device.push_error_scope(wgpu::ErrorFilter::Validation);
        let memory = self.device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let trifle = self.device.create_buffer(&wgpu::BufferDescriptor {
            label: None,
            size: 4,
            usage: BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        self.queue.write_buffer(&trifle, 0, &[0; 4]);
        let (memory, validation) = (memory.pop(), validation.pop());
        let (memory, validation) = (memory.await, validation.await);
        (memory.is_none() && validation.is_some()).then(|| "it refuses everything".to_owned())
    }

    /// Polls the device, whose work and losses are told then.
    fn poll(&self, how: wgpu::PollType) -> Result<(), GpuError> {
        caught(|| self.device.poll(how))
    }

    /// Uploads, does what `encode` says with two buffers of `size` bytes, and takes the first bytes of the one that it
    /// answers.
    pub(crate) async fn try_run<T>(
        &self,
        size: u64,
        (bytes, fill): (u64, impl FnOnce(&mut dyn FnMut(usize, &[u8]))),
        encode: impl FnOnce(&mut wgpu::CommandEncoder, &[wgpu::Buffer; 2]) -> usize,
        (made, take): (u64, impl FnOnce(&[u8]) -> T),
    ) -> Result<T, GpuError> {
        // They must end in the reverse order.
        let internal = self.device.push_error_scope(wgpu::ErrorFilter::Internal);
        let validation = self.device.push_error_scope(wgpu::ErrorFilter::Validation);
        let memory = self.device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let pictures = [(); 2].map(|()| self.pool.take(&self.device, PICTURES, size.max(4)));
        let back = self.pool.take(&self.device, BACK, made);
        self.upload(&pictures[0], bytes, fill);
        let mut commands = self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        let last = encode(&mut commands, &pictures) % 2;
        commands.copy_buffer_to_buffer(&pictures[last], 0, &back, 0, made);
        let submitted = self.queue.submit([commands.finish()]);
        let mapped = Later::new();
        let bring = mapped.clone();
        back.slice(..made).map_async(wgpu::MapMode::Read, move |result| bring.bring(result));
        let (memory, validation, internal) = (memory.pop(), validation.pop(), internal.pop());
        let (memory, validation, internal) = (memory.await, validation.await, internal.await);
        if let Some(error) = memory {
            return Err(GpuError::Memory(sources(&error)));
        }
        if let Some(error) = validation.or(internal) {
            return Err(GpuError::Refused(sources(&error)));
        }
        self.wait(submitted, &mapped).await?;
        let result = {
            let view = back.slice(..made).get_mapped_range().map_err(|e| GpuError::Refused(e.to_string()))?;
            take(&view)
        };
        back.unmap();
        self.pool.give(pictures.into_iter().chain([back]));
        Ok(result)
    }

    fn upload(&self, buffer: &wgpu::Buffer, bytes: u64, fill: impl FnOnce(&mut dyn FnMut(usize, &[u8]))) {
        let Some(size) = wgpu::BufferSize::new(bytes) else { return };
        // None where the buffer is not: the scopes know why.
        if let Some(mut view) = self.queue.write_buffer_with(buffer, 0, size) {
            fill(&mut |at, piece| view.slice(at..at + piece.len()).copy_from_slice(piece));
        }
    }

    /// Waits until what was submitted is done and its result can be read.
    ///
    /// Whoever polls a device fetches everybody's results: another thread, or the device's owner, may have this one in hand
    /// when the poll here ends, and brings it a moment later.
    async fn wait(
        &self,
        submitted: wgpu::SubmissionIndex,
        mapped: &Later<Result<(), wgpu::BufferAsyncError>>,
    ) -> Result<(), GpuError> {
        let timeout = Some(Duration::from_secs(PATIENCE));
        self.poll(wgpu::PollType::Wait { submission_index: Some(submitted), timeout })?;
        // Browsers poll by themselves.
        #[cfg(target_family = "wasm")]
        let result = mapped.wait().await;
        #[cfg(not(target_family = "wasm"))]
        let result = {
            let mut moments = 0..PATIENCE;
            loop {
                if let Some(result) = mapped.within(Duration::from_secs(1)) {
                    break result;
                }
                // Which polls, too.
                if let Some(why) = self.gone().await {
                    return Err(GpuError::Lost(why));
                }
                if moments.next().is_none() {
                    return Err(GpuError::Late { seconds: PATIENCE });
                }
            }
        };
        result.map_err(|e| GpuError::Lost(e.to_string()))
    }
}

/// What a poll comes to. Where a device is lost while it is waited for, wgpu panics in place of telling so; that is a loss like any
/// other here.
fn caught(poll: impl FnOnce() -> Result<wgpu::PollStatus, wgpu::PollError>) -> Result<(), GpuError> {
    // Nothing of ours is half done in a poll.
    match catch_unwind(AssertUnwindSafe(poll)) {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(wgpu::PollError::Timeout)) => Err(GpuError::Late { seconds: PATIENCE }),
        Ok(Err(error)) => Err(GpuError::Refused(error.to_string())),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text =
                text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("it failed while it was waited for");
            Err(GpuError::Lost(text.to_owned()))
        }
    }
}

/// An error with what is behind it.
fn sources(error: &wgpu::Error) -> String {
    let mut text = error.to_string();
    let mut next = std::error::Error::source(error);
    while let Some(source) = next {
        let more = source.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        next = source.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_while_polling_is_a_loss() {
        assert_eq!(caught(|| Ok(wgpu::PollStatus::QueueEmpty)), Ok(()));
        assert_eq!(caught(|| Err(wgpu::PollError::Timeout)), Err(GpuError::Late { seconds: PATIENCE }));
        let lost = |text: &str| Err(GpuError::Lost(text.to_owned()));
        assert_eq!(
            caught(|| panic!("Error in Device::poll: {}", "lost")),
            lost("Error in Device::poll: lost")
        );
        assert_eq!(caught(|| panic!("lost")), lost("lost"));
    }
}
