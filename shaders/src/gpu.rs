//! Running kernels one after another on what is uploaded, and taking back what the last one made.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use wgpu::BufferUsages;

use crate::error::GpuError;
use crate::kernel::{Made, Pipelines};
use crate::layout::GROUP;
use crate::open::BINDING;
use crate::pool::Pool;
use crate::wait::Later;

/// How long a batch may take, in seconds; a thousand times what one takes in software.
const PATIENCE: u64 = 120;

const PICTURES: BufferUsages =
    BufferUsages::STORAGE.union(BufferUsages::COPY_SRC).union(BufferUsages::COPY_DST);
const BACK: BufferUsages = BufferUsages::MAP_READ.union(BufferUsages::COPY_DST);

/// A device that pictures are worked on.
#[derive(Debug)]
pub struct Gpu {
    device: wgpu::Device,
    queue: wgpu::Queue,
    name: String,
    lost: Arc<Mutex<Option<String>>>,
    most: u64,
    pipelines: Pipelines,
    pool: Pool,
}

/// One dispatch. It reads what the one before it made.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) made: Made,
    /// The fields of its structure.
    pub(crate) params: Vec<u8>,
    /// What its table holds, where it has one.
    pub(crate) table: Option<Vec<u8>>,
    /// Bytes that it makes; a multiple of 4.
    pub(crate) bytes: u64,
    pub(crate) threads: [u32; 3],
}

impl Gpu {
    pub(crate) fn new(
        device: wgpu::Device,
        queue: wgpu::Queue,
        name: String,
        lost: Arc<Mutex<Option<String>>>,
        batch: u64,
    ) -> Self {
        let limits = device.limits();
        let most = batch.min(BINDING).min(limits.max_storage_buffer_binding_size).min(limits.max_buffer_size);
        Self { device, queue, name, lost, most, pipelines: Pipelines::default(), pool: Pool::default() }
    }

    /// The adapter's name, kind, backend and driver.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The device that is worked on.
    #[must_use]
    pub fn device(&self) -> &wgpu::Device {
        &self.device
    }

    /// Most bytes that a step may read or make.
    pub(crate) fn most(&self) -> u64 {
        self.most
    }

    /// Uploads `bytes` bytes (a multiple of 4) that `fill` gives piece by piece, runs the steps, and gives `take` what the
    /// last one made. All of them together stay within [`Gpu::most`] in every buffer.
    pub(crate) async fn run<T>(
        &self,
        bytes: u64,
        fill: impl FnOnce(&mut dyn FnMut(usize, &[u8])),
        steps: &[Step],
        take: impl FnOnce(&[u8]) -> T,
    ) -> Result<T, GpuError> {
        let largest = steps.iter().map(|s| s.bytes).max().unwrap_or(0).max(bytes);
        let widest = self.device.limits().max_compute_workgroups_per_dimension;
        let fits = |s: &Step| s.threads.iter().zip(GROUP).all(|(t, g)| t.div_ceil(g) <= widest);
        if largest > self.most || !steps.iter().all(fits) {
            return Err(GpuError::TooLarge { needed: largest, most: self.most });
        }
        let result = self.try_run(bytes, fill, steps, take).await;
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

    /// Whether the device is gone, and what is known of that. Devices of others tell their owners alone; they are
    /// asked for a trifle, which a lost one refuses without lack of memory.
    async fn gone(&self) -> Option<String> {
        // Losses are told when somebody polls; that this may fail says nothing more.
        let _ = self.device.poll(wgpu::PollType::Poll);
        if let Some(told) = self.lost.lock().unwrap_or_else(PoisonError::into_inner).clone() {
            return Some(told);
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

    async fn try_run<T>(
        &self,
        bytes: u64,
        fill: impl FnOnce(&mut dyn FnMut(usize, &[u8])),
        steps: &[Step],
        take: impl FnOnce(&[u8]) -> T,
    ) -> Result<T, GpuError> {
        let Some(last) = steps.last() else { return Err(GpuError::Input("no work is asked for".to_owned())) };
        // They must end in the reverse order.
        let internal = self.device.push_error_scope(wgpu::ErrorFilter::Internal);
        let validation = self.device.push_error_scope(wgpu::ErrorFilter::Validation);
        let memory = self.device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        // What even and what odd steps read.
        let size = |parity: usize| {
            let made = steps.iter().enumerate().filter(|(i, _)| (i + 1) % 2 == parity).map(|(_, s)| s.bytes);
            made.max().unwrap_or(4).max(if parity == 0 { bytes } else { 0 }).max(4)
        };
        let pictures = [size(0), size(1)].map(|size| self.pool.take(&self.device, PICTURES, size));
        let back = self.pool.take(&self.device, BACK, last.bytes);
        self.upload(&pictures[0], bytes, fill);
        let mut commands = self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        for (i, step) in steps.iter().enumerate() {
            self.record(&mut commands, step, &pictures[i % 2], &pictures[(i + 1) % 2]);
        }
        commands.copy_buffer_to_buffer(&pictures[steps.len() % 2], 0, &back, 0, last.bytes);
        let submitted = self.queue.submit([commands.finish()]);
        let mapped = Later::new();
        let bring = mapped.clone();
        back.slice(..last.bytes).map_async(wgpu::MapMode::Read, move |result| bring.bring(result));
        let (memory, validation, internal) = (memory.pop(), validation.pop(), internal.pop());
        let (memory, validation, internal) = (memory.await, validation.await, internal.await);
        if let Some(error) = memory {
            return Err(GpuError::Memory(sources(&error)));
        }
        if let Some(error) = validation.or(internal) {
            return Err(GpuError::Refused(sources(&error)));
        }
        self.wait(submitted, &mapped).await?;
        let made = {
            let view =
                back.slice(..last.bytes).get_mapped_range().map_err(|e| GpuError::Refused(e.to_string()))?;
            take(&view)
        };
        back.unmap();
        self.pool.give(pictures.into_iter().chain([back]));
        Ok(made)
    }

    fn upload(&self, buffer: &wgpu::Buffer, bytes: u64, fill: impl FnOnce(&mut dyn FnMut(usize, &[u8]))) {
        let Some(size) = wgpu::BufferSize::new(bytes) else { return };
        // None where the buffer is not: the scopes know why.
        if let Some(mut view) = self.queue.write_buffer_with(buffer, 0, size) {
            fill(&mut |at, piece| view.slice(at..at + piece.len()).copy_from_slice(piece));
        }
    }

    fn record(
        &self,
        commands: &mut wgpu::CommandEncoder,
        step: &Step,
        src: &wgpu::Buffer,
        dst: &wgpu::Buffer,
    ) {
        let pipeline = self.pipelines.get(&self.device, step.made);
        let small = |bytes: &[u8], usage| {
            let size = (bytes.len() as u64).next_multiple_of(4).max(4);
            let usage = usage | BufferUsages::COPY_DST;
            let descriptor = wgpu::BufferDescriptor { label: None, size, usage, mapped_at_creation: false };
            let buffer = self.device.create_buffer(&descriptor);
            self.queue.write_buffer(&buffer, 0, bytes);
            buffer
        };
        let params = small(&step.params, BufferUsages::UNIFORM);
        let table = step.table.as_deref().map(|table| small(table, BufferUsages::STORAGE));
        let buffers = [Some(&params), Some(src), Some(dst), table.as_ref()];
        let entries: Vec<wgpu::BindGroupEntry<'_>> = (0..)
            .zip(buffers.into_iter().flatten())
            .map(|(binding, buffer)| wgpu::BindGroupEntry { binding, resource: buffer.as_entire_binding() })
            .collect();
        let bind_group = self.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: None,
            layout: &pipeline.get_bind_group_layout(0),
            entries: &entries,
        });
        let mut pass = commands.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
        pass.set_pipeline(&pipeline);
        pass.set_bind_group(0, &bind_group, &[]);
        let [x, y, z] = [0, 1, 2].map(|axis| step.threads[axis].div_ceil(GROUP[axis]));
        pass.dispatch_workgroups(x, y, z);
    }

    /// Waits until what was submitted is done and its result can be read.
    async fn wait(
        &self,
        submitted: wgpu::SubmissionIndex,
        mapped: &Later<Result<(), wgpu::BufferAsyncError>>,
    ) -> Result<(), GpuError> {
        let timeout = Some(Duration::from_secs(PATIENCE));
        match self.device.poll(wgpu::PollType::Wait { submission_index: Some(submitted), timeout }) {
            Err(wgpu::PollError::Timeout) => return Err(GpuError::Late { seconds: PATIENCE }),
            Err(error) => return Err(GpuError::Refused(error.to_string())),
            Ok(_) => {}
        }
        // Browsers poll by themselves; elsewhere what has not come by now does not come.
        let result = match mapped.take() {
            Some(result) => result,
            None if cfg!(target_family = "wasm") => mapped.wait().await,
            None => return Err(GpuError::Lost("its work was done and its result never came".to_owned())),
        };
        result.map_err(|e| GpuError::Lost(e.to_string()))
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
