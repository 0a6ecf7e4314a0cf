//! Why the GPU gave no result.

/// What went wrong. Whatever it is, the frames that were to be changed are as they were.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GpuError {
    /// There is no adapter, or none as asked for.
    #[error("no GPU to work on: {0}")]
    NoAdapter(String),
    /// The adapter gave no device.
    #[error("the GPU {adapter} gave no device: {why}")]
    NoDevice {
        /// Name of the adapter.
        adapter: String,
        /// What it said.
        why: String,
    },
    /// The device is gone: reset, unplugged or given back.
    #[error("the GPU was lost: {0}")]
    Lost(String),
    /// The device has no memory left for this.
    #[error("the GPU is out of memory: {0}")]
    Memory(String),
    /// One frame is more than a device has to take at once.
    #[error("one frame takes {needed} bytes on the GPU, of which {most} can be used at once")]
    TooLarge {
        /// Bytes of its largest form.
        needed: u64,
        /// Most bytes of a binding.
        most: u64,
    },
    /// The frames do not fit what is asked for.
    #[error("{0}")]
    Input(String),
    /// The device did not answer in time.
    #[error("the GPU did not answer within {seconds} seconds")]
    Late {
        /// How long was waited.
        seconds: u64,
    },
    /// The device refused commands or a kernel: a fault of ours or of its driver.
    #[error("the GPU refused the work: {0}")]
    Refused(String),
}
