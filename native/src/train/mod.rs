//! Training: a supervised cold start, then GRPO on rollouts scored by core's rewards, in a folder from which it can be
//! taken up at any moment.
//!
//! `run` walks the stages; `rollout` samples and pays, `update` moves weights by what `scrubjay_core::grpo` makes of it;
//! `data` gives items in an order of the seed alone; `folder` and `checkpoint` keep what a run leaves.

pub mod batches;
pub mod bundled;
pub mod checkpoint;
pub mod data;
pub mod evaluate;
mod examine;
pub mod fault;
pub mod folder;
mod imitate;
pub mod journal;
pub mod memory;
pub mod plan;
mod reinforce;
pub mod report;
mod resume;
pub mod rollout;
pub mod rollouts;
pub mod run;
pub mod stage;
pub mod subject;
pub mod table;
pub mod tensorboard;
pub mod update;
pub mod view;
pub mod watchdog;
