//! Template files: any text is refused with a reason or asks every task without a panic.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use scrubjay_core::link;
use scrubjay_core::prompt::{Templates, Wording};
use scrubjay_core::task::{Task, TaskName};

static TASKS: LazyLock<Vec<Task>> =
    LazyLock::new(|| TaskName::ALL.iter().filter_map(|t| Some(link::recipe(*t, 1).ok()?.task)).collect());

fuzz_target!(|text: &str| {
    // As a whole file, and as the text of each task.
    let quoted = serde_json::to_string(text).unwrap_or_default();
    let files = TASKS.iter().map(|t| format!("[{}]\nuser = {quoted}", t.name())).chain([text.to_owned()]);
    for file in files {
        if let Ok(templates) = Templates::replaced(Wording::Plain, &file) {
            for task in TASKS.iter() {
                assert!(!templates.prompt(task).user.is_empty());
            }
        }
    }
});
