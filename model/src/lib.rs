//! Qwen3-VL on Burn: a vision tower with deepstack, interleaved M-RoPE, and a Qwen3 decoder.
//!
//! One implementation for every size, from the toy that is trained here from random weights to published
//! checkpoints: sizes come from `config.json`, parameters carry the published names, text and pictures go
//! through the folder's own tokenizer, chat template and processor settings. Everything takes a device at run
//! time, so nothing here is tied to a backend.

#![forbid(unsafe_code)]

pub mod attention;
pub mod batch;
pub mod config;
pub mod decoder;
pub mod device;
mod draw;
pub mod export;
pub mod generate;
pub mod grads;
pub mod head;
pub mod held;
pub mod layout;
pub mod learn;
pub mod lora;
pub mod nn;
pub mod optim;
pub mod pixels;
pub mod plan;
pub mod policy;
pub mod processor;
pub mod prompt;
pub mod published;
pub mod rope;
pub mod settings;
pub mod shard;
pub mod spec;
pub mod template;
pub mod tokenizer;
pub mod toy;
pub mod trace;
pub mod vision;
pub mod weights;
