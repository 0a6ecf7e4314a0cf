//! Buffers that are used again: making one costs the device pages and zeros.

use std::sync::{Mutex, PoisonError};

use crate::open::BINDING;

/// Buffers kept at most, and their bytes: what one batch of the largest takes.
const KEPT: usize = 8;
const BYTES: u64 = 3 * BINDING;

/// Buffers that nobody uses now.
#[derive(Debug, Default)]
pub(crate) struct Pool(Mutex<Vec<wgpu::Buffer>>);

impl Pool {
    /// A buffer of at least `size` bytes (a multiple of 4), and at most twice as many.
    pub(crate) fn take(&self, device: &wgpu::Device, usage: wgpu::BufferUsages, size: u64) -> wgpu::Buffer {
        let mut free = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fits =
            |b: &wgpu::Buffer| b.usage() == usage && (size..=size.saturating_mul(2)).contains(&b.size());
        let best =
            free.iter().enumerate().filter(|(_, b)| fits(b)).min_by_key(|(_, b)| b.size()).map(|(i, _)| i);
        match best {
            Some(i) => free.remove(i),
            None => device.create_buffer(&wgpu::BufferDescriptor {
                label: None,
                size,
                usage,
                mapped_at_creation: false,
            }),
        }
    }

    /// Gives buffers back that hold nothing of worth and are not mapped.
    pub(crate) fn give(&self, buffers: impl IntoIterator<Item = wgpu::Buffer>) {
        let mut free = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        free.extend(buffers);
        let mut bytes: u64 = free.iter().map(wgpu::Buffer::size).sum();
        while free.len() > KEPT || bytes > BYTES {
            // The one that has been here longest.
            bytes -= free.remove(0).size();
        }
    }

    /// Lets all of them go.
    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
