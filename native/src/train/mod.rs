//! Training: a supervised cold start, then GRPO on rollouts scored by core's rewards.

pub mod data;
pub mod evaluate;
pub mod grpo;
pub mod learner;
pub mod run;
pub mod table;
