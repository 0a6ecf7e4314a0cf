//! Recipes: whatever is accepted has a timeline, a truth that earns the whole, and, if it is small, an item.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use scrubjay_core::item::{Truth, realize_scene};
use scrubjay_core::link;
use scrubjay_core::recipe::{Recipe, Size};
use scrubjay_core::task::TaskName;

static TEXTS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let small = |task| {
        let mut recipe = link::recipe(task, 1).ok()?;
        recipe.size = Size { width: 12, height: 8 };
        serde_json::to_string(&recipe).ok()
    };
    TaskName::ALL.into_iter().filter_map(small).collect()
});

fuzz_target!(|input: (u8, Vec<(u16, u8, &str)>)| {
    let (which, patches) = input;
    let mut text = TEXTS[usize::from(which) % TEXTS.len()].clone();
    for (from, length, patch) in patches.iter().take(4) {
        let from = usize::from(*from) % (text.len() + 1);
        let to = (from + usize::from(*length) % 24).min(text.len());
        if let (Some(a), Some(b)) = (text.get(..from), text.get(to..)) {
            text = format!("{a}{patch}{b}");
        }
    }
    let Ok(recipe) = serde_json::from_str::<Recipe>(&text) else { return };
    let Ok(timeline) = recipe.timeline() else { return };
    let truth = Truth::of(&recipe.task, &recipe.source, &timeline);
    // Two decimals of a segment, and an option that is given twice, cost a little; nothing else may.
    assert!(truth.score(&truth.text()).total > 0.9, "{truth:?}");
    let _ = recipe.wants();
    let frames = recipe.sampling.most();
    if u64::from(recipe.size.width) * u64::from(recipe.size.height) * u64::from(frames) < 200_000 {
        let _ = realize_scene(&recipe);
    }
});
