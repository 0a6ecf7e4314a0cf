//! Qwen3-VL on Burn: a vision tower with deepstack, interleaved M-RoPE, and a Qwen3 decoder.
//!
//! One implementation for every size, from the toy that is trained here from random weights to published
//! checkpoints: sizes come from `config.json`, parameters carry the published names, text and pictures go
//! through the folder's own tokenizer, chat template and processor settings. Everything takes a device at run
//! time, so nothing here is tied to a backend.

#![forbid(unsafe_code)]

pub mod config;
pub mod device;
