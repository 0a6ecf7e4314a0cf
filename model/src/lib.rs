//! Qwen3-VL on Burn: a vision tower with deepstack, interleaved M-RoPE, and a Qwen3 decoder.
//!
//! One implementation for every size. Today it builds the toy that is trained from scratch; the parts, their
//! order and their parameter names follow the published model so that real checkpoints can be loaded into the
//! same code. Everything takes a device at run time, so nothing here is tied to a backend.

#![forbid(unsafe_code)]

pub mod batch;
pub mod config;
pub mod decoder;
pub mod generate;
pub mod init;
pub mod policy;
pub mod processor;
pub mod rope;
pub mod tokenizer;
pub mod vision;
