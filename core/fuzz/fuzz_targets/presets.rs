//! Presets: whatever is accepted schedules and resolves.
#![no_main]

use libfuzzer_sys::fuzz_target;
use scrubjay_core::preset::{BUILT_IN, Preset};

fuzz_target!(|input: (u8, u16, u16, &str)| {
    // A built-in file with a piece of it replaced, so that the reader is passed.
    let (which, from, length, patch) = input;
    let text = BUILT_IN[usize::from(which) % BUILT_IN.len()].1;
    let from = usize::from(from) % (text.len() + 1);
    let to = (from + usize::from(length) % 40).min(text.len());
    for text in [patch.to_owned(), format!("{}{patch}{}", text.get(..from).unwrap_or(""), text.get(to..).unwrap_or(""))] {
        if let Ok(preset) = Preset::parse(&text) {
            assert!(!preset.data.schedule(20).is_empty());
            if let Some(grpo) = &preset.grpo {
                assert!(!grpo.phases(preset.data.wording).is_empty());
            }
        }
    }
});
