//! Training: a supervised cold start, then GRPO on rollouts scored by core's rewards.

//TMP pub mod data;
pub mod evaluate;
//TMP pub mod grpo;
//TMP pub mod learner;
//TMP pub mod run;
pub mod table;
