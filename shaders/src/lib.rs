//! The pixel path on the GPU: one plain `.wgsl` file per kernel, a thin host for it, and a twin in core for
//! each, equal to it bit for bit.
//!
//! No kernel has been written yet; the crate holds the place in the dependency graph.
