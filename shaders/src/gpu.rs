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

/// A step that can be dispatched.
struct Ready<'a> {
    step: &'a Step,
    pipeline: wgpu::ComputePipeline,
    /// Reading the first buffer and writing the second, and the other way round.
    groups: [wgpu::BindGroup; 2],
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
    /// last one made.
    pub(crate) async fn run<T>(
        &self,
        bytes: u64,
        fill: impl FnOnce(&mut dyn FnMut(usize, &[u8])),
        steps: &[Step],
        take: impl FnOnce(&[u8]) -> T,
    ) -> Result<T, GpuError> {
        self.run_times(bytes, fill, (steps, 1), take).await
    }

    /// As [`Gpu::run`], with all steps again and again.
    pub(crate) async fn run_times<T>(
        &self,
        bytes: u64,
        fill: impl FnOnce(&mut dyn FnMut(usize, &[u8])),
        (steps, times): (&[Step], usize),
        take: impl FnOnce(&[u8]) -> T,
    ) -> Result<T, GpuError> {
        if let Some(told) = self.told() {
            return Err(GpuError::Lost(told));
        }
        let table = |s: &Step| s.table.as_ref().map_or(0, |t| t.len() as u64);
        let needed = steps.iter().map(|s| s.bytes.max(table(s))).max().unwrap_or(0).max(bytes);
        if needed > self.most {
            return Err(GpuError::TooLarge { needed, most: self.most });
        }
        let most = self.device.limits().max_compute_workgroups_per_dimension;
        let groups = |s: &Step| s.threads.into_iter().zip(GROUP).map(|(t, g)| t.div_ceil(g)).max();
        if let Some(groups) = steps.iter().filter_map(groups).max().filter(|g| *g > most) {
            return Err(GpuError::Input(format!(
                "a picture takes {groups} workgroups along one side, and the GPU takes {most}"
            )));
        }
        let Some(last) = steps.last() else { return Err(GpuError::Input("no work is asked for".to_owned())) };
        let size = steps.iter().map(|s| s.bytes).max().unwrap_or(0).max(bytes);
        let encode = |commands: &mut wgpu::CommandEncoder, pictures: &[wgpu::Buffer; 2]| {
            let ready: Vec<Ready<'_>> = steps.iter().map(|step| self.ready(step, pictures)).collect();
            let count = steps.len() * times;
            let mut pass = commands.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
            for (i, ready) in ready.iter().cycle().take(count).enumerate() {
                pass.set_pipeline(&ready.pipeline);
                pass.set_bind_group(0, &ready.groups[i % 2], &[]);
                let [x, y, z] = [0, 1, 2].map(|axis| ready.step.threads[axis].div_ceil(GROUP[axis]));
                pass.dispatch_workgroups(x, y, z);
            }
            count
        };
        self.settle(self.try_run(size, (bytes, fill), encode, (last.bytes, take)).await).await
    }

    /// Copies `bytes` bytes (a multiple of 4) from one buffer to another and back, `times` times altogether.
    pub(crate) async fn copy_times(&self, bytes: u64, times: usize) -> Result<(), GpuError> {
        if bytes > self.most {
            return Err(GpuError::TooLarge { needed: bytes, most: self.most });
        }
        let encode = |commands: &mut wgpu::CommandEncoder, pictures: &[wgpu::Buffer; 2]| {
            for i in 0..times {
                commands.copy_buffer_to_buffer(&pictures[i % 2], 0, &pictures[(i + 1) % 2], 0, bytes);
            }
            times
        };
        self.settle(self.try_run(bytes, (0, |_: &mut dyn FnMut(usize, &[u8])| ()), encode, (4, |_| ())).await)
            .await
    }

    /// Tidies up after a failure, and finds out whether a lost device is behind it.
    async fn settle<T>(&self, result: Result<T, GpuError>) -> Result<T, GpuError> {
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
    fn told(&self) -> Option<String> {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether the device is gone, and what is known of that. Devices of others tell their owners alone; they are
    /// asked for a trifle, which a lost one refuses without lack of memory.
    async fn gone(&self) -> Option<String> {
        // Losses are told when somebody polls; that this may fail says nothing more.
        let _ = self.device.poll(wgpu::PollType::Poll);
        if let Some(told) = self.told() {
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

    /// Uploads, does what `encode` says with two buffers of `size` bytes, and takes the first bytes of the one that it
    /// answers.
    async fn try_run<T>(
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

    /// Compiles a step and binds what it needs, for reading either buffer and writing the other.
    fn ready<'a>(&self, step: &'a Step, pictures: &[wgpu::Buffer; 2]) -> Ready<'a> {
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
        let layout = pipeline.get_bind_group_layout(0);
        let groups = [0, 1].map(|from| {
            let buffers = [Some(&params), Some(&pictures[from]), Some(&pictures[1 - from]), table.as_ref()];
            let entries: Vec<wgpu::BindGroupEntry<'_>> = (0..)
                .zip(buffers.into_iter().flatten())
                .map(|(binding, buffer)| wgpu::BindGroupEntry {
                    binding,
                    resource: buffer.as_entire_binding(),
                })
                .collect();
            let entries = &entries[..];
            self.device.create_bind_group(&wgpu::BindGroupDescriptor {
                label: None,
                layout: &layout,
                entries,
            })
        });
        Ready { step, pipeline, groups }
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
