//! A device, and running kernels one after another on it.

use std::sync::{Arc, Mutex};

use wgpu::BufferUsages;

use crate::error::GpuError;
use crate::kernel::{Made, Pipelines};
use crate::layout::GROUP;
use crate::open::BINDING;
use crate::pool::Pool;

/// A device that pictures are worked on. Threads may use one at once, and its owner besides; each call takes memory of its own.
#[derive(Debug)]
pub struct Gpu {
    pub(crate) device: wgpu::Device,
    pub(crate) queue: wgpu::Queue,
    name: String,
    /// What was told of a loss.
    pub(crate) lost: Arc<Mutex<Option<String>>>,
    most: u64,
    pub(crate) pipelines: Pipelines,
    pub(crate) pool: Pool,
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
    /// Bytes of pictures that it must read.
    pub(crate) reads: u64,
    pub(crate) threads: [u32; 3],
}

impl Step {
    /// Bytes of the largest thing that it makes or is told.
    pub(crate) fn size(&self) -> u64 {
        self.table.as_ref().map_or(0, |table| table.len() as u64).max(self.bytes)
    }
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
        let size = self.fits(bytes, steps)?;
        let made = steps.last().map_or(0, |last| last.bytes);
        let encode = |commands: &mut wgpu::CommandEncoder, pictures: &[wgpu::Buffer; 2]| {
            self.encode(commands, pictures, (steps, 1))
        };
        self.settle(self.try_run(size, (bytes, fill), encode, (made, take)).await).await
    }

    /// Runs the steps again and again on whatever lies there, and takes nothing of it.
    pub(crate) async fn repeat(&self, bytes: u64, steps: &[Step], times: usize) -> Result<(), GpuError> {
        let size = self.fits(bytes, steps)?;
        let encode = |commands: &mut wgpu::CommandEncoder, pictures: &[wgpu::Buffer; 2]| {
            self.encode(commands, pictures, (steps, times))
        };
        self.settle(self.try_run(size, (0, |_: &mut dyn FnMut(usize, &[u8])| ()), encode, (4, |_| ())).await)
            .await
    }

    /// Bytes of the buffers that steps on `bytes` bytes go between.
    fn fits(&self, bytes: u64, steps: &[Step]) -> Result<u64, GpuError> {
        if let Some(told) = self.told() {
            return Err(GpuError::Lost(told));
        }
        let needed = steps.iter().map(Step::size).max().unwrap_or(0).max(bytes);
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
        if steps.is_empty() {
            return Err(GpuError::Input("no work is asked for".to_owned()));
        }
        Ok(steps.iter().map(|s| s.bytes).max().unwrap_or(0).max(bytes))
    }

    /// Dispatches the steps `times` times over; answers which buffer has what the last one made.
    fn encode(
        &self,
        commands: &mut wgpu::CommandEncoder,
        pictures: &[wgpu::Buffer; 2],
        (steps, times): (&[Step], usize),
    ) -> usize {
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
}
